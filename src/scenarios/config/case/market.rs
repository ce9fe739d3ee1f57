//! From the tables of a case to products and buyers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::rows::Rows;
use super::spec::cost_volume;
use super::{Case, CaseChain, CaseRisingCost, ConfigError, Tolerance, complain};
use crate::config::error::{harmless, shown};
use crate::config::reader::MAX_NORMAL_RATE;
use crate::config::suggest::{self, short};
use crate::config::table::meaning;
use crate::model::demand::{BuyerColumns, Curvature, DemandError, Population, Products};

/// Highest price, in any currency.
const MOST_MONEY: f64 = 1e15;
/// Largest mean utility: beyond, nothing else about a product counts.
const MOST_UTILITY: f64 = 1e6;

/// What `case.json` says.
pub(super) struct Description {
    file: String,
    name: String,
    products: Option<usize>,
    buyers: Option<usize>,
    sum_of_weights: Option<f64>,
    beta: Vec<(String, f64)>,
    x2: Vec<String>,
    /// x2 x x2, row by row.
    sigma: Vec<f64>,
    node_columns: Vec<String>,
    /// x2 x demographics, row by row.
    pi: Vec<f64>,
    demographics: Vec<String>,
    curvature: f64,
    /// As written.
    cost_volume: Option<Value>,
    tolerance: Tolerance,
}

/// Keys of `case.json` that say something to the program; others describe.
const KEYS: [&str; 15] = [
    "name",
    "beta",
    "beta_names",
    "cost_volume",
    "curvature",
    "demographics",
    "formulations",
    "node_columns",
    "pi",
    "sigma",
    "sigma_diagonal",
    "starting_prices",
    "sum_of_weights",
    "tolerance",
    "x2_names",
];

/// Whether a term is the price.
fn is_price(term: &str) -> bool {
    matches!(term, "prices" | "price" | "price0")
}

/// The terms of a formula such as `1 + prices + x`; `0` and `-1` stand for no constant.
fn terms(formula: &str) -> Vec<String> {
    let unwrap = |term: &str| {
        let term = term.trim();
        term.strip_prefix("I(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(term).trim().to_owned()
    };
    formula.split('+').map(unwrap).filter(|term| !matches!(term.as_str(), "" | "0" | "-1")).collect()
}

/// Whether a term has the price in it, as `prices*x`, `log(prices)` and `prices**2` have.
fn has_price(term: &str) -> bool {
    term.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| is_price(&part.to_lowercase()))
}

/// Refuses names that stand twice in a list, and prices in any form but their own.
fn check_terms(file: &str, key: &str, names: &[String]) -> Result<(), ConfigError> {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        let term = name.trim();
        let same = |other: &&&str| **other == term || is_price(other) && is_price(term);
        if let Some(other) = seen.iter().find(same) {
            let what = if *other == term {
                format!("`{term}` stands twice")
            } else {
                format!("`{other}` and `{term}` are both the price")
            };
            let help = "name each once, with all that it has in the lists of numbers beside it";
            return Err(complain(file, format!("{key}: {what}"), help));
        }
        if !is_price(term) && is_price(&term.to_lowercase()) {
            let help = "did you mean `prices`? it is written in small letters";
            return Err(complain(file, format!("{key}: `{}` is not the name of the price", short(term)), help));
        }
        // What is found at observed prices would stay there while prices move.
        if !is_price(term) && has_price(term) {
            let message =
                format!("{key}: `{}` is a form of the price, which enters utility as `prices` alone", short(term));
            let help = "write `prices`; let its taste differ among buyers with `sigma` or `pi` in the row of `prices` of x2_names, or bend it with \
                        `curvature`: no other response to prices is known here";
            return Err(complain(file, message, help));
        }
        seen.push(term);
    }
    Ok(())
}

impl Description {
    pub fn read(file: &str, case: &Value) -> Result<Self, ConfigError> {
        let Some(object) = case.as_object() else {
            return Err(complain(file, "is not an object", "write it in braces"));
        };
        // Other keys are notes; a word that is nearly one of these is a slip.
        let mut unknown = object.keys().filter(|key| key.len() > 3 && !KEYS.contains(&key.as_str()));
        if let Some((key, meant)) = unknown.find_map(|key| Some((key, suggest::closest(key, KEYS)?))) {
            let help = format!("did you mean `{meant}`?");
            return Err(complain(file, format!("`{key}` means nothing here"), help));
        }
        let get = |key: &str| object.get(key).filter(|value| !value.is_null());
        let formula = |key: &str| get("formulations").and_then(|all| all.get(key)).and_then(Value::as_str);
        let names = |key: &str| -> Result<Option<Vec<String>>, ConfigError> {
            let Some(value) = get(key) else { return Ok(None) };
            let list: Option<Vec<String>> =
                value.as_array().map(|list| list.iter().map(super::spec::scalar).collect()).unwrap_or_default();
            let list = list.ok_or_else(|| complain(file, format!("{key} is {value}"), "write a list of names"))?;
            check_terms(file, key, &list)?;
            Ok(Some(list))
        };
        // A formula where there is no list.
        let or_formula = |key: &str, formula_key: &str| -> Result<Vec<String>, ConfigError> {
            let list = match names(key)? {
                Some(list) => list,
                None => formula(formula_key).map(terms).unwrap_or_default(),
            };
            check_terms(file, key, &list)?;
            Ok(list)
        };
        let numbers = |key: &str| -> Result<Option<Vec<f64>>, ConfigError> {
            let Some(value) = get(key) else { return Ok(None) };
            let mut flat = Vec::new();
            let complete = flatten(value, &mut flat);
            let refuse = || complain(file, format!("{key} is {value}"), "write a list (or a matrix) of numbers");
            if complete { Ok(Some(flat)) } else { Err(refuse()) }
        };
        let whole = |key: &str| get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());

        let beta_names = or_formula("beta_names", "X1")?;
        let beta = numbers("beta")?.unwrap_or_default();
        if !beta.is_empty() && beta.len() != beta_names.len() {
            let message = format!("beta has {} values for {} names", beta.len(), beta_names.len());
            return Err(complain(file, message, "give beta and beta_names the same length"));
        }
        let x2 = or_formula("x2_names", "X2")?;
        let size = x2.len();
        let diagonal = |values: Vec<f64>| -> Vec<f64> {
            let mut matrix = vec![0.0; size * size];
            matrix.iter_mut().step_by(size + 1).zip(values).for_each(|(entry, value)| *entry = value);
            matrix
        };
        let sigma = match numbers("sigma")?.or(numbers("sigma_diagonal")?) {
            None => vec![0.0; size * size],
            Some(values) if values.len() == size * size => values,
            Some(values) if values.len() == size => diagonal(values),
            Some(values) => {
                let message = format!("sigma has {} values for {size} columns of X2", values.len());
                return Err(complain(file, message, "give a diagonal, or a square matrix in the order of x2_names"));
            }
        };
        let demographics = match get("formulations").and_then(|all| all.get("demographic")).or(get("demographics")) {
            Some(Value::String(formula)) => terms(formula),
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        check_terms(file, "demographics", &demographics)?;
        let pi = numbers("pi")?.unwrap_or_else(|| vec![0.0; size * demographics.len()]);
        if pi.len() != size * demographics.len() {
            let message =
                format!("pi has {} values for {size} columns of X2 and demographics {demographics:?}", pi.len());
            return Err(complain(file, message, "give one row a column of X2 and one column a demographic"));
        }
        let curvature = match get("curvature").map(|value| (value, value.as_f64())) {
            None => 1.0,
            Some((_, Some(lambda))) if (0.0..=Curvature::LARGEST).contains(&lambda) => lambda,
            Some((value, _)) => {
                let help = "write a number between 0 (logarithmic) and 10; 1 is a price felt as it is";
                return Err(complain(file, format!("curvature is {value}"), help));
            }
        };
        let mut tolerance = Tolerance::default();
        if let Some(value) = get("tolerance").filter(|value| !value.is_object()) {
            let help = "write what may differ by how much, such as {\"price_rel\": 1e-6}, or leave it out";
            return Err(complain(file, format!("tolerance is {value}, expected an object"), help));
        }
        for (key, value) in get("tolerance").and_then(Value::as_object).into_iter().flatten() {
            let field = match key.as_str() {
                "price_rel" => &mut tolerance.price_rel,
                "share_rel" => &mut tolerance.share_rel,
                "elasticity_rel" => &mut tolerance.elasticity_rel,
                "diversion_abs" => &mut tolerance.diversion_abs,
                "consumer_surplus_rel" => &mut tolerance.consumer_surplus_rel,
                "passthrough_abs" => &mut tolerance.passthrough_abs,
                _ => continue,
            };
            match value.as_f64().filter(|value| *value > 0.0) {
                Some(value) => *field = value,
                None => return Err(complain(file, format!("tolerance {key} is {value}"), "write a positive number")),
            }
        }
        Ok(Self {
            file: file.to_owned(),
            // It is printed, and one line.
            name: harmless(get("name").and_then(Value::as_str).unwrap_or_default()).replace(['\n', '\t'], " "),
            products: whole("J"),
            buyers: whole("I"),
            sum_of_weights: get("sum_of_weights").and_then(Value::as_f64),
            beta: if beta.is_empty() { Vec::new() } else { beta_names.into_iter().zip(beta).collect() },
            x2,
            sigma,
            node_columns: names("node_columns")?.unwrap_or_default(),
            pi,
            demographics,
            curvature,
            cost_volume: get("cost_volume").cloned(),
            tolerance,
        })
    }

    fn error(&self, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        complain(&self.file, message, help)
    }
}

/// The numbers in nested lists, in order; false if something else is among them.
fn flatten(value: &Value, into: &mut Vec<f64>) -> bool {
    match value {
        Value::Array(list) => list.iter().all(|value| flatten(value, into)),
        _ => value.as_f64().is_some_and(|number| {
            into.push(number);
            number.is_finite()
        }),
    }
}

/// Tastes for each column of X2, price included, beyond the linear part; absent where nothing makes buyers differ.
fn tastes(description: &Description, agents: &Rows) -> Result<Vec<Option<Vec<f64>>>, ConfigError> {
    let size = description.x2.len();
    let drawn: Vec<usize> = (0..size).filter(|&m| (0..size).any(|k| description.sigma[k * size + m] != 0.0)).collect();
    // Draw m belongs to the m-th column of sigma that is not zero.
    let name = |m: usize| -> String {
        let given = description.node_columns.get(m).cloned();
        let usual = || [format!("nu{m}"), format!("nodes{m}")].into_iter().find(|name| agents.table.has_column(name));
        given.or_else(usual).unwrap_or_else(|| format!("nu{m}"))
    };
    let draws: Vec<Vec<f64>> = (0..drawn.len()).map(|m| agents.numbers(&name(m))).collect::<Result<_, _>>()?;
    let demographics: Vec<Vec<f64>> =
        description.demographics.iter().map(|term| agents.numbers(term)).collect::<Result<_, _>>()?;
    let taste = |k: usize| {
        let from_draws = drawn.iter().zip(&draws).map(|(&m, draw)| (description.sigma[k * size + m], draw));
        let pi = description.pi[k * demographics.len()..].iter().copied();
        let parts: Vec<(f64, &Vec<f64>)> =
            from_draws.chain(pi.zip(&demographics)).filter(|&(coefficient, _)| coefficient != 0.0).collect();
        (!parts.is_empty()).then(|| {
            (0..agents.len()).map(|i| parts.iter().map(|(coefficient, column)| coefficient * column[i]).sum()).collect()
        })
    };
    Ok((0..size).map(taste).collect())
}

/// The vertical chain, where products have a `local_cost`; a `base_rate` alone is one without local costs.
fn chain(products: &Rows, price: Option<&[f64]>) -> Result<Option<CaseChain>, ConfigError> {
    let all = vec![true; products.len()];
    let read = |name: &str, expected: &str| -> Result<Option<Vec<f64>>, ConfigError> {
        let column = products.optional(name, &all)?;
        let bad = column.as_ref().and_then(|column| column.iter().position(|value| *value < 0.0));
        bad.map_or(Ok(column), |j| Err(products.refuse(j, name, expected)))
    };
    let local_cost = read("local_cost", "a cost of at least 0, in the unit of prices")?;
    let base_rate = read("base_rate", "a rate of at least 0, such as 0.025")?;
    if let Some(j) = base_rate.iter().flatten().position(|rate| *rate > MAX_NORMAL_RATE) {
        return Err(products.refuse(j, "base_rate", "a rate of at most 1: was percent meant? 2.5% is 0.025"));
    }
    let mut costs = local_cost.iter().flatten().zip(price.into_iter().flatten());
    if let Some(j) = costs.position(|(local, price)| local >= price) {
        let expected = "less than the product's price0: customs value and the maker's price are what it leaves";
        return Err(products.refuse(j, "local_cost", expected));
    }
    let none = || vec![0.0; products.len()];
    Ok((local_cost.is_some() || base_rate.is_some())
        .then(|| CaseChain { local_cost: local_cost.unwrap_or_else(none), base_rate: base_rate.unwrap_or_else(none) }))
}

/// Puts a case together, without its scenarios.
pub(super) fn assemble(description: &Description, products: &Rows, agents: &Rows) -> Result<Case, ConfigError> {
    let (count, buyers) = (products.len(), agents.len());
    for (what, said, rows, file) in
        [("J", description.products, count, products), ("I", description.buyers, buyers, agents)]
    {
        if let Some(said) = said.filter(|&said| said != rows) {
            let message = format!("has {rows} rows, but {} says {what} = {said}", description.file);
            return Err(file.error(message, "correct one of the two"));
        }
    }
    let Some(firm_column) = products.column_name("firm_id") else {
        return Err(products.lacks("firm_id", "name the firm that sets each price"));
    };
    let firm_ids = products.text(&firm_column)?;
    if let Some(j) = firm_ids.iter().position(String::is_empty) {
        return Err(products.refuse(j, &firm_column, "the id of a firm"));
    }
    let product_ids = match products.column_name("product_id") {
        Some(column) => products.text(&column)?,
        None => (1..=count).map(|j| format!("p{j}")).collect(),
    };
    let mut meanings = BTreeMap::new();
    for (j, id) in product_ids.iter().enumerate() {
        let message = match meanings.insert(meaning(id), j) {
            _ if id.is_empty() => "the product id is empty".to_owned(),
            Some(first) if product_ids[first] == *id => format!("product id {id:?} is used twice"),
            Some(first) => format!("product ids {:?} and {id:?} are one number, and so one id", product_ids[first]),
            None => continue,
        };
        return Err(products.error_at(j, message, "give every product its own id"));
    }
    let (population, varying) = population(description, agents)?;
    let characteristics: Vec<Vec<f64>> = varying
        .iter()
        .map(|term| if term == "1" { Ok(vec![1.0; count]) } else { products.numbers(term) })
        .collect::<Result<_, _>>()?;
    let characteristics: Vec<&[f64]> = characteristics.iter().map(Vec::as_slice).collect();
    let on_products = |error: DemandError| products.error(error.to_string(), "correct the products");
    let described = Products::new(product_ids.clone(), &characteristics).map_err(on_products)?;
    let on_sale = products.on_sale()?;
    let all = vec![true; count];
    let added: Vec<bool> = on_sale.iter().map(|sold| !sold).collect();
    let price = products.optional("price0", &on_sale)?;
    let start = products.optional("start_price", &all)?;
    let observed_share = products.optional("share0", &on_sale)?;
    let curved = description.curvature != 1.0;
    if let Some(j) = (0..count).find(|&j| curved && price.as_ref().is_none_or(|price| !price[j].is_finite())) {
        let help = "give every product a price0: curvature bends demand around it";
        return Err(products.error_at(j, "has no price0, and curvature is not 1".to_owned(), help));
    }
    // What is not sold in the base has nothing to be found from.
    let share_and_price = observed_share.is_some() && price.is_some();
    let known = if share_and_price { &added } else { &all };
    let mut delta = products.optional("delta_ex_price", known)?;
    let marginal_cost = products.optional("mc", if price.is_some() { &added } else { &all })?;
    for (name, column) in [("share0", &observed_share), ("price0", &price), ("start_price", &start)] {
        let bad = |(j, &value): (usize, &f64)| value <= 0.0 && (on_sale[j] || name != "share0");
        let bad = column.as_ref().and_then(|column| column.iter().enumerate().position(bad));
        if let (Some(j), Some(column)) = (bad, products.column_name(name)) {
            return Err(products.refuse(j, &column, "a positive number"));
        }
        let beyond = column.as_ref().and_then(|column| column.iter().position(|value| *value > MOST_MONEY));
        if let (Some(j), Some(column)) = (beyond, products.column_name(name)) {
            return Err(products.refuse(j, &column, "at most 1e15"));
        }
    }
    if delta.is_none() && observed_share.is_none() {
        delta = linear_utility(description, products)?;
    }
    for (name, column) in [("delta_ex_price", &delta), ("mc", &marginal_cost)] {
        if let (None, Some(j)) = (column, added.iter().position(|&added| added)) {
            let message = format!("{name} is missing, and a product not on sale has no share or price to find it from");
            return Err(products.error_at(
                j,
                message,
                "give it for the products that are not on sale; others may stay empty",
            ));
        }
    }
    let bounded = [
        ("delta_ex_price", &delta, MOST_UTILITY, "within 1e6 of 0"),
        ("mc", &marginal_cost, MOST_MONEY, "within 1e15 of 0"),
    ];
    for (name, column, most, expected) in bounded {
        let beyond = column.as_ref().and_then(|column| column.iter().position(|value| value.abs() > most));
        if let (Some(j), Some(column)) = (beyond, products.column_name(name)) {
            return Err(products.refuse(j, &column, expected));
        }
    }
    let missing = |column: &Option<Vec<f64>>| {
        column.as_ref().is_none_or(|column| column.iter().zip(&on_sale).any(|(value, sold)| *sold && value.is_nan()))
    };
    if let (Some(share), true) = (&observed_share, missing(&delta)) {
        check_shares(products, share, &on_sale, population.total_weight())?;
    }
    let chain = chain(products, price.as_deref())?;
    let mut case = Case {
        name: description.name.clone(),
        folder: std::path::PathBuf::new(),
        agents: agent_columns(description, agents),
        marginal_cost,
        columns: products.columns()?,
        lines: products.lines(),
        specs_file: String::new(),
        taken: (String::new(), BTreeSet::new()),
        tolerance: description.tolerance,
        products: described,
        product_ids,
        firm_ids,
        population,
        delta,
        observed_share,
        price,
        start,
        on_sale,
        chain,
        curvature: description.curvature,
        rising: None,
        scenarios: Vec::new(),
        matrices: Vec::new(),
        compressed: false,
    };
    if let Some(written) = &description.cost_volume {
        case.rising = rising(&description.file, written, products, &case)?;
    }
    Ok(case)
}

/// How cost rises with what a firm sells: `cost_volume` of `case.json`.
fn rising(file: &str, written: &Value, products: &Rows, case: &Case) -> Result<Option<CaseRisingCost>, ConfigError> {
    const MOST: f64 = 5.0;
    let (elasticity, selection) = cost_volume(file, written, products)?;
    if !(0.0..=MOST).contains(&elasticity) {
        let message = format!("cost_volume: elasticity is {elasticity}");
        return Err(complain(file, message, "write an elasticity between 0 and 5: 0 is a cost that does not move"));
    }
    if elasticity == 0.0 {
        return Ok(None);
    }
    let chosen = case.select(&selection);
    if chosen.is_empty() {
        let message = format!("cost_volume: no product has {}", Case::in_words(&selection));
        return Err(complain(file, message, case.values_of(&selection)));
    }
    let Some(share) = &case.observed_share else {
        let help = "cost_volume needs it: marginal cost is `mc`, or what is recovered, at these volumes";
        return Err(products.lacks("share0", help));
    };
    let base_share = share.iter().zip(&case.on_sale).map(|(share, sold)| if *sold { *share } else { 0.0 }).collect();
    let rises = (0..case.product_ids.len()).map(|j| chosen.contains(&j)).collect();
    Ok(Some(CaseRisingCost { elasticity, rises, base_share }))
}

/// Refuses observed shares that leave nothing to the outside option, saying why they might.
fn check_shares(products: &Rows, share: &[f64], on_sale: &[bool], weights: f64) -> Result<(), ConfigError> {
    let sold: Vec<f64> = share.iter().zip(on_sale).filter(|(_, sold)| **sold).map(|(share, _)| *share).collect();
    let sum: f64 = sold.iter().sum();
    let rounding = rounding_of_sum(products, share, on_sale);
    // From the largest error on the buyers who bought nothing may be real.
    let told = weights - sum >= rounding * (1.0 - 1e-9);
    if sum < weights * (1.0 - 1e-9) && told {
        return Ok(());
    }
    let column = products.column_name("share0").unwrap_or_default();
    // Percent that were rounded may add up to a little more than a hundred.
    let help = if share.iter().any(|&share| share > 1.0) && sum <= 101.0 * weights {
        "these look like percent: divide them by 100"
    } else if share.iter().any(|&share| share > 1.0) {
        "these look like quantities: divide them by the number of people who could have bought"
    } else {
        "these are shares of what is sold: nothing is left for buying nothing, which every buyer here can do; multiply them by \
         the part of all potential buyers that bought"
    };
    let rounded = sum < weights * (1.0 - 1e-9);
    let sum = (sum * 1e9).round() / 1e9;
    if rounded {
        let message = format!("{column} sums to {sum}, which rounding alone keeps from the buyers' weights, {weights}");
        return Err(products.error(message, help));
    }
    let message = format!("{column} sums to {sum}, expected less than the sum of the buyers' weights, {weights}");
    Err(products.error(message, help))
}

/// By how much the sum of shares on sale can differ from the sum that it is of because each is rounded to the digits that are written: half of the
/// last digit of each, or, of many, four standard deviations of errors that do not know of each other.
fn rounding_of_sum(products: &Rows, share: &[f64], on_sale: &[bool]) -> f64 {
    let column = products.column_name("share0");
    let cells = column.and_then(|column| products.text(&column).ok()).unwrap_or_default();
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let digits = share.iter().enumerate().filter(|(j, _)| on_sale[*j]).map(|(j, share)| {
        // 0.950 has three digits, whatever the number it is.
        let cell = cells
            .get(j)
            .map(|cell| cell.trim())
            .filter(|cell| cell.parse() == Ok(*share) && !cell.contains(['e', 'E']));
        cell.map_or_else(|| decimals(&share.to_string()), decimals)
    });
    let digits: Vec<usize> = digits.collect();
    let unit = (0..digits.iter().copied().max().unwrap_or(0).min(30)).fold(1.0, |unit, _| unit / 10.0);
    let count = digits.len() as f64;
    unit * (0.5 * count).min(4.0 * (count / 12.0).sqrt())
}

/// The buyers, and the terms of X2 besides price that they differ on.
fn population(description: &Description, agents: &Rows) -> Result<(Population, Vec<String>), ConfigError> {
    let buyers = agents.len();
    let Some(weight_column) = agents.column_name("weight") else {
        return Err(agents.lacks("weight", "give each buyer an integration weight"));
    };
    let weight = agents.numbers(&weight_column)?;
    let tastes = tastes(description, agents)?;
    let linear = description.beta.iter().find(|(name, _)| is_price(name)).map(|&(_, beta)| beta);
    let random =
        description.x2.iter().zip(&tastes).find(|(name, _)| is_price(name)).and_then(|(_, taste)| taste.as_ref());
    if linear.is_none() && random.is_none() {
        let help = "give beta an entry for `prices`, or sigma or pi one in the row of `prices`";
        return Err(description.error("nothing says how utility falls with price", help));
    }
    let response: Vec<f64> =
        (0..buyers).map(|i| -(linear.unwrap_or(0.0) + random.map_or(0.0, |taste| taste[i]))).collect();
    let kept = description.x2.iter().zip(&tastes).filter(|(name, taste)| !is_price(name) && taste.is_some());
    let (names, columns): (Vec<String>, Vec<&[f64]>) =
        kept.filter_map(|(name, taste)| Some((name.clone(), taste.as_ref()?.as_slice()))).unzip();
    let made = Population::new(BuyerColumns {
        weight: &weight,
        price_response: &response,
        outside_utility: None,
        tastes: &columns,
    });
    let population = made.map_err(|error| match error {
        DemandError::Buyer { buyer, what, value } => {
            let help = "weights must be at least zero, and utility must fall with price for every buyer: check the sign of the \
                        price coefficient and how far its draws spread";
            agents.error_at(buyer, format!("{what} of this buyer is {}", shown(value)), help)
        }
        other => agents.error(other.to_string(), "correct the agents"),
    })?;
    let sum: f64 = weight.iter().sum();
    if sum > 1.0 + 1e-9 {
        let help = "weights are used as given: divide them by their sum if they should be shares of one";
        return Err(agents.error(format!("weights sum to {sum}, expected at most 1"), help));
    }
    if let Some(said) = description.sum_of_weights.filter(|said| (said - sum).abs() > 1e-9) {
        let message = format!("weights sum to {sum}, but {} says sum_of_weights = {said}", description.file);
        return Err(agents.error(message, "correct one of the two"));
    }
    Ok((population, names))
}

/// `sum_k beta_k x_jk + xi_j` without price, where the case gives what it takes.
fn linear_utility(description: &Description, products: &Rows) -> Result<Option<Vec<f64>>, ConfigError> {
    if description.beta.is_empty() {
        let help = "add delta_ex_price, or share0 and price0, or beta in case.json";
        return Err(products.error("there is no column `delta_ex_price`, nor anything to find it from", help));
    }
    let all = vec![true; products.len()];
    let mut delta = products.optional("xi", &all)?.unwrap_or_else(|| vec![0.0; products.len()]);
    for (name, beta) in description.beta.iter().filter(|(name, _)| !is_price(name)) {
        let x = if name == "1" { vec![1.0; products.len()] } else { products.numbers(name)? };
        delta.iter_mut().zip(x).for_each(|(delta, x)| *delta += beta * x);
    }
    Ok(Some(delta))
}

/// The raw columns of the agents file under PyBLP's names.
fn agent_columns(description: &Description, agents: &Rows) -> Vec<(String, Vec<f64>)> {
    let mut columns = Vec::new();
    for name in agents.table.columns() {
        let place = description.node_columns.iter().position(|node| node == name);
        let renamed = match (name.as_str(), place) {
            ("weight" | "weights", _) => "weights".to_owned(),
            ("market_id" | "market_ids", _) => continue,
            (_, Some(m)) => format!("nodes{m}"),
            (other, None) => other.strip_prefix("nu").map_or_else(|| other.to_owned(), |m| format!("nodes{m}")),
        };
        // Text columns of the user's own are not needed anywhere.
        if let Ok(values) = agents.numbers(name) {
            columns.push((renamed, values));
        }
    }
    columns
}
