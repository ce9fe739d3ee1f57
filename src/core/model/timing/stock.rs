//! The cars of one model: in lots by the duties that they owe, and what each duty makes of them.
//!
//! A car owes a duty if it lands from the week on in which landings count towards it, until the dispute is settled or the duty ends. Duties come
//! one after the other, so cars in the order in which they land owe more and more of them: with one duty there are a clean and a liable lot, with two
//! up to three. The importer owes each duty of every liable landing once: at its decision for those before it, on landing afterwards. A settlement
//! cancels it, and lots that owe the same are one.

use crate::model::on_sale::SaleDates;
use crate::model::trade::regime::{Stage, Standing};

/// Grains in the sale of one buyer.
pub const GRAINS: i64 = 1 << 20;

/// What falls due under one duty in one week, for one model, in grains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Landed this week, with the duty due at once.
    pub at_once: i64,
    /// Landed earlier, with the duty due by this week's decision.
    pub late: i64,
    /// Of those: sold at the old price before the decision, so that the importer bears the duty.
    pub borne_by_importer: i64,
}

/// What a decision of this week does to a model's dealers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DealersDecision {
    /// List price of the week before, USD.
    pub before_usd: f64,
    /// Expected demand at the new list prices over that at the old ones.
    pub demand_ratio: f64,
}

/// Cars of one model that owe the same duties.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lot {
    /// Week in which the first of them landed; none for those of before week 0.
    pub(super) landed: Option<usize>,
    pub(super) cars: i64,
}

/// One duty on a model, as its dealers know it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dispute {
    pub(super) stage: Stage,
    /// The first week whose landings owe it.
    pub(super) since: Option<usize>,
    /// Landings and sales of cars that owe it, until it is decided.
    pub(super) landed: i64,
    pub(super) sold: i64,
    pub(super) imposed: Option<Imposition>,
    pub(super) due: Due,
}

/// How a duty was imposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Imposition {
    pub(super) week: usize,
    /// Forecast of weekly sales before it.
    pub(super) forecast: f64,
    /// What the forecast was multiplied by.
    pub(super) ratio: f64,
    /// List price before it, USD.
    pub(super) list_usd: f64,
}

impl Dispute {
    pub(super) fn is_owed_by(&self, landed: Option<usize>) -> bool {
        self.since.is_some_and(|since| landed >= Some(since))
    }
    /// No car owes it any more.
    fn clear(&mut self) {
        (self.since, self.landed, self.sold) = (None, 0, 0);
    }
}

/// The cars of one model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stock {
    /// In the order in which they landed; never none.
    pub(super) lots: Vec<Lot>,
    /// By instrument that meets the model at the border.
    pub(super) disputes: Vec<Dispute>,
    /// Cars by the week in which they land, modulo the lag.
    pub(super) pipeline: Vec<i64>,
    /// Cars held up by inspection, with the week in which they are let go.
    pub(super) held: Vec<(usize, i64)>,
    /// Weeks of delay this week.
    pub(super) delay: u32,
    /// This week.
    pub(super) week: usize,
    /// Forecast of weekly sales, in sales of one buyer.
    pub(super) forecast: f64,
    /// Mean of first choices as the forecast has it, never cut by a decision: what stock is measured by.
    pub(super) pace: f64,
    /// Unused capacity of weeks past, and cars ordered ahead of an announced duty, in sales.
    pub(super) banked: f64,
    pub(super) ahead: f64,
    pub(super) first_choices: f64,
    pub(super) capacity: f64,
    /// When the model is on sale, where not always, and its weekly sales in the base year.
    pub(super) on_sale: Option<SaleDates>,
    pub(super) usual: f64,
}

impl Stock {
    pub(super) fn cars(&self) -> i64 {
        self.lots.iter().map(|lot| lot.cars).sum()
    }

    /// Moves one dispute to where it stands now.
    pub(super) fn decide(&mut self, at: usize, now: Standing, decision: DealersDecision) {
        if at == self.disputes.len() {
            self.disputes.push(Dispute::default());
        }
        let before = self.disputes[at].stage;
        self.disputes[at].due = Due::default();
        if now.stage != before {
            match (before, now.stage) {
                (_, Stage::Imposed) => self.impose(at, decision),
                (Stage::Imposed, _) => self.lift(at),
                (_, Stage::Quiet) => self.disputes[at].clear(),
                _ => {}
            }
            self.disputes[at].stage = now.stage;
        }
        let dispute = &mut self.disputes[at];
        match dispute.since {
            None if now.liable => dispute.since = Some(self.week),
            Some(_) if !now.liable => dispute.clear(),
            _ => {}
        }
    }

    /// The duty of liable landings falls due, and demand is forecast at the new price. Of duties imposed in the same week the first is
    /// taken to change demand.
    fn impose(&mut self, at: usize, decision: DealersDecision) {
        let other = self.impositions().find(|imposed| imposed.week == self.week);
        let forecast = other.map_or(self.forecast, |other| other.forecast);
        let ratio = if other.is_some() { 1.0 } else { decision.demand_ratio };
        self.forecast *= ratio;
        let dispute = &mut self.disputes[at];
        dispute.imposed = Some(Imposition { week: self.week, forecast, ratio, list_usd: decision.before_usd });
        let late = std::mem::take(&mut dispute.landed);
        // A remnant of the lot before may have been sold with cars that owe it.
        let borne_by_importer = std::mem::take(&mut dispute.sold).min(late);
        dispute.due = Due { at_once: 0, late, borne_by_importer };
    }

    /// Forecasts return to what they were before the duty, as far as no other one changed them.
    fn lift(&mut self, at: usize) {
        self.disputes[at].clear();
        let Some(own) = self.disputes[at].imposed.take() else { return };
        if self.impositions().next().is_none() {
            self.forecast = own.forecast;
            return;
        }
        let factor = 1.0 / own.ratio.max(f64::MIN_POSITIVE);
        self.forecast *= factor;
        let later = self.disputes.iter_mut().filter_map(|dispute| dispute.imposed.as_mut());
        later.filter(|other| other.week > own.week).for_each(|other| other.forecast *= factor);
    }

    fn impositions(&self) -> impl Iterator<Item = Imposition> {
        self.disputes.iter().filter_map(|dispute| dispute.imposed)
    }

    /// The first imposed duty that the car sold next does not owe: its list price is that of before.
    pub(super) fn escaped(&self) -> Option<Imposition> {
        let next = self.lots[0].landed;
        let escaped = self.disputes.iter().filter(|dispute| !dispute.is_owed_by(next));
        escaped.filter_map(|dispute| dispute.imposed).min_by_key(|imposed| imposed.week)
    }

    /// Whether a duty is announced that a car landing now does not owe.
    pub(super) fn escapes(&self) -> bool {
        self.disputes.iter().any(|dispute| dispute.stage == Stage::Announced && dispute.since.is_none())
    }

    /// Cars that escaped an imposed duty of that week, or an earlier one.
    pub(super) fn escaping(&self, imposed: &Imposition) -> i64 {
        let early = |dispute: &&Dispute| dispute.imposed.is_some_and(|other| other.week <= imposed.week);
        let escaped = |lot: &&Lot| self.disputes.iter().filter(early).any(|dispute| !dispute.is_owed_by(lot.landed));
        self.lots.iter().filter(escaped).map(|lot| lot.cars).sum()
    }

    /// Whether cars of two weeks owe the same.
    fn alike(&self, one: Option<usize>, other: Option<usize>) -> bool {
        self.disputes.iter().all(|dispute| dispute.is_owed_by(one) == dispute.is_owed_by(other))
    }

    /// Lots that owe the same are one.
    pub(super) fn merge(&mut self) {
        for at in (1..self.lots.len()).rev() {
            let [one, other] = [self.lots[at - 1], self.lots[at]];
            if self.alike(one.landed, other.landed) {
                self.lots[at - 1].cars += other.cars;
                self.lots.remove(at);
            }
        }
    }

    /// What lands this week: into the last lot if it owes the same, and the duties in force are due.
    pub(super) fn land(&mut self, cars: i64) {
        let now = Some(self.week);
        let last = self.lots.len() - 1;
        if self.alike(self.lots[last].landed, now) {
            self.lots[last].cars += cars;
        } else {
            self.lots.push(Lot { landed: now, cars });
        }
        for dispute in self.disputes.iter_mut().filter(|dispute| dispute.since.is_some()) {
            match dispute.stage {
                Stage::Imposed => dispute.due.at_once = cars,
                _ => dispute.landed += cars,
            }
        }
    }

    /// Takes cars off the lots, those that landed first.
    pub(super) fn take(&mut self, grains: i64) {
        let mut left = grains;
        while left > 0 {
            let last = self.lots.len() == 1;
            let Lot { landed, cars } = self.lots[0];
            let taken = if last { left } else { cars.min(left) };
            self.lots[0].cars -= taken;
            left -= taken;
            let open = self.disputes.iter_mut().filter(|dispute| dispute.stage.is_open() && dispute.is_owed_by(landed));
            open.for_each(|dispute| dispute.sold += taken);
            if left > 0 {
                self.lots.remove(0);
            }
        }
    }

    /// Less than one sale left of a lot that escaped a duty is sold with the next one.
    pub(super) fn drop_remnant(&mut self) {
        while self.lots[0].cars < GRAINS && self.escaped().is_some() {
            if self.lots.len() == 1 {
                self.lots[0].landed = Some(self.week);
                break;
            }
            let rest = self.lots.remove(0);
            self.lots[0].cars += rest.cars;
        }
    }
    /// Weekly sales as in the base year, by the part of its ramp that a model has climbed.
    pub(super) fn usual_in(&self, week: usize) -> f64 {
        self.usual * self.on_sale.map_or(1.0, |dates| dates.part(week as u32))
    }

    /// A new model is forecast to sell as in the base year, and what is forecast climbs with its ramp.
    pub(super) fn climb(&mut self) {
        let Some(dates) = self.on_sale else { return };
        let Some(before) = self.week.checked_sub(1).map(|last| dates.part(last as u32)) else { return };
        let now = dates.part(self.week as u32);
        if before == 0.0 && now > 0.0 {
            (self.forecast, self.pace) = (self.usual * now, self.usual * now);
        } else if now > before {
            self.forecast *= now / before;
            self.pace *= now / before;
        }
    }

    pub(super) fn in_transit(&self) -> i64 {
        self.pipeline.iter().sum::<i64>() + self.held.iter().map(|(_, cars)| cars).sum::<i64>()
    }
    /// Holds up what arrives for `delay` weeks and gives what is let go this week.
    pub(super) fn inspect(&mut self, week: usize, arrived: i64, delay: u32) -> i64 {
        self.held.push((week + delay as usize, arrived));
        let mut released = 0;
        self.held.retain(|(due, cars)| {
            let held = delay > 0 && *due > week;
            released += if held { 0 } else { *cars };
            held
        });
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lifting either of two duties in force undoes its own part of the change of forecasts, lifting both all of it, to the bit.
    #[test]
    fn each_duty_takes_its_own_change_of_forecasts_with_it() {
        let forecasts = |lifted: usize| {
            let mut stock = Stock {
                lots: vec![Lot { landed: None, cars: 100 * GRAINS }],
                disputes: vec![Dispute::default(); 2],
                pipeline: vec![0],
                held: Vec::new(),
                delay: 0,
                week: 20,
                forecast: 80.0,
                pace: 80.0,
                banked: 0.0,
                ahead: 0.0,
                first_choices: 0.0,
                capacity: 1e3,
                on_sale: None,
                usual: 80.0,
            };
            stock.impose(0, DealersDecision { before_usd: 100.0, demand_ratio: 0.5 });
            stock.week = 21;
            stock.impose(1, DealersDecision { before_usd: 150.0, demand_ratio: 0.25 });
            assert_eq!(stock.forecast, 10.0);
            stock.lift(lifted);
            let one = stock.forecast;
            stock.lift(1 - lifted);
            [one, stock.forecast]
        };
        assert_eq!(forecasts(0), [20.0, 80.0]);
        assert_eq!(forecasts(1), [40.0, 80.0]);
    }
}
