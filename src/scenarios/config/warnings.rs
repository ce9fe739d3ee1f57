//! What a scenario says that is possible and probably not meant.

use super::error::{in_percent, of_percent};
use super::suggest::distance;
use crate::model::scenario::Scenario;
use crate::model::trade::duty::Duty;
use crate::model::trade::instrument::Measure;
use crate::model::trade::regime::PolicyEvent;

/// Purchases a week below which a weekly number is mostly noise.
const FEW_PURCHASES: f64 = 30.0;
/// Duty rate above which percent may have been meant.
const HIGH_RATE: f64 = 1.0;

/// Warnings about the file, each one line.
#[must_use]
pub fn warnings(scenario: &Scenario) -> Vec<String> {
    let mut warnings = Vec::new();
    let market = &scenario.market;
    if !market.domestic.as_slice().contains(&true) {
        let regions = quoted(market.regions.as_slice().iter().map(String::as_str));
        warnings.push(format!(
            "market.domestic_regions is empty: the taste for imports is for cars of every region ({regions}); name the regions at home"
        ));
    }
    let countries: Vec<String> = market.models.iter().map(|model| model.assembly_country.clone()).collect();
    let lists: [(&str, &[String]); 4] = [
        ("region", market.regions.as_slice()),
        ("brand", market.brands.as_slice()),
        ("manufacturer", market.manufacturers.as_slice()),
        ("assembly country", &countries),
    ];
    for (what, names) in lists {
        for (a, b) in near_equal(names) {
            warnings.push(format!(
                "market.models: `{a}` and `{b}` are two {what} names here: write one of them throughout if they are the same"
            ));
        }
    }
    for instrument in &scenario.instruments {
        for dated in &instrument.measures {
            let Measure::Duty { duty: Duty::AdValorem { rate, .. }, .. } = dated.measure else { continue };
            percent(&mut warnings, &format!("instrument.{}.rate", instrument.name), rate.fraction());
        }
    }
    for regime in scenario.regimes.values() {
        for (at, event) in regime.events.iter().enumerate().filter(|(_, event)| event.change.is_some()) {
            let name = &scenario.instruments[event.instrument].name;
            let replaces = |later: &&PolicyEvent| {
                let owed_from = |event: &PolicyEvent| event.change.map(|change| change.owed_from);
                later.instrument == event.instrument && later.week == event.week && owed_from(later) <= owed_from(event)
            };
            if let Some(later) = regime.events[at + 1..].iter().filter(|later| later.change.is_some()).find(replaces) {
                warnings.push(format!(
                    "regime.{}: the change of `{name}` on {} never acts: runs count it from the week of {}, and from then on that of {} holds",
                    regime.name,
                    event.date,
                    scenario.week_start(event.week),
                    later.date
                ));
            }
            if let Some(week) = regime.overtaken_by(event, &scenario.instruments) {
                warnings.push(format!(
                    "regime.{}: the change of `{name}` on {} holds to the end, in place of what its schedule has from {} on; write later levels as \
                     further changes",
                    regime.name,
                    event.date,
                    scenario.week_start(week)
                ));
            }
        }
        for change in regime.events.iter().filter_map(|event| event.change) {
            let Measure::Duty { duty: Duty::AdValorem { rate, .. }, .. } = change.measure else { continue };
            percent(&mut warnings, &format!("regime.{}: an event's rate", regime.name), rate.fraction());
        }
    }
    let normal = market.models.iter().map(|model| model.normal_rate.fraction()).fold(0.0, f64::max);
    percent(&mut warnings, "market.normal_duty", normal);
    warnings
}

/// What there are too few simulated purchases for, if anything is: weekly numbers of groups of models and of single models.
#[must_use]
pub fn few_purchases(scenario: &Scenario) -> Option<String> {
    let market = &scenario.market;
    let of_cars = |cars: f64| cars / 52.0 / scenario.households_per_buyer() * scenario.replications as f64;
    let few: Vec<usize> =
        (0..market.len()).filter(|j| of_cars(market.models[*j].base_volume) < FEW_PURCHASES).collect();
    let fewest = few.iter().min_by(|a, b| market.models[**a].base_volume.total_cmp(&market.models[**b].base_volume))?;
    let mut groups = Vec::new();
    for (id, region) in market.regions.iter() {
        for flagged in [true, false] {
            let of = market.models.iter().filter(|model| model.region == id && model.flagged == flagged);
            let (models, cars) = of.fold((0, 0.0), |(n, sum), model| (n + 1, sum + model.base_volume));
            if models > 0 && of_cars(cars) < FEW_PURCHASES {
                groups
                    .push(format!("{region}{}", if flagged { format!(", {}", scenario.flag) } else { String::new() }));
            }
        }
    }
    let weekly =
        if groups.is_empty() { String::new() } else { format!("; so do weekly lines of {}", groups.join("; ")) };
    let model = &market.models[*fewest];
    Some(format!(
        "weekly numbers of {} of {} models rest on fewer than {FEW_PURCHASES:.0} purchases (fewest: {}, {:.1} in all replications){weekly}: take \
         longer periods, or more buyers or replications",
        few.len(),
        market.len(),
        model.name,
        of_cars(model.base_volume),
    ))
}

fn percent(warnings: &mut Vec<String>, key: &str, rate: f64) {
    if rate > HIGH_RATE {
        let (percent, meant) = (in_percent(rate), of_percent(rate));
        warnings.push(format!("{key} is {rate}, a duty of {percent}%: if {rate}% was meant, write {meant}"));
    }
}

/// Letters of names of which one letter too many, too few or other is taken for a slip: in short ones it is another name, and long ones are not
/// compared letter by letter.
const SLIP_LETTERS: std::ops::RangeInclusive<usize> = 5..=40;

/// Pairs of different names that are the same but for case, spaces, signs and one letter of several.
fn near_equal(names: &[String]) -> Vec<(String, String)> {
    let plain =
        |name: &str| -> String { name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let mut seen: Vec<(&str, String)> = Vec::new();
    let mut pairs = Vec::new();
    for name in names {
        let own = plain(name);
        if seen.iter().any(|(other, _)| other == name) || own.is_empty() {
            continue;
        }
        let word = |name: &str| SLIP_LETTERS.contains(&name.len()) && !name.contains(|c: char| c.is_ascii_digit());
        let slip = |other: &str| own.len().abs_diff(other.len()) <= 4 && word(other) && word(&own);
        let near = |other: &str| other == own || (slip(other) && distance(other, &own) == 1);
        pairs
            .extend(seen.iter().filter(|(_, other)| near(other)).map(|(other, _)| ((*other).to_owned(), name.clone())));
        seen.push((name, own));
    }
    pairs
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_signs_or_one_letter_are_near() {
        let names = [
            "Japan",
            "europe",
            "japan",
            "Mercedes-Benz",
            "Mercedes Benz",
            "Japan",
            "GM",
            "GMC",
            "firm 1",
            "firm 2",
            "eurpe",
            "Audi",
            "Aodi",
        ]
        .map(String::from);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let expected = [pair("Japan", "japan"), pair("Mercedes-Benz", "Mercedes Benz"), pair("europe", "eurpe")];
        assert_eq!(near_equal(&names), expected);
    }

    #[test]
    fn a_rate_of_more_than_all_asks_whether_percent_was_meant() {
        let mut warnings = Vec::new();
        percent(&mut warnings, "instrument.cars.rate", 2.5);
        percent(&mut warnings, "instrument.cars.rate", 1.0);
        assert_eq!(warnings, ["instrument.cars.rate is 2.5, a duty of 250%: if 2.5% was meant, write 0.025"]);
    }
}
