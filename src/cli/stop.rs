//! Asking the process to stop: the first Ctrl-C or termination signal sets a flag, the second ends it at once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::tell;

/// Set when the process is asked to stop. From the first call on, signals are heard.
pub fn stop_flag() -> &'static AtomicBool {
    static FLAG: AtomicBool = AtomicBool::new(false);
    static HANDLER: OnceLock<()> = OnceLock::new();
    HANDLER.get_or_init(|| {
        let handler = || {
            if FLAG.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            tell("\nstopping: what is finished is kept; press Ctrl-C again to stop at once\n");
        };
        // Without a handler the process simply ends when asked to.
        let _ = ctrlc::set_handler(handler);
    });
    &FLAG
}
