//! The text layer of the language: RON trees with positions, typed reading, units, diagnostics.
