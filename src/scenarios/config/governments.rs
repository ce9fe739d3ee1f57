//! The `[governments]` section: parameters of the bargaining, its dates and the market flows it feeds on.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::error::ConfigError;
use super::flows::{self, FlowsSection, Partner};
use super::reader::Reader;
use super::regimes::RegimeSection;
use super::sourced::Sourced;
use super::time::Horizon;
use crate::model::governments::calendar::InvalidCalendar;
use crate::model::governments::parameters::InvalidParameter;
use crate::model::governments::{
    Bargaining, BeliefMode, Calendar, Escalation, ExchangePath, MarketClock, MarketFlows, NegotiatedRegime, Parameters,
    Setup,
};
use crate::model::ids::{Id, RegimeId};
use crate::model::market::Market;
use crate::model::trade::instrument::Instrument;
use crate::numerics::calendar::Day;

/// Days that can be followed: a hundred years would take minutes a world's thousand.
const MOST_DAYS: i32 = 36_525;

/// The number of a [`Sourced`] one. There are some 120 of them in the section, whose texts nobody asks for, and which take a large part of a build
/// where each could own some.
#[cfg_attr(feature = "schema", derive(serde::Serialize))]
#[derive(Clone, Copy, Debug)]
pub struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Sourced::deserialize(deserializer).map(|sourced| Self(sourced.value))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Number {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Sourced::<f64>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Sourced::<f64>::json_schema(generator)
    }
}

macro_rules! define_section {
    ($( $(#[$doc:meta])* $name:ident: $bound:ident; )*) => {
        /// The bargaining of the two governments. Payoffs are billion USD, flows billion USD a year.
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct GovernmentsSection {
            $(
                $(#[$doc])*
                #[serde(default)]
                pub $name: Option<Number>,
            )*
            /// How buyers and firms judge the threat.
            #[serde(default)]
            pub beliefs: Option<BeliefMode>,
            /// How far the home government's steps go.
            #[serde(default)]
            pub escalation: Option<Escalation>,
            /// Whether numerical targets stay on the table after the resumption of talks.
            #[serde(default)]
            pub numerical_only: Option<bool>,
            /// Whether there is a WTO to complain to.
            #[serde(default)]
            pub wto: Option<bool>,
            /// Weight in the partner's limit of its losses so far under sanctions, beside those to come; 0 if absent: only what is to come counts.
            #[serde(default)]
            pub suffered_weight: Option<Sourced<f64>>,
            /// Years over which such losses are forgotten (to 1/e); never if absent.
            #[serde(default)]
            pub suffered_years: Option<Sourced<f64>>,
            /// Changes of the partner's government a year, each of which draws `refusal_reward` anew; none if absent.
            #[serde(default)]
            pub partner_changes: Option<Sourced<f64>>,
            /// Exchange rate for all time, the partner's currency per USD, in place of the monthly rates of `exchange_rate.data`.
            #[serde(default)]
            pub exchange_rate: Option<Sourced<f64>>,
            /// Dates of the steps.
            #[serde(default)]
            pub dates: Option<DatesSection>,
            /// What sanctions do to the market.
            pub flows: FlowsSection,
        }

        impl GovernmentsSection {
            /// The numbers given, in the order of [`Parameters::KEYS`].
            fn numbers(&self) -> Vec<Option<f64>> {
                [$( self.$name, )*].iter().map(|given| given.map(|given| given.0)).collect()
            }
        }
    };
}
stickershock_core::governments_parameters!(define_section);

macro_rules! define_dates {
    ($( $(#[$doc:meta])* $name:ident; )*) => {
        /// Dates of the dispute's steps; each happens only if nothing was settled before it.
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct DatesSection {
            $( $(#[$doc])* #[cfg_attr(feature = "schema", schemars(with = "String"))] pub $name: Date, )*
        }

        impl DatesSection {
            fn calendar(&self, escalation: Escalation) -> Calendar {
                Calendar { escalation, $( $name: Day::of(self.$name), )* }
            }
        }
    };
}
define_dates! {
    /// The two governments agree to negotiate: the first day followed.
    start;
    /// Talks break down.
    breakdown;
    /// Talks resume.
    resumption;
    /// An earlier procedure passes without sanctions.
    procedure_without_sanctions;
    /// A pact with another country after a threat that was believed.
    pact_elsewhere;
    /// The open threat.
    open_threat;
    /// The formal finding.
    finding;
    /// The list of models.
    list;
    /// The partner's complaint to the WTO.
    complaint;
    /// First day of liability.
    liability;
    /// The summit.
    summit;
    /// The deadline.
    deadline;
    /// The last day followed.
    horizon;
    /// First day of the year in which `parts_base` and `sales_base` were measured.
    base_year;
}

/// What negotiated regimes are made of.
pub(super) struct NegotiatedSections<'a> {
    pub regimes: &'a [RegimeSection],
    pub instruments: &'a [Instrument],
    /// Whether buyers believe in no duty before it is imposed.
    pub naive_buyers: bool,
}

/// Turns the section and the negotiated regimes into the checked governments of a scenario; without either there are none.
///
/// # Errors
/// [`ConfigError`] naming the key, its value and what would do.
pub(super) fn bargaining(
    reader: &Reader<'_>,
    section: Option<&GovernmentsSection>,
    negotiated: &NegotiatedSections<'_>,
    partner: Partner<'_>,
    horizon: Horizon,
    market: &Market,
) -> Result<Option<Bargaining>, ConfigError> {
    let regimes = negotiated_regimes(reader, negotiated)?;
    let Some(section) = section else {
        let Some(first) = regimes.first() else { return Ok(None) };
        let key = format!("regime[{}].negotiated", first.regime.index());
        let help = "add [governments] with its numbers, dates and flows, as configs/market-1995.toml does";
        return Err(reader.error(&key, "needs a section [governments]", help));
    };
    let setup = Setup {
        parameters: parameters(reader, section)?,
        calendar: steps(reader, section)?,
        flows: flows::given(reader, &section.flows)?,
        exchange_rate: exchange_rate(reader, section, partner)?,
    };
    let end = MarketClock::new(horizon.start, horizon.weeks).end();
    if !regimes.is_empty() && setup.calendar.horizon < end {
        let key = "governments.dates.horizon";
        let message =
            format!("{} is before the market's last day, {}", setup.calendar.horizon.date(), (end + -1).date());
        return Err(reader.error(key, message, "the governments of a negotiated regime are followed at least as long"));
    }
    let market_flows = flows::grid(reader, &section.flows, market, negotiated.instruments, &regimes, partner)?;
    if market_flows.is_none() && !regimes.is_empty() && setup.flows == MarketFlows::none() {
        let help = "give `exchange_rate` and all six flows, or `source = \"market\"`";
        return Err(reader.error("governments.flows", "has no flows to bargain over", help));
    }
    Ok(Some(Bargaining { setup, market_flows, regimes }))
}

/// The regimes that the governments negotiate.
fn negotiated_regimes(
    reader: &Reader<'_>,
    negotiated: &NegotiatedSections<'_>,
) -> Result<Vec<NegotiatedRegime>, ConfigError> {
    let NegotiatedSections { regimes: sections, instruments, naive_buyers } = *negotiated;
    let names: Vec<String> = instruments.iter().map(|instrument| instrument.name.clone()).collect();
    let mut regimes = Vec::new();
    for (regime, section) in sections.iter().enumerate() {
        let key = format!("regime[{regime}]");
        match (section.negotiated, &section.instrument) {
            (false, None) => {}
            (false, Some(_)) => {
                let help = "events name their own instruments; set `negotiated = true` to let the governments decide";
                return Err(reader.error(
                    &format!("{key}.instrument"),
                    "is of no use in a regime of dated events",
                    help,
                ));
            }
            (true, None) => {
                let help = format!("name the instrument that is threatened: {}", names.join(", "));
                return Err(reader.error(&format!("{key}.negotiated"), "needs `instrument`", help));
            }
            (true, Some(_)) if !section.events.is_empty() => {
                let help = "leave out `events`, or `negotiated` and `instrument`";
                return Err(reader.error(
                    &format!("{key}.events"),
                    "are given although the regime is negotiated",
                    help,
                ));
            }
            (true, Some(name)) => {
                let instrument =
                    reader.position(&format!("{key}.instrument"), name, &names, "instrument of this scenario")?;
                let threatened = &instruments[instrument];
                if !threatened.is_duty() || threatened.until.is_some() {
                    let kind = if threatened.is_duty() { "a duty that runs out" } else { threatened.kind() };
                    let help = "the governments bargain over a duty without `until`: they decide when it ends";
                    let message = format!("`{name}` is {kind}, which cannot be negotiated");
                    return Err(reader.error(&format!("{key}.instrument"), message, help));
                }
                regimes.push(NegotiatedRegime { regime: RegimeId::from_index(regime), instrument, naive_buyers });
            }
        }
    }
    Ok(regimes)
}

fn parameters(reader: &Reader<'_>, section: &GovernmentsSection) -> Result<Parameters, ConfigError> {
    let mut parameters = Parameters::from_numbers(&section.numbers()).map_err(|missing| without(reader, &missing))?;
    parameters.beliefs = section.beliefs.unwrap_or_default();
    parameters.numerical_only = section.numerical_only.unwrap_or(false);
    parameters.wto = section.wto.unwrap_or(true);
    let or = |given: &Option<Sourced<f64>>, absent: f64| given.as_ref().map_or(absent, |given| given.value);
    parameters.suffered_weight = or(&section.suffered_weight, 0.0);
    parameters.suffered_years = or(&section.suffered_years, f64::INFINITY);
    parameters.partner_changes = or(&section.partner_changes, 0.0);
    if section.suffered_years.is_some() && section.suffered_weight.is_none() {
        let help = "add `suffered_weight`, or leave it out";
        return Err(reader.error("governments.suffered_years", "has no weight of losses that it is about", help));
    }
    match parameters.check() {
        Ok(()) => Ok(parameters),
        Err(InvalidParameter { key, value, expected }) => {
            let message = format!("is {value}, expected {expected}");
            Err(reader.error(&format!("governments.{key}"), message, ""))
        }
    }
}

/// What is said where numbers of the bargaining are not given.
fn without(reader: &Reader<'_>, missing: &[&str]) -> ConfigError {
    let named: Vec<String> = missing.iter().take(3).map(|key| format!("`{key}`")).collect();
    let more = match missing.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let help = if missing == ["execution_reward"] {
        "it goes with the market's flows: add `execution_reward = 1` to [governments], then `stickershock negotiate FILE --solve-k=0.77` prints \
         the one that settles 0.77 of the worlds"
    } else {
        "every dispute has numbers of its own: give all of them in [governments]; those of 1995, with their reasons, are in \
         configs/parts/bargaining-1995.toml, which a scenario may extend (docs/governments.md)"
    };
    reader.error("governments", format!("has no {}{more}", named.join(", ")), help)
}

fn steps(reader: &Reader<'_>, section: &GovernmentsSection) -> Result<Calendar, ConfigError> {
    let dates = section.dates.as_ref().ok_or_else(|| without(reader, &["dates"]))?;
    let calendar = dates.calendar(section.escalation.unwrap_or_default());
    calendar.check().map_err(|error| {
        let InvalidCalendar { earlier, later, .. } = &error;
        let given = |name: &str| reader.document.origin(&format!("governments.dates.{name}")).is_some();
        let key = if given(later) { later } else { earlier };
        reader.error(&format!("governments.dates.{key}"), error.to_string(), "the steps follow each other in time")
    })?;
    let last = calendar.start + MOST_DAYS;
    if calendar.horizon > last {
        let message = format!("is {}, expected a date up to {}", calendar.horizon.date(), last.date());
        return Err(reader.error("governments.dates.horizon", message, ""));
    }
    Ok(calendar)
}

/// The daily exchange rate: the constant given, or the monthly data of the scenario.
fn exchange_rate(
    reader: &Reader<'_>,
    section: &GovernmentsSection,
    partner: Partner<'_>,
) -> Result<ExchangePath, ConfigError> {
    const KEY: &str = "governments.exchange_rate";
    if let Some(rate) = &section.exchange_rate {
        let rate = reader.positive(KEY, rate)?;
        return ExchangePath::constant(rate).map_err(|error| reader.error(KEY, error.to_string(), ""));
    }
    let monthly = match (partner.rates, partner.country) {
        (Some(rates), Some(country)) => rates.monthly(country)?,
        _ => None,
    };
    let Some((first, monthly)) = monthly else {
        let help = "add `exchange_rate = NUMBER` to [governments], or monthly rates ([exchange_rate]) for the currency of the first of \
                    `accounts.partner_countries`";
        return Err(reader.error("governments", "has no exchange rate of the partner's currency", help));
    };
    ExchangePath::monthly(first, monthly).map_err(|error| reader.error("exchange_rate.data", error.to_string(), ""))
}
