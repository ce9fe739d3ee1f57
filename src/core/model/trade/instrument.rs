//! Policy instruments: what a government does to a selection of models, and how that changes over time.

use jiff::civil::Date;
use serde::Deserialize;

use super::duty::{Duty, ImportDuty};

/// How an instrument's duty meets the normal duty.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Stacking {
    /// On top of the normal duty.
    #[default]
    Additional,
    /// In place of the normal duty.
    Replaces,
}

/// What an instrument does while it is in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// A duty on every car.
    Duty {
        /// The duty.
        duty: Duty,
        /// Whether it adds to the normal duty or replaces it.
        stacking: Stacking,
        /// A quota by rate: the first cars of a year pay less.
        within: Option<Within>,
    },
    /// A quota or voluntary restraint on all selected models together. A shadow price clears it; the sellers keep it.
    Quota {
        /// Cars a year at most, above zero.
        cars_per_year: f64,
    },
    /// Inspection of every car: costs resources, brings no revenue.
    Inspection {
        /// USD per car.
        cost_usd: f64,
        /// Weeks that a car is held up after it has landed; it acts in runs in time with dealers.
        delay_weeks: u32,
    },
    /// A payment to the buyer of a car: a specific duty below zero.
    Rebate {
        /// USD per car.
        amount_usd: f64,
    },
    /// Dollars off at the dealer that the maker pays, on list prices as they are.
    Incentive {
        /// USD per car.
        amount_usd: f64,
    },
    /// Orders that another country moves elsewhere in answer. Changes no price of this market.
    Retaliation(Retaliation),
}

/// A lower duty on the first cars of a year over all selected models together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    /// The duty on them, of the kind and basis of the one on all others and not above it.
    pub duty: Duty,
    /// How many there are in a year.
    pub cars_per_year: f64,
}

/// Orders that a country withholds from the sanctioning one and gives to a rival, and what that costs and brings each of
/// them, as fractions of the orders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retaliation {
    /// USD a year.
    pub orders_usd_per_year: f64,
    /// Margin that the sanctioning country's exporters lose.
    pub exporter_margin: f64,
    /// What the worse choice costs the country that orders.
    pub orderer_cost: f64,
    /// Margin that the rival's exporters gain.
    pub rival_gain: f64,
}

impl Measure {
    /// The kind as written in scenario files.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Duty { .. } => "duty",
            Self::Quota { .. } => "quota",
            Self::Inspection { .. } => "inspection",
            Self::Rebate { .. } => "rebate",
            Self::Incentive { .. } => "incentive",
            Self::Retaliation(_) => "retaliation",
        }
    }
    /// The same measure at a part of its size, between 0 and 1; a quota and a retaliation are kept as they are.
    #[must_use]
    pub fn times(&self, part: f64) -> Self {
        match *self {
            Self::Duty { duty, stacking, within } => {
                let within = within.map(|within| Within { duty: within.duty.times(part), ..within });
                Self::Duty { duty: duty.times(part), stacking, within }
            }
            Self::Inspection { cost_usd, delay_weeks } => Self::Inspection { cost_usd: part * cost_usd, delay_weeks },
            Self::Rebate { amount_usd } => Self::Rebate { amount_usd: part * amount_usd },
            Self::Incentive { amount_usd } => Self::Incentive { amount_usd: part * amount_usd },
            kept @ (Self::Quota { .. } | Self::Retaliation(_)) => kept,
        }
    }
    /// The lower duty inside a number of cars, where it has one.
    #[must_use]
    pub fn within(&self) -> Option<&Within> {
        match self {
            Self::Duty { within, .. } => within.as_ref(),
            _ => None,
        }
    }
    /// Whether it meets a car where it enters the country, so that cars landed before it are exempt and buyers may hurry.
    #[must_use]
    pub fn acts_at_the_border(&self) -> bool {
        matches!(self, Self::Duty { .. } | Self::Quota { .. } | Self::Inspection { .. })
    }
}

/// A measure that holds from a week on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dated {
    /// First week.
    pub from_week: u32,
    /// The week from which makers know of it.
    pub known_week: u32,
    /// What is done.
    pub measure: Measure,
}

/// The day on which an instrument runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Calendar date.
    pub date: Date,
    /// The first week that starts on or after it.
    pub week: u32,
}

/// A policy instrument on a selection of models.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    /// Name, unique in the scenario.
    pub name: String,
    /// What charts and tables call it.
    pub label: String,
    /// What it does while it is in force: measures of one kind, in order of weeks, each until the next. Before the first it
    /// does nothing.
    pub measures: Vec<Dated>,
    /// When it runs out, whatever the events say.
    pub until: Option<Expiry>,
    /// Whether each model of the market is selected, exemptions taken out.
    pub selected: Vec<bool>,
    /// The part of each model's cars that it is on: those from one of two plants, or all.
    pub cars: Vec<f64>,
    /// The part of its level that each model bears: cars of one of two plants, dutiable content, a rate below the highest.
    pub part: Vec<f64>,
    /// Credited against the duty on each model, as a fraction of its base-year list price; never more than the duty.
    pub offset: Vec<f64>,
    /// Whether it is in force in the base year, so that what an event does is end it: a rebate whose level is below zero then.
    pub in_base_year: bool,
    /// How long makers who set list prices expect it to stay once it is in force, weeks; infinite for good. What happens is for the
    /// events to say.
    pub expected_weeks: f64,
    /// Part of its measure that makers expect to remain when it ends: a deal at a lower rate.
    pub remains: f64,
}

impl Instrument {
    /// An instrument that does the same from the first week on, without expiry.
    #[must_use]
    pub fn constant(name: &str, label: &str, measure: Measure, selected: Vec<bool>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            measures: vec![Dated { from_week: 0, known_week: 0, measure }],
            until: None,
            cars: vec![1.0; selected.len()],
            part: vec![1.0; selected.len()],
            offset: vec![0.0; selected.len()],
            in_base_year: false,
            selected,
            expected_weeks: f64::INFINITY,
            remains: 0.0,
        }
    }
    /// What a duty of this instrument is on model `j`: the part that it bears, less what is credited against it.
    #[must_use]
    pub fn on_model(&self, duty: Duty, j: usize, list_price_usd: f64) -> Duty {
        let duty = duty.times(self.part[j]);
        if self.offset[j] == 0.0 {
            return duty;
        }
        // An offset stands beside a duty in dollars alone: on list prices, or specific.
        let owed_usd = ImportDuty::default().with(duty, list_price_usd, 0.0).fixed_usd;
        Duty::Specific { amount_usd: (owed_usd - self.offset[j] * list_price_usd).max(0.0) }
    }
    /// What it does in a week in which it is in force; nothing before its first measure.
    #[must_use]
    pub fn measure(&self, week: u32) -> Option<&Measure> {
        self.measures.iter().rev().find(|dated| dated.from_week <= week).map(|dated| &dated.measure)
    }
    /// Whether it has run out.
    #[must_use]
    pub fn expired(&self, week: u32) -> bool {
        self.until.is_some_and(|until| week >= until.week)
    }
    /// The kind as written in scenario files.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.in_base_year { "credit" } else { self.measures.first().map_or("duty", |dated| dated.measure.kind()) }
    }
    /// Whether it is a duty: the one kind that a car can owe before it is decided.
    #[must_use]
    pub fn is_duty(&self) -> bool {
        self.measures.iter().all(|dated| matches!(dated.measure, Measure::Duty { .. }))
    }
    /// Whether some number of cars is among what it says: a quota, or a quota by rate.
    #[must_use]
    pub fn limits_cars(&self) -> bool {
        let limits = |measure: &Measure| matches!(measure, Measure::Quota { .. }) || measure.within().is_some();
        self.measures.iter().any(|dated| limits(&dated.measure))
    }
    /// Whether makers answer to it with their list prices: an incentive is an answer of theirs.
    #[must_use]
    pub fn moves_lists(&self) -> bool {
        !self.measures.iter().all(|dated| matches!(dated.measure, Measure::Incentive { .. }))
    }
    /// Whether it meets a car at the border ([`Measure::acts_at_the_border`]).
    #[must_use]
    pub fn acts_at_the_border(&self) -> bool {
        self.measures.iter().any(|dated| dated.measure.acts_at_the_border())
    }
    /// Whether both select some model; the first that they share.
    #[must_use]
    pub fn shared_model(&self, other: &Self) -> Option<usize> {
        self.selected.iter().zip(&other.selected).position(|(a, b)| *a && *b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_holds_until_the_next() {
        let rebate = |amount_usd| Measure::Rebate { amount_usd };
        let dated = |from_week, amount_usd| Dated { from_week, known_week: 0, measure: rebate(amount_usd) };
        let mut instrument = Instrument::constant("r", "", rebate(1.0), vec![true]);
        instrument.measures = vec![dated(3, 1.0), dated(5, 2.0)];
        let held: Vec<Option<Measure>> = (2..7).map(|week| instrument.measure(week).copied()).collect();
        let (one, two) = (Some(rebate(1.0)), Some(rebate(2.0)));
        assert_eq!(held, [None, one, one, two, two]);
    }
}
