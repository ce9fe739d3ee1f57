//! `stickershock check`: what would run, how long it would take, and where every parameter comes from.

use std::fmt::Write;

use crate::config::Loaded;
use crate::config::listed::{Listed, listed};
use crate::config::warnings::{few_purchases, warnings};
use crate::model::ids::RegimeId;
use crate::model::market::{Market, ModelGroup};
use crate::model::on_sale::SaleDates;
use crate::model::scenario::Scenario;
use crate::model::trade::instrument::Instrument;
use crate::model::trade::regime::{Action, PolicyEvent, Reopening};
use crate::platform::threads;
use crate::report::setting_rows::policy_steps;
use crate::study::base_year::BaseYearMeans;
use crate::study::trial::{Trial, TrialError};
use crate::study::{BaseYear, Study, effort};
use clap::Args;

use super::{CliError, ScenarioArgs, duties};

#[derive(Args)]
pub struct CheckArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Duties in force on a day in every regime, by country of assembly.
    #[arg(long, value_name = "DATE")]
    on: Option<jiff::civil::Date>,
}

/// Runs the command.
pub fn check(args: &CheckArgs) -> Result<(), CliError> {
    let loaded = args.scenario.load(&[])?;
    if let Some(announced) = effort::announced(&loaded.scenario) {
        tell!("{announced}");
    }
    let trial = Trial::of(&loaded.scenario, args.on).map_err(|error| refused(error, args, &loaded.scenario))?;
    let Trial { study, base, scale, prepare_seconds: prepared, job_seconds, duties } = &trial;
    let mut out = String::new();
    describe(&mut out, &loaded, study);
    if let Some((date, duties)) = args.on.zip(duties.as_ref()) {
        duties::in_force(&mut out, study.scenario(), date, duties);
    }
    base_year(&mut out, study.scenario(), base);
    let scenario = &loaded.scenario;
    if *scale > 1.0 {
        let buyers = study.scenario().buyers;
        let _ = writeln!(out, "What follows was measured with {buyers} of the {} buyers.\n", scenario.buyers);
    }
    // A stopping rule may end earlier, and has its own cap.
    let replications = loaded.stop.as_ref().map_or(scenario.replications, |stop| stop.rule.max());
    let jobs = replications * scenario.regimes.len() as u64;
    let threads = threads::count();
    let regimes = scenario.regimes.len();
    match &loaded.design {
        None => {
            let _ = writeln!(
                out,
                "It would run {}{jobs} jobs ({regimes} regimes x {replications} replications): about {:.1} s on {threads} threads ({prepared:.2} s to \
                 solve the base year, {:.1} ms a job), charts apart.\n",
                if loaded.stop.is_some() { "at most " } else { "" },
                prepared + job_seconds * jobs as f64 / threads as f64,
                1e3 * job_seconds,
            );
        }
        Some(design) => {
            let (points, each) = (design.count() as u64, design.replications());
            let jobs = points * each * regimes as u64;
            let _ = writeln!(
                out,
                "It would run {jobs} jobs ({points} points x {regimes} regimes x {each} replications): about {:.0} s on {threads} threads ({:.1} ms a \
                 job), charts apart.\n",
                prepared + job_seconds * jobs as f64 / threads as f64,
                1e3 * job_seconds,
            );
        }
    }
    parameters(&mut out, &loaded);
    super::print(&out)
}

/// What is said of a trial that finds nothing.
fn refused(error: TrialError, args: &CheckArgs, scenario: &Scenario) -> CliError {
    match (error, args.on) {
        (TrialError::OutsideHorizon, Some(date)) => CliError::Usage(format!(
            "--on {date}: outside the horizon\nhelp: it has {} weeks from {}",
            scenario.weeks, scenario.start
        )),
        (error @ TrialError::OutsideHorizon, None) => CliError::Usage(error.to_string()),
        (TrialError::Study(error), _) => error.into(),
    }
}

fn describe(out: &mut String, loaded: &Loaded, study: &Study) {
    let scenario = &loaded.scenario;
    let market = &scenario.market;
    let _ = writeln!(out, "{}: valid.\n", loaded.path.display());
    let _ = writeln!(out, "{} ({})", scenario.title, scenario.name);
    let last = scenario.week_start(scenario.weeks).saturating_sub(jiff::Span::new().days(1));
    let _ = writeln!(out, "  {} weeks, {} to {last}", scenario.weeks, scenario.start);
    let sold: f64 = market.models.iter().map(|model| model.base_volume).sum();
    let _ = writeln!(
        out,
        "  {} models of {} brands and {} manufacturers, {sold:.0} cars a year out of {:.0} purchase events",
        market.len(),
        market.brands.len(),
        market.manufacturers.len(),
        market.market_size,
    );
    let _ = writeln!(
        out,
        "  {} of the models are on the list `{}`; {} buyers of {:.1} households each",
        market.models.iter().filter(|model| model.flagged).count(),
        scenario.flag,
        scenario.buyers,
        scenario.households_per_buyer(),
    );
    groups(out, market);
    let inversion = &study.shared_world().inversion.report;
    let _ = writeln!(
        out,
        "  base year inverted in {} share evaluations to max |log s - log s_obs| = {:.1e}",
        inversion.evaluations, inversion.residual,
    );
    let costs = &study.shared_world().makers.costs;
    for negative in &costs.negative {
        let _ = writeln!(
            out,
            "  warning: {} has a negative marginal cost, {:.0} USD, from its own-price elasticity of {:.2}",
            market.models[negative.product].name, negative.cost, negative.own_elasticity,
        );
    }
    for warning in warnings(scenario).into_iter().chain(few_purchases(scenario)) {
        let _ = writeln!(out, "  warning: {warning}");
    }
    surroundings(out, scenario);
    on_sale(out, scenario, "", &scenario.on_sale);
    for (r, regime) in scenario.regimes.iter() {
        let instruments = regime.instruments(&scenario.instruments);
        let mark = if r == scenario.baseline { " (baseline)" } else { "" };
        let _ = writeln!(out, "  regime {}{mark}: {}", regime.name, regime.label);
        on_sale(out, scenario, "  ", &regime.on_sale);
        policy(out, scenario, r, &instruments);
        for revision in study.plans().get(r).map_or(&[][..], |plan| plan.revisions()) {
            for quota in revision.quotas.iter().filter(|quota| quota.shadow_price > 0.0) {
                let _ = writeln!(
                    out,
                    "    week {}: {} binds at a shadow price of {:.0} USD a car ({} steps, residual {:.1e})",
                    revision.week, quota.quota, quota.shadow_price, quota.steps, quota.residual,
                );
            }
            for quota in &revision.rate_quotas {
                let _ = writeln!(
                    out,
                    "    week {}: {} lets {:.0} cars a year in at the lower duty, {:.0} come: {}",
                    revision.week,
                    instruments[quota.instrument].name,
                    quota.cars_per_year[0],
                    quota.cars_per_year[1],
                    match quota.margin {
                        0.0 => "prices follow the lower duty".into(),
                        1.0 => "prices follow the higher duty".into(),
                        x => format!("a licence is worth {:.1}% of what it saves", 100.0 * x),
                    },
                );
            }
        }
    }
    out.push('\n');
}

/// Groups of models by the names that their metrics have, which `each` may have had to tell apart.
fn groups(out: &mut String, market: &Market) {
    if market.groups.is_empty() {
        return;
    }
    let name = |group: &ModelGroup| match group.also {
        Some(also) => format!("{} ({} and {})", group.name, group.kind.as_str(), also.as_str()),
        None => group.name.clone(),
    };
    let names: Vec<String> = market.groups.iter().map(name).collect();
    let _ = writeln!(out, "  groups of models, by the names in their metrics: {}", names.join(", "));
}

/// When models are on sale, one line each.
fn on_sale(out: &mut String, scenario: &Scenario, indent: &str, all: &[SaleDates]) {
    for own in all {
        let name = &scenario.market.models[own.model].name;
        let ramp = match own.ramp_weeks {
            0 | 1 => String::new(),
            weeks => format!(", as in the base year {weeks} weeks later"),
        };
        let week = |week: i64| match u32::try_from(week) {
            Ok(week) if week < scenario.weeks => format!("{} (week {week})", scenario.week_start(week)),
            Ok(_) => "after the horizon".into(),
            Err(_) => "before the horizon".into(),
        };
        let dates = match (own.from_week.map(week), own.until_week.map(week)) {
            (Some(from), Some(until)) => format!("from {from}{ramp}, until {until}"),
            (Some(from), None) => format!("from {from}{ramp}"),
            (None, until) => format!("until {}", until.unwrap_or_default()),
        };
        let _ = writeln!(out, "  {indent}{name}: on sale {dates}");
    }
}

/// What a regime does, week by week: its events, and what the schedules of its instruments add to them.
fn policy(out: &mut String, scenario: &Scenario, position: RegimeId, instruments: &[Instrument]) {
    let regime = &scenario.regimes[position];
    match regime.reopening {
        Reopening::AsTheRule => {}
        Reopening::Never => out.push_str("    staggered lists wait for their turn\n"),
        Reopening::AtGain(gain) => {
            let _ = writeln!(out, "    staggered lists are reopened for a gain of {}% of revenue", 100.0 * gain);
        }
    }
    for step in policy_steps(scenario, regime, instruments) {
        let (instrument, at) = (&instruments[step.instrument], format!("{} (week {})", step.date, step.week));
        let name = &instrument.name;
        let _ = match (step.event, instrument.measure(step.week)) {
            (Some(event), _) => {
                let on = match instrument.selected.iter().filter(|selected| **selected).count() {
                    0 => String::new(),
                    models => format!(" on {models} models"),
                };
                let (what, kind) = (event.action.as_str(), instrument.kind());
                writeln!(out, "    {at}: {name} {what}, {kind}{on}{}", level(scenario, instrument, event))
            }
            (None, Some(measure)) if step.action == "scheduled" => {
                let level = duties::measured_on(&scenario.market, instrument, measure);
                writeln!(out, "    {at}: {name}, by its schedule: {level}")
            }
            _ => writeln!(out, "    {at}: {name} runs out"),
        };
    }
    believed(out, scenario, position);
    let suspended = scenario.timing.as_ref().map(|timing| &timing.suspended[position]);
    if suspended.is_some_and(|suspended| suspended.iter().any(|suspended| *suspended)) {
        out.push_str("    makers order none of the threatened cars while a decision is open\n");
    }
}

/// What buyers believe of a duty in a regime.
fn believed(out: &mut String, scenario: &Scenario, position: RegimeId) {
    let Some(belief) = scenario.timing.as_ref().map(|timing| &timing.beliefs[position]) else { return };
    let most = belief.while_open.iter().copied().fold(0.0, f64::max);
    if most > 0.0 {
        let from = (0..).zip(&belief.while_open).find(|(_, belief)| **belief > 0.0).map_or(0, |(week, _)| week);
        let _ = writeln!(
            out,
            "    while a decision is open buyers believe at most {most:.2} that the duty will bind, from {} on",
            scenario.week_start(from)
        );
        let pass_through = scenario.timing.as_ref().and_then(|timing| timing.anticipation.pass_through);
        if let Some(part) = pass_through {
            let _ = writeln!(out, "    they expect {:.0}% of it in list prices, whatever makers then do", 100.0 * part);
        }
    }
}

/// What moves the market beside its policies: purchase events by week, costs by exchange rate, customs values by model.
fn surroundings(out: &mut String, scenario: &Scenario) {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [value.min(low), value.max(high)])
    };
    if !scenario.traffic.is_empty() {
        let [low, high] = range(&mut scenario.traffic.iter().copied());
        let _ = writeln!(
            out,
            "  purchase events of a week are {low:.3} to {high:.3} times the base year's (trend, season, single months)"
        );
    }
    let models = &scenario.market.models;
    let mut countries: Vec<&str> = models.iter().map(|model| model.assembly_country.as_str()).collect();
    countries.sort_unstable();
    countries.dedup();
    let mut moved = Vec::new();
    for country in countries {
        let of = |j: &usize| models[*j].assembly_country == country;
        let factors = scenario.cost_factor.iter().flat_map(|week| (0..models.len()).filter(of).map(|j| week[j]));
        let [low, high] = range(&mut factors.into_iter());
        if (low - 1.0).abs().max((high - 1.0).abs()) > 5e-4 && high.is_finite() {
            let one = high - low < 5e-4;
            moved.push(if one { format!("{country} {low:.3}") } else { format!("{country} {low:.3} to {high:.3}") });
        }
    }
    if !moved.is_empty() {
        let _ = writeln!(out, "  exchange rates make costs, in parts of the base year's: {}", moved.join(", "));
    }
    let market = &scenario.market;
    let shares = || {
        let imported = models.iter().enumerate().filter(|(_, model)| model.imported);
        imported.map(|(j, model)| {
            let kept = model.list_price_usd - market.chain.local_usd(j);
            kept / (1.0 + model.normal_rate.fraction()) / model.list_price_usd
        })
    };
    let [low, high] = range(&mut shares());
    if market.chain.is_vertical() && high - low > 5e-4 {
        let _ = writeln!(out, "  customs values are {:.1}% to {:.1}% of list prices", 100.0 * low, 100.0 * high);
    }
}

/// The level that an event puts in force or ends, who knew of it before, and since when cars owe no more.
fn level(scenario: &Scenario, instrument: &Instrument, event: &PolicyEvent) -> String {
    let ends = event.action == Action::Lifted && instrument.in_base_year;
    if event.refund {
        return "; importers get back what they paid since it was owed".into();
    }
    if !ends && !matches!(event.action, Action::Imposed | Action::Changed) {
        return String::new();
    }
    let measure = event.change.as_ref().map(|change| &change.measure).or_else(|| instrument.measure(event.week));
    let measured = |measure| format!(": {}", duties::measured_on(&scenario.market, instrument, measure));
    let mut text = measure.map_or_else(String::new, measured);
    if event.action == Action::Imposed && instrument.expected_weeks.is_finite() {
        let _ = write!(text, "; makers expect it for {} weeks", instrument.expected_weeks);
        if instrument.remains > 0.0 {
            let _ = write!(text, " and {} of it to remain", instrument.remains);
        }
    }
    if let Some(change) = event.change {
        if change.known_week < event.week {
            let _ = write!(text, ", known from {}", scenario.week_start(change.known_week));
        }
        if change.owed_from < event.week {
            let _ = write!(text, ", retroactive to the week of {}", scenario.week_start(change.owed_from));
        }
    }
    text
}

/// Elasticities, margins and diversion of the base year, by region and list.
fn base_year(out: &mut String, scenario: &Scenario, base: &BaseYear) {
    let market = &scenario.market;
    let _ = writeln!(out, "Base year (means weighted by volume):");
    let _ = writeln!(
        out,
        "  {:<28} {:>6} {:>9} {:>11} {:>9} {:>8}",
        "", "models", "cars", "elasticity", "margin", "of price"
    );
    let mut line = |name: &str, means: &BaseYearMeans| {
        let _ = writeln!(
            out,
            "  {name:<28} {:>6} {:>9.0} {:>11.2} {:>9.0} {:>7.1}%",
            means.models,
            means.cars,
            means.own_elasticity,
            means.margin_usd,
            100.0 * means.margin_of_price,
        );
    };
    for (region, flagged, means) in &base.by_region(market) {
        let mark = if *flagged { format!(", {}", scenario.flag) } else { String::new() };
        line(&format!("{}{mark}", market.regions[*region]), means);
    }
    line("all", &base.means(market, &(0..market.len()).collect::<Vec<_>>()));
    if !base.diversion.is_empty() {
        let regions = market.regions.as_slice().iter().map(String::as_str).chain(["outside"]);
        let parts: Vec<String> =
            regions.zip(&base.diversion).map(|(region, share)| format!("{region} {:.1}%", 100.0 * share)).collect();
        let flag = &scenario.flag;
        let _ = writeln!(out, "  If no {flag} model were on sale, their buyers would go to: {}", parts.join(", "));
    }
    if let Some((all, most, model)) = base.peers_effect(market) {
        let _ = writeln!(
            out,
            "  Word of mouth changes expected base-year sales by {:+.2}% in all, at most {:+.2}% ({})",
            100.0 * all,
            100.0 * most,
            market.models[model].name,
        );
    }
    out.push('\n');
}

/// Every number of the resolved scenario with its status and source.
fn parameters(out: &mut String, loaded: &Loaded) {
    let mut rows = vec![["parameter", "value", "status", "source"].map(String::from)];
    rows.extend(
        listed(&loaded.document).into_iter().map(|Listed { key, value, status, source }| [key, value, status, source]),
    );
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (key, value, status) = (width(0), width(1), width(2));
    for [a, b, c, d] in &rows {
        let _ = writeln!(out, "{}", format!("{a:<key$}  {b:>value$}  {c:<status$}  {d}").trim_end());
    }
}
