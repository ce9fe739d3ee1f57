//! `stickershock init --market FILE.csv`: a scenario of a market of one's own.

use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use crate::draft::{self, DraftError, DraftRequest, Drafted, Role};

#[derive(Args, Clone)]
pub(super) struct OwnMarket {
    /// A table of products of your own, one a row, or the folder of a `solve` case: columns are guessed by their names, what is not known
    /// has a default, and both are said.
    #[arg(long, value_name = "FILE.csv")]
    market: Option<PathBuf>,
    /// Rows to take: `column=value`, such as `market_ids=1988`. May be given several times.
    #[arg(long = "where", value_name = "COLUMN=VALUE", requires = "market")]
    rows: Vec<String>,
    /// A column that the guess has wrong: WHAT=COLUMN, where WHAT is market, model, brand, maker, region, country, home-share, price, volume,
    /// share, flag, imported or domestic (1 or true where a product is). May be given several times.
    #[arg(long = "column", value_name = "WHAT=COLUMN", requires = "market", value_parser = draft::stated)]
    columns: Vec<(Role, String)>,
    /// Demand as estimated: the folder of a `solve` case, its case.json, or PyBLP's results as JSON.
    #[arg(long, value_name = "PATH", requires = "market")]
    demand: Option<PathBuf>,
    /// The buyers of `--demand` (PyBLP's agent data); agents.csv beside it if absent.
    #[arg(long, value_name = "FILE.csv", requires = "demand")]
    agents: Option<PathBuf>,
    /// Price response of the median buyer, per thousand USD.
    #[arg(long, requires = "market", conflicts_with = "demand", value_parser = positive)]
    alpha: Option<f64>,
    /// Mean own-price elasticity of the base year, by volume, that the price response is set for, without its sign; 4 if absent, more where
    /// costs would be below zero.
    #[arg(long, requires = "market", conflicts_with_all = ["demand", "alpha"], value_parser = positive)]
    elasticity: Option<f64>,
    /// Purchase events a year, those included that end without any of these products. Where the table has neither units nor shares, the sales
    /// among them are parted equally.
    #[arg(long, value_name = "EVENTS", requires = "market", value_parser = positive)]
    size: Option<f64>,
    /// Share of purchase events that end without any of these products; two thirds if absent and not in the table.
    #[arg(long, value_name = "SHARE", requires = "market", value_parser = fraction)]
    outside: Option<f64>,
    /// USD of one unit of the price column; 1000 where the mean price is below 1000, else 1.
    #[arg(long, value_name = "USD", requires = "market", value_parser = positive)]
    price_unit: Option<f64>,
    /// Regions and countries that are at home, by commas.
    #[arg(long, value_name = "NAMES", requires = "market", value_delimiter = ',')]
    home: Vec<String>,
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|x: &f64| x.is_finite() && *x > 0.0).ok_or_else(|| "expected a number above 0".into())
}

fn fraction(text: &str) -> Result<f64, String> {
    let between = |x: &f64| *x > 0.0 && *x < 1.0;
    text.parse().ok().filter(between).ok_or_else(|| "expected a share between 0 and 1".into())
}

impl OwnMarket {
    /// What is asked for, where a table is named.
    pub fn request(&self) -> Option<DraftRequest> {
        let own = self.clone();
        Some(DraftRequest {
            table: own.market?,
            rows: own.rows,
            columns: own.columns,
            demand: own.demand,
            agents: own.agents,
            alpha: own.alpha,
            elasticity: own.elasticity,
            size: own.size,
            outside: own.outside,
            price_unit: own.price_unit,
            home: own.home,
        })
    }
}

/// Drafts the scenario, and says what was taken and assumed.
pub(super) fn init_market(request: &DraftRequest, folder: &Path, name: &str) -> Result<(), CliError> {
    let Drafted { taken, assumed, left_out, market, written } = request.write(folder, name)?;
    let lines = |title: &str, items: &[String]| match items {
        [] => String::new(),
        items => format!("{title}:\n{}", items.iter().map(|item| format!("  {item}\n")).collect::<String>()),
    };
    let told = [
        lines("Taken from the table", &taken),
        lines("Assumed, for you to check", &assumed),
        lines("Left out", &left_out),
        lines("The market", &market),
    ]
    .concat();
    let paths: String = written.iter().map(|path| format!("  {}\n", path.display())).collect();
    super::print(&format!("{told}Written:\n{paths}Next: stickershock run {}\n", written[0].display()))
}

impl From<DraftError> for CliError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Request(message) => Self::Usage(message),
            DraftError::Config(error) => error.into(),
            DraftError::Study(error) => error.into(),
            DraftError::Output(error) => error.into(),
        }
    }
}
