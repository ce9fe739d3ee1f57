//! What one uncertain thing alone does to a number, from draws in which everything varies at once.
//!
//! Draws are grouped by the thing: by the structure they have, or by where a parameter's value stands among the draws of the same cell
//! (a cell is a combination of structures). With m the means of draws, less the mean of their cell where the thing is a parameter, G
//! groups and K draws in them,
//!
//! ```text
//! share = [SS between groups - (G - 1) MS within] / SS total,   MS within = SS within / (K - G)
//! ```
//!
//! the epsilon-squared of Kelley (1935), which is zero on average where the thing does nothing; it can come out negative and is not
//! clipped. It is a first-order share: what the thing does alone. Shares of independent things sum to one less what they do together.

/// Draws in a group of a parameter, at least, and groups at most.
const GROUP: usize = 6;
const MOST_GROUPS: usize = 5;

/// Draws that stand together, and what they have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawGroup {
    /// Positions of the draws.
    pub draws: Vec<usize>,
    /// Lowest and highest value of a parameter; both are the position of a structure.
    pub values: [f64; 2],
}

/// What one thing does.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Share of the variance over draws.
    pub share: f64,
    /// Mean in each group.
    pub means: Vec<f64>,
}

/// Groups of the draws by the value of a parameter, from low to high; draws without a value are in none. Values are compared within their
/// cell, because a parameter may have another distribution under another structure. Where few values come again and again each has a group.
#[must_use]
pub fn groups_of(values: &[f64], cell: &[usize]) -> Vec<DrawGroup> {
    let known: Vec<usize> = (0..values.len()).filter(|k| values[*k].is_finite()).collect();
    let mut distinct: Vec<f64> = known.iter().map(|k| values[*k]).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() <= MOST_GROUPS && 2 * distinct.len() <= known.len() {
        let of = |value: &f64| DrawGroup {
            draws: known.iter().copied().filter(|k| values[*k] == *value).collect(),
            values: [*value; 2],
        };
        return distinct.iter().map(of).collect();
    }
    // Where each value stands among those of its cell, from 0 to 1.
    let mut sorted = known;
    sorted.sort_by(|a, b| cell[*a].cmp(&cell[*b]).then(values[*a].total_cmp(&values[*b])));
    let mut ranked: Vec<(f64, usize)> = Vec::with_capacity(sorted.len());
    for same in sorted.chunk_by(|a, b| cell[*a] == cell[*b]) {
        let place = |at: usize| (at as f64 + 0.5) / same.len() as f64;
        ranked.extend(same.iter().enumerate().map(|(at, k)| (place(at), *k)));
    }
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let count = (ranked.len() / GROUP).clamp(1, MOST_GROUPS);
    (0..count)
        .map(|g| {
            let part = &ranked[g * ranked.len() / count..(g + 1) * ranked.len() / count];
            let draws: Vec<usize> = part.iter().map(|(_, k)| *k).collect();
            let ends = draws.iter().map(|k| values[*k]);
            let values = [ends.clone().fold(f64::INFINITY, f64::min), ends.fold(f64::NEG_INFINITY, f64::max)];
            DrawGroup { draws, values }
        })
        .collect()
}

/// The effect of a thing on the means of draws. `within` takes the mean of each draw's cell out first: for a parameter.
#[must_use]
pub fn effect(means: &[f64], groups: &[DrawGroup], within: Option<&[usize]>) -> Effect {
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let grand = mean(means);
    let total: f64 = means.iter().map(|m| (m - grand) * (m - grand)).sum();
    let mut of_cell: Vec<(f64, usize)> = Vec::new();
    for (c, m) in within.into_iter().flatten().zip(means) {
        of_cell.resize((c + 1).max(of_cell.len()), (0.0, 0));
        of_cell[*c] = (of_cell[*c].0 + m, of_cell[*c].1 + 1);
    }
    let middle_of = |k: usize| match within.map(|cell| of_cell[cell[k]]) {
        Some((sum, count)) => sum / count as f64,
        None => grand,
    };
    let taken: Vec<Vec<f64>> =
        groups.iter().map(|group| group.draws.iter().map(|k| means[*k] - middle_of(*k)).collect()).collect();
    let count: usize = taken.iter().map(Vec::len).sum();
    let middle = taken.iter().flatten().sum::<f64>() / count as f64;
    let (mut between, mut inside) = (0.0, 0.0);
    for group in &taken {
        let own = mean(group);
        between += group.len() as f64 * (own - middle) * (own - middle);
        inside += group.iter().map(|x| (x - own) * (x - own)).sum::<f64>();
    }
    let spare = count.saturating_sub(groups.len()) as f64;
    let share = match groups.len() {
        0 | 1 => f64::NAN,
        several if spare > 0.0 && total > 0.0 => (between - (several - 1) as f64 * inside / spare) / total,
        _ => f64::NAN,
    };
    Effect { share, means: taken.iter().map(|group| grand + mean(group)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::sobol::SobolSequence;

    /// Two groups of means 1, 3 and 11, 13: between 100, within 4 on two degrees of freedom, total 104.
    #[test]
    fn a_share_by_hand() {
        let means = [1.0, 11.0, 3.0, 13.0];
        let groups = groups_of(&[0.0, 1.0, 0.0, 1.0], &[0; 4]);
        assert_eq!(groups.iter().map(|group| group.draws.clone()).collect::<Vec<_>>(), [vec![0, 2], vec![1, 3]]);
        let found = effect(&means, &groups, None);
        assert!((found.share - 98.0 / 104.0).abs() < 1e-15, "{found:?}");
        assert_eq!(found.means, [2.0, 12.0]);
    }

    /// y = 3 x + z + 100 s with x and z uniform and s a coin: variances 9/12, 1/12 and 2500.
    #[test]
    fn shares_are_those_of_the_parts() {
        let points = SobolSequence::plain(3).unwrap().take(4096).collect::<Vec<_>>();
        let column = |j: usize| -> Vec<f64> { points.iter().map(|point| point[j]).collect() };
        let (x, z) = (column(0), column(1));
        let cell: Vec<usize> = column(2).iter().map(|u| usize::from(*u >= 0.5)).collect();
        let y: Vec<f64> = (0..4096).map(|k| 3.0 * x[k] + z[k] + 100.0 * cell[k] as f64).collect();
        let all = 2500.0 + 10.0 / 12.0;
        for (values, part) in [(&x, 9.0 / 12.0), (&z, 1.0 / 12.0)] {
            let groups = groups_of(values, &cell);
            assert_eq!(groups.len(), MOST_GROUPS);
            let found = effect(&y, &groups, Some(&cell));
            // Five groups hold all but a twenty-fifth of a linear effect.
            assert!((found.share * all / (0.96 * part) - 1.0).abs() < 0.02, "{} against {part}", found.share * all);
            assert!(found.means.windows(2).all(|pair| pair[0] < pair[1]));
        }
        let s: Vec<f64> = cell.iter().map(|s| *s as f64).collect();
        assert!((effect(&y, &groups_of(&s, &cell), None).share * all / 2500.0 - 1.0).abs() < 1e-3);
    }

    #[test]
    fn what_does_not_vary_or_is_alone_has_no_share() {
        assert!(effect(&[1.0, 2.0], &groups_of(&[5.0, 5.0], &[0, 0]), None).share.is_nan());
        assert!(effect(&[1.0, 1.0, 1.0, 1.0], &groups_of(&[1.0, 2.0, 2.0, 2.0], &[0; 4]), None).share.is_nan());
        let some = groups_of(&[f64::NAN, 1.0, 2.0, 2.0, 2.0], &[0; 5]);
        assert_eq!(some.iter().map(|group| group.draws.len()).collect::<Vec<_>>(), [1, 3], "draws without a value");
        assert_eq!(groups_of(&[1.0, 2.0, 3.0], &[0; 3]).len(), 1, "values that do not come again are no groups");
    }
}
