//! The `[governments]` section: parameters of the bargaining, its dates and the market flows it feeds on.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::ScenarioFile;
use super::scenario::Reader;
use super::sourced::Sourced;
use super::{ConfigError, Document, Table};
use crate::model::governments::calendar::{InvalidCalendar, month_number};
use crate::model::governments::flows::{InvalidFlows, REFERENCE_YEN};
use crate::model::governments::parameters::{InvalidParameter, governments_parameters};
use crate::model::governments::{
    BeliefMode, Calendar, Day, Escalation, ExchangePath, Flows, MarketFlows, Parameters, Setup,
};

/// Last day that can be followed: 100 years of days would take minutes a world's thousand.
const LAST_DAY: Day = Day(36_525);

macro_rules! define_section {
    ($( $(#[$doc:meta])* $name:ident: $bound:ident = $default:expr; )*) => {
        /// The bargaining of the two governments. Payoffs are billion USD, flows billion USD a year.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct GovernmentsSection {
            $( $(#[$doc])* #[serde(default)] pub $name: Option<Sourced<f64>>, )*
            /// How buyers and firms judge the threat.
            #[serde(default)]
            pub beliefs: Option<BeliefChoice>,
            /// How far Washington's steps go.
            #[serde(default)]
            pub escalation: Option<EscalationChoice>,
            /// Whether numerical targets stay on the table after the resumption of talks.
            #[serde(default)]
            pub numerical_only: Option<bool>,
            /// Whether there is a WTO to complain to.
            #[serde(default)]
            pub wto: Option<bool>,
            /// Yen per dollar for all time, in place of the monthly rates of `exchange_rate.data`.
            #[serde(default)]
            pub yen_per_usd: Option<Sourced<f64>>,
            /// Dates of the steps.
            #[serde(default)]
            pub dates: DatesSection,
            /// What sanctions do to the market.
            #[serde(default)]
            pub flows: Option<FlowsSection>,
        }

        impl GovernmentsSection {
            /// The defaults with every number of this section in its place.
            fn numbers(&self) -> Parameters {
                let mut parameters = Parameters::default();
                $( if let Some(given) = &self.$name { parameters.$name = given.value; } )*
                parameters
            }
        }
    };
}
governments_parameters!(define_section);

/// How buyers and firms judge the threat.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum BeliefChoice {
    /// By Washington's reputation.
    Reputation,
    /// By the probability with which Washington would execute.
    Rational,
    /// Not at all.
    Naive,
}

/// How far Washington's steps go.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum EscalationChoice {
    /// Talks without a threat.
    Talks,
    /// An open threat without a list or a date.
    Threat,
    /// A list and a deadline.
    DatedThreat,
}

macro_rules! define_dates {
    ($( $(#[$doc:meta])* $name:ident; )*) => {
        /// Dates of the dispute's steps; each happens only if nothing was settled before it.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct DatesSection {
            $( $(#[$doc])* #[serde(default)] #[schemars(with = "Option<String>")] pub $name: Option<Date>, )*
        }

        impl DatesSection {
            fn calendar(&self) -> Calendar {
                let mut calendar = Calendar::default();
                $( if let Some(date) = self.$name { calendar.$name = Day::of(date); } )*
                calendar
            }
        }
    };
}
define_dates! {
    /// Talks break down.
    breakdown;
    /// Talks resume.
    resumption;
    /// The procedure of 1994 passes without sanctions.
    procedure_without_sanctions;
    /// The China pact.
    china_pact;
    /// The open threat.
    open_threat;
    /// The formal finding.
    finding;
    /// The list of models.
    list;
    /// Tokyo's complaint to the WTO.
    complaint;
    /// First day of liability.
    liability;
    /// The summit.
    summit;
    /// The deadline.
    deadline;
    /// The last day followed.
    horizon;
}

/// Market flows on a rising grid of exchange rates, billion USD a year, sanctioned minus not.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowsSection {
    /// Exchange rates of the grid, yen per dollar.
    pub yen: Sourced<Vec<f64>>,
    /// With one exchange rate: elasticity to it of Japanese makers' loss and Europe's gain.
    #[serde(default)]
    pub yen_elasticity: Option<Sourced<f64>>,
    /// Profit lost by all Japanese makers.
    pub japanese_makers_loss: Sourced<Vec<f64>>,
    /// Profit gained by European makers.
    pub europe_gain: Sourced<Vec<f64>>,
    /// Profit gained by the Big Three.
    pub big_three_gain: Sourced<Vec<f64>>,
    /// Extra duty collected.
    pub extra_duty: Sourced<Vec<f64>>,
    /// Consumers' loss.
    pub consumers_loss: Sourced<Vec<f64>>,
    /// Loss of the dealers of sanctioned makes.
    pub dealers_loss: Sourced<Vec<f64>>,
}

/// Turns the section, or its absence, into a checked study of the bargaining.
///
/// # Errors
/// [`ConfigError`] naming the key, its value and what would do.
pub fn governments(document: &Document) -> Result<Setup, ConfigError> {
    let file: ScenarioFile = document.deserialize()?;
    let reader = Reader { document, file: &file };
    let default = GovernmentsSection::default();
    let section = file.governments.as_ref().unwrap_or(&default);
    Ok(Setup {
        parameters: parameters(&reader, section)?,
        calendar: calendar(&reader, section)?,
        flows: match &section.flows {
            Some(flows) => market_flows(&reader, flows)?,
            None => MarketFlows::default(),
        },
        yen: yen(&reader, section)?,
    })
}

fn parameters(reader: &Reader<'_>, section: &GovernmentsSection) -> Result<Parameters, ConfigError> {
    let mut parameters = section.numbers();
    parameters.beliefs = match section.beliefs {
        None | Some(BeliefChoice::Reputation) => BeliefMode::Reputation,
        Some(BeliefChoice::Rational) => BeliefMode::Rational,
        Some(BeliefChoice::Naive) => BeliefMode::Naive,
    };
    parameters.numerical_only = section.numerical_only.unwrap_or(false);
    parameters.wto = section.wto.unwrap_or(true);
    match parameters.check() {
        Ok(()) => Ok(parameters),
        Err(InvalidParameter { key, value, expected }) => {
            let message = format!("is {value}, expected {expected}");
            Err(reader.error(&format!("governments.{key}"), message, ""))
        }
    }
}

fn calendar(reader: &Reader<'_>, section: &GovernmentsSection) -> Result<Calendar, ConfigError> {
    let mut calendar = section.dates.calendar();
    calendar.escalation = match section.escalation {
        Some(EscalationChoice::Talks) => Escalation::Talks,
        Some(EscalationChoice::Threat) => Escalation::Threat,
        None | Some(EscalationChoice::DatedThreat) => Escalation::DatedThreat,
    };
    calendar.check().map_err(|error| {
        let InvalidCalendar { earlier, later, .. } = &error;
        let given = |name: &str| reader.document.origin(&format!("governments.dates.{name}")).is_some();
        let key = if given(later) || !given(earlier) { later } else { earlier };
        reader.error(&format!("governments.dates.{key}"), error.to_string(), "the steps follow each other in time")
    })?;
    if calendar.horizon > LAST_DAY {
        let message = format!("is {}, expected a date up to {}", calendar.horizon.date(), LAST_DAY.date());
        return Err(reader.error("governments.dates.horizon", message, ""));
    }
    Ok(calendar)
}

fn market_flows(reader: &Reader<'_>, section: &FlowsSection) -> Result<MarketFlows, ConfigError> {
    let columns = [
        &section.japanese_makers_loss.value,
        &section.europe_gain.value,
        &section.big_three_gain.value,
        &section.extra_duty.value,
        &section.consumers_loss.value,
        &section.dealers_loss.value,
    ];
    let yen = &section.yen.value;
    for (name, column) in Flows::NAMES.into_iter().zip(columns) {
        if column.len() != yen.len() {
            let message = format!("has {} values for {} exchange rates", column.len(), yen.len());
            return Err(reader.error(&format!("governments.flows.{name}"), message, "give one for each rate in `yen`"));
        }
    }
    let flows: Vec<Flows> = (0..yen.len())
        .map(|i| Flows {
            japanese_makers_loss: columns[0][i],
            europe_gain: columns[1][i],
            big_three_gain: columns[2][i],
            extra_duty: columns[3][i],
            consumers_loss: columns[4][i],
            dealers_loss: columns[5][i],
        })
        .collect();
    let grid = MarketFlows::from_grid(yen.clone(), flows.clone()).map_err(|error| {
        let key = match &error {
            InvalidFlows::Flow { flow, .. } => flow,
            InvalidFlows::Empty | InvalidFlows::Length { .. } | InvalidFlows::Rate { .. } => "yen",
        };
        reader.error(&format!("governments.flows.{key}"), error.to_string(), "")
    })?;
    let Some(elasticity) = &section.yen_elasticity else { return Ok(grid) };
    let key = "governments.flows.yen_elasticity";
    let elasticity = reader.number(key, elasticity.value, |x| x.abs() <= 10.0, "a number between -10 and 10")?;
    match (yen.as_slice(), flows.as_slice()) {
        ([yen], [flows]) => Ok(MarketFlows::with_elasticity(*yen, *flows, elasticity)),
        _ => {
            let help = "leave it out: the grid says how flows move with the rate";
            Err(reader.error(key, format!("is given beside a grid of {} exchange rates", yen.len()), help))
        }
    }
}

/// The daily yen: the constant given, or the monthly data of the scenario, or the rate of the default flows.
fn yen(reader: &Reader<'_>, section: &GovernmentsSection) -> Result<ExchangePath, ConfigError> {
    const KEY: &str = "governments.yen_per_usd";
    let constant = |rate: f64| ExchangePath::constant(rate).map_err(|error| reader.error(KEY, error.to_string(), ""));
    if let Some(rate) = &section.yen_per_usd {
        return constant(reader.positive(KEY, rate)?);
    }
    let Some(data) = &reader.file.exchange_rate else { return constant(REFERENCE_YEN) };
    let Some(column) = data.currency.get("Japan") else { return constant(REFERENCE_YEN) };
    let table = Table::load(reader.data_path("exchange_rate.data", &data.data))?.labelled_by("month")?;
    let months = table.column_month("month")?;
    let rates = table.column_positive(column)?;
    let gap = months.windows(2).position(|pair| month_number(pair[1]) != month_number(pair[0]) + 1);
    if let Some(row) = gap {
        let help = "the governments need every month from the first to the last, in order";
        return Err(table.error_at(row + 1, "month does not follow the month before", help));
    }
    let Some(first) = months.first() else {
        return Err(reader.error("exchange_rate.data", "has no month", ""));
    };
    ExchangePath::monthly(*first, rates).map_err(|error| reader.error("exchange_rate.data", error.to_string(), ""))
}
