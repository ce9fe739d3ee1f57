//! Rows of the tables of the bargaining.

use jiff::civil::Date;

use super::record::table;
use crate::model::governments::Flows;
use crate::study::negotiation::{Metric, Sign};
use crate::study::offers::{DealDay, OfferRow};

/// Columns of `replications.csv` about the negotiation behind a replication: name, unit, description, in the order of
/// [`crate::model::outcome::NegotiatedMetric::ALL`].
pub(super) fn negotiation_columns() -> [(&'static str, &'static str, &'static str); 16] {
    [
        ("settled_by_deadline", "", "1 for a deal by the first deadline, else 0; empty under regimes of dated events"),
        ("imposed", "", "1 where sanctions were imposed at the first deadline"),
        ("lapsed", "", "1 where the home government backed down at the first deadline"),
        ("settlement_days", "days", "days from the first deadline to the first deal; empty without one"),
        ("commitment", "", "size of the first deal, 0 to 1; empty without one"),
        ("company_plans", "", "1 where company plans replaced criteria in it"),
        ("sanctions_weeks", "weeks", "weeks of the market's horizon in which the duty was charged"),
        ("belief_open_threat", "fraction", "belief on that day that a car will bear the duty; empty once settled"),
        ("belief_complaint", "fraction", "the same on the day of the complaint to the WTO"),
        ("belief_five_weeks_before", "fraction", "the same five weeks before the deadline"),
        ("belief_three_weeks_before", "fraction", "the same three weeks before the deadline"),
        ("belief_two_weeks_before", "fraction", "the same two weeks before the deadline"),
        ("belief_week_before", "fraction", "the same a week before the deadline"),
        ("belief_two_days_before", "fraction", "the same two days before the deadline"),
        ("belief_day_before", "fraction", "the same on the day before the deadline"),
        ("belief_deadline", "fraction", "the same on the morning of the deadline"),
    ]
}

table! {
    /// Outcomes of the bargaining over worlds: shares, means and quantiles, each over the worlds that it concerns
    /// (docs/governments.md defines every metric).
    pub struct MetricRow in "negotiation" by [metric] {
        /// name of the metric
        metric: String;
        /// mean over the worlds concerned, or the share, quantile or correlation that the name says
        mean: f64;
        /// standard error of the mean; empty for quantiles, correlations and solved parameters
        std_error: f64;
        /// worlds concerned
        worlds: u64;
    }
}

impl From<&Metric> for MetricRow {
    fn from(Metric { name, mean, std_error, worlds }: &Metric) -> Self {
        Self { metric: name.clone(), mean: *mean, std_error: *std_error, worlds: *worlds }
    }
}

table! {
    /// Outcomes of the bargaining behind each negotiated regime, over the worlds of its replications (docs/governments.md defines
    /// every metric).
    pub struct RegimeMetricRow in "negotiation" by [regime, metric] {
        /// negotiated regime, by its name in the scenario
        regime: String;
        /// the outcome
        outcome: MetricRow;
    }
}

table! {
    /// One change at a time against the unchanged study on the same worlds, followed to the deadline.
    pub struct SignRow in "signs" by [change] {
        /// name of the change
        change: &'static str;
        /// what is changed
        description: &'static str;
        /// change in the share settled by the deadline
        settled_by_deadline_change: f64, "fraction";
        /// its standard error, paired by world
        settled_by_deadline_std_error: f64, "fraction";
        /// mean change in the most that the partner would sign at the deadline
        limit_partner_change: f64, "commitment";
        /// mean change in the least that the home government would take at the deadline
        limit_home_change: f64, "commitment";
        /// mean change in the size of the deal, in worlds settled in both
        commitment_change: f64, "commitment";
        /// how much earlier the deal comes, in worlds settled in both
        days_earlier: f64, "days";
        /// worlds compared
        worlds: u64;
        /// worlds settled with and without the change
        worlds_settled_in_both: u64;
    }
}

impl From<&Sign> for SignRow {
    fn from(sign: &Sign) -> Self {
        let both = sign.commitment.count();
        let of_both = |mean: f64| if both == 0 { f64::NAN } else { mean };
        Self {
            change: sign.change.name,
            description: sign.change.description,
            settled_by_deadline_change: sign.settled.mean(),
            settled_by_deadline_std_error: sign.settled.std_error(),
            limit_partner_change: sign.partner.mean(),
            limit_home_change: sign.home.mean(),
            commitment_change: of_both(sign.commitment.mean()),
            days_earlier: of_both(sign.days_before_deadline.mean()),
            worlds: sign.settled.count(),
            worlds_settled_in_both: both,
        }
    }
}

table! {
    /// Limits and offers of both governments from the open threat to the deadline, over worlds, as if nobody signed before it.
    pub struct OffersRow in "offers" by [regime, date, series] {
        /// negotiated regime, by its name in the scenario
        regime: String;
        /// day, after its round of talks
        date: Date;
        /// limit_partner: the most that the partner would sign; limit_home: the least that the home government would take; offer_partner, offer_home
        series: String;
        /// mean commitment over worlds, 0 to 1
        commitment_mean: f64;
        /// its 5% quantile over worlds
        commitment_q05: f64;
        /// its 25% quantile over worlds
        commitment_q25: f64;
        /// its 50% quantile over worlds
        commitment_q50: f64;
        /// its 75% quantile over worlds
        commitment_q75: f64;
        /// its 95% quantile over worlds
        commitment_q95: f64;
        /// worlds
        worlds: u64;
    }
}

impl OffersRow {
    /// One series on one day.
    #[must_use]
    pub fn new(regime: &str, offers: &OfferRow) -> Self {
        let [commitment_q05, commitment_q25, commitment_q50, commitment_q75, commitment_q95] = offers.quantiles;
        Self {
            regime: regime.to_owned(),
            date: offers.day.date(),
            series: offers.series.to_owned(),
            commitment_mean: offers.mean,
            commitment_q05,
            commitment_q25,
            commitment_q50,
            commitment_q75,
            commitment_q95,
            worlds: offers.worlds,
        }
    }
}

table! {
    /// Days on which worlds strike their first deal; days without one are absent.
    pub struct SettlementDateRow in "settlement_dates" by [regime, date] {
        /// negotiated regime, by its name in the scenario
        regime: String;
        /// day of the deal
        date: Date;
        /// where the dispute stood: talks, threatened, announced, imposed, lapsed
        state: String;
        /// worlds that strike their first deal on this day
        deals: u64, "worlds";
        /// the same as a share of all worlds
        share: f64, "fraction";
        /// mean size of these deals, 0 to 1
        commitment: f64;
    }
}

impl SettlementDateRow {
    /// The deals of one day.
    #[must_use]
    pub fn new(regime: &str, DealDay { day, state, deals, share, commitment }: &DealDay) -> Self {
        Self {
            regime: regime.to_owned(),
            date: day.date(),
            state: state.as_str().to_owned(),
            deals: *deals,
            share: *share,
            commitment: *commitment,
        }
    }
}

table! {
    /// What sanctions do to the scenario's own market in a year, at each exchange rate of the grid: with sanctions less without.
    pub struct MarketFlowsRow in "market_flows" by [exchange_rate] {
        /// exchange rate
        exchange_rate: f64, "currency per USD";
        /// profit lost by the makers of the threatened region
        partner_makers_loss: f64, FLOW;
        /// profit gained by the makers of other foreign regions
        third_party_gain: f64, FLOW;
        /// profit gained by the makers of domestic regions
        home_makers_gain: f64, FLOW;
        /// extra duty collected
        extra_duty: f64, FLOW;
        /// consumers' loss
        consumers_loss: f64, FLOW;
        /// loss of the dealers of the models threatened
        dealers_loss: f64, FLOW;
    }
}

const FLOW: &str = "billion USD per year";

impl MarketFlowsRow {
    /// The flows at one exchange rate.
    #[must_use]
    pub fn new(exchange_rate: f64, flows: &Flows) -> Self {
        Self {
            exchange_rate,
            partner_makers_loss: flows.partner_makers_loss,
            third_party_gain: flows.third_party_gain,
            home_makers_gain: flows.home_makers_gain,
            extra_duty: flows.extra_duty,
            consumers_loss: flows.consumers_loss,
            dealers_loss: flows.dealers_loss,
        }
    }
}
