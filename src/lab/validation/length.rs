//! How long a case runs: by its load, so that the start is forgotten and the interval is narrow enough to tell.

/// How much effort the suite takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// As long as the book's table.
    Full,
    /// A tenth of it.
    Quick,
}

/// Replications of every case: enough degrees of freedom that the bound on t is not much above that of the normal.
pub const REPLICATIONS: u32 = 40;

/// Standard error wanted of a mean, as a share of it.
const STANDARD_ERROR: f64 = 0.01;

/// The length of a replication in simulated seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    warm_up: f64,
    measured: f64,
}

impl Run {
    /// A run with these seconds of warm-up and of measuring.
    pub fn fixed(warm_up: f64, measured: f64) -> Self {
        Self { warm_up, measured }
    }

    /// For a station of `servers` servers at `load` with a mean service of `service` seconds. `variability` is half the
    /// sum of the squared coefficients of variation of arrivals and service, 1 for M/M/c.
    ///
    /// Warm-up: six relaxation times service / (servers (1 - sqrt(load))^2) (Cohen 1982) and ten services; the
    /// remaining effect of the empty start is far less than a standard error. Measured: the requests that give a
    /// standard error of 1 % in the mean by heavy traffic, 8 variability / (error (1 - load))^2 (Whitt 1989), within
    /// limits that keep the suite short.
    pub fn steady(load: f64, service: f64, servers: usize, variability: f64) -> Self {
        let variability = variability.max(1.0);
        let rest = 1.0 - load.sqrt();
        let relaxation = (variability * service / (servers as f64 * rest * rest)).max(service);
        let error = STANDARD_ERROR * (1.0 - load);
        let wanted = 8.0 * variability / (error * error);
        let requests = wanted.clamp(800_000.0, if load > 0.97 { 12e6 } else { 5e6 });
        let rate = load * servers as f64 / service;
        let measured = requests / rate / f64::from(REPLICATIONS);
        Self { warm_up: 6.0 * relaxation + 10.0 * service, measured: measured.max(20.0 * relaxation) }
    }

    /// Seconds before measuring begins.
    pub fn warm_up(self) -> f64 {
        self.warm_up
    }

    /// The same with the measured time divided by `factor`, but not below `fewest` seconds.
    pub fn shortened(self, factor: f64, fewest: f64) -> Self {
        Self { measured: (self.measured / factor).max(fewest), ..self }
    }

    /// As the `run` of an experiment.
    pub(super) fn text(self, length: Length, seed: usize) -> String {
        let measured = match length {
            Length::Full => self.measured,
            Length::Quick => self.measured / 10.0,
        };
        let milliseconds = |seconds: f64| (seconds * 1000.0).ceil();
        let (warm_up, end) = (milliseconds(self.warm_up), milliseconds(self.warm_up + measured) + 1.0);
        format!("duration: \"{end} ms\", warm_up: \"{warm_up} ms\", replications: {REPLICATIONS}, seed: {seed}")
    }
}
