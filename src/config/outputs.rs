//! What is written, and where: `[outputs]`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use crate::model::outcome::Layout;

/// What is written, and where.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputsSection {
    /// Output folder; `output/NAME` if absent.
    #[serde(default)]
    pub folder: Option<String>,
    /// Whether charts are drawn; they are if absent.
    #[serde(default)]
    pub charts: Option<bool>,
    /// The metric of the headline chart, a column of `replications.csv`; cars sold of the flagged models if absent.
    #[serde(default)]
    pub headline: Option<String>,
    /// Whether every calendar month is a period too, named `1995-05`, of the weeks that start in it; not if absent.
    #[serde(default)]
    pub monthly: Option<bool>,
    /// The reporting period: that of charts and tables that show one, by its name; `all`, the whole horizon, if absent.
    #[serde(default)]
    pub period: Option<String>,
}

impl OutputsSection {
    /// The headline metric, one of the layout's.
    pub(super) fn headline(&self, reader: &Reader<'_>, layout: &Layout) -> Result<String, ConfigError> {
        let Some(name) = &self.headline else { return Ok(layout.default_headline().to_owned()) };
        let position = reader.position("outputs.headline", name, &layout.headlines, "headline metric")?;
        Ok(layout.headlines[position].clone())
    }
}
