//! The connection a request travels on, as a word of its details.
//!
//! Opening connections, and the server that a connection leads to, do not belong here.

/// Identifies the connection that carries a request, and whether it was opened for that request.
///
/// Beyond a node that terminates connections (a layer-7 proxy) a request travels on its own connection; the node that
/// opened the previous one can still look up its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection(u32);

const NEW: u32 = 1 << 31;
const ENDED: u32 = 1 << 30;
const NUMBER: u32 = ENDED - 1;

impl Connection {
    /// A connection for this request only: opened for it and closed after it.
    pub const OWN: Self = Self(u32::MAX);
    /// Numbers of connections are below this: about a billion.
    pub const MOST: u32 = NUMBER;

    /// Connection `number`, opened for this request.
    #[must_use]
    pub fn opened(number: u32) -> Self {
        debug_assert!(number < Self::MOST);
        Self(number | NEW)
    }

    /// Connection `number`, which has carried requests before.
    #[must_use]
    pub fn kept(number: u32) -> Self {
        debug_assert!(number < Self::MOST);
        Self(number)
    }

    /// Its number, for the node that opened it; `None` for [`Connection::OWN`].
    #[must_use]
    pub fn number(self) -> Option<u32> {
        (self != Self::OWN).then_some(self.0 & NUMBER)
    }

    /// Its number where requests may share it: `None` for [`Connection::OWN`], and beyond a node that terminated it.
    #[must_use]
    pub fn shared(self) -> Option<u32> {
        (self.0 & ENDED == 0).then_some(self.0 & NUMBER)
    }

    /// True if it was opened for this request.
    #[must_use]
    pub fn is_new(self) -> bool {
        self.0 & (NEW | ENDED) != 0
    }

    /// A node terminates the connection; beyond it the request travels on its own connection.
    pub fn end(&mut self) {
        self.0 |= ENDED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_was_ended_is_known_only_to_who_opened_it() {
        let (opened, mut kept) = (Connection::opened(7), Connection::kept(7));
        assert_eq!((opened.number(), opened.shared(), opened.is_new()), (Some(7), Some(7), true));
        assert_eq!((kept.number(), kept.shared(), kept.is_new()), (Some(7), Some(7), false));
        kept.end();
        assert_eq!((kept.number(), kept.shared(), kept.is_new()), (Some(7), None, true));
        let mut own = Connection::OWN;
        own.end();
        assert_eq!((own.number(), own.shared(), own.is_new()), (None, None, true));
        assert_eq!(Connection::kept(Connection::MOST - 1).number(), Some(Connection::MOST - 1));
    }
}
