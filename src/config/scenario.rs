//! From a scenario file to a checked [`Scenario`]: every name resolves, every number is in range, every event can happen.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::files::{
    ActionChoice, Basis, ConductChoice, EventSection, ExchangeMode, PopulationChoice, RegimeSection, RuleChoice,
    ScenarioFile, TimingMode,
};
use super::{ConfigError, Document, Sourced, governments, market};
use crate::model::demand::Curvature;
use crate::model::market::{DemandParameters, DutyBasis, HoldingParameters, Market};
use crate::model::outcome::{Layout, Period, PeriodKind};
use crate::model::plan::Revisions;
use crate::model::scenario::{Outputs, PopulationMode, Scenario};
use crate::model::supply::rule::{Conduct, PricingRule};
use crate::model::trade::duty::AdValoremRate;
use crate::model::trade::instrument::Instrument;
use crate::model::trade::regime::{Action, InvalidRegime, PolicyEvent, Regime};

/// Longest horizon: 100 years of weeks.
const MAX_WEEKS: u32 = 5_200;
/// Most replications.
pub(super) const MAX_REPLICATIONS: u64 = 10_000_000;
/// Most buyers: more would not fit the memory of an ordinary machine.
const MAX_BUYERS: usize = 1 << 23;

/// A file that a scenario names.
#[derive(Clone, Debug)]
pub struct NamedFile {
    /// The key that names it.
    pub key: String,
    /// The name as written.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// A scenario file being checked: the document it came from, for messages that show the line.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub document: &'a Document,
    pub file: &'a ScenarioFile,
}

impl Reader<'_> {
    /// An error at a key, with what would do instead.
    pub fn error(&self, key: &str, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        self.document.error_at(key, message, help)
    }

    /// A number that satisfies a condition, or an error that states it.
    pub fn number(
        &self,
        key: &str,
        value: f64,
        holds: impl Fn(f64) -> bool,
        expected: &str,
    ) -> Result<f64, ConfigError> {
        if value.is_finite() && holds(value) {
            return Ok(value);
        }
        Err(self.error(key, format!("is {value}, expected {expected}"), ""))
    }

    /// A sourced number at least zero.
    pub fn non_negative(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| x >= 0.0, "a number at least zero")
    }

    /// A sourced number above zero.
    pub fn positive(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| x > 0.0, "a number above zero")
    }

    /// A sourced spread or elasticity: beyond 1,000 it cannot be meant.
    pub fn spread(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| (0.0..=1e3).contains(&x), "a number between 0 and 1000")
    }

    /// A sourced share of customs value in the price.
    pub fn customs_share(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| x > 0.0 && x <= 1.5, "a share above 0 and at most 1.5")
    }

    /// A sourced number between 0 and 1.
    pub fn fraction(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| (0.0..=1.0).contains(&x), "a fraction between 0 and 1")
    }

    /// The path of a data file, relative to the file that names it, or of the copy that stands in for it.
    pub fn data_path(&self, key: &str, name: &str) -> PathBuf {
        if let Some(copy) = self.document.copy_of(key, name) {
            return copy.to_owned();
        }
        let origin = self.document.origin(key);
        let folder = origin
            .filter(|origin| origin.line().is_some())
            .and_then(|origin| Path::new(origin.file()).parent().map(Path::to_owned));
        folder.unwrap_or_default().join(name)
    }

    /// The position of `name` among `known`, or an error that lists them.
    pub fn position(&self, key: &str, name: &str, known: &[String], what: &str) -> Result<usize, ConfigError> {
        known
            .iter()
            .position(|item| item == name)
            .ok_or_else(|| self.error(key, format!("`{name}` is no {what}"), market::one_of(name, known)))
    }
}

/// Turns a document into a checked scenario, and lists the data files it read.
///
/// # Errors
/// [`ConfigError`] naming file, line or row, key, value and remedy.
pub fn scenario(document: &Document) -> Result<(Scenario, Vec<NamedFile>), ConfigError> {
    let file: ScenarioFile = document.deserialize()?;
    let reader = Reader { document, file: &file };
    reader.name()?;
    let weeks = reader.weeks()?;
    let mut market = market::market(&reader)?;
    let vertical = reader.vertical_share(&market)?;
    let accounts = reader.accounts(&market)?;
    if let Some(share) = vertical {
        reader.make_vertical(&mut market, share, accounts.parameters.dealers_margin)?;
    }
    let one_shot = file.timing.as_ref().is_some_and(|section| section.mode == TimingMode::OneShot);
    let mut demand = reader.demand(&market)?;
    if one_shot {
        // The static market of one choice each: nobody holds a car to be loyal to.
        demand.loyalty = crate::model::ids::Table::new(vec![0.0; market.brands.len()]);
    }
    let holding = reader.holding()?;
    let revisions = reader.revisions(weeks)?;
    let instruments = reader.instruments(&market, vertical)?;
    let regimes = reader.regimes(&instruments, &market, weeks)?;
    let bargaining = governments::bargaining(&reader, &market, &instruments, weeks)?;
    let names: Vec<String> = regimes.iter().map(|regime| regime.name.clone()).collect();
    let baseline = reader.position("run.baseline", &file.run.baseline, &names, "regime of this scenario")?;
    if bargaining.of_regime(baseline).is_some() {
        let help = "compare with a regime that is the same in every replication, such as the status quo";
        return Err(reader.error("run.baseline", format!("`{}` is negotiated", file.run.baseline), help));
    }
    if !(1..=MAX_REPLICATIONS).contains(&file.run.replications) {
        let message = format!("is {}, expected 1 to {MAX_REPLICATIONS}", file.run.replications);
        return Err(reader.error("run.replications", message, ""));
    }
    let buyers = file.buyers.count;
    if !(2..=MAX_BUYERS).contains(&buyers) {
        let help = "8192 is enough without dealer stock";
        return Err(reader.error("buyers.count", format!("is {buyers}, expected 2 to {MAX_BUYERS}"), help));
    }
    if file.buyers.pricing_nodes == 0 {
        return Err(reader.error("buyers.pricing_nodes", "is 0, expected at least 1", ""));
    }
    let timing = if one_shot { None } else { reader.timing(&market, &instruments, &regimes, &bargaining, weeks)? };
    let cost_factor = market::cost_factors(&reader, &market, weeks)?;
    let data_file = |key: &str, name: &str| {
        let path = reader.data_path(key, name);
        NamedFile { key: key.to_owned(), name: name.to_owned(), path }
    };
    let mut data = vec![data_file("market.models", &file.market.models)];
    data.extend(file.exchange_rate.iter().map(|section| data_file("exchange_rate.data", &section.data)));
    let mut scenario = Scenario {
        name: file.name.clone(),
        title: file.title.clone().unwrap_or_else(|| file.name.clone()),
        start: file.time.start,
        weeks,
        seed: file.run.seed,
        replications: file.run.replications,
        flag: file.market.flag.clone(),
        flag_label: file.market.flag_label.clone().unwrap_or_else(|| "flagged".into()),
        buyers,
        pricing_nodes: file.buyers.pricing_nodes,
        population: match file.buyers.population {
            PopulationChoice::Shared => PopulationMode::Shared,
            PopulationChoice::Resampled => PopulationMode::Resampled,
        },
        demand,
        holding,
        one_shot,
        timing,
        conduct: match file.pricing.conduct {
            ConductChoice::Product => Conduct::Product,
            ConductChoice::Brand => Conduct::Brand,
            ConductChoice::Manufacturer => Conduct::Manufacturer,
        },
        cost_volume: reader.cost_volume()?,
        rule: reader.rule()?,
        revisions,
        cost_factor,
        accounts,
        instruments,
        regimes,
        bargaining,
        baseline,
        periods: reader.periods(weeks)?,
        outputs: Outputs {
            folder: file.outputs.folder.clone(),
            charts: file.outputs.charts.unwrap_or(true),
            headline: String::new(),
            period: 0,
        },
        market,
    };
    if let Some(name) = &file.outputs.period {
        let known: Vec<String> = scenario.periods.iter().map(|period| period.name.clone()).collect();
        scenario.outputs.period = reader.position("outputs.period", name, &known, "period")?;
    }
    let layout = Layout::new(&scenario.market, scenario.periods.clone(), weeks, &scenario.flag);
    scenario.outputs.headline = match &file.outputs.headline {
        Some(name) => {
            layout.headlines[reader.position("outputs.headline", name, &layout.headlines, "headline metric")?].clone()
        }
        None => layout.default_headline().to_owned(),
    };
    Ok((scenario, data))
}

impl Reader<'_> {
    fn name(&self) -> Result<(), ConfigError> {
        let name = &self.file.name;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(fits) || name.starts_with('.') {
            let help = "it names the output folder: use lower-case letters, digits, `-`, `_` and `.`";
            return Err(self.error("name", format!("`{name}` cannot name a folder"), help));
        }
        Ok(())
    }

    fn weeks(&self) -> Result<u32, ConfigError> {
        match self.file.time.weeks {
            weeks @ 1..=MAX_WEEKS => Ok(weeks),
            weeks => Err(self.error("time.weeks", format!("is {weeks}, expected 1 to {MAX_WEEKS}"), "")),
        }
    }

    /// The first week that starts on or after a date; negative before the horizon.
    pub(super) fn week_of(&self, date: Date) -> i64 {
        let days = date.duration_since(self.file.time.start).as_hours() / 24;
        days.div_euclid(7) + i64::from(days.rem_euclid(7) > 0)
    }

    fn demand(&self, market: &Market) -> Result<DemandParameters, ConfigError> {
        let section = &self.file.demand;
        let [floor, cap] = section.income_bounds;
        if !(floor > 0.0 && floor <= cap && cap.is_finite()) {
            let help = "two numbers relative to the median, such as [0.4, 2.5]; without a cap the richest few buyers \
                        carry demand at doubled prices";
            return Err(self.error(
                "demand.income_bounds",
                format!("is [{floor}, {cap}], expected 0 < low <= high"),
                help,
            ));
        }
        let characteristics = &market.characteristics.names;
        for name in section.sigma.keys() {
            self.position(&format!("demand.sigma.{name}"), name, characteristics, "characteristic of this market")?;
        }
        let sigma_characteristics = characteristics
            .iter()
            .map(|name| match section.sigma.get(name) {
                Some(sigma) => self.spread(&format!("demand.sigma.{name}"), sigma),
                None => Ok(0.0),
            })
            .collect::<Result<_, _>>()?;
        let brands = market.brands.as_slice();
        for name in section.loyalty_by_brand.keys() {
            self.position(&format!("demand.loyalty_by_brand.{name}"), name, brands, "brand of this market")?;
        }
        let expected = "a utility between 0 and 20";
        let loyalty = |key: &str, value: f64| self.number(key, value, |x| (0.0..=20.0).contains(&x), expected);
        let loyalty = brands
            .iter()
            .map(|brand| match section.loyalty_by_brand.get(brand) {
                Some(own) => loyalty(&format!("demand.loyalty_by_brand.{brand}"), own.value),
                None => loyalty("demand.loyalty", section.loyalty.value),
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(DemandParameters {
            alpha: self.number(
                "demand.alpha",
                section.alpha.value,
                |x| x > 0.0 && x <= 1e3,
                "above 0 and at most 1000",
            )?,
            eta: self.spread("demand.eta", &section.eta)?,
            income_log_sd: self.spread("demand.income_log_sd", &section.income_log_sd)?,
            income_bounds: section.income_bounds,
            sigma_characteristics,
            sigma_import: self.spread("demand.sigma_import", &section.sigma_import)?,
            sigma_region: self.spread("demand.sigma_region", &section.sigma_region)?,
            sigma_outside: self.spread("demand.sigma_outside", &section.sigma_outside)?,
            curvature: match &section.curvature {
                Some(lambda) => self.number(
                    "demand.curvature",
                    lambda.value,
                    |x| (0.0..=Curvature::LARGEST).contains(&x),
                    "a number between 0 (logarithmic) and 10; 1 is demand linear in price",
                )?,
                None => 1.0,
            },
            loyalty: crate::model::ids::Table::new(loyalty),
        })
    }

    fn holding(&self) -> Result<HoldingParameters, ConfigError> {
        let section = &self.file.holding;
        let lease_share = self.fraction("holding.lease_share", &section.lease_share)?;
        for (i, weeks) in section.lease_weeks.iter().enumerate() {
            self.number(&format!("holding.lease_weeks[{i}]"), *weeks, |x| x >= 1.0, "at least one week")?;
        }
        if lease_share > 0.0 && section.lease_weeks.is_empty() {
            let help = "give lease lengths in weeks, or set lease_share = 0";
            return Err(self.error("holding.lease_weeks", "is empty although some intervals are leases", help));
        }
        Ok(HoldingParameters {
            lease_share,
            lease_weeks: section.lease_weeks.clone(),
            purchase_shape: self.number(
                "holding.purchase_shape",
                section.purchase_shape.value,
                |x| (0.1..=1e4).contains(&x),
                "a number between 0.1 and 10000",
            )?,
            purchase_mean_weeks: self.number(
                "holding.purchase_mean_weeks",
                section.purchase_mean_weeks.value,
                |x| (1.0..=1e5).contains(&x),
                "at least one week",
            )?,
        })
    }

    fn cost_volume(&self) -> Result<f64, ConfigError> {
        let expected = "an elasticity between 0 and 5";
        match &self.file.pricing.cost_volume {
            Some(gamma) => self.number("pricing.cost_volume", gamma.value, |x| (0.0..=5.0).contains(&x), expected),
            None => Ok(0.0),
        }
    }

    fn rule(&self) -> Result<PricingRule, ConfigError> {
        let section = &self.file.pricing;
        if section.rule != RuleChoice::Sticky {
            for (key, given) in [("target", section.target.is_some()), ("kappa", section.kappa.is_some())] {
                if given {
                    let help = "it belongs to rule = \"sticky\"";
                    return Err(self.error(&format!("pricing.{key}"), "is of no use under this rule", help));
                }
            }
            return self.plain_rule("pricing.rule", section.rule);
        }
        let (Some(target), Some(kappa)) = (section.target, &section.kappa) else {
            let help = "target = \"bertrand\" and kappa = 0.5 move prices half way to equilibrium at each revision";
            return Err(self.error("pricing.rule", "sticky prices need `target` and `kappa`", help));
        };
        let expected = "a fraction above 0 and at most 1";
        let kappa = self.number("pricing.kappa", kappa.value, |x| x > 0.0 && x <= 1.0, expected)?;
        Ok(PricingRule::Sticky { target: Box::new(self.plain_rule("pricing.target", target)?), kappa })
    }

    fn plain_rule(&self, key: &str, rule: RuleChoice) -> Result<PricingRule, ConfigError> {
        let section = &self.file.pricing;
        match rule {
            RuleChoice::PassThrough => {
                let Some(theta) = &section.theta else {
                    let help = "theta = 1 passes the whole duty on to the sticker price";
                    return Err(self.error(key, "`pass_through` needs `theta`", help));
                };
                Ok(PricingRule::PassThrough { theta: self.non_negative("pricing.theta", theta)? })
            }
            RuleChoice::Bertrand => Ok(PricingRule::Bertrand),
            RuleChoice::Adaptive if section.every_weeks.is_none() => {
                let help = "every_weeks = 1 lets one manufacturer after the other try a price, one a week";
                Err(self.error(key, "`adaptive` needs `every_weeks`: it learns from revision to revision", help))
            }
            RuleChoice::Adaptive => Ok(PricingRule::Adaptive),
            RuleChoice::Sticky => {
                Err(self.error(key, "sticky prices cannot be their own target", "bertrand, pass_through or adaptive"))
            }
        }
    }

    fn revisions(&self, weeks: u32) -> Result<Revisions, ConfigError> {
        let section = &self.file.pricing;
        let threshold = section.exchange_threshold.unwrap_or(0.05);
        let in_horizon = |date: &Date| u32::try_from(self.week_of(*date)).ok().filter(|week| *week < weeks);
        if section.every_weeks == Some(0) {
            return Err(self.error("pricing.every_weeks", "is 0, expected at least 1", ""));
        }
        Ok(Revisions {
            every_weeks: section.every_weeks,
            model_year_weeks: section.model_years.iter().filter_map(in_horizon).collect(),
            exchange_threshold: self.number(
                "pricing.exchange_threshold",
                threshold,
                |x| x >= 0.0,
                "a relative move at least zero, such as 0.05",
            )?,
        })
    }

    fn periods(&self, weeks: u32) -> Result<Vec<Period>, ConfigError> {
        let mut periods = vec![Period { name: "all".into(), kind: PeriodKind::Horizon, from: 0, to: weeks }];
        let years = (0..weeks).step_by(52).enumerate().map(|(year, from)| Period {
            name: format!("year_{}", year + 1),
            kind: PeriodKind::Year,
            from,
            to: weeks.min(from + 52),
        });
        periods.extend(years);
        if self.file.outputs.monthly == Some(true) {
            periods.extend(months(self.file.time.start, weeks));
        }
        for (i, section) in self.file.period.iter().enumerate() {
            let key = format!("period[{i}]");
            if periods.iter().any(|known| known.name == section.name) {
                let message = format!("the period `{}` exists already", section.name);
                return Err(self.error(
                    &format!("{key}.name"),
                    message,
                    "choose another name; `all`, `year_N` and months are given",
                ));
            }
            let (from, to) = (self.week_of(section.from), self.week_of(section.to));
            if from < 0 || to > i64::from(weeks) || from >= to {
                let message = format!("runs from {} to {}, outside the horizon or empty", section.from, section.to);
                return Err(self.error(&format!("{key}.from"), message, self.horizon_help(weeks)));
            }
            let kind = PeriodKind::Own;
            periods.push(Period { name: section.name.clone(), kind, from: from as u32, to: to as u32 });
        }
        Ok(periods)
    }

    pub(super) fn horizon_help(&self, weeks: u32) -> String {
        let start = self.file.time.start;
        let end = start.saturating_add(jiff::Span::new().days(i64::from(weeks) * 7 - 1));
        format!("the horizon runs from {start} to {end} ({weeks} weeks)")
    }

    /// A duty rate.
    pub(super) fn rate(&self, key: &str, value: f64) -> Result<AdValoremRate, ConfigError> {
        AdValoremRate::new(value).map_err(|error| self.error(key, error.to_string(), ""))
    }

    fn regimes(&self, instruments: &[Instrument], market: &Market, weeks: u32) -> Result<Vec<Regime>, ConfigError> {
        let mut regimes: Vec<Regime> = Vec::new();
        for (i, section) in self.file.regime.iter().enumerate() {
            if regimes.iter().any(|known| known.name == section.name) {
                let message = format!("the regime `{}` exists already", section.name);
                return Err(self.error(&format!("regime[{i}].name"), message, "choose another name"));
            }
            regimes.push(self.regime(i, section, instruments, market, weeks)?);
        }
        if regimes.is_empty() {
            return Err(self.error("regime", "no regime to run", "add a [[regime]] with a name"));
        }
        Ok(regimes)
    }

    fn regime(
        &self,
        i: usize,
        section: &RegimeSection,
        instruments: &[Instrument],
        market: &Market,
        weeks: u32,
    ) -> Result<Regime, ConfigError> {
        let mut events = section
            .events
            .iter()
            .enumerate()
            .map(|(e, event)| Ok((e, self.event(&format!("regime[{i}].events[{e}]"), event, instruments, weeks)?)))
            .collect::<Result<Vec<_>, ConfigError>>()?;
        events.sort_by_key(|(_, event)| event.date);
        let (order, events): (Vec<usize>, Vec<PolicyEvent>) = events.into_iter().unzip();
        let regime = Regime {
            name: section.name.clone(),
            label: section.label.clone().unwrap_or_else(|| section.name.clone()),
            events,
        };
        regime.force(instruments, weeks).map_err(|error| match &error {
            InvalidRegime::Unreachable { event, .. } => {
                let help = "for one instrument: threatened, announced, liable, imposed or settled or lapsed, then lifted; complaint, \
                            ruling_lost or ruling_won beside it, and reversed after imposed and ruling_lost; reinstated after settled";
                self.error(&format!("regime[{i}].events[{}].action", order[*event]), error.to_string(), help)
            }
            InvalidRegime::Overlap { both, what, model, week, event } => {
                let on = model.map_or_else(String::new, |model| format!(" on {}", market.models[model].name));
                let message = format!("{both} both {what}{on} in week {week}");
                let help = "end one of them first, or take the models out of one with `except`; duties can be `stacking = \"additional\"`";
                self.error(&format!("regime[{i}].events[{}].action", order[*event]), message, help)
            }
        })?;
        Ok(regime)
    }

    fn event(
        &self,
        key: &str,
        section: &EventSection,
        instruments: &[Instrument],
        weeks: u32,
    ) -> Result<PolicyEvent, ConfigError> {
        let names: Vec<String> = instruments.iter().map(|instrument| instrument.name.clone()).collect();
        let instrument =
            self.position(&format!("{key}.instrument"), &section.instrument, &names, "instrument of this scenario")?;
        let week = self.week_of(section.date);
        let week = u32::try_from(week).ok().filter(|week| *week < weeks).ok_or_else(|| {
            let message = format!("{} is outside the horizon", section.date);
            self.error(&format!("{key}.date"), message, self.horizon_help(weeks))
        })?;
        let action = match section.action {
            ActionChoice::Threatened => Action::Threatened,
            ActionChoice::Announced => Action::Announced,
            ActionChoice::Liable => Action::Liable,
            ActionChoice::Imposed => Action::Imposed,
            ActionChoice::Settled => Action::Settled,
            ActionChoice::Lapsed => Action::Lapsed,
            ActionChoice::Lifted => Action::Lifted,
            ActionChoice::Complaint => Action::Complaint,
            ActionChoice::RulingLost => Action::RulingLost,
            ActionChoice::RulingWon => Action::RulingWon,
            ActionChoice::Reversed => Action::Reversed,
            ActionChoice::Reinstated => Action::Reinstated,
        };
        let (refund, subject) = (section.refund.is_some(), &instruments[instrument]);
        if !subject.is_duty() && (refund || action == Action::Liable) {
            let (field, message) = match refund {
                true => ("refund", "refunds nothing"),
                false => ("action", "cannot be owed before it is decided"),
            };
            let message = format!("`{}` is no duty ({}): it {message}", subject.name, subject.kind());
            return Err(self.error(&format!("{key}.{field}"), message, "leave it out"));
        }
        let label = section.label.clone().unwrap_or_else(|| action.as_str().into());
        Ok(PolicyEvent { date: section.date, week, action, instrument, refund, label })
    }
}

/// The domain's name of a basis.
pub(super) fn duty_basis(basis: Basis) -> DutyBasis {
    match basis {
        Basis::List => DutyBasis::List,
        Basis::Border => DutyBasis::Border,
        Basis::Cost => DutyBasis::Cost,
    }
}

/// Whether the scenario's costs follow the exchange-rate data.
pub(super) fn follows_history(file: &ScenarioFile) -> bool {
    file.exchange_rate.as_ref().is_some_and(|section| section.mode == ExchangeMode::History)
}

/// Calendar months as periods: a month is the weeks that start in it.
fn months(start: Date, weeks: u32) -> Vec<Period> {
    let name = |week: u32| start.saturating_add(jiff::Span::new().weeks(i64::from(week))).strftime("%Y-%m").to_string();
    let mut periods: Vec<Period> = Vec::new();
    for week in 0..weeks {
        let month = name(week);
        match periods.last_mut().filter(|period| period.name == month) {
            Some(period) => period.to = week + 1,
            None => periods.push(Period { name: month, kind: PeriodKind::Month, from: week, to: week + 1 }),
        }
    }
    periods
}
