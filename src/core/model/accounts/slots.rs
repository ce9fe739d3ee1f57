//! The slots that accounts add to an outcome: who gains by period, makers by period, trade by month.

use jiff::civil::Date;

use super::{FIFTHS, Owners, fifth_of, income_fifths};
use crate::model::ids::{BrandId, Id, ManufacturerId, RegionId};
use crate::model::market::DemandParameters;
use crate::model::metrics::metrics;
use crate::model::scenario::{Period, Scenario};
use crate::model::trade::instrument::Measure;
use crate::model::world::NO_BRAND;

/// One account of a period, USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// Buyers' surplus; only changes mean something.
    Consumers,
    /// The same of one fifth of incomes, from 0.
    ConsumersIncome(usize),
    /// The same of those who owned a make with flagged models at the start, and of the others.
    ConsumersOwning(bool),
    /// Makers' profit, quota rent and refunds in it.
    Makers,
    /// The part of it owned in a region.
    MakersOwnedIn(RegionId),
    /// Quota rent in makers' profit.
    QuotaRent,
    /// Dealers' surplus.
    Dealers,
    /// The same on flagged models, and on the others.
    DealersOf(bool),
    /// Duty less refunds.
    Treasury,
    /// Duty charged.
    Duty,
    /// Duty paid back to importers.
    Refund,
    /// Margin that exporters of the importing country lose to retaliation (negative).
    Exporters,
    /// Margin of the importing country's parts suppliers on purchases that a settlement brings: the partner pays it.
    PartsSuppliers,
    /// What retaliation costs the partner, and parts purchases (negative).
    Partner,
    /// What exporters of the rival country gain from retaliation.
    Rival,
    /// The importing country.
    TotalHome,
    /// A foreign region.
    TotalOf(RegionId),
    /// What falls to no region of the market: costs and gains of retaliation where the scenario names no partner or rival.
    Elsewhere,
    /// All together, formed without regional terms.
    World,
    /// What buyers paid.
    Outlay,
    /// Production and delivery.
    ProductionCost,
    /// Dealers' gross margin, discounts taken off.
    DealersMargin,
    /// Part of it that cars not sold would have saved.
    DealersCost,
    /// Inspection.
    Inspection,
    /// Extra duty and inspection on the targeted cars still sold.
    Burden,
    /// Part of the burden that their buyers pay.
    BurdenOnBuyers,
    /// Part that makers bear.
    BurdenOnMakers,
    /// Part that dealers bear.
    BurdenOnDealers,
    /// What buyers of cars that are not targeted pay more for them.
    DearerOtherCars,
    /// Buyers' loss beyond higher prices of the cars still sold.
    LostChoice,
    /// Makers' profit at the baseline's margins on the cars sold: its change is the margin on lost units.
    LostUnitsMakers,
    /// The same of dealers' surplus.
    LostUnitsDealers,
}

metrics! {
    /// What is kept of a manufacturer's models of one badge region, by period.
    FirmMetric {
        /// Cars sold.
        Units,
        /// What the maker gets: sticker price less duty, dealers' margin and inspection, refunds added, USD.
        Revenue,
        /// Production and delivery, USD.
        Cost,
        /// Profit a car, USD; 0 where none is sold.
        MarginPerCar,
        /// Profit, USD.
        Profit,
        /// Quota rent in it, USD.
        QuotaRent,
    }
}

metrics! {
    /// What is kept of trade, by month.
    TradeMetric {
        /// Customs value of the cars sold that were assembled in the partner country, USD.
        ImportsFromPartner,
        /// Customs value of all imported cars sold, USD.
        Imports,
        /// Contribution to the bilateral deficit, USD a year: imports from the partner, orders lost to retaliation, less parts and
        /// exports that a settlement brings. Its change from the baseline is the deficit's.
        Deficit,
    }
}

/// A manufacturer's models of one badge region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firm {
    /// The manufacturer.
    pub manufacturer: ManufacturerId,
    /// Region of the badge.
    pub region: RegionId,
    pub(in crate::model) members: Vec<usize>,
}

/// A calendar month of the horizon: the weeks that start in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// First day of the month.
    pub first_day: Date,
    /// First week.
    pub from: u32,
    /// The week after the last.
    pub to: u32,
}

/// Who a buyer is in the accounts: fifth of incomes, and whether he owned a make with flagged models at the start.
#[derive(Clone, Debug, PartialEq)]
pub struct BuyerClasses {
    fifths: [f64; FIFTHS - 1],
    flagged_make: Vec<bool>,
}

impl BuyerClasses {
    /// Number of classes.
    pub const COUNT: usize = 2 * FIFTHS;

    fn new(demand: &DemandParameters, flagged_make: Vec<bool>) -> Self {
        Self { fifths: income_fifths(demand), flagged_make }
    }
    /// The class of a buyer by income and the brand owned at the start.
    #[must_use]
    pub fn of(&self, income: f64, owned_at_start: u16) -> usize {
        let owner = owned_at_start != NO_BRAND && self.flagged_make[usize::from(owned_at_start)];
        2 * fifth_of(income, &self.fifths) + usize::from(owner)
    }
}

/// What each model is to the accounts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ModelFacts {
    pub firm: usize,
    pub manufacturer: ManufacturerId,
    pub flagged: bool,
    pub imported: bool,
    pub from_partner: bool,
    /// The part of a car that customs values.
    pub customs_part: f64,
    pub customs: CustomsValue,
    /// Part of the dealers' gross margin that a car not sold would save.
    pub avoidable: f64,
}

/// What customs counts a car at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum CustomsValue {
    /// A share of the base-year list price: USD.
    Fixed(f64),
    /// The maker's price at the border: the price less duty and these local costs, USD.
    Border { local_usd: f64 },
}

impl CustomsValue {
    /// USD of a car whose price less duty is `net_usd`.
    pub fn of(self, net_usd: f64) -> f64 {
        match self {
            Self::Fixed(usd) => usd,
            Self::Border { local_usd } => net_usd - local_usd,
        }
    }
}

/// A headline metric that the accounts give.
#[derive(Clone, Debug, PartialEq)]
pub enum Booked {
    /// Makers' profit on some models.
    Profit(Vec<usize>),
    /// An account.
    Account(Account),
}

/// Slots that accounts add to an outcome, and what is needed to fill them.
#[derive(Clone, Debug)]
pub struct AccountsLayout {
    /// Accounts of a period with their names, in the order of their slots.
    pub accounts: Vec<(Account, String)>,
    /// Manufacturers by badge region, in the order of their slots.
    pub firms: Vec<Firm>,
    /// Months of the horizon.
    pub months: Vec<Month>,
    /// Who a buyer is.
    pub classes: BuyerClasses,
    /// Whose profits are whose.
    pub owners: Owners,
    pub(super) models: Vec<ModelFacts>,
    pub(super) regions: usize,
    pub(super) domestic: Vec<bool>,
    pub(super) partner: Option<RegionId>,
    pub(super) rival: Option<RegionId>,
    /// Cost of each model in each week, dealers' margin taken out; one row where costs do not move.
    pub(super) production_cost_usd: Vec<Vec<f64>>,
    pub(super) dealers_margin_usd: Vec<f64>,
    /// Headlines that are given here, with their slots by period.
    pub(super) booked: Vec<(Booked, Vec<usize>)>,
    periods: Vec<Period>,
    start: usize,
}

impl AccountsLayout {
    /// The slots from `start` on, for these periods. `booked` are the headlines that the accounts give, with their slots by period; `cost_usd` is
    /// the marginal cost of each model as the first-order conditions give it.
    #[must_use]
    pub fn new(
        start: usize,
        periods: &[Period],
        booked: Vec<(Booked, Vec<usize>)>,
        scenario: &Scenario,
        cost_usd: &[f64],
    ) -> Self {
        let market = &scenario.market;
        let settings = &scenario.accounts;
        let margin = settings.parameters.dealers_margin_usd(market);
        let avoidable = settings.parameters.avoidable(market);
        let mut firms: Vec<Firm> = Vec::new();
        let models = market.models.iter().enumerate().map(|(j, model)| {
            let (manufacturer, region) = (model.manufacturer, model.region);
            let known = firms.iter().position(|firm| (firm.manufacturer, firm.region) == (manufacturer, region));
            let firm = known.unwrap_or_else(|| {
                firms.push(Firm { manufacturer, region, members: Vec::new() });
                firms.len() - 1
            });
            firms[firm].members.push(j);
            ModelFacts {
                firm,
                manufacturer,
                flagged: model.flagged,
                imported: model.imported,
                from_partner: model.imported && settings.partner_countries.contains(&model.assembly_country),
                customs_part: market.customs_part(j),
                customs: if market.chain.is_vertical() {
                    CustomsValue::Border { local_usd: market.chain.local_usd(j) }
                } else {
                    CustomsValue::Fixed(market.normal_duty.customs_value_share * model.list_price_usd)
                },
                avoidable: avoidable[j],
            }
        });
        let models: Vec<ModelFacts> = models.collect();
        let flagged_make = |brand: BrandId| market.models.iter().any(|model| model.brand == brand && model.flagged);
        let flagged_make = market.brands.ids().map(flagged_make).collect();
        let mut layout = Self {
            accounts: accounts(&scenario.flag, market.regions.as_slice(), market.domestic.as_slice()),
            firms,
            months: months(scenario),
            classes: BuyerClasses::new(&scenario.demand, flagged_make),
            owners: settings.owners.clone(),
            models,
            regions: market.regions.len(),
            domestic: market.domestic.as_slice().to_vec(),
            partner: settings.partner,
            rival: settings.rival,
            production_cost_usd: Vec::new(),
            dealers_margin_usd: margin,
            booked,
            periods: periods.to_vec(),
            start,
        };
        layout.set_costs(scenario, cost_usd);
        layout
    }

    /// Counts these marginal costs, each model's as the first-order conditions give it.
    pub fn set_costs(&mut self, scenario: &Scenario, cost_usd: &[f64]) {
        let (market, margin) = (&scenario.market, &self.dealers_margin_usd);
        let still = vec![vec![1.0; market.len()]];
        let factors = if scenario.cost_factor.is_empty() { &still } else { &scenario.cost_factor };
        // An exchange rate moves the cost of making a car, not local costs.
        let less_margin = |factor: &Vec<f64>| -> Vec<f64> {
            (0..market.len()).map(|j| cost_usd[j] * factor[j] + market.chain.local_usd(j) - margin[j]).collect()
        };
        self.production_cost_usd = factors.iter().map(less_margin).collect();
    }

    /// The periods.
    #[must_use]
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }
    /// Position of an account among [`Self::accounts`].
    #[must_use]
    pub fn position(&self, account: Account) -> Option<usize> {
        self.accounts.iter().position(|(known, _)| *known == account)
    }
    /// Slot of the account at `position` in a period.
    #[must_use]
    pub fn account(&self, position: usize, period: usize) -> usize {
        self.start + period * self.accounts.len() + position
    }
    /// Slot of a firm's metric in a period.
    #[must_use]
    pub fn firm(&self, metric: FirmMetric, firm: usize, period: usize) -> usize {
        let before = self.account(0, self.periods.len());
        before + (period * FirmMetric::ALL.len() + metric as usize) * self.firms.len() + firm
    }
    /// Slot of a metric of trade in a month.
    #[must_use]
    pub fn trade(&self, metric: TradeMetric, month: usize) -> usize {
        self.firm(FirmMetric::Units, 0, self.periods.len()) + month * TradeMetric::ALL.len() + metric as usize
    }
    /// Number of slots added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.trade(TradeMetric::ImportsFromPartner, self.months.len()) - self.start
    }
    /// Costs of a week, dealers' margin taken out, USD per car.
    pub(super) fn production_cost(&self, week: usize) -> &[f64] {
        &self.production_cost_usd[week.min(self.production_cost_usd.len() - 1)]
    }
}

/// Who gains: the parties of a scenario's market and the totals of countries, with their names as metrics, `treasury_usd`. Whom only retaliation or
/// a settlement reaches is one of them where there may be such.
#[must_use]
pub fn parties(scenario: &Scenario) -> Vec<(Account, String)> {
    let Scenario { flag, market, .. } = scenario;
    let negotiated = scenario.bargaining.is_some();
    let mut measures = scenario.instruments.iter().flat_map(|instrument| &instrument.measures);
    let answered = negotiated || measures.any(|dated| matches!(dated.measure, Measure::Retaliation(_)));
    let gains = |account: &Account| match account {
        Account::PartsSuppliers => negotiated,
        Account::Exporters | Account::Partner | Account::Rival => answered,
        _ => matches!(
            account,
            Account::Consumers
                | Account::Makers
                | Account::MakersOwnedIn(_)
                | Account::Dealers
                | Account::Treasury
                | Account::TotalHome
                | Account::TotalOf(_)
                | Account::World
        ),
    };
    let all = accounts(flag, market.regions.as_slice(), market.domestic.as_slice()).into_iter();
    all.filter(|(account, _)| gains(account)).map(|(account, name)| (account, format!("{name}_usd"))).collect()
}

/// The accounts of a market with these regions, and their names.
fn accounts(flag: &str, regions: &[String], domestic: &[bool]) -> Vec<(Account, String)> {
    let ids = || (0..regions.len()).map(RegionId::from_index);
    let mut all: Vec<(Account, String)> = vec![(Account::Consumers, "consumers".into())];
    all.extend((0..FIFTHS).map(|k| (Account::ConsumersIncome(k), format!("consumers_income_{}", k + 1))));
    all.push((Account::ConsumersOwning(true), format!("consumers_owning_{flag}_make")));
    all.push((Account::ConsumersOwning(false), "consumers_owning_other".into()));
    all.push((Account::Makers, "makers".into()));
    all.extend(ids().map(|id| (Account::MakersOwnedIn(id), format!("makers_{}", regions[id.index()]))));
    let fixed = |account: Account, name: &str| (account, name.to_owned());
    all.extend([
        fixed(Account::QuotaRent, "quota_rent"),
        fixed(Account::Dealers, "dealers"),
        (Account::DealersOf(true), format!("dealers_{flag}")),
        fixed(Account::DealersOf(false), "dealers_other"),
        fixed(Account::Treasury, "treasury"),
        fixed(Account::Duty, "duty_collected"),
        fixed(Account::Refund, "duty_refunded"),
        fixed(Account::Exporters, "exporters"),
        fixed(Account::PartsSuppliers, "parts_suppliers"),
        fixed(Account::Partner, "partner_cost"),
        fixed(Account::Rival, "rival_exporters"),
        fixed(Account::TotalHome, "total_home"),
    ]);
    let foreign = ids().filter(|id| !domestic[id.index()]);
    all.extend(foreign.map(|id| (Account::TotalOf(id), format!("total_{}", regions[id.index()]))));
    all.extend([
        fixed(Account::Elsewhere, "total_elsewhere"),
        fixed(Account::World, "total_world"),
        fixed(Account::Outlay, "outlay"),
        fixed(Account::ProductionCost, "production_cost"),
        fixed(Account::DealersMargin, "dealers_margin"),
        fixed(Account::DealersCost, "dealers_cost"),
        fixed(Account::Inspection, "inspection"),
        fixed(Account::Burden, "burden"),
        fixed(Account::BurdenOnBuyers, "burden_on_buyers"),
        fixed(Account::BurdenOnMakers, "burden_on_makers"),
        fixed(Account::BurdenOnDealers, "burden_on_dealers"),
        fixed(Account::DearerOtherCars, "dearer_other_cars"),
        fixed(Account::LostChoice, "lost_choice"),
        fixed(Account::LostUnitsMakers, "lost_units_makers"),
        fixed(Account::LostUnitsDealers, "lost_units_dealers"),
    ]);
    all
}

fn months(scenario: &Scenario) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for week in 0..scenario.weeks {
        let first_day = scenario.week_start(week).first_of_month();
        match months.last_mut() {
            Some(month) if month.first_day == first_day => month.to = week + 1,
            _ => months.push(Month { first_day, from: week, to: week + 1 }),
        }
    }
    months
}
