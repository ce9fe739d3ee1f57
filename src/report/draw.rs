//! Which charts a study gets, and the rows they are drawn from.

use std::cell::OnceCell;
use std::path::PathBuf;

use jiff::civil::Date;

use super::account_rows::{AccountGroup, LargestInDraws, TradeRow, WelfareRow};
use super::bargaining::Bargain;
use super::build::Report;
use super::charts::{
    ChartContext, ChartError, EventMark, PeriodContext, RegimeContext, Svg, bargaining, days_of_supply, deficit,
    diversion, event_study, groups, headline, headline_label, model_prices, prices, pull_forward, regime_welfare,
    shares_over_time, who_pays, winners_losers, write_into,
};
use super::group_rows::GroupRow;
use super::negotiation::{OffersRow, RegimeMetricRow, SettlementDateRow};
use super::recorded::{ChartFacts, Gained, OfRegime, RecordedRun};
use super::rows::{ComparisonRow, DiversionRegionRow, ModelRow, ReplicationRow, WeeklyRow};
use super::timing_rows::{DealerRow, EventStudyRow};
use super::words::{describe, region_label};
use crate::config::figures::Figures;
use crate::folder::OutputFolder;
use crate::model::governments::{Calendar, Escalation};
use crate::numerics::calendar::Day;
use crate::platform::threads::prelude::*;
use crate::study::Arm;
use crate::study::bargained::Bargained;
use crate::study::finished::Finished;

/// A chart that is drawn when it is asked for.
pub struct LazyChart<'a> {
    /// Its name; the files are `charts/NAME.svg` and `charts/NAME.png`.
    pub name: String,
    /// The same without the regime that it is of.
    pub kind: &'static str,
    /// The table that its numbers stand in.
    pub table: &'static str,
    /// What it shows whatever period is asked for; nothing where it shows the period.
    pub whatever_period: Option<&'static str>,
    draw: Box<dyn Fn() -> Result<Vec<Svg>, ChartError> + 'a>,
}

/// The pages that a chart is drawn on: one, but for those of many panels.
pub trait Pages {
    /// They themselves.
    fn pages(self) -> Vec<Svg>;
}

impl Pages for Svg {
    fn pages(self) -> Vec<Svg> {
        vec![self]
    }
}

impl Pages for Vec<Svg> {
    fn pages(self) -> Vec<Svg> {
        self
    }
}

/// Name of a page of a chart, from 0: the first has the chart's own.
#[must_use]
pub fn page_name(chart: &str, page: usize) -> String {
    if page == 0 { chart.to_owned() } else { format!("{chart}_{}", page + 1) }
}

/// Whether a name is that of a later page of a chart.
#[must_use]
pub fn is_page_of(name: &str, chart: &str) -> bool {
    let number = name.strip_prefix(chart).and_then(|rest| rest.strip_prefix('_'));
    number.is_some_and(|number| number.parse::<usize>().is_ok_and(|page| page > 1))
}

impl std::fmt::Debug for LazyChart<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LazyChart").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> LazyChart<'a> {
    fn new<P: Pages>(kind: &'static str, table: &'static str, draw: impl Fn() -> Result<P, ChartError> + 'a) -> Self {
        Self { name: kind.to_owned(), kind, table, whatever_period: None, draw: Box::new(move || Ok(draw()?.pages())) }
    }
    /// The same, which shows the whole horizon.
    fn whole(self) -> Self {
        Self { whatever_period: Some("the whole horizon"), ..self }
    }
    /// One of a regime.
    fn of<P: Pages>(
        kind: &'static str,
        regime: &str,
        table: &'static str,
        draw: impl Fn() -> Result<P, ChartError> + 'a,
    ) -> Self {
        Self { name: format!("{kind}_{}", file_name(regime)), ..Self::new(kind, table, draw) }
    }

    /// Draws the first page of the chart; nothing where it has nothing to show (prices under a regime without duties).
    ///
    /// # Errors
    /// [`ChartError`] when it cannot be drawn.
    pub fn draw(&self) -> Result<Option<Svg>, ChartError> {
        Ok(self.pages()?.into_iter().next().map(|(_, svg)| svg))
    }

    /// Draws the chart on its pages, by their names: its own, and `NAME_2` and so on where it is too high for one; none where it has nothing to
    /// show.
    ///
    /// # Errors
    /// [`ChartError`] when it cannot be drawn.
    pub fn pages(&self) -> Result<Vec<(String, Svg)>, ChartError> {
        match (self.draw)() {
            Ok(pages) => {
                let named = |(at, svg): (usize, Svg)| (page_name(&self.name, at), svg.with_data(self.table));
                Ok(pages.into_iter().enumerate().map(named).collect())
            }
            Err(ChartError::Empty { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// Where the rows of the charts come from.
#[derive(Debug)]
enum RowSource<'a> {
    /// A run in memory.
    Run { report: Report<'a>, bargains: &'a [Bargained] },
    /// A run in its folder.
    Folder(Box<RecordedRun>),
}

impl RowSource<'_> {
    fn weekly(&self) -> Result<Vec<WeeklyRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.weekly()),
            Self::Folder(recorded) => recorded.rows(),
        }
    }
    fn diversion(&self) -> Result<Vec<DiversionRegionRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.diversion_regions()),
            Self::Folder(recorded) => recorded.rows(),
        }
    }
    fn models(&self) -> Result<Vec<ModelRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.models()),
            Self::Folder(recorded) => recorded.rows(),
        }
    }
    fn groups(&self) -> Result<Vec<GroupRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.groups()),
            Self::Folder(recorded) => recorded.rows(),
        }
    }
    fn welfare(&self) -> Result<Vec<Gained>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.welfare().iter().map(Gained::from).collect()),
            Self::Folder(recorded) => recorded.welfare(),
        }
    }
    fn trade_balance(&self) -> Result<Vec<TradeRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.trade_balance()),
            Self::Folder(recorded) => recorded.rows(),
        }
    }
    fn events(&self) -> Result<Vec<EventStudyRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.event_study()),
            Self::Folder(recorded) => recorded.rows(),
        }
    }
    fn dealers(&self) -> Result<Vec<DealerRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.dealers()),
            Self::Folder(recorded) => recorded.rows(),
        }
    }
    fn comparisons(&self) -> Result<Vec<ComparisonRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(report.comparisons()),
            Self::Folder(recorded) => recorded.rows(),
        }
    }
    /// The headline metric of every replication over a period.
    fn replications(
        &self,
        period: &PeriodContext,
        reporting: &PeriodContext,
    ) -> Result<Vec<ReplicationRow>, ChartError> {
        match self {
            Self::Run { report, .. } => Ok(headline_rows(report, &period.name)),
            Self::Folder(_) if period != reporting => Err(ChartError::Unrecorded {
                chart: "headline",
                reason: format!(
                    "replications.csv has the reporting period `{}` alone, not `{}`",
                    reporting.name, period.name
                ),
            }),
            Self::Folder(recorded) => recorded.replications(),
        }
    }
    fn offers(&self, regime: &str) -> Result<Vec<OffersRow>, ChartError> {
        match self {
            Self::Run { bargains, .. } => {
                Ok(of_regime(bargains, regime).map_or_else(Vec::new, |bargain| bargain.offers))
            }
            Self::Folder(recorded) => Ok(only(recorded.rows()?, regime)),
        }
    }
    fn settlement_dates(&self, regime: &str) -> Result<Vec<SettlementDateRow>, ChartError> {
        match self {
            Self::Run { bargains, .. } => {
                Ok(of_regime(bargains, regime).map_or_else(Vec::new, |bargain| bargain.dates))
            }
            Self::Folder(recorded) => Ok(only(recorded.rows()?, regime)),
        }
    }
    /// The means of the outcomes that a caption names.
    fn outcomes(&self, regime: &str) -> Result<[f64; 3], ChartError> {
        match self {
            Self::Run { bargains, .. } => {
                let bargain = of_regime(bargains, regime);
                Ok(bargaining::OUTCOMES.map(|metric| bargain.as_ref().map_or(f64::NAN, |bargain| bargain.mean(metric))))
            }
            Self::Folder(recorded) => {
                let rows: Vec<RegimeMetricRow> = only(recorded.rows()?, regime);
                let mean = |metric: &str| rows.iter().find(|row| row.outcome.metric == metric);
                Ok(bargaining::OUTCOMES.map(|metric| mean(metric).map_or(f64::NAN, |row| row.outcome.mean)))
            }
        }
    }
}

fn of_regime(bargains: &[Bargained], regime: &str) -> Option<Bargain> {
    bargains.iter().find(|bargained| bargained.regime == regime).map(Bargain::of)
}

fn only<R: OfRegime>(mut rows: Vec<R>, regime: &str) -> Vec<R> {
    rows.retain(|row| row.regime() == regime);
    rows
}

/// What the charts of a finished study are drawn from. Rows that several of them share are made once, when the first is drawn.
#[derive(Debug)]
pub struct Drawing<'a> {
    source: RowSource<'a>,
    facts: ChartFacts,
    /// The facts' context over the period shown.
    context: ChartContext,
    /// The same over the whole horizon, for charts of regimes that impose nothing; nothing where a period is asked for.
    whole: Option<ChartContext>,
    models: OnceCell<Vec<ModelRow>>,
    groups: OnceCell<Vec<GroupRow>>,
    welfare: OnceCell<Vec<Gained>>,
    events: OnceCell<Vec<EventStudyRow>>,
}

impl<'a> Drawing<'a> {
    /// Nothing drawn yet.
    #[must_use]
    pub fn of(finished: &'a Finished, look: &Figures) -> Self {
        Self::over(finished, None, look)
    }

    /// The same over the period at a position of the scenario's, if one is asked for.
    #[must_use]
    pub fn over(finished: &'a Finished, period: Option<usize>, look: &Figures) -> Self {
        let report = Report::of(finished);
        let facts = facts(&report, &finished.bargains, look);
        Self::new(RowSource::Run { report, bargains: &finished.bargains }, facts, period)
    }

    /// The charts of a run in its folder, over the period at a position of [`ChartFacts::periods`], if one is asked for.
    #[must_use]
    pub fn recorded(recorded: RecordedRun, period: Option<usize>) -> Drawing<'static> {
        let facts = recorded.facts.clone();
        Drawing::new(RowSource::Folder(Box::new(recorded)), facts, period)
    }

    fn new(source: RowSource<'_>, facts: ChartFacts, asked: Option<usize>) -> Drawing<'_> {
        let mut context = facts.context.clone();
        if let Some(period) = asked.and_then(|period| facts.periods.get(period)) {
            context.period = period.clone();
        }
        // Unless a period is asked for, a rush is not shown without its payback.
        let whole = facts.periods.first().filter(|whole| asked.is_none() && **whole != context.period);
        context.paid_back = if whole.is_some() { facts.rushed.clone() } else { Vec::new() };
        let whole = whole.map(|whole| ChartContext { period: whole.clone(), ..context.clone() });
        let (models, groups, welfare, events) = Default::default();
        Drawing { source, facts, context, whole, models, groups, welfare, events }
    }

    fn models(&self) -> Result<&[ModelRow], ChartError> {
        once(&self.models, || self.source.models())
    }
    fn groups(&self) -> Result<&[GroupRow], ChartError> {
        once(&self.groups, || self.source.groups())
    }
    fn welfare(&self) -> Result<&[Gained], ChartError> {
        once(&self.welfare, || self.source.welfare())
    }
    fn events(&self) -> Result<&[EventStudyRow], ChartError> {
        let events = once(&self.events, || self.source.events())?;
        if events.is_empty() { Err(nothing("event_study")) } else { Ok(events) }
    }
    /// The context of the charts of one regime.
    fn context_of(&self, regime: &str) -> &ChartContext {
        let whole = self.whole.as_ref().filter(|whole| whole.paid_back.iter().any(|known| known == regime));
        whole.unwrap_or(&self.context)
    }
    /// Whether a row is of a regime and of the period shown of it.
    fn is_shown(&self, row: [&str; 2], regime: &str) -> bool {
        row == [regime, self.context_of(regime).period.name.as_str()]
    }

    /// The charts, each drawn when it is asked for.
    #[must_use]
    pub fn charts(&self) -> Vec<LazyChart<'_>> {
        let (source, context) = (&self.source, &self.context);
        let mut charts = vec![
            LazyChart::new("shares_over_time", "weekly", || shares_over_time::draw(&source.weekly()?, context)).whole(),
            LazyChart::new("prices", "weekly", || prices::draw(&source.weekly()?, context)).whole(),
            LazyChart::new("diversion", "diversion_regions", || diversion::draw(&source.diversion()?, context)).whole(),
        ];
        for regime in &context.regimes {
            charts.push(LazyChart::of("winners_losers", &regime.name, "models", move || {
                let changed = |row: &ModelRow| {
                    self.is_shown([&row.regime, &row.period], &regime.name) && row.sales().change != 0.0
                };
                if !self.models()?.iter().any(changed) {
                    return Err(nothing("winners_losers"));
                }
                winners_losers::draw(self.models()?, &regime.name, self.context_of(&regime.name))
            }));
        }
        for regime in context.regimes.iter().filter(|regime| regime.name != context.baseline) {
            charts.push(LazyChart::of("model_prices", &regime.name, "models", move || {
                model_prices::draw(self.models()?, &regime.name, self.context_of(&regime.name))
            }));
        }
        for regime in context.regimes.iter().filter(|regime| regime.name != context.baseline) {
            charts.push(LazyChart::of("groups", &regime.name, "groups", move || {
                groups::draw(self.groups()?, &regime.name, self.context_of(&regime.name))
            }));
        }
        for regime in &context.regimes {
            charts.push(LazyChart::of("who_pays", &regime.name, "welfare", move || {
                let of_regime = |row: &&Gained| self.is_shown([&row.regime, &row.period], &regime.name);
                let rows: Vec<&Gained> = self.welfare()?.iter().filter(of_regime).collect();
                let own = |of: &&LargestInDraws| self.is_shown([&of.regime, &of.period], &regime.name);
                let draws = self.facts.largest.iter().find(own);
                who_pays::draw(&parties(&rows), draws, &regime.name, self.context_of(&regime.name))
            }));
        }
        charts.push(LazyChart::new("regime_welfare", "welfare", move || {
            let of_period = self.welfare()?.iter().filter(|row| row.period == context.period.name);
            let gains: Vec<regime_welfare::Gain> = of_period.filter_map(|row| self.gain(row)).collect();
            regime_welfare::draw(&gains, context)
        }));
        let deficit = LazyChart::new("deficit", "trade_balance", || {
            deficit::draw(&deficit_path(&source.trade_balance()?, &self.facts), context)
        });
        charts.extend([
            LazyChart { whatever_period: Some("all months, with means over the period in its title"), ..deficit },
            LazyChart::new("event_study", "weekly", || {
                // Of runs in time alone: in others nobody moves a purchase.
                self.events()?;
                event_study::draw(&source.weekly()?, context)
            })
            .whole(),
            LazyChart::new("pull_forward", "event_study", || {
                pull_forward::draw(self.events()?, &self.facts.quiet, &self.facts.rush_ends, context)
            })
            .whole(),
            LazyChart::new("days_of_supply", "dealers", || days_of_supply::draw(&source.dealers()?, context)).whole(),
        ]);
        for (regime, caption) in &self.facts.bargains {
            charts.push(LazyChart::of("offers", regime, "offers", move || {
                let caption = bargaining::Caption { outcomes: source.outcomes(regime)?, ..caption.clone() };
                bargaining::offers(&source.offers(regime)?, &caption)
            }));
            charts.push(LazyChart::of("settlement_dates", regime, "settlement_dates", move || {
                let caption = bargaining::Caption { outcomes: source.outcomes(regime)?, ..caption.clone() };
                bargaining::settlement_dates(&source.settlement_dates(regime)?, &caption)
            }));
        }
        charts.push(LazyChart::new("headline", "replications", move || {
            let rows = source.replications(&context.period, &self.facts.context.period)?;
            headline::draw(&rows, &source.comparisons()?, &self.facts.headline, context)
        }));
        charts
    }

    /// A line that is a country's total, or the world's.
    fn gain(&self, row: &Gained) -> Option<regime_welfare::Gain> {
        let (region, label) = match row.account.as_str() {
            "total_home" => {
                let [region, label] = &self.facts.home;
                (region.clone(), label.clone())
            }
            "total_world" => (String::new(), "World".to_owned()),
            account => {
                let region =
                    self.context.regions.iter().find(|region| account.strip_prefix("total_") == Some(region))?;
                (region.clone(), region_label(region))
            }
        };
        Some(regime_welfare::Gain { regime: row.regime.clone(), region, label, change: row.yearly })
    }
}

fn once<T>(cell: &OnceCell<Vec<T>>, make: impl FnOnce() -> Result<Vec<T>, ChartError>) -> Result<&[T], ChartError> {
    if cell.get().is_none() {
        let made = make()?;
        return Ok(cell.get_or_init(|| made));
    }
    Ok(cell.get().map_or(&[], Vec::as_slice))
}

/// A chart without anything to show.
fn nothing(chart: &'static str) -> ChartError {
    ChartError::Empty { chart, reason: "the study has nothing for it".into() }
}

impl From<&WelfareRow> for Gained {
    fn from(row: &WelfareRow) -> Self {
        Self {
            regime: row.regime.clone(),
            period: row.period.clone(),
            account: row.account.name.clone(),
            label: row.label.clone(),
            group: row.group.to_owned(),
            order: row.order,
            change_usd: row.change_usd,
            yearly: row.yearly(),
        }
    }
}

/// What the charts of a regime's bargaining say of it.
fn caption(report: &Report<'_>, bargain: &Bargain, look: &Figures) -> Option<bargaining::Caption> {
    let scenario = report.study.scenario();
    let position = report.regimes.iter().find(|r| scenario.regimes[**r].name == bargain.regime)?;
    let negotiated = report.study.negotiated(*position)?;
    let label = &scenario.regimes[*position].label;
    Some(bargain.caption(scenario, look, label, &negotiated.setup))
}

/// The charts of a study, by their names.
///
/// # Errors
/// [`ChartError`] when one cannot be drawn.
pub fn drawn(finished: &Finished, look: &Figures) -> Result<Vec<(String, Svg)>, ChartError> {
    let mut drawn = Vec::new();
    for chart in Drawing::of(finished, look).charts() {
        drawn.extend(chart.pages()?);
    }
    Ok(drawn)
}

/// Writes charts into a folder in the forms of `look`, as many at once as there are threads; returns their paths.
///
/// # Errors
/// [`ChartError`] when one cannot be written.
pub fn write_drawn(
    folder: &OutputFolder,
    drawn: Vec<(String, Svg)>,
    look: &Figures,
) -> Result<Vec<PathBuf>, ChartError> {
    let (charts, forms) = (folder.below("charts"), look.written());
    let write = |(name, svg): (String, Svg)| write_into(&charts, &svg, &name, forms);
    let written: Vec<_> = drawn.into_par_iter().map(write).collect();
    // Of several errors that of the first chart, however many threads there were.
    Ok(written.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

/// The parties of one regime's account with their totals, in the order of the table; those that gain and lose nothing are left out.
fn parties(rows: &[&Gained]) -> Vec<who_pays::Party> {
    let is_total = |row: &Gained| row.group == AccountGroup::Total.as_str();
    let gains = |row: &Gained| row.group == AccountGroup::Party.as_str() && row.change_usd != 0.0;
    let mut shown: Vec<&&Gained> = rows.iter().filter(|row| is_total(row) || gains(row)).collect();
    shown.sort_by_key(|row| row.order);
    let party = |row: &&Gained| who_pays::Party { label: row.label.clone(), change: row.yearly, total: is_total(row) };
    shown.into_iter().map(party).collect()
}

/// The bilateral deficit of every month and regime; that without the policy is the baseline's, which differs from itself by nothing.
fn deficit_path(rows: &[TradeRow], facts: &ChartFacts) -> Vec<deficit::DeficitMonth> {
    const PER_BILLION: f64 = 1e-9;
    // More than any horizon has.
    const MOST_WEEKS: u32 = 10_000;
    let baseline = |month: Date| {
        let mut own = rows.iter().filter(|row| row.regime == facts.context.baseline);
        own.find(|row| row.month == month).map_or(f64::NAN, |row| row.deficit_usd_per_year.q50)
    };
    let first_day = Day::of(facts.first_day);
    let month = |row: &TradeRow| deficit::DeficitMonth {
        regime: row.regime.clone(),
        // A month has the weeks that start in it.
        from: (0..MOST_WEEKS)
            .map(|week| first_day.week_start(week).date())
            .find(|day| *day >= row.month)
            .unwrap_or(row.month),
        weeks: row.weeks,
        deficit: row.deficit_usd_per_year.times(PER_BILLION),
        base: baseline(row.month) * PER_BILLION,
    };
    rows.iter().filter(|row| row.deficit_usd_per_year.q50.is_finite()).map(month).collect()
}

/// What the charts of a run say beside its tables.
pub(super) fn facts(report: &Report<'_>, bargains: &[Bargained], look: &Figures) -> ChartFacts {
    let scenario = report.study.scenario();
    let market = &scenario.market;
    let home = market.regions.ids().find(|region| market.domestic[*region]);
    let captioned = |bargained: &Bargained| {
        let bargain = Bargain::of(bargained);
        Some((bargained.regime.clone(), caption(report, &bargain, look)?))
    };
    let rushed = rushed(report);
    ChartFacts {
        context: context(report, scenario.outputs.period, look),
        periods: scenario.periods.iter().map(|period| PeriodContext::of(scenario, period)).collect(),
        first_day: scenario.week_start(0),
        home: [
            home.map_or_else(|| "home".to_owned(), |region| market.regions[region].clone()),
            scenario.accounts.home.clone(),
        ],
        quiet: never_imposed(report),
        rushed: rushed.iter().map(|arm| report.regime_name(*arm)).collect(),
        rush_ends: rushed.iter().flat_map(|arm| report.ends_of_rush(*arm)).collect(),
        headline: headline_metric(report),
        bargains: bargains.iter().filter_map(captioned).collect(),
        draw_size: report.results.draw_size(),
        largest: report.largest_in_draws(),
    }
}

/// Regimes in which no measure is in force that the baseline does not have.
fn never_imposed(report: &Report<'_>) -> Vec<String> {
    let arms = report.results.arms().filter(|arm| report.imposes_nothing(*arm));
    arms.map(|arm| report.regime_name(arm)).collect()
}

/// Regimes other than the baseline that impose nothing and move purchases all the same.
fn rushed(report: &Report<'_>) -> Vec<Arm> {
    let baseline = report.results.baseline();
    let moves = |arm: &Arm| *arm != baseline && report.imposes_nothing(*arm) && report.moves_purchases(*arm);
    report.results.arms().filter(moves).collect()
}

fn context(report: &Report<'_>, period: usize, look: &Figures) -> ChartContext {
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
        paid_back: Vec::new(),
        look: look.clone(),
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

/// The headline metric.
fn headline_metric(report: &Report<'_>) -> headline::HeadlineMetric {
    let scenario = report.study.scenario();
    let name = scenario.outputs.headline.clone();
    let described = describe(&name, scenario);
    let (_, unit) = described.yearly(scenario.reporting_period().years());
    let label = headline_label(&described.what, scenario.market.regions.as_slice());
    headline::HeadlineMetric { name, label, unit, is_flow: described.is_flow, is_gain: described.is_gain }
}

/// The headline metric over a period in the stored replications.
fn headline_rows(report: &Report<'_>, period: &str) -> Vec<ReplicationRow> {
    let scenario = report.study.scenario();
    let layout = report.study.layout();
    let name = &scenario.outputs.headline;
    let position = layout.headlines.iter().position(|known| known == name).unwrap_or(0);
    let period = scenario.periods.iter().position(|known| known.name == period).unwrap_or(scenario.outputs.period);
    let slot = layout.headline(position, period);
    let mut rows = Vec::new();
    for arm in report.results.arms() {
        for (replication, value) in report.results.stored(arm, slot) {
            let regime = report.regime_name(arm);
            rows.push(ReplicationRow { regime, replication, metric: name.clone(), value });
        }
    }
    rows
}

/// A regime's name as part of a file name.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect()
}
