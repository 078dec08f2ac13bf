//! Little's law, which holds for anything in a steady state: number = rate x time (Little 1961).

/// Mean number in a system with `rate` arrivals per second, each of which stays `time` seconds on average.
///
/// ```
/// use rushhour::stats::theory::little;
///
/// // 200 requests per second that each take 30 ms.
/// assert!((little::number(200.0, 0.03) - 6.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn number(rate: f64, time: f64) -> f64 {
    rate * time
}

/// Mean time in a system that holds `number` on average, with `rate` arrivals per second.
///
/// ```
/// use rushhour::stats::theory::little;
///
/// assert!((little::time(6.0, 200.0) - 0.03).abs() < 1e-12);
/// ```
#[must_use]
pub fn time(number: f64, rate: f64) -> f64 {
    number / rate
}

/// Throughput of `clients` that think for `think` seconds and wait `response` seconds for each answer: the interactive
/// response time law (Lazowska et al., Quantitative System Performance, 3.3).
///
/// ```
/// use rushhour::stats::theory::little;
///
/// // 100 users who think for 9.5 s and wait for 0.5 s.
/// assert!((little::interactive_throughput(100.0, 9.5, 0.5) - 10.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn interactive_throughput(clients: f64, think: f64, response: f64) -> f64 {
    clients / (think + response)
}
