//! Which charts a study gets, and the rows they are drawn from.

use std::cell::OnceCell;
use std::path::PathBuf;

use super::account_rows::{AccountGroup, WelfareRow};
use super::bargaining::Bargain;
use super::build::Report;
use super::charts::{
    ChartContext, ChartError, EventMark, PeriodContext, RegimeContext, Svg, bargaining, days_of_supply, deficit,
    diversion, event_study, headline, headline_label, prices, pull_forward, regime_welfare, shares_over_time, who_pays,
    winners_losers, write_into,
};
use super::rows::{ModelRow, ReplicationRow};
use super::study::describe;
use super::timing_rows::{EventStudyRow, fan};
use super::words::region_label;
use crate::folder::OutputFolder;
use crate::model::accounts::{Account, TradeMetric};
use crate::model::governments::{Calendar, Escalation};
use crate::model::trade::regime::Action;
use crate::numerics::calendar::{Day, month_number};
use crate::platform::threads::prelude::*;
use crate::study::bargained::Bargained;
use crate::study::finished::Finished;

/// A chart that is drawn when it is asked for.
pub struct LazyChart<'a> {
    /// Its name; the files are `charts/NAME.svg` and `charts/NAME.png`.
    pub name: String,
    draw: Box<dyn Fn() -> Result<Svg, ChartError> + 'a>,
}

impl std::fmt::Debug for LazyChart<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LazyChart").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> LazyChart<'a> {
    fn new(name: impl Into<String>, draw: impl Fn() -> Result<Svg, ChartError> + 'a) -> Self {
        Self { name: name.into(), draw: Box::new(draw) }
    }

    /// Draws the chart; nothing where it has nothing to show (prices under a regime without duties).
    ///
    /// # Errors
    /// [`ChartError`] when it cannot be drawn.
    pub fn draw(&self) -> Result<Option<Svg>, ChartError> {
        match (self.draw)() {
            Ok(svg) => Ok(Some(svg)),
            Err(ChartError::Empty { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the charts of a finished study are drawn from. Rows that several of them share are made once, when the first is drawn.
#[derive(Debug)]
pub struct Drawing<'a> {
    report: Report<'a>,
    bargains: &'a [Bargained],
    period: usize,
    context: ChartContext,
    models: OnceCell<Vec<ModelRow>>,
    welfare: OnceCell<Vec<WelfareRow>>,
    events: OnceCell<Vec<EventStudyRow>>,
}

impl<'a> Drawing<'a> {
    /// Nothing drawn yet.
    #[must_use]
    pub fn of(finished: &'a Finished) -> Self {
        Self::over(finished, finished.study.scenario().outputs.period)
    }

    /// The same over the period at a position of the scenario's.
    #[must_use]
    pub fn over(finished: &'a Finished, period: usize) -> Self {
        let report = Report::of(finished);
        Self {
            period,
            context: context(&report, period),
            report,
            bargains: &finished.bargains,
            models: OnceCell::new(),
            welfare: OnceCell::new(),
            events: OnceCell::new(),
        }
    }

    fn models(&self) -> &[ModelRow] {
        self.models.get_or_init(|| self.report.models())
    }
    fn welfare(&self) -> &[WelfareRow] {
        self.welfare.get_or_init(|| self.report.welfare())
    }
    fn events(&self) -> Result<&[EventStudyRow], ChartError> {
        let events = self.events.get_or_init(|| self.report.event_study());
        if events.is_empty() { Err(nothing("event_study")) } else { Ok(events) }
    }

    /// The charts, each drawn when it is asked for.
    #[must_use]
    pub fn charts(&self) -> Vec<LazyChart<'_>> {
        let (report, context) = (&self.report, &self.context);
        let mut charts = vec![
            LazyChart::new("shares_over_time", || shares_over_time::draw(&report.weekly(), context)),
            LazyChart::new("prices", || prices::draw(&report.diversion(), context)),
            LazyChart::new("diversion", || diversion::draw(&report.diversion(), context)),
        ];
        for regime in &context.regimes {
            charts.push(LazyChart::new(format!("winners_losers_{}", file_name(&regime.name)), move || {
                let changed = |row: &ModelRow| {
                    row.regime == regime.name && row.period == context.period.name && row.units.change != 0.0
                };
                if !self.models().iter().any(changed) {
                    return Err(nothing("winners_losers"));
                }
                winners_losers::draw(self.models(), &regime.name, context)
            }));
        }
        for regime in &context.regimes {
            charts.push(LazyChart::new(format!("who_pays_{}", file_name(&regime.name)), move || {
                let of_regime = |row: &&WelfareRow| row.regime == regime.name && row.period == context.period.name;
                let rows: Vec<&WelfareRow> = self.welfare().iter().filter(of_regime).collect();
                who_pays::draw(&parties(&rows), &regime.name, context)
            }));
        }
        charts.push(LazyChart::new("regime_welfare", move || {
            let of_period = self.welfare().iter().filter(|row| row.period == context.period.name);
            let gains: Vec<regime_welfare::Gain> = of_period.filter_map(|row| gain(report, row)).collect();
            regime_welfare::draw(&gains, context)
        }));
        charts.extend([
            LazyChart::new("deficit", || deficit::draw(&report.deficit_path(), context)),
            LazyChart::new("event_study", || event_study::draw(self.events()?, context)),
            LazyChart::new("pull_forward", || pull_forward::draw(self.events()?, &never_imposed(report), context)),
            LazyChart::new("days_of_supply", || days_of_supply::draw(&report.dealers(), context)),
        ]);
        for bargained in self.bargains {
            let name = file_name(&bargained.regime);
            let with = move |draw: fn(&Bargain, &bargaining::Caption) -> Result<Svg, ChartError>| {
                let bargain = Bargain::of(bargained);
                let caption = caption(report, &bargain).ok_or_else(|| nothing("bargaining"))?;
                draw(&bargain, &caption)
            };
            charts.push(LazyChart::new(format!("offers_{name}"), move || {
                with(|bargain, caption| bargaining::offers(&bargain.offers, caption))
            }));
            charts.push(LazyChart::new(format!("settlement_dates_{name}"), move || {
                with(|bargain, caption| bargaining::settlement_dates(&bargain.dates, caption))
            }));
        }
        charts.push(LazyChart::new("headline", move || {
            let (metric, rows) = headline_rows(report, self.period);
            headline::draw(&rows, &report.comparisons(), &metric, context)
        }));
        charts
    }
}

/// A chart without anything to show.
fn nothing(chart: &'static str) -> ChartError {
    ChartError::Empty { chart, reason: "the study has nothing for it".into() }
}

/// What the charts of a regime's bargaining say of it.
fn caption(report: &Report<'_>, bargain: &Bargain) -> Option<bargaining::Caption> {
    let scenario = report.study.scenario();
    let position = report.regimes.iter().find(|r| scenario.regimes[**r].name == bargain.regime)?;
    let negotiated = report.study.negotiated(*position)?;
    let label = &scenario.regimes[*position].label;
    Some(bargain.caption(&scenario.title, label, &negotiated.setup, scenario.seed))
}

/// Draws and writes all charts of a study, as SVG and PNG; returns their paths.
///
/// # Errors
/// [`ChartError`] when a chart cannot be drawn or written.
pub fn write_charts(folder: &OutputFolder, finished: &Finished) -> Result<Vec<PathBuf>, ChartError> {
    let charts = folder.below("charts");
    let mut drawn = Vec::new();
    for chart in Drawing::of(finished).charts() {
        drawn.extend(chart.draw()?.map(|svg| (chart.name, svg)));
    }
    let written = drawn.into_par_iter().map(|(name, svg)| write_into(&charts, &svg, &name));
    Ok(written.collect::<Result<Vec<_>, _>>()?.concat())
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
    fn deficit_path(&self) -> Vec<deficit::DeficitMonth> {
        const BILLION: f64 = 1e9;
        let scenario = self.study.scenario();
        let Some(accounts) = &self.layout().accounts else { return Vec::new() };
        let mut path = Vec::new();
        for arm in self.results.arms() {
            for (m, month) in accounts.months.iter().enumerate() {
                let rate = |month| scenario.accounts.deficit_rates.in_month(month);
                let base = scenario.accounts.deficit_in(month_number(month.first_day), rate);
                let Some(base) = base else { continue };
                let slot = accounts.trade(TradeMetric::Deficit, m);
                let (own, quiet) = (self.results.stored(arm, slot), self.results.stored(self.results.baseline(), slot));
                let values = own.iter().zip(&quiet).map(|((_, own), (_, quiet))| (base + (own - quiet)) / BILLION);
                path.push(deficit::DeficitMonth {
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

fn context(report: &Report<'_>, period: usize) -> ChartContext {
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
                None => {
                    let event = |event: &crate::model::trade::regime::PolicyEvent| EventMark {
                        date: event.date,
                        label: event.label.clone(),
                    };
                    let mut events: Vec<EventMark> = regime.events.iter().map(event).collect();
                    // One event on several instruments is one line.
                    events.dedup_by(|a, b| (a.date, &a.label) == (b.date, &b.label));
                    events
                }
            },
        })
        .collect();
    ChartContext {
        scenario: scenario.title.clone(),
        baseline: scenario.regimes[scenario.baseline].name.clone(),
        regimes,
        replications: report.results.replications(),
        drawn: report.results.draw_size().is_some(),
        seed: scenario.seed,
        source: String::new(),
        flag_label: scenario.flag_label.clone(),
        regions: scenario.market.regions.as_slice().to_vec(),
        period: PeriodContext::of(scenario, &scenario.periods[period]),
    }
}

/// The dated steps of a negotiated regime: in hardly any world is there a deal before them.
fn dated_steps(calendar: &Calendar) -> Vec<EventMark> {
    let step = |day: Day, label: &str| EventMark { date: day.date(), label: label.to_owned() };
    let steps = [
        (Escalation::Threat, step(calendar.open_threat, "Open threat")),
        (Escalation::DatedThreat, step(calendar.list, "List published")),
        (Escalation::DatedThreat, step(calendar.liability, "Liability date")),
        (Escalation::DatedThreat, step(calendar.deadline, "Deadline")),
    ];
    steps.into_iter().filter(|(least, _)| calendar.escalation >= *least).map(|(_, step)| step).collect()
}

/// The headline metric over a period in the stored replications.
fn headline_rows(report: &Report<'_>, period: usize) -> (headline::HeadlineMetric, Vec<ReplicationRow>) {
    let scenario = report.study.scenario();
    let layout = report.study.layout();
    let name = scenario.outputs.headline.clone();
    let position = layout.headlines.iter().position(|known| *known == name).unwrap_or(0);
    let described = describe(&name, scenario);
    let (_, unit) = described.yearly(scenario.periods[period].years());
    let slot = layout.headline(position, period);
    let mut rows = Vec::new();
    for arm in report.results.arms() {
        for (replication, value) in report.results.stored(arm, slot) {
            let regime = report.regime_name(arm);
            rows.push(ReplicationRow { regime, replication, metric: name.clone(), value });
        }
    }
    (
        headline::HeadlineMetric {
            name,
            label: headline_label(&described.what, scenario.market.regions.as_slice()),
            unit,
            is_flow: described.is_flow,
        },
        rows,
    )
}

/// A regime's name as part of a file name.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect()
}
