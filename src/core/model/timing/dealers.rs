//! Dealers' lots, shipments and orders, and the duty of each car by its landing date.
//!
//! Cars are counted in whole grains, 2^20 to the sale of one buyer, so that every movement is exact: what was there, landed
//! and was sold balances to the grain, and cars that stand in two lots are priced to the bit like cars in one.
//!
//! ```text
//! order  = clamp(q + (T - F - D)/8 + ((L - 1) q - in transit)/8, 0, K + banked)        q += (first choices - q)/13
//! price  = list (1 + phi),  phi = -slope sign(ln c) max(|ln c| - band, 0) within bounds,  c = stock / target
//! ```
//!
//! Capacity K that a week leaves unused is banked, up to so many weeks of it: a maker near capacity serves good weeks from slack ones. While a
//! duty is announced and landings do not count towards it yet, importers who believe in it ship ahead: up to so many weeks of sales beyond
//! their target, spread over the orders that still land before the decision.
//!
//! Cars stand in lots by the duties that they owe ([`super::stock`]). Once a duty is imposed, those that escaped it go first, at a price between
//! the list price before it and that of the next car, and the price becomes that of the next lot at the moment theirs is empty. What they fetch
//! beyond the old list price is the dealer's. Forecasts follow first choices, whether they were in stock or not:
//! forecasts of sales would never use capacity that becomes free.

pub use super::stock::GRAINS;

use super::DealerParameters;
use super::stock::{DealersDecision, Due, Lot, Stock};
use crate::model::on_sale::SaleDates;
use crate::model::trade::regime::{Stage, Standing};
use crate::numerics::elementary::ln;

/// What moved in one week, for one model, in grains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// Ordered this week.
    pub ordered: i64,
    /// Landed this week.
    pub landed: i64,
    /// Whether a car that lands this week owes a duty, at once or if it is imposed.
    pub liable: bool,
}

/// All dealers.
#[derive(Clone, Debug, PartialEq)]
pub struct Dealers<'a> {
    parameters: &'a DealerParameters,
    stocks: Vec<Stock>,
    suspended: &'a [bool],
}

impl<'a> Dealers<'a> {
    /// The lots of week 0: stock by the scenario's cover, a pipeline of one week's sales in each week to come. Of a model that is not on sale
    /// yet there is nothing but what lands from its launch on.
    ///
    /// `base_sales` is each model's sales a week in the base year, `cars` the cars that one buyer's sale stands for, and `on_sale` says of each
    /// model when it is on sale.
    #[must_use]
    pub fn new(
        parameters: &'a DealerParameters,
        base_sales: &[f64],
        cars: f64,
        suspended: &'a [bool],
        on_sale: &[Option<SaleDates>],
    ) -> Self {
        let stocks = base_sales
            .iter()
            .zip(on_sale)
            .enumerate()
            .map(|(j, (sales, on_sale))| {
                let usual = sales / cars;
                let part = on_sale.map_or(1.0, |dates| dates.part(0));
                let forecast = part * usual;
                let stock =
                    if part > 0.0 { (parameters.start_weeks[j] * forecast).max(parameters.least_sales) } else { 0.0 };
                let mut own = Stock {
                    lots: vec![Lot { landed: None, cars: grains(stock) }],
                    disputes: Vec::new(),
                    pipeline: vec![0; parameters.lag_weeks[j].max(1) as usize],
                    held: Vec::new(),
                    delay: 0,
                    week: 0,
                    forecast,
                    pace: forecast,
                    banked: parameters.banked_weeks * parameters.capacity_per_week[j] / cars,
                    ahead: 0.0,
                    first_choices: 0.0,
                    capacity: parameters.capacity_per_week[j] / cars,
                    on_sale: *on_sale,
                    usual,
                };
                for week in 0..own.pipeline.len() {
                    let due = parameters.planned(&own, week).unwrap_or_else(|| own.usual_in(week));
                    own.pipeline[week] = grains(due);
                }
                own
            })
            .collect();
        Self { parameters, stocks, suspended }
    }

    /// The same lots with other manufacturers that stop shipping.
    pub(super) fn with_suspended(&self, suspended: &'a [bool]) -> Self {
        Self { suspended, ..self.clone() }
    }

    /// Steps 1 and 2 of the week: decisions, if there are any, and what lands. `standings` are those of the instruments that meet the model at
    /// the border, in an order that never changes. A car that arrives under an inspection lands
    /// `delay` weeks later; when inspections end, all that are held up land at once.
    pub fn open_week(
        &mut self,
        week: usize,
        model: usize,
        standings: impl Iterator<Item = Standing>,
        delay: u32,
        decision: DealersDecision,
    ) -> Movement {
        let stock = &mut self.stocks[model];
        let mut moved = Movement::default();
        stock.week = week;
        stock.climb();
        for (at, now) in standings.enumerate() {
            moved.liable |= now.liable;
            stock.decide(at, now, decision);
        }
        stock.merge();
        let slot = week % stock.pipeline.len();
        moved.landed = std::mem::take(&mut stock.pipeline[slot]);
        stock.delay = delay;
        if delay > 0 || !stock.held.is_empty() {
            moved.landed = stock.inspect(week, moved.landed, delay);
        }
        stock.land(moved.landed);
        stock.first_choices = 0.0;
        stock.drop_remnant();
        moved
    }

    /// Whether a buyer can have the model.
    #[must_use]
    pub fn has(&self, model: usize) -> bool {
        self.stocks[model].cars() >= GRAINS
    }

    /// Whether it can still be had though it is on sale no more: what is left on the lots.
    #[must_use]
    pub fn runs_out(&self, model: usize) -> bool {
        let stock = &self.stocks[model];
        stock.on_sale.is_some_and(|dates| dates.has_left(stock.week)) && self.has(model)
    }

    /// What falls due this week, by instrument in the order of [`Self::open_week`].
    pub fn dues(&self, model: usize) -> impl Iterator<Item = Due> {
        self.stocks[model].disputes.iter().map(|dispute| dispute.due)
    }

    /// Price of the car that is sold next, USD, and the list price that it came at; `list_usd` is that of the week.
    ///
    /// A car that escaped a duty is priced between its own list price and that of the car that replaces it, and so are the stock and the demand
    /// that its cover is judged by. A premium for scarcity ends where the next car costs as much.
    #[must_use]
    pub fn price_usd(&self, model: usize, list_usd: f64) -> [f64; 2] {
        let stock = &self.stocks[model];
        let next_usd = |cars: i64| list_usd * (1.0 + self.markup(sales(cars), stock.forecast));
        let Some(imposed) = stock.escaped() else { return [next_usd(stock.cars()), list_usd] };
        let weight = self.parameters.replacement_weight;
        let between = |own: f64, next: f64| own + weight * (next - own);
        let escaping = stock.escaping(&imposed);
        let cars = between(sales(escaping), sales(stock.cars()));
        let asked_usd = between(imposed.list_usd, list_usd);
        let price_usd = asked_usd * (1.0 + self.markup(cars, between(imposed.forecast, stock.forecast)));
        let most_usd = if weight > 0.0 { next_usd(stock.cars()).max(asked_usd) } else { f64::INFINITY };
        [price_usd.min(most_usd), imposed.list_usd]
    }

    /// phi at a stock and a forecast, in sales.
    fn markup(&self, stock: f64, forecast: f64) -> f64 {
        let p = self.parameters;
        let cover = (stock / self.target(forecast)).max(1e-9);
        let gap = ln(cover);
        let beyond = (gap.abs() - p.dead_band).max(0.0);
        let [discount, premium] = p.price_bounds;
        (-p.discount_slope * beyond * gap.signum()).clamp(discount, premium)
    }

    fn target(&self, forecast: f64) -> f64 {
        self.parameters.target(forecast)
    }

    /// Counts a first choice, whether it is in stock or not.
    pub fn wanted(&mut self, model: usize) {
        self.stocks[model].first_choices += 1.0;
    }

    /// Sells one buyer's car, from the lot that landed first; says whether the price moved with it.
    ///
    /// Only for a model that [`Self::has`].
    pub fn sell(&mut self, model: usize) -> bool {
        let stock = &mut self.stocks[model];
        let escaped = stock.escaped().is_some();
        stock.take(GRAINS);
        let emptied = escaped && stock.lots[0].cars < GRAINS;
        stock.drop_remnant();
        emptied
    }

    /// Step 7 of the week: forecast and order. `decision` is the week in which an open decision is expected to fall, where importers believe
    /// in the duty.
    pub fn close_week(&mut self, week: usize, model: usize, decision: Option<f64>) {
        let p = self.parameters;
        let own = &mut self.stocks[model];
        own.pace += (own.first_choices - own.pace) / p.forecast_weeks;
        // While cars that escaped a duty last, what is chosen at their price says nothing of demand at the new one.
        if own.escaped().is_none() {
            own.forecast += (own.first_choices - own.forecast) / p.forecast_weeks;
        }
        let announced = own.disputes.iter().any(|dispute| dispute.stage == Stage::Announced);
        if !announced {
            own.ahead = 0.0;
        }
        let (forecast, ahead, in_transit) = (own.forecast, own.ahead, own.in_transit());
        let (stock, lag) = (sales(own.cars()), own.pipeline.len() as f64 + f64::from(own.delay));
        let most = own.capacity + own.banked;
        // What was shipped ahead is no surplus before the decision.
        let gap = self.target(forecast) - stock + (lag - 1.0) * forecast - sales(in_transit) + ahead;
        let usual = (forecast + gap / p.adjustment_weeks).clamp(0.0, most);
        let own = &self.stocks[model];
        let planned = p.planned(own, week + own.pipeline.len());
        let usual = planned.unwrap_or(usual);
        let own = &mut self.stocks[model];
        let extra = match decision {
            Some(decision) if own.escapes() && planned.is_none() => {
                // Orders of this week and later ones that land before the decision.
                let orders_left = (decision - week as f64 - lag).ceil();
                let missing = p.ahead_weeks * forecast - ahead;
                if orders_left >= 1.0 { (missing / orders_left).clamp(0.0, most - usual) } else { 0.0 }
            }
            _ => 0.0,
        };
        let suspended = self.suspended[model] && announced;
        let [usual, extra] = if suspended { [0.0, 0.0] } else { [usual, extra] };
        own.ahead += extra;
        // The first cars of a model are made before it comes.
        if !own.on_sale.is_some_and(|dates| dates.is_to_come(week)) {
            own.banked = (most - usual - extra).clamp(0.0, p.banked_weeks * own.capacity);
        }
        let slots = own.pipeline.len();
        own.pipeline[week % slots] = grains(usual + extra);
    }

    /// Cuts the orders that the models of a quota have just placed to `allowed` sales in all, each in the same proportion. Gives
    /// what is left of the allowance.
    pub fn restrain(&mut self, week: usize, models: impl Iterator<Item = usize> + Clone, allowed: f64) -> f64 {
        let slot = |lot: &Stock| week % lot.pipeline.len();
        let ordered: i64 = models.clone().map(|j| self.stocks[j].pipeline[slot(&self.stocks[j])]).sum();
        let factor = (allowed / sales(ordered)).min(1.0);
        if ordered == 0 || factor == 1.0 {
            return allowed - sales(ordered);
        }
        let mut shipped = 0;
        for j in models {
            let own = &mut self.stocks[j];
            let at = slot(own);
            let allowed = (own.pipeline[at] as f64 * factor) as i64;
            let unused = own.banked + sales(own.pipeline[at] - allowed);
            own.banked = unused.min(self.parameters.banked_weeks * own.capacity);
            own.pipeline[at] = allowed;
            shipped += allowed;
        }
        allowed - sales(shipped)
    }
    /// What a model's dealers ordered this week, in grains.
    #[must_use]
    pub fn ordered(&self, week: usize, model: usize) -> i64 {
        let lot = &self.stocks[model];
        lot.pipeline[week % lot.pipeline.len()]
    }
    /// Cars on the lots, in grains: those that owe no duty, and those that owe one or are liable to.
    #[must_use]
    pub fn stock(&self, model: usize) -> [i64; 2] {
        let stock = &self.stocks[model];
        let owed = |lot: &&Lot| stock.disputes.iter().any(|dispute| dispute.is_owed_by(lot.landed));
        let liable: i64 = stock.lots.iter().filter(owed).map(|lot| lot.cars).sum();
        [stock.cars() - liable, liable]
    }
    /// Cars ordered and not landed, in grains: at sea or held up by inspection.
    #[must_use]
    pub fn in_transit(&self, model: usize) -> i64 {
        self.stocks[model].in_transit()
    }
    /// Mean of weekly first choices over the weeks that a forecast looks back, in sales of one buyer: the forecast, but for what decisions do
    /// to it.
    #[must_use]
    pub fn pace(&self, model: usize) -> f64 {
        self.stocks[model].pace
    }
}

impl DealerParameters {
    /// Stock aimed at where so many sales a week are forecast, in sales.
    fn target(&self, forecast: f64) -> f64 {
        (self.target_weeks * forecast).max(self.least_sales).max(1e-9)
    }

    /// What is to land in a week of a model that is not on sale yet or is leaving, in sales; nothing where orders go by what sells. A launch
    /// comes with the stock that dealers aim at; the last cars land so that they can sell before the exit.
    fn planned(&self, stock: &Stock, lands: usize) -> Option<f64> {
        let dates = stock.on_sale?;
        if dates.has_left(lands) || dates.is_to_come(lands) {
            return Some(0.0);
        }
        // Ordered before anything sells.
        let first = dates.is_to_come(stock.week).then(|| dates.from_week.unwrap_or(0));
        let launched = first.map(|first| {
            let weeks = self.target_weeks.ceil() as usize;
            let mean =
                (lands..lands + weeks.max(1)).map(|week| stock.usual_in(week)).sum::<f64>() / weeks.max(1) as f64;
            stock.usual_in(lands) + if lands as i64 == first { self.target(mean) } else { 0.0 }
        });
        // Cars that would stand when the model leaves are not ordered.
        launched.or_else(|| {
            let until = dates.until_week?;
            let wanted = (until - stock.week as i64) as f64 * stock.forecast - sales(stock.cars() + stock.in_transit());
            let last = ((until - lands as i64) as f64) < self.target_weeks;
            last.then(|| wanted.clamp(0.0, stock.forecast.min(stock.capacity)))
        })
    }
}

/// Sales of one buyer, as grains.
fn grains(sales: f64) -> i64 {
    (sales * GRAINS as f64).round() as i64
}

/// Grains, as sales of one buyer.
#[must_use]
pub fn sales(grains: i64) -> f64 {
    grains as f64 / GRAINS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: DealersDecision = DealersDecision { before_usd: 100.0, demand_ratio: 1.0 };

    fn quiet() -> impl Iterator<Item = Standing> {
        std::iter::once(Standing::default())
    }

    fn parameters(lag: u32, capacity: f64) -> DealerParameters {
        DealerParameters {
            target_weeks: 60.0 / 7.0,
            start_weeks: vec![60.0 / 7.0],
            least_sales: 0.0,
            discount_slope: 0.04,
            dead_band: 0.3,
            price_bounds: [-0.06, 0.10],
            forecast_weeks: 13.0,
            adjustment_weeks: 8.0,
            replacement_weight: 0.0,
            banked_weeks: 0.0,
            ahead_weeks: 0.0,
            lag_weeks: vec![lag],
            capacity_per_week: vec![capacity],
        }
    }

    /// Weekly orders and stock, in sales, under a step of demand from 100 to `after` in week 5.
    fn step(lag: u32, capacity: f64, after: u32) -> Vec<[f64; 3]> {
        let parameters = parameters(lag, capacity);
        let mut dealers = Dealers::new(&parameters, &[100.0], 1.0, &[false], &[None]);
        (0..200)
            .map(|week| {
                dealers.open_week(week, 0, quiet(), 0, NOTHING);
                for _ in 0..if week < 5 { 100 } else { after } {
                    dealers.wanted(0);
                    if dealers.has(0) {
                        dealers.sell(0);
                    }
                }
                dealers.close_week(week, 0, None);
                [sales(dealers.ordered(week, 0)), sales(dealers.stock(0)[0]), dealers.pace(0)]
            })
            .collect()
    }

    #[test]
    fn a_steady_market_keeps_its_stock_and_its_price() {
        for lag in [2, 3, 6] {
            for [ordered, stock, _] in step(lag, 150.0, 100) {
                assert!((ordered - 100.0).abs() < 1e-4 && (stock - 6000.0 / 7.0).abs() < 1e-2, "{ordered} {stock}");
            }
        }
    }

    /// Equal gains on stock and pipeline: after a step of demand the stock settles at its new target, without the swings of
    /// a rule that forgets what is at sea.
    #[test]
    fn stock_follows_a_step_of_demand_without_swings() {
        for lag in [3, 6, 10] {
            let path = step(lag, 1e9, 135);
            let [_, stock, forecast] = path[199];
            assert!((forecast - 135.0).abs() < 1e-3);
            assert!((stock / (135.0 * 60.0 / 7.0) - 1.0).abs() < 1e-2, "lag {lag}: {stock}");
            let turns = path.windows(3).filter(|w| (w[1][1] - w[0][1]) * (w[2][1] - w[1][1]) < -1e-3).count();
            assert!(turns <= 1, "lag {lag}: {turns} turning points");
        }
    }

    /// Forecasts follow first choices, so capacity is used in full when demand exceeds it.
    #[test]
    fn a_full_factory_is_asked_for_all_it_can_make() {
        let path = step(3, 105.0, 135);
        assert!((path[199][0] - 105.0).abs() < 1e-4);
        assert!(path[199][1] < 135.0, "stock {}", path[199][1]);
    }

    /// An inspection of two weeks makes a gap of two weeks in landings and keeps every car; when it ends, what was held up
    /// lands at once.
    #[test]
    fn inspection_holds_up_what_arrives() {
        let parameters = parameters(3, 150.0);
        let mut dealers = Dealers::new(&parameters, &[100.0], 1.0, &[false], &[None]);
        let (mut ordered, mut landed) = (0, 0);
        let path: Vec<f64> = (0..40)
            .map(|week| {
                let before = dealers.in_transit(0);
                let delay = if (5..20).contains(&week) { 2 } else { 0 };
                let moved = dealers.open_week(week, 0, quiet(), delay, NOTHING);
                (0..100).for_each(|_| {
                    dealers.wanted(0);
                    dealers.sell(0);
                });
                dealers.close_week(week, 0, None);
                let order = dealers.ordered(week, 0);
                assert_eq!(dealers.in_transit(0), before + order - moved.landed);
                (ordered, landed) = (ordered + order, landed + moved.landed);
                sales(moved.landed)
            })
            .collect();
        assert!(path[4] > 99.0 && path[5] == 0.0 && path[6] == 0.0 && path[7] > 99.0, "{path:?}");
        assert!(path[20] > 250.0, "two weeks' cars and its own: {path:?}");
        assert_eq!(landed, 3 * grains(100.0) + ordered - dealers.in_transit(0));
    }

    /// Three models of which two share an allowance: their orders are cut alike, the third's is not; what is not used is left.
    #[test]
    fn an_allowance_is_shared_in_proportion() {
        let parameters = DealerParameters {
            start_weeks: vec![60.0 / 7.0; 3],
            lag_weeks: vec![3, 3, 2],
            capacity_per_week: vec![1e9; 3],
            ..parameters(3, 1e9)
        };
        let mut dealers = Dealers::new(&parameters, &[100.0, 50.0, 70.0], 1.0, &[false; 3], &[None; 3]);
        for j in 0..3 {
            dealers.open_week(0, j, quiet(), 0, NOTHING);
            dealers.close_week(0, j, None);
        }
        let orders = |dealers: &Dealers<'_>| [0, 1, 2].map(|j| sales(dealers.ordered(0, j)));
        let before = orders(&dealers);
        assert!((dealers.restrain(0, [0, 1].into_iter(), 1000.0) - (1000.0 - before[0] - before[1])).abs() < 1e-9);
        assert_eq!(orders(&dealers), before);
        let left = dealers.restrain(0, [0, 1].into_iter(), 60.0);
        let after = orders(&dealers);
        assert!((0.0..1e-5).contains(&left) && (after[0] + after[1] + left - 60.0).abs() < 1e-9, "{after:?} {left}");
        assert!((after[0] / after[1] - before[0] / before[1]).abs() < 1e-6 && after[2] == before[2], "{after:?}");
    }

    #[test]
    fn the_price_moves_with_cover_outside_the_dead_band_and_within_bounds() {
        let parameters = parameters(3, 150.0);
        let dealers = Dealers::new(&parameters, &[100.0], 1.0, &[false], &[None]);
        let target = 6000.0 / 7.0;
        let at = |cover: f64| dealers.markup(cover * target, 100.0);
        for inside in [1.0, 1.3, 0.76] {
            assert_eq!(at(inside), 0.0);
        }
        assert!((at(2.0) + 0.04 * (2.0_f64.ln() - 0.3)).abs() < 1e-6);
        assert!((at(0.5) - 0.04 * (2.0_f64.ln() - 0.3)).abs() < 1e-6);
        assert_eq!((at(0.0), at(1e6)), (0.10, -0.06));
    }

    /// Two duties: the first imposed in week 2 without notice (list 160), the second announced in week 4, liable or not, decided in week 7
    /// (list 190). Ten cars a week are ordered and sell out of a stock of 100.
    struct TwoDuties {
        dealers: Dealers<'static>,
        week: usize,
        liable: bool,
    }

    impl TwoDuties {
        fn new(liable: bool) -> Self {
            let steady = DealerParameters {
                target_weeks: 10.0,
                start_weeks: vec![10.0],
                price_bounds: [0.0, 0.0],
                ..parameters(1, 10.0)
            };
            let dealers = Dealers::new(Box::leak(Box::new(steady)), &[10.0], 1.0, &[false], &[None]);
            Self { dealers, week: 0, liable }
        }
        fn list_usd(week: usize) -> f64 {
            [(2, 100.0), (7, 160.0)].iter().find(|(until, _)| week < *until).map_or(190.0, |(_, list)| *list)
        }
        /// Runs a week and gives the price of each car sold, what fell due under each duty, and stock at its end.
        fn week(&mut self, sell: usize, settled: bool) -> (Vec<f64>, Vec<Due>, [i64; 2]) {
            let (week, list) = (self.week, Self::list_usd(self.week));
            self.week += 1;
            let first = if week < 2 { Standing::default() } else { Standing { stage: Stage::Imposed, liable: true } };
            let second = match week {
                0..4 => Standing::default(),
                4..7 => Standing { stage: Stage::Announced, liable: self.liable },
                _ if settled => Standing::default(),
                _ => Standing { stage: Stage::Imposed, liable: true },
            };
            let decision = DealersDecision { before_usd: Self::list_usd(week.saturating_sub(1)), demand_ratio: 1.0 };
            self.dealers.open_week(week, 0, [first, second].into_iter(), 0, decision);
            let mut prices = Vec::new();
            let mut price = self.dealers.price_usd(0, list)[0];
            for _ in 0..sell {
                prices.push(price);
                self.dealers.wanted(0);
                if self.dealers.sell(0) {
                    price = self.dealers.price_usd(0, list)[0];
                }
            }
            self.dealers.close_week(week, 0, None);
            (prices, self.dealers.dues(0).collect(), self.dealers.stock(0))
        }
    }

    /// Cars on the lot are clean or liable by duty: 100 of before both, those of weeks 2 to 6 owe the first alone, later ones both. They
    /// sell in this order, each lot at the list price before the first duty that it escaped.
    #[test]
    fn with_two_duties_there_are_three_lots_and_three_prices() {
        let mut run = TwoDuties::new(false);
        for _ in 0..8 {
            run.week(5, false);
        }
        let lots: Vec<i64> = run.dealers.stocks[0].lots.iter().map(|lot| lot.cars).collect();
        let [first, second, third] = lots[..] else { panic!("{lots:?}") };
        // Two landings of up to ten cars before the first duty, five under it, one under both; forty cars sold. What is left of a sale goes with
        // the next lot.
        let [one, two] = [first / GRAINS, (first % GRAINS + second) / GRAINS];
        assert!(one > 60 && two > 25 && third > 5 * GRAINS, "{lots:?}");
        let (prices, ..) = run.week((one + two + 1) as usize, false);
        let at = |usd: f64| prices.iter().filter(|price| **price == usd).count() as i64;
        assert_eq!([at(100.0), at(160.0), at(190.0)], [one, two, 1]);
        assert!(prices.is_sorted());
    }

    /// Every landing owes each duty once: the first on landing from week 2 on; the second, liable from week 4, in week 7 for those before it.
    #[test]
    fn each_duty_falls_due_on_its_own_landings() {
        for liable in [false, true] {
            let mut run = TwoDuties::new(liable);
            let mut landed = Vec::new();
            let (mut first, mut second) = (0, 0);
            for week in 0..10 {
                let before: i64 = run.dealers.stock(0).iter().sum();
                let (prices, due, stock) = run.week(5, false);
                landed.push(stock.iter().sum::<i64>() - before + 5 * GRAINS);
                assert_eq!(prices.len(), 5);
                first += due[0].at_once;
                second += due[1].at_once + due[1].late;
                assert_eq!(due[0].late, 0);
                let late = if liable && week == 7 { landed[4..7].iter().sum() } else { 0 };
                assert_eq!(due[1].late, late, "week {week}");
                // The cars of before last throughout.
                assert_eq!(due[1].borne_by_importer, 0);
            }
            assert_eq!(first, landed[2..].iter().sum::<i64>());
            assert_eq!(second, landed[if liable { 4 } else { 7 }..].iter().sum::<i64>());
        }
    }

    /// A settlement of the second duty leaves the first: two lots again, and nothing more is owed.
    #[test]
    fn a_settlement_of_one_duty_leaves_the_other() {
        let mut run = TwoDuties::new(true);
        for _ in 0..7 {
            run.week(0, true);
        }
        assert_eq!(run.dealers.stocks[0].lots.len(), 3);
        run.week(0, true);
        let stock = &run.dealers.stocks[0];
        assert!(stock.lots.len() == 2 && stock.disputes[1].landed == 0 && run.dealers.stock(0)[1] > 0);
    }

    const OPEN: Standing = Standing { stage: Stage::Announced, liable: false };
    const IMPOSED: Standing = Standing { stage: Stage::Imposed, liable: true };

    /// A week later under a duty that raises the list price from 100 to `next` and cuts demand to 0.4 of what it was: price and list price of the
    /// car sold next, and all its cars. Half of a week's landings owe the duty.
    fn under_a_duty(weight: f64, next_usd: f64, stock_weeks: f64) -> ([f64; 2], Stock) {
        let parameters =
            DealerParameters { replacement_weight: weight, start_weeks: vec![stock_weeks], ..parameters(3, 150.0) };
        let mut dealers = Dealers::new(&parameters, &[100.0], 1.0, &[false], &[None]);
        dealers.open_week(0, 0, std::iter::once(Standing { liable: true, ..OPEN }), 0, NOTHING);
        dealers.close_week(0, 0, None);
        dealers.open_week(1, 0, std::iter::once(IMPOSED), 0, DealersDecision { before_usd: 100.0, demand_ratio: 0.4 });
        (dealers.price_usd(0, next_usd), dealers.stocks[0].clone())
    }

    /// The clean car's price lies between the old list price and the next car's, at the weight, and so does the cover that it is judged by;
    /// at one both lots are one. The list price that it came at stays the old one.
    #[test]
    fn a_clean_car_is_priced_towards_what_replaces_it() {
        let target = 60.0 / 7.0;
        for weight in [0.0, 0.2, 0.5, 1.0] {
            for stock_weeks in [target, 1.0] {
                let ([paid, list], stock) = under_a_duty(weight, 160.0, stock_weeks);
                let clean = 100.0 * stock_weeks;
                let cars = clean + weight * 200.0;
                // The forecast before the duty is that after a week in which nothing was chosen.
                let before = 100.0 - 100.0 / 13.0;
                let cover = cars / (target * before * (1.0 - 0.6 * weight));
                let gap = cover.ln();
                let phi = (-0.04 * gap.signum() * (gap.abs() - 0.3).max(0.0)).clamp(-0.06, 0.10);
                // Stock is in whole grains, a millionth of a sale.
                assert!(
                    (paid - (100.0 + 60.0 * weight) * (1.0 + phi)).abs() < 1e-6,
                    "{weight} {stock_weeks}: {paid} {phi}"
                );
                assert_eq!(list, 100.0);
                assert_eq!(stock.lots.len(), 2);
                assert!((stock.forecast - 0.4 * stock.pace).abs() < 1e-12, "what stock is measured by is not cut");
            }
        }
    }

    /// A premium for scarcity ends where the next car costs as much, unless dealers do not look at it.
    #[test]
    fn no_clean_car_costs_more_than_the_next_one() {
        let ([paid, _], stock) = under_a_duty(0.2, 102.0, 1.0);
        let (cover, target) = (sales(stock.cars()), 60.0 / 7.0 * stock.forecast);
        let next = 102.0 * (1.0 - 0.04 * ((cover / target).ln() + 0.3).min(0.0));
        assert!((paid - next.max(100.4)).abs() < 1e-9, "{paid} {next}");
        let ([alone, _], _) = under_a_duty(0.0, 102.0, 1.0);
        assert!(alone > next + 1.0, "{alone} {next}");
    }

    /// Cars landed before the week of the decision, and later: announced in week 4 for week 10.
    fn landed(ahead_weeks: f64, capacity: f64, liable: bool, suspended: bool, believed: bool) -> [f64; 2] {
        let parameters = DealerParameters { ahead_weeks, ..parameters(3, capacity) };
        let suspended = [suspended];
        let mut dealers = Dealers::new(&parameters, &[100.0], 1.0, &suspended, &[None]);
        let mut sum = [0.0; 2];
        for week in 0..14_usize {
            let standing = match week {
                0..4 => Standing::default(),
                4..10 => Standing { liable, ..OPEN },
                _ => IMPOSED,
            };
            let moved = dealers.open_week(week, 0, std::iter::once(standing), 0, NOTHING);
            sum[usize::from(week >= 10)] += sales(moved.landed);
            (0..100).for_each(|_| {
                dealers.wanted(0);
                dealers.sell(0);
            });
            dealers.close_week(week, 0, believed.then_some(10.0));
        }
        sum
    }

    /// The importer lands so many weeks' sales more, all before the decision; none where landings are liable already, where he ships nothing, or
    /// does not believe in the duty. With capacity for half of a week more he lands that.
    #[test]
    fn importers_ship_ahead_of_an_announced_duty_where_landings_do_not_owe_it() {
        let [usual, later] = landed(0.0, 1e3, false, false, true);
        assert!((usual - 1000.0).abs() < 1e-2);
        let [before, after] = landed(4.0, 1e3, false, false, true);
        assert!((before - usual - 400.0).abs() < 1e-2, "{before}");
        assert!(after < later, "what was shipped ahead is worked off: {after} {later}");
        assert_eq!(landed(4.0, 1e3, true, false, true), [usual, later]);
        assert_eq!(landed(4.0, 1e3, false, true, true), landed(0.0, 1e3, false, true, true));
        assert_eq!(landed(4.0, 1e3, false, false, false), [usual, later]);
        // Orders of weeks 4 to 6 land before the decision.
        assert!((landed(4.0, 150.0, false, false, true)[0] - usual - 150.0).abs() < 1e-2);
    }

    /// Good and slack quarters about a mean below capacity: mean stock over its target, largest order, and all orders over all that could be
    /// made and was banked at the start.
    fn seasons(banked_weeks: f64, capacity: f64) -> [f64; 3] {
        let parameters = DealerParameters { banked_weeks, ..parameters(3, capacity) };
        let mut dealers = Dealers::new(&parameters, &[100.0], 1.0, &[false], &[None]);
        let (mut stock, mut most, mut all) = (0.0, 0.0_f64, 0.0);
        for week in 0..416 {
            dealers.open_week(week, 0, quiet(), 0, NOTHING);
            for _ in 0..if week / 13 % 2 == 0 { 130 } else { 70 } {
                dealers.wanted(0);
                if dealers.has(0) {
                    dealers.sell(0);
                }
            }
            dealers.close_week(week, 0, None);
            let ordered = sales(dealers.ordered(week, 0));
            (most, all) = (most.max(ordered), all + ordered);
            stock += if week >= 208 { sales(dealers.stock(0)[0]) / 208.0 } else { 0.0 };
        }
        [stock / (6000.0 / 7.0), most, all / (416.0 * capacity + banked_weeks * capacity)]
    }

    /// Without a bank the good weeks' cars are never made up for and stock drifts down; with one it stays, orders may exceed a week's capacity and
    /// never exceed, all together, what capacity and the first bank allow.
    #[test]
    fn banked_capacity_keeps_a_makers_stock_from_drifting() {
        let ([tight, tight_most, _], [banked, most, _]) = (seasons(0.0, 102.0), seasons(8.0, 102.0));
        assert!(tight_most <= 102.0 + 1e-4 && most > 105.0, "{tight_most} {most}");
        assert!(tight < 0.9 && (0.95..1.05).contains(&banked), "{tight} {banked}");
        for weeks in [0.0, 2.0, 8.0] {
            let [.., used] = seasons(weeks, 80.0);
            assert!((0.99..=1.0 + 1e-6).contains(&used), "{weeks}: {used}");
        }
    }
}
