//! From a scenario file to a checked [`Scenario`]: every name resolves, every number is in range, every event can happen.
//!
//! Each section is read and checked in a file of its own; here they are put together, in the order in which they need each other.

use serde::Deserialize;

use super::accounts::{self, AccountsSection};
use super::buyers::BuyersSection;
use super::chain;
use super::dealers::{DealersSection, ShippingSection};
use super::demand::{self, DemandSection, HoldingSection};
use super::error::ConfigError;
use super::exchange::{ExchangeRateSection, Rates};
use super::fit::CalibrationSection;
use super::flows::Partner;
use super::governments::{self, GovernmentsSection, NegotiatedSections};
use super::groups::{self, GroupSection};
use super::instruments::{self, InstrumentSection, Seller};
use super::market::{self, MarketSection};
use super::on_sale;
use super::outputs::{ChartsSection, OutputsSection};
use super::parameters::CorrelationEntry;
use super::pricing::{self, PricingSection};
use super::problem::{self, ParameterEntry};
use super::reader::Reader;
use super::regimes::{self, RegimeSection};
use super::run::RunSection;
use super::stop::StopSection;
use super::sweep::SweepSection;
use super::time::{self, Horizon, PeriodSection, TimeSection};
use super::timing::{self, BuyersBelief, PolicySections, Sections, TimingMode, TimingSection};
use super::uncertainty::UncertaintySection;
use crate::model::ids::IdTable;
use crate::model::market::Market;
use crate::model::scenario::{Outputs, Scenario};
use crate::model::trade::instrument::{Instrument, Measure};

/// A scenario: one market, its buyers, and the policy regimes to compare on the same worlds.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(title = "Stickershock scenario"))]
pub struct ScenarioFile {
    /// Name of the study and of its output folder.
    pub name: String,
    /// Title of the charts.
    pub title: Option<String>,
    /// Another scenario file (or several, later ones win) that this one changes; paths are relative to this file.
    #[serde(default)]
    pub extends: Option<Extends>,
    /// The horizon.
    pub time: TimeSection,
    /// Seed, replications, baseline.
    pub run: RunSection,
    /// Replications until contrasts are known well enough, in place of a fixed number.
    #[serde(default)]
    pub stop: Option<StopSection>,
    /// Models on sale, their size and their duty.
    pub market: MarketSection,
    /// The population of buyers.
    pub buyers: BuyersSection,
    /// Parameters of demand.
    pub demand: DemandSection,
    /// The law of intervals between purchases.
    pub holding: HoldingSection,
    /// How list prices respond.
    pub pricing: PricingSection,
    /// Exchange rates.
    #[serde(default)]
    pub exchange_rate: Option<ExchangeRateSection>,
    /// What is written, and where.
    #[serde(default)]
    pub outputs: OutputsSection,
    /// How charts look.
    #[serde(default)]
    pub charts: ChartsSection,
    /// When buyers move purchases, and what they believe. With this, `[dealers]` or `[shipping]` the run is in time.
    #[serde(default)]
    pub timing: Option<TimingSection>,
    /// Dealers' stock and transaction prices.
    #[serde(default)]
    pub dealers: Option<DealersSection>,
    /// Shipments from order to landing.
    #[serde(default)]
    pub shipping: Option<ShippingSection>,
    /// Named stretches of time to report besides the whole horizon and its years.
    #[serde(default)]
    pub period: Vec<PeriodSection>,
    /// Sets of models whose sales, share and price are headline metrics, beside those of regions and of the list.
    #[serde(default)]
    pub group: Vec<GroupSection>,
    /// Policy instruments that regimes use.
    #[serde(default)]
    pub instrument: Vec<InstrumentSection>,
    /// Names of the regimes that run, in their order; all of `[[regime]]` if absent.
    #[serde(default, rename = "regimes")]
    pub _regimes: Vec<String>,
    /// Policy histories.
    pub regime: Vec<RegimeSection>,
    /// The bargaining of the two governments; what is left out has its default.
    #[serde(default)]
    pub governments: Option<GovernmentsSection>,
    /// Values that are uncertain, with their distributions; the scenario itself runs with the values above.
    #[serde(default)]
    pub parameter: Vec<ParameterEntry>,
    /// Correlations of uncertain values; the others are independent.
    #[serde(default)]
    pub correlation: Vec<CorrelationEntry>,
    /// The study runs at many points, each with other settings.
    #[serde(default)]
    pub sweep: Option<SweepSection>,
    /// The study runs at draws of the uncertain values and data.
    #[serde(default)]
    pub uncertainty: Option<UncertaintySection>,
    /// Dealers' margins, owners of the manufacturers, and the partner of the dispute.
    #[serde(default)]
    pub accounts: Option<AccountsSection>,
    /// What `stickershock calibrate` fits, and to what; nothing else reads it.
    #[serde(default)]
    pub calibration: Option<CalibrationSection>,
}

/// One file or several.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Extends {
    /// One file.
    One(String),
    /// Several, applied in order.
    Many(Vec<String>),
}

/// Turns a file into a checked scenario.
///
/// # Errors
/// [`ConfigError`] naming file, line or row, key, value and remedy.
pub(super) fn scenario(reader: &Reader<'_>, file: &ScenarioFile) -> Result<Scenario, ConfigError> {
    name(reader, &file.name)?;
    // Before anything that grows with the square of them.
    for (key, length, most) in [
        ("instrument", file.instrument.len(), instruments::MAX_INSTRUMENTS),
        ("regime", file.regime.len(), regimes::MAX_REGIMES),
        ("period", file.period.len(), time::MAX_PERIODS),
        ("parameter", file.parameter.len(), problem::MOST_PARAMETERS),
        ("correlation", file.correlation.len(), problem::MOST_PARAMETERS),
    ] {
        if key == "regime" && length == 0 {
            let help = "define at least one: a [[regime]] with a name; the first is what others are compared with";
            return Err(reader.error(key, "there is no regime", help));
        }
        reader.count(key, length as u64, 0, most, "leave some out")?;
    }
    let horizon = Horizon::new(reader, &file.time)?;
    let mut market = market::market(reader, &file.market)?;
    market.groups = groups::groups(reader, &file.group, &market, &file.market.flag)?;
    let rates = match &file.exchange_rate {
        Some(section) => Some(Rates::new(reader, section, &market)?),
        None => None,
    };
    let vertical = chain::vertical_share(reader, &file.pricing, &market)?;
    let accounts = accounts::accounts(reader, file.accounts.as_ref(), rates.as_ref(), &market)?;
    let shares = match vertical {
        Some(share) => chain::vertical_shares(reader, &file.pricing, &file.market, &market, share)?,
        None => Vec::new(),
    };
    if vertical.is_some() {
        chain::make_vertical(reader, &file.pricing, &mut market, &shares, accounts.parameters.dealers_margin)?;
    }
    let one_shot = file.timing.as_ref().is_some_and(|section| section.mode == TimingMode::OneShot);
    let mut demand = demand::demand(reader, &file.demand, &market)?;
    if one_shot {
        // The static market of one choice each: nobody holds a car to be loyal to.
        demand.loyalty = IdTable::new(vec![0.0; market.brands.len()]);
    }
    let holding = demand::holding(reader, &file.holding)?;
    let revisions = pricing::revisions(reader, &file.pricing, horizon)?;
    let traffic = horizon.traffic(reader, &file.time)?;
    let seller = Seller { market: &market, section: &file.market, vertical, shares: &shares };
    let instruments = instruments::instruments(reader, &file.instrument, horizon, seller)?;
    let credited = credited(reader, &market, &instruments)?;
    let regimes =
        regimes::regimes(reader, &file.regime, &file.pricing, (&instruments, &file.instrument), seller, horizon)?;
    let partner = Partner {
        country: file.accounts.as_ref().and_then(AccountsSection::partner_country),
        region: file.accounts.as_ref().and_then(|section| section.partner.as_deref()),
        rates: rates.as_ref(),
    };
    let naive_buyers = file.timing.as_ref().is_some_and(|timing| timing.belief.mode == BuyersBelief::Naive);
    let negotiated = NegotiatedSections { regimes: &file.regime, instruments: &instruments, naive_buyers };
    let bargaining =
        governments::bargaining(reader, file.governments.as_ref(), &negotiated, partner, horizon, &market)?;
    let baseline = file.run.baseline(reader, &regimes, bargaining.as_ref())?;
    let on_sale = on_sale::on_sale(reader, "market.on_sale", &file.market.on_sale, &market, horizon)?;
    let replications = file.run.replications(reader)?;
    let buyers = file.buyers.count(reader)?;
    let pricing_nodes = file.buyers.pricing_nodes(reader)?;
    let timing = match one_shot {
        true => None,
        false => {
            let sections = Sections {
                timing: file.timing.as_ref(),
                dealers: file.dealers.as_ref(),
                shipping: file.shipping.as_ref(),
                regimes: &file.regime,
            };
            let policy =
                PolicySections { instruments: &instruments, regimes: &regimes, bargaining: bargaining.as_ref() };
            timing::timing(reader, &sections, horizon, buyers, &market, policy)?
        }
    };
    if timing.is_some() && !traffic.is_empty() {
        refuse_traffic_in_time(reader, file)?;
    }
    let cost_factor = match &rates {
        Some(rates) => rates.cost_factors(reader, horizon, &market)?,
        None => Vec::new(),
    };
    let growth = rates.as_ref().map_or_else(Vec::new, |rates| rates.expected_growth(&market));
    let mut scenario = Scenario {
        name: file.name.clone(),
        title: file.title.clone().unwrap_or_else(|| file.name.clone()),
        start: horizon.start,
        weeks: horizon.weeks,
        seed: file.run.seed,
        replications,
        flag: file.market.flag.clone(),
        flag_label: file.market.flag_label.clone().unwrap_or_else(|| "flagged".into()),
        buyers,
        pricing_nodes,
        population: file.buyers.population,
        demand,
        holding,
        one_shot,
        timing,
        conduct: file.pricing.conduct,
        cost_volume: pricing::cost_volume(reader, &file.pricing)?,
        rule: pricing::rule(reader, &file.pricing, growth)?,
        revisions,
        cost_factor,
        on_sale,
        accounts,
        traffic,
        instruments,
        regimes,
        bargaining,
        baseline,
        periods: time::periods(reader, horizon, file.outputs.monthly == Some(true), &file.period)?,
        outputs: Outputs {
            folder: file.outputs.folder.clone(),
            charts: file.outputs.charts.unwrap_or(true),
            headline: String::new(),
            metrics: Vec::new(),
            period: 0,
        },
        market,
    };
    scenario.market.models.iter_mut().zip(credited).for_each(|(model, usd)| model.credit_usd = usd);
    if let Some(name) = &file.outputs.period {
        let known: Vec<String> = scenario.periods.iter().map(|period| period.name.clone()).collect();
        scenario.outputs.period = reader.position("outputs.period", name, &known, "period")?;
    }
    scenario.outputs.metrics = file.outputs.metrics(reader, file.stop.as_ref(), &scenario)?;
    scenario.outputs.headline = file.outputs.headline(reader, &scenario)?;
    Ok(scenario)
}

/// What the buyer of each model gets in the base year, USD.
fn credited(reader: &Reader<'_>, market: &Market, instruments: &[Instrument]) -> Result<Vec<f64>, ConfigError> {
    let mut credits = vec![0.0; market.len()];
    for instrument in instruments.iter().filter(|instrument| instrument.in_base_year) {
        let Some(Measure::Rebate { amount_usd }) = instrument.measure(0) else { continue };
        for (j, credit) in credits.iter_mut().enumerate().filter(|(j, _)| instrument.selected[*j]) {
            *credit -= amount_usd * instrument.part[j];
            let model = &market.models[j];
            if *credit >= model.list_price_usd {
                let message =
                    format!("leaves nothing to pay for {}, which lists at {}", model.name, model.list_price_usd);
                let key = format!("instrument.{}.amount_usd", instrument.name);
                return Err(reader.error(&key, message, "a credit is what the buyer of a car gets, in US dollars"));
            }
        }
    }
    Ok(credits)
}

/// Refuses what runs in time cannot have: a market that grows or has seasons.
fn refuse_traffic_in_time(reader: &Reader<'_>, file: &ScenarioFile) -> Result<(), ConfigError> {
    let key = if !file.time.season.is_empty() {
        "time.season"
    } else if !file.time.by_month.is_empty() {
        "time.by_month"
    } else {
        "time.trend"
    };
    let message = "is of no use in runs in time: dealers' stock would not follow it";
    Err(reader.error(key, message, "leave it out, or leave out [timing] and [dealers]"))
}

/// Letters of a scenario's name, which with what is added to it names folders.
const LONGEST_NAME: usize = 100;

fn name(reader: &Reader<'_>, name: &str) -> Result<(), ConfigError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(fits) || name.starts_with('.') {
        let help = "it names the output folder: use lower-case letters, digits, `-`, `_` and `.`";
        return Err(reader.error("name", format!("`{name}` cannot name a folder"), help));
    }
    if name.len() > LONGEST_NAME {
        let message = format!("has {} letters, expected at most {LONGEST_NAME}", name.len());
        return Err(reader.error("name", message, "it names the output folder: write a longer one as the title"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use crate::config::load;

    fn refused(file: &str, set: &str) -> String {
        let root: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../configs", file].iter().collect();
        load(Path::new(&root), &[set.to_owned()]).expect_err(set).to_string()
    }

    /// Whatever no market can have is refused, with what can be; numbers are written as people write them.
    #[test]
    fn values_that_no_market_has_are_refused() {
        for (set, part) in [
            ("market.size=1e300", "is 1e300, expected a number of purchase events a year above zero, at most 1e10"),
            ("timing.peers.gamma=1e300", "is 1e300, expected a number between 0 and 1000"),
            ("dealers.least_sales=1e300", "is 1e300, expected a number at least zero, at most 1e12"),
            ("dealers.least_sales=1e7", "expected at most 1000000 cars a week"),
            ("dealers.target_days=1e300", "is 1e300, expected a number above zero, at most 1e12"),
            ("dealers.target_days=4000", "is 4000, expected at most 3650 days of sales"),
            ("shipping.capacity_by_region.europe=1e300", "at most 1000 times base-year sales"),
            ("shipping.capacity=1e300", "at most 1000 times base-year sales"),
            ("time.start=9999-12-31", "is 9999-12-31, expected a day of the years 1800 to 2500"),
            ("run.replications=1e12", "is 1000000000000, expected 1 to"),
            ("run.replications=4.0", "write it without the decimal point: 4"),
        ] {
            let text = refused("showdown-1995.toml", set);
            assert!(text.contains(part), "{set}: {text}");
        }
        let theta = refused("market-1995.toml", "pricing={rule=\"pass_through\", theta=80}");
        assert!(theta.contains("is 80: was percent meant?\n") && theta.contains("write 0.8 for 80%"), "{theta}");
        let quota = refused("market-1995.toml", "instrument.restraint.fraction_of_base=50");
        assert!(quota.contains("was percent meant?") && quota.contains("write 0.5 for 50%"), "{quota}");
    }

    /// Lists that are too long are refused before any work that grows with their square.
    #[test]
    fn endless_lists_are_refused_at_once() {
        let items = |key: &str, count: usize| {
            let list = (0..count).map(|i| format!("{{name=\"x{i}\", kind=\"duty\", rate=0.1, label=\"a\"}}"));
            format!("{key}=[{}]", list.collect::<Vec<_>>().join(","))
        };
        let text = refused("market-1995.toml", &items("instrument", 2_000));
        assert!(text.contains("instrument: is 200") && text.contains("expected 0 to 500"), "{}", &text[..300]);
    }
}
