//! What is written, and where: `[outputs]`.

use serde::Deserialize;

use super::error::ConfigError;
use super::figures::{Figures, form_of, palette_of, points_of, size_of};
use super::metrics::is_a_number;
use super::reader::Reader;
use super::stop::StopSection;
use crate::model::accounts::parties;
use crate::model::outcome::Layout;
use crate::model::scenario::Scenario;

/// What is written, and where.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputsSection {
    /// Output folder; `output/NAME` if absent.
    #[serde(default)]
    pub folder: Option<String>,
    /// Whether charts are drawn; they are if absent.
    #[serde(default)]
    pub charts: Option<bool>,
    /// The metric of the headline chart, a column of `replications.csv`; sales of the flagged models if absent, expected ones, in runs in time drawn
    /// ones.
    #[serde(default)]
    pub headline: Option<String>,
    /// Further headline metrics: what parties and countries gain, such as `consumers_usd` and `total_home_usd`. Those that `headline` and
    /// `[stop]` name are among them anyway.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Whether every calendar month is a period too, named `1995-05`, of the weeks that start in it; not if absent.
    #[serde(default)]
    pub monthly: Option<bool>,
    /// The reporting period: that of charts and tables that show one, by its name; `all`, the whole horizon, if absent.
    #[serde(default)]
    pub period: Option<String>,
}

/// How charts look; `stickershock chart` takes the same for charts of a finished study.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartsSection {
    /// Width in print, or width and height of a box, in millimetres: `160mm`, `160x100mm`; none if absent.
    #[serde(default)]
    pub size: Option<String>,
    /// Size of the labels in print, in points; about 7 on charts 16 cm wide if absent.
    #[serde(default)]
    pub font_size: Option<f64>,
    /// Colours: `colour`, which the colour-blind tell apart, or `grey`; `colour` if absent.
    #[serde(default)]
    pub palette: Option<String>,
    /// Forms that are written: `svg`, `png`, and `pdf` where the program is built with it; the first two if absent.
    #[serde(default)]
    pub format: Vec<String>,
}

impl ChartsSection {
    /// The look of charts.
    pub(super) fn figures(&self, reader: &Reader<'_>) -> Result<Figures, ConfigError> {
        let wrong = |key: &str, value: &str, help: String| reader.error(key, format!("`{value}`"), &help);
        let size = self.size.as_deref().map(|size| size_of(size).map_err(|help| wrong("charts.size", size, help)));
        let points = self
            .font_size
            .map(|size| points_of(size).map_err(|help| wrong("charts.font_size", &size.to_string(), help)));
        let palette =
            self.palette.as_deref().map(|name| palette_of(name).map_err(|help| wrong("charts.palette", name, help)));
        let form = |name: &String| form_of(name).map_err(|help| wrong("charts.format", name, help));
        let figures = Figures {
            title: None,
            size_mm: size.transpose()?,
            font_size_pt: points.transpose()?,
            palette: palette.transpose()?.unwrap_or_default(),
            forms: self.format.iter().map(form).collect::<Result<_, _>>()?,
        };
        figures
            .check()
            .map_err(|help| wrong("charts.font_size", &self.font_size.unwrap_or_default().to_string(), help))?;
        Ok(figures)
    }
}

impl OutputsSection {
    /// What parties and countries gain that is asked for here or by a stopping rule, by the names of these metrics.
    pub(super) fn metrics(
        &self,
        reader: &Reader<'_>,
        stop: Option<&StopSection>,
        scenario: &Scenario,
    ) -> Result<Vec<String>, ConfigError> {
        let known = Layout::of(scenario).metrics(scenario);
        for (index, name) in self.metrics.iter().enumerate() {
            let key = format!("outputs.metrics[{index}]");
            reader.position(&key, name, &known, "metric")?;
            is_a_number(reader, &key, name, scenario)?;
        }
        let followed = stop.into_iter().flat_map(StopSection::metrics);
        let mut asked: Vec<String> = Vec::new();
        for name in self.metrics.iter().chain(&self.headline).chain(followed) {
            let is_party = parties(scenario).iter().any(|(_, party)| party == name);
            if is_party && !asked.contains(name) {
                asked.push(name.clone());
            }
        }
        Ok(asked)
    }

    /// The headline metric.
    pub(super) fn headline(&self, reader: &Reader<'_>, scenario: &Scenario) -> Result<String, ConfigError> {
        let layout = Layout::of(scenario);
        let Some(name) = &self.headline else {
            return Ok(layout.default_headline(scenario.timing.is_none()).to_owned());
        };
        reader.position("outputs.headline", name, &layout.metrics(scenario), "headline metric")?;
        is_a_number(reader, "outputs.headline", name, scenario)?;
        Ok(name.clone())
    }
}
