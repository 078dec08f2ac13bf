//! Asking the process to stop, by Ctrl-C or a termination signal.
//!
//! Until anything is found the process ends at once. A run gives up what it is at and shows and writes what it has
//! found; where that takes too long it gives that up too, and ends: what is finished stands in its journal. A second
//! signal ends it at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::tell;

/// The time from the signal until no more work is started ([`late_flag`]).
const PATIENCE: Duration = Duration::from_millis(450);
/// From then until the process ends, whatever it is at: within a second of the signal, with the time that the system
/// takes to give back its memory.
const GRACE: Duration = Duration::from_millis(250);

/// Makes the message that is printed if the process ends before the run does.
type LastWords = Box<dyn Fn() -> String + Send>;

/// Set while something has been found that is worth an orderly end.
static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

/// Set when the process is asked to stop. From the first call on, signals are heard.
pub fn stop_flag() -> &'static AtomicBool {
    static FLAG: AtomicBool = AtomicBool::new(false);
    static HANDLER: OnceLock<()> = OnceLock::new();
    HANDLER.get_or_init(|| {
        // Without a handler the process simply ends when asked to.
        let _ = ctrlc::set_handler(|| hear(&FLAG));
    });
    &FLAG
}

/// Set when the process was asked to stop some time ago: work that is not finished by then is given up.
pub fn late_flag() -> &'static AtomicBool {
    static LATE: AtomicBool = AtomicBool::new(false);
    &LATE
}

/// From now on a signal leaves time for an orderly end; where that is not enough, `words` are the last.
pub fn keep(words: impl Fn() -> String + Send + 'static) {
    *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(words));
}

/// Subscribes to a signal, on the thread that receives all signals.
fn hear(flag: &'static AtomicBool) {
    static ASKED: AtomicBool = AtomicBool::new(false);
    flag.store(true, Ordering::SeqCst);
    if ASKED.swap(true, Ordering::SeqCst) {
        std::process::exit(130);
    }
    if LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
        tell("\nstopped\n");
        std::process::exit(130);
    }
    tell("\nstopping: what is finished is kept; press Ctrl-C again to stop at once\n");
    // The next signal must not wait for this. Where there is no room for another thread, it does.
    if std::thread::Builder::new().spawn(end_in_time).is_err() {
        end_in_time();
    }
}

/// Ends the process within a second, if it has not come to an end by itself.
fn end_in_time() {
    std::thread::sleep(PATIENCE);
    late_flag().store(true, Ordering::SeqCst);
    std::thread::sleep(GRACE);
    let words = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    tell(&words.as_ref().map(|words| words()).unwrap_or_default());
    std::process::exit(130);
}
