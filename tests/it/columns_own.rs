//! The columns that are means over the replications' own worlds, as columns.rs has those of all runs.

use stickershock::model::demand::{Execution, price_response};

use crate::columns::{Row, Run, agree, mean, number};

/// With buyers of its own in every replication prices, costs and elasticities are means over their worlds, each worked out here alone.
#[test]
fn prices_and_base_year_of_own_worlds() {
    let arms = ["status_quo", "imposed_retroactive", "voluntary_restraint"];
    let run = Run::of("showdown-1995-bertrand.toml", &arms, 3, &["buyers.count=64", "buyers.population=own"]);
    let (study, market) = (&run.study, &run.study.scenario().market);
    let replications: Vec<_> = (0..3).map(|number| study.replication(number).unwrap()).collect();
    let j = |row: &Row| run.model(&row["model"]);
    let list = market.base_prices();
    let responses: Vec<_> = replications
        .iter()
        .map(|own| {
            let makers = &own.world.makers;
            let demand = makers.demand(&own.world.products, &own.world.inversion.delta, Execution::SERIAL).unwrap();
            price_response(&demand, &list).unwrap()
        })
        .collect();
    let costs = |row: &Row| -> Vec<f64> {
        replications.iter().map(|own| own.world.makers.costs.marginal_cost[j(row)]).collect()
    };
    run.quoted("base_year", "marginal_cost_usd", costs);
    run.quoted("base_year", "margin_usd", |row| {
        costs(row).iter().map(|cost| list[j(row)] - number(row, "duty_usd") - cost).collect()
    });
    run.quoted("base_year", "expected_volume", |row| {
        responses.iter().map(|response| response.share[j(row)] * market.market_size).collect()
    });
    run.quoted("base_year", "own_elasticity", |row| {
        responses.iter().map(|response| response.elasticities().at(j(row), j(row))).collect()
    });
    run.quoted("base_year", "outside_diversion", |row| {
        responses.iter().map(|response| response.diversion().at(j(row), j(row))).collect()
    });
    let phases = |row: &Row| -> Vec<_> {
        let (regime, week) = (run.regime(run.arm(row)), number(row, "week") as usize);
        replications.iter().map(|own| study.plan_in(own, regime).unwrap().phase(week)).collect()
    };
    run.quoted("pricing", "sticker_price_usd", |row| {
        phases(row).iter().map(|phase| phase.sticker_price_usd[j(row)]).collect()
    });
    run.quoted("pricing", "duty_usd", |row| phases(row).iter().map(|phase| phase.duty_usd[j(row)]).collect());
    run.quoted("pricing", "producer_price_usd", |row| {
        phases(row).iter().map(|phase| phase.sticker_price_usd[j(row)] - phase.duty_usd[j(row)]).collect()
    });
    run.quoted("pricing", "quota_rent_usd", |row| {
        phases(row).iter().map(|phase| phase.quota_rent_usd[j(row)]).collect()
    });
    run.quoted("pricing", "refund_usd", |row| phases(row).iter().map(|phase| phase.refund_usd[j(row)]).collect());
    let base_duty = &study.plans().baseline().phase(0).duty_usd;
    run.quoted("pricing", "pass_through", |row| {
        let charged = row["regime"] == "imposed_retroactive" && number(row, "week") >= 26.0;
        let ratio = |phase: &&stickershock::model::plan::Phase| {
            let change = phase.duty_usd[j(row)] - base_duty[j(row)];
            let moved = (phase.sticker_price_usd[j(row)] - list[j(row)]) / change;
            if charged && change != 0.0 { moved } else { f64::NAN }
        };
        phases(row).iter().map(ratio).collect()
    });
    let rents = run.rows("pricing").iter().filter(|row| number(row, "quota_rent_usd_ci_low") > 0.0).count();
    assert!(rents >= 13, "{rents}");
    // The last week's prices of the same worlds stand in the table of diversion.
    for row in run.rows("diversion") {
        let phases: Vec<f64> = replications
            .iter()
            .map(|own| study.plan_in(own, run.regime(run.arm(&row))).unwrap().phase(103).sticker_price_usd[j(&row)])
            .collect();
        assert!(agree(number(&row, "price_after_usd"), mean(&phases), 1.0), "{row:?}");
    }
}
