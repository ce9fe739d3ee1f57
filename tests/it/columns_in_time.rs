//! The columns of runs in time, as columns.rs has those of all runs.

use stickershock::model::outcome::WeekMetric;
use stickershock::model::timing::lots::LotMetric;
use stickershock::model::timing::owners::OwnerMetric;
use stickershock::model::timing::slots::{DealerMetric, MoveMetric};

use crate::columns::{Row, Run, covariance, less, mean, plus, ratio};

fn timed() -> &'static Run {
    static RUN: std::sync::OnceLock<Run> = std::sync::OnceLock::new();
    let set = ["buyers.count=1024", "buyers.population=shared"];
    RUN.get_or_init(|| Run::of("showdown-1995-timing.toml", &["status_quo", "announced_settled", "imposed"], 3, &set))
}

#[test]
fn dealers_lots_and_owners() {
    let run = timed();
    let (layout, scenario) = (run.study.layout(), run.study.scenario());
    let timed = layout.timed.as_ref().unwrap();
    let arms = run.arms.len();
    run.keys(
        "dealers",
        &["regime", "week", "region", "flagged", "manufacturer"],
        arms * layout.weeks as usize * timed.dealer_groups.len(),
    );
    let group = |row: &Row| {
        let is = |own: &stickershock::model::timing::slots::DealerGroup| {
            own.group.region == row["region"]
                && own.group.flagged.to_string() == row["flagged"]
                && own.manufacturer.as_deref().unwrap_or("all") == row["manufacturer"]
        };
        timed.dealer_groups.iter().position(is).unwrap()
    };
    let week = |row: &Row| row["week"].parse::<usize>().unwrap();
    let of = |row: &Row, arm: usize, metric| run.slot(arm, timed.dealer(metric, week(row), group(row)));
    run.text("dealers", "week_start", |row| scenario.week_start(week(row) as u32).to_string());
    run.fan("dealers", "liable_stock", |row, arm| of(row, arm, DealerMetric::LiableStock));
    run.fan("dealers", "days_of_supply", |row, arm| of(row, arm, DealerMetric::DaysOfSupply));
    run.fan("dealers", "sticker_price_usd", |row, arm| of(row, arm, DealerMetric::StickerPrice));
    run.fan("dealers", "transaction_price_usd", |row, arm| of(row, arm, DealerMetric::TransactionPrice));
    run.fan("dealers", "first_choices", |row, arm| of(row, arm, DealerMetric::FirstChoices));
    run.fan("dealers", "disputed_duty_usd", |row, arm| of(row, arm, DealerMetric::DisputedDuty));
    run.fan("dealers", "duty_borne_by_importer_usd", |row, arm| of(row, arm, DealerMetric::DutyBorneByImporter));
    run.fan("dealers", "orders", |row, arm| of(row, arm, DealerMetric::Orders));
    run.fan("dealers", "landings", |row, arm| of(row, arm, DealerMetric::Landings));
    // Cars sold are those of the weekly table, in whole groups.
    run.fan("dealers", "units", |row, arm| {
        if row["manufacturer"] != "all" {
            return of(row, arm, DealerMetric::Units);
        }
        run.slot(arm, layout.week(WeekMetric::Units, week(row), run.group(row).0))
    });
    // Stock and ships by their balance: what was there, and landed or was ordered, less what was sold or landed.
    let balance = |row: &Row, arm: usize, stock: DealerMetric, added: DealerMetric, taken: DealerMetric| {
        if week(row) == 0 {
            return of(row, arm, stock);
        }
        let before = run.slot(arm, timed.dealer(stock, week(row) - 1, group(row)));
        less(&plus(&before, &of(row, arm, added)), &of(row, arm, taken))
    };
    run.fan("dealers", "stock", |row, arm| {
        balance(row, arm, DealerMetric::Stock, DealerMetric::Landings, DealerMetric::Units)
    });
    run.fan("dealers", "in_transit", |row, arm| {
        balance(row, arm, DealerMetric::InTransit, DealerMetric::Orders, DealerMetric::Landings)
    });

    let lot = |row: &Row| {
        let is = |lot: &stickershock::model::timing::lots::LotGroup| {
            lot.group.as_ref().map_or("all", |group| group.region.as_str()) == row["region"]
                && lot.group.as_ref().is_some_and(|group| group.flagged).to_string() == row["flagged"]
                && lot.model.map_or("all", |j| scenario.market.models[j].name.as_str()) == row["model"]
        };
        timed.lots.rows.iter().position(is).unwrap()
    };
    run.keys("lots", &["regime", "region", "flagged", "model"], arms * timed.lots.rows.len());
    let of = |row: &Row, arm: usize, metric| run.slot(arm, timed.lot(metric, lot(row)));
    // Of whole groups from the weeks of dealers.csv, replication by replication.
    let weekly = |row: &Row, arm: usize, metric: DealerMetric| -> Option<Vec<Vec<f64>>> {
        let is = |own: &stickershock::model::timing::slots::DealerGroup| {
            own.manufacturer.is_none()
                && own.group.region == row["region"]
                && own.group.flagged.to_string() == row["flagged"]
        };
        let g = timed.dealer_groups.iter().position(is).filter(|_| row["model"] == "all")?;
        let weeks: Vec<Vec<f64>> =
            (0..layout.weeks as usize).map(|w| run.slot(arm, timed.dealer(metric, w, g))).collect();
        Some((0..run.outcomes.len()).map(|r| weeks.iter().map(|week| week[r]).collect()).collect())
    };
    let variation = |row: &Row, arm: usize, metric: DealerMetric, lots: LotMetric| {
        let by_week = weekly(row, arm, metric);
        by_week.map_or_else(
            || of(row, arm, lots),
            |by_week| {
                let one = |weeks: &Vec<f64>| covariance(weeks, weeks).sqrt() / mean(weeks);
                by_week.iter().map(one).collect()
            },
        )
    };
    run.summary("lots", "sales_variation", |row, arm| {
        variation(row, arm, DealerMetric::Units, LotMetric::SalesVariation)
    });
    run.summary("lots", "orders_variation", |row, arm| {
        variation(row, arm, DealerMetric::Orders, LotMetric::OrdersVariation)
    });
    let days = |row: &Row, arm: usize, lots: LotMetric, one: fn(&[f64]) -> f64| {
        weekly(row, arm, DealerMetric::DaysOfSupply)
            .map_or_else(|| of(row, arm, lots), |by_week| by_week.iter().map(|weeks| one(weeks)).collect())
    };
    run.summary("lots", "days_of_supply", |row, arm| days(row, arm, LotMetric::DaysOfSupply, mean));
    run.summary("lots", "least_days_of_supply", |row, arm| {
        days(row, arm, LotMetric::LeastDaysOfSupply, |weeks| weeks.iter().copied().fold(f64::INFINITY, f64::min))
    });
    run.summary("lots", "most_days_of_supply", |row, arm| {
        days(row, arm, LotMetric::MostDaysOfSupply, |weeks| weeks.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    });
    run.summary("lots", "unmet_share", |row, arm| of(row, arm, LotMetric::UnmetShare));
    run.summary("lots", "clean_weeks", |row, arm| of(row, arm, LotMetric::CleanWeeks));

    let brands = scenario.market.brands.as_slice();
    run.keys("owners", &["regime", "period", "brand"], arms * layout.periods.len() * (brands.len() + 1));
    let brand = |row: &Row| brands.iter().position(|name| *name == row["brand"]).unwrap_or(brands.len());
    let of = |row: &Row, arm: usize, metric| run.slot(arm, timed.owner(metric, run.period(row).0, brand(row)));
    run.summary("owners", "owner_events", |row, arm| of(row, arm, OwnerMetric::Events));
    run.summary("owners", "repurchase_share", |row, arm| of(row, arm, OwnerMetric::RepurchaseShare));
    // Everybody owns one brand or none.
    run.summary("owners", "owner_share", |row, arm| {
        let others = (0..=brands.len()).filter(|b| *b != brand(row));
        let shares = others.map(|b| run.slot(arm, timed.owner(OwnerMetric::OwnerShare, run.period(row).0, b)));
        less(
            &vec![1.0; run.outcomes.len()],
            &shares.fold(vec![0.0; run.outcomes.len()], |sum, share| plus(&sum, &share)),
        )
    });
}

#[test]
fn purchases_moved_and_the_event_study() {
    let run = timed();
    let layout = run.study.layout();
    let moved = layout.timed.as_ref().unwrap();
    let parts = &run.study.scenario().timing.as_ref().unwrap().outside_parts;
    let n = run.outcomes.len();
    run.keys(
        "timing",
        &["regime", "period", "region", "flagged", "income_quintile"],
        run.arms.len() * layout.periods.len() * (layout.groups.len() + parts.len()) * 6,
    );
    // A part of the outside option is a fixed share of its counts; everybody is the five fifths.
    let share = |row: &Row| {
        let part = row["region"].strip_prefix("outside_");
        part.map_or(1.0, |name| parts.iter().find(|(known, _)| known == name).unwrap().1)
    };
    let of = |row: &Row, arm: usize, metric: MoveMetric| {
        let mut whole = row.clone();
        if row["region"].starts_with("outside_") {
            whole.insert("region".into(), "outside".into());
        }
        let (p, g) = (run.period(row).0, run.group(&whole).0);
        let fifths = if row["income_quintile"] == "all" {
            1..=5
        } else {
            let k = row["income_quintile"].parse().unwrap();
            k..=k
        };
        let sum = fifths.fold(vec![0.0; n], |sum, k| plus(&sum, &run.slot(arm, moved.moved(metric, p, g, k))));
        sum.into_iter().map(|value| value * share(row)).collect::<Vec<f64>>()
    };
    run.summary("timing", "units", |row, arm| of(row, arm, MoveMetric::Units));
    run.summary("timing", "advanced_units", |row, arm| of(row, arm, MoveMetric::Advanced));
    run.summary("timing", "postponed_units", |row, arm| of(row, arm, MoveMetric::Postponed));
    run.summary("timing", "weeks_brought_forward", |row, arm| of(row, arm, MoveMetric::WeeksForward));
    run.summary("timing", "weeks_put_off", |row, arm| of(row, arm, MoveMetric::WeeksLate));
    let of_units = |row: &Row, arm: usize, metric: MoveMetric| {
        let shares = ratio(&of(row, arm, metric), &of(row, arm, MoveMetric::Units));
        shares.into_iter().map(|share| if share.is_finite() { share } else { 0.0 }).collect::<Vec<f64>>()
    };
    run.summary("timing", "advanced_share", |row, arm| of_units(row, arm, MoveMetric::Advanced));
    run.summary("timing", "postponed_share", |row, arm| of_units(row, arm, MoveMetric::Postponed));

    run.keys(
        "event_study",
        &["regime", "week", "region", "flagged"],
        (run.arms.len() - 1) * layout.weeks as usize * layout.groups.len(),
    );
    run.text("event_study", "week_start", |row| {
        let week: u32 = row["week"].parse().unwrap();
        run.study.scenario().week_start(week).to_string()
    });
    let units =
        |row: &Row, arm: usize, week: usize| run.slot(arm, layout.week(WeekMetric::Units, week, run.group(row).0));
    let week = |row: &Row| row["week"].parse::<usize>().unwrap();
    let upto = |row: &Row, arm: usize, from: usize| {
        (from..=week(row)).fold(vec![0.0; n], |sum, w| plus(&sum, &units(row, arm, w)))
    };
    run.fan("event_study", "units_change", |row, arm| less(&units(row, arm, week(row)), &units(row, 0, week(row))));
    // Week by week, as differences of sums that nearly cancel would differ in their last digits.
    run.fan("event_study", "cumulative_change", |row, arm| {
        (0..=week(row)).fold(vec![0.0; n], |sum, w| plus(&sum, &less(&units(row, arm, w), &units(row, 0, w))))
    });
    run.fan("event_study", "sales_index", |row, arm| {
        let from = week(row).saturating_sub(3);
        let index: Vec<f64> =
            ratio(&upto(row, arm, from), &upto(row, 0, from)).into_iter().map(|r| 100.0 * r).collect();
        if index.iter().all(|value| value.is_finite()) { index } else { vec![f64::NAN; n] }
    });
}
