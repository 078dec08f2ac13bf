//! Tables, plots, CSV and JSON.
