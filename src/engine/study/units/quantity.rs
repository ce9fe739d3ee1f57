//! What each number of an outcome is, and what such a number can be: cars are never fewer than none, a share is of something.
//!
//! Every metric of every block of slots is named here once, so that a metric that is added has to say what it is.

use crate::model::accounts::{FIFTHS, FirmMetric, TradeMetric};
use crate::model::outcome::{AggregateMetric, Layout, ModelMetric, NegotiatedMetric, RegionMetric, WeekMetric};
use crate::model::quotes::{BaseYearMetric, QuoteMetric, ResponseMetric, of_all, of_model};
use crate::model::scenario::Scenario;
use crate::model::timing::lots::LotMetric;
use crate::model::timing::owners::OwnerMetric;
use crate::model::timing::slots::{DealerMetric, MoveMetric, TimedLayout};
use crate::model::trade::instrument::Measure;

/// No number of cars, dollars or weeks is larger.
const LARGEST: f64 = 1e30;
/// How far rounding may lead a share out of its bounds.
const ROUNDING: f64 = 1e-9;

/// What a number counts or measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Cars, or events without a purchase.
    Cars,
    /// What a car costs.
    Price,
    /// Dollars that may be owed the other way: profits, welfare, duties less rebates.
    Money,
    /// A part of something.
    Share,
    /// A time that has passed.
    Weeks,
    /// Stock over sales: as long as one likes where nothing sells.
    DaysOfSupply,
    /// A spread over a mean: as large as one likes where the mean is small.
    Variation,
    /// Days from a date, before it or after.
    DaysFrom,
    /// A change over a change, of any size.
    Ratio,
    /// A number without a sign of its own: what a deal commits to.
    Amount,
}

impl Quantity {
    /// The smallest and the largest that there can be.
    fn bounds(self) -> [f64; 2] {
        match self {
            Self::Cars | Self::Price | Self::Weeks => [0.0, LARGEST],
            Self::Money | Self::DaysFrom | Self::Amount => [-LARGEST, LARGEST],
            Self::Share => [-ROUNDING, 1.0 + ROUNDING],
            Self::DaysOfSupply => [0.0, f64::INFINITY],
            Self::Variation => [0.0, f64::MAX],
            Self::Ratio => [f64::MIN, f64::MAX],
        }
    }
    /// What was expected in its place.
    fn name(self) -> &'static str {
        match self {
            Self::Cars => "cars",
            Self::Price => "a price",
            Self::Money => "money",
            Self::Share => "a share from 0 to 1",
            Self::Weeks => "weeks",
            Self::DaysOfSupply => "days of supply",
            Self::Variation => "a coefficient of variation",
            Self::DaysFrom => "days",
            Self::Ratio => "a ratio",
            Self::Amount => "an amount",
        }
    }
}

/// What stands in one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotContent {
    quantity: Quantity,
    /// Whether it can be not defined: a price of nothing on sale, a share of no cars.
    may_lack: bool,
}

impl SlotContent {
    fn always(quantity: Quantity) -> Self {
        Self { quantity, may_lack: false }
    }
    fn unless(lacks: bool, quantity: Quantity) -> Self {
        Self { quantity, may_lack: lacks }
    }
    fn or_none(quantity: Quantity) -> Self {
        Self { quantity, may_lack: true }
    }

    /// Cars, whatever else is known of the slot.
    #[must_use]
    pub fn cars() -> Self {
        Self::always(Quantity::Cars)
    }

    /// What is wrong with a number in this slot, if anything is.
    #[must_use]
    pub fn fault(self, number: f64) -> Option<String> {
        let [least, most] = self.quantity.bounds();
        let fits = if number.is_nan() { self.may_lack } else { (least..=most).contains(&number) };
        (!fits).then(|| format!("is {}, expected {}", shown(number), self.quantity.name()))
    }
}

/// A number as messages show it: none of three hundred digits.
fn shown(number: f64) -> String {
    match number {
        f64::INFINITY => "infinite".into(),
        f64::NEG_INFINITY => "minus infinite".into(),
        huge if huge.abs() >= 1e15 => format!("{huge:e}"),
        other => other.to_string(),
    }
}

/// What of a scenario decides which numbers are defined and which can be negative.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// Buyers time their purchases: nothing is expected, everything is drawn.
    in_time: bool,
    /// There are lots.
    dealers: bool,
    /// Models come and go: what is not on sale has no price.
    dated: bool,
    /// Makers pay the buyer at the dealer: what is off a car of an old lot can be more than it cost.
    incentives: bool,
}

impl Circumstances {
    /// Those of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let pays = |measure: &Measure| matches!(measure, Measure::Incentive { .. });
        let mut measures = scenario.instruments.iter().flat_map(|instrument| &instrument.measures);
        Self {
            in_time: scenario.timing.is_some(),
            dealers: scenario.timing.as_ref().is_some_and(|timing| timing.dealers.is_some()),
            dated: !scenario.on_sale.is_empty() || scenario.regimes.iter().any(|(_, own)| !own.on_sale.is_empty()),
            incentives: measures.any(|dated| pays(&dated.measure)),
        }
    }

    /// Of the points of a study: a point may switch time on or off.
    #[must_use]
    pub fn of_points(scenario: &Scenario) -> Self {
        Self { in_time: true, dealers: true, ..Self::of(scenario) }
    }

    /// What buyers pay, a car or all cars.
    fn paid(self, quantity: Quantity) -> SlotContent {
        SlotContent::always(if self.dealers && self.incentives { Quantity::Money } else { quantity })
    }
    fn expected(self) -> SlotContent {
        SlotContent::unless(self.in_time, Quantity::Cars)
    }
    /// A mean price over models or weeks of which none may be on sale.
    fn price(self) -> SlotContent {
        SlotContent::unless(self.dated, Quantity::Price)
    }

    fn of_model(self, metric: ModelMetric) -> SlotContent {
        match metric {
            ModelMetric::Units => SlotContent::cars(),
            ModelMetric::ExpectedUnits => self.expected(),
            ModelMetric::EventShare | ModelMetric::CarShare => SlotContent::always(Quantity::Share),
            ModelMetric::StickerPrice => self.price(),
            ModelMetric::ProducerPrice | ModelMetric::DutyPerCar => SlotContent::unless(self.dated, Quantity::Money),
            ModelMetric::Outlay => self.paid(Quantity::Price),
            ModelMetric::ProducerRevenue | ModelMetric::Duty => SlotContent::always(Quantity::Money),
        }
    }

    fn of_region(self, metric: RegionMetric) -> SlotContent {
        match metric {
            RegionMetric::Units => SlotContent::cars(),
            RegionMetric::ExpectedUnits => self.expected(),
            RegionMetric::EventShare | RegionMetric::CarShare => SlotContent::always(Quantity::Share),
            RegionMetric::StickerPrice => SlotContent::always(Quantity::Price),
            RegionMetric::Outlay => self.paid(Quantity::Price),
            RegionMetric::ProducerRevenue | RegionMetric::Duty => SlotContent::always(Quantity::Money),
        }
    }

    /// What a headline is, whatever models it is of.
    #[must_use]
    pub fn of_headline(self, metric: AggregateMetric) -> SlotContent {
        match metric {
            AggregateMetric::Units => SlotContent::cars(),
            AggregateMetric::ExpectedUnits => self.expected(),
            AggregateMetric::CarShare => SlotContent::always(Quantity::Share),
            AggregateMetric::StickerPrice => SlotContent::always(Quantity::Price),
            AggregateMetric::Outlay => self.paid(Quantity::Price),
            AggregateMetric::ProducerRevenue
            | AggregateMetric::Duty
            | AggregateMetric::Profit
            | AggregateMetric::Account => SlotContent::always(Quantity::Money),
        }
    }

    fn of_week(self, metric: WeekMetric) -> SlotContent {
        match metric {
            WeekMetric::Units => SlotContent::cars(),
            WeekMetric::ExpectedUnits => self.expected(),
            // Of no cars there are no shares.
            WeekMetric::CarShare | WeekMetric::ExpectedCarShare => SlotContent::or_none(Quantity::Share),
            WeekMetric::StickerPrice => self.price(),
        }
    }

    fn of_dealers(self, metric: DealerMetric) -> SlotContent {
        let priced = if self.incentives { Quantity::Money } else { Quantity::Price };
        match metric {
            DealerMetric::Stock
            | DealerMetric::LiableStock
            | DealerMetric::InTransit
            | DealerMetric::Orders
            | DealerMetric::Landings
            | DealerMetric::FirstChoices
            | DealerMetric::Units => SlotContent::unless(!self.dealers, Quantity::Cars),
            DealerMetric::DaysOfSupply => SlotContent::or_none(Quantity::DaysOfSupply),
            DealerMetric::StickerPrice | DealerMetric::TransactionPrice => {
                SlotContent::unless(self.dated || !self.dealers, priced)
            }
            // A duty in place of a higher one is less than nothing beyond it.
            DealerMetric::DisputedDuty | DealerMetric::DutyBorneByImporter => {
                SlotContent::unless(!self.dealers, Quantity::Money)
            }
        }
    }
}

fn of_moves(metric: MoveMetric) -> SlotContent {
    SlotContent::always(match metric {
        MoveMetric::Units | MoveMetric::Advanced | MoveMetric::Postponed => Quantity::Cars,
        MoveMetric::AdvancedShare | MoveMetric::PostponedShare => Quantity::Share,
        MoveMetric::WeeksForward | MoveMetric::WeeksLate => Quantity::Weeks,
    })
}

fn of_lots(metric: LotMetric) -> SlotContent {
    SlotContent::or_none(match metric {
        LotMetric::SalesVariation | LotMetric::OrdersVariation => Quantity::Variation,
        LotMetric::DaysOfSupply | LotMetric::LeastDaysOfSupply | LotMetric::MostDaysOfSupply => Quantity::DaysOfSupply,
        LotMetric::UnmetShare => Quantity::Share,
        LotMetric::CleanWeeks => Quantity::Weeks,
    })
}

fn of_owners(metric: OwnerMetric) -> SlotContent {
    match metric {
        OwnerMetric::OwnerShare => SlotContent::always(Quantity::Share),
        OwnerMetric::Events => SlotContent::cars(),
        OwnerMetric::RepurchaseShare => SlotContent::or_none(Quantity::Share),
    }
}

fn of_negotiation(metric: NegotiatedMetric) -> SlotContent {
    // Regimes of dated events have none of them.
    SlotContent::or_none(match metric {
        NegotiatedMetric::SettledByDeadline
        | NegotiatedMetric::Imposed
        | NegotiatedMetric::Lapsed
        | NegotiatedMetric::CompanyPlans
        | NegotiatedMetric::BeliefOpenThreat
        | NegotiatedMetric::BeliefComplaint
        | NegotiatedMetric::BeliefFiveWeeksBefore
        | NegotiatedMetric::BeliefThreeWeeksBefore
        | NegotiatedMetric::BeliefTwoWeeksBefore
        | NegotiatedMetric::BeliefWeekBefore
        | NegotiatedMetric::BeliefTwoDaysBefore
        | NegotiatedMetric::BeliefDayBefore
        | NegotiatedMetric::BeliefDeadline => Quantity::Share,
        NegotiatedMetric::SettlementDays => Quantity::DaysFrom,
        NegotiatedMetric::Commitment => Quantity::Amount,
        NegotiatedMetric::SanctionsWeeks => Quantity::Weeks,
    })
}

fn of_firm(metric: FirmMetric) -> SlotContent {
    SlotContent::always(match metric {
        FirmMetric::Units => Quantity::Cars,
        FirmMetric::Revenue
        | FirmMetric::Cost
        | FirmMetric::MarginPerCar
        | FirmMetric::Profit
        | FirmMetric::QuotaRent => Quantity::Money,
    })
}

fn of_trade(metric: TradeMetric) -> SlotContent {
    match metric {
        TradeMetric::ImportsFromPartner | TradeMetric::Imports | TradeMetric::Deficit => {
            SlotContent::always(Quantity::Money)
        }
    }
}

fn of_quote(metric: QuoteMetric) -> SlotContent {
    // A regime with fewer stretches of weeks than another leaves rows empty.
    SlotContent::or_none(match metric {
        QuoteMetric::StickerPrice => Quantity::Price,
        QuoteMetric::Duty | QuoteMetric::ProducerPrice | QuoteMetric::QuotaRent | QuoteMetric::Refund => {
            Quantity::Money
        }
        QuoteMetric::PassThrough => Quantity::Ratio,
    })
}

fn of_response(metric: ResponseMetric) -> SlotContent {
    match metric {
        ResponseMetric::PriceChange
        | ResponseMetric::BorderPriceChange
        | ResponseMetric::PerDollarOldBase
        | ResponseMetric::PerDollarOwed
        | ResponseMetric::BorderElasticity => SlotContent::or_none(Quantity::Ratio),
    }
}

fn of_base_year(metric: BaseYearMetric) -> SlotContent {
    match metric {
        BaseYearMetric::ExpectedVolume => SlotContent::cars(),
        BaseYearMetric::MarginalCost | BaseYearMetric::Margin => SlotContent::always(Quantity::Money),
        BaseYearMetric::OwnElasticity | BaseYearMetric::OutsideDiversion => SlotContent::or_none(Quantity::Ratio),
    }
}

/// What stands in every slot of a layout; nothing for a slot that no block declares, which tests rule out.
#[must_use]
pub fn contents(layout: &Layout, on: Circumstances) -> Vec<Option<SlotContent>> {
    let mut contents = vec![None; layout.len()];
    let mut put = |slot: usize, content: SlotContent| contents[slot] = Some(content);
    for period in 0..layout.periods.len() {
        for metric in ModelMetric::ALL {
            (0..layout.models).for_each(|j| put(layout.model(*metric, period, j), on.of_model(*metric)));
        }
        for metric in RegionMetric::ALL {
            (0..layout.regions.len()).for_each(|r| put(layout.region(*metric, period, r), on.of_region(*metric)));
        }
        for (headline, metric) in layout.headline_metrics().into_iter().enumerate() {
            put(layout.headline(headline, period), on.of_headline(metric));
        }
    }
    for week in 0..layout.weeks as usize {
        for metric in WeekMetric::ALL {
            (0..layout.groups.len()).for_each(|g| put(layout.week(*metric, week, g), on.of_week(*metric)));
        }
    }
    if let Some(timed) = &layout.timed {
        in_time(layout, timed, on, &mut put);
    }
    if let Some(negotiated) = layout.negotiated {
        NegotiatedMetric::ALL.iter().for_each(|metric| put(negotiated.slot(*metric), of_negotiation(*metric)));
    }
    if let Some(accounts) = &layout.accounts {
        for period in 0..layout.periods.len() {
            let all = 0..accounts.accounts.len();
            // Gains and losses: what they must add up to is checked beside.
            all.for_each(|position| put(accounts.account(position, period), SlotContent::always(Quantity::Money)));
            for metric in FirmMetric::ALL {
                (0..accounts.firms.len()).for_each(|f| put(accounts.firm(*metric, f, period), of_firm(*metric)));
            }
        }
        for metric in TradeMetric::ALL {
            (0..accounts.months.len()).for_each(|month| put(accounts.trade(*metric, month), of_trade(*metric)));
        }
    }
    if let Some(quotes) = layout.quotes {
        let models = layout.models;
        for row in 0..quotes.rows() {
            for metric in QuoteMetric::ALL {
                (0..models).for_each(|j| put(quotes.row(row, of_model(*metric, j, models)), of_quote(*metric)));
            }
            for metric in ResponseMetric::ALL {
                put(quotes.row(row, of_all(*metric, models)), of_response(*metric));
            }
        }
        for metric in BaseYearMetric::ALL {
            (0..models).for_each(|j| put(quotes.base_year(*metric, j), of_base_year(*metric)));
        }
    }
    contents
}

fn in_time(layout: &Layout, timed: &TimedLayout, on: Circumstances, put: &mut impl FnMut(usize, SlotContent)) {
    for week in 0..layout.weeks as usize {
        for metric in DealerMetric::ALL {
            let groups = 0..timed.dealer_groups.len();
            groups.for_each(|group| put(timed.dealer(*metric, week, group), on.of_dealers(*metric)));
        }
    }
    for period in 0..layout.periods.len() {
        for metric in MoveMetric::ALL {
            for group in 0..layout.groups.len() {
                (0..=FIFTHS).for_each(|income| put(timed.moved(*metric, period, group, income), of_moves(*metric)));
            }
        }
        for metric in OwnerMetric::ALL {
            (0..timed.owners.rows).for_each(|brand| put(timed.owner(*metric, period, brand), of_owners(*metric)));
        }
    }
    for metric in LotMetric::ALL {
        (0..timed.lots.rows.len()).for_each(|row| put(timed.lot(*metric, row), of_lots(*metric)));
    }
}
