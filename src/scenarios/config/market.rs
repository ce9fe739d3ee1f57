//! Models on sale, their size and their duty: `[market]` and its table of models.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::error::{ConfigError, in_percent, of_percent, shown};
use super::on_sale::OnSaleSection;
use super::reader::{MAX_NORMAL_RATE, Reader};
use super::sourced::Sourced;
use super::table::Table;
use crate::model::ids::{BrandId, Id, IdTable, ManufacturerId, RegionId, intern};
use crate::model::market::{CarModel, Characteristics, DutyBasis, Market, NormalDuty, Stake};
use crate::model::trade::chain::Chain;
use crate::model::trade::duty::AdValoremRate;

/// Models on sale, their size and their duty.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketSection {
    /// CSV file with one row for each model, relative to the scenario file.
    pub models: String,
    /// The true/false column that marks the models on the headline list.
    pub flag: String,
    /// What charts and tables call the models with the flag, after a noun: "on the sanctions list". "flagged" if absent.
    #[serde(default)]
    pub flag_label: Option<String>,
    /// Names of models to leave out. Models without a base volume are left out as well.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Regions to which the taste for imports does not apply.
    #[serde(default)]
    pub domestic_regions: Vec<String>,
    /// Assembly countries whose cars owe no duty.
    #[serde(default)]
    pub domestic_assembly: Vec<String>,
    /// Characteristics that buyers have tastes for.
    #[serde(default)]
    pub characteristics: Vec<CharacteristicSection>,
    /// Columns of the CSV file.
    pub columns: ColumnsSection,
    /// Factors on cells of the CSV file, by column and model: the part of a model's cars that belongs to this market, and what a draw of
    /// uncertain data changes.
    #[serde(default)]
    pub factor: BTreeMap<String, BTreeMap<String, Sourced<f64>>>,
    /// Base-year volumes in place of those of the table, cars a year by model: of one that was launched since, what it sells beside the others.
    #[serde(default)]
    pub volumes: BTreeMap<String, Sourced<f64>>,
    /// Purchase events a year, outside choices included.
    pub size: Sourced<f64>,
    /// Share of an import's marginal cost that is paid in its home currency.
    #[serde(default)]
    pub home_cost_share: Option<Sourced<f64>>,
    /// The duty on imports before any policy.
    pub normal_duty: NormalDutySection,
    /// Partial holdings.
    #[serde(default)]
    pub holding: Vec<PartialHoldingSection>,
    /// When models are on sale, where not always. The base year is one with all of them.
    #[serde(default)]
    pub on_sale: Vec<OnSaleSection>,
}

/// A characteristic: a column of the data, or a product or ratio of two.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CharacteristicSection {
    /// Name, used in `demand.sigma`.
    pub name: String,
    /// `column`, `column / column`, `column * column` or `log(column)`.
    pub expression: String,
}

/// Names of the CSV columns.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnsSection {
    /// Name of the model, unique.
    pub model: String,
    /// Brand on the badge.
    pub brand: String,
    /// Manufacturer that sets the price.
    pub manufacturer: String,
    /// Region of the badge.
    pub region: String,
    /// Country or countries of assembly, separated by `/`; customs asks for the first.
    pub assembly_country: String,
    /// Base-year sticker price, USD.
    pub price_usd: String,
    /// Base-year volume, cars a year.
    pub volume: String,
    /// Share of the base-year cars that are assembled at home, 0 to 1; where it is absent, all or none by `domestic_assembly`.
    #[serde(default)]
    pub home_share: Option<String>,
}

/// The duty on imports before any policy.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalDutySection {
    /// Fraction of customs value: 0.025 is 2.5%. It may be left out where `rates` or `column` has one for every model.
    #[serde(default)]
    pub rate: Option<Sourced<f64>>,
    /// Other rates, by name of a model, a country of assembly or a region; the first of these that is named holds.
    #[serde(default)]
    pub rates: BTreeMap<String, Sourced<f64>>,
    /// Column of the table of models with the rate of each, in place of `rate` and `rates`.
    #[serde(default)]
    pub column: Option<String>,
    /// What the rate is a fraction of.
    pub basis: DutyBasis,
    /// Customs value as a share of the price (bases `list` and `border`).
    pub customs_value_share: Sourced<f64>,
}

/// A partial holding.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartialHoldingSection {
    /// Manufacturer that holds.
    pub owner: String,
    /// Brand that is held.
    pub brand: String,
    /// Share of its profit that the owner counts.
    pub share: Sourced<f64>,
}

/// A number for each model: from a table by name, from a column of the table of models, or one for all.
pub(super) struct ByModel<'a> {
    /// The section of both.
    pub key: &'a str,
    /// Key and values by name of a model, a country of assembly or a region.
    pub table: (&'a str, &'a BTreeMap<String, Sourced<f64>>),
    /// Key and name of the column.
    pub column: (&'a str, &'a Option<String>),
    /// For models that the table does not name; without it they are an error.
    pub absent: Option<f64>,
}

/// The first of some models with their countries of assembly, and how many more there are.
pub(super) fn some_models(models: &[&CarModel]) -> String {
    let shown = models.len().min(10);
    let named: Vec<String> =
        models[..shown].iter().map(|model| format!("{} ({})", model.name, model.assembly_country)).collect();
    let more = if models.len() > shown { format!(" and {} more", models.len() - shown) } else { String::new() };
    named.join(", ") + &more
}

impl ByModel<'_> {
    /// The numbers, at least zero, each with the key that it stands under where it stands under one of its own.
    pub fn of(
        &self,
        reader: &Reader<'_>,
        section: &MarketSection,
        models: &[CarModel],
        regions: &[String],
    ) -> Result<Vec<(Option<String>, f64)>, ConfigError> {
        let (table_key, by_name) = (format!("{}.{}", self.key, self.table.0), self.table.1);
        if let Some(column) = self.column.1 {
            let key = format!("{}.{}", self.key, self.column.0);
            if !by_name.is_empty() {
                let help = "a column has a number for every model: keep one of the two";
                return Err(reader.error(&key, format!("stands beside `{table_key}`"), help));
            }
            let table = self::models(reader, section)?;
            let (names, values) = (table.column_key(&section.columns.model)?, table.column_non_negative(column)?);
            let value = |model: &CarModel| names.iter().position(|name| *name == model.name).map(|row| values[row]);
            return Ok(models.iter().map(|model| (Some(key.clone()), value(model).unwrap_or(0.0))).collect());
        }
        let names = |model: &CarModel| {
            [model.name.clone(), model.assembly_country.clone(), regions[model.region.index()].clone()]
        };
        let known: Vec<String> = models.iter().flat_map(names).collect();
        for name in by_name.keys() {
            let what = "model, country of assembly or region of this market";
            reader.position(&format!("{table_key}.{name}"), name, &known, what)?;
        }
        let named = |model: &&CarModel| names(model).iter().any(|name| by_name.contains_key(name));
        let missing: Vec<&CarModel> = models.iter().filter(|model| !named(model)).collect();
        if self.absent.is_none() && !missing.is_empty() {
            let message = format!("has no value for {}", some_models(&missing));
            return Err(reader.error(&table_key, message, "name each, its country of assembly or its region"));
        }
        let of = |model: &CarModel| {
            let own = names(model).into_iter().find_map(|name| Some((by_name.get(&name)?, name)));
            let Some((value, name)) = own else { return Ok((None, self.absent.unwrap_or_default())) };
            let key = format!("{table_key}.{name}");
            let value = reader.non_negative(&key, value)?;
            Ok((Some(key), value))
        };
        models.iter().map(of).collect()
    }
}

/// Highest price of a car, USD.
const MAX_PRICE_USD: f64 = 1e8;

/// Most models: tables of who switches to whom grow with the square.
pub const MAX_MODELS: usize = 2_000;

/// Reads the table of models, its cells multiplied by the scenario's factors.
pub(super) fn models(reader: &Reader<'_>, section: &MarketSection) -> Result<Table, ConfigError> {
    let mut table = reader.table("market.models", &section.models)?.labelled_by(&section.columns.model)?;
    if table.rows() == 0 {
        return Err(reader.error(
            "market.models",
            format!("`{}` has a header and no rows", section.models),
            "add a row for each model",
        ));
    }
    let names: Vec<String> = table.column_key(&section.columns.model)?.into_iter().map(str::to_owned).collect();
    for (column, factors) in &section.factor {
        for (model, factor) in factors {
            let key = format!("market.factor.{column:?}.{model:?}");
            let row = reader.position(&key, model, &names, "model of the table")?;
            reader.number(&key, factor.value, |x| x > 0.0 && x <= 1e3, "a factor above 0 and at most 1000")?;
            table.scale(row, column, factor.value)?;
        }
    }
    Ok(table)
}

/// Reads the market section with its table of models.
pub(super) fn market(reader: &Reader<'_>, section: &MarketSection) -> Result<Market, ConfigError> {
    let columns = &section.columns;
    let table = models(reader, section)?;
    let names = table.column_key(&columns.model)?;
    let prices = table.column_positive(&columns.price_usd)?;
    if let Some(row) = prices.iter().position(|price| *price > MAX_PRICE_USD) {
        let message =
            format!("{} is {}, expected at most {}", columns.price_usd, shown(prices[row]), shown(MAX_PRICE_USD));
        return Err(table.error_at(row, message, "prices are US dollars a car"));
    }
    let mut volumes = table.column_non_negative(&columns.volume)?;
    let known: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    for (model, volume) in &section.volumes {
        let key = format!("market.volumes.{model:?}");
        let row = reader.position(&key, model, &known, "model of the table")?;
        volumes[row] = reader.positive(&key, volume)?;
    }
    let home_share = match &columns.home_share {
        Some(column) => {
            let shares = table.column_non_negative(column)?;
            if let Some(row) = shares.iter().position(|share| *share > 1.0) {
                return Err(table.refuse_cell(row, column, "the share of cars assembled at home, 0 to 1"));
            }
            Some(shares)
        }
        None => None,
    };
    let flags = table.column_bool(&section.flag)?;
    let kept = kept_rows(reader, section, &names, &volumes)?;
    let text = |column: &str| -> Result<Vec<String>, ConfigError> {
        let cells = table.column_names(column)?;
        match kept.iter().find(|row| cells[**row].trim().is_empty()) {
            Some(row) => Err(table.error_at(*row, format!("{column} is empty"), "every model needs one")),
            None => Ok(kept.iter().map(|row| cells[*row].trim().to_owned()).collect()),
        }
    };
    let (brands, brand) = intern::<BrandId>(&text(&columns.brand)?);
    let (manufacturers, manufacturer) = intern::<ManufacturerId>(&text(&columns.manufacturer)?);
    let (regions, region) = intern::<RegionId>(&text(&columns.region)?);
    if let Some(at) = region.iter().position(|region| regions[*region] == "outside") {
        let message = format!("{}: `outside` is what tables call buyers of none of these cars", columns.region);
        return Err(table.error_at(kept[at], message, "give the region another name"));
    }
    let assembly: Vec<String> = text(&columns.assembly_country)?
        .iter()
        .map(|countries| countries.split('/').next().unwrap_or_default().trim().to_owned())
        .collect();

    let import_share = |j: usize, row: usize| match &home_share {
        Some(shares) => 1.0 - shares[row],
        None if section.domestic_assembly.contains(&assembly[j]) => 0.0,
        None => 1.0,
    };
    let normal_rate = AdValoremRate::default();
    let mut models: Vec<CarModel> = kept
        .iter()
        .enumerate()
        .map(|(j, row)| CarModel {
            name: names[*row].to_owned(),
            brand: brand[j],
            manufacturer: manufacturer[j],
            region: region[j],
            imported: import_share(j, *row) > 0.0,
            import_share: import_share(j, *row),
            normal_rate,
            assembly_country: assembly[j].clone(),
            flagged: flags[*row],
            list_price_usd: prices[*row],
            credit_usd: 0.0,
            base_volume: volumes[*row],
        })
        .collect();
    let rates = normal_rates(reader, section, &models, regions.as_slice())?;
    for (model, (key, rate)) in models.iter_mut().zip(rates) {
        let key = key.unwrap_or_else(|| "market.normal_duty.rate".into());
        if rate > MAX_NORMAL_RATE {
            let message = format!("is {rate}, a duty of {}% in the base year: was percent meant?", in_percent(rate));
            let meant = (rate <= 100.0 * MAX_NORMAL_RATE).then(|| format!("write {} for {rate}%; ", of_percent(rate)));
            let help = format!("{}the highest rate of the base year is {MAX_NORMAL_RATE}", meant.unwrap_or_default());
            return Err(reader.error(&key, message, help));
        }
        model.normal_rate = reader.rate(&key, rate)?;
    }
    if models.len() > MAX_MODELS {
        let message = format!("{} models are on sale, at most {MAX_MODELS} can be simulated", models.len());
        return Err(reader.error("market.models", message, "leave small models out or merge them"));
    }
    let domestic = domestic_regions(reader, section, &regions)?;
    let expected = "a number of purchase events a year above zero, at most 1e10";
    let market_size = reader.number("market.size", section.size.value, |x| x > 0.0 && x <= 1e10, expected)?;
    let sold: f64 = models.iter().map(|model| model.base_volume).sum();
    if sold >= market_size {
        let message =
            format!("is {market_size}, but {sold} cars a year are sold: nothing is left for the outside option");
        return Err(reader.error("market.size", message, "it counts all purchase events, outside choices included"));
    }
    Ok(Market {
        characteristics: characteristics(reader, section, &table, &kept, &models)?,
        holdings: holdings(reader, section, &models, &brands, &manufacturers)?,
        groups: Vec::new(),
        normal_duty: normal_duty(reader, &section.normal_duty)?,
        chain: Chain::Retail,
        home_cost_share: match &section.home_cost_share {
            Some(share) => reader.fraction("market.home_cost_share", share)?,
            None => 0.0,
        },
        models,
        brands,
        manufacturers,
        regions,
        domestic,
        market_size,
    })
}

/// Rows on sale: not excluded by name, and with a base-year volume.
pub(super) fn kept_rows(
    reader: &Reader<'_>,
    section: &MarketSection,
    names: &[&str],
    volumes: &[f64],
) -> Result<Vec<usize>, ConfigError> {
    let known: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    for (i, excluded) in section.exclude.iter().enumerate() {
        reader.position(&format!("market.exclude[{i}]"), excluded, &known, "model of the table")?;
    }
    let on_sale = |row: &usize| volumes[*row] > 0.0 && !section.exclude.iter().any(|name| name == names[*row]);
    let kept: Vec<usize> = (0..names.len()).filter(on_sale).collect();
    if kept.is_empty() {
        return Err(reader.error("market.models", "no model is left to sell", "check `exclude` and the volume column"));
    }
    Ok(kept)
}

fn domestic_regions(
    reader: &Reader<'_>,
    section: &MarketSection,
    regions: &IdTable<RegionId, String>,
) -> Result<IdTable<RegionId, bool>, ConfigError> {
    let domestic = &section.domestic_regions;
    for (i, region) in domestic.iter().enumerate() {
        reader.position(
            &format!("market.domestic_regions[{i}]"),
            region,
            regions.as_slice(),
            "region of this market",
        )?;
    }
    Ok(IdTable::new(regions.as_slice().iter().map(|region| domestic.contains(region)).collect()))
}

fn characteristics(
    reader: &Reader<'_>,
    section: &MarketSection,
    table: &Table,
    kept: &[usize],
    models: &[CarModel],
) -> Result<Characteristics, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    let mut raw = Vec::new();
    for (i, characteristic) in section.characteristics.iter().enumerate() {
        let key = format!("market.characteristics[{i}].name");
        reader.unused(&key, "characteristic", &characteristic.name, names.iter().map(String::as_str))?;
        let values = table.expression(&characteristic.expression)?;
        raw.push(kept.iter().map(|row| values[*row]).collect());
        names.push(characteristic.name.clone());
    }
    let volumes: Vec<f64> = models.iter().map(|model| model.base_volume).collect();
    Ok(Characteristics::standardised(names, &raw, &volumes))
}

fn holdings(
    reader: &Reader<'_>,
    section: &MarketSection,
    models: &[CarModel],
    brands: &IdTable<BrandId, String>,
    manufacturers: &IdTable<ManufacturerId, String>,
) -> Result<Vec<Stake>, ConfigError> {
    let mut holdings = Vec::new();
    for (i, section) in section.holding.iter().enumerate() {
        let key = format!("market.holding[{i}]");
        let known = manufacturers.as_slice();
        let owner = reader.position(&format!("{key}.owner"), &section.owner, known, "manufacturer of this market")?;
        let brand =
            reader.position(&format!("{key}.brand"), &section.brand, brands.as_slice(), "brand of this market")?;
        let owner = ManufacturerId::from_index(owner);
        let share = reader.fraction(&format!("{key}.share"), &section.share)?;
        let makers: BTreeSet<ManufacturerId> =
            models.iter().filter(|model| model.brand.index() == brand).map(|model| model.manufacturer).collect();
        if makers.contains(&owner) {
            let message = format!("`{}` makes {} itself", section.owner, section.brand);
            return Err(reader.error(
                &format!("{key}.brand"),
                message,
                "a holding is of a brand that another firm makes",
            ));
        }
        holdings.extend(makers.into_iter().map(|held| Stake { owner, held, share }));
    }
    Ok(holdings)
}

/// The rate of the normal duty on each model, with the key that it stands under where that is not `rate`.
fn normal_rates(
    reader: &Reader<'_>,
    section: &MarketSection,
    models: &[CarModel],
    regions: &[String],
) -> Result<Vec<(Option<String>, f64)>, ConfigError> {
    let normal = &section.normal_duty;
    let rate =
        |rate: &Sourced<f64>| reader.number("market.normal_duty.rate", rate.value, |x| x >= 0.0, "a rate from 0 to 1");
    let absent = normal.rate.as_ref().map(rate).transpose()?;
    if absent.is_none() && normal.rates.is_empty() && normal.column.is_none() {
        let help =
            "write rate = 0.0 where imports are free of duty, or name `rates` or a `column` of the table of models";
        return Err(reader.error("market.normal_duty", "has no `rate`", help));
    }
    let rates = ByModel {
        key: "market.normal_duty",
        table: ("rates", &normal.rates),
        column: ("column", &normal.column),
        absent,
    };
    rates.of(reader, section, models, regions)
}

fn normal_duty(reader: &Reader<'_>, section: &NormalDutySection) -> Result<NormalDuty, ConfigError> {
    Ok(NormalDuty {
        basis: section.basis,
        customs_value_share: reader
            .customs_share("market.normal_duty.customs_value_share", &section.customs_value_share)?,
    })
}
