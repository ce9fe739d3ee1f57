//! Moments of a calibration's evidence at its parameters.

use super::moments::evaluate;
use crate::config::calibration::Calibration;
use crate::model::moment::Moment;

/// Moments of some of the evidence at `theta`, in its order; `seed` is added to every scenario's own.
///
/// # Errors
/// What cannot be solved there.
pub fn moments_at(calibration: &Calibration, evidence: &[usize], theta: &[f64], seed: u64) -> Result<Vec<f64>, String> {
    let mut values = vec![f64::NAN; evidence.len()];
    for (position, loaded) in calibration.scenarios.iter().enumerate() {
        let of = |at: &usize| calibration.evidence[*at].moment.as_ref().filter(|(_, scenario)| *scenario == position);
        let wanted: Vec<(usize, &Moment)> =
            evidence.iter().enumerate().filter_map(|(slot, at)| Some((slot, &of(at)?.0))).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut point =
            loaded.at(&calibration.assignments(position, theta)).map_err(|error| error.to_string())?.scenario;
        point.seed = point.seed.wrapping_add(seed);
        let moments: Vec<Moment> = wanted.iter().map(|(_, moment)| (*moment).clone()).collect();
        let found = evaluate(point, &moments, calibration.draws).map_err(|error| error.to_string())?;
        wanted.iter().zip(found).for_each(|((slot, _), value)| values[*slot] = value);
    }
    Ok(values)
}
