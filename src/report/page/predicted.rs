//! The words of a study of draws that has the tables of a run: who pays and who gains, with all that is not known in every range.

use super::Show;
use super::over::shown_over;
use super::words::{between, counted, dates, different, list, number};
use crate::model::accounts::Account;
use crate::model::ids::RegimeId;
use crate::model::outcome::Period;
use crate::model::scenario::Scenario;
use crate::model::trade::instrument::Measure;
use crate::model::trade::regime::{Action, PolicyEvent};
use crate::report::account_rows::WelfareRow;
use crate::report::build::Report;
use crate::report::points::{DrawTables, EffectRow, WidthRow};
use crate::report::words::first_that_moves;
use crate::study::finished::{Finished, FinishedPoints};

/// A thing is named if it makes at least this share of the variance.
const WORTH_NAMING: f64 = 0.1;
/// Parties named on either side.
const MOST_PARTIES: usize = 3;

/// What a party or a country gains a year, over the draws.
struct Gain<'a> {
    label: String,
    metric: String,
    median: f64,
    ends: [f64; 2],
    row: &'a WidthRow,
}

impl Gain<'_> {
    /// Whether all of the range lies on one side.
    fn certain(&self) -> bool {
        self.ends[0] > 0.0 || self.ends[1] < 0.0
    }
    fn said(&self) -> String {
        let ends = if self.median < 0.0 { [-self.ends[1], -self.ends[0]] } else { self.ends };
        let size = number(self.median.abs(), Show::Money, false);
        format!("{}, USD {size} a year ({})", self.label, between(ends, Show::Money, false))
    }
}

/// What the draws say of every regime.
pub(super) struct Predicted<'a> {
    run: &'a Finished,
    tables: &'a DrawTables,
    welfare: Vec<WelfareRow>,
    labels: Vec<String>,
    /// The period that each regime is shown over.
    over: Vec<usize>,
}

impl<'a> Predicted<'a> {
    pub(super) fn of(run: &'a Finished, tables: &'a DrawTables) -> Self {
        let regimes = run.regimes.iter().map(|regime| &run.study.scenario().regimes[*regime]);
        let labels = different(regimes.map(|regime| (regime.label.clone(), regime.name.clone())));
        let report = Report::of(run);
        let over = shown_over(&report);
        Self { run, tables, welfare: report.welfare(), labels, over }
    }

    /// The period that a regime is shown over: what it leads up to is told with what follows.
    fn period(&self, place: usize) -> &Period {
        let scenario = self.run.study.scenario();
        self.over.get(place).and_then(|at| scenario.periods.get(*at)).unwrap_or_else(|| scenario.reporting_period())
    }

    /// The first regime, in the scenario's order, whose effect on the parties is not small beside the largest.
    pub(super) fn lead(&self) -> Option<usize> {
        let size = |place| self.gains(place, is_party).iter().map(|gain| gain.median.abs()).sum::<f64>();
        first_that_moves(&(0..self.run.regimes.len()).map(size).collect::<Vec<f64>>())
    }

    fn gains(&self, place: usize, of: fn(Account) -> bool) -> Vec<Gain<'_>> {
        let scenario = self.run.study.scenario();
        let (regime, period) = (&scenario.regimes[self.run.regimes[place]].name, self.period(place));
        let own = |row: &&WelfareRow| row.regime == *regime && row.period == period.name && of(row.account.account);
        self.welfare.iter().filter(own).filter_map(|row| gain(row, self.tables, period.years())).collect()
    }

    /// Who pays, who gains, and what it hangs on, under one regime: a few words for each, and the sentences they stand for.
    pub(super) fn under(&self, place: usize) -> Vec<(String, String)> {
        let scenario = self.run.study.scenario();
        let (period, label) = (self.period(place), &self.labels[place]);
        let parties = self.gains(place, is_party);
        let totals = self.gains(place, is_total);
        let named = |sign: f64| -> Vec<String> {
            let mut own: Vec<&Gain<'_>> =
                parties.iter().filter(|gain| gain.certain() && gain.median * sign > 0.0).collect();
            own.sort_by(|a, b| b.median.abs().total_cmp(&a.median.abs()));
            own.iter().take(MOST_PARTIES).map(|gain| gain.said()).collect()
        };
        let sentence = |sign: f64, some: &str, nobody: &str| match &named(sign)[..] {
            [] => nobody.to_owned(),
            several => format!("{some} {}.", list(several)),
        };
        let unsure = parties.iter().filter(|gain| !gain.certain() && gain.ends != [0.0; 2]).count() as u64;
        let unsure = match unsure {
            0 => String::new(),
            some => format!(" For {} the range reaches zero.", counted(some, "other account")),
        };
        let pays = sentence(
            -1.0,
            &format!("Under “{label}” the largest losses fall on"),
            &format!("Under “{label}” nobody is sure to lose."),
        );
        let pays = format!(
            "{pays} (Medians over draws, in brackets the middle 90% of them; yearly rates, {}: in tables/widths.csv `structure_median`, `{kind}_low` and \
             `{kind}_high`, there sums over the period, divided by its {} years.)",
            dates(scenario, period),
            number(period.years(), Show::Number, false),
            kind = self.kind(),
        );
        let mut gain = sentence(1.0, "The largest gains go to", "Nobody is sure to gain.") + &unsure;
        if !totals.is_empty() {
            let said: Vec<String> = totals.iter().map(total).collect();
            let home = totals.first().map(|home| hangs_on(home, self.tables, period.years())).unwrap_or_default();
            let gains = totals.first().is_some_and(|home| home.ends[1] > 0.0);
            let after = if gains { self.after_retaliation(place) } else { String::new() };
            gain += &format!(" Together — {}.{after}{home}", said.join("; "));
        }
        vec![("Who pays".into(), pays), ("Who gains".into(), gain)]
    }

    /// Which width of `widths.csv` is told: the widest that there is.
    fn kind(&self) -> &'static str {
        let structured = self.tables.widths.iter().any(|width| width.structure_low.is_finite());
        if structured { "structure" } else { "parameters" }
    }

    /// What retaliation does to the home country's gain under a regime that can be answered by it.
    fn after_retaliation(&self, place: usize) -> String {
        let scenario = self.run.study.scenario();
        let regimes = &self.run.regimes;
        let home = |place: usize| {
            let period = &self.period(place).name;
            let name = &scenario.regimes[regimes[place]].name;
            let own = |row: &&WelfareRow| {
                row.regime == *name && row.period == *period && row.account.account == Account::TotalHome
            };
            self.welfare.iter().find(own).map_or(f64::NAN, |row| row.yearly().mean)
        };
        after_retaliation(scenario, regimes, place, &self.labels, home)
    }
}

/// The answer of a study of draws: the first regime, in the scenario's order, that moves much, and how sure all of it is.
pub(super) fn answer(points: &FinishedPoints, run: &Finished, tables: &DrawTables) -> Vec<(String, String)> {
    let predicted = Predicted::of(run, tables);
    let Some(lead) = predicted.lead() else {
        let nobody = "No account changes under any regime.".to_owned();
        return vec![("Who pays".into(), nobody)];
    };
    let mut answer = predicted.under(lead);
    let sure = how_sure(points);
    let period = predicted.period(lead);
    // The row of the first number told, so that a reader finds it.
    let parties = predicted.gains(lead, is_party);
    let first =
        parties.iter().filter(|gain| gain.certain() && gain.median < 0.0).min_by(|a, b| a.median.total_cmp(&b.median));
    let first = first.or_else(|| parties.first()).map_or_else(String::new, |gain| {
        format!(
            " {} under “{}” is the row of tables/widths.csv with regime `{}`, period `{}`, metric `{}` and quantity `change`.",
            gain.label, predicted.labels[lead], gain.row.regime, period.name, gain.metric
        )
    });
    let sure = format!("{sure}{first}");
    answer.push(("How sure".into(), sure));
    answer
}

/// That a gain of the home country is before retaliation, and what retaliation takes from it where two of the `regimes` differ by it alone.
/// Nothing under a regime that taxes nothing, or has the retaliation in it. `home` is what the home country gains a year under each.
pub(super) fn after_retaliation(
    scenario: &Scenario,
    regimes: &[RegimeId],
    place: usize,
    labels: &[String],
    home: impl Fn(usize) -> f64,
) -> String {
    let own = &scenario.regimes[regimes[place]];
    let retaliates = |event: &PolicyEvent| is_retaliation(scenario, event) && event.action == Action::Imposed;
    if own.events.iter().any(retaliates) || own.events.iter().all(|event| event.action != Action::Imposed) {
        return String::new();
    }
    let but_for_it = |place: &usize| -> Vec<_> {
        let events = scenario.regimes[regimes[*place]].events.iter().filter(|event| !is_retaliation(scenario, event));
        events.map(|event| (event.week, event.action, event.instrument, event.refund, event.change)).collect()
    };
    let alike = |with: usize| {
        let of = |place: usize| {
            let regime = &scenario.regimes[regimes[place]];
            (&regime.reopening, &regime.on_sale)
        };
        (0..regimes.len())
            .find(|other| *other != with && but_for_it(other) == but_for_it(&with) && of(*other) == of(with))
    };
    let with = (0..regimes.len()).find(|with| scenario.regimes[regimes[*with]].events.iter().any(retaliates));
    let Some((with, without)) = with.and_then(|with| Some((with, alike(with)?))) else {
        return " That is before any retaliation.".to_owned();
    };
    let imposed = |place: usize| {
        let events = scenario.regimes[regimes[place]].events.iter();
        events.filter(|event| event.action == Action::Imposed).map(|event| event.instrument)
    };
    // It answers what is imposed there, not whatever else may be.
    if !imposed(place).any(|own| imposed(without).any(|answered| answered == own)) {
        return " That is before any retaliation.".to_owned();
    }
    let taken = home(without) - home(with);
    let (verb, size) = (if taken < 0.0 { "gives" } else { "takes" }, number(taken.abs(), Show::Money, false));
    format!(
        " That is before any retaliation, which {verb} another USD {size} a year in the mean (“{}” against “{}”).",
        labels[with], labels[without]
    )
}

fn is_retaliation(scenario: &Scenario, event: &PolicyEvent) -> bool {
    let mut measures = scenario.instruments[event.instrument].measures.iter();
    measures.any(|dated| matches!(dated.measure, Measure::Retaliation(_)))
}

/// Whoever gains or loses: each maker's country by itself.
pub(super) fn is_party(account: Account) -> bool {
    use Account::{Consumers, Dealers, Exporters, MakersOwnedIn, PartsSuppliers, Treasury};
    matches!(account, Consumers | MakersOwnedIn(_) | Dealers | Treasury | Exporters | PartsSuppliers)
}

/// Countries.
pub(super) fn is_total(account: Account) -> bool {
    matches!(account, Account::TotalHome | Account::TotalOf(_))
}

/// What a party gains, if it is among the metrics of the draws.
fn gain<'a>(row: &WelfareRow, tables: &'a DrawTables, years: f64) -> Option<Gain<'a>> {
    let metric = format!("{}_usd", row.account.name);
    let own = |width: &&WidthRow| {
        width.is_change() && width.regime == row.regime && width.period == row.period && width.metric == metric
    };
    let width = tables.widths.iter().find(own)?;
    let ends = if width.structure_low.is_finite() {
        [width.structure_low, width.structure_high]
    } else {
        [width.parameters_low, width.parameters_high]
    };
    let rate = |usd: f64| usd / years;
    Some(Gain {
        label: row.label.clone(),
        metric,
        median: rate(width.structure_median),
        ends: ends.map(rate),
        row: width,
    })
}

/// What a country gains, whichever its sign.
fn total(gain: &Gain<'_>) -> String {
    let [low, high] = gain.ends;
    let money = |usd: f64| format!("USD {}", number(usd.abs(), Show::Money, false));
    let side = |usd: f64| if usd < 0.0 { "a loss" } else { "a gain" };
    if gain.certain() {
        return format!("{}: {} of {}", gain.label, side(gain.median), {
            let ends = if gain.median < 0.0 { [-high, -low] } else { [low, high] };
            format!("{} a year ({})", money(gain.median), between(ends, Show::Money, false))
        });
    }
    if gain.ends == [0.0; 2] {
        return format!("{}: no change", gain.label);
    }
    let at =
        |usd: f64| if usd.abs() < 0.5 { "no change".to_owned() } else { format!("{} of {}", side(usd), money(usd)) };
    format!("{}: anything from {} to {} a year, in the middle {}", gain.label, at(low), at(high), at(gain.median))
}

/// What a gain hangs on most, among the things that are drawn.
fn hangs_on(gain: &Gain<'_>, tables: &DrawTables, years: f64) -> String {
    let own = |row: &&EffectRow| {
        row.is_change()
            && row.regime == gain.row.regime
            && row.period == gain.row.period
            && row.metric == gain.metric
            && row.share >= WORTH_NAMING
            && row.is_told()
    };
    if gain.row.draws < EffectRow::ENOUGH {
        return format!(" {} draws are too few to say what that hangs on.", gain.row.draws);
    }
    let of = |mean: f64| format!("USD {}", number(mean / years, Show::Money, true));
    let said = |row: &EffectRow| {
        let share = number(row.share, Show::Percent, false);
        let (low, high) = (of(row.low), of(row.high));
        format!(
            "{} ({share} of the variance: on average {low} at “{}”, {high} at “{}”)",
            row.label, row.low_at, row.high_at
        )
    };
    // Where chance among a draw's replications makes most of the variance, or as much as there is, nothing is said to make it.
    let varies = gain.row.told_shares().is_some_and(|[simulation, ..]| simulation < 1.0 - WORTH_NAMING);
    let things: Vec<String> = tables.effects.iter().filter(own).take(2).filter(|_| varies).map(said).collect();
    match things.is_empty() {
        true => String::new(),
        false => format!(" {} hangs most on {}.", gain.label, list(&things)),
    }
}

fn how_sure(points: &FinishedPoints) -> String {
    let (draws, each) = (points.results.points().len() as u64, points.replications);
    format!(
        "Ranges are over {} with {} each, and contain simulation, parameters and structure. What is not drawn is held at one value and is in none of them.",
        counted(draws, "draw"),
        counted(each, "replication")
    )
}
