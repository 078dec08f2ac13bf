//! The words of an nginx configuration: quotes, escapes, comments, braces, variables, as `ngx_conf_read_token` has them.

/// The next token of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word, quotes and escapes resolved.
    Word(String),
    /// `;`
    Semicolon,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// Reads words one by one.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Tokens<'a> {
    /// From the beginning of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text: text.strip_prefix('\u{feff}').unwrap_or(text), at: 0, line: 1 }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += u32::from(c == '\n');
        Some(c)
    }

    /// The next token with the line it begins at; `None` at the end of the text.
    ///
    /// # Errors
    /// The line, and the mistake there.
    pub fn next(&mut self) -> Option<Result<(Token, u32), (u32, String)>> {
        loop {
            match self.peek()? {
                c if c.is_ascii_whitespace() => {
                    self.bump();
                }
                '#' => while self.bump().is_some_and(|c| c != '\n') {},
                _ => break,
            }
        }
        let line = self.line;
        Some(match self.peek()? {
            ';' => self.single(Token::Semicolon, line),
            '{' => self.single(Token::Open, line),
            '}' => self.single(Token::Close, line),
            quote @ ('"' | '\'') => self.quoted(quote, line),
            _ => Ok((Token::Word(self.bare()), line)),
        })
    }

    fn single(&mut self, token: Token, line: u32) -> Result<(Token, u32), (u32, String)> {
        self.bump();
        Ok((token, line))
    }

    /// A word without quotes: up to a blank, `;` or `{`. `${` belongs to it, and so does `}`.
    fn bare(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek() {
            let variable = word.ends_with('$');
            match c {
                ';' => break,
                '{' if !variable => break,
                c if c.is_ascii_whitespace() => break,
                '\\' => {
                    self.bump();
                    self.escape(&mut word);
                }
                _ => {
                    self.bump();
                    word.push(c);
                }
            }
        }
        word
    }

    fn quoted(&mut self, quote: char, line: u32) -> Result<(Token, u32), (u32, String)> {
        self.bump();
        let mut word = String::new();
        loop {
            match self.bump() {
                None => return Err((line, format!("the quote {quote} that begins here is never closed"))),
                Some('\\') => self.escape(&mut word),
                Some(c) if c == quote => break,
                Some(c) => word.push(c),
            }
        }
        match self.peek() {
            Some(c) if !c.is_ascii_whitespace() && !matches!(c, ';' | '{' | ')') => {
                Err((self.line, format!("a blank or `;` belongs between the closing {quote} and `{c}`")))
            }
            // nginx treats the bracket that closes `if ("$a" = "b")` as a word of its own.
            _ => Ok((Token::Word(word), line)),
        }
    }

    /// The character that a backslash and the text after it stand for. nginx keeps a backslash that begins no escape.
    fn escape(&mut self, word: &mut String) {
        match self.bump() {
            Some(c @ ('"' | '\'' | '\\')) => word.push(c),
            Some('t') => word.push('\t'),
            Some('r') => word.push('\r'),
            Some('n') => word.push('\n'),
            Some(c) => word.extend(['\\', c]),
            None => word.push('\\'),
        }
    }

    /// Skips a block of Lua (OpenResty `content_by_lua_block`), whose `{` has been read: up to the `}` that closes it.
    ///
    /// # Errors
    /// The line it begins at, if it is never closed.
    pub fn skip_lua(&mut self) -> Result<(), (u32, String)> {
        let line = self.line;
        let mut depth = 1;
        while depth > 0 {
            let rest = &self.text[self.at..];
            let comment = rest.starts_with("--");
            if comment {
                self.bump();
                self.bump();
            }
            if let Some(level) = long_bracket(&self.text[self.at..]) {
                let end = format!("]{}]", "=".repeat(level));
                while !self.text[self.at..].starts_with(&end) {
                    if self.bump().is_none() {
                        break;
                    }
                }
                continue;
            }
            if comment {
                while self.bump().is_some_and(|c| c != '\n') {}
                continue;
            }
            match self.bump() {
                None => return Err((line, "the block of Lua that begins here is never closed".to_owned())),
                Some('{') => depth += 1,
                Some('}') => depth -= 1,
                Some(quote @ ('"' | '\'')) => loop {
                    match self.bump() {
                        Some('\\') => {
                            self.bump();
                        }
                        Some(c) if c != quote && c != '\n' => {}
                        _ => break,
                    }
                },
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// The number of `=` in the `[==[` that a text begins with.
fn long_bracket(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('[')?;
    let level = rest.bytes().take_while(|&byte| byte == b'=').count();
    rest[level..].starts_with('[').then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Token> {
        let mut tokens = Tokens::new(text);
        std::iter::from_fn(|| tokens.next()).map(|token| token.expect("well formed").0).collect()
    }

    fn word(text: &str) -> Token {
        Token::Word(text.to_owned())
    }

    #[test]
    fn words_are_those_of_nginx() {
        assert_eq!(
            words("a 'b c' \"d\\\"e\";# x;\nf#g ${h}i{}"),
            [
                word("a"),
                word("b c"),
                word("d\"e"),
                Token::Semicolon,
                word("f#g"),
                word("${h}i"),
                Token::Open,
                Token::Close
            ]
        );
        assert_eq!(words(r"\.php$ a\;b"), [word(r"\.php$"), word(r"a\;b")]);
        assert_eq!(words("a}b;"), [word("a}b"), Token::Semicolon]);
    }

    #[test]
    fn lines_are_counted_through_quotes() {
        let mut tokens = Tokens::new("a 'b\nc'\n d");
        let lines: Vec<u32> = std::iter::from_fn(|| tokens.next()).map(|token| token.expect("well formed").1).collect();
        assert_eq!(lines, [1, 1, 3]);
    }

    #[test]
    fn an_open_quote_is_an_error_where_it_begins() {
        let mut tokens = Tokens::new("a\n\"b\n");
        assert!(tokens.next().is_some_and(|token| token.is_ok()));
        assert!(matches!(tokens.next(), Some(Err((2, _)))));
        assert!(matches!(Tokens::new("\"a\"b").next(), Some(Err((1, _)))));
    }

    #[test]
    fn lua_is_skipped_with_its_strings_and_comments() {
        let mut tokens = Tokens::new("local a = '}' -- }\n b = [[ } ]] --[[ } ]] if x { } }tail");
        assert_eq!(tokens.skip_lua(), Ok(()));
        assert_eq!(tokens.next(), Some(Ok((word("tail"), 2))));
        assert!(Tokens::new("{ [==[ }").skip_lua().is_err());
    }
}
