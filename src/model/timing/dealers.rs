//! Dealers' lots, shipments and orders, and the duty of each car by its landing date.
//!
//! Cars are counted in whole grains, 2^20 to the sale of one buyer, so that every movement is exact: what was there, landed
//! and was sold balances to the grain, and cars that stand in two lots are priced to the bit like cars in one.
//!
//! ```text
//! order  = clamp(q + (T - F - D)/8 + ((L - 1) q - in transit)/8, 0, K)        q += (first choices - q)/13
//! price  = list (1 + phi),  phi = -slope sign(ln c) max(|ln c| - band, 0) within bounds,  c = stock / target
//! ```
//!
//! Cars that land while a decision is open and count towards it stand in the liable lot D; all others in the clean lot F. The
//! importer owes the duty of every liable landing once: at the decision for those before it, on landing afterwards.
//! A settlement cancels it. Once imposed, clean cars go first at the old price, and the price becomes that of the
//! liable lot at the moment the clean one is empty. Forecasts follow first choices, whether they were in stock or not:
//! forecasts of sales would never use capacity that becomes free.

use super::DealerParameters;
use crate::model::plan::Outlook;
use crate::model::trade::regime::{Stage, Standing};
use crate::numerics::elementary::ln;

/// Grains in the sale of one buyer.
pub const GRAINS: i64 = 1 << 20;

/// What moved in one week, for one model, in grains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// Ordered this week.
    pub ordered: i64,
    /// Landed this week.
    pub landed: i64,
    /// Landed this week with the duty due at once.
    pub landed_dutiable: i64,
    /// Landed earlier, with the duty due by this week's decision.
    pub charged_late: i64,
    /// Of those: sold at the old price before the decision, so that the importer bears the duty.
    pub borne_by_importer: i64,
    /// Whether a car that lands this week owes the duty, at once or if it is imposed.
    pub liable: bool,
}

/// The stock of one model.
#[derive(Clone, Debug, PartialEq)]
struct Lot {
    clean: i64,
    liable: i64,
    /// Cars by the week in which they land, modulo the lag.
    pipeline: Vec<i64>,
    /// Cars held up by inspection, with the week in which they are let go.
    held: Vec<(usize, i64)>,
    /// Weeks of delay this week.
    delay: u32,
    /// Liable landings and liable sales since the liability date, until the decision.
    liable_landed: i64,
    liable_sold: i64,
    /// Forecast of weekly sales, in sales of one buyer.
    forecast: f64,
    /// The forecast before an imposed duty.
    forecast_before: f64,
    stage: Stage,
    sold_week: i64,
    first_choices: f64,
    capacity: f64,
}

/// All dealers.
#[derive(Clone, Debug, PartialEq)]
pub struct Dealers<'a> {
    parameters: &'a DealerParameters,
    lots: Vec<Lot>,
    suspended: &'a [bool],
}

impl<'a> Dealers<'a> {
    /// The lots of week 0: stock by the scenario's cover, a pipeline of one week's sales in each week to come.
    ///
    /// `base_sales` is each model's sales a week in the base year and `cars` the cars that one buyer's sale stands for.
    #[must_use]
    pub fn new(parameters: &'a DealerParameters, base_sales: &[f64], cars: f64, suspended: &'a [bool]) -> Self {
        let lots = base_sales
            .iter()
            .enumerate()
            .map(|(j, sales)| {
                let forecast = sales / cars;
                let stock = (parameters.start_weeks[j] * forecast).max(parameters.least_sales);
                Lot {
                    clean: grains(stock),
                    liable: 0,
                    pipeline: vec![grains(forecast); parameters.lag_weeks[j].max(1) as usize],
                    held: Vec::new(),
                    delay: 0,
                    liable_landed: 0,
                    liable_sold: 0,
                    forecast,
                    forecast_before: forecast,
                    stage: Stage::Quiet,
                    sold_week: 0,
                    first_choices: 0.0,
                    capacity: parameters.capacity_per_week[j] / cars,
                }
            })
            .collect();
        Self { parameters, lots, suspended }
    }

    /// The same lots with other manufacturers that stop shipping.
    pub(super) fn with_suspended(&self, suspended: &'a [bool]) -> Self {
        Self { suspended, ..self.clone() }
    }

    /// Steps 1 and 2 of the week: the decision, if there is one, and what lands. A car that arrives under an inspection lands
    /// `delay` weeks later; when inspections end, all that are held up land at once.
    pub fn open_week(
        &mut self,
        week: usize,
        model: usize,
        now: Standing,
        delay: u32,
        outlook: Option<&Outlook>,
    ) -> Movement {
        let mut moved = Movement { liable: now.liable, ..Movement::default() };
        let lot = &mut self.lots[model];
        if now.stage != lot.stage {
            match (lot.stage, now.stage) {
                (_, Stage::Imposed) => {
                    moved.charged_late = std::mem::take(&mut lot.liable_landed);
                    moved.borne_by_importer = std::mem::take(&mut lot.liable_sold);
                    lot.forecast_before = lot.forecast;
                    lot.forecast *= outlook.and_then(|outlook| outlook.demand_ratio.get(model)).unwrap_or(&1.0);
                }
                (Stage::Imposed, _) => {
                    lot.forecast = lot.forecast_before;
                    lot.clear_dispute();
                }
                (_, Stage::Quiet) => lot.clear_dispute(),
                _ => {}
            }
            lot.stage = now.stage;
        }
        let slot = week % lot.pipeline.len();
        moved.landed = std::mem::take(&mut lot.pipeline[slot]);
        lot.delay = delay;
        if delay > 0 || !lot.held.is_empty() {
            moved.landed = lot.inspect(week, moved.landed, delay);
        }
        if now.liable {
            lot.liable += moved.landed;
            match now.stage {
                Stage::Imposed => moved.landed_dutiable = moved.landed,
                _ => lot.liable_landed += moved.landed,
            }
        } else {
            lot.clean += moved.landed;
        }
        (lot.sold_week, lot.first_choices) = (0, 0.0);
        lot.drop_remnant();
        moved
    }

    /// Whether a buyer can have the model.
    #[must_use]
    pub fn has(&self, model: usize) -> bool {
        self.lots[model].stock() >= GRAINS
    }

    /// Price of the car that is sold next, USD, and its list price; `list_usd` holds where no duty is in dispute.
    #[must_use]
    pub fn price_usd(&self, model: usize, list_usd: f64, outlook: Option<&Outlook>) -> [f64; 2] {
        let lot = &self.lots[model];
        let (stock, forecast, list) = match (lot.stage, outlook) {
            (Stage::Imposed, Some(outlook)) if lot.clean >= GRAINS => {
                (lot.clean, lot.forecast_before, outlook.without_usd[model])
            }
            (Stage::Imposed, _) => (lot.liable, lot.forecast, list_usd),
            _ => (lot.stock(), lot.forecast, list_usd),
        };
        [list * (1.0 + self.markup(stock, forecast)), list]
    }

    /// phi at a stock and a forecast.
    fn markup(&self, stock: i64, forecast: f64) -> f64 {
        let p = self.parameters;
        let cover = (sales(stock) / self.target(forecast)).max(1e-9);
        let gap = ln(cover);
        let beyond = (gap.abs() - p.dead_band).max(0.0);
        let [discount, premium] = p.price_bounds;
        (-p.discount_slope * beyond * gap.signum()).clamp(discount, premium)
    }

    fn target(&self, forecast: f64) -> f64 {
        (self.parameters.target_weeks * forecast).max(self.parameters.least_sales).max(1e-9)
    }

    /// Counts a first choice, whether it is in stock or not.
    pub fn wanted(&mut self, model: usize) {
        self.lots[model].first_choices += 1.0;
    }

    /// Sells one buyer's car, from the clean lot first; says whether the price moved with it.
    ///
    /// Only for a model that [`Self::has`].
    pub fn sell(&mut self, model: usize) -> bool {
        let lot = &mut self.lots[model];
        lot.sold_week += GRAINS;
        let clean = lot.clean.min(GRAINS);
        lot.clean -= clean;
        lot.liable -= GRAINS - clean;
        if lot.stage.is_open() {
            lot.liable_sold += GRAINS - clean;
        }
        let emptied = lot.stage == Stage::Imposed && clean > 0 && lot.clean < GRAINS;
        lot.drop_remnant();
        emptied
    }

    /// Step 7 of the week: forecast and order.
    pub fn close_week(&mut self, week: usize, model: usize) {
        let p = self.parameters;
        let suspended = self.suspended[model] && self.lots[model].stage == Stage::Announced;
        let lot = &mut self.lots[model];
        // While clean cars last, what is chosen at the old price says nothing of demand at the new one.
        if lot.stage != Stage::Imposed || lot.clean < GRAINS {
            lot.forecast += (lot.first_choices - lot.forecast) / p.forecast_weeks;
        }
        let in_transit = lot.in_transit();
        let lag = lot.pipeline.len() as f64 + f64::from(lot.delay);
        let (forecast, stock) = (lot.forecast, sales(lot.stock()));
        let capacity = lot.capacity;
        let gap = self.target(forecast) - stock + (lag - 1.0) * forecast - sales(in_transit);
        let order = if suspended { 0.0 } else { (forecast + gap / p.adjustment_weeks).clamp(0.0, capacity) };
        let slots = self.lots[model].pipeline.len();
        self.lots[model].pipeline[week % slots] = grains(order);
    }

    /// Cuts the orders that the models of a quota have just placed to `allowed` sales in all, each in the same proportion. Gives
    /// what is left of the allowance.
    pub fn restrain(&mut self, week: usize, models: impl Iterator<Item = usize> + Clone, allowed: f64) -> f64 {
        let slot = |lot: &Lot| week % lot.pipeline.len();
        let ordered: i64 = models.clone().map(|j| self.lots[j].pipeline[slot(&self.lots[j])]).sum();
        let factor = (allowed / sales(ordered)).min(1.0);
        if ordered == 0 || factor == 1.0 {
            return allowed - sales(ordered);
        }
        let mut shipped = 0;
        for j in models {
            let lot = &mut self.lots[j];
            let at = slot(lot);
            lot.pipeline[at] = (lot.pipeline[at] as f64 * factor) as i64;
            shipped += lot.pipeline[at];
        }
        allowed - sales(shipped)
    }
    /// What a model's dealers ordered this week, in grains.
    #[must_use]
    pub fn ordered(&self, week: usize, model: usize) -> i64 {
        let lot = &self.lots[model];
        lot.pipeline[week % lot.pipeline.len()]
    }
    /// Cars on the lots, in grains: clean and liable.
    #[must_use]
    pub fn stock(&self, model: usize) -> [i64; 2] {
        [self.lots[model].clean, self.lots[model].liable]
    }
    /// Cars ordered and not landed, in grains: at sea or held up by inspection.
    #[must_use]
    pub fn in_transit(&self, model: usize) -> i64 {
        self.lots[model].in_transit()
    }
    /// Forecast of weekly sales, in sales of one buyer.
    #[must_use]
    pub fn forecast(&self, model: usize) -> f64 {
        self.lots[model].forecast
    }
}

impl Lot {
    fn stock(&self) -> i64 {
        self.clean + self.liable
    }
    fn in_transit(&self) -> i64 {
        self.pipeline.iter().sum::<i64>() + self.held.iter().map(|(_, cars)| cars).sum::<i64>()
    }
    /// Holds up what arrives for `delay` weeks and gives what is let go this week.
    fn inspect(&mut self, week: usize, arrived: i64, delay: u32) -> i64 {
        self.held.push((week + delay as usize, arrived));
        let mut released = 0;
        self.held.retain(|(due, cars)| {
            let held = delay > 0 && *due > week;
            released += if held { 0 } else { *cars };
            held
        });
        released
    }
    /// The dispute is over: no car owes anything more, and the lots are one.
    fn clear_dispute(&mut self) {
        self.clean += std::mem::take(&mut self.liable);
        (self.liable_landed, self.liable_sold) = (0, 0);
    }
    /// Once imposed, less than one sale left of the clean lot is sold with the liable one.
    fn drop_remnant(&mut self) {
        if self.stage == Stage::Imposed && self.clean < GRAINS {
            self.liable += std::mem::take(&mut self.clean);
        }
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
            lag_weeks: vec![lag],
            capacity_per_week: vec![capacity],
        }
    }

    /// Weekly orders and stock, in sales, under a step of demand from 100 to `after` in week 5.
    fn step(lag: u32, capacity: f64, after: u32) -> Vec<[f64; 3]> {
        let parameters = parameters(lag, capacity);
        let mut dealers = Dealers::new(&parameters, &[100.0], 1.0, &[false]);
        (0..200)
            .map(|week| {
                dealers.open_week(week, 0, Standing::default(), 0, None);
                for _ in 0..if week < 5 { 100 } else { after } {
                    dealers.wanted(0);
                    if dealers.has(0) {
                        dealers.sell(0);
                    }
                }
                dealers.close_week(week, 0);
                [sales(dealers.ordered(week, 0)), sales(dealers.stock(0)[0]), dealers.forecast(0)]
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
        let mut dealers = Dealers::new(&parameters, &[100.0], 1.0, &[false]);
        let (mut ordered, mut landed) = (0, 0);
        let path: Vec<f64> = (0..40)
            .map(|week| {
                let before = dealers.in_transit(0);
                let delay = if (5..20).contains(&week) { 2 } else { 0 };
                let moved = dealers.open_week(week, 0, Standing::default(), delay, None);
                (0..100).for_each(|_| {
                    dealers.wanted(0);
                    dealers.sell(0);
                });
                dealers.close_week(week, 0);
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
        let mut dealers = Dealers::new(&parameters, &[100.0, 50.0, 70.0], 1.0, &[false; 3]);
        for j in 0..3 {
            dealers.open_week(0, j, Standing::default(), 0, None);
            dealers.close_week(0, j);
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
        let dealers = Dealers::new(&parameters, &[100.0], 1.0, &[false]);
        let target = 6000.0 / 7.0;
        let at = |cover: f64| dealers.markup(grains(cover * target), 100.0);
        for inside in [1.0, 1.3, 0.76] {
            assert_eq!(at(inside), 0.0);
        }
        assert!((at(2.0) + 0.04 * (2.0_f64.ln() - 0.3)).abs() < 1e-6);
        assert!((at(0.5) - 0.04 * (2.0_f64.ln() - 0.3)).abs() < 1e-6);
        assert_eq!((at(0.0), at(1e6)), (0.10, -0.06));
    }
}
