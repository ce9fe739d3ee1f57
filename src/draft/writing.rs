//! The scenario and its table of models, as text: every number says whether it was taken or assumed.

use std::fmt::Write;

use toml::Value;

use super::response::SearchedResponse;

/// One product.
pub(super) struct MarketProduct {
    /// Names of model, brand, maker, region and country.
    pub words: Vec<String>,
    /// Part that is made at home.
    pub home_share: f64,
    /// Whether it is on the list.
    pub flagged: bool,
    pub price_usd: f64,
    /// Units a year.
    pub volume: f64,
}

/// A characteristic that tastes differ on.
pub(super) struct MarketCharacteristic {
    /// The column or expression of the table.
    pub expression: String,
    pub values: Vec<f64>,
    /// Mean by volume.
    pub mean: f64,
    /// Standard deviation by volume.
    pub sd: f64,
    /// Spread of the taste for one unit of it.
    pub sigma: f64,
}

/// Demand, in the units of a scenario.
pub(super) struct MarketDemand {
    /// Per thousand USD.
    pub alpha: f64,
    pub income_log_sd: f64,
    pub income_bounds: [f64; 2],
    pub sigma_outside: f64,
    pub sigma_import: f64,
    pub sigma_region: f64,
    pub curvature: f64,
    /// Whether it is the user's, estimated or stated.
    pub stated: bool,
    /// Whether all of it was estimated.
    pub estimated: bool,
    /// How the price response was found for an elasticity, where it was.
    pub response: Option<SearchedResponse>,
}

/// All that a scenario of a market says.
pub(super) struct MarketText {
    /// The table that it was made of.
    pub file: String,
    pub products: Vec<MarketProduct>,
    pub characteristics: Vec<MarketCharacteristic>,
    /// Regions and countries at home.
    pub home: [Vec<String>; 2],
    /// The column of the list, if the table has one.
    pub flag: Option<String>,
    /// Purchase events a year, and whether the user said so.
    pub size: (f64, bool),
    pub demand: MarketDemand,
    /// The year of the market, if its name is one.
    pub year: Option<i16>,
    /// Whether makers set prices at the border.
    pub vertical: bool,
}

/// Columns of the table that is written, before those of characteristics.
const COLUMNS: &str = "model,brand,manufacturer,region,assembly_country,home_share,listed,price_usd,volume";

/// A cell of a CSV file.
fn cell(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A text in TOML, on one line.
fn quoted(text: &str) -> String {
    Value::String(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()).to_string()
}

fn list(names: &[String]) -> String {
    format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
}

/// A number in TOML, always with a point.
fn number(value: f64) -> String {
    format!("{value:?}")
}

impl MarketText {
    /// Names of the characteristics: letters, digits and `_`, each once.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for own in &self.characteristics {
            let plain: String = own
                .expression
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
                .collect();
            let plain = match plain.trim_matches('_') {
                "" => "x_characteristic".to_owned(),
                plain => format!("x_{plain}"),
            };
            let taken = |name: &String| names.contains(name);
            let free = if taken(&plain) {
                (2..u32::MAX).map(|n| format!("{plain}_{n}")).find(|name| !taken(name))
            } else {
                None
            };
            names.push(free.unwrap_or(plain));
        }
        names
    }

    /// The table of models.
    pub fn data(&self) -> String {
        let mut out = COLUMNS.to_owned();
        self.names().iter().for_each(|name| out.extend([",", name]));
        out.push('\n');
        for (j, product) in self.products.iter().enumerate() {
            let words: Vec<String> = product.words.iter().map(|word| cell(word)).collect();
            let _ = write!(
                out,
                "{},{},{},{},{}",
                words.join(","),
                product.home_share,
                product.flagged,
                product.price_usd,
                product.volume
            );
            self.characteristics.iter().for_each(|own| {
                let _ = write!(out, ",{}", own.values[j]);
            });
            out.push('\n');
        }
        out
    }

    /// The scenario.
    pub fn scenario(&self, name: &str, taken: &[String], assumed: &[String], left_out: &[String]) -> String {
        let mut out = String::from("#:schema scenario.schema.json\n");
        let _ =
            writeln!(out, "# A market of one's own, made by `stickershock init --market` of {}.", quoted(&self.file));
        let _ = writeln!(out, "# What is marked `assumed` is no finding: replace it by what is known of this market.");
        for (title, items) in [("Taken from the table", taken), ("Assumed", assumed), ("Left out", left_out)] {
            if !items.is_empty() {
                let _ = writeln!(out, "#\n# {title}:");
                items.iter().for_each(|item| {
                    let _ = writeln!(out, "#   {}", item.replace(char::is_control, " "));
                });
            }
        }
        let _ = writeln!(out, "\nname = {}\n", quoted(name));
        self.frame(&mut out);
        self.market(&mut out);
        self.parameters(&mut out);
        self.policy(&mut out);
        out
    }

    fn frame(&self, out: &mut String) {
        let (start, assumed) = match self.year {
            Some(year) => (format!("{year}-01-01"), ""),
            None => ("2025-01-04".to_owned(), " # assumed"),
        };
        let _ = writeln!(out, "[time]\nstart = {start}{assumed}\nweeks = 104\n");
        out.push_str("[run]\nseed = 1\nreplications = 16\nbaseline = \"status_quo\"\n\n");
        out.push_str("[outputs]\nheadline = \"expected_units_listed\"\n\n");
    }

    fn market(&self, out: &mut String) {
        let label = self.flag.as_ref().map_or_else(|| "imported".to_owned(), |column| format!("marked {column}"));
        let names = self.names();
        let named: Vec<String> =
            names.iter().map(|name| format!("{{ name = \"{}\", expression = \"{name}\" }}", short(name))).collect();
        let size = if self.size.1 {
            number(self.size.0)
        } else {
            estimate(self.size.0, "assumed by init: purchase events a year, those without a sale included")
        };
        let _ = write!(
            out,
            r#"[market]
models = "data/models.csv"
flag = "listed" # the true/false column of a list that policy may name
flag_label = {label}
domestic_regions = {regions}
domestic_assembly = {countries}
characteristics = [{characteristics}]
size = {size}

[market.columns]
model = "model"
brand = "brand"
manufacturer = "manufacturer"
region = "region"
assembly_country = "assembly_country"
home_share = "home_share"
price_usd = "price_usd"
volume = "volume"

[market.normal_duty]
rate = {rate} # of customs value
basis = "list"
customs_value_share = {customs}

"#,
            label = quoted(&label),
            regions = list(&self.home[0]),
            countries = list(&self.home[1]),
            characteristics = named.join(", "),
            rate = estimate(0.025, "assumed by init: the normal US duty on cars"),
            customs = estimate(0.75, "assumed by init: customs value as a share of the price"),
        );
    }

    fn parameters(&self, out: &mut String) {
        let demand = &self.demand;
        let tastes = match demand.estimated {
            true => "from the estimates named above, in the units of this file",
            false => "assumed by init: judgement",
        };
        let response = match (demand.estimated, &demand.response) {
            (true, _) => "from the estimates named above, per thousand USD at the median response".to_owned(),
            (false, Some(found)) => format!("assumed by init: {found}"),
            (false, None) => "as stated to init, per thousand USD at the median income".to_owned(),
        };
        let status = |value: f64, source: &str| match demand.estimated {
            true => format!("{{ value = {}, status = \"derived\", source = {} }}", number(value), quoted(source)),
            false => estimate(value, source),
        };
        let income = if demand.estimated {
            "spread of the price response over the buyers, as a spread of incomes"
        } else {
            "assumed by init: judgement"
        };
        let judged = |value: f64| estimate(value, "assumed by init: judgement");
        let none = |value: f64, what: &str| if demand.estimated { estimate(value, what) } else { judged(value) };
        let chain = if self.vertical {
            "chain = \"vertical\" # assumed: makers set prices at the border, where duties fall; or \"retail\""
        } else {
            "chain = \"retail\" # assumed: makers set prices in the showroom; or \"vertical\""
        };
        let _ = write!(
            out,
            r#"[buyers]
count = 4096
population = "shared" # fast; "own" puts what a set of so many buyers does by chance into every interval
pricing_nodes = 4096

[demand]
alpha = {alpha}
eta = {eta}
income_log_sd = {income_log_sd}
income_bounds = [{low:?}, {high:?}] # of the median
sigma_import = {import}
sigma_region = {region}
sigma_outside = {outside}
loyalty = {loyalty}
"#,
            alpha = status(demand.alpha, &response),
            eta = status(
                1.0,
                if demand.estimated {
                    "the response falls in proportion to what stands for income"
                } else {
                    "assumed by init: the response falls in proportion to income"
                }
            ),
            income_log_sd = status(demand.income_log_sd, income),
            low = demand.income_bounds[0],
            high = demand.income_bounds[1],
            import = none(demand.sigma_import, "no such taste in the estimates"),
            region = none(demand.sigma_region, "no such taste in the estimates"),
            outside = status(demand.sigma_outside, tastes),
            loyalty = estimate(0.0, "assumed by init: none"),
        );
        if demand.curvature != 1.0 {
            let _ = writeln!(out, "curvature = {}", status(demand.curvature, tastes));
        }
        if !self.characteristics.is_empty() {
            out.push_str("\n[demand.sigma] # of one standard deviation of each\n");
            for (name, own) in self.names().iter().zip(&self.characteristics) {
                let _ = writeln!(out, "{} = {}", short(name), status(own.sigma * own.sd, tastes));
            }
        }
        let _ = write!(
            out,
            r#"
[holding] # when buyers come: intervals between purchases of cars
lease_share = {lease}
lease_weeks = [104, 156]
purchase_shape = {shape}
purchase_mean_weeks = {weeks}

[pricing]
rule = "bertrand" # assumed: equilibrium between the makers; or "staggered" in time, "pass_through" with theta
{chain}
conduct = "manufacturer"

"#,
            lease = judged(0.35),
            shape = judged(4.0),
            weeks = judged(260.0),
        );
    }

    fn policy(&self, out: &mut String) {
        let year = self.year.unwrap_or(2025);
        // The list may hold products that are made at home.
        let listed = self.flag.is_some() && self.products.iter().any(|own| own.flagged && own.home_share < 1.0);
        let _ = write!(
            out,
            r#"[[instrument]]
name = "duty"
rate = {rate}
on = {{ imported = true }}

"#,
            rate = estimate(0.25, "assumed by init: the question to ask"),
        );
        if listed {
            let _ = write!(
                out,
                r#"[[instrument]]
name = "duty_on_list"
rate = {rate}
on = {{ flag = true, imported = true }}

"#,
                rate = estimate(0.25, "assumed by init: the question to ask"),
            );
        }
        let _ = write!(
            out,
            r#"[[regime]]
name = "status_quo"
label = "As it is"

[[regime]]
name = "duty"
label = "25% on all imports"
events = [{{ date = {year}-04-05, action = "imposed", instrument = "duty", label = "25%" }}]
"#
        );
        if listed {
            let _ = write!(
                out,
                r#"
[[regime]]
name = "duty_on_list"
label = "25% on the marked imports"
events = [{{ date = {year}-04-05, action = "imposed", instrument = "duty_on_list", label = "25% on the list" }}]
"#
            );
        }
    }
}

/// A number that is assumed.
fn estimate(value: f64, source: &str) -> String {
    format!("{{ value = {}, status = \"estimate\", source = {} }}", number(value), quoted(source))
}

/// The name of a characteristic without the prefix that keeps its column apart.
fn short(name: &str) -> &str {
    name.strip_prefix("x_").unwrap_or(name)
}
