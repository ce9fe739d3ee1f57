//! Every chart drawn at the sizes and with the oddities that users bring.

use jiff::civil::date;

use super::fixtures::{self, Car, Policy, Study};
use super::{
    ChartContext, ChartError, Svg, diversion, event_study, headline, headline_label, letters, model_prices, prices,
    shares_over_time, winners_losers, write,
};
use crate::report::draw::page_name;

/// Every chart that the study has something to show in.
pub(super) fn draw_all(study: &Study) -> Vec<(String, Svg)> {
    let context = &study.context;
    let mut charts = Vec::new();
    let mut keep = |name: &str, drawn: Result<Vec<Svg>, ChartError>| match drawn {
        Ok(pages) => charts.extend(pages.into_iter().enumerate().map(|(at, svg)| (page_name(name, at), svg))),
        Err(ChartError::Empty { .. }) => {}
        Err(error) => panic!("{name}: {error}"),
    };
    keep("shares_over_time", shares_over_time::draw(&study.weekly, context));
    keep("prices", prices::draw(&study.weekly, context));
    keep("event_study", event_study::draw(&study.weekly, context));
    keep("diversion", diversion::draw(&study.diversion, context));
    keep("headline", headline::draw(&study.replications, &study.comparisons, &study.metric, context));
    for at in 0..context.regimes.len().min(3) {
        let chart = winners_losers::draw(&study.models, &context.regimes[at].name, context).unwrap();
        charts.push((format!("winners_losers_{at}"), chart));
        if let Ok(chart) = model_prices::draw(&study.models, &context.regimes[at].name, context) {
            charts.push((format!("model_prices_{at}"), chart));
        }
    }
    charts
}

/// A study with `n` models, `regions` regions and `regimes` regimes under awkward names.
pub(super) fn awkward(n: usize, regions: usize, regimes: usize, replications: u64) -> Study {
    let region = |at: usize| ["japan", "europe", "big_three", "korea", "rest_of_the_world", "são_tomé"][at % regions];
    let cars: Vec<Car> = (0..n)
        .map(|at| {
            let model = format!("Grand <Touring> & Sporting Estate No. {at:03} é");
            let (price, units) = (20_000.0 + 700.0 * at as f64, 500.0 + 997.0 * ((at * 37) % 50) as f64);
            Car("Brand & Söhne".to_owned(), model, region(at).to_owned(), at % 3 == 0, price, units)
        })
        .collect();
    let days = [
        date(1995, 1, 9),
        date(1995, 1, 12),
        date(1995, 5, 16),
        date(1995, 5, 20),
        date(1996, 12, 20),
        date(1996, 12, 30),
    ];
    let policies: Vec<Policy> = (0..regimes)
        .map(|at| Policy {
            name: format!("regime_{at}"),
            label: format!("Regime {at} with a <long> label & much more of it than would fit into any panel's head"),
            taxes: if at == 0 { |_| false } else { |car| car.3 },
            from_week: 10 + at,
            events: days.iter().map(|day| (*day, "duty & <levy> with a long description of what it is")).collect(),
        })
        .collect();
    let mut study = fixtures::study(&cars, &policies, replications);
    study.context.scenario = "A scenario with <odd> & long title\u{1} that runs on and on, ünïcode and all".to_owned();
    study
}

/// The box that a line of text fills, in pixels.
#[derive(Debug)]
pub(super) struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// The size of a document and its lines of text, in pixels.
pub(super) fn texts(svg: &Svg) -> ([f64; 2], Vec<(String, Area)>) {
    let view = svg.as_str().split_once("viewBox=\"0 0 ").unwrap().1;
    let size: Vec<f64> =
        view.split('"').next().unwrap().split(' ').map(|side| side.parse::<f64>().unwrap() / 10.0).collect();
    let boxed = |line: letters::Line| {
        // DejaVu Sans rises 1901 of 2048 units above the baseline, and falls 483 below.
        let (top, bottom) = (line.baseline - 1901.0 / 2048.0 * line.em, line.baseline + 483.0 / 2048.0 * line.em);
        let [left, right, top, bottom] =
            [line.left, line.left + line.width().unwrap(), top, bottom].map(|place| place / 10.0);
        (line.text, Area { left, right, top, bottom })
    };
    ([size[0], size[1]], letters::lines(svg.as_str()).unwrap().into_iter().map(boxed).collect())
}

/// No text leaves the sheet and no two texts overlap.
pub(super) fn assert_legible(name: &str, svg: &Svg) {
    let found = illegible(name, svg);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Texts that leave the sheet, and pairs that overlap.
pub(super) fn illegible(name: &str, svg: &Svg) -> Vec<String> {
    let ([width, height], texts) = texts(svg);
    assert!(texts.len() > 5, "{name} has hardly any text");
    let mut found = Vec::new();
    for (at, (content, area)) in texts.iter().enumerate() {
        if !(area.left >= 0.0 && area.top >= 0.0 && area.right <= width && area.bottom <= height) {
            found.push(format!("{name}: `{content}` is cut by the edge: {area:?} in {width} by {height}"));
        }
        for (other, b) in &texts[at + 1..] {
            let across = area.right.min(b.right) - area.left.max(b.left);
            // Boxes are of the whole line; letters of neighbouring lines do not meet while boxes overlap a little.
            let down = area.bottom.min(b.bottom) - area.top.max(b.top);
            if across >= 1.0 && down >= 3.0 {
                found.push(format!("{name}: `{content}` and `{other}` overlap by {across} by {down}"));
            }
        }
    }
    found
}

#[test]
fn charts_of_the_showdown_are_legible() {
    for (name, svg) in draw_all(&fixtures::showdown(40)) {
        assert_legible(&name, &svg);
    }
}

#[test]
fn charts_are_legible_at_every_size() {
    for (models, regions, regimes, replications) in [(120, 6, 8, 20), (5, 3, 1, 2), (7, 1, 2, 1), (30, 4, 3, 300)] {
        for (name, svg) in draw_all(&awkward(models, regions, regimes, replications)) {
            assert_legible(&format!("{name} of {models} models, {regimes} regimes"), &svg);
        }
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let (once, again) = (draw_all(&fixtures::showdown(5)), draw_all(&fixtures::showdown(5)));
    assert_eq!(once, again);
    let (_, svg) = &once[0];
    assert_eq!(svg.to_png().unwrap(), svg.to_png().unwrap());
}

#[test]
fn one_replication_draws_no_band_and_says_so() {
    let study = fixtures::showdown(1);
    for (name, svg) in draw_all(&study) {
        assert_legible(&name, &svg);
        assert!(!svg.as_str().contains("NaN"), "{name} shows a NaN");
    }
    let shares = shares_over_time::draw(&study.weekly, &study.context).unwrap().remove(0);
    assert!(shares.as_str().contains("One replication: no bands."));
    assert!(!shares.as_str().contains("<polygon opacity=\"0."));
}

#[test]
fn rows_of_nan_are_skipped() {
    let mut study = fixtures::showdown(6);
    for row in study.models.iter_mut().step_by(3) {
        row.units.change = f64::NAN;
    }
    for row in study.weekly.iter_mut().step_by(7) {
        row.car_share.q05 = f64::NAN;
    }
    for row in study.replications.iter_mut().step_by(4) {
        row.value = f64::INFINITY;
    }
    for row in &mut study.comparisons {
        row.ci_low = f64::NAN;
    }
    for (name, svg) in draw_all(&study) {
        assert_legible(&name, &svg);
    }
}

#[test]
fn text_is_as_wide_as_it_was_measured() {
    let svg = awkward(5, 3, 1, 2);
    let chart = winners_losers::draw(&svg.models, &svg.context.regimes[0].name, &svg.context).unwrap();
    let (_, texts) = texts(&chart);
    let (content, area) = texts.iter().find(|(content, _)| content.starts_with("Regime 0")).unwrap();
    let measured = super::text::width(content.trim(), super::theme::TITLE).unwrap();
    let drawn = area.right - area.left;
    assert!((drawn / measured - 1.0).abs() < 0.02, "{measured} measured, {drawn} drawn");
}

#[test]
fn both_files_are_written_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("charts");
    let study = fixtures::showdown(2);
    let svg = headline::draw(&study.replications, &study.comparisons, &study.metric, &study.context).unwrap().remove(0);
    for _ in 0..2 {
        let paths = write(&svg, &dir, "headline").unwrap();
        assert_eq!(paths, [dir.join("headline.svg"), dir.join("headline.png")]);
    }
    assert_eq!(std::fs::read_to_string(dir.join("headline.svg")).unwrap(), svg.as_str());
    let png = std::fs::read(dir.join("headline.png")).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(u32::from_be_bytes(png[16..20].try_into().unwrap()), 1360);
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 2);
}

#[test]
fn what_cannot_be_written_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let study = fixtures::showdown(2);
    let svg = headline::draw(&study.replications, &study.comparisons, &study.metric, &study.context).unwrap().remove(0);
    for name in ["", "../escape", ".hidden", "a/b"] {
        assert!(matches!(write(&svg, folder.path(), name), Err(ChartError::Name(_))), "{name}");
    }
    let file = folder.path().join("a_file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(write(&svg, &file, "headline"), Err(ChartError::Write { .. })));
    // A folder stands where the PNG should go: the SVG may be there, no temporary file is.
    std::fs::create_dir(folder.path().join("headline.png")).unwrap();
    assert!(matches!(write(&svg, folder.path(), "headline"), Err(ChartError::Write { .. })));
    let left = std::fs::read_dir(folder.path()).unwrap().flatten();
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".partial-")));
}

/// The letters are in the picture: a chart's PNG has dark pixels where the title stands.
#[test]
fn the_png_has_its_text() {
    let study = fixtures::showdown(2);
    let svg = model_prices::draw(&study.models, "imposed", &study.context).unwrap();
    let png = svg.to_png().unwrap();
    let image = tiny_skia::Pixmap::decode_png(&png).unwrap();
    let rows = 40..80_u32;
    let dark = rows
        .flat_map(|y| (40..1_300_u32).map(move |x| (x, y)))
        .filter(|(x, y)| image.pixel(*x, *y).is_some_and(|p| p.red() < 80));
    assert!(dark.count() > 500, "the title is not drawn");
}

#[test]
fn titles_have_regions_by_their_names() {
    for (description, title) in [
        ("Cars sold (drawn choices): europe", "Cars sold (drawn choices): Europe"),
        ("Cars sold (drawn choices): big_three", "Cars sold (drawn choices): Big Three"),
        ("Cars sold (drawn choices): rest_of_world", "Cars sold (drawn choices): rest of world"),
        ("Cars sold (drawn choices): on the list", "Cars sold (drawn choices): on the list"),
        ("Duty owed", "Duty owed"),
    ] {
        let regions = ["europe", "big_three"].map(str::to_owned);
        assert_eq!(headline_label(description, &regions), title);
    }
}

/// What an interval contains stands at the foot, and is another thing for draws; a chart without intervals says neither.
#[test]
fn feet_say_what_intervals_contain() {
    let held = fixtures::showdown(3).context;
    let drawn = ChartContext { drawn: true, ..held.clone() };
    let (of_replications, of_draws) = (held.footer_of_intervals("Bars."), drawn.footer_of_intervals("Bars."));
    assert!(
        of_replications.contains("Bars. Intervals contain simulation noise only")
            && of_replications.contains("3 replications")
    );
    assert!(
        of_draws.contains("Bars. An interval says how far other draws would move the mean")
            && of_draws.contains("3 draws")
    );
    assert!(!held.footer("Bars.").contains("noise only") && (held.each(), drawn.each()) == ("replication", "draw"));
}

/// What is greatest in the means over draws may be another in one of them: titles say what they are of.
#[test]
fn titles_of_draws_say_that_they_are_of_means() {
    let mut study = fixtures::showdown(3);
    let titles = |study: &fixtures::Study| {
        let context = &study.context;
        let svgs = [
            winners_losers::draw(&study.models, "imposed", context).unwrap(),
            model_prices::draw(&study.models, "imposed", context).unwrap(),
            headline::draw(&study.replications, &study.comparisons, &study.metric, context).unwrap().remove(0),
            diversion::draw(&study.diversion, context).unwrap().remove(0),
        ];
        let title =
            |svg: &Svg| svg.as_str().split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned();
        svgs.iter().map(title).collect::<Vec<_>>()
    };
    let told = |titles: &[String]| titles.iter().filter(|title| title.contains(", on average over draws: ")).count();
    assert_eq!(told(&titles(&study)), 0);
    study.context.drawn = true;
    assert_eq!(told(&titles(&study)), 4, "{:?}", titles(&study));
}

/// A page of the size asked for, with the letters of its fonts in it and what they stand for, and the same bytes again.
#[cfg(feature = "pdf")]
#[test]
fn a_pdf_has_its_size_its_fonts_and_its_text() {
    let mut study = fixtures::showdown(2);
    let boxes =
        [(None, 160.0, None), (Some((120.0, None)), 120.0, None), (Some((150.0, Some(90.0))), 150.0, Some(90.0))];
    for (size_mm, width, height) in boxes {
        study.context.look.size_mm = size_mm;
        let svg = model_prices::draw(&study.models, "imposed", &study.context).unwrap();
        let pdf = svg.to_pdf().unwrap();
        assert_eq!(pdf, svg.to_pdf().unwrap());
        assert!(pdf.starts_with(b"%PDF-1."));
        let text = String::from_utf8_lossy(&pdf);
        let page = text.split_once("/MediaBox").unwrap().1.split_once(']').unwrap().0;
        let page: Vec<f64> =
            page.trim_start_matches([' ', '[']).split_whitespace().map(|x| x.parse().unwrap()).collect();
        let mm = |points: f64| points * 25.4 / 72.0;
        assert!(page[..2] == [0.0, 0.0] && (mm(page[2]) - width).abs() < 0.1, "{page:?}");
        assert!(height.is_none_or(|height| (mm(page[3]) - height).abs() < 0.1), "{page:?}");
        // The regular and the bold face, and the text that their letters spell.
        for (part, times) in [("/FontFile2", 2), ("/ToUnicode", 2), ("+DejaVuSans-Bold", 1)] {
            assert!(text.matches(part).count() >= times, "{part}");
        }
        // Only the letters that occur: the two faces whole are 1.4 MB.
        assert!(pdf.len() < 120_000, "{} bytes", pdf.len());
    }
}

/// Without the feature a page is refused, with how to get it.
#[cfg(not(feature = "pdf"))]
#[test]
fn without_pdf_a_page_is_refused() {
    let study = fixtures::showdown(2);
    let svg = model_prices::draw(&study.models, "imposed", &study.context).unwrap();
    assert!(svg.to_pdf().unwrap_err().to_string().contains("--features pdf"));
}
