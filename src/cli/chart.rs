//! `stickershock chart`: the charts of a finished folder, drawn again from its tables.

use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use crate::config::figures::{FigureForm, Figures, Palette, form_of, palette_of, points_of, size_of};
use crate::folder::OutputFolder;
use crate::folder::drawn::DrawnFolder;
use crate::platform::threads::prelude::*;
use crate::report::charts::{ChartError, Svg, not_in_png, write_file};
use crate::report::redraw::{Wanted, redraw};

#[derive(Args)]
pub struct ChartArgs {
    /// Folder of a finished study.
    folder: PathBuf,
    /// A chart to draw, by its name (`who_pays_imposed`) or that of its kind (`who_pays`); may be given several times
    /// [default: all].
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Regimes to show beside the baseline, separated by commas [default: all].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    regimes: Vec<String>,
    /// Period to show [default: that of the study].
    #[arg(long, value_name = "P")]
    period: Option<String>,
    /// Title, in place of the chart's own; with `--only`, for it is the title of every chart drawn.
    #[arg(long, value_name = "T", requires = "only")]
    title: Option<String>,
    /// Width in print, or the box that a chart has to fit in: `160mm`, `160x100mm` [default: the study's, or none].
    #[arg(long, value_name = "WxHmm", value_parser = size_of)]
    size: Option<(f64, Option<f64>)>,
    /// Size of the labels in print, in points [default: the study's, or about 7 on charts 16 cm wide].
    #[arg(long, value_name = "P", value_parser = points)]
    font_size: Option<f64>,
    /// Colours: `colour` or `grey` [default: the study's].
    #[arg(long, value_name = "P", value_parser = palette_of)]
    palette: Option<Palette>,
    /// Forms to write, separated by commas: `svg`, `png`, `pdf` [default: the study's `charts.format`, or svg, and png as well with `--only`].
    #[arg(long, value_name = "F,G", value_delimiter = ',', value_parser = form_of)]
    format: Vec<FigureForm>,
    /// Folder to write to: new, empty, or of charts drawn before; none of a study, whose own charts stay as they are [default: FOLDER-charts].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print nothing.
    #[arg(long)]
    quiet: bool,
}

fn points(text: &str) -> Result<f64, String> {
    points_of(text.parse().map_err(|_| "expected a number of points".to_owned())?)
}

/// Points below which labels are hard to read in print.
const LEGIBLE: f64 = 6.0;

/// The folder beside a study that its charts are drawn to; also of one that is named `.`.
fn beside(study: &Path) -> PathBuf {
    let named = if study.file_name().is_some() { study.to_owned() } else { study.canonicalize().unwrap_or_default() };
    let mut name = named.components().as_path().as_os_str().to_owned();
    name.push("-charts");
    PathBuf::from(name)
}

/// Runs the command.
pub fn chart(args: &ChartArgs) -> Result<(), CliError> {
    let look =
        Figures { title: args.title.clone(), size_mm: args.size, font_size_pt: args.font_size, ..Figures::default() };
    let wanted = Wanted {
        only: args.only.clone(),
        regimes: args.regimes.clone(),
        period: args.period.clone(),
        look,
        palette: args.palette,
    };
    let redrawn = redraw(&OutputFolder::at(&args.folder), &wanted)?;
    if redrawn.charts.is_empty() {
        let reasons: Vec<String> = redrawn.left_out.iter().map(|(name, why)| format!("\n  {name}: {why}")).collect();
        // A study leaves at least one chart, and its reasons: what has neither was not written to be drawn again.
        let reasons = match reasons.is_empty() {
            true => {
                "\nhelp: a version before 0.2.0 left no description of its charts; run the study again with this one"
                    .to_owned()
            }
            false => reasons.concat(),
        };
        let message = format!("{}: no chart can be drawn{reasons}", args.folder.display());
        return Err(CliError::Usage(message));
    }
    let out = args.out.clone().unwrap_or_else(|| beside(&args.folder));
    let mut forms = match (&args.format[..], &redrawn.forms[..]) {
        // Rasterising takes nine tenths of the time of a whole folder.
        ([], []) if args.only.is_empty() => vec![FigureForm::Svg],
        ([], []) => FigureForm::USUAL.to_vec(),
        ([], named) => named.to_vec(),
        (asked, _) => asked.to_vec(),
    };
    forms.dedup();
    let files: Vec<(String, FigureForm, &Svg)> = redrawn
        .charts
        .iter()
        .flat_map(|(name, svg)| forms.iter().map(move |form| (format!("{name}.{}", form.as_str()), *form, svg)))
        .collect();
    let names: Vec<&str> = files.iter().map(|(name, ..)| name.as_str()).collect();
    let drawn = DrawnFolder::claim(&out, &args.folder, &names)?;
    let written: Vec<PathBuf> = files
        .into_par_iter()
        .map(|(name, form, svg)| write_file(drawn.folder(), &name, &svg.in_form(form)?))
        .collect::<Result<_, ChartError>>()?;
    if forms.contains(&FigureForm::Png) {
        let unlike = |(_, svg): &(String, Svg)| not_in_png(svg.as_str()).unwrap_or_default();
        super::warn_of_texts(redrawn.charts.iter().flat_map(unlike));
    }
    if args.quiet {
        return Ok(());
    }
    let small = |points: f64| points < args.font_size.unwrap_or(LEGIBLE) - 0.05;
    for (name, svg) in &redrawn.charts {
        if let Some(points) = svg.text_pt().filter(|points| small(*points)) {
            tell!(
                "{name}: its labels are {points:.1} points high, for it is too tall for the size asked for, or too wide"
            );
        }
    }
    for (name, shown) in &redrawn.other_period {
        tell!("{name} shows {shown}: --period does not change what it draws");
    }
    for (name, reason) in &redrawn.left_out {
        tell!("{name} is left out: {reason}");
    }
    let list: String = written.iter().map(|path| format!("{}\n", path.display())).collect();
    super::print(&list)
}
