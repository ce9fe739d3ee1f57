//! Whose cars a buyer sees: a directed small world after Watts and Strogatz (1998).
//!
//! Buyers stand on a ring. Each listens to the nearest k, half on either side; each of these ties is moved with a fixed
//! probability to somebody drawn uniformly. Ties are a pure function of (seed, replication, buyer), so none is stored; unlike
//! in the undirected original every buyer keeps exactly k ties and may listen to somebody who does not listen to him.

use super::Peers;
use crate::model::streams::{Purpose, Streams};

/// Gives each acquaintance of `buyer` among `buyers` to `visit`.
pub fn acquaintances(peers: &Peers, streams: &Streams, buyer: usize, buyers: usize, mut visit: impl FnMut(usize)) {
    let mut stream = streams.at(Purpose::Network, buyer as u64, 0);
    for tie in 0..peers.neighbours as usize {
        let distance = tie / 2 + 1;
        let near = if tie % 2 == 0 { buyer + distance } else { buyer + buyers - distance % buyers };
        // Both numbers are drawn for every tie, so that a tie does not depend on the fate of the one before.
        let (move_it, where_to) = (stream.uniform_open(), stream.uniform_open());
        if move_it < peers.rewired {
            // Anybody but the buyer himself.
            let other = (where_to * (buyers - 1) as f64) as usize;
            visit(if other >= buyer { other + 1 } else { other });
        } else {
            visit(near % buyers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_the_ring_without_rewiring_and_never_oneself() {
        let streams = Streams::new(1, 2);
        let ties = |rewired, buyer| {
            let mut found = Vec::new();
            let peers = Peers { gamma: 1.0, neighbours: 4, rewired };
            acquaintances(&peers, &streams, buyer, 100, |other| found.push(other));
            found
        };
        assert_eq!(ties(0.0, 0), [1, 99, 2, 98]);
        assert_eq!(ties(0.0, 99), [0, 98, 1, 97]);
        let mut near = 0;
        for buyer in 0..100 {
            let found = ties(0.3, buyer);
            assert_eq!(found, ties(0.3, buyer));
            assert!(found.iter().all(|other| *other != buyer && *other < 100));
            let ring = ties(0.0, buyer);
            near += found.iter().zip(&ring).filter(|(a, b)| a == b).count();
        }
        // 400 ties, each kept with probability 0.7: four standard errors are 37.
        assert!((near as f64 - 280.0).abs() < 37.0, "{near}");
    }
}
