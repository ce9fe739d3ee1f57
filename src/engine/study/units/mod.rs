//! Long studies: a plan of units, a shard on disk for each unit that is done, and their merge.
//!
//! A [`Plan`] is everything that a study is: the resolved scenario, hashes of its data, regimes, points, and the ordered list of
//! units. A unit that is done leaves a [`shard`]: every outcome of its jobs, under a name that appears only when the file is
//! whole. [`Store`] is the folder of both. Reduction walks the plan in order and reads or computes each unit ([`drive`]), so that
//! results have the same bytes whether one process ran through, many did a part each, or a run was killed and resumed.

pub mod drive;
pub mod ledger;
pub mod plan;
pub mod quantity;
pub mod shape;
pub mod shard;
pub mod store;
pub mod unit;
pub mod verify;

pub use plan::{Plan, UnitPlanError};
pub use store::{Store, StoreError};

/// Version of the model: of the package, and a fingerprint of the sources that decide a job's outcome.
pub const MODEL_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("STICKERSHOCK_MODEL"));
