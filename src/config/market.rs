//! From a table of models to a checked [`Market`], and from monthly exchange rates to cost factors.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::scenario::{Reader, duty_basis, follows_history};
use super::{ConfigError, Table, suggest};
use crate::model::ids::{BrandId, Id, ManufacturerId, RegionId, Table as IdTable, intern};
use crate::model::market::{CarModel, Characteristics, Holding, Market, NormalDuty};
use crate::model::trade::chain::Chain;

/// Highest price of a car, USD.
const MAX_PRICE_USD: f64 = 1e8;

/// Most models: tables of who switches to whom grow with the square.
const MAX_MODELS: usize = 2_000;

/// Reads the table of models, its cells multiplied by the scenario's factors.
pub(super) fn models(reader: &Reader<'_>) -> Result<Table, ConfigError> {
    let section = &reader.file.market;
    let path = reader.data_path("market.models", &section.models);
    let mut table = Table::load(&path)?.labelled_by(&section.columns.model)?;
    if table.rows() == 0 {
        return Err(reader.error(
            "market.models",
            format!("{} has a header and no rows", path.display()),
            "add a row for each model",
        ));
    }
    let names: Vec<String> = table.column_key(&section.columns.model)?.into_iter().map(str::to_owned).collect();
    for (column, factors) in &section.factor {
        for (model, factor) in factors {
            let key = format!("market.factor.{column:?}.{model:?}");
            let row = reader.position(&key, model, &names, "model of the table")?;
            reader.number(&key, *factor, |x| x > 0.0 && x <= 1e3, "a factor above 0 and at most 1000")?;
            table.scale(row, column, *factor)?;
        }
    }
    Ok(table)
}

/// Reads the market section with its table of models.
pub(super) fn market(reader: &Reader<'_>) -> Result<Market, ConfigError> {
    let section = &reader.file.market;
    let columns = &section.columns;
    let table = models(reader)?;
    let names = table.column_key(&columns.model)?;
    let prices = table.column_positive(&columns.price_usd)?;
    if let Some(row) = prices.iter().position(|price| *price > MAX_PRICE_USD) {
        let message = format!("{} is {}, expected at most {MAX_PRICE_USD}", columns.price_usd, prices[row]);
        return Err(table.error_at(row, message, "prices are US dollars a car"));
    }
    let volumes = table.column_non_negative(&columns.volume)?;
    let flags = table.column_bool(&section.flag)?;
    let kept = kept_rows(reader, &names, &volumes)?;
    let text = |column: &str| -> Result<Vec<String>, ConfigError> {
        let cells = table.column_text(column)?;
        match kept.iter().find(|row| cells[**row].trim().is_empty()) {
            Some(row) => Err(table.error_at(*row, format!("{column} is empty"), "every model needs one")),
            None => Ok(kept.iter().map(|row| cells[*row].trim().to_owned()).collect()),
        }
    };
    let (brands, brand) = intern::<BrandId>(&text(&columns.brand)?);
    let (manufacturers, manufacturer) = intern::<ManufacturerId>(&text(&columns.manufacturer)?);
    let (regions, region) = intern::<RegionId>(&text(&columns.region)?);
    let assembly: Vec<String> = text(&columns.assembly_country)?
        .iter()
        .map(|countries| countries.split('/').next().unwrap_or_default().trim().to_owned())
        .collect();

    let models: Vec<CarModel> = kept
        .iter()
        .enumerate()
        .map(|(j, row)| CarModel {
            name: names[*row].to_owned(),
            brand: brand[j],
            manufacturer: manufacturer[j],
            region: region[j],
            imported: !section.domestic_assembly.contains(&assembly[j]),
            assembly_country: assembly[j].clone(),
            flagged: flags[*row],
            list_price_usd: prices[*row],
            base_volume: volumes[*row],
        })
        .collect();
    if models.len() > MAX_MODELS {
        let message = format!("{} models are on sale, at most {MAX_MODELS} can be simulated", models.len());
        return Err(reader.error("market.models", message, "leave small models out or merge them"));
    }
    let domestic = domestic_regions(reader, &regions)?;
    let market_size = reader.positive("market.size", &section.size)?;
    let sold: f64 = models.iter().map(|model| model.base_volume).sum();
    if sold >= market_size {
        let message =
            format!("is {market_size}, but {sold} cars a year are sold: nothing is left for the outside option");
        return Err(reader.error("market.size", message, "it counts all purchase events, outside choices included"));
    }
    Ok(Market {
        characteristics: characteristics(reader, &table, &kept, &models)?,
        holdings: holdings(reader, &models, &brands, &manufacturers)?,
        normal_duty: normal_duty(reader)?,
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
pub(super) fn kept_rows(reader: &Reader<'_>, names: &[&str], volumes: &[f64]) -> Result<Vec<usize>, ConfigError> {
    let section = &reader.file.market;
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
    regions: &IdTable<RegionId, String>,
) -> Result<IdTable<RegionId, bool>, ConfigError> {
    let domestic = &reader.file.market.domestic_regions;
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
    table: &Table,
    kept: &[usize],
    models: &[CarModel],
) -> Result<Characteristics, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    let mut raw = Vec::new();
    for (i, characteristic) in reader.file.market.characteristics.iter().enumerate() {
        if names.contains(&characteristic.name) {
            let message = format!("the characteristic `{}` exists already", characteristic.name);
            return Err(reader.error(&format!("market.characteristics[{i}].name"), message, "choose another name"));
        }
        let values = table.expression(&characteristic.expression)?;
        raw.push(kept.iter().map(|row| values[*row]).collect());
        names.push(characteristic.name.clone());
    }
    let volumes: Vec<f64> = models.iter().map(|model| model.base_volume).collect();
    Ok(Characteristics::standardised(names, &raw, &volumes))
}

fn holdings(
    reader: &Reader<'_>,
    models: &[CarModel],
    brands: &IdTable<BrandId, String>,
    manufacturers: &IdTable<ManufacturerId, String>,
) -> Result<Vec<Holding>, ConfigError> {
    let mut holdings = Vec::new();
    for (i, section) in reader.file.market.holding.iter().enumerate() {
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
        holdings.extend(makers.into_iter().map(|held| Holding { owner, held, share }));
    }
    Ok(holdings)
}

fn normal_duty(reader: &Reader<'_>) -> Result<NormalDuty, ConfigError> {
    let section = &reader.file.market.normal_duty;
    let rate = reader.non_negative("market.normal_duty.rate", &section.rate)?;
    Ok(NormalDuty {
        rate: reader.rate("market.normal_duty.rate", rate)?,
        basis: duty_basis(section.basis),
        customs_value_share: reader
            .customs_share("market.normal_duty.customs_value_share", &section.customs_value_share)?,
    })
}

/// Factor on each model's marginal cost in each week: (1 - phi) + phi E0 / E, where E contains the scenario's shift, for imports whose country has a currency.
/// Empty when rates are constant.
pub(super) fn cost_factors(reader: &Reader<'_>, market: &Market, weeks: u32) -> Result<Vec<Vec<f64>>, ConfigError> {
    let Some(section) = &reader.file.exchange_rate else { return Ok(Vec::new()) };
    let path = reader.data_path("exchange_rate.data", &section.data);
    let table = Table::load(&path)?.labelled_by("month")?;
    let months = table.column_month("month")?;
    let position =
        |date: Date| months.iter().position(|month| (month.year(), month.month()) == (date.year(), date.month()));
    let base = format!("{}-01", section.base_month).parse().ok().and_then(position).ok_or_else(|| {
        let message = format!("`{}` is no month of {}", section.base_month, path.display());
        reader.error("exchange_rate.base_month", message, "a month of the table, such as 1995-05")
    })?;
    let countries: Vec<String> = market.models.iter().map(|model| model.assembly_country.clone()).collect();
    let mut rates = Vec::new();
    for (country, column) in &section.currency {
        reader.position(
            &format!("exchange_rate.currency.{country}"),
            country,
            &countries,
            "assembly country of this market",
        )?;
        rates.push((country, table.column_positive(column)?, section.shift.get(column).copied().unwrap_or(1.0)));
    }
    let columns: Vec<String> = section.currency.values().cloned().collect();
    for (column, shift) in &section.shift {
        let key = format!("exchange_rate.shift.{column}");
        reader.position(&key, column, &columns, "currency of an assembly country")?;
        reader.number(&key, *shift, |x| (0.1..=10.0).contains(&x), "a ratio between 0.1 and 10")?;
    }
    let history = follows_history(reader.file);
    if !history && section.shift.is_empty() {
        return Ok(Vec::new());
    }
    let phi = market.home_cost_share;
    (0..weeks)
        .map(|week| {
            let date = reader.file.time.start.saturating_add(jiff::Span::new().days(i64::from(week) * 7));
            let month = if history { position(date) } else { Some(base) };
            let month = month.ok_or_else(|| {
                let message = format!("follows the data, which have no rate for {}-{:02}", date.year(), date.month());
                reader.error(
                    "exchange_rate.mode",
                    message,
                    "extend the table or shorten the horizon, or use \"constant\"",
                )
            })?;
            let factor = |model: &CarModel| {
                let currency = rates.iter().find(|(country, ..)| **country == model.assembly_country);
                let rate = currency.filter(|_| model.imported);
                rate.map_or(1.0, |(_, e, shift)| (1.0 - phi) + phi * (e[base] / (e[month] * shift)))
            };
            Ok(market.models.iter().map(factor).collect())
        })
        .collect()
}

/// What to write instead of `name`.
pub(super) fn one_of(name: &str, known: &[String]) -> String {
    let distinct: BTreeSet<&str> = known.iter().map(String::as_str).collect();
    suggest::one_of(name, &distinct.into_iter().collect::<Vec<_>>())
}
