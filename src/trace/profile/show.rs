//! The profile of a log for people.

use std::fmt;

use super::Profile;
use crate::trace::report::grouped;

/// Characters of a key's name that are shown.
const WIDTH: usize = 60;

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |label: &str, value: String| writeln!(f, "{label:<18} {value}");
        row("lines", format!("{}, read as {}", grouped(self.report.lines), self.report.format))?;
        for notice in self.report.notices() {
            row("", notice)?;
        }
        row("requests", grouped(self.requests))?;
        row("first", jiff::Timestamp::from_nanosecond(i128::from(self.start)).unwrap_or_default().to_string())?;
        row("span", length(self.span))?;
        row("resolution", length(self.resolution))?;
        let rate = |rate: Option<f64>| rate.map_or_else(|| "unknown: all at one time".to_owned(), per_time);
        row("mean rate", rate(self.mean_rate))?;
        let pauses = match self.pauses {
            0 => "no gap is longer than 60 s".to_owned(),
            1 => "without 1 gap longer than 60 s".to_owned(),
            many => format!("without {} gaps longer than 60 s", grouped(many)),
        };
        row("rate while busy", format!("{} ({pauses})", rate(self.busy_rate)))?;
        let minute = grouped(self.peak_minute);
        row("peak", format!("{} in a second, {minute} in a minute", grouped(self.peak_second)))?;
        if let Some(scv) = self.scv {
            row("gaps", format!("squared coefficient of variation {} (Poisson arrivals: 1)", figure(scv)))?;
        }
        if self.known.client {
            let share = figure(self.busiest_client * 100.0);
            row("clients", format!("{}; the busiest makes {share} % of requests", grouped(self.clients)))?;
        }
        if let Some(sizes) = self.sizes {
            row(
                "sizes",
                format!(
                    "mean {}, p50 {}, p99 {}, max {}, total {}",
                    figure(sizes.mean),
                    grouped(sizes.p50),
                    grouped(sizes.p99),
                    grouped(sizes.max),
                    u64::try_from(sizes.total).map_or_else(|_| sizes.total.to_string(), grouped)
                ),
            )?;
        }
        if self.known.key {
            let fit = self.zipf.map_or_else(String::new, |fit| {
                format!(
                    "; Zipf exponent {} over the {} asked for twice or more",
                    figure(fit.exponent),
                    grouped(fit.points)
                )
            });
            row("keys", format!("{}{fit}", grouped(self.keys)))?;
            for (name, count) in &self.top_keys {
                let name: String =
                    name.chars().take(WIDTH).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
                row("", format!("{:>9}  {name}", grouped(*count)))?;
            }
        }
        Ok(())
    }
}

/// A number to about four digits.
pub(super) fn figure(value: f64) -> String {
    match value {
        v if v >= 1e15 => format!("{v:.3e}"),
        v if v >= 1000.0 => grouped((v + 0.5) as u64),
        v if v >= 100.0 => format!("{v:.1}"),
        v if v >= 10.0 => format!("{v:.2}"),
        v if v >= 0.1 || v == 0.0 => format!("{v:.3}"),
        v => format!("{v:.3e}"),
    }
}

/// A rate per second, in the unit that suits it.
pub(super) fn per_time(rate: f64) -> String {
    match rate {
        r if r >= 1.0 => format!("{}/s", figure(r)),
        r if r >= 1.0 / 60.0 => format!("{}/min", figure(r * 60.0)),
        r if r >= 1.0 / 3600.0 => format!("{}/h", figure(r * 3600.0)),
        r => format!("{}/d", figure(r * 86_400.0)),
    }
}

/// A length of time in the unit that suits it.
fn length(seconds: f64) -> String {
    let (unit, size) = match seconds {
        s if s >= 172_800.0 => ("d", 86_400.0),
        s if s >= 7200.0 => ("h", 3600.0),
        s if s >= 120.0 => ("min", 60.0),
        s if s >= 1.0 || s == 0.0 => ("s", 1.0),
        s if s >= 1e-3 => ("ms", 1e-3),
        s if s >= 1e-6 => ("us", 1e-6),
        _ => ("ns", 1e-9),
    };
    // At most two decimals, without trailing zeros.
    let text = format!("{:.2}", seconds / size);
    format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
}
