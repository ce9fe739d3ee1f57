//! The threads: points are worked off on the caller's pool, one on each of its threads at a time.

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::observer::Observer;
use crate::platform::threads::on_each;

/// Why points were not all worked off.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointsError<E> {
    /// Someone asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The receiver of answers failed.
    #[error("{0}")]
    Receiver(E),
}

thread_local! {
    /// Whether this thread works points off, or waits for others that do.
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as at work until it is dropped.
struct AtWork {
    before: bool,
}

impl AtWork {
    fn begin() -> Self {
        Self { before: AT_WORK.replace(true) }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.set(self.before);
    }
}

/// Works off `points` on the threads of the current rayon pool, one point on each at a time, so that memory is that of as many points as there are
/// threads. Hands each answer to `keep` as it is ready, on the thread that has it and in no certain order. What a point does in parallel itself
/// stays on its own thread as long as every thread has a point; threads without one help.
///
/// Called on a thread that works points off already (by a point, or by a task that the thread took up while it waited), it works its own off there, in
/// order: it would else wait for threads that are busy, take up the next such task meanwhile, and so on until the stack is full.
///
/// # Errors
/// [`PointsError::Interrupted`] when `observer` cancels before the last point is begun, [`PointsError::Receiver`] with the first error of `keep`.
pub fn work_off<A, E: Send>(
    points: &[usize],
    observer: &dyn Observer,
    answer: impl Fn(usize) -> A + Sync,
    keep: impl Fn(usize, A) -> Result<(), E> + Sync,
) -> Result<(), PointsError<E>> {
    let next = AtomicUsize::new(0);
    let ended = AtomicBool::new(false);
    let first_error = Mutex::new(None);
    let end = |error| {
        ended.store(true, Ordering::Relaxed);
        first_error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    };
    let take_up = || {
        let _mark = AtWork::begin();
        while !ended.load(Ordering::Relaxed) {
            let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            if observer.cancelled() {
                return end(PointsError::Interrupted);
            }
            if let Err(error) = keep(*point, answer(*point)) {
                return end(PointsError::Receiver(error));
            }
        }
    };
    if AT_WORK.get() {
        take_up();
    } else {
        // Marked while it waits, too.
        let _mark = AtWork::begin();
        on_each(take_up);
    }
    first_error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// The answers at 0..`count` in their order; none where `observer` cancelled first.
pub fn answers<A: Send>(count: usize, observer: &dyn Observer, answer: impl Fn(usize) -> A + Sync) -> Vec<Option<A>> {
    let places: Vec<Mutex<Option<A>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let points: Vec<usize> = (0..count).collect();
    let keep = |at: usize, answer: A| -> Result<(), Infallible> {
        *places[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        Ok(())
    };
    // A request to stop is seen in what is missing.
    let _ = work_off(&points, observer, answer, keep);
    places.into_iter().map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

#[cfg(all(test, feature = "parallel"))]
mod tests {
    use super::*;
    use rayon::prelude::*;

    fn on<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    }

    #[test]
    fn every_point_is_answered_once_on_any_number_of_threads() {
        let points: Vec<usize> = (10..200).collect();
        for threads in [1, 3, 50] {
            let kept = Mutex::new(Vec::new());
            let stop = AtomicBool::new(false);
            let keep = |point: usize, square: usize| -> Result<(), ()> {
                kept.lock().unwrap().push((point, square));
                Ok(())
            };
            on(threads, || work_off(&points, &stop, |point| point * point, keep)).unwrap();
            let mut kept = kept.into_inner().unwrap();
            kept.sort_unstable();
            assert_eq!(kept, points.iter().map(|point| (*point, point * point)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_more_points_are_at_work_than_there_are_threads_whatever_each_does_in_parallel() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let stop = AtomicBool::new(false);
        let answer = |point: usize| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let sum: usize = (0..1000_usize).into_par_iter().map(|i| i % (point + 1)).sum();
            now.fetch_sub(1, Ordering::SeqCst);
            sum
        };
        let found = on(3, || answers(60, &stop, answer));
        let plain = |point: usize| Some((0..1000).map(|i| i % (point + 1)).sum());
        assert_eq!(found, (0..60).map(plain).collect::<Vec<Option<usize>>>());
        assert!((1..=3).contains(&most.into_inner()));
    }

    /// Two hundred callers in one pool of three, each with points of its own that call again: never more of them on one stack than a thread's own, one
    /// that it took up while it waited, and its part of the other threads'.
    #[test]
    fn calls_within_calls_do_not_pile_up_on_one_stack() {
        thread_local!(static DEPTH: Cell<usize> = const { Cell::new(0) });
        let most = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let inner = |point: usize| -> usize { answers(4, &stop, |at| at * point).into_iter().flatten().sum() };
        let caller = |caller: usize| -> usize {
            DEPTH.set(DEPTH.get() + 1);
            most.fetch_max(DEPTH.get(), Ordering::Relaxed);
            let sum = answers(8, &stop, |point| {
                std::thread::sleep(std::time::Duration::from_micros(50));
                inner(point) + caller
            });
            DEPTH.set(DEPTH.get() - 1);
            sum.into_iter().flatten().sum()
        };
        let found: Vec<usize> = on(3, || (0..200_usize).into_par_iter().map(caller).collect());
        assert_eq!(found, (0..200).map(|caller| 6 * 28 + 8 * caller).collect::<Vec<_>>());
        assert!((1..=3).contains(&most.into_inner()));
    }

    #[test]
    fn a_failing_receiver_and_a_request_to_stop_end_the_work() {
        let points: Vec<usize> = (0..100).collect();
        let stop = AtomicBool::new(false);
        let seen = AtomicUsize::new(0);
        let keep = |point: usize, (): ()| {
            seen.fetch_add(1, Ordering::Relaxed);
            if point == 5 { Err("full") } else { Ok(()) }
        };
        assert_eq!(on(1, || work_off(&points, &stop, |_| (), keep)), Err(PointsError::Receiver("full")));
        assert_eq!(seen.into_inner(), 6);
        let stop = AtomicBool::new(true);
        let none = on(2, || work_off(&points, &stop, |_| (), |_, ()| Ok::<(), ()>(())));
        assert_eq!(none, Err(PointsError::Interrupted));
        assert_eq!(on(2, || answers(3, &stop, |at| at)), [None; 3]);
    }
}
