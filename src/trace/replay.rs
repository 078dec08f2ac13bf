//! Replay in the words of the language.

use crate::schema::record;

record! {
    /// Requests as they were recorded in a log.
    pub struct Replay {
        /// The log, relative to the file that names it.
        pub file: String,
    }
}
