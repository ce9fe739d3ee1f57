//! Who is due in a week, and who considers buying early in it: both without looking at anybody else.

use crate::model::streams::{Purpose, Stream, Streams};
use crate::numerics::elementary::ln;

/// Buyers by the week of their next purchase event, one bucket a week.
///
/// An entry holds the number of the event it is for, so that the entry of a purchase that was moved is recognised when its
/// week comes, and nothing has to be searched when it is moved.
#[derive(Clone, Debug)]
pub struct DueCalendar {
    buckets: Vec<Vec<(u32, u32)>>,
}

impl DueCalendar {
    /// Enters event 0 of every buyer at its date, in weeks.
    #[must_use]
    pub fn new(weeks: u32, dates: &[f64]) -> Self {
        let mut calendar = Self { buckets: vec![Vec::new(); weeks as usize] };
        for (buyer, date) in dates.iter().enumerate() {
            calendar.put(buyer as u32, 0, *date);
        }
        calendar
    }
    /// Enters an event of a buyer at a date, in weeks; dates beyond the horizon are forgotten.
    pub fn put(&mut self, buyer: u32, event: u32, date: f64) {
        if date < self.buckets.len() as f64 {
            self.buckets[date as usize].push((buyer, event));
        }
    }
    /// Takes the entries of a week; those of an event that its buyer has had already are stale.
    pub fn take(&mut self, week: usize) -> Vec<(u32, u32)> {
        std::mem::take(&mut self.buckets[week])
    }
}

/// Gives each of `buyers` buyers to `visit` with probability `chance`, independently, in order: the gaps between them are
/// geometric, so the others cost nothing. The draws belong to the week, whoever is in the market in it.
pub fn considering(streams: &Streams, week: usize, buyers: usize, chance: f64, mut visit: impl FnMut(usize)) {
    if chance <= 0.0 {
        return;
    }
    if chance >= 1.0 {
        (0..buyers).for_each(visit);
        return;
    }
    // The whole part of an exponential draw over -ln(1 - a) is geometric.
    let rate = -ln(1.0 - chance);
    let mut stream: Stream = streams.at(Purpose::Consideration, week as u64, 0);
    let mut draws = [0.0; 256];
    let mut next = 0.0;
    loop {
        stream.fill_exponential(&mut draws);
        for draw in draws {
            next += (draw / rate).floor();
            if next >= buyers as f64 {
                return;
            }
            visit(next as usize);
            next += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_purchase_leaves_a_stale_entry_and_no_second_one() {
        let mut calendar = DueCalendar::new(6, &[4.2, 0.5, 9.0]);
        // Buyer 0 buys early in week 1, and his next car is due in week 4 as well.
        calendar.put(0, 1, 4.9);
        assert_eq!(calendar.take(0), [(1, 0)]);
        assert_eq!(calendar.take(4), [(0, 0), (0, 1)]);
        assert!(calendar.take(4).is_empty());
    }

    /// Shares within four standard errors over 40 weeks, each week its own draws, every buyer alike.
    #[test]
    fn everyone_considers_with_the_same_chance() {
        let (streams, n, weeks, chance) = (Streams::new(3, 1), 5_000, 40, 0.08);
        let mut counts = vec![0_u32; n];
        let mut first = Vec::new();
        for week in 0..weeks {
            let mut seen = Vec::new();
            considering(&streams, week, n, chance, |buyer| {
                counts[buyer] += 1;
                seen.push(buyer);
            });
            assert!(seen.windows(2).all(|pair| pair[0] < pair[1]));
            if week == 0 {
                first.clone_from(&seen);
            } else {
                assert_ne!(first, seen);
            }
        }
        let trials = (n * weeks) as f64;
        let standard_error = (chance * (1.0 - chance) / trials).sqrt();
        let share = f64::from(counts.iter().sum::<u32>()) / trials;
        assert!((share - chance).abs() < 4.0 * standard_error, "{share}");
        for part in counts.chunks(1_000) {
            let share = f64::from(part.iter().sum::<u32>()) / (1_000 * weeks) as f64;
            assert!((share - chance).abs() < 4.0 * 5_f64.sqrt() * standard_error, "{share}");
        }
    }

    #[test]
    fn the_corners_are_nobody_and_everybody() {
        let streams = Streams::new(0, 0);
        considering(&streams, 0, 10, 0.0, |_| panic!("nobody considers"));
        let mut all = Vec::new();
        considering(&streams, 0, 10, 1.0, |buyer| all.push(buyer));
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }
}
