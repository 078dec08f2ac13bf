//! Access logs to replay.

/// A log of requests, so many a second, each from a host and for a path.
pub fn log(requests: usize, a_second: usize, request: impl Fn(usize) -> (usize, String)) -> String {
    let line = |number: usize| {
        let second = number / a_second;
        let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
        let (host, path) = request(number);
        format!(
            "10.0.0.{host} - - [10/Oct/2024:{hours:02}:{minutes:02}:{seconds:02} +0000] \"GET /{path} HTTP/1.1\" 200 99\n"
        )
    };
    (0..requests).map(line).collect()
}
