//! Sensitivity of any model, with its problem, design and outputs as text.

use super::error::Error;
use super::table::ResultTable;
use crate::config::{Document, Table, problem};
use crate::folder::OutputError;
use crate::report::indices::{IndexRow, NoisyIndexRow};
use crate::report::record::TableData;
use crate::sensitivity::{
    AnalysisError, Design, DesignError, Method, Problem, Resampling, SampleOptions, Scheme, analyze, sample,
    without_failed,
};

/// The uncertain inputs of a model, read and checked.
#[derive(Clone, Debug)]
pub struct UncertainInputs(Problem);

/// Indices, and what to know of them.
#[derive(Clone, Debug)]
pub struct SensitivityIndices {
    /// A row an output, input and index.
    pub table: ResultTable,
    /// Reasons for caution.
    pub warnings: Vec<String>,
}

impl UncertainInputs {
    /// Reads a problem: TOML with one `[[parameter]]` for each input.
    ///
    /// # Errors
    /// [`Error`] with place, value and remedy.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        Ok(Self(problem::of_document(&Document::from_str(text, "problem")?)?))
    }

    /// The problem itself.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.0
    }

    /// The method of a name.
    ///
    /// # Errors
    /// [`Error`] naming the methods that there are.
    pub fn method(name: &str) -> Result<Method, Error> {
        let known: Vec<String> = Method::ALL.iter().map(|method| method.name().to_owned()).collect();
        let found = Method::ALL.into_iter().find(|method| method.name() == name);
        found.ok_or_else(|| Error::unknown("method", name, &known))
    }

    /// The scheme of a name for the study of a scenario ([`ResultFolder::sensitivity`](super::ResultFolder::sensitivity)), with what goes by default.
    ///
    /// # Errors
    /// [`Error`] naming the schemes that there are.
    pub fn scheme(name: &str) -> Result<Scheme, Error> {
        let known: Vec<String> = Scheme::ALL.iter().map(|scheme| scheme.name().to_owned()).collect();
        let found = Scheme::ALL.into_iter().find(|scheme| scheme.name() == name);
        found.ok_or_else(|| Error::unknown("method", name, &known))
    }

    /// The points at which the model is to be run.
    ///
    /// # Errors
    /// [`Error`] when `n` does not suit the method.
    pub fn sample(&self, method: Method, options: SampleOptions) -> Result<Design, Error> {
        sample(&self.0, method, options).map_err(|error| {
            let remedy = match error {
                DesignError::TooFew { .. } => "give a larger n",
                DesignError::TooLarge { .. } => "give a smaller n",
                DesignError::Levels(_) => "give an even number of levels, such as 4",
                DesignError::Groups(_) => "leave the groups out, or use the method sobol",
                DesignError::Dimensions(_) => "leave inputs out, or screen them first with morris",
            };
            Error::refused("design", method.name(), &error.to_string(), remedy)
        })
    }

    /// Indices from a design and the model's outputs on it: comma-separated values with a column for each output and a row for each of the
    /// design, or for each of it in each `replication`. With `drop_failed`, runs that failed are left out, each with its block.
    ///
    /// # Errors
    /// [`Error`] naming row, column and value that cannot be.
    pub fn analyze(
        &self,
        method: Method,
        design: &Design,
        outputs: &str,
        resampling: &Resampling,
        drop_failed: bool,
    ) -> Result<SensitivityIndices, Error> {
        let problem = &self.0;
        let refused = |error: AnalysisError| {
            let place = error.row.map_or_else(|| method.name().to_owned(), |row| format!("row {}", row + 1));
            Error::refused("design", &place, &error.message, &error.help)
        };
        let results = Table::from_str(outputs, "outputs")?;
        let outputs = problem::outputs(problem, &results, design.rows())?;
        let left_out = |name: &String| format!("column `{name}` has no numbers and is left out");
        let mut warnings: Vec<String> = outputs.ignored.iter().map(left_out).collect();
        let analysis = match &outputs.first_failed {
            None => analyze(problem, method, design, &outputs.columns, resampling),
            Some((row, column)) if !drop_failed => {
                let help =
                    "run it again, or leave such runs out with drop_failed: each takes its block of the design with it"
                        .to_owned();
                return Err(results.refuse_cell_with(*row, column, "a finite number", help).into());
            }
            Some(_) => {
                let (part, kept, lost) =
                    without_failed(problem, method, design, &outputs.columns, &outputs.failed).map_err(refused)?;
                let failed = outputs.failed.len();
                warnings.push(format!("{failed} runs failed; they are left out with {lost} blocks of the design"));
                analyze(problem, method, &part, &kept, resampling)
            }
        };
        let analysis = analysis.map_err(refused)?;
        warnings.extend(analysis.warnings);
        let noisy = analysis.indices.iter().any(|index| index.noise.is_some());
        let indices = analysis.indices.iter();
        let table = match noisy {
            true => TableData::new(&indices.map(NoisyIndexRow::from).collect::<Vec<_>>()),
            false => TableData::new(&indices.map(IndexRow::from).collect::<Vec<_>>()),
        };
        Ok(SensitivityIndices { table: ResultTable::of(&table.map_err(OutputError::from)?), warnings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBLEM: &str = "[[parameter]]\nname = 'x1'\ndistribution = 'uniform'\nlow = 0.0\nhigh = 1.0\n\
                           [[parameter]]\nname = 'x2'\ndistribution = 'uniform'\nlow = 0.0\nhigh = 1.0\n";

    /// Outputs that are what rounding leaves of zero are asked about; small ones that differ by more are not.
    #[test]
    fn outputs_of_the_size_of_rounding_are_asked_about() {
        let inputs = UncertainInputs::from_toml(PROBLEM).unwrap();
        let method = UncertainInputs::method("sobol").unwrap();
        let design = inputs.sample(method, SampleOptions { n: 64, seed: 1, levels: 4 }).unwrap();
        let resampling = Resampling { level: 0.95, resamples: 50, seed: 0 };
        let warned = |of: fn(f64) -> f64| {
            let outputs = format!("Y\n{}", design.iter().map(|row| format!("{:?}\n", of(row[0]))).collect::<String>());
            let warnings = inputs.analyze(method, &design, &outputs, &resampling, false).unwrap().warnings;
            warnings.iter().any(|warning| warning.contains("the size of rounding: is it zero?"))
        };
        assert!(warned(|x| 0.1 * x + 0.2 * x - 0.3 * x));
        assert!(!warned(|x| 1e-9 * x));
    }

    /// Y = 2 x1 + x2 of inputs with variance 1/12: four fifths and one fifth.
    #[test]
    fn the_indices_of_a_sum_are_its_parts() {
        let inputs = UncertainInputs::from_toml(PROBLEM).unwrap();
        let method = UncertainInputs::method("sobol").unwrap();
        let design = inputs.sample(method, SampleOptions { n: 512, seed: 1, levels: 4 }).unwrap();
        let lines = |row: &[f64]| format!("{:?}\n", 2.0 * row[0] + row[1]);
        let outputs = format!("Y\n{}", design.iter().map(lines).collect::<String>());
        let resampling = Resampling { level: 0.95, resamples: 100, seed: 0 };
        let found = inputs.analyze(method, &design, &outputs, &resampling, false).unwrap();
        let csv = String::from_utf8(found.table.csv().to_vec()).unwrap();
        let first = |input: &str| -> f64 {
            let line = csv.lines().find(|line| line.starts_with(&format!("Y,{input},S1,"))).unwrap();
            line.split(',').nth(3).unwrap().parse().unwrap()
        };
        assert!((first("x1") - 0.8).abs() < 0.01 && (first("x2") - 0.2).abs() < 0.01, "{csv}");
        let failed = outputs.replacen('\n', "\nnan\n", 1);
        let failed: String = failed.lines().take(design.rows() + 1).map(|line| format!("{line}\n")).collect();
        let error = inputs.analyze(method, &design, &failed, &resampling, false).unwrap_err();
        assert!(error.to_string().contains("drop_failed"), "{error}");
        let dropped = inputs.analyze(method, &design, &failed, &resampling, true).unwrap();
        assert!(dropped.warnings[0].contains("1 runs failed"), "{:?}", dropped.warnings);
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert!(UncertainInputs::method("nonsense").unwrap_err().to_string().contains("rbd_fast"));
        assert!(UncertainInputs::from_toml("parameter = []").is_err());
        let inputs = UncertainInputs::from_toml(PROBLEM).unwrap();
        let options = SampleOptions { n: 1, seed: 0, levels: 4 };
        assert!(inputs.sample(Method::Sobol, options).unwrap_err().to_string().contains("larger n"));
    }
}
