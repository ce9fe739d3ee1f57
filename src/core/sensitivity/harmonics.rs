//! Spectra of outputs along a search curve, with standard errors.
//!
//! For N values y_j, centred, c_k = (1/N) Σ_j y_j exp(−2πi jk / N). The power of a band of frequencies F is P = Σ_F 2 |c_k|²: the variance that a
//! least-squares fit f of the band's waves explains. Its influence function at point j is 2 y_j f_j − f_j² − P (that of the residual variance is
//! (y_j − f_j)² less its mean, taken from that of the variance V = mean(y²), y_j² − V). Ratios of them have standard errors by the
//! infinitesimal jackknife (Jaeckel 1972), to which the bootstrap over points tends as resamples grow in number, but which needs no resample: a
//! resampled curve would no longer be evenly spaced. Points are taken as independent draws along the curve; evenly spaced ones do better for smooth
//! outputs, so standard errors are conservative for those. They do not show the bias from frequencies that meet.

use super::bootstrap::IndexEstimate;
use super::response::QuadraticForm;

/// Frequencies that RBD-FAST counts as an input's, M.
pub const RBD_HARMONICS: usize = 10;

/// A quadratic statistic and its influence at every point.
#[derive(Clone, Debug)]
pub struct Power {
    /// The statistic.
    pub value: f64,
    influence: Vec<f64>,
}

impl Power {
    /// Sum over forms of the power in `band`.
    #[must_use]
    pub fn of_band(forms: &[QuadraticForm], band: &[usize]) -> Self {
        Self::combine(forms, |values| {
            let carried = carried(values, band);
            let power = values.iter().zip(&carried).map(|(y, f)| y * f).sum::<f64>() / values.len() as f64;
            (power, values.iter().zip(carried).map(|(y, f)| (2.0 * y - f) * f - power).collect())
        })
    }

    /// Sum over forms of the variance, without that of the frequency N / 2 if `N` is even and `whole` is false.
    #[must_use]
    pub fn of_all(forms: &[QuadraticForm], whole: bool) -> Self {
        Self::combine(forms, |values| {
            let count = values.len() as f64;
            let mut power = values.iter().map(|y| y * y).sum::<f64>() / count;
            if !whole && values.len().is_multiple_of(2) {
                let alternating =
                    values.iter().enumerate().map(|(j, y)| if j % 2 == 0 { *y } else { -y }).sum::<f64>() / count;
                power -= alternating * alternating;
            }
            (power, values.iter().map(|y| y * y - power).collect())
        })
    }

    fn combine(forms: &[QuadraticForm], power: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> Self {
        let points = forms.first().map_or(0, |form| form.values.len());
        let mut sum = Self { value: 0.0, influence: vec![0.0; points] };
        for form in forms {
            let (value, influence) = power(&form.values);
            sum.value += form.weight * value;
            for (total, part) in sum.influence.iter_mut().zip(influence) {
                *total += form.weight * part;
            }
        }
        sum
    }

    /// `offset + slope × self / whole`, with its standard error; undefined unless `whole` is positive.
    #[must_use]
    pub fn share_of(&self, whole: &Self, offset: f64, slope: f64, level: f64) -> IndexEstimate {
        if whole.value <= 0.0 {
            return IndexEstimate::UNDEFINED;
        }
        let ratio = self.value / whole.value;
        let influence = self.influence.iter().zip(&whole.influence).map(|(part, all)| part - ratio * all);
        let squares: f64 = influence.map(|influence| influence * influence).sum();
        let count = self.influence.len();
        let error = (squares / (count as f64 * (count as f64 - 1.0))).sqrt() / whole.value;
        IndexEstimate::new(offset + slope * ratio, slope.abs() * error, count, level)
    }
}

/// The part of `values` at the frequencies of `band`.
fn carried(values: &[f64], band: &[usize]) -> Vec<f64> {
    let count = values.len();
    let circle: Vec<[f64; 2]> = (0..count).map(|j| cos_sin(j, count)).collect();
    let mut carried = vec![0.0; count];
    for frequency in band {
        let at = |j: usize| circle[j * (frequency % count) % count];
        let (mut cosine, mut sine) = (0.0, 0.0);
        for (j, y) in values.iter().enumerate() {
            let [c, s] = at(j);
            cosine += y * c;
            sine += y * s;
        }
        let (cosine, sine) = (2.0 * cosine / count as f64, 2.0 * sine / count as f64);
        for (j, carried) in carried.iter_mut().enumerate() {
            let [c, s] = at(j);
            *carried += cosine * c + sine * s;
        }
    }
    carried
}

/// Cosine and sine of 2π j / n for j < n, from their series in one eighth of the circle: the same bits on every platform.
fn cos_sin(j: usize, n: usize) -> [f64; 2] {
    let (quadrant, rest) = (4 * j / n, 4 * j % n);
    let beyond_half = 2 * rest > n;
    let within = if beyond_half { n - rest } else { rest };
    let angle = std::f64::consts::FRAC_PI_2 * within as f64 / n as f64;
    let square = angle * angle;
    // Taylor series to the 18th and 19th power: below 1e-18 up to an eighth of the circle.
    let series = |first: u32| {
        let terms = (0..9).rev().map(|term| f64::from((first + 2 * term + 1) * (first + 2 * term + 2)));
        terms.fold(1.0, |sum, factors| 1.0 - square / factors * sum)
    };
    let (mut cosine, mut sine) = (series(0), angle * series(1));
    if beyond_half {
        std::mem::swap(&mut cosine, &mut sine);
    }
    match quadrant {
        0 => [cosine, sine],
        1 => [-sine, cosine],
        2 => [-cosine, -sine],
        _ => [sine, -cosine],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circle_is_the_circle() {
        for n in [1, 2, 3, 5, 8, 97, 400, 4097] {
            for j in 0..n {
                let angle = std::f64::consts::TAU * j as f64 / n as f64;
                let [c, s] = cos_sin(j, n);
                assert!((c - angle.cos()).abs() < 3e-15 && (s - angle.sin()).abs() < 3e-15, "{j} of {n}: {c} {s}");
            }
        }
    }

    /// 3 cos(2s) + 2 sin(5s): power 9/2 and 4/2.
    #[test]
    fn a_band_has_the_power_of_its_waves() {
        let wave = |j: usize| 3.0 * cos_sin(2 * j % 50, 50)[0] + 2.0 * cos_sin(5 * j % 50, 50)[1];
        let forms = [QuadraticForm { weight: 1.0, values: (0..50).map(wave).collect() }];
        assert!((Power::of_band(&forms, &[2]).value - 4.5).abs() < 1e-13);
        assert!((Power::of_band(&forms, &[4, 5]).value - 2.0).abs() < 1e-13);
        let all = Power::of_all(&forms, true);
        assert!((all.value - 6.5).abs() < 1e-13);
        assert!((Power::of_band(&forms, &[2, 5]).share_of(&all, 0.0, 1.0, 0.95).std_error) < 1e-12);
    }
}
