//! From a table to the folder of a scenario that is known to run.

use std::path::{Path, PathBuf};

use super::error::DraftError;
use super::notes::Notes;
use super::request::DraftRequest;
use super::response::SearchedResponse;
use super::sheet::RawTable;
use super::trying::{MODELS, SCENARIO, base_year, costs_hold, mean_elasticity};
use super::writing::MarketText;
use crate::folder::OutputFolder;
use crate::study::{BaseYear, Study};

/// A draft that was written, and what it rests on.
#[derive(Clone, Debug)]
pub struct Drafted {
    /// What was taken from the table.
    pub taken: Vec<String>,
    /// What was assumed.
    pub assumed: Vec<String>,
    /// What was left out.
    pub left_out: Vec<String>,
    /// The market as it came out.
    pub market: Vec<String>,
    /// Files, the scenario first.
    pub written: Vec<PathBuf>,
}

impl DraftRequest {
    /// Reads the table and writes the folder of a scenario of this name.
    ///
    /// # Errors
    /// [`DraftError`] when the request contradicts itself, with all that is missing or wrong in the table, or when the folder cannot be written.
    /// Nothing is written then, but what a disk that fails has taken.
    pub fn write(&self, folder: &Path, name: &str) -> Result<Drafted, DraftError> {
        let path = &self.table;
        let told = self.alpha.map(|_| "--alpha").or(self.elasticity.map(|_| "--elasticity"));
        if let Some(flag) = told.filter(|_| path.is_dir()) {
            let message = format!(
                "{flag} cannot be used with a folder, whose case.json says what demand is\nhelp: leave {flag} out, or name the table alone: {}",
                path.join("products.csv").display()
            );
            return Err(DraftError::Request(message));
        }
        if folder.exists() {
            let message = format!("{} exists already\nhelp: name a folder that does not", folder.display());
            return Err(DraftError::Request(message));
        }
        // The folder of a case stands for its table and for its demand.
        let (file, demand) = match path.is_dir() {
            true => (path.join("products.csv"), self.demand.clone().or_else(|| Some(path.clone()))),
            false => (path.clone(), self.demand.clone()),
        };
        let sheet = RawTable::load(&file)?;
        let mut notes = Notes::default();
        let read = self.read(&sheet, &file, demand.as_deref(), &mut notes);
        let text = match read {
            Ok(Some(text)) if notes.problems.is_empty() => text,
            Ok(_) => return Err(refused(&file, &notes.problems)),
            Err(error) => {
                notes.problems.push(error.to_string());
                return Err(refused(&file, &notes.problems));
            }
        };
        self.settle((folder, &file), name, text, notes)
    }

    /// Looks whether the base year can be solved, and writes the files.
    fn settle(
        &self,
        (folder, file): (&Path, &Path),
        name: &str,
        mut text: MarketText,
        mut notes: Notes,
    ) -> Result<Drafted, DraftError> {
        let data = text.data();
        let tried = if text.demand.stated { vec![None] } else { self.asked().into_iter().map(Some).collect() };
        // Under the chain costs at the border must be above zero; without it one below zero is a warning.
        let ways = tried.iter().map(|asked| (*asked, true)).chain([(tried[0], false)]);
        // The elasticity is nearly in proportion to the response.
        let mut each = tried[0].map_or(f64::NAN, |asked| text.demand.alpha / asked);
        let mut last = None;
        for (asked, vertical) in ways {
            if let Some(asked) = asked {
                match SearchedResponse::search(asked, each * asked, |alpha| text.elasticity(alpha, name, &data)) {
                    Ok(found) => {
                        each = found.alpha / found.elasticity;
                        text.demand.alpha = found.alpha;
                        text.demand.response = Some(found);
                    }
                    Err(error) => {
                        last = Some(error);
                        continue;
                    }
                }
            }
            text.vertical = vertical;
            // Tried in memory: what is refused leaves no folder.
            let scenario = text.scenario(name, &notes.taken, &notes.assumed, &notes.left_out);
            match base_year(&scenario, &data, true) {
                Ok((study, base)) if !vertical || costs_hold(&study) => {
                    if let Some(found) = &text.demand.response {
                        match self.elasticity {
                            Some(_) => notes.taken.push(format!("{found} (--elasticity)")),
                            None => {
                                notes
                                    .assumed
                                    .push(format!("{found}{} (--elasticity, --alpha)", found.beyond(tried[0])));
                            }
                        }
                    }
                    if !vertical {
                        notes.assumed.push(
                            "makers set prices in the showroom (pricing.chain = \"retail\"): with prices at the border some costs would be below zero".into(),
                        );
                    }
                    let output = OutputFolder::bare(folder)?;
                    let scenario = text.scenario(name, &notes.taken, &notes.assumed, &notes.left_out);
                    let written = [
                        output.write(SCENARIO, scenario.as_bytes())?,
                        output.write(MODELS, data.as_bytes())?,
                        output.write("scenario.schema.json", crate::report::describe::schema().as_bytes())?,
                    ];
                    let Notes { taken, assumed, left_out, .. } = notes;
                    let market = found(&study, &base);
                    return Ok(Drafted { taken, assumed, left_out, market, written: written.into() });
                }
                Ok(_) => {}
                Err(error) => last = Some(error),
            }
        }
        let told = last.map_or_else(|| "no base year can be solved".to_owned(), |error| error.to_string());
        // The lines of a file that is not written are not shown.
        let (what, help) = told.split_once("\nhelp: ").unwrap_or((&told, ""));
        let what = what.lines().next().unwrap_or_default();
        let help = if help.is_empty() { String::new() } else { format!("; {help}") };
        Err(refused(file, &[format!("the scenario that it makes is refused: {what}{help}")]))
    }
}

/// What is said of the market as it came out.
fn found(study: &Study, base: &BaseYear) -> Vec<String> {
    let market = &study.scenario().market;
    let sold: f64 = market.models.iter().map(|model| model.base_volume).sum();
    let mean = |value: &dyn Fn(usize) -> f64| {
        (0..market.len()).map(|j| market.models[j].base_volume * value(j)).sum::<f64>() / sold
    };
    let negative = &study.shared_world().makers.costs.negative;
    let mut found = vec![
        format!(
            "{} products of {} brands and {} makers, {sold:.0} units a year out of {:.0} purchase events; {} are imported",
            market.len(),
            market.brands.len(),
            market.manufacturers.len(),
            market.market_size,
            market.models.iter().filter(|model| model.imported).count(),
        ),
        format!(
            "base year on {} buyers: own-price elasticity {:.2}, makers' margin {:.0}% of the price (means by volume)",
            study.scenario().buyers,
            mean_elasticity(study, base),
            100.0 * mean(&|j| base.models[j].margin_usd / market.models[j].list_price_usd),
        ),
    ];
    if !negative.is_empty() {
        found.push(format!(
            "{} products have a marginal cost below zero: demand is too inelastic at their prices; see `stickershock check`",
            negative.len()
        ));
    }
    found
}

/// All that is missing or wrong, at once.
fn refused(file: &Path, problems: &[String]) -> DraftError {
    let list: String = problems.iter().map(|problem| format!("\n  - {}", problem.replace("\nhelp: ", "; "))).collect();
    let message = format!("no scenario can be made of it yet:{list}");
    let help = "mend all of these; nothing was written";
    DraftError::Config(crate::config::ConfigError::of_table(file.display().to_string(), None, message, help))
}
