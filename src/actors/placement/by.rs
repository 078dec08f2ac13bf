//! Which part of a request is hashed.

use crate::schema::{choice, record};

record! {
    /// The client's IPv4 address, as text: "192.0.2.1", nginx `$remote_addr`.
    pub struct ClientAddress {}
}

record! {
    /// The requested key: its number, as text. Keys of a log are numbered in order of appearance.
    pub struct RequestedKey {}
}

choice! {
    /// Which part of a request is hashed.
    pub enum HashBy {
        Client(ClientAddress),
        Key(RequestedKey),
    }
}

/// A short text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text {
    bytes: [u8; 15],
    len: u8,
}

impl Text {
    /// The bytes to be hashed.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    fn push(&mut self, byte: u8) {
        self.bytes[usize::from(self.len)] = byte;
        self.len += 1;
    }

    /// A number without leading zeros.
    fn push_number(&mut self, number: u32) {
        let from = usize::from(self.len);
        let mut left = number;
        loop {
            self.push(b'0' + (left % 10) as u8);
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.bytes[from..usize::from(self.len)].reverse();
    }
}

impl HashBy {
    /// The text that is hashed for a request of this client for this key.
    #[inline]
    #[must_use]
    pub fn text(&self, client: u32, key: u32) -> Text {
        let mut text = Text::default();
        match self {
            Self::Client(_) => {
                for (place, octet) in client.to_be_bytes().into_iter().enumerate() {
                    if place > 0 {
                        text.push(b'.');
                    }
                    text.push_number(u32::from(octet));
                }
            }
            Self::Key(_) => text.push_number(key),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_keys_are_hashed_as_they_are_written() {
        let client =
            |client: [u8; 4]| HashBy::Client(ClientAddress {}).text(u32::from_be_bytes(client), 7).bytes().to_vec();
        assert_eq!(client([192, 0, 2, 10]), b"192.0.2.10");
        assert_eq!(client([255, 255, 255, 255]), b"255.255.255.255");
        let key = |key| HashBy::Key(RequestedKey {}).text(1, key).bytes().to_vec();
        assert_eq!(key(0), b"0");
        assert_eq!(key(u32::MAX), b"4294967295");
    }
}
