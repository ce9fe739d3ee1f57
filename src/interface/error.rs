//! The one error of the library: what is wrong, where it was written, and what to do about it.

use std::fmt;
use std::path::Path;

use crate::config::{ConfigError, TableComplaint};
use crate::folder::OutputError;
use crate::model::demand::DemandError;
use crate::model::governments::market::FlowsError;
use crate::model::plan::PlanError;
use crate::model::supply::SupplyError;
use crate::model::world::WorldError;
use crate::platform::threads::NoPool;
use crate::study::calibration::CalibrationError;
use crate::study::sensitivity::SensitivityError;
use crate::study::solve::SolveError;
use crate::study::units::drive::DriveError;
use crate::study::units::{StoreError, UnitPlanError};
use crate::study::work::WorkError;
use crate::study::{FinishError, StudyError};

/// Why a scenario cannot be read, a study not run, or a result not given.
///
/// [`Display`](fmt::Display) is the whole message, with the line of the file and a `help:` line; the accessors give its parts.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    file: Option<String>,
    place: Option<Place>,
    value: Option<String>,
    evidence: Option<Evidence>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A scenario or its data: a file, a key or a value.
    Input,
    /// A name that the study does not have.
    Unknown,
    /// The market has no solution: the base year, an equilibrium, the accounts.
    Unsolved,
    /// A table or chart that cannot be made.
    Output,
    /// An observer asked to stop.
    Interrupted,
}

/// Where in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line of a scenario, or the row of a table as an editor counts it, from 1.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// The keys that lead to the value, such as `instrument.sanctions.rate`; of a row of data, its name.
    pub key: Option<String>,
}

/// How far a search for numbers came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Iterations or evaluations done.
    pub iterations: Option<usize>,
    /// What was left to remove: a relative change of prices or margins, or a difference of logarithms of shares.
    pub residual: Option<f64>,
    /// The product farthest from its condition.
    pub product: Option<String>,
    /// The firm concerned.
    pub firm: Option<String>,
}

impl Error {
    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// The file as the caller named it, or the assignment that was laid over it.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }
    /// Where in that file.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }
    /// The text that is not acceptable, as it is written.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.0.value.as_deref()
    }
    /// What would do.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.0.message.split_once("\nhelp: ").map(|(_, remedy)| remedy)
    }
    /// How far a search for numbers came, where one failed.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        self.0.evidence.as_ref()
    }

    fn of(kind: ErrorKind, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        let message = source.to_string();
        let source: Option<Box<dyn std::error::Error + Send + Sync>> = Some(Box::new(source));
        Self(Box::new(Inner { kind, message, file: None, place: None, value: None, evidence: None, source }))
    }

    /// A name that is not among those known.
    pub(super) fn unknown(what: &str, name: &str, known: &[String]) -> Self {
        let message = format!("there is no {what} `{name}`\nhelp: there are {}", known.join(", "));
        let value = Some(name.to_owned());
        let kind = ErrorKind::Unknown;
        Self(Box::new(Inner { kind, message, file: None, place: None, value, evidence: None, source: None }))
    }

    /// What a study cannot do with a scenario.
    pub(super) fn refused(file: &str, key: &str, message: &str, remedy: &str) -> Self {
        let place = Place { key: Some(key.to_owned()), ..Place::default() };
        Self(Box::new(Inner {
            kind: ErrorKind::Input,
            message: format!("{file}: {key}: {message}\nhelp: {remedy}"),
            file: Some(file.to_owned()),
            place: Some(place),
            value: None,
            evidence: None,
            source: None,
        }))
    }

    /// What stands somewhere and cannot be read.
    pub(super) fn unreadable(file: &str, error: &dyn fmt::Display) -> Self {
        let message = format!("{file}: {error}\nhelp: the file is damaged; make it again");
        let file = Some(file.to_owned());
        let kind = ErrorKind::Output;
        Self(Box::new(Inner { kind, message, file, place: None, value: None, evidence: None, source: None }))
    }

    /// The same about a file or folder.
    fn about(mut self, path: Option<&Path>) -> Self {
        self.0.file = path.map(|path| path.display().to_string());
        self
    }

    /// The same about a key, where it does not know one.
    pub(super) fn about_key(mut self, key: &str) -> Self {
        self.0.place.get_or_insert_default().key.get_or_insert_with(|| key.to_owned());
        self
    }

    /// The same in other words, `words` for `others`: a message and its parts say how the caller calls a thing.
    pub(super) fn reworded(mut self, words: &[(&str, &str)]) -> Self {
        let Inner { message, file, place, .. } = &mut *self.0;
        let key = place.as_mut().and_then(|place| place.key.as_mut());
        for text in [Some(message), file.as_mut(), key].into_iter().flatten() {
            for (one, other) in words {
                *text = replaced(text, one, other);
            }
        }
        self
    }

    pub(super) fn with_value(mut self, value: Option<String>) -> Self {
        self.0.value = value;
        self
    }

    fn with_evidence(mut self, evidence: Option<Evidence>) -> Self {
        self.0.evidence = evidence;
        self
    }
}

/// A text with a word in the place of another; parts of longer words stay.
fn replaced(text: &str, one: &str, other: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(one) {
        let (before, after) = (&rest[..at], &rest[at + one.len()..]);
        let inside = (one.starts_with(part)
            && (before.ends_with(part) || (before.is_empty() && found.ends_with(part))))
            || (one.ends_with(part) && after.starts_with(part));
        found.push_str(before);
        found.push_str(if inside { one } else { other });
        rest = after;
    }
    found.push_str(rest);
    found
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message is that of the source already: what lies behind it comes next.
        self.0.source.as_ref().and_then(|source| source.source())
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        let mut file = None;
        let mut place = None;
        let mut value = None;
        match &error {
            ConfigError::Unreadable(unreadable) => file = Some(unreadable.file.clone()),
            ConfigError::NotUtf8(bytes) => {
                file = Some(bytes.file.clone());
                place = Some(Place { line: Some(bytes.line), ..Place::default() });
            }
            ConfigError::Row(complaint) => {
                let TableComplaint { file: name, row, label, cell, .. } = &**complaint;
                file = Some(name.clone());
                place = Some(Place {
                    line: *row,
                    column: None,
                    key: label.clone().or_else(|| cell.as_ref().map(|cell| cell.column.clone())),
                });
                value = cell.as_ref().and_then(|cell| cell.found.clone());
            }
            _ => {}
        }
        if let Some(location) = error.location() {
            file = Some(location.file.clone());
            let key = Some(location.path.clone()).filter(|path| !path.is_empty());
            place = Some(Place { line: location.line, column: location.column, key });
            let line = location.source_line.as_ref();
            let meant = |line: &String| line.chars().skip(location.span.start).take(location.span.len()).collect();
            value = line.map(meant).filter(|text: &String| !text.is_empty());
        }
        let mut error = Self::of(ErrorKind::Input, error);
        (error.0.file, error.0.place, error.0.value) = (file, place, value);
        error
    }
}

impl From<StudyError> for Error {
    fn from(error: StudyError) -> Self {
        let evidence = of_study(&error);
        let kind = match error {
            StudyError::NoGovernments => ErrorKind::Input,
            StudyError::Interrupted => ErrorKind::Interrupted,
            _ => ErrorKind::Unsolved,
        };
        Self::of(kind, error).with_evidence(evidence)
    }
}

impl From<WorldError> for Error {
    fn from(error: WorldError) -> Self {
        StudyError::from(error).into()
    }
}

impl From<FinishError> for Error {
    fn from(error: FinishError) -> Self {
        match error {
            FinishError::Study(error) => error.into(),
            FinishError::Output(error) => error.into(),
            FinishError::Interrupted => Self::of(ErrorKind::Interrupted, error),
            FinishError::StopRegime(_) | FinishError::Stop(_) => Self::of(ErrorKind::Input, error),
            FinishError::NoOutcome | FinishError::NoPoint { .. } => Self::of(ErrorKind::Unsolved, error),
        }
    }
}

impl From<OutputError> for Error {
    fn from(error: OutputError) -> Self {
        let path = error.path().map(Path::to_owned);
        let found = error.found().map(str::to_owned);
        Self::of(ErrorKind::Output, error).about(path.as_deref()).with_value(found)
    }
}

impl From<WorkError> for Error {
    fn from(error: WorkError) -> Self {
        let path = match &error {
            WorkError::Unfinished { path, .. } | WorkError::Missing { path, .. } => Some(path.clone()),
            _ => None,
        };
        let told = match error {
            WorkError::Finish(error) => error.into(),
            WorkError::Output(error) => error.into(),
            WorkError::Store(error) => error.into(),
            WorkError::Refused(_) | WorkError::Unfinished { .. } | WorkError::Plan(_) => {
                Self::of(ErrorKind::Input, error)
            }
            WorkError::Interrupted { .. } => Self::of(ErrorKind::Interrupted, error),
            _ => Self::of(ErrorKind::Output, error),
        };
        if path.is_some() { told.about(path.as_deref()) } else { told }
    }
}

impl From<UnitPlanError> for Error {
    fn from(error: UnitPlanError) -> Self {
        Self::of(ErrorKind::Input, error)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let path = match &error {
            StoreError::Foreign { path, .. } => Some(path.clone()),
            StoreError::Conflict { first, .. } => Some(first.clone()),
            StoreError::Shard(error) | StoreError::Arrived(error) => Some(error.path().to_owned()),
            StoreError::Output(error) => error.path().map(Path::to_owned),
        };
        Self::of(ErrorKind::Output, error).about(path.as_deref())
    }
}

impl From<DriveError> for Error {
    fn from(error: DriveError) -> Self {
        let kind = if matches!(error, DriveError::Interrupted) { ErrorKind::Interrupted } else { ErrorKind::Output };
        Self::of(kind, error)
    }
}

impl From<SolveError> for Error {
    fn from(error: SolveError) -> Self {
        let evidence = match &error {
            SolveError::Recovery { error, .. } => of_supply(error),
            SolveError::Scenario { error, .. } => of_supply(error),
            _ => None,
        };
        let input =
            matches!(error, SolveError::Specification { .. } | SolveError::Missing { .. } | SolveError::TooMany { .. });
        let kind = if input { ErrorKind::Input } else { ErrorKind::Unsolved };
        let (file, key) = match &error {
            SolveError::Missing { column, .. } => (Some("products.csv".to_owned()), Some((*column).to_owned())),
            SolveError::Specification { file, scenario, .. } => (Some(file.clone()), Some(scenario.clone())),
            SolveError::Scenario { scenario, .. } => (None, Some(scenario.clone())),
            _ => (None, None),
        };
        let mut told = Self::of(kind, error).with_evidence(evidence);
        told.0.file = file;
        told.0.place = key.map(|key| Place { key: Some(key), ..Place::default() });
        told
    }
}

impl From<SensitivityError> for Error {
    fn from(error: SensitivityError) -> Self {
        match error {
            SensitivityError::Output(error) => error.into(),
            SensitivityError::Interrupted { .. } => Self::of(ErrorKind::Interrupted, error),
            SensitivityError::Design(_) => Self::of(ErrorKind::Input, error),
            SensitivityError::Rows { .. } => Self::of(ErrorKind::Unsolved, error),
            SensitivityError::Log(_) => Self::of(ErrorKind::Output, error),
        }
    }
}

impl From<CalibrationError> for Error {
    fn from(error: CalibrationError) -> Self {
        match error {
            CalibrationError::Output(error) => error.into(),
            CalibrationError::Interrupted { .. } => Self::of(ErrorKind::Interrupted, error),
            CalibrationError::Search(_) | CalibrationError::Unsolved(_) => Self::of(ErrorKind::Unsolved, error),
            CalibrationError::Log(_) => Self::of(ErrorKind::Output, error),
        }
    }
}

impl From<NoPool> for Error {
    fn from(error: NoPool) -> Self {
        Self::of(ErrorKind::Output, error)
    }
}

#[cfg(feature = "charts")]
impl From<crate::report::charts::ChartError> for Error {
    fn from(error: crate::report::charts::ChartError) -> Self {
        use crate::report::charts::ChartError::Choice;
        let unknown = if let Choice { name, .. } = &error { Some(name.clone()) } else { None };
        let kind = if unknown.is_some() { ErrorKind::Unknown } else { ErrorKind::Output };
        let mut told = Self::of(kind, error);
        told.0.value = unknown.or(told.0.value);
        told
    }
}

fn of_study(error: &StudyError) -> Option<Evidence> {
    match error {
        StudyError::World(WorldError::Demand(error)) => of_demand(error),
        StudyError::World(WorldError::Supply(error)) => of_supply(error),
        StudyError::Plan { error, .. } => of_plan(error),
        StudyError::Flows { error, .. } => match &**error {
            FlowsError::Prices { error, .. } => of_plan(error),
            FlowsError::Demand(error) => of_demand(error),
            FlowsError::Owners(_) | FlowsError::Flows(_) => None,
        },
        _ => None,
    }
}

fn of_plan(error: &PlanError) -> Option<Evidence> {
    match error {
        PlanError::Supply { error, .. } => of_supply(error),
        PlanError::Regime(_) | PlanError::Price { .. } => None,
    }
}

fn of_demand(error: &DemandError) -> Option<Evidence> {
    let DemandError::InversionDiverged { products, iterations, residual } = error else { return None };
    let (iterations, residual) = (Some(*iterations), Some(*residual));
    Some(Evidence { iterations, residual, product: Some(products.clone()), firm: None })
}

fn of_supply(error: &SupplyError) -> Option<Evidence> {
    let search = |iterations: usize, residual: f64| Evidence {
        iterations: Some(iterations),
        residual: Some(residual),
        ..Evidence::default()
    };
    let at = |evidence: Evidence, product: &str, firm: &str| Evidence {
        product: Some(product.to_owned()),
        firm: Some(firm.to_owned()),
        ..evidence
    };
    match error {
        SupplyError::Demand(error) => of_demand(error),
        SupplyError::CostsDiverged { product, firm, iterations, residual } => {
            Some(at(search(*iterations, *residual), product, firm))
        }
        SupplyError::NoEquilibrium { product, firm, evaluations, residual, .. } => {
            Some(at(search(*evaluations, *residual), product, firm))
        }
        SupplyError::NotMaximum { firm, .. } => Some(Evidence { firm: Some(firm.clone()), ..Evidence::default() }),
        SupplyError::NoFloor { iterations, residual } | SupplyError::LimitsDiverged { iterations, residual, .. } => {
            Some(search(*iterations, *residual))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Source, load_from};

    fn refused(text: &str) -> Error {
        let files = Source::memory([("market.toml", text)]);
        load_from(&files, Path::new("market.toml"), &[]).unwrap_err().into()
    }

    #[test]
    fn an_error_of_the_input_has_file_place_value_and_remedy() {
        let error = refused("name = \"mine\"\n[time]\nstart = 1995-13-01\n");
        assert_eq!((error.kind(), error.file()), (ErrorKind::Input, Some("market.toml")));
        assert_eq!(error.place().and_then(|place| place.line), Some(3));
        let error = refused("name = 7\n");
        let place = error.place().unwrap();
        assert_eq!((place.line, place.key.as_deref(), error.value()), (Some(1), Some("name"), Some("7")));
        assert!(error.evidence().is_none());
        assert!(error.to_string().starts_with("market.toml:1: name: "), "{error}");
        let missing: Error = load_from(&Source::memory::<&str, &str>([]), Path::new("x.toml"), &[]).unwrap_err().into();
        assert_eq!((missing.file(), missing.remedy()), (Some("x.toml"), Some("there are none")));
    }

    #[test]
    fn an_error_of_the_market_has_its_evidence() {
        let supply = SupplyError::NoEquilibrium {
            product: "Car".into(),
            firm: "Maker".into(),
            price: 1.0,
            evaluations: 40,
            residual: 0.5,
            cause: "none".into(),
        };
        let plan = PlanError::Supply { week: 3, error: supply };
        let error: Error = StudyError::Plan { regime: "imposed".into(), error: plan }.into();
        let evidence = error.evidence().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsolved);
        assert_eq!((evidence.iterations, evidence.residual), (Some(40), Some(0.5)));
        assert_eq!((evidence.product.as_deref(), evidence.firm.as_deref()), (Some("Car"), Some("Maker")));
        assert!(error.to_string().contains("imposed") && error.to_string().contains("week 3"));
    }

    #[test]
    fn a_message_may_be_put_in_the_words_of_the_caller() {
        let text = "products.csv: price0 of `mc` and mcx, price01; --market";
        let words = [("products.csv", "products"), ("price0", "prices"), ("mc", "costs"), ("--market", "`market`")];
        let told = words.iter().fold(text.to_owned(), |text, (one, other)| replaced(&text, one, other));
        assert_eq!(told, "products: prices of `costs` and mcx, price01; `market`");
        let error = Error::refused("products.csv", "price0", "is empty", "give price0").reworded(&words);
        assert_eq!((error.file(), error.remedy()), (Some("products"), Some("give prices")));
        assert_eq!(error.place().and_then(|place| place.key.as_deref()), Some("prices"));
    }

    #[test]
    fn an_error_of_a_folder_names_it() {
        let error: Error = OutputError::Foreign { path: "out".into(), found: "notes.txt".into() }.into();
        assert_eq!((error.kind(), error.file(), error.value()), (ErrorKind::Output, Some("out"), Some("notes.txt")));
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let error = Error::unknown("regime", "impose", &["status_quo".into(), "imposed".into()]);
        assert_eq!((error.value(), error.remedy()), (Some("impose"), Some("there are status_quo, imposed")));
    }
}
