//! What is uncertain: inputs by name, each with its distribution, independent of each other.

use super::distribution::Distribution;

/// One uncertain input.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name: the column of designs and the `parameter` of results.
    pub name: String,
    /// Its distribution.
    pub distribution: Distribution,
    /// The group that it moves with in designs of pick-freeze blocks; none where it moves alone.
    pub group: Option<String>,
}

/// What moves at once, and has one index: an input alone, or all of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Name of the input or the group.
    pub name: String,
    /// Positions of its inputs.
    pub members: Vec<usize>,
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
    /// The names of the inputs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|parameter| parameter.name.as_str())
    }
    /// Inputs and groups, each where its first input stands.
    #[must_use]
    pub fn factors(&self) -> Vec<Factor> {
        let mut factors: Vec<Factor> = Vec::new();
        for (i, parameter) in self.parameters.iter().enumerate() {
            let known =
                parameter.group.as_ref().and_then(|group| factors.iter_mut().find(|factor| factor.name == *group));
            match known {
                Some(factor) => factor.members.push(i),
                None => {
                    let name = parameter.group.clone().unwrap_or_else(|| parameter.name.clone());
                    factors.push(Factor { name, members: vec![i] });
                }
            }
        }
        factors
    }
    /// The position of each input's factor.
    #[must_use]
    pub fn factor_of(&self) -> Vec<usize> {
        let mut of = vec![0; self.len()];
        for (at, factor) in self.factors().iter().enumerate() {
            factor.members.iter().for_each(|input| of[*input] = at);
        }
        of
    }
    /// Whether inputs move in groups.
    #[must_use]
    pub fn has_groups(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.group.is_some())
    }
    /// The inputs at a point of the unit cube, through their quantile functions.
    pub fn at<'a>(&'a self, unit: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.parameters.iter().zip(unit).map(|(parameter, u)| parameter.distribution.quantile(*u))
    }
}
