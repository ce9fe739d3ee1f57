//! Tables of the bargaining: `negotiation.csv` and `signs.csv`.

use super::record::{Cell, Field, FieldType, Record};
use crate::model::governments::Flows;
use crate::study::negotiation::{Metric, Sign};
use crate::study::offers::{DealDay, OfferRow};

fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn number(name: &str, unit: &'static str, description: &str) -> Field {
    Field::new(name, FieldType::Number, unit, description)
}

/// Columns of `replications.csv` about the negotiation behind a replication: name, unit, description, in the order of
/// [`crate::model::outcome::NegotiatedMetric::ALL`].
pub(super) fn negotiation_columns() -> [(&'static str, &'static str, &'static str); 16] {
    [
        ("settled_by_deadline", "", "1 for a deal by the first deadline, else 0; empty under regimes of dated events"),
        ("imposed", "", "1 where sanctions were imposed at the first deadline"),
        ("lapsed", "", "1 where the United States backed down at the first deadline"),
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

impl Record for Metric {
    const TABLE: &'static str = "negotiation";
    const DESCRIPTION: &'static str = "Outcomes of the bargaining over worlds: shares, means and quantiles, each over the worlds that it concerns \
                                       (docs/governments.md defines every metric).";
    const KEY: &'static [&'static str] = &["metric"];

    fn fields() -> Vec<Field> {
        vec![
            text("metric", "name of the metric"),
            number(
                "mean",
                "",
                "mean over the worlds concerned, or the share, quantile or correlation that the name says",
            ),
            number(
                "std_error",
                "",
                "standard error of the mean; empty for quantiles, correlations and solved parameters",
            ),
            Field::new("worlds", FieldType::Integer, "", "worlds concerned"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Text(self.name.clone()),
            Cell::Number(self.mean),
            Cell::Number(self.std_error),
            Cell::Integer(self.worlds),
        ]
    }
}

impl Record for Sign {
    const TABLE: &'static str = "signs";
    const DESCRIPTION: &'static str =
        "One change at a time against the unchanged study on the same worlds, followed to the deadline.";
    const KEY: &'static [&'static str] = &["change"];

    fn fields() -> Vec<Field> {
        vec![
            text("change", "name of the change"),
            text("description", "what is changed"),
            number("settled_by_deadline_change", "fraction", "change in the share settled by the deadline"),
            number("settled_by_deadline_std_error", "fraction", "its standard error, paired by world"),
            number("limit_japan_change", "commitment", "mean change in the most that Tokyo would sign at the deadline"),
            number(
                "limit_us_change",
                "commitment",
                "mean change in the least that Washington would take at the deadline",
            ),
            number("commitment_change", "commitment", "mean change in the size of the deal, in worlds settled in both"),
            number("days_earlier", "days", "how much earlier the deal comes, in worlds settled in both"),
            Field::new("worlds", FieldType::Integer, "", "worlds compared"),
            Field::new("worlds_settled_in_both", FieldType::Integer, "", "worlds settled with and without the change"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let both = self.commitment.count();
        let mean_of_both = |mean: f64| Cell::Number(if both == 0 { f64::NAN } else { mean });
        vec![
            Cell::Text(self.change.name.to_owned()),
            Cell::Text(self.change.description.to_owned()),
            Cell::Number(self.settled.mean()),
            Cell::Number(self.settled.std_error()),
            Cell::Number(self.japan.mean()),
            Cell::Number(self.us.mean()),
            mean_of_both(self.commitment.mean()),
            mean_of_both(self.days_before_deadline.mean()),
            Cell::Integer(self.settled.count()),
            Cell::Integer(both),
        ]
    }
}

/// A metric of the bargaining behind one regime (`negotiation.csv` of a run).
#[derive(Clone, Debug, PartialEq)]
pub struct RegimeMetric {
    /// Regime name.
    pub regime: String,
    /// The metric over the worlds of the replications.
    pub metric: Metric,
}

impl Record for RegimeMetric {
    const TABLE: &'static str = Metric::TABLE;
    const DESCRIPTION: &'static str = "Outcomes of the bargaining behind each negotiated regime, over the worlds of its replications \
                                       (docs/governments.md defines every metric).";
    const KEY: &'static [&'static str] = &["regime", "metric"];

    fn fields() -> Vec<Field> {
        let mut fields = Metric::fields();
        fields.push(text("regime", "negotiated regime, by its name in the scenario"));
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = self.metric.cells();
        cells.push(Cell::Text(self.regime.clone()));
        cells
    }
}

/// Limits and offers of one day (`offers.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct OffersRow {
    /// Regime name.
    pub regime: String,
    /// One series on one day.
    pub offers: OfferRow,
}

impl Record for OffersRow {
    const TABLE: &'static str = "offers";
    const DESCRIPTION: &'static str = "Limits and offers of both governments from the open threat to the deadline, over worlds, as if \
                                       nobody signed before it.";
    const KEY: &'static [&'static str] = &["regime", "date", "series"];

    fn fields() -> Vec<Field> {
        let mut fields = vec![
            text("regime", "negotiated regime, by its name in the scenario"),
            Field::new("date", FieldType::Date, "", "day, after its round of talks"),
            text(
                "series",
                "limit_japan: the most that Tokyo would sign; limit_us: the least that Washington would take; offer_japan, offer_us",
            ),
        ];
        fields.push(number("commitment_mean", "", "mean commitment over worlds, 0 to 1"));
        for (name, p) in [("q05", "5%"), ("q25", "25%"), ("q50", "50%"), ("q75", "75%"), ("q95", "95%")] {
            fields.push(number(&format!("commitment_{name}"), "", &format!("its {p} quantile over worlds")));
        }
        fields.push(Field::new("worlds", FieldType::Integer, "", "worlds"));
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let offers = &self.offers;
        let mut cells = vec![
            Cell::Text(self.regime.clone()),
            Cell::Date(offers.day.date()),
            Cell::Text(offers.series.to_owned()),
            Cell::Number(offers.mean),
        ];
        cells.extend(offers.quantiles.map(Cell::Number));
        cells.push(Cell::Integer(offers.worlds));
        cells
    }
}

/// Deals of one day (`settlement_dates.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct SettlementDateRow {
    /// Regime name.
    pub regime: String,
    /// The deals.
    pub deals: DealDay,
}

impl Record for SettlementDateRow {
    const TABLE: &'static str = "settlement_dates";
    const DESCRIPTION: &'static str = "Days on which worlds strike their first deal; days without one are absent.";
    const KEY: &'static [&'static str] = &["regime", "date"];

    fn fields() -> Vec<Field> {
        vec![
            text("regime", "negotiated regime, by its name in the scenario"),
            Field::new("date", FieldType::Date, "", "day of the deal"),
            text("state", "where the dispute stood: talks, threatened, announced, imposed, lapsed"),
            Field::new("deals", FieldType::Integer, "worlds", "worlds that strike their first deal on this day"),
            number("share", "fraction", "the same as a share of all worlds"),
            number("commitment", "", "mean size of these deals, 0 to 1"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let deals = &self.deals;
        vec![
            Cell::Text(self.regime.clone()),
            Cell::Date(deals.day.date()),
            Cell::Text(deals.state.as_str().to_owned()),
            Cell::Integer(deals.deals),
            Cell::Number(deals.share),
            Cell::Number(deals.commitment),
        ]
    }
}

/// What sanctions do to the market at one exchange rate (`market_flows.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct MarketFlowsRow {
    /// Yen per dollar.
    pub yen: f64,
    /// The six flows.
    pub flows: Flows,
}

impl Record for MarketFlowsRow {
    const TABLE: &'static str = "market_flows";
    const DESCRIPTION: &'static str = "What sanctions do to the scenario's own market in a year, at each exchange rate of the grid: sanctioned less not.";
    const KEY: &'static [&'static str] = &["yen_per_usd"];

    fn fields() -> Vec<Field> {
        let mut fields = vec![number("yen_per_usd", "JPY per USD", "exchange rate")];
        for (name, what) in Flows::NAMES.iter().zip([
            "profit lost by Japanese makers",
            "profit gained by European makers",
            "profit gained by the Big Three",
            "extra duty collected",
            "consumers' loss",
            "loss of the dealers of the models threatened",
        ]) {
            fields.push(number(name, "billion USD per year", what));
        }
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        std::iter::once(self.yen).chain(self.flows.values()).map(Cell::Number).collect()
    }
}
