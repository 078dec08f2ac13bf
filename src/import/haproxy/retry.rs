//! `retries`, `option redispatch` and `retry-on`.

use super::settings::Settings;
use super::short;
use crate::import::Report;
use crate::import::group::{Retry, Said, Trouble};
use crate::import::report::Why;

/// Attempts at another server. HAProxy tries the same server again, and another one only with `option redispatch`: at
/// the last retry, or at each N-th.
pub fn retry(settings: &Settings, report: &mut Report) -> Option<Said<Retry>> {
    let mut retries = 3;
    let said = settings.get("retries", report);
    if let Some(said) = said {
        match said.value.first().and_then(|text| text.parse::<u32>().ok()) {
            Some(number) => retries = number,
            None => report.note(said.at, Why::NotUnderstood, "a number of retries belongs here"),
        }
    }
    let redispatch = settings.get("option redispatch", report).or(settings.get("redispatch", report));
    let Some(redispatch) = redispatch else {
        if let Some(said) = said.filter(|_| retries > 0) {
            let message = "retries at the same server, as there is no `option redispatch`: a server of the model that \
                           refuses once refuses again";
            report.note(said.at, Why::NotExpressed, message);
        }
        return None;
    };
    let interval = match redispatch.value.first().map(|text| text.parse::<i64>()) {
        None => -1,
        Some(Ok(interval)) => interval,
        Some(Err(_)) => {
            report.note(redispatch.at, Why::NotUnderstood, "an interval of retries belongs here");
            -1
        }
    };
    // -N is the N-th from the end; what counts is how often another server is asked.
    let elsewhere = match interval {
        _ if retries == 0 => 0,
        0 => 0,
        1.. => retries / u32::try_from(interval).unwrap_or(u32::MAX),
        _ => 1,
    };
    if elsewhere < retries {
        let message = "retries at the same server before another one is asked are left out, with their pauses";
        report.note(redispatch.at, Why::Approximated, message);
    }
    let on = troubles(settings, report);
    let retry = Retry { tries: elsewhere + 1, timeout: None, on, comes_back: true };
    (elsewhere > 0 && !retry.on.is_empty()).then(|| Said::new(retry, redispatch.at))
}

/// `retry-on`; failed connections are the default.
fn troubles(settings: &Settings, report: &mut Report) -> Vec<Trouble> {
    let Some(said) = settings.get("retry-on", report) else { return vec![Trouble::Connection] };
    let mut on = Vec::new();
    for word in &said.value {
        match word.as_str() {
            "none" => on.clear(),
            "conn-failure" | "empty-response" => on.push(Trouble::Connection),
            "response-timeout" => on.push(Trouble::Timeout),
            "500" => on.push(Trouble::Error),
            "503" => on.push(Trouble::Unavailable),
            "all-retryable-errors" => {
                on.extend([Trouble::Connection, Trouble::Timeout, Trouble::Error, Trouble::Unavailable]);
                let message = "of all retryable errors, the model has 500, 503, the late and the lost";
                report.note(said.at, Why::Approximated, message);
            }
            "junk-response" | "0rtt-rejected" | "401" | "403" | "404" | "408" | "425" | "501" | "502" | "504" => {
                report.note(said.at, Why::NotExpressed, format!("`{word}`: no server of the model answers so"));
            }
            other => report.note(said.at, Why::NotUnderstood, format!("the parameter `{}`", short(other))),
        }
    }
    on.dedup();
    on
}
