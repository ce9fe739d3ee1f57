//! The columns of welfare.csv, firms.csv and trade_balance.csv, as columns.rs has the others.

use stickershock::model::accounts::{FirmMetric, TradeMetric};
use stickershock::model::outcome::ModelMetric;

use crate::columns::{Row, Run, agree, less, mean, number, plus, ratio, small, std_error};

#[test]
fn accounts() {
    let run = small();
    let (layout, scenario) = (run.study.layout(), run.study.scenario());
    let accounts = layout.accounts.as_ref().unwrap();
    let rows = run.rows("welfare");
    run.keys("welfare", &["regime", "period", "account"], 2 * layout.periods.len() * accounts.accounts.len());
    let change = |row: &Row| {
        let position = accounts.accounts.iter().position(|(_, name)| *name == row["account"]).unwrap();
        let slot = accounts.account(position, run.period(row).0);
        less(&run.slot(run.arm(row), slot), &run.slot(0, slot))
    };
    const T: f64 = 3.182_446_305_284_263;
    let years = |row: &Row| f64::from(run.period(row).1.weeks()) / 52.0;
    run.value("welfare", "change_usd", |row| mean(&change(row)));
    run.value("welfare", "std_error_usd", |row| std_error(&change(row)));
    run.value("welfare", "ci_low_usd", |row| mean(&change(row)) - T * std_error(&change(row)));
    run.value("welfare", "ci_high_usd", |row| mean(&change(row)) + T * std_error(&change(row)));
    run.value("welfare", "change_usd_per_year", |row| mean(&change(row)) / years(row));
    run.value("welfare", "std_error_usd_per_year", |row| std_error(&change(row)) / years(row));
    run.value("welfare", "ci_low_usd_per_year", |row| (mean(&change(row)) - T * std_error(&change(row))) / years(row));
    run.value("welfare", "ci_high_usd_per_year", |row| (mean(&change(row)) + T * std_error(&change(row))) / years(row));
    run.value("welfare", "replications", |_| 4.0);
    // Parties add up to the total after them: those of the importing country to it, with the other countries to the world.
    for regime in ["imposed", "negotiated"] {
        for period in ["all", "year_1", "1995-07", "after_deadline"] {
            let mut own: Vec<&Row> =
                rows.iter().filter(|row| row["regime"] == regime && row["period"] == period).collect();
            own.sort_by_key(|row| row["order"].parse::<u32>().unwrap());
            let order: Vec<u32> = own.iter().map(|row| row["order"].parse().unwrap()).collect();
            assert_eq!(order, (1..=own.len() as u32).collect::<Vec<_>>());
            let mut reached = 0.0;
            let mut totals = Vec::new();
            for row in &own {
                match row["group"].as_str() {
                    "party" => reached += number(row, "change_usd"),
                    "total" => {
                        let total = number(row, "change_usd");
                        assert!(
                            (reached - total).abs() <= 1e-6 * total.abs().max(1e3),
                            "{reached}, not {total}: {row:?}"
                        );
                        totals.push(row["label"].as_str());
                    }
                    part => assert_eq!(part, "part"),
                }
            }
            assert_eq!(totals.len(), 2);
            assert!(totals[0].ends_with(", total") && totals[1] == "World", "{totals:?}");
        }
    }
    run.text("welfare", "group", |row| match row["account"].as_str() {
        "total_home" | "total_world" => "total".into(),
        "consumers" | "dealers" | "treasury" | "exporters" | "parts_suppliers" | "makers_big_three" => "party".into(),
        name if name.starts_with("total_") => "party".into(),
        _ => "part".into(),
    });
    run.value("welfare", "order", |row| match row["account"].as_str() {
        "consumers" => 1.0,
        "makers_big_three" => 2.0,
        "total_home" => 7.0,
        _ => number(row, "order"),
    });
    run.text("welfare", "label", |row| match row["account"].as_str() {
        "consumers" => "Buyers".into(),
        "consumers_income_1" => "Buyers, income fifth 1 of 5".into(),
        "makers_japan" => "Makers, Japan".into(),
        "dealers_sanctioned" => format!("Dealers, models {}", scenario.flag_label),
        _ => row["label"].clone(),
    });

    let market = &scenario.market;
    run.keys("firms", &["regime", "period", "manufacturer", "region"], 3 * layout.periods.len() * accounts.firms.len());
    let firm = |row: &Row| {
        let is = |firm: &stickershock::model::accounts::slots::Firm| {
            market.manufacturers[firm.manufacturer] == row["manufacturer"]
                && market.regions[firm.region] == row["region"]
        };
        accounts.firms.iter().position(is).unwrap()
    };
    let of = |row: &Row, arm: usize, metric| run.slot(arm, accounts.firm(metric, firm(row), run.period(row).0));
    run.text("firms", "owner_region", |row| {
        market.regions[accounts.owners.home(accounts.firms[firm(row)].manufacturer)].clone()
    });
    // Runs without timing book expected sales: those of the firm's models.
    run.summary("firms", "accounted_units", |row, arm| {
        let own = &accounts.firms[firm(row)];
        let models: Vec<usize> = (0..market.models.len())
            .filter(|j| market.models[*j].manufacturer == own.manufacturer && market.models[*j].region == own.region)
            .collect();
        run.sum_of(ModelMetric::ExpectedUnits, arm, run.period(row).0, &models)
    });
    run.summary("firms", "revenue_usd", |row, arm| {
        plus(&of(row, arm, FirmMetric::Profit), &of(row, arm, FirmMetric::Cost))
    });
    run.summary("firms", "cost_usd", |row, arm| {
        less(&of(row, arm, FirmMetric::Revenue), &of(row, arm, FirmMetric::Profit))
    });
    run.summary("firms", "profit_usd", |row, arm| {
        less(&of(row, arm, FirmMetric::Revenue), &of(row, arm, FirmMetric::Cost))
    });
    run.summary("firms", "margin_usd_per_car", |row, arm| {
        let (profit, units) = (of(row, arm, FirmMetric::Profit), of(row, arm, FirmMetric::Units));
        ratio(&profit, &units).into_iter().map(|margin| if margin.is_finite() { margin } else { 0.0 }).collect()
    });
    run.summary("firms", "quota_rent_usd", |_, _| vec![0.0; 4]);

    run.keys("trade_balance", &["regime", "month"], 3 * accounts.months.len());
    let month =
        |row: &Row| accounts.months.iter().position(|month| month.first_day.to_string() == row["month"]).unwrap();
    run.value("trade_balance", "weeks", |row| {
        let starts = (0..scenario.weeks).map(|week| scenario.week_start(week).to_string()[..7].to_owned());
        starts.filter(|start| row["month"].starts_with(start.as_str())).count() as f64
    });
    let trade = |row: &Row, arm: usize, metric| run.slot(arm, accounts.trade(metric, month(row)));
    run.summary("trade_balance", "imports_from_partner_usd", |row, arm| {
        trade(row, arm, TradeMetric::ImportsFromPartner)
    });
    run.summary("trade_balance", "imports_usd", |row, arm| trade(row, arm, TradeMetric::Imports));
    let deficit =
        |row: &Row| less(&trade(row, run.arm(row), TradeMetric::Deficit), &trade(row, 0, TradeMetric::Deficit));
    run.value("trade_balance", "deficit_change_usd_per_year", |row| mean(&deficit(row)));
    run.value("trade_balance", "deficit_change_std_error", |row| std_error(&deficit(row)));
    run.value("trade_balance", "deficit_change_ci_low", |row| mean(&deficit(row)) - T * std_error(&deficit(row)));
    run.value("trade_balance", "deficit_change_ci_high", |row| mean(&deficit(row)) + T * std_error(&deficit(row)));
    // tests/market_1995/showdown-1995.toml gives 65.7 billion for 1994, the last year, which holds for later ones.
    run.fan("trade_balance", "deficit_usd_per_year", |row, _| {
        deficit(row).iter().map(|change| 65.7e9 + change).collect()
    });
}

/// Groups of models: what is sold of them, their share and price from the models' own slots, makers' profit from the firms'.
#[test]
fn groups_are_sums_of_models_and_firms() {
    let group =
        "group=[{each=\"manufacturer\"},{name=\"own\",label=\"The same again\",on={manufacturers=[\"Toyota\"]}}]";
    let set = ["buyers.count=256", "buyers.population=shared", group];
    let run = Run::of("showdown-1995.toml", &["status_quo", "imposed"], 3, &set);
    let (layout, market) = (run.study.layout(), &run.study.scenario().market);
    let accounts = layout.accounts.as_ref().unwrap();
    let maker = |row: &Row| if row["group"] == "own" { "Toyota".to_owned() } else { row["label"].clone() };
    let models = |row: &Row| -> Vec<usize> {
        let own = |j: &usize| market.manufacturers[market.models[*j].manufacturer] == maker(row);
        (0..market.len()).filter(own).collect()
    };
    run.keys(
        "groups",
        &["regime", "period", "group"],
        2 * layout.periods.len() * (market.manufacturers.as_slice().len() + 1),
    );
    run.text("groups", "label", |row| match row["group"].as_str() {
        "own" => "The same again".into(),
        name => market
            .manufacturers
            .as_slice()
            .iter()
            .find(|maker| maker.to_lowercase().replace(' ', "_") == *name)
            .unwrap()
            .clone(),
    });
    run.text("groups", "kind", |row| if row["group"] == "own" { "group".into() } else { "manufacturer".into() });
    run.value("groups", "models", |row| models(row).len() as f64);

    type Values<'a> = &'a dyn Fn(&Row, usize) -> Vec<f64>;
    let check = |table: &str, stem: &str, values: Values<'_>| {
        for row in run.rows(table) {
            let (own, base) = (values(&row, run.arm(&row)), values(&row, 0));
            let scale = own.iter().fold(1e-6, |most: f64, value| most.max(value.abs()));
            let change = less(&own, &base);
            for (statistic, expected) in
                [("mean", mean(&own)), ("std_error", std_error(&own)), ("change_std_error", std_error(&change))]
            {
                let found = number(&row, &format!("{stem}_{statistic}"));
                assert!(agree(found, expected, scale), "{stem}_{statistic}: {found}, not {expected}, in {row:?}");
            }
        }
    };
    let sold = |metric: ModelMetric, row: &Row, arm: usize| run.sum_of(metric, arm, run.period(row).0, &models(row));
    let units = |row: &Row, arm: usize| sold(ModelMetric::Units, row, arm);
    let expected = |row: &Row, arm: usize| sold(ModelMetric::ExpectedUnits, row, arm);
    let share = |row: &Row, arm: usize| -> Vec<f64> {
        let all: Vec<usize> = (0..market.len()).collect();
        let all = run.sum_of(ModelMetric::Units, arm, run.period(row).0, &all);
        units(row, arm).iter().zip(all).map(|(own, all)| own / all).collect()
    };
    let price = |row: &Row, arm: usize| -> Vec<f64> {
        let volume = |j: &usize| market.models[*j].base_volume;
        let all: f64 = models(row).iter().map(volume).sum();
        let part = |j: &usize| {
            let price = run.slot(arm, layout.model(ModelMetric::StickerPrice, run.period(row).0, *j));
            price.into_iter().map(|usd| usd * volume(j) / all).collect::<Vec<f64>>()
        };
        let parts: Vec<Vec<f64>> = models(row).iter().map(part).collect();
        (0..3).map(|replication| parts.iter().map(|part| part[replication]).sum()).collect()
    };
    let profit = |row: &Row, arm: usize| -> Vec<f64> {
        let own = |f: &usize| market.manufacturers[accounts.firms[*f].manufacturer] == maker(row);
        let firms: Vec<usize> = (0..accounts.firms.len()).filter(own).collect();
        let of = |f: &usize| run.slot(arm, accounts.firm(FirmMetric::Profit, *f, run.period(row).0));
        let parts: Vec<Vec<f64>> = firms.iter().map(of).collect();
        (0..3).map(|replication| parts.iter().map(|part| part[replication]).sum()).collect()
    };
    check("groups", "units", &units);
    run.quoted("groups", "units_change", |row| less(&units(row, run.arm(row)), &units(row, 0)));
    check("groups", "expected_units", &expected);
    run.quoted("groups", "expected_units_change", |row| less(&expected(row, run.arm(row)), &expected(row, 0)));
    check("groups", "car_share", &share);
    run.quoted("groups", "car_share_change", |row| less(&share(row, run.arm(row)), &share(row, 0)));
    check("groups", "sticker_price_usd", &price);
    run.quoted("groups", "sticker_price_usd_change", |row| less(&price(row, run.arm(row)), &price(row, 0)));
    check("groups", "profit_usd", &profit);
    run.quoted("groups", "profit_usd_change", |row| less(&profit(row, run.arm(row)), &profit(row, 0)));
}
