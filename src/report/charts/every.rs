//! Every chart there is, drawn for a market of two models and one region under fifty regimes with long names.

use jiff::civil::{Date, date};

use super::bargaining::{self, Caption};
use super::calibration::{FitPoint, Heat, draw_fit, draw_identification};
use super::headline::HeadlineMetric;
use super::response::{Measured, ResponsePoint, Responses, Swept, dots, lines};
use super::sensitivity::bars::Shown;
use super::sensitivity::{OutputContext, bars, convergence, ranking, screening, tornado};
use super::tests::{awkward, draw_all, illegible, texts};
use super::{
    ChartContext, Svg, days_of_supply, deficit, effects, fixtures, groups, headline, letters, pull_forward,
    regime_welfare, response_map, uncertainty, who_pays,
};
use crate::config::figures::Figures;
use crate::model::governments::State;
use crate::numerics::calendar::Day;
use crate::numerics::moments::Moments;
use crate::report::account_rows::PairedChange;
use crate::report::draw::{Pages, page_name};
use crate::report::group_rows::{Compared, GroupRow};
use crate::report::negotiation::{OffersRow, SettlementDateRow};
use crate::report::points::{Drawn, EffectRow, UncertaintyRow};
use crate::report::timing_rows::{DealerRow, EventStudyRow};
use crate::sensitivity::components::OneWay;
use crate::sensitivity::{Index, IndexEstimate, Ranking};
use crate::study::offers::{DealDay, OfferRow, SERIES};

/// Charts by their names, a page each.
#[derive(Default)]
struct Drawn50 {
    charts: Vec<(String, Svg)>,
}

impl Drawn50 {
    fn keep(&mut self, name: &str, pages: impl Pages) {
        let named = |(at, svg): (usize, Svg)| (page_name(name, at), svg);
        self.charts.extend(pages.pages().into_iter().enumerate().map(named));
    }
}

/// What no other name is longer than.
fn long(at: usize) -> String {
    format!("Makers & dealers no. {at} of a country with a <long> name that goes on")
}

/// Names of all regimes but the baseline.
fn others(context: &ChartContext) -> Vec<String> {
    context.regimes.iter().skip(1).map(|regime| regime.name.clone()).collect()
}

#[test]
fn two_models_one_region_and_fifty_regimes_are_legible() {
    let study = awkward(2, 1, 50, 3);
    let mut drawn = Drawn50 { charts: draw_all(&study) };
    of_runs(&mut drawn, &study);
    of_points(&mut drawn, &study.context);
    of_bargains(&mut drawn);
    of_sensitivity(&mut drawn);
    of_calibration(&mut drawn);
    // Whatever file of this folder draws a chart, one of it is here.
    for kind in [
        "shares_over_time",
        "prices",
        "event_study",
        "diversion",
        "headline",
        "headline_gain",
        "winners_losers",
        "model_prices",
        "who_pays",
        "regime_welfare",
        "deficit",
        "pull_forward",
        "days_of_supply",
        "groups",
        "uncertainty",
        "effects",
        "response",
        "dots",
        "map",
        "offers",
        "settlement_dates",
        "tornado",
        "screening",
        "indices",
        "convergence",
        "ranking",
        "fit",
        "identification",
    ] {
        assert!(drawn.charts.iter().any(|(name, _)| name.starts_with(kind)), "no {kind}");
    }
    let mut wrong = Vec::new();
    later_pages_continue(&drawn);
    for (name, svg) in &drawn.charts {
        wrong.extend(illegible(name, svg));
        let height = texts(svg).0[1];
        let of_page =
            [(height >= 1_300.0, "is higher than a page"), (svg.as_str().contains(" %"), "parts a number and its %")];
        let of_page = of_page.into_iter().chain([(svg.as_str().contains("NaN"), "shows a NaN")]);
        wrong.extend(of_page.filter(|(is_so, _)| *is_so).map(|(_, what)| format!("{name} {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A later page does not repeat what the first says of panels that it does not have.
fn later_pages_continue(drawn: &Drawn50) {
    let title = |svg: &Svg| svg.as_str().split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned();
    let later = drawn.charts.iter().filter(|(name, _)| name.ends_with("_2") && !name.starts_with("winners"));
    let later: Vec<_> = later.filter(|(name, _)| !name.starts_with("model_prices")).collect();
    assert!(later.len() >= 8, "{}", later.len());
    for (name, svg) in later {
        assert!(title(svg).starts_with("Continued: "), "{name}: {}", title(svg));
    }
    // No title of any chart is cut: its numbers are all drawn.
    for (name, svg) in &drawn.charts {
        let written: Vec<String> = texts(svg).1.into_iter().map(|(text, _)| text.trim().to_owned()).collect();
        let title = letters::unescape(&title(svg)).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(written.join(" ").contains(&title), "{name}: {title}");
    }
}

fn of_runs(drawn: &mut Drawn50, study: &fixtures::Study) {
    let context = &study.context;
    let change = |at: usize| {
        let mean = 1e9 * (at as f64 - 20.0);
        PairedChange { mean, std_error: 1e7, interval: [mean - 2e7, mean + 2e7] }
    };
    let parties: Vec<who_pays::Party> =
        (0..12).map(|at| who_pays::Party { label: long(at), change: change(at), total: at % 4 == 3 }).collect();
    drawn.keep("who_pays", who_pays::draw(&parties, None, &context.regimes[1].name, context).unwrap());
    let regimes = || context.regimes.iter().enumerate().skip(1);
    let gains: Vec<regime_welfare::Gain> = regimes()
        .flat_map(|(at, regime)| {
            [("japan", "Home"), ("", "World")].map(|(region, label)| regime_welfare::Gain {
                regime: regime.name.clone(),
                region: region.to_owned(),
                label: label.to_owned(),
                change: change(at),
            })
        })
        .collect();
    drawn.keep("regime_welfare", regime_welfare::draw(&gains, context).unwrap());
    let months: Vec<deficit::DeficitMonth> = regimes()
        .flat_map(|(at, regime)| {
            (0..12_u32).map(move |month| deficit::DeficitMonth {
                regime: regime.name.clone(),
                from: date(1995, 1, 7).saturating_add(jiff::Span::new().weeks(4 * i64::from(month))),
                weeks: 4,
                deficit: fixtures::fan_around(60.0 + f64::from(month) - at as f64),
                base: 60.0,
            })
        })
        .collect();
    drawn.keep("deficit", deficit::draw(&months, context).unwrap());
    let names = others(context);
    let events: Vec<EventStudyRow> = names
        .iter()
        .flat_map(|name| fixtures::event_study().into_iter().map(|row| EventStudyRow { regime: name.clone(), ..row }))
        .collect();
    drawn.keep("pull_forward", pull_forward::draw(&events, &names, &[], context).unwrap());
    let dealers: Vec<DealerRow> =
        names.iter().zip(1..).flat_map(|(name, at)| of_dealers(name, f64::from(at))).collect();
    drawn.keep("days_of_supply", days_of_supply::draw(&dealers, context).unwrap());
    let compared = |mean: f64| Compared {
        mean: 2.0 * mean.abs() + mean,
        std_error: 10.0,
        change: mean,
        change_std_error: 0.01 * mean.abs(),
        change_ci_low: mean - 0.02 * mean.abs(),
        change_ci_high: mean + 0.02 * mean.abs(),
    };
    let group = |at: usize| GroupRow {
        regime: names[0].clone(),
        period: "all".into(),
        group: format!("group_{at}"),
        label: long(at),
        kind: "group".into(),
        models: 2,
        units: compared(100.0 * at as f64 - 4_000.0),
        expected_units: Compared::UNDEFINED,
        car_share: compared(0.0),
        sticker_price_usd: compared(0.0),
        profit_usd: compared(1e7 * at as f64 - 3e8),
    };
    let rows: Vec<GroupRow> = (0..100).map(group).collect();
    drawn.keep("groups", groups::draw(&rows, &names[0], context).unwrap());
    let gain = HeadlineMetric { label: long(0), unit: "USD a year".into(), is_gain: true, ..study.metric.clone() };
    drawn.keep("headline_gain", headline::draw(&study.replications, &study.comparisons, &gain, context).unwrap());
}

fn of_dealers(regime: &str, level: f64) -> Vec<DealerRow> {
    let row = |week: u32| {
        let fan = fixtures::fan_around(level + f64::from(week));
        DealerRow {
            regime: regime.into(),
            week,
            week_start: date(1994, 12, 31).saturating_add(jiff::Span::new().weeks(i64::from(week))),
            region: "japan".into(),
            flagged: true,
            manufacturer: "all".into(),
            stock: fan,
            liable_stock: fan,
            in_transit: fan,
            days_of_supply: fan,
            sticker_price_usd: fan,
            transaction_price_usd: fan,
            orders: fan,
            landings: fan,
            first_choices: fan,
            units: fan,
            disputed_duty_usd: fan,
            duty_borne_by_importer_usd: fan,
        }
    };
    (0..30).map(row).collect()
}

fn of_points(drawn: &mut Drawn50, context: &ChartContext) {
    let names = others(context);
    let mut layout = OneWay::default();
    for draw in 0..8 {
        let mut moments = Moments::default();
        (0..4).for_each(|r| moments.add(f64::from(100 * draw + 7 * (r * r + draw) % 13)));
        layout.add(&moments);
    }
    let row = |name: &String| {
        UncertaintyRow::new([name, "all", "units_all"], true, Drawn { layout: &layout, replications: 4 }, [-3.0, 712.0])
    };
    let rows: Vec<UncertaintyRow> = names.iter().map(row).collect();
    let metric =
        uncertainty::MetricRows { label: long(0), unit: "cars".to_owned(), rate: 1.0, rows: rows.iter().collect() };
    drawn.keep("uncertainty", uncertainty::draw(&[metric], context).unwrap());
    let effect = |at: usize| EffectRow {
        thing: format!("thing_{at}"),
        label: long(at),
        kind: if at == 0 { "structure" } else { "parameter" }.into(),
        regime: names[0].clone(),
        period: "all".into(),
        metric: "units_all".into(),
        quantity: "change".into(),
        draws: 64,
        groups: 5,
        share: 0.4 / (at + 1) as f64,
        low: -5e4,
        low_at: long(at),
        high: -1e4 * at as f64,
        high_at: long(at + 1),
    };
    let rows: Vec<EffectRow> = (0..20).map(effect).collect();
    let metric =
        uncertainty::MetricRows { label: long(0), unit: "cars".to_owned(), rate: 1.0, rows: rows.iter().collect() };
    drawn.keep("effects", effects::draw(&[metric], context).unwrap());

    let swept = [
        Swept { label: long(0), categories: Vec::new() },
        Swept { label: long(1), categories: (0..8).map(|at| format!("setting_{at}_with_a_long_name")).collect() },
    ];
    let metrics =
        [Measured { label: long(2), unit: "cars a year".into() }, Measured { label: long(3), unit: String::new() }];
    let point = |(at, name): (usize, &String), metric: usize, x: usize, y: usize| {
        let mean = 1e3 * (at + 1) as f64 * (x as f64 - 2.0) - 50.0 * y as f64;
        ResponsePoint {
            regime: name.clone(),
            metric,
            at: vec![0.25 * x as f64, y as f64],
            mean,
            low: mean - 90.0,
            high: mean + 90.0,
        }
    };
    let all = || names.iter().enumerate().flat_map(|name| (0..2).map(move |metric| (name, metric)));
    let grid: Vec<ResponsePoint> =
        all().flat_map(|(name, metric)| (0..40).map(move |cell| point(name, metric, cell / 8, cell % 8))).collect();
    let responses = Responses { swept: &swept, metrics: &metrics, rows: &grid, is_change: true };
    drawn.keep("map", response_map::draw(responses, 0, context).unwrap());
    drawn.keep("dots", dots(responses, 0, context).unwrap());
    let along: Vec<ResponsePoint> =
        all().flat_map(|(name, metric)| (0..5).map(move |x| point(name, metric, x, 0))).collect();
    for swept in [&swept[..1], &swept[1..]] {
        let turned = |row: &ResponsePoint| match swept[0].categories.is_empty() {
            true => row.clone(),
            false => ResponsePoint { at: vec![4.0 * row.at[0]], ..row.clone() },
        };
        let rows: Vec<ResponsePoint> = along.iter().map(turned).collect();
        drawn.keep(
            "response",
            lines(Responses { swept, metrics: &metrics, rows: &rows, is_change: true }, context).unwrap(),
        );
    }
}

fn of_bargains(drawn: &mut Drawn50) {
    let steps = [date(1995, 4, 12), date(1995, 5, 16), date(1995, 5, 20), date(1995, 6, 28)];
    let caption = Caption {
        scenario: long(0),
        regime: long(1),
        deadline: date(1995, 6, 28),
        steps: steps.into_iter().zip(2..).map(|(date, at)| (date, long(at))).collect(),
        worlds: 100,
        seed: 1,
        outcomes: [0.7, 0.25, 0.05],
        look: Figures::default(),
    };
    let first: Date = date(1995, 4, 12);
    let offer = |day: i32, series: &'static str| {
        let middle = if series.ends_with("home") { 0.9 - f64::from(day) / 200.0 } else { 0.3 + f64::from(day) / 200.0 };
        let quantiles = [middle - 0.2, middle - 0.1, middle, middle + 0.05, middle + 0.1];
        OffersRow::new(
            "negotiated",
            &OfferRow { day: Day::of(first) + day, series, mean: middle, quantiles, worlds: 100 },
        )
    };
    let offers: Vec<OffersRow> = (0..78).flat_map(|day| SERIES.map(|series| offer(day, series))).collect();
    let deal = |day: Date, share: f64, state: State| {
        SettlementDateRow::new("negotiated", &DealDay { day: Day::of(day), state, deals: 10, share, commitment: 0.5 })
    };
    let deals = [
        deal(date(1995, 6, 1), 0.1, State::Announced),
        deal(date(1995, 6, 28), 0.6, State::Announced),
        deal(date(1996, 2, 1), 0.1, State::Imposed),
    ];
    drawn.keep("offers", bargaining::offers(&offers, &caption).unwrap());
    drawn.keep("settlement_dates", bargaining::settlement_dates(&deals, &caption).unwrap());
}

fn of_sensitivity(drawn: &mut Drawn50) {
    const INPUTS: usize = 24;
    let context = OutputContext {
        scenario: long(0),
        output: "y".into(),
        label: format!("Cars sold ({}, less {})", long(1), long(2)),
        unit: "cars a year".into(),
        period: "the whole horizon, 31 December 1994 to 27 December 1996".into(),
        inputs: (0..INPUTS).map(|i| (format!("x{i}"), long(i))).collect(),
        design: "Sobol' design, 8 randomisations".into(),
        rows: 1920,
        replications: 2,
        seed: 1995,
        level: 0.95,
        look: Figures::default(),
    };
    let estimate =
        |value: f64, half: f64| IndexEstimate { value, std_error: half / 2.0, interval: [value - half, value + half] };
    let index = |name: &'static str, input: usize, estimate: IndexEstimate| Index {
        output: "y".into(),
        parameter: format!("x{input}"),
        index: name,
        estimate,
        noise: None,
    };
    let indices = |names: &[&'static str], scale: f64| -> Vec<Index> {
        let of = |name: &&'static str| -> Vec<Index> {
            (0..INPUTS).map(|i| index(name, i, estimate(scale * (i as f64 / INPUTS as f64), 0.1 * scale))).collect()
        };
        names.iter().flat_map(of).collect()
    };
    const BOTH: [Shown; 2] =
        [Shown { index: "S1", label: "S1: alone" }, Shown { index: "ST", label: "ST: with all its interactions" }];
    drawn.keep("indices", bars::draw(&indices(&["S1", "ST"], 0.9), &BOTH, Some(0.2), None, &context).unwrap());
    let parts = [0.7, 0.8, 0.9, 1.0].map(|scale| indices(&["S1", "ST"], scale));
    let looks: Vec<(u64, &[Index])> =
        [4_800, 9_600, 19_200, 38_400].into_iter().zip(parts.iter().map(Vec::as_slice)).collect();
    drawn.keep("convergence", convergence::draw(&looks, &BOTH, &context).unwrap());
    drawn.keep("screening", screening::draw(&indices(&["mu_star", "sigma"], 30_000.0), None, &context).unwrap());
    let mut swings = vec![Index { parameter: String::new(), ..index("base", 0, estimate(-50_000.0, 300.0)) }];
    for i in 0..INPUTS {
        let [low, high] = [-50_000.0 - 400.0 * i as f64, -48_000.0 + 900.0 * i as f64];
        let ends = [("low", low), ("high", high), ("swing", high - low)];
        swings.extend(ends.map(|(name, value)| index(name, i, estimate(value, 400.0))));
    }
    let values: Vec<[f64; 2]> = (0..INPUTS).map(|i| [0.1 * i as f64, 1e5 * (i + 1) as f64]).collect();
    drawn.keep("tornado", tornado::draw(&swings, &values, [0.05, 0.95], None, &context).unwrap());
    let names: Vec<&str> = context.inputs.iter().map(|(name, _)| name.as_str()).collect();
    let piece = |noise: f64| (0..INPUTS).map(|i| i as f64 + noise * (i % 2) as f64).collect::<Vec<f64>>();
    let ranked = Ranking::of_pieces("y", "ST", &names, &[piece(0.0), piece(2.0), piece(-1.0)], 0.95);
    drawn.keep("ranking", ranking::draw(&ranked, &context).unwrap());
}

fn of_calibration(drawn: &mut Drawn50) {
    let point = |at: usize| FitPoint {
        label: long(at),
        unit: "cars a year".into(),
        range: [123_456.7, 234_567.8],
        model: 234_567.8,
        distance: 2.0 * at as f64 - 14.0,
        noise: 0.4,
        start: at as f64,
    };
    let points: Vec<FitPoint> = (0..20).map(point).collect();
    drawn.keep("fit", draw_fit(&points, &long(0), &Figures::default()).unwrap());
    let cell = |row: usize, column: usize| {
        if (row + column).is_multiple_of(5) { f64::NAN } else { 100.0 * (row as f64 - column as f64) }
    };
    let heat = Heat {
        rows: (0..20).map(long).collect(),
        columns: (20..32).map(long).collect(),
        cells: (0..20).map(|row| (0..12).map(|column| cell(row, column)).collect()).collect(),
    };
    drawn.keep("identification", draw_identification(&heat, &long(0), &Figures::default()).unwrap());
}
