//! Priorities: several classes at one queue, the most important first, non-preemptive.

use super::{TheoryError, erlang_b, not_negative, positive, some, stable};

/// One priority class. Lists of classes begin with the most important.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class {
    /// Arrivals per second, a Poisson process.
    pub arrival_rate: f64,
    /// Mean service in seconds.
    pub service_mean: f64,
    /// Squared coefficient of variation of service.
    pub service_scv: f64,
}

/// Head-of-the-line priorities (Cobham 1954; Kleinrock, Queueing Systems, volume 2, 3.6): M/G/1 with a service time
/// distribution for each class, or M/M/c with the same exponential service times for all.
#[derive(Clone, Debug, PartialEq)]
pub struct Priorities {
    waiting: Vec<f64>,
    classes: Vec<Class>,
}

impl Priorities {
    /// One server, with the most important class first; an error if a number is outside of its domain, or if the total
    /// load is not below 1.
    pub fn single_server(classes: &[Class]) -> Result<Self, TheoryError> {
        some("number of classes", classes.len())?;
        let mut residual = 0.0;
        for class in classes {
            positive("arrival rate", class.arrival_rate)?;
            positive("mean service time", class.service_mean)?;
            not_negative("squared coefficient of variation of service", class.service_scv)?;
            residual += 0.5 * class.arrival_rate * class.service_mean * class.service_mean * (1.0 + class.service_scv);
        }
        Self::of(classes.to_vec(), 1, residual)
    }

    /// `servers` servers, from arrivals per second of each class, the most important first, and the mean of the
    /// exponential service time of all; errors as in [`Priorities::single_server`].
    pub fn several_servers(arrival_rates: &[f64], service_mean: f64, servers: usize) -> Result<Self, TheoryError> {
        some("number of classes", arrival_rates.len())?;
        some("number of servers", servers)?;
        positive("mean service time", service_mean)?;
        for &rate in arrival_rates {
            positive("arrival rate", rate)?;
        }
        let erlangs = arrival_rates.iter().sum::<f64>() * service_mean;
        let load = stable(erlangs / servers as f64)?;
        let blocked = erlang_b::blocking(servers, erlangs);
        let waits = blocked / (1.0 - load * (1.0 - blocked));
        let class = |&arrival_rate| Class { arrival_rate, service_mean, service_scv: 1.0 };
        // A request that must wait waits for the first of the busy servers: service / servers on average.
        Self::of(arrival_rates.iter().map(class).collect(), servers, waits * service_mean / servers as f64)
    }

    /// Cobham: W(k) = W0 / ((1 - load above k) (1 - load down to k)).
    fn of(classes: Vec<Class>, servers: usize, first_free: f64) -> Result<Self, TheoryError> {
        let (mut above, mut waiting) = (0.0, Vec::new());
        for class in &classes {
            let down_to = above + class.arrival_rate * class.service_mean / servers as f64;
            stable(down_to)?;
            waiting.push(first_free / ((1.0 - above) * (1.0 - down_to)));
            above = down_to;
        }
        Ok(Self { waiting, classes })
    }

    /// Mean time in the queue of class `class`, counted from 0, the most important.
    #[must_use]
    pub fn waiting_mean(&self, class: usize) -> f64 {
        self.waiting[class]
    }

    /// Mean time in the system of class `class`.
    #[must_use]
    pub fn sojourn_mean(&self, class: usize) -> f64 {
        self.waiting[class] + self.classes[class].service_mean
    }

    /// Mean time in the queue over all requests.
    #[must_use]
    pub fn waiting_mean_of_all(&self) -> f64 {
        let rates = || self.classes.iter().map(|class| class.arrival_rate);
        self.waiting.iter().zip(rates()).map(|(waiting, rate)| waiting * rate).sum::<f64>() / rates().sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mmc;
    use super::*;

    /// By arrival rates, mean services and second moments of two classes: mean waits of both.
    const KNOWN: [[[f64; 2]; 4]; 5] = [
        [[0.2, 0.3], [1.0, 1.0], [2.0, 2.0], [0.625, 1.25]],
        [[0.4, 0.4], [1.0, 1.0], [1.0, 1.0], [0.666_666_666_666_666_7, 3.333_333_333_333_334_4]],
        [[0.1, 0.8], [1.0, 1.0], [2.0, 2.0], [1.0, 10.000_000_000_000_002]],
        [[0.1, 0.8], [1.0, 1.0], [1.0, 1.0], [0.5, 5.000_000_000_000_001]],
        [[0.3, 0.05], [0.5, 8.0], [0.5, 128.0], [3.852_941_176_470_588_8, 8.562_091_503_267_975]],
    ];

    #[test]
    fn known_answers() {
        for [rates, means, moments, waits] in KNOWN {
            let class = |at: usize| Class {
                arrival_rate: rates[at],
                service_mean: means[at],
                service_scv: moments[at] / (means[at] * means[at]) - 1.0,
            };
            let model = Priorities::single_server(&[class(0), class(1)]).expect("stable");
            for (at, wait) in waits.into_iter().enumerate() {
                assert!((model.waiting_mean(at) / wait - 1.0).abs() < 1e-12, "{rates:?} {at}");
                assert!((model.sojourn_mean(at) - wait - means[at]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn who_waits_is_moved_but_not_less() {
        // The order changes which requests wait, not how much there is to wait: the mean over all is that of M/M/c.
        for servers in [1, 2, 7, 40] {
            let capacity = servers as f64;
            let model = Priorities::several_servers(&[0.2 * capacity, 0.3 * capacity, 0.4 * capacity], 1.0, servers);
            let model = model.expect("stable");
            let all = Mmc::new(0.9 * capacity, 1.0, servers).expect("stable").waiting_mean();
            assert!((model.waiting_mean_of_all() / all - 1.0).abs() < 1e-12, "{servers}");
            assert!(model.waiting_mean(0) < model.waiting_mean(1) && model.waiting_mean(1) < model.waiting_mean(2));
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let class = |arrival_rate, service_mean, service_scv| Class { arrival_rate, service_mean, service_scv };
        assert!(Priorities::single_server(&[]).is_err());
        assert!(Priorities::single_server(&[class(0.0, 1.0, 1.0)]).is_err());
        assert!(Priorities::single_server(&[class(0.5, 1.0, f64::NAN)]).is_err());
        assert!(Priorities::single_server(&[class(0.5, 1.0, 1.0), class(0.5, 1.0, 1.0)]).is_err());
        assert!(Priorities::several_servers(&[1.0], 1.0, 1).is_err());
        assert!(Priorities::several_servers(&[0.5], 1.0, 0).is_err());
    }
}
