//! What the shell asks and allows: a request to stop is a flag that the work looks at; a file that may not grow and a lack of memory are errors like
//! any other; a small stack is none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGABRT, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

/// Exit code of a command that was asked to stop.
const INTERRUPTED: i32 = 130;

/// A flag that Ctrl-C and `SIGTERM` set; the second of either ends the process at once, as does the first
/// where the work takes longer than [`GRACE`] to hear it.
///
/// Where no handler can be set, the system's default holds.
pub(super) fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In the order of registration: the first signal finds the flag down, and the second ends the process.
        let _ = flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&stop));
        let _ = flag::register(signal, Arc::clone(&stop));
    }
    let mut until_now = UNTIL_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    for handler in until_now.drain(..) {
        low_level::unregister(handler);
    }
    let watched = Arc::clone(&stop);
    // Where no thread can be had, the work alone looks at the flag.
    let _ = std::thread::Builder::new().name("signals".into()).spawn(move || watch(&watched));
    stop
}

/// How long work may take to come to an end by itself once it is asked to.
const GRACE: Duration = Duration::from_secs(1);
/// How often the watcher looks.
const LOOKS: Duration = Duration::from_millis(50);

/// Ends the process a moment after the flag is set, where the work has not looked at it since. That takes nothing away: files appear under their names
/// when they are whole, and a log loses at most the line that is being written.
fn watch(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(LOOKS);
    }
    std::thread::sleep(GRACE);
    tell!("interrupted: what was finished is kept\nhelp: run the same command again to go on, `run` with --resume");
    std::process::exit(INTERRUPTED);
}

/// Handlers that hold until work takes a [`stop_flag`].
static UNTIL_WORK: Mutex<Vec<SigId>> = Mutex::new(Vec::new());

/// The first signal ends the process, until there is work that hears it: for commands that keep nothing until they are done, and while others read
/// their input.
pub(super) fn stop_at_once() {
    let mut handlers = UNTIL_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    for signal in [SIGINT, SIGTERM] {
        let always = Arc::new(AtomicBool::new(true));
        handlers.extend(flag::register_conditional_shutdown(signal, INTERRUPTED, always));
    }
}

/// What ends the process where it need not, for every command.
pub(super) fn outlive() {
    // Past the limit on file size the system would end the process; with a handler the write fails instead.
    #[cfg(unix)]
    let _ = flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // Without memory the process has said so and aborts; an exit code is what scripts can tell from a crash.
    let _ = flag::register_conditional_shutdown(SIGABRT, 1, Arc::new(AtomicBool::new(true)));
}

/// Bytes of stack of the thread that works.
const STACK: usize = 8 << 20;
/// Exit code of a thread that panicked, as of a process.
const PANICKED: u8 = 101;

/// Works on a thread of its own. The first one has what stack the shell allows (`ulimit -s`), which may be too little to read the arguments.
pub(super) fn on_enough_stack(work: fn() -> u8) -> u8 {
    match std::thread::Builder::new().name("main".into()).stack_size(STACK).spawn(work) {
        Ok(thread) => thread.join().unwrap_or(PANICKED),
        Err(_) => work(),
    }
}
