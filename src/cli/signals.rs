//! Signals: a request to stop is a flag that the work looks at, and a file that may not grow is an error like any other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that Ctrl-C sets, and `SIGTERM` where there is one; the second of either ends the process at once.
///
/// Where no handler can be set, the system's default holds.
pub(super) fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stop);
    let _ = ctrlc::set_handler(move || {
        if signal.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGTERM, SIGXFSZ};
        let _ = signal_hook::flag::register_conditional_shutdown(SIGTERM, 130, Arc::clone(&stop));
        let _ = signal_hook::flag::register(SIGTERM, Arc::clone(&stop));
        // Past the limit on file size the system would end the process; with a handler the write fails instead.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    }
    stop
}
