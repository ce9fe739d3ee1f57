//! Words for names of a scenario, in tables and charts, and which regime they are about.

use crate::model::scenario::Scenario;

/// A regime is written about, and drawn first, if its effect is at least this part of the largest.
const WORTH_WRITING: f64 = 0.1;

/// The first of these effects that is not small beside the largest; none where all are nothing.
#[must_use]
pub fn first_that_moves(effects: &[f64]) -> Option<usize> {
    let largest = effects.iter().fold(0.0, |largest: f64, effect| largest.max(effect.abs()));
    effects.iter().position(|effect| largest > 0.0 && effect.abs() >= WORTH_WRITING * largest)
}

/// What a reader is shown for a region's name: its words, each with a capital.
#[must_use]
pub fn region_label(region: &str) -> String {
    if region == "outside" {
        return "Outside (another kind of car, or none)".into();
    }
    let capital = |word: &str| {
        if ["us", "uk", "eu", "usa"].contains(&word) {
            return word.to_uppercase();
        }
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    region.split('_').map(capital).collect::<Vec<String>>().join(" ")
}

/// A headline metric, as its name says.
pub(super) struct Described {
    /// Unit.
    pub unit: &'static str,
    /// What it is; the flagged models have the scenario's words for them.
    pub what: String,
    /// Whether it is a sum over the weeks of a period, not a share or a price.
    pub is_flow: bool,
    /// Whether it is what somebody gains, of which only differences between regimes mean something.
    pub is_gain: bool,
}

impl Described {
    /// What turns the metric of a period into what charts show, and its unit there: flows are yearly rates.
    pub fn yearly(&self, years: f64) -> (f64, String) {
        if self.is_flow { (1.0 / years, format!("{} a year", self.unit)) } else { (1.0, self.unit.to_owned()) }
    }
}

/// What a headline metric is, from its name.
pub(super) fn describe(headline: &str, scenario: &Scenario) -> Described {
    let kinds = [
        (true, "expected_units_", "cars", "Expected sales (summed choice probabilities)"),
        (true, "units_", "cars", "Cars sold (drawn choices)"),
        (false, "car_share_", "fraction", "Share of the cars sold"),
        (false, "sticker_price_", "USD", "Sticker price (mean over weeks, base-year volumes as weights)"),
        (true, "profit_", "USD", "Makers' profit"),
        (true, "outlay_usd", "USD", "What buyers paid"),
        (true, "producer_revenue_usd", "USD", "What makers and dealers kept"),
        (true, "duty_usd", "USD", "Duty owed"),
        (true, "consumers_usd", "USD", "Gain of buyers"),
        (true, "makers_usd", "USD", "Gain of makers"),
        (true, "makers_", "USD", "Gain of makers"),
        (true, "dealers_usd", "USD", "Gain of dealers"),
        (true, "treasury_usd", "USD", "Gain of the treasury"),
        (true, "total_home_usd", "USD", "Gain of the home country"),
        (true, "total_world_usd", "USD", "Gain of the world"),
        (true, "total_", "USD", "Gain of a country"),
    ];
    for (is_flow, prefix, unit, what) in kinds {
        if let Some(rest) = headline.strip_prefix(prefix) {
            let group = rest.strip_suffix("_usd").unwrap_or(rest);
            let text = match group {
                "" => what.to_owned(),
                "outside" if prefix == "units_" => {
                    "Purchase events without one of these cars (drawn choices)".to_owned()
                }
                "outside" => "Purchase events without one of these cars (summed choice probabilities)".to_owned(),
                group if group == scenario.flag => format!("{what}: models {}", scenario.flag_label),
                group => {
                    let own = scenario.market.groups.iter().find(|own| own.name == group);
                    let region = || scenario.market.regions.values().find(|region| *region == group);
                    let name = own.map(|own| own.label.clone()).or_else(|| Some(region_label(region()?)));
                    format!("{what}: {}", name.unwrap_or_else(|| group.to_owned()))
                }
            };
            // Who buys none of these cars buys no car that is counted.
            let unit = if group == "outside" { "purchases" } else { unit };
            return Described { unit, what: text, is_flow, is_gain: what.starts_with("Gain of") };
        }
    }
    Described { unit: "", what: headline.into(), is_flow: false, is_gain: false }
}

#[cfg(test)]
mod tests {
    use super::region_label;

    #[test]
    fn regions_have_capitals_and_initials_have_all_of_them() {
        let shown = ["big_three", "other_us", "eu", "usable"].map(region_label);
        assert_eq!(shown, ["Big Three", "Other US", "EU", "Usable"]);
    }
}
