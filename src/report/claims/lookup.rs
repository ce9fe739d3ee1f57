//! What a page of claims looks up in the tables of its runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expression::{Argument, Condition, Relation};
use super::value::ClaimNumber;

/// A table of results, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimTable {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Where the tables of runs are.
pub trait ClaimTables {
    /// A table of a run; nothing where the run has none of that name.
    ///
    /// # Errors
    /// What is wrong with the name of the run, or with the table.
    fn table(&self, run: &str, name: &str) -> Result<Option<Arc<ClaimTable>>, String>;
}

/// Standard normal quantile of a 95% interval.
const NORMAL: f64 = 1.959_963_984_540_054;

pub(super) fn parsed(csv: &[u8]) -> Result<ClaimTable, String> {
    let mut reader = csv::Reader::from_reader(csv);
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<String>>();
    let columns = reader.headers().map(cells).map_err(|error| error.to_string())?;
    let rows: Result<_, csv::Error> = reader.records().map(|record| Ok(cells(&record?))).collect();
    Ok(ClaimTable { columns, rows: rows.map_err(|error| error.to_string())? })
}

impl ClaimTable {
    /// Place of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|known| known == name)
    }

    fn known_column(&self, name: &str) -> Result<usize, String> {
        let unknown = || format!("there is no column `{name}`: there are {}", self.columns.join(", "));
        self.column(name).ok_or_else(unknown)
    }

    fn number(&self, row: usize, column: usize) -> Result<f64, String> {
        let cell = &self.rows[row][column];
        cell.parse().map_err(|_| {
            let what = if cell.is_empty() { "is empty".to_owned() } else { format!("is `{cell}`") };
            format!("column `{}` {what} in row {}, where a number is needed", self.columns[column], row + 2)
        })
    }

    fn holds(&self, row: usize, condition: &Condition) -> Result<bool, String> {
        let column = self.known_column(&condition.column)?;
        if condition.relation == Relation::Equal {
            return Ok(self.rows[row][column] == condition.than);
        }
        // Dates are in order as text, too.
        let than = match (condition.than.parse::<f64>(), self.column(&condition.than)) {
            (Ok(number), _) => number,
            (Err(_), Some(other)) => self.number(row, other)?,
            (Err(_), None) => {
                let order = self.rows[row][column].as_str().cmp(&condition.than);
                return Ok(condition.relation.holds(f64::from(order as i8), 0.0));
            }
        };
        Ok(condition.relation.holds(self.number(row, column)?, condition.factor * than))
    }

    /// Places of the rows for which all conditions hold.
    fn rows_with(&self, conditions: &[&Condition]) -> Result<Vec<usize>, String> {
        let mut found = Vec::new();
        for row in 0..self.rows.len() {
            let mut all = true;
            for condition in conditions {
                all = all && self.holds(row, condition)?;
            }
            if all {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// A number of a row with its 95% interval: from the columns of its ends, or that of its standard error; without one it is plain.
    fn estimate(&self, row: usize, name: &str, ends: Option<[&str; 2]>) -> Result<ClaimNumber, String> {
        let value = self.number(row, self.known_column(name)?)?;
        if let Some(ends) = ends {
            let end = |name: &str| self.number(row, self.known_column(name)?);
            return Ok(ClaimNumber::Estimate(value, [end(ends[0])?, end(ends[1])?]));
        }
        let stem = name.strip_suffix("_mean").unwrap_or(name);
        let own = if name == "mean" { "std_error".to_owned() } else { format!("{stem}_std_error") };
        match self.column(&own) {
            None => Ok(ClaimNumber::Plain(value)),
            Some(column) => {
                let half = NORMAL * self.number(row, column)?;
                Ok(ClaimNumber::Estimate(value, [value - half, value + half]))
            }
        }
    }
}

/// The row that a line is written for.
#[derive(Clone, Copy)]
pub(super) struct RowCells<'a> {
    pub table: &'a ClaimTable,
    pub row: usize,
}

impl RowCells<'_> {
    pub fn text(&self, column: &str) -> Result<String, String> {
        // A bar would part the cells of a table.
        Ok(self.table.rows[self.row][self.table.known_column(column)?].replace('|', "\\|"))
    }

    pub fn estimate(&self, column: &str) -> Result<ClaimNumber, String> {
        self.table.estimate(self.row, column, None)
    }
}

pub(super) struct Lookups<'a> {
    pub period: &'a str,
    pub tables: &'a dyn ClaimTables,
}

/// Names first, then conditions.
fn parted(told: &[Argument]) -> (Vec<&str>, Vec<&Condition>) {
    let words = told.iter().filter_map(Argument::word).collect();
    let conditions = told.iter().filter_map(|own| match own {
        Argument::Condition(condition) => Some(condition),
        Argument::Word(_) => None,
    });
    (words, conditions.collect())
}

/// Refuses what is no lookup, or is told too little or too much.
pub(super) fn is_one(name: &str, told: &[Argument]) -> Result<(), String> {
    let (words, _) = parted(told);
    let (takes, needs): (&[usize], &str) = match name {
        "change" | "level" => (&[3, 4], "3 or 4"),
        "draws" => (&[1], "1"),
        "count" => (&[2], "2"),
        "sum" | "rank" => (&[3], "3"),
        "estimate" => (&[3, 5], "3 or 5"),
        _ => {
            return Err(format!(
                "there is no `{name}(...)`: there are change, level, estimate, sum, count, rank, draws, and rows at the beginning of a line"
            ));
        }
    };
    match takes.contains(&words.len()) {
        true => Ok(()),
        false => Err(format!("`{name}` is told {} names, and needs {needs}", words.len())),
    }
}

impl Lookups<'_> {
    fn table(&self, run: &str, name: &str) -> Result<Arc<ClaimTable>, String> {
        self.tables.table(run, name)?.ok_or_else(|| format!("run `{run}` has no table `{name}`"))
    }

    pub fn look_up(&self, name: &str, told: &[Argument]) -> Result<ClaimNumber, String> {
        let (words, conditions) = parted(told);
        match (name, &words[..]) {
            ("change" | "level", [run, regime, metric]) => self.each(name, run, regime, metric, self.period),
            ("change" | "level", [run, regime, metric, period]) => self.each(name, run, regime, metric, period),
            ("draws", [run]) => {
                let table = self.table(run, "draw_results")?;
                let draw = table.known_column("draw")?;
                let draws: BTreeSet<&str> = table.rows.iter().map(|row| row[draw].as_str()).collect();
                Ok(ClaimNumber::Plain(draws.len() as f64))
            }
            ("count", [run, table]) => {
                Ok(ClaimNumber::Plain(self.table(run, table)?.rows_with(&conditions)?.len() as f64))
            }
            ("sum", [run, table, column]) => {
                let table = self.table(run, table)?;
                let column = table.known_column(column)?;
                let rows = some(table.rows_with(&conditions)?)?;
                let sum = rows.into_iter().map(|row| table.number(row, column)).sum::<Result<f64, _>>()?;
                Ok(ClaimNumber::Plain(sum))
            }
            ("estimate", [run, table, column, ends @ ..]) if matches!(ends.len(), 0 | 2) => {
                let table = self.table(run, table)?;
                let ends = ends.first().zip(ends.get(1)).map(|(low, high)| [*low, *high]);
                let mut rows = some(table.rows_with(&conditions)?)?.into_iter();
                let one = |row| match table.estimate(row, column, ends)? {
                    ClaimNumber::Plain(_) => Err(format!(
                        "`{column}` has no column of standard errors: name the columns of its ends after it, or take `sum`"
                    )),
                    estimate => Ok(estimate),
                };
                let first = one(rows.next().unwrap_or_default())?;
                rows.try_fold(first, |sum, row| sum.with(super::expression::Operator::Add, one(row)?, |_, _| Ok(None)))
            }
            ("rank", [run, table, column]) => {
                let table = self.table(run, table)?;
                let column = table.known_column(column)?;
                let (_, among) = conditions.split_first().ok_or("it needs a condition that names the row")?;
                let own = table.number(some(table.rows_with(&conditions)?)?[0], column)?;
                let mut rank = 1.0;
                for row in table.rows_with(among)? {
                    rank += f64::from(u8::from(table.number(row, column)? > own));
                }
                Ok(ClaimNumber::Plain(rank))
            }
            _ => is_one(name, told).and_then(|()| Err(format!("`{name}` cannot be asked so"))),
        }
    }

    /// A metric of every draw; of every replication where the run has no draws.
    fn each(&self, what: &str, run: &str, regime: &str, metric: &str, period: &str) -> Result<ClaimNumber, String> {
        let equal = |column: &str, than: &str| Condition {
            column: column.to_owned(),
            relation: Relation::Equal,
            than: than.to_owned(),
            factor: 1.0,
        };
        let runs = BTreeSet::from([run.to_owned()]);
        let Some(table) = self.tables.table(run, "draw_results")? else {
            return Ok(ClaimNumber::Each(self.each_replication(what, run, regime, metric, period)?, runs));
        };
        let conditions = [equal("regime", regime), equal("metric", metric), equal("period", period)];
        let rows = table.rows_with(&conditions.iter().collect::<Vec<_>>())?;
        if rows.is_empty() {
            return Err(format!("run `{run}` has no metric `{metric}` under regime `{regime}` over period `{period}`"));
        }
        let [draw, value] =
            [table.known_column("draw")?, table.known_column(if what == "level" { "mean" } else { what })?];
        let mut values = BTreeMap::new();
        // A draw without a result has an empty cell.
        for row in rows.into_iter().filter(|row| !table.rows[*row][value].is_empty()) {
            values.insert(table.number(row, draw)? as u64, table.number(row, value)?);
        }
        Ok(ClaimNumber::Each(values, runs))
    }

    fn each_replication(
        &self,
        what: &str,
        run: &str,
        regime: &str,
        metric: &str,
        period: &str,
    ) -> Result<BTreeMap<u64, f64>, String> {
        let cell = |table: &str, of: &str, column: &str, is: &str| -> Result<Option<String>, String> {
            let table = self.table(run, table)?;
            let [of, column] = [table.known_column(of)?, table.known_column(column)?];
            Ok(table.rows.iter().find(|row| row[column] == is).map(|row| row[of].clone()))
        };
        let reporting = cell("periods", "period", "reporting", "true")?.unwrap_or_default();
        if reporting != period {
            return Err(format!(
                "run `{run}` has its replications over `{reporting}`, not over `{period}`: set outputs.period in it"
            ));
        }
        let table = self.table(run, "replications")?;
        let [replication, of, value] =
            [table.known_column("replication")?, table.known_column("regime")?, table.known_column(metric)?];
        let under = |regime: &str| -> Result<BTreeMap<u64, f64>, String> {
            let rows = (0..table.rows.len()).filter(|row| table.rows[*row][of] == regime);
            let found: Result<BTreeMap<u64, f64>, String> =
                rows.map(|row| Ok((table.number(row, replication)? as u64, table.number(row, value)?))).collect();
            found.and_then(|found| match found.is_empty() {
                true => Err(format!("run `{run}` has no regime `{regime}`")),
                false => Ok(found),
            })
        };
        let mut values = under(regime)?;
        if what == "change" {
            let baseline = cell("regimes", "regime", "baseline", "true")?.unwrap_or_default();
            let base = under(&baseline)?;
            values.retain(|replication, _| base.contains_key(replication));
            values.iter_mut().for_each(|(replication, value)| *value -= base[replication]);
        }
        Ok(values)
    }

    /// The draws of two runs with the same settings, but for factors on cells of the table of models; nothing where the runs have no draws.
    pub fn same_worlds(&self, one: &str, other: &str) -> Result<Option<BTreeSet<u64>>, String> {
        type Settings = BTreeMap<u64, BTreeSet<[String; 3]>>;
        let settings = |run: &str| -> Result<Option<Settings>, String> {
            let Some(table) = self.tables.table(run, "draws")? else { return Ok(None) };
            let [draw, structure, key, value] = [
                table.known_column("draw")?,
                table.known_column("structure")?,
                table.known_column("key")?,
                table.known_column("value")?,
            ];
            let mut found = Settings::new();
            for (place, row) in table.rows.iter().enumerate().filter(|(_, row)| !row[key].starts_with("market.factor."))
            {
                let own = found.entry(table.number(place, draw)? as u64).or_default();
                own.insert([structure, key, value].map(|column| row[column].clone()));
            }
            Ok(Some(found))
        };
        match (settings(one)?, settings(other)?) {
            (None, None) => Ok(None),
            (Some(one), Some(other)) => {
                let same = one.iter().filter(|(draw, own)| other.get(draw) == Some(own));
                Ok(Some(same.map(|(draw, _)| *draw).collect()))
            }
            _ => Err(format!(
                "`{one}` and `{other}` are taken together, and one has draws where the other has replications"
            )),
        }
    }

    /// The rows that a line is written for, the largest of a column first.
    pub fn rows_by(&self, told: &[Argument]) -> Result<(Arc<ClaimTable>, Vec<usize>), String> {
        let (words, conditions) = parted(told);
        let [run, table] = words[..] else { return Err("`rows` needs a run and a table".to_owned()) };
        let table = self.table(run, table)?;
        let (by, conditions): (Vec<&Condition>, Vec<&Condition>) =
            conditions.into_iter().partition(|condition| condition.column == "by");
        let mut rows = table.rows_with(&conditions)?;
        if let Some(by) = by.first() {
            let column = table.known_column(&by.than)?;
            let sizes: Result<BTreeMap<usize, f64>, String> =
                rows.iter().map(|row| Ok((*row, table.number(*row, column)?))).collect();
            let sizes = sizes?;
            rows.sort_by(|a, b| sizes[b].total_cmp(&sizes[a]));
        }
        Ok((table, rows))
    }
}

/// Rows, of which there must be some.
fn some(rows: Vec<usize>) -> Result<Vec<usize>, String> {
    if rows.is_empty() { Err("no row has all of this".to_owned()) } else { Ok(rows) }
}
