//! The words of a line: quotes, escapes, comments, as section 2.2 of HAProxy's manual has them.

/// The words of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The words, quotes and escapes resolved.
    pub words: Vec<String>,
    /// The first variable of the environment, which stands as it is written.
    pub variable: Option<String>,
}

/// Takes a line apart.
///
/// # Errors
/// A quote that is not closed, or an escape that is cut off.
pub fn words(line: &str) -> Result<Words, String> {
    let mut found = Words::default();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, '#') => break,
            (None, c) if c.is_ascii_whitespace() => found.words.extend(word.take()),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => {
                let escaped = escape(&mut rest, quote.is_some())?;
                word.get_or_insert_default().push_str(&escaped);
            }
            (Some('"'), '$') => {
                // Its value is known to the machine it runs on alone.
                let name: String = match rest.peek() {
                    Some('{') => rest.by_ref().take_while(|c| *c != '}').chain(['}']).collect(),
                    _ => std::iter::from_fn(|| rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_')).collect(),
                };
                word.get_or_insert_default().push_str(&format!("${name}"));
                found.variable.get_or_insert(format!("${name}"));
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if let Some(open) = quote {
        return Err(format!("the quote {open} is never closed"));
    }
    found.words.extend(word);
    Ok(found)
}

/// The character that a backslash and the text after it stand for.
fn escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, quoted: bool) -> Result<String, String> {
    let Some(c) = rest.next() else { return Err("a backslash ends the line: lines are not continued".to_owned()) };
    Ok(match c {
        'n' => "\n".to_owned(),
        'r' => "\r".to_owned(),
        't' => "\t".to_owned(),
        'x' => {
            let digits: String = rest.by_ref().take(2).collect();
            let two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let byte = if two { u8::from_str_radix(&digits, 16).ok() } else { None };
            let byte = byte.ok_or_else(|| format!("`\\x{digits}` is not two digits"))?;
            char::from(byte).to_string()
        }
        '"' | '\\' | '$' => c.to_string(),
        '\'' | ' ' | '#' if !quoted => c.to_string(),
        // A backslash that begins no escape stands for itself.
        c => format!("\\{c}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(line: &str) -> Vec<String> {
        words(line).expect("well formed").words
    }

    #[test]
    fn words_are_those_of_haproxy() {
        assert_eq!(list("  server a 10.0.0.1:80 weight 3 # heavy"), ["server", "a", "10.0.0.1:80", "weight", "3"]);
        assert_eq!(list("a#b c"), ["a"]);
        assert_eq!(list(" \t# nothing"), [""; 0]);
    }

    #[test]
    fn quotes_and_escapes_are_resolved() {
        assert_eq!(list(r#"a'b c'"d" e\ f \#g "h\"i" 'j\k' \x41 ''"#), ["ab cd", "e f", "#g", "h\"i", "j\\k", "A", ""]);
        assert_eq!(list(r"path_reg \.php$"), ["path_reg", r"\.php$"]);
    }

    #[test]
    fn variables_stand_as_they_are_written() {
        let found = words(r#"server a "${HOST}:80" '$no' $no "$PORT x""#).expect("well formed");
        assert_eq!(found.words, ["server", "a", "${HOST}:80", "$no", "$no", "$PORT x"]);
        assert_eq!(found.variable.as_deref(), Some("${HOST}"));
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        for line in ["a 'b", "a \"b", "a \\", "a \\xz1", "a \\x4"] {
            assert!(words(line).is_err(), "{line}");
        }
    }
}
