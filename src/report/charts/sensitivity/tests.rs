//! The charts drawn from made-up indices: what they plot, and that every text can be read.

use super::bars::Shown;
use super::{OutputContext, bars, convergence, ranking, screening, tornado};
use crate::config::figures::Figures;
use crate::report::charts::ChartError;
use crate::report::charts::tests::assert_legible;
use crate::sensitivity::{Index, IndexEstimate, Ranking};

fn context(inputs: usize) -> OutputContext {
    OutputContext {
        scenario: "A scenario & its title".into(),
        output: "y".into(),
        label: "Cars sold: flagged (Sanctions imposed at the deadline, less Status quo)".into(),
        unit: "cars".into(),
        period: "the whole horizon, 31 December 1994 to 27 December 1996".into(),
        inputs: (0..inputs).map(|i| (format!("x{i}"), format!("A parameter with a long label, number {i}"))).collect(),
        design: "Sobol' design, 8 randomisations".into(),
        rows: 1920,
        replications: 2,
        seed: 1995,
        level: 0.95,
        look: Figures::default(),
    }
}

fn estimate(value: f64, half: f64) -> IndexEstimate {
    IndexEstimate { value, std_error: half / 2.0, interval: [value - half, value + half] }
}

fn index(name: &'static str, parameter: &str, estimate: IndexEstimate) -> Index {
    Index { output: "y".into(), parameter: parameter.into(), index: name, estimate, noise: None }
}

/// Indices of `count` inputs, the last the largest.
fn all(names: &[&'static str], count: usize, scale: f64) -> Vec<Index> {
    let value = |i: usize| scale * (i as f64 / count as f64).powi(3);
    let of = |name: &&'static str| {
        (0..count).map(|i| index(name, &format!("x{i}"), estimate(value(i), 0.1 * scale))).collect::<Vec<_>>()
    };
    names.iter().flat_map(of).collect()
}

const BOTH: [Shown; 2] = [Shown { index: "S1", label: "S1: alone" }, Shown { index: "ST", label: "ST: in all" }];

#[test]
fn bars_stand_in_the_order_of_the_leading_index() {
    for count in [1, 3, 12, 30] {
        let context = context(count);
        let rows = bars::series(&all(&["S1", "ST"], count, 0.9), &BOTH, &context).unwrap();
        assert_eq!((rows.len(), rows[0].0.as_str()), (count, context.inputs[count - 1].1.as_str()));
        let svg = bars::draw(&all(&["S1", "ST"], count, 0.9), &BOTH, Some(0.02), None, &context).unwrap();
        assert_legible(&format!("bars of {count}"), &svg);
        assert!(svg.as_str().contains("2.0%"));
    }
    let undefined = [index("ST", "x0", IndexEstimate::UNDEFINED)];
    assert!(matches!(bars::draw(&undefined, &BOTH, None, None, &context(1)), Err(ChartError::Empty { .. })));
}

#[test]
fn a_tornado_has_its_widest_swing_on_top() {
    let context = context(4);
    let mut indices = vec![index("base", "", estimate(-50_000.0, 300.0))];
    let outputs = [[-52_000.0, -47_000.0], [-40_000.0, -65_000.0], [-50_010.0, -50_000.0], [-55_000.0, -51_000.0]];
    for (i, [low, high]) in outputs.into_iter().enumerate() {
        let name = format!("x{i}");
        indices.push(index("low", &name, estimate(low, 400.0)));
        indices.push(index("high", &name, estimate(high, 400.0)));
        indices.push(index("swing", &name, estimate(high - low, 100.0)));
    }
    let values = [[0.1, 0.15], [2.0, 6.0], [0.5, 0.9], [2.5e6, 6e6]];
    let (base, bars) = tornado::series(&indices, &values, &context).unwrap();
    assert_eq!(base, -50_000.0);
    assert_eq!((bars[0].values, bars[0].swing.value), ([2.0, 6.0], -25_000.0));
    assert_eq!(bars.iter().map(|bar| bar.values[0]).collect::<Vec<_>>(), [2.0, 0.1, 2.5e6, 0.5]);
    assert_legible("tornado", &tornado::draw(&indices, &values, [0.05, 0.95], None, &context).unwrap());
    assert!(matches!(tornado::draw(&[], &values, [0.05, 0.95], None, &context), Err(ChartError::Empty { .. })));
}

#[test]
fn the_screening_plane_names_every_point_without_overlap() {
    for count in [1, 4, 14] {
        let context = context(count);
        let svg = screening::draw(&all(&["mu_star", "sigma"], count, 30_000.0), None, &context).unwrap();
        assert_legible(&format!("plane of {count}"), &svg);
    }
    let points = screening::series(&all(&["mu_star", "sigma"], 4, 1.0), &context(4)).unwrap();
    assert_eq!(points[2].mu_star.value, 0.125);
}

#[test]
fn convergence_has_a_panel_for_each_input_and_needs_two_looks() {
    let context = context(9);
    let parts: Vec<Vec<Index>> = [0.8, 0.9, 1.0].iter().map(|scale| all(&["S1", "ST"], 9, *scale)).collect();
    let looks: Vec<(u64, &[Index])> = [480, 960, 1920].into_iter().zip(parts.iter().map(Vec::as_slice)).collect();
    let panels = convergence::series(&looks, &BOTH, &context).unwrap();
    assert_eq!((panels.len(), panels[0].lines.len(), panels[0].lines[1].len()), (9, 2, 3));
    assert_eq!(panels[0].label, context.inputs[8].1);
    let svg = convergence::draw(&looks, &BOTH, &context).unwrap().remove(0);
    assert_legible("convergence", &svg);
    let title = "The largest estimate of ST, that of A parameter with a long label, number 8, is 0.632 after 960 points and 0.702 after 1,920: Cars sold";
    assert!(svg.as_str().contains(title), "{}", svg.as_str());
    assert!(matches!(convergence::draw(&looks[..1], &BOTH, &context), Err(ChartError::Empty { .. })));
}

#[test]
fn the_matrix_is_ordered_by_importance() {
    for count in [2, 5, 16] {
        let context = context(count);
        let names: Vec<&str> = context.inputs.iter().map(|(name, _)| name.as_str()).collect();
        let piece = |noise: f64| (0..count).map(|i| i as f64 + noise * (i % 2) as f64).collect::<Vec<f64>>();
        let ranking = Ranking::of_pieces("y", "ST", &names, &[piece(0.0), piece(2.0), piece(-1.0)], 0.95);
        let (labels, cells) = ranking::series(&ranking, &context).unwrap();
        assert_eq!(labels.len(), count);
        assert!(cells[0][1] > 0.5 && (cells[0][1] + cells[1][0] - 1.0).abs() < 1e-9);
        assert_legible(&format!("matrix of {count}"), &ranking::draw(&ranking, &context).unwrap());
    }
}

fn title_of(svg: &crate::report::charts::Svg) -> &str {
    svg.as_str().split_once("<title>").unwrap().1.split_once("</title>").unwrap().0
}

/// A title names the input that matters most where the data tell it from the others: by the pairs of the ranking, else by intervals.
#[test]
fn a_title_claims_no_order_that_is_not_told() {
    let context = context(3);
    let drawn = |values: [f64; 3], half: f64, ranking: Option<&Ranking>| {
        let indices: Vec<Index> =
            values.iter().enumerate().map(|(i, value)| index("ST", &format!("x{i}"), estimate(*value, half))).collect();
        let svg = bars::draw(&indices, &BOTH[1..], None, ranking, &context).unwrap();
        title_of(&svg).split_once(": ").unwrap().0.to_owned()
    };
    assert_eq!(drawn([0.1, 0.6, 0.2], 0.05, None), "A parameter with a long label, number 1 moves it most");
    let or = "A parameter with a long label, number 1 or A parameter with a long label, number 2 moves it most";
    assert_eq!(drawn([0.1, 0.6, 0.5], 0.08, None), or);
    assert_eq!(drawn([0.5, 0.6, 0.5], 0.2, None), "No input stands out");
    assert_eq!(drawn([0.1, 0.22, 0.2], 0.637, None), "No input is told from nothing");
    // Pairs are told apart where intervals meet, for the noise of both is the same.
    let pieces = [vec![0.5, 0.6, 0.5], vec![0.4, 0.5, 0.4], vec![0.6, 0.701, 0.6]];
    let ranking = Ranking::of_pieces("y", "ST", &["x0", "x1", "x2"], &pieces, 0.95);
    assert_eq!(drawn([0.5, 0.6, 0.5], 0.2, Some(&ranking)), "A parameter with a long label, number 1 moves it most");
}

/// Both values of an input stand at its bar, also where the bars are nothing or lie on one side; and a swing that holds nothing is not told.
#[test]
fn a_tornado_has_both_values_of_every_input() {
    let context = context(3);
    let mut indices = vec![index("base", "", estimate(-50_000.0, 300.0))];
    for (i, [low, high]) in
        [[-50_000.0, -50_000.0], [-48_000.0, -43_000.0], [-52_000.0, -47_000.0]].into_iter().enumerate()
    {
        let name = format!("x{i}");
        let ends = [("low", low), ("high", high), ("swing", high - low)];
        indices.extend(ends.map(|(of, value)| index(of, &name, estimate(value, 9_661.0))));
    }
    let values = [[0.52, 0.88], [0.215, 0.475], [2.0, 6.0]];
    let svg = tornado::draw(&indices, &values, [0.05, 0.95], None, &context).unwrap();
    assert_legible("tornado", &svg);
    for both in ["0.520 | 0.880", "0.215 | 0.475"] {
        assert!(svg.as_str().contains(both), "{both}");
    }
    assert!(title_of(&svg).starts_with("No input is told from nothing, one at a time"), "{}", title_of(&svg));
    // The axis has unit and period.
    assert!(svg.as_str().contains("Cars, the whole horizon, 31 December 1994 to 27 December 1996"));
}

/// No mean of absolute effects is drawn below zero, and what stands there is said.
#[test]
fn the_screening_plane_begins_at_zero() {
    let context = context(2);
    let indices = [
        index("mu_star", "x0", estimate(-9_000.0, 15_000.0)),
        index("sigma", "x0", estimate(0.0, 9_000.0)),
        index("mu_star", "x1", estimate(60_000.0, 9_000.0)),
        index("sigma", "x1", estimate(5_000.0, 2_000.0)),
    ];
    let svg = screening::draw(&indices, None, &context).unwrap();
    assert_legible("plane", &svg);
    assert!(svg.as_str().contains("less than its noise: drawn at zero") && !svg.as_str().contains("\n−"));
}
