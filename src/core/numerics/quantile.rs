//! Quantiles over replications from a bounded store.
//!
//! The store keeps whole replications. Up to its capacity it keeps all of them and quantiles are exact order statistics;
//! beyond, it keeps the replications with the smallest hashes of (key, replication): a uniform sample without
//! replacement that depends neither on order nor on how the work was split, in memory that does not grow.

use rand_philox::splitmix64;

/// Keeps at most `capacity` replications, each a row of values.
#[derive(Clone, Debug)]
pub struct ReplicationStore {
    capacity: usize,
    key: u64,
    rows: Vec<(u64, u64, Vec<f64>)>, // (hash, replication, values), in order of hash
}

impl ReplicationStore {
    /// An empty store.
    #[must_use]
    pub fn new(capacity: usize, key: u64) -> Self {
        Self { capacity, key, rows: Vec::new() }
    }
    /// Offers one replication's values; they are kept if the replication belongs to the sample.
    pub fn offer(&mut self, replication: u64, values: &[f64]) {
        let hash = splitmix64(splitmix64(self.key) ^ splitmix64(replication.wrapping_add(1)));
        let place = self.rows.partition_point(|row| (row.0, row.1) < (hash, replication));
        if place >= self.capacity {
            return;
        }
        self.rows.insert(place, (hash, replication, values.to_vec()));
        self.rows.truncate(self.capacity);
    }
    /// Offers every replication that another store of the same key keeps.
    pub fn merge(&mut self, other: &Self) {
        other.rows.iter().for_each(|(_, replication, values)| self.offer(*replication, values));
    }
    /// Number of replications kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    /// Replication numbers and their values of slot `slot`, in order of replication.
    #[must_use]
    pub fn by_replication(&self, slot: usize) -> Vec<(u64, f64)> {
        let mut values: Vec<(u64, f64)> = self.rows.iter().map(|row| (row.1, row.2[slot])).collect();
        values.sort_by_key(|(replication, _)| *replication);
        values
    }
    /// Fills `column` with slot `slot` of every kept replication, sorted.
    pub fn sorted_column(&self, slot: usize, column: &mut Vec<f64>) {
        column.clear();
        column.extend(self.rows.iter().map(|row| row.2[slot]));
        column.sort_by(f64::total_cmp);
    }
}

/// Quantile of sorted numbers, linear between order statistics (R's type 7); NaN when empty.
#[must_use]
pub fn quantile_of_sorted(sorted: &[f64], probability: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = probability * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_type_seven() {
        let numbers = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile_of_sorted(&numbers, 0.0), 1.0);
        assert_eq!(quantile_of_sorted(&numbers, 0.5), 3.0);
        assert!((quantile_of_sorted(&numbers, 0.95) - 7.4).abs() < 1e-12);
        assert!(quantile_of_sorted(&[], 0.5).is_nan());
    }

    #[test]
    fn stores_of_parts_merge_to_the_store_of_all() {
        let fill = |range: std::ops::Range<u64>| {
            let mut store = ReplicationStore::new(50, 9);
            range.for_each(|r| store.offer(r, &[r as f64]));
            store
        };
        let mut merged = fill(0..300);
        merged.merge(&fill(300..1_000));
        assert_eq!(merged.by_replication(0), fill(0..1_000).by_replication(0));
    }

    #[test]
    fn the_sample_beyond_capacity_is_uniform_and_independent_of_order() {
        let fill = |order: &mut dyn Iterator<Item = u64>| {
            let mut store = ReplicationStore::new(200, 5);
            order.for_each(|r| store.offer(r, &[r as f64]));
            let mut column = Vec::new();
            store.sorted_column(0, &mut column);
            column
        };
        let forward = fill(&mut (0..10_000));
        assert_eq!(forward, fill(&mut (0..10_000).rev()));
        assert_eq!(forward.len(), 200);
        // Mean of 200 draws from 0..10,000: standard error 204; four of them.
        let mean = forward.iter().sum::<f64>() / 200.0;
        assert!((mean - 4_999.5).abs() < 816.0, "mean {mean}");
    }
}
