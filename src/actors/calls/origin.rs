//! The origin of a call: what it asks for and for which client, before anything is sent.

/// The contents and the source of a call.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its identity for random draws.
    pub number: u64,
    /// The caller's own note: the user or session it belongs to; 0 for others.
    pub place: u32,
    /// The client's address, where the source knows it.
    pub client: Option<u32>,
    /// The key that is requested, if the source determines it.
    pub key: Option<u32>,
    /// Its size, where the source knows it.
    pub size: Option<u64>,
}

impl Origin {
    /// The next request of an open process that has made `made`.
    #[inline]
    pub fn open(base: u64, made: &mut u64) -> Self {
        let number = base.wrapping_add(*made);
        *made += 1;
        Self { number, place: 0, client: None, key: None, size: None }
    }
}
