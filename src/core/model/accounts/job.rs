//! The accounts of one job: from its sales, its prices and its buyers' surplus to the slots of an outcome, and the proof that they
//! add up.
//!
//! Runs without timing book expected sales (summed choice probabilities) and expected surplus, so that the last draw of every
//! purchase is averaged out; runs in time book what was sold, at the prices paid.

use super::slots::{Account, AccountsLayout, Booked, BuyerClasses, FirmMetric, TradeMetric};
use super::year::terms_of;
use super::{CarTerms, FIFTHS, ModelAccount};
use crate::model::ids::{Id, RegionId};
use crate::model::plan::{Phase, RegimePlan};
use crate::model::sales::Sales;

/// Buyers' surplus of one job by week and class of buyer (see [`BuyerClasses`]), USD.
#[derive(Clone, Debug, PartialEq)]
pub struct Surplus {
    weeks: Vec<[f64; BuyerClasses::COUNT]>,
}

impl Surplus {
    /// None yet.
    #[must_use]
    pub fn new(weeks: u32) -> Self {
        Self { weeks: vec![[0.0; BuyerClasses::COUNT]; weeks as usize] }
    }
    /// Adds the surplus of one purchase event.
    pub fn add(&mut self, week: usize, class: usize, usd: f64) {
        self.weeks[week][class] += usd;
    }
}

/// What one job leaves for its accounts.
#[derive(Clone, Copy, Debug)]
pub struct JobBooks<'a> {
    /// The regime's prices and duties.
    pub plan: &'a RegimePlan,
    /// Those of the baseline regime.
    pub baseline: &'a RegimePlan,
    /// Sales, and what was paid where buyers do not pay the plan's prices.
    pub sales: &'a Sales,
    /// Cars that one sale stands for.
    pub cars: f64,
    /// Buyers' surplus.
    pub surplus: &'a Surplus,
}

/// Accounts that do not add up: a defect of the program, with the figures.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "the accounts of period `{period}` do not balance: {identity} is off by {gap:e} USD where amounts are {scale:e} USD; \
     this is a defect of the program: please report it with the scenario and this message"
)]
pub struct Imbalance {
    /// Name of the period.
    pub period: String,
    /// The identity.
    pub identity: &'static str,
    /// Left side less right side.
    pub gap: f64,
    /// Sum of the sizes of the amounts.
    pub scale: f64,
}

/// Largest gap accepted, relative to the sum of the sizes of all amounts.
const TOLERANCE: f64 = 1e-10;

/// Sums over some weeks.
struct Books {
    /// Account of each model in weeks in which policy changes what the border costs, or a quota binds.
    targeted: Vec<ModelAccount>,
    /// In all other weeks.
    other: Vec<ModelAccount>,
    surplus: [f64; BuyerClasses::COUNT],
}

impl AccountsLayout {
    /// Fills the slots of the accounts.
    pub fn fill(&self, values: &mut [f64], books: &JobBooks<'_>) {
        for period in 0..self.periods().len() {
            let (from, to) = (self.periods()[period].from as usize, self.periods()[period].to as usize);
            let sums = self.sum(books, from..to);
            self.fill_period(values, period, &sums);
        }
        for (m, month) in self.months.iter().enumerate() {
            let mut imports = [0.0; 2];
            for week in month.from as usize..month.to as usize {
                for (j, facts) in self.models.iter().enumerate().filter(|(_, facts)| facts.imported) {
                    let producer_price_usd = books.plan.phase(week).producer_price_usd[j];
                    let value = books.units(week, j) * facts.customs_part * facts.customs.of(producer_price_usd);
                    imports[1] += value;
                    imports[0] += if facts.from_partner { value } else { 0.0 };
                }
            }
            let a_year = 52.0 / f64::from(month.to - month.from);
            for (metric, value) in [
                (TradeMetric::ImportsFromPartner, imports[0]),
                (TradeMetric::Imports, imports[1]),
                (TradeMetric::Deficit, a_year * imports[0]),
            ] {
                values[self.trade(metric, m)] = value;
            }
        }
    }

    fn sum(&self, books: &JobBooks<'_>, weeks: std::ops::Range<usize>) -> Books {
        let none = || vec![ModelAccount::default(); self.models.len()];
        let mut sums = Books { targeted: none(), other: none(), surplus: [0.0; BuyerClasses::COUNT] };
        for week in weeks {
            let (phase, before) = (books.plan.phase(week), books.baseline.phase(week));
            let costs = self.production_cost(week);
            for (j, (target, rest)) in sums.targeted.iter_mut().zip(&mut sums.other).enumerate() {
                let (margin, avoidable) = (self.dealers_margin_usd[j], self.models[j].avoidable);
                let terms = |phase: &Phase| {
                    let moved = phase.volume.as_ref().map_or(0.0, |volume| volume.per_car_usd[j]);
                    CarTerms { production_cost_usd: costs[j] + moved, ..terms_of(phase, j, 0.0, margin) }
                };
                let (car, reference) = (terms(phase), terms(before));
                let units = books.units(week, j);
                if let Some(volume) = &phase.volume {
                    rest.beyond_marginal(volume.beyond_marginal_usd[j] / 52.0 * books.sales.traffic(week));
                }
                let Some([paid, charged, listed, disputed]) = books.sales.money(week, j) else {
                    let targeted = car.border_usd() != reference.border_usd() || car.rent_usd != reference.rent_usd;
                    let account = if targeted { target } else { rest };
                    account.sell(units, &car, &reference, avoidable);
                    continue;
                };
                // The normal duty is booked on the cars sold, what was charged on those that landed; a duty that is owed later, or
                // never, is none yet.
                let extra = car.duty_usd - reference.duty_usd;
                let refunded = if extra > 0.0 { disputed * car.refund_usd / extra } else { 0.0 };
                let normal = CarTerms {
                    duty_usd: reference.duty_usd,
                    refund_usd: reference.refund_usd,
                    producer_usd: car.sticker_usd - reference.duty_usd,
                    ..car
                };
                let in_price = extra != 0.0 && car.sticker_usd != reference.sticker_usd;
                let targeted = in_price
                    || disputed != 0.0
                    || car.rent_usd != reference.rent_usd
                    || car.inspection_usd != reference.inspection_usd;
                let account = if targeted { target } else { rest };
                account.sell(units, &normal, &reference, avoidable);
                account.relist(listed - units * car.sticker_usd);
                account.premium(paid - listed);
                account.advance(charged - disputed - units * reference.duty_usd);
                account.charge(disputed, refunded);
            }
            let traffic = books.sales.traffic(week);
            sums.surplus.iter_mut().zip(&books.surplus.weeks[week]).for_each(|(sum, usd)| *sum += usd * traffic);
        }
        sums
    }

    fn fill_period(&self, values: &mut [f64], period: usize, sums: &Books) {
        let (mut targeted, mut other) = (ModelAccount::default(), ModelAccount::default());
        let mut owned = vec![0.0; self.regions];
        let mut dealers = [0.0; 2];
        let mut firms = vec![ModelAccount::default(); self.firms.len()];
        let mut profit = vec![0.0; self.models.len()];
        for (j, facts) in self.models.iter().enumerate() {
            let mut model = sums.targeted[j];
            model.add(&sums.other[j]);
            targeted.add(&sums.targeted[j]);
            other.add(&sums.other[j]);
            firms[facts.firm].add(&model);
            profit[j] = model.profit;
            dealers[usize::from(facts.flagged)] += model.dealers_surplus();
        }
        let mut all = targeted;
        all.add(&other);
        for (firm, account) in self.firms.iter().zip(&firms) {
            for (region, sum) in owned.iter_mut().enumerate() {
                *sum += self.owners.part(firm.manufacturer, RegionId::from_index(region)) * account.profit;
            }
        }
        let consumers: f64 = sums.surplus.iter().sum();
        let abroad = |region: RegionId| owned[region.index()];
        let home_makers: f64 = (0..self.regions).filter(|r| self.domestic[*r]).map(|r| owned[r]).sum();
        let of_class = |wanted: &dyn Fn(usize) -> bool| -> f64 {
            sums.surplus.iter().enumerate().filter(|(class, _)| wanted(*class)).map(|(_, usd)| usd).sum()
        };
        for (position, (account, _)) in self.accounts.iter().enumerate() {
            values[self.account(position, period)] = match *account {
                Account::Consumers => consumers,
                Account::ConsumersIncome(fifth) => of_class(&|class| class / 2 == fifth),
                Account::ConsumersOwning(owner) => of_class(&|class| (class % 2 == 1) == owner),
                Account::Makers => all.profit,
                Account::MakersOwnedIn(region) => owned[region.index()],
                Account::QuotaRent => all.rent,
                Account::Dealers => all.dealers_surplus(),
                Account::DealersOf(flagged) => dealers[usize::from(flagged)],
                Account::Treasury => all.treasury(),
                Account::Duty => all.duty,
                Account::Refund => all.refund,
                Account::Exporters
                | Account::PartsSuppliers
                | Account::Partner
                | Account::Rival
                | Account::Elsewhere => 0.0,
                Account::TotalHome => consumers + home_makers + all.dealers_surplus() + all.treasury(),
                Account::TotalOf(region) => abroad(region),
                Account::World => consumers + all.outlay - all.production_cost - all.dealers_avoidable - all.inspection,
                Account::Outlay => all.outlay,
                Account::ProductionCost => all.production_cost,
                Account::DealersMargin => all.dealers_margin,
                Account::DealersCost => all.dealers_avoidable,
                Account::Inspection => all.inspection,
                Account::Burden => targeted.burden,
                Account::BurdenOnBuyers => targeted.burden_buyers,
                Account::BurdenOnMakers => targeted.burden_makers,
                Account::BurdenOnDealers => targeted.burden_dealers,
                Account::DearerOtherCars => other.burden_buyers,
                Account::LostChoice => consumers + all.burden_buyers,
                Account::LostUnitsMakers => all.profit_at_reference,
                Account::LostUnitsDealers => all.dealers_at_reference,
            };
        }
        for (booked, slots) in &self.booked {
            if let Booked::Profit(models) = booked {
                values[slots[period]] = models.iter().map(|j| profit[*j]).sum();
            }
        }
        for (f, account) in firms.iter().enumerate() {
            let margin = if account.units > 0.0 { account.profit / account.units } else { 0.0 };
            for (metric, value) in [
                (FirmMetric::Units, account.units),
                (FirmMetric::Revenue, account.makers_revenue()),
                (FirmMetric::Cost, account.production_cost),
                (FirmMetric::MarginPerCar, margin),
                (FirmMetric::Profit, account.profit),
                (FirmMetric::QuotaRent, account.rent),
            ] {
                values[self.firm(metric, f, period)] = value;
            }
        }
    }

    /// Fills the headlines that are accounts, when all of these are known.
    pub fn fill_headlines(&self, values: &mut [f64]) {
        for (booked, slots) in &self.booked {
            let Booked::Account(account) = booked else { continue };
            let Some(position) = self.position(*account) else { continue };
            for (period, slot) in slots.iter().enumerate() {
                values[*slot] = values[self.account(position, period)];
            }
        }
    }

    /// Checks that the accounts of an outcome add up in every period: the outlay is spent, the regions are the world, the burden of
    /// duties is borne, makers are their regions and their firms, buyers are their classes.
    ///
    /// # Errors
    /// [`Imbalance`] with the identity that fails and by how much.
    pub fn check(&self, values: &[f64]) -> Result<(), Imbalance> {
        for (p, period) in self.periods().iter().enumerate() {
            let sum = |wanted: &dyn Fn(Account) -> bool| -> f64 {
                let of = self.accounts.iter().enumerate().filter(|(_, (account, _))| wanted(*account));
                of.map(|(position, _)| values[self.account(position, p)]).sum()
            };
            let one = |account: Account| sum(&|known| known == account);
            let spent = one(Account::ProductionCost)
                + one(Account::DealersMargin)
                + one(Account::Makers)
                + one(Account::Treasury)
                + one(Account::Inspection);
            let regions =
                sum(&|account| matches!(account, Account::TotalHome | Account::TotalOf(_) | Account::Elsewhere));
            let borne = one(Account::BurdenOnBuyers) + one(Account::BurdenOnMakers) + one(Account::BurdenOnDealers);
            let firms: f64 = (0..self.firms.len()).map(|f| values[self.firm(FirmMetric::Profit, f, p)]).sum();
            // What is added may be far larger than what is left: a gap is measured against all of it.
            let sizes = self.accounts.iter().enumerate();
            let scale: f64 = sizes.map(|(position, _)| values[self.account(position, p)].abs()).sum();
            for (identity, gap) in [
                ("outlay = production + dealers + makers + duty + inspection", one(Account::Outlay) - spent),
                ("sum of the regions = world", regions - one(Account::World)),
                ("burden = buyers + makers + dealers", one(Account::Burden) - borne),
                (
                    "makers = their regions of ownership",
                    one(Account::Makers) - sum(&|account| matches!(account, Account::MakersOwnedIn(_))),
                ),
                ("makers = their firms", one(Account::Makers) - firms),
                (
                    "buyers = fifths of incomes",
                    one(Account::Consumers) - (0..FIFTHS).map(|k| one(Account::ConsumersIncome(k))).sum::<f64>(),
                ),
                (
                    "dealers = flagged + other",
                    one(Account::Dealers) - one(Account::DealersOf(true)) - one(Account::DealersOf(false)),
                ),
            ] {
                // Not a number is no balance either.
                if gap.is_nan() || scale.is_nan() || gap.abs() > TOLERANCE * scale {
                    return Err(Imbalance { period: period.name.clone(), identity, gap, scale });
                }
            }
        }
        Ok(())
    }
}

impl JobBooks<'_> {
    /// Cars of a model sold in a week: drawn where buyers time their purchases, expected otherwise.
    fn units(&self, week: usize, model: usize) -> f64 {
        let sold = match self.sales.money(week, model) {
            Some(_) => f64::from(self.sales.drawn(week)[model]),
            None => self.sales.expected(week)[model],
        };
        sold * self.cars * self.sales.traffic(week)
    }
}
