//! What is uncertain: inputs by name, each with its distribution, independent of each other.

use super::distribution::Distribution;

/// One uncertain input.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name: the column of designs and the `parameter` of results.
    pub name: String,
    /// Its distribution.
    pub distribution: Distribution,
}

/// The uncertain inputs of a model, in the order of a design's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The inputs, at least one, no two of one name.
    pub parameters: Vec<Parameter>,
}

impl Problem {
    /// The number of inputs, D.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parameters.len()
    }
    /// Whether there is no input.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }
    /// The names of the inputs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|parameter| parameter.name.as_str())
    }
    /// The inputs at a point of the unit cube, through their quantile functions.
    pub fn at<'a>(&'a self, unit: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.parameters.iter().zip(unit).map(|(parameter, u)| parameter.distribution.quantile(*u))
    }
}
