//! Signals: a request to stop is a flag that the work looks at; a file that may not grow and a lack of memory are errors like any other.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGABRT, SIGINT, SIGTERM};
use signal_hook::flag;

/// A flag that Ctrl-C and `SIGTERM` set; the second of either ends the process at once.
///
/// Where no handler can be set, the system's default holds.
pub(super) fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In the order of registration: the first signal finds the flag down, and the second ends the process.
        let _ = flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop));
        let _ = flag::register(signal, Arc::clone(&stop));
    }
    stop
}

/// What ends the process where it need not, for every command.
pub(super) fn outlive() {
    // Past the limit on file size the system would end the process; with a handler the write fails instead.
    #[cfg(unix)]
    let _ = flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // Without memory the process has said so and aborts; an exit code is what scripts can tell from a crash.
    let _ = flag::register_conditional_shutdown(SIGABRT, 1, Arc::new(AtomicBool::new(true)));
}
