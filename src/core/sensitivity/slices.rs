//! Slices of a sample by one input.

/// Slices of PAWN, S.
pub const SLICES: usize = 10;

/// Rows in increasing order of `values`, ties in order of row.
#[must_use]
pub fn ascending(values: &[f64]) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..values.len()).collect();
    rows.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    rows
}

/// One slice for each distinct value, if there are at most `most` of them: the slice of every row, and their number.
#[must_use]
pub fn by_value(values: &[f64], most: usize) -> Option<(Vec<usize>, usize)> {
    let mut slices = vec![0; values.len()];
    let mut last: Option<(f64, usize)> = None;
    for row in ascending(values) {
        let slice = match last {
            Some((value, slice)) if value == values[row] => slice,
            Some((_, slice)) if slice + 1 == most => return None,
            Some((_, slice)) => slice + 1,
            None => 0,
        };
        last = Some((values[row], slice));
        slices[row] = slice;
    }
    Some((slices, last.map_or(0, |(_, slice)| slice + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_make_a_slice_each() {
        let values = [3.0, 1.0, 3.0, 2.0];
        assert_eq!(ascending(&values), [1, 3, 0, 2]);
        assert_eq!(by_value(&values, 3), Some((vec![2, 0, 2, 1], 3)));
        assert_eq!(by_value(&values, 2), None);
    }
}
