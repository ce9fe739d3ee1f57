//! The arithmetic of the table of evidence: targets that are worked out from other numbers are what those numbers say.

use std::collections::BTreeMap;

use crate::support::{read_csv, root};

type Row = BTreeMap<String, String>;

/// Numbers by name.
struct Numbers(BTreeMap<String, f64>);

impl Numbers {
    fn of(rows: &[Row], name: &str, value: &str) -> Self {
        Self(rows.iter().filter_map(|row| Some((row[name].clone(), row[value].parse().ok()?))).collect())
    }

    fn at(&self, name: &str) -> f64 {
        *self.0.get(name).unwrap_or_else(|| panic!("there is no number `{name}`"))
    }
}

fn data(file: &str) -> Vec<Row> {
    read_csv(&root().join("configs/data").join(file))
}

/// Inputs, and the rates of exchange by month.
fn inputs() -> (Numbers, Numbers) {
    let rates = Numbers::of(&data("exchange_rates_monthly.csv"), "month", "jpy_per_usd");
    (Numbers::of(&data("evidence.csv"), "name", "value"), rates)
}

/// The table has its numbers to so many decimals.
fn rounded(what: &str, table: f64, value: f64, decimals: i32) {
    let half = 0.5 * 10_f64.powi(-decimals) * (1.0 + 1e-9);
    assert!((table - value).abs() <= half, "{what}: the table has {table}, its inputs give {value}");
}

#[test]
fn elasticities_are_semi_elasticities_times_prices() {
    let (input, _) = inputs();
    let targets = Numbers::of(&data("targets.csv"), "name", "value");
    let own = |car: &str| input.at(&format!("semi_elasticity_{car}")) * input.at(&format!("price_1990_{car}")) / 100.0;
    // What is recalled of the table gives what another source prints of it.
    for car in ["sentra", "escort", "ls400", "735i"] {
        rounded(car, input.at(&format!("printed_elasticity_{car}")), own(car), 3);
    }
    for (target, car) in [
        ("elasticity_ls400", "ls400"),
        ("elasticity_7series", "735i"),
        ("elasticity_legend", "legend"),
        ("elasticity_town_car", "town_car"),
        ("elasticity_seville", "seville"),
    ] {
        rounded(target, targets.at(target), own(car), 3);
    }
}

/// Demand for the LS 400 in the price of the 7 Series is the smaller of the two numbers: from the semi-elasticities, and because derivatives in each
/// other's price are nearly equal, so that elasticities are to each other as revenues.
#[test]
fn cross_elasticities_are_not_exchanged() {
    let (input, _) = inputs();
    let targets = data("targets.csv");
    let (value, error) = (Numbers::of(&targets, "name", "value"), Numbers::of(&targets, "name", "std_error"));
    let revenue = |car: &str| input.at(&format!("price_1990_{car}")) * input.at(&format!("share_1990_{car}"));
    let mut pair = Vec::new();
    for (target, semi, price, recomputed, printed) in [
        ("cross_ls400_7series", "ls400_to_735i", "735i", "ls400_to_735i", "printed_cross_row_735i"),
        ("cross_7series_ls400", "735i_to_ls400", "ls400", "735i_to_ls400", "printed_cross_row_ls400"),
    ] {
        let worked = input.at(&format!("semi_elasticity_{semi}")) * input.at(&format!("price_1990_{price}")) / 100.0;
        rounded(target, value.at(target), worked, 3);
        assert_eq!(value.at(target), input.at(printed));
        let recomputed = input.at(&format!("recomputed_cross_{recomputed}"));
        rounded(target, error.at(target), value.at(target) - recomputed, 3);
        pair.push([value.at(target), recomputed]);
    }
    let ratio = revenue("735i") / revenue("ls400");
    for (numerator, denominator) in pair[0].iter().zip(&pair[1]) {
        let found = numerator / denominator;
        // Three decimals of the smaller number are worth three percent.
        assert!((found / ratio - 1.0).abs() < 0.03, "{found} against {ratio}");
    }
}

#[test]
fn the_pass_through_of_the_yen_is_real_and_an_elasticity() {
    let (input, rates) = inputs();
    let targets = data("targets.csv");
    let consumer_prices = input.at("consumer_prices_1995_05") / input.at("consumer_prices_1993_01");
    for car in ["es300", "sc300"] {
        let before = input.at(&format!("list_1993_{car}"));
        let after = input.at(&format!("list_1995_{car}")) - input.at("delivery_1995");
        let real = (after / before / consumer_prices).ln();
        let row = targets.iter().find(|row| row["name"] == format!("yen_pass_through_{car}")).unwrap();
        let elasticity = |month: &str| real / (rates.at("1993-01") / rates.at(month)).ln();
        rounded(car, row["value"].parse().unwrap(), elasticity("1995-04"), 3);
        let of: Vec<&str> = row["of"].split(';').map(str::trim).collect();
        let stated: [f64; 2] = [2, 3].map(|part| of[part].parse().unwrap());
        assert_eq!(stated, [rates.at("1993-01"), rates.at("1995-04")], "the model is asked for the same rates");
        assert!(row["note"].contains(&format!("{:+.1}% in real terms", 100.0 * real.exp_m1())), "{}", row["note"]);
        assert!(row["note"].contains(&format!("{:.3} over May", elasticity("1995-05"))), "{}", row["note"]);
    }
}

/// Shares of the survey, profit as a lower bound, the rush of 1995 with Acura in it, and the sales rates of 2025.
#[test]
fn the_other_derived_targets_are_what_their_inputs_say() {
    let (input, _) = inputs();
    let targets = data("targets.csv");
    let (value, error) = (Numbers::of(&targets, "name", "value"), Numbers::of(&targets, "name", "std_error"));
    let another = input.at("survey_another_make");
    rounded("diversion_europe", value.at("diversion_europe"), another * input.at("survey_europe"), 3);
    let outside = another * input.at("survey_sport_utility") + (1.0 - another);
    rounded("diversion_outside", value.at("diversion_outside"), outside, 3);
    for name in ["diversion_europe", "diversion_outside"] {
        assert_eq!(error.at(name), input.at("survey_margin"));
    }

    // Profit bounds the margin from below, and nothing from above.
    let margin = targets.iter().find(|row| row["name"] == "margin_sanctioned").unwrap();
    assert_eq!(margin["low"].parse::<f64>().unwrap(), input.at("profit_low"));
    assert_eq!([margin["value"].as_str(), margin["high"].as_str()], ["", ""]);

    let models = data("models_1994.csv");
    let listed = |brand: &str| -> f64 {
        let of = models.iter().filter(|row| row["brand"] == brand && row["sanctioned"] == "true");
        of.map(|row| row["us_sales_1994"].parse::<f64>().unwrap()).sum()
    };
    let (lexus, acura) = (listed("Lexus"), listed("Acura"));
    let on_a_year = (input.at("sales_may_lexus") * lexus + input.at("sales_may_acura") * acura) / (lexus + acura);
    let against_market = (1.0 + on_a_year) / (1.0 + input.at("sales_half_year_market")) - 1.0;
    rounded("surge_national", value.at("surge_national"), 0.5 * (on_a_year + against_market), 3);
    assert!(on_a_year > 0.0 && against_market < value.at("surge_national") + error.at("surge_national"));
    assert!((value.at("surge_national") - 2.0 * error.at("surge_national")).abs() < 1e-12, "down to no rush at all");

    let rate = |month: &str| input.at(&format!("sales_rate_2025_{month}")) / input.at("sales_rate_2025_before") - 1.0;
    rounded("rush_2025_month_before", value.at("rush_2025_month_before"), rate("03"), 2);
    rounded("rush_2025_month_2", value.at("rush_2025_month_2"), rate("05"), 2);
}

/// No row says more than what goes into it: what rests on a recalled number or a judgement is an estimate, and a fitted row says why it may be.
#[test]
fn no_row_is_presented_as_more_than_it_is() {
    let inputs = data("evidence.csv");
    let targets = data("targets.csv");
    let known = ["sourced", "derived", "estimate"];
    assert!(inputs.iter().chain(&targets).all(|row| known.contains(&row["status"].as_str())));
    assert!(inputs.iter().all(|row| !row["source"].is_empty() && row["value"].parse::<f64>().is_ok()));
    for row in inputs.iter().filter(|row| row["source"].contains("recalled")) {
        assert_eq!(row["status"], "estimate", "{}", row["name"]);
    }
    for row in targets.iter().filter(|row| row["source"].contains("recalled")) {
        assert_eq!(row["status"], "estimate", "{}", row["name"]);
    }
    for row in targets.iter().filter(|row| row["use"] == "fit") {
        assert!(row["note"].contains("may be fitted"), "{}: {}", row["name"], row["note"]);
    }
    for row in targets.iter().filter(|row| row["use"] == "predict") {
        assert!(row["note"].contains("predicted"), "{}: {}", row["name"], row["note"]);
    }
}
