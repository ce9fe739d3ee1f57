//! Outputs of a model on a design, possibly repeated.

/// One output at every row of a design, for one replication or more.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    replications: Vec<Vec<f64>>,
    mean: Vec<f64>,
}

/// One member of a quadratic form of the mean response: a form Q of the response is the sum of `weight × Q(values)`.
#[derive(Clone, Debug, PartialEq)]
pub struct QuadraticForm {
    /// Weight in the sum.
    pub weight: f64,
    /// Centred values, one for each row, in units of [`Response::scale`].
    pub values: Vec<f64>,
}

impl Response {
    /// An output from its replications, each one value for every row of the design; nothing unless there is one at least, and
    /// all have the same rows, at least one.
    #[must_use]
    pub fn new(replications: Vec<Vec<f64>>) -> Option<Self> {
        let rows = replications.first()?.len();
        if rows == 0 || replications.iter().any(|values| values.len() != rows) {
            return None;
        }
        let count = replications.len() as f64;
        let mean = (0..rows).map(|row| replications.iter().map(|values| values[row]).sum::<f64>() / count).collect();
        Some(Self { replications, mean })
    }

    /// The number of design rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.mean.len()
    }

    /// The number of replications, n.
    #[must_use]
    pub fn replications(&self) -> usize {
        self.replications.len()
    }

    /// The mean over replications at every row.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The replications, each one value for every row.
    #[must_use]
    pub fn by_replication(&self) -> &[Vec<f64>] {
        &self.replications
    }

    /// Whether no value differs from another by more than rounding: a part in 1e13 of the largest.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        let all = || self.replications.iter().flatten();
        let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(*y), high.max(*y)));
        // No difference of huge numbers overflows here.
        0.5 * high - 0.5 * low <= 5e-14 * low.abs().max(high.abs())
    }

    /// The same at some of the rows; nothing where there are none.
    #[must_use]
    pub fn at(&self, rows: &[usize]) -> Option<Self> {
        Self::new(self.replications.iter().map(|values| rows.iter().map(|row| values[*row]).collect()).collect())
    }

    /// The unbiased variance over replications at every row; zeros with one replication.
    #[must_use]
    pub fn variance_within(&self) -> Vec<f64> {
        let degrees = (self.replications() - 1).max(1) as f64;
        let squares = |(row, mean): (usize, &f64)| {
            self.replications.iter().map(|values| (values[row] - mean) * (values[row] - mean)).sum::<f64>() / degrees
        };
        self.mean.iter().enumerate().map(squares).collect()
    }

    /// Largest distance of a mean from their mean, 1 where all are equal: keeps squares in range.
    #[must_use]
    pub fn scale(&self) -> f64 {
        let centre = average(&self.mean);
        let largest = self.mean.iter().fold(0.0, |largest: f64, value| largest.max((value - centre).abs()));
        if largest > 0.0 && largest.is_finite() { largest } else { 1.0 }
    }

    /// The members of an unbiased quadratic form of the mean response: the mean over replications with weight n / (n - 1) and each
    /// replication with weight -1 / (n (n - 1)); the values themselves where there is one replication.
    #[must_use]
    pub fn forms(&self) -> Vec<QuadraticForm> {
        let scale = self.scale();
        let form = |weight: f64, values: &[f64]| {
            let centre = average(values);
            QuadraticForm { weight, values: values.iter().map(|value| (value - centre) / scale).collect() }
        };
        let n = self.replications() as f64;
        if self.replications() == 1 {
            return vec![form(1.0, &self.mean)];
        }
        let mut forms = vec![form(n / (n - 1.0), &self.mean)];
        forms.extend(self.replications.iter().map(|values| form(-1.0 / (n * (n - 1.0)), values)));
        forms
    }
}

/// Mean of numbers; NaN of none.
#[must_use]
pub fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of two replications is their product: (4 Q(mean) - Q(a) - Q(b)) / 2 = a b.
    #[test]
    fn two_replications_give_their_cross_product() {
        let response = Response::new(vec![vec![1.0, 2.0, 6.0], vec![2.0, 1.0, 9.0]]).unwrap();
        let scale = response.scale();
        let product: f64 =
            response.forms().iter().map(|form| form.weight * form.values[2] * form.values[2]).sum::<f64>()
                * scale
                * scale;
        assert!((product - (6.0 - 3.0) * (9.0 - 4.0)).abs() < 1e-12);
        assert_eq!(response.variance_within(), [0.5, 0.5, 4.5]);
    }

    #[test]
    fn replications_of_different_lengths_are_no_response() {
        assert!(Response::new(vec![vec![1.0], vec![]]).is_none());
        assert!(Response::new(vec![]).is_none());
        assert!(Response::new(vec![vec![]]).is_none());
    }
}
