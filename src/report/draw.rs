//! Which charts a study gets, and the rows they are drawn from.

use std::path::PathBuf;

use super::account_rows::{AccountGroup, WelfareRow};
use super::bargaining::Bargain;
use super::build::Report;
use super::charts::{
    ChartContext, ChartError, PeriodContext, PolicyEvent, RegimeContext, Svg, bargaining, days_of_supply, deficit,
    diversion, event_study, headline, headline_label, prices, pull_forward, regime_welfare, shares_over_time, who_pays,
    winners_losers, write,
};
use super::rows::ReplicationRow;
use super::study::describe;
use super::timing_rows::fan;
use super::words::region_label;
use crate::folder::OutputFolder;
use crate::model::accounts::{Account, TradeMetric};
use crate::model::governments::{Calendar, Day, Escalation, month_number};
use crate::model::trade::regime::Action;

/// Draws and writes all charts of a study, as SVG and PNG; returns their paths.
///
/// A chart that has nothing to show (prices under a regime without duties) is left out.
///
/// # Errors
/// [`ChartError`] when a chart cannot be drawn or written.
pub fn write_charts(folder: &OutputFolder, report: &Report<'_>) -> Result<Vec<PathBuf>, ChartError> {
    let context = context(report);
    let charts = folder.path().join("charts");
    let mut paths = Vec::new();
    let mut keep = |name: &str, drawn: Result<Svg, ChartError>| match drawn {
        Ok(svg) => {
            paths.extend(write(&svg, &charts, name)?);
            Ok(())
        }
        Err(ChartError::Empty { .. }) => Ok(()),
        Err(error) => Err(error),
    };
    keep("shares_over_time", shares_over_time::draw(&report.weekly(), &context))?;
    let lost = report.diversion();
    keep("prices", prices::draw(&lost, &context))?;
    keep("diversion", diversion::draw(&lost, &context))?;
    let models = report.models();
    for regime in &context.regimes {
        let changed = |row: &&super::rows::ModelRow| {
            row.regime == regime.name && row.period == context.period.name && row.units.change != 0.0
        };
        if models.iter().any(|row| changed(&row)) {
            let name = format!("winners_losers_{}", file_name(&regime.name));
            keep(&name, winners_losers::draw(&models, &regime.name, &context))?;
        }
    }
    let welfare = report.welfare();
    for regime in &context.regimes {
        let rows: Vec<&WelfareRow> =
            welfare.iter().filter(|row| row.regime == regime.name && row.period == context.period.name).collect();
        let name = format!("who_pays_{}", file_name(&regime.name));
        keep(&name, who_pays::draw(&parties(&rows), &regime.name, &context))?;
    }
    let gains: Vec<regime_welfare::Gain> =
        welfare.iter().filter(|row| row.period == context.period.name).filter_map(|row| gain(report, row)).collect();
    keep("regime_welfare", regime_welfare::draw(&gains, &context))?;
    keep("deficit", deficit::draw(&report.deficit_path(), &context))?;
    let events = report.event_study();
    if !events.is_empty() {
        keep("event_study", event_study::draw(&events, &context))?;
        keep("pull_forward", pull_forward::draw(&events, &never_imposed(report), &context))?;
    }
    keep("days_of_supply", days_of_supply::draw(&report.dealers(), &context))?;
    for bargain in Bargain::of_study(report.study, report.regimes, report.results.replications()) {
        let position =
            report.regimes.iter().copied().find(|r| report.study.scenario().regimes[*r].name == bargain.regime);
        let Some((position, negotiated)) = position.and_then(|p| Some((p, report.study.negotiated(p)?))) else {
            continue;
        };
        let scenario = report.study.scenario();
        let label = &scenario.regimes[position].label;
        let caption = bargain.caption(&scenario.title, label, &negotiated.setup, scenario.seed);
        let name = file_name(&bargain.regime);
        keep(&format!("offers_{name}"), bargaining::offers(&bargain.offers, &caption))?;
        keep(&format!("settlement_dates_{name}"), bargaining::settlement_dates(&bargain.dates, &caption))?;
    }
    let (metric, rows) = headline_rows(report);
    keep("headline", headline::draw(&rows, &report.comparisons(), &metric, &context))?;
    Ok(paths)
}

/// The parties of one regime's account with their totals, in the order of the table; those that gain and lose nothing are left out.
fn parties(rows: &[&WelfareRow]) -> Vec<who_pays::Party> {
    let mut shown: Vec<&&WelfareRow> = rows
        .iter()
        .filter(|row| {
            row.group == AccountGroup::Total.as_str()
                || row.group == AccountGroup::Party.as_str() && row.change_usd != 0.0
        })
        .collect();
    shown.sort_by_key(|row| row.order);
    let party = |row: &&WelfareRow| who_pays::Party {
        label: row.label.clone(),
        change: row.yearly(),
        total: row.group == AccountGroup::Total.as_str(),
    };
    shown.into_iter().map(party).collect()
}

/// A row that is a country's total, or the world's.
fn gain(report: &Report<'_>, row: &WelfareRow) -> Option<regime_welfare::Gain> {
    let scenario = report.study.scenario();
    let regions = &scenario.market.regions;
    let (region, label) = match row.account.account {
        Account::TotalHome => {
            let first = regions.ids().find(|region| scenario.market.domestic[*region]);
            (first.map_or_else(|| "home".to_owned(), |region| regions[region].clone()), scenario.accounts.home.clone())
        }
        Account::TotalOf(region) => (regions[region].clone(), region_label(&regions[region])),
        Account::World => (String::new(), "World".to_owned()),
        _ => return None,
    };
    Some(regime_welfare::Gain { regime: row.regime.clone(), region, label, change: row.yearly() })
}

impl Report<'_> {
    /// The bilateral deficit of every month and regime over replications; none where the scenario gives no deficit.
    fn deficit_path(&self) -> Vec<deficit::Month> {
        const BILLION: f64 = 1e9;
        let scenario = self.study.scenario();
        let Some(accounts) = &self.layout().accounts else { return Vec::new() };
        let mut path = Vec::new();
        for arm in self.arms() {
            for (m, month) in accounts.months.iter().enumerate() {
                let rate = |month| scenario.accounts.deficit_rates.in_month(month);
                let base = scenario.accounts.deficit_in(month_number(month.first_day), rate);
                let Some(base) = base else { continue };
                let slot = accounts.trade(TradeMetric::Deficit, m);
                let (own, quiet) = (self.results.stored(arm, slot), self.results.stored(self.results.baseline(), slot));
                let values = own.iter().zip(&quiet).map(|((_, own), (_, quiet))| (base + (own - quiet)) / BILLION);
                path.push(deficit::Month {
                    regime: self.regime_name(arm),
                    from: scenario.week_start(month.from),
                    weeks: month.to - month.from,
                    deficit: fan(values.collect()),
                    base: base / BILLION,
                });
            }
        }
        path
    }
}

/// Regimes in which no duty is imposed.
fn never_imposed(report: &Report<'_>) -> Vec<String> {
    let scheduled = report.regimes.iter().filter(|regime| report.study.negotiated(**regime).is_none());
    let regimes = scheduled.map(|regime| &report.study.scenario().regimes[*regime]);
    let quiet = regimes.filter(|regime| regime.events.iter().all(|event| event.action != Action::Imposed));
    quiet.map(|regime| regime.name.clone()).collect()
}

fn context(report: &Report<'_>) -> ChartContext {
    let scenario = report.study.scenario();
    let regimes = report
        .regimes
        .iter()
        .map(|position| (*position, &scenario.regimes[*position]))
        .map(|(position, regime)| RegimeContext {
            name: regime.name.clone(),
            label: regime.label.clone(),
            events: match report.study.negotiated(position) {
                Some(negotiated) => dated_steps(&negotiated.setup.calendar),
                None => regime
                    .events
                    .iter()
                    .map(|event| PolicyEvent { date: event.date, label: event.label.clone() })
                    .collect(),
            },
        })
        .collect();
    ChartContext {
        scenario: scenario.title.clone(),
        baseline: scenario.regimes[scenario.baseline].name.clone(),
        regimes,
        replications: report.results.replications(),
        seed: scenario.seed,
        source: String::new(),
        flag_label: scenario.flag_label.clone(),
        period: PeriodContext::of(scenario, scenario.reporting_period()),
    }
}

/// The dated steps of a negotiated regime: in hardly any world is there a deal before them.
fn dated_steps(calendar: &Calendar) -> Vec<PolicyEvent> {
    let step = |day: Day, label: &str| PolicyEvent { date: day.date(), label: label.to_owned() };
    let steps = [
        (Escalation::Threat, step(calendar.open_threat, "Open threat")),
        (Escalation::DatedThreat, step(calendar.list, "List published")),
        (Escalation::DatedThreat, step(calendar.liability, "Liability date")),
        (Escalation::DatedThreat, step(calendar.deadline, "Deadline")),
    ];
    steps.into_iter().filter(|(least, _)| calendar.escalation >= *least).map(|(_, step)| step).collect()
}

/// The headline metric over the reporting period in the stored replications.
fn headline_rows(report: &Report<'_>) -> (headline::Metric, Vec<ReplicationRow>) {
    let scenario = report.study.scenario();
    let layout = report.study.layout();
    let name = scenario.outputs.headline.clone();
    let position = layout.headlines.iter().position(|known| *known == name).unwrap_or(0);
    let described = describe(&name, scenario);
    let (_, unit) = described.yearly(scenario.reporting_period().years());
    let slot = layout.headline(position, scenario.outputs.period);
    let mut rows = Vec::new();
    for (arm, regime) in report.regimes.iter().enumerate() {
        for (replication, value) in report.results.stored(arm, slot) {
            let regime = scenario.regimes[*regime].name.clone();
            rows.push(ReplicationRow { regime, replication, metric: name.clone(), value });
        }
    }
    (headline::Metric { name, label: headline_label(&described.what), unit, is_flow: described.is_flow }, rows)
}

/// A regime's name as part of a file name.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect()
}
