//! Threads, or none: work is spread over rayon's current pool, and without the feature `parallel` it is done one after another.
//!
//! The serial twin has the names of rayon's traits that the library uses, on the standard iterators. What threads hand back is put in
//! order before it is added up, so both give the same bytes.

#[cfg(feature = "parallel")]
pub use parallel::*;

#[cfg(not(feature = "parallel"))]
pub use serial::*;

#[cfg(feature = "parallel")]
mod parallel {
    pub use rayon::{ThreadPool as Pool, ThreadPoolBuildError as NoPool, current_num_threads as count, join, prelude};

    /// A pool of so many threads, 0 for one a processor.
    ///
    /// # Errors
    /// [`NoPool`] when the system has no thread to give.
    pub fn pool(threads: usize) -> Result<Pool, NoPool> {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build()
    }

    /// Does `work` once on each thread of the current pool.
    pub fn on_each(work: impl Fn() + Sync) {
        rayon::broadcast(|_| work());
    }
}

/// One after another, under rayon's names.
#[cfg(any(not(feature = "parallel"), test))]
mod serial {
    /// Threads that work is spread over.
    #[must_use]
    pub fn count() -> usize {
        1
    }

    /// The calling thread.
    #[derive(Debug)]
    pub struct Pool;

    impl Pool {
        /// Does it.
        pub fn install<R>(&self, work: impl FnOnce() -> R) -> R {
            work()
        }
        /// Threads of this pool.
        #[must_use]
        pub fn current_num_threads(&self) -> usize {
            1
        }
    }

    /// Why there is no pool: never.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    pub enum NoPool {}

    /// The calling thread, whatever number is asked for.
    ///
    /// # Errors
    /// None.
    #[must_use]
    pub fn pool(_threads: usize) -> Result<Pool, NoPool> {
        Ok(Pool)
    }

    /// Does `work` once.
    pub fn on_each(work: impl Fn() + Sync) {
        work();
    }

    /// Does one, then the other.
    pub fn join<A, B>(first: impl FnOnce() -> A, second: impl FnOnce() -> B) -> (A, B) {
        (first(), second())
    }

    /// The traits.
    pub mod prelude {
        /// What can be gone through.
        pub trait IntoParallelIterator: IntoIterator + Sized {
            /// Goes through it.
            fn into_par_iter(self) -> Self::IntoIter {
                self.into_iter()
            }
        }
        impl<T: IntoIterator> IntoParallelIterator for T {}

        /// What can be gone through by reference.
        pub trait ParallelSlice<T> {
            /// Goes through pieces of `size`.
            fn par_chunks(&self, size: usize) -> std::slice::Chunks<'_, T>;
            /// Goes through references by which items can be changed.
            fn par_iter_mut(&mut self) -> std::slice::IterMut<'_, T>;
        }
        impl<T> ParallelSlice<T> for [T] {
            fn par_chunks(&self, size: usize) -> std::slice::Chunks<'_, T> {
                self.chunks(size)
            }
            fn par_iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
                self.iter_mut()
            }
        }

        /// What goes through items.
        pub trait ParallelIterator: Iterator + Sized {
            /// Goes through what each item gives.
            fn flat_map_iter<U: IntoIterator, F: FnMut(Self::Item) -> U>(
                self,
                of: F,
            ) -> std::iter::FlatMap<Self, U, F> {
                self.flat_map(of)
            }
        }
        impl<I: Iterator> ParallelIterator for I {}
    }
}

#[cfg(test)]
mod tests {
    use super::serial::prelude::*;
    use super::serial::{count, join, on_each, pool};

    #[test]
    fn the_serial_twin_goes_through_everything_in_order() {
        let mut squares: Vec<i32> = IntoParallelIterator::into_par_iter(0..4).map(|x| x * x).collect();
        ParallelSlice::par_iter_mut(squares.as_mut_slice()).for_each(|x| *x += 1);
        assert_eq!(squares, [1, 2, 5, 10]);
        let pairs = ParallelSlice::par_chunks(squares.as_slice(), 3);
        let twice: Vec<i32> = ParallelIterator::flat_map_iter(pairs, |pair| pair.iter().rev().copied()).collect();
        assert_eq!(twice, [5, 2, 1, 10]);
        let pool = pool(8).unwrap();
        assert_eq!((count(), pool.install(count), pool.current_num_threads()), (1, 1, 1));
        let mut order = vec!["first"];
        assert_eq!(join(|| 3, || order.push("second")), (3, ()));
        assert_eq!(order, ["first", "second"]);
        let calls = std::sync::atomic::AtomicUsize::new(0);
        on_each(|| {
            calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
        assert_eq!(calls.into_inner(), 1);
    }
}
