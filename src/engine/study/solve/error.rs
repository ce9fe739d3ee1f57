//! Why a case could not be solved.

use crate::model::supply::SupplyError;

/// Why a case could not be solved.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SolveError {
    /// The inversion or the recovery of costs.
    #[error("{case}: {error}")]
    Recovery {
        /// The case.
        case: String,
        /// What went wrong.
        error: SupplyError,
    },
    /// A scenario.
    #[error("{case}, scenario {scenario}: {error}")]
    Scenario {
        /// The case.
        case: String,
        /// The scenario.
        scenario: String,
        /// What went wrong.
        error: Box<SupplyError>,
    },
    /// A specification that the market does not fit.
    #[error("{case}: {file}, scenario {scenario}: {message}")]
    Specification {
        /// The case.
        case: String,
        /// Name of the file of specifications.
        file: String,
        /// The scenario.
        scenario: String,
        /// What does not fit, and what would.
        message: String,
    },
    /// Several scenarios.
    #[error("{case}: {}{failed} of {total} scenarios were not solved", if *.base { "the base and " } else { "" })]
    Unsolved {
        /// The case.
        case: String,
        /// Whether the base was not either, which is none of them.
        base: bool,
        /// How many.
        failed: usize,
        /// Of how many.
        total: usize,
    },
    /// Matrices that would take more memory than they may.
    #[error(
        "{case}: {matrices} matrices of {products} products and the room to form them take more than 2 GB\nhelp: ask for those of fewer scenarios with \
         --specs, or for none with --matrices none"
    )]
    TooLarge {
        /// The case.
        case: String,
        /// Products.
        products: usize,
        /// Matrices of all scenarios.
        matrices: usize,
    },
    /// A market that would take more memory than it may.
    #[error(
        "{case}: {products} products of {owners} owners take {gigabytes:.1} GB for who owns what and for the second-order conditions of each owner, which \
         may take 2 GB\nhelp: solve parts of the market apart, leave small products out, or sum versions of a model up to one product"
    )]
    TooMany {
        /// The case, and the scenario if it is of one.
        case: String,
        /// Products.
        products: usize,
        /// Owners.
        owners: usize,
        /// What it would take.
        gigabytes: f64,
    },
    /// A market without something that is needed.
    #[error("{case}: products.csv has no column {column}: {why}\nhelp: add the column `{column}`")]
    Missing {
        /// The case.
        case: String,
        /// The column.
        column: &'static str,
        /// What it is needed for.
        why: &'static str,
    },
}
