//! Little's law, which holds for anything in a steady state: number = rate x time (Little 1961).

/// Mean number in a system with `rate` arrivals per second, each of which stays `time` seconds on average.
#[must_use]
pub fn number(rate: f64, time: f64) -> f64 {
    rate * time
}

/// Mean time in a system that holds `number` on average, with `rate` arrivals per second.
#[must_use]
pub fn time(number: f64, rate: f64) -> f64 {
    number / rate
}

/// Throughput of `clients` that think for `think` seconds and wait `response` seconds for each answer: the interactive
/// response time law (Lazowska et al., Quantitative System Performance, 3.3).
#[must_use]
pub fn interactive_throughput(clients: f64, think: f64, response: f64) -> f64 {
    clients / (think + response)
}
