//! Common and Combined Log Format, of Apache (`mod_log_config`) and NGINX (`ngx_http_log_module`).
//!
//! `client - user [17/May/2015:10:05:03 +0000] "GET /path HTTP/1.1" 200 1234 "referer" "agent"`

use super::client::client;
use super::{Fields, path, size, stamp};

/// Reads a line; with `combined`, a quoted referer must follow the size.
pub(super) fn parse(line: &[u8], combined: bool) -> Result<Fields<'_>, &'static str> {
    let end = line.iter().position(|&byte| byte == b' ').ok_or("has only one word")?;
    let (name, rest) = line.split_at(end);
    if name.is_empty() {
        return Err("begins with a space where the client should be");
    }
    // The name of a user may hold spaces, so the time is found by its bracket.
    let open = rest.windows(2).position(|pair| pair == b" [").ok_or("has no time in brackets")?;
    let rest = &rest[open + 2..];
    let (time, rest) = rest.split_at_checked(stamp::CLF_LENGTH).ok_or("ends within its time")?;
    let time = stamp::clf(time).ok_or("has a time that is not like 17/May/2015:10:05:03 +0000")?;
    let rest = rest.strip_prefix(b"] \"").ok_or("has no request in quotes behind its time")?;
    let close = closing_quote(rest).ok_or("has a request whose quotes are not closed")?;
    let (request, rest) = rest.split_at(close);
    let mut words = rest[1..].strip_prefix(b" ").unwrap_or_default().splitn(3, |&byte| byte == b' ');
    let (status, bytes) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if status != b"-" && !(status.len() == 3 && status.iter().all(u8::is_ascii_digit)) {
        return Err("has no status of three digits behind its request");
    }
    if bytes.is_empty() {
        return Err("has no size behind its status");
    }
    let size = size(bytes).ok_or("has a size that is not a whole number")?;
    if combined && !words.next().is_some_and(|rest| rest.starts_with(b"\"") && closing_quote(&rest[1..]).is_some()) {
        return Err("has no referer in quotes behind its size");
    }
    Ok(Fields { time, client: client(name), key: path(request), size })
}

/// Where the quotes close. A backslash takes away the meaning of the byte behind it: Apache writes `\"` and `\\`
/// within quotes, NGINX `\x22` and `\x5C`.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn the_examples_of_the_handbooks_are_read() {
        // Apache HTTP Server 2.4, "Log Files": Common and Combined Log Format.
        let apache = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)""#;
        let expected = Fields { time: 971_211_336 * SECOND, client: 0x7F00_0001, key: b"/apache_pb.gif", size: 2326 };
        assert_eq!(parse(apache.as_bytes(), true), Ok(expected));
        assert_eq!(parse(apache.split(" \"http").next().expect("first").as_bytes(), false), Ok(expected));
        // NGINX: '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"
        // "$http_user_agent"', and "$http_x_forwarded_for" and the time of the request behind it.
        let nginx = r#"192.168.33.1 - - [15/Oct/2019:19:41:46 +0000] "GET / HTTP/1.1" 200 396 "-" "Mozilla/5.0" "10.0.0.9" 0.012"#;
        let expected = Fields { time: 1_571_168_506 * SECOND, client: 0xC0A8_2101, key: b"/", size: 396 };
        assert_eq!(parse(nginx.as_bytes(), true), Ok(expected));
        assert_eq!(parse(nginx.as_bytes(), false), Ok(expected));
    }

    fn with(request: &str, rest: &str) -> String {
        format!("h - a [b] c [17/May/2015:10:05:03 +0000] \"{request}\" {rest}").replace(" [b]", "")
    }

    #[test]
    fn quotes_within_quotes_do_not_end_them() {
        for (request, key) in [
            (r#"GET /\"a\" HTTP/1.1"#, r#"/\"a\""#),
            (r"GET /a\\ HTTP/1.1", r"/a\\"),
            (r"GET /\x22 HTTP/1.1", r"/\x22"),
            ("-", "-"),
            ("", ""),
        ] {
            let line = with(request, "400 -");
            assert_eq!(
                parse(line.as_bytes(), false).map(|fields| (fields.key, fields.size)),
                Ok((key.as_bytes(), 0)),
                "{line}"
            );
        }
    }

    #[test]
    fn users_may_have_spaces_and_clients_any_name() {
        let line = "2001:db8::1 - John Q. Public [17/May/2015:10:05:03 +0200] \"GET / HTTP/1.1\" - 12";
        let fields = parse(line.as_bytes(), false).expect("right");
        assert_eq!(fields.client, client(b"2001:db8::1"));
        assert_eq!(fields.time, 1_431_849_903 * SECOND);
    }

    #[test]
    fn every_part_that_is_missing_is_named() {
        for (line, word) in [
            ("", "one word"),
            ("x", "one word"),
            (" - - [17/May/2015:10:05:03 +0000]", "client"),
            ("h - - ", "brackets"),
            ("h - - [17/May/2015", "within"),
            ("h - - [17/Mai/2015:10:05:03 +0000] \"-\" 200 1", "17/May"),
            ("h - - [17/May/2015:10:05:03 +0000] -", "request"),
            ("h - - [17/May/2015:10:05:03 +0000] \"GET / ", "closed"),
            ("h - - [17/May/2015:10:05:03 +0000] \"GET / \\\"", "closed"),
            (&with("-", ""), "status"),
            (&with("-", "20 1"), "status"),
            (&with("-", "200"), "no size"),
            (&with("-", "200 1k"), "whole"),
        ] {
            let error = parse(line.as_bytes(), false).expect_err(line);
            assert!(error.contains(word), "{line}: {error}");
        }
        assert!(parse(with("-", "200 1").as_bytes(), true).is_err_and(|error| error.contains("referer")));
        assert!(parse(with("-", "200 1 \"-\" \"cut sh").as_bytes(), true).is_ok());
    }
}
