//! Whose cars a buyer sees: a directed small world after Watts and Strogatz (1998).
//!
//! Buyers stand on a ring. Each listens to the nearest k, half on either side; each of these ties is moved with a fixed
//! probability to somebody drawn uniformly. Ties are a pure function of (seed, replication, buyer), so none is stored; unlike
//! in the undirected original every buyer keeps exactly k ties and may listen to somebody who does not listen to him.

use super::Peers;
use crate::model::demand::choice::Column;
use crate::model::streams::{Purpose, Streams};
use crate::model::world::{NO_BRAND, Start, World};

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

/// What word of mouth does to the base year: expected sales of each model at the start of a replication with it over those
/// without it, less one.
///
/// The excess share of a brand among acquaintances has mean zero, so base-year volumes hold to first order in gamma only;
/// this is what is left.
#[must_use]
pub fn base_year_change(
    world: &World,
    peers: &Peers,
    list_prices_usd: &[f64],
    start: &Start,
    streams: &Streams,
) -> Vec<f64> {
    let (options, buyers) = (&world.options, &world.buyers);
    let prices = Column::new(&world.products.felt_prices(list_prices_usd), 0.0);
    let brands = world.products.loyalty().len();
    let mut usual_share = vec![0.0; brands];
    for brand in start.owned.iter().filter(|brand| **brand != NO_BRAND) {
        usual_share[usize::from(*brand)] += 1.0 / start.owned.len() as f64;
    }
    let each = 1.0 / f64::from(peers.neighbours.max(1));
    let (mut weights, mut intercepts) = (options.table.zeros(), options.intercepts(NO_BRAND).exact().clone());
    let mut heard = vec![0.0; brands];
    let mut expected = [vec![0.0; options.models()], vec![0.0; options.models()]];
    for (buyer, owned) in start.owned.iter().enumerate() {
        intercepts.values_mut().copy_from_slice(options.intercepts(*owned).values());
        for with in [false, true] {
            if with {
                heard.fill(0.0);
                acquaintances(peers, streams, buyer, start.owned.len(), |other| {
                    if let Some(share) = heard.get_mut(usize::from(start.owned[other])) {
                        *share += each;
                    }
                });
                for (utility, brand) in intercepts.values_mut().iter_mut().zip(options.brands()) {
                    let brand = usize::from(*brand);
                    *utility += peers.gamma * (heard[brand] - usual_share[brand]);
                }
            }
            let (tastes, alpha) = (buyers.tastes_of(buyer), buyers.price_response[buyer]);
            options.chooser.exp_utilities(&options.table, &intercepts, &prices, tastes, alpha, &mut weights);
            let all = buyers.outside_weight[buyer] + weights.values().iter().sum::<f64>();
            let sums = expected[usize::from(with)].iter_mut().zip(weights.values());
            sums.for_each(|(sum, weight)| *sum += weight / all);
        }
    }
    let [without, with] = expected;
    with.iter().zip(&without).map(|(with, without)| with / without - 1.0).collect()
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
