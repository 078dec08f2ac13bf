//! The connection a request travels on, as a word of its details.
//!
//! Who opens connections, and who cares which server one leads to, does not belong here.

/// Names the connection that carries a request, and says whether it was opened for it.
///
/// Beyond a node that ends connections (a proxy of layer 7) a request travels on a connection of its own; whoever
/// opened the one before still knows which it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection(u32);

const NEW: u32 = 1 << 31;
const ENDED: u32 = 1 << 30;
const NUMBER: u32 = ENDED - 1;

impl Connection {
    /// One of the request's own: opened for it and closed after it.
    pub const OWN: Self = Self(u32::MAX);
    /// Connections have numbers below this: about a billion.
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

    /// Its number, for whoever opened it; `None` of one of the request's own.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        (self != Self::OWN).then_some(self.0 & NUMBER)
    }

    /// Its number where requests may share it: `None` of one of the request's own, and beyond a node that ended it.
    #[must_use]
    pub fn shared(self) -> Option<u32> {
        (self.0 & ENDED == 0).then_some(self.0 & NUMBER)
    }

    /// True if it was opened for this request.
    #[must_use]
    pub fn is_new(self) -> bool {
        self.0 & (NEW | ENDED) != 0
    }

    /// A node ends it: what lies beyond is reached on a connection of the request's own.
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
