//! The dispute that tests of this room bargain over: that of `configs/governments-1995.toml`.

use jiff::civil::date;

use super::calendar::{Calendar, Escalation};
use super::flows::{Flows, MarketFlows};
use super::parameters::Parameters;
use crate::numerics::calendar::Day;

/// Its numbers.
pub fn parameters() -> Parameters {
    let numbers: toml::Table = toml::from_str(include_str!("../../../../configs/parts/bargaining-1995.toml")).unwrap();
    let given = |key: &str| match key {
        "execution_reward" => Some(1.45),
        key => numbers["governments"].get(key)?.get("value")?.as_float(),
    };
    let given: Vec<Option<f64>> = Parameters::KEYS.iter().map(|(key, _)| given(key)).collect();
    Parameters::from_numbers(&given).unwrap()
}

/// Its dates.
pub fn calendar() -> Calendar {
    let day = |year, month, day| Day::of(date(year, month, day));
    Calendar {
        start: day(1993, 7, 10),
        breakdown: day(1994, 2, 11),
        resumption: day(1994, 5, 24),
        procedure_without_sanctions: day(1994, 10, 1),
        pact_elsewhere: day(1995, 2, 26),
        open_threat: day(1995, 4, 12),
        finding: day(1995, 5, 10),
        list: day(1995, 5, 16),
        complaint: day(1995, 5, 17),
        liability: day(1995, 5, 20),
        summit: day(1995, 6, 15),
        deadline: day(1995, 6, 28),
        horizon: day(1998, 6, 28),
        base_year: day(1994, 4, 1),
        escalation: Escalation::DatedThreat,
    }
}

/// Its flows at a rate of 84.6.
pub fn reference() -> Flows {
    Flows {
        partner_makers_loss: 1.84,
        third_party_gain: 1.43,
        home_makers_gain: 0.48,
        extra_duty: 0.64,
        consumers_loss: 2.97,
        dealers_loss: 0.46,
    }
}

/// Those flows, the first two with elasticity 0.9 to the rate.
pub fn flows() -> MarketFlows {
    MarketFlows::with_elasticity(84.6, reference(), 0.9)
}
