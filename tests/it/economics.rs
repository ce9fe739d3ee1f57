//! The economics of the first layer: the newspaper's prices, the base year, the status quo, identities.

use proptest::prelude::*;
use stickershock::model::demand::loyalty::stationary_shares;
use stickershock::model::demand::{BuyerColumns, Execution, Population};
use stickershock::model::exchange::{CurrencyPath, cost_factors};
use stickershock::model::ids::RegimeId;
use stickershock::model::outcome::{ModelMetric, RegionMetric};
use stickershock::model::timing::PublicBelief;
use stickershock::model::trade::regime::{Stage, Standing};
use stickershock::numerics::moments::Moments;

use crate::support::{BY_HAND, outcomes, regime, same, showdown, study};

const FAST: [&str; 2] = ["buyers.count=1024", "run.replications=4"];

fn position(study: &stickershock::study::Study, model: &str) -> usize {
    study.scenario().market.models.iter().position(|known| known.name == model).unwrap()
}

/// The sidebar of May 1995: 100% on 70% of the list price, passed on whole, on top of the normal duty.
#[test]
fn the_newspapers_prices_come_out_exactly() {
    let study = study(&FAST);
    let imposed = study.plans().get(regime(&study, "imposed")).unwrap();
    let price = |model: &str| imposed.phase(103).sticker_price_usd[position(&study, model)];
    for (model, printed) in
        [("LS 400", 87_856.0), ("Q45", 89_845.0), ("SC 300", 70_346.0), ("ES 300", 54_366.0), ("Legend", 62_900.0)]
    {
        assert!((price(model) - printed).abs() < 1e-9, "{model}: {}", price(model));
    }
}

/// A sanction that replaces the normal duty adds 97.5 points, not 100.
#[test]
fn a_replacing_sanction_drops_the_normal_duty() {
    let study = study(&[FAST[0], FAST[1], "instrument.sanctions.stacking=replaces"]);
    let imposed = study.plans().get(regime(&study, "imposed")).unwrap();
    let price = imposed.phase(103).sticker_price_usd[position(&study, "LS 400")];
    assert!((price - 51_680.0 * (1.0 + 0.7 * 0.975)).abs() < 1e-9, "{price}");
}

/// With theta below one the producer bears the rest; duty per car is the same under basis `list`.
#[test]
fn incomplete_pass_through_lowers_the_producer_price() {
    let study = study(&[FAST[0], FAST[1], "pricing.theta=0.4"]);
    let (plans, j) = (study.plans(), position(&study, "LS 400"));
    let before = plans.get(regime(&study, "status_quo")).unwrap().phase(103);
    let after = plans.get(regime(&study, "imposed")).unwrap().phase(103);
    let duty = 0.7 * 51_680.0;
    assert!((after.sticker_price_usd[j] - (51_680.0 + 0.4 * duty)).abs() < 1e-9);
    assert!((before.producer_price_usd[j] - after.producer_price_usd[j] - 0.6 * duty).abs() < 1e-9);
}

/// On basis `border` the customs value is 70% of what the producer asks: 2.5% becomes 102.5% of it.
#[test]
fn a_border_duty_follows_the_producer_price() {
    let study = study(&[FAST[0], FAST[1], "instrument.sanctions.basis=border", "market.normal_duty.basis=border"]);
    let (plans, j) = (study.plans(), position(&study, "Q45"));
    let before = plans.get(regime(&study, "status_quo")).unwrap().phase(103);
    let after = plans.get(regime(&study, "imposed")).unwrap().phase(103);
    assert!((before.producer_price_usd[j] - 52_850.0 / 1.0175).abs() < 1e-9);
    assert!((after.producer_price_usd[j] - before.producer_price_usd[j]).abs() < 1e-9);
    assert!((after.sticker_price_usd[j] - before.producer_price_usd[j] * 1.7175).abs() < 1e-9);
}

/// A duty on cost is charged on the recovered marginal cost.
#[test]
fn a_duty_on_cost_is_charged_on_cost() {
    let study = study(&[FAST[0], FAST[1], "instrument.sanctions.basis=cost"]);
    let (plans, j) = (study.plans(), position(&study, "ES 300"));
    let before = plans.get(regime(&study, "status_quo")).unwrap().phase(103);
    let after = plans.get(regime(&study, "imposed")).unwrap().phase(103);
    let cost = study.shared_world().makers.costs.marginal_cost[j];
    assert!(cost > 0.0 && cost < 31_980.0, "{cost}");
    assert!((after.duty_usd[j] - before.duty_usd[j] - cost).abs() < 1e-9);
}

#[test]
fn a_specific_duty_is_the_same_for_every_car() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("levy.toml");
    let text = format!(
        "extends = {:?}\n[[instrument]]\nname = \"levy\"\namount_usd = 1234.0\non = {{ flag = true }}\n[[regime]]\nname = \"levy\"\n\
         events = [{{ date = 1995-06-28, action = \"imposed\", instrument = \"levy\" }}]\n",
        crate::support::showdown_path().display().to_string()
    );
    std::fs::write(&file, text).unwrap();
    let loaded = crate::support::load_anywhere(&file, &[FAST[0].into()]).unwrap_or_else(|error| panic!("{error}"));
    let study = stickershock::study::Study::prepare(loaded.scenario).unwrap();
    let (plans, j) = (study.plans(), position(&study, "929"));
    let extra = |week| {
        plans.get(regime(&study, "levy")).unwrap().phase(week).duty_usd[j]
            - plans.get(RegimeId(0)).unwrap().phase(week).duty_usd[j]
    };
    assert_eq!(extra(0), 0.0);
    assert!((extra(103) - 1234.0).abs() < 1e-9);
}

/// Retroactive liability: from 20 May (week 20) a car owes the duty, the sticker moves only at the deadline (week 26).
#[test]
fn retroactive_sanctions_charge_sales_from_the_liability_date() {
    let study = study(&FAST);
    let (plan, j) = (study.plans().get(regime(&study, "imposed_retroactive")).unwrap(), position(&study, "LS 400"));
    let duty = 0.7 * 51_680.0;
    let normal = 0.025 * duty;
    for (week, sticker, owed) in [
        (19, 51_680.0, normal),
        (20, 51_680.0, normal + duty),
        (25, 51_680.0, normal + duty),
        (26, 51_680.0 + duty, normal + duty),
    ] {
        let phase = plan.phase(week);
        assert!((phase.sticker_price_usd[j] - sticker).abs() < 1e-9, "week {week}");
        assert!((phase.duty_usd[j] - owed).abs() < 1e-9, "week {week}");
        assert!((phase.producer_price_usd[j] - (sticker - owed)).abs() < 1e-9, "week {week}");
    }
}

/// Only cars whose first-named assembly country is outside the United States and Canada pay the normal duty.
#[test]
fn the_normal_duty_is_paid_by_imports_only() {
    let study = study(&FAST);
    let scenario = study.scenario();
    let phase = study.plans().get(scenario.baseline).unwrap().phase(0);
    for (j, model) in scenario.market.models.iter().enumerate() {
        let due = if ["USA", "Canada"].contains(&model.assembly_country.as_str()) { 0.0 } else { 0.0175 };
        assert!((phase.duty_usd[j] - due * model.list_price_usd).abs() < 1e-9, "{}", model.name);
    }
}

/// The default market of the model's description: 49 models, 13 of them on the list, near-twins and Vigor left out.
#[test]
fn the_default_market_has_49_models() {
    let scenario = showdown(&FAST).scenario;
    assert_eq!(scenario.market.len(), 49);
    assert_eq!(scenario.market.models.iter().filter(|model| model.flagged).count(), 13);
    assert!(!scenario.market.models.iter().any(|model| ["Maxima", "Vigor"].contains(&model.name.as_str())));
    let volume: f64 = scenario.market.models.iter().filter(|m| m.flagged).map(|m| m.base_volume).sum();
    assert_eq!(volume, 237_719.0);
}

/// Static limit: every model's expected volume equals the data to 1e-9, with loyalty and without.
#[test]
fn the_base_year_is_met_exactly() {
    for loyalty in ["demand.loyalty=1.2", "demand.loyalty=0.0"] {
        let study = study(&["buyers.count=2048", loyalty]);
        let (scenario, world) = (study.scenario(), study.shared_world());
        let buyers = &world.buyers;
        let n = buyers.len();
        let k = buyers.tastes.len() / n;
        let tastes: Vec<Vec<f64>> = (0..k).map(|c| (0..n).map(|i| buyers.tastes_of(i)[c]).collect()).collect();
        let nodes = Population::new(BuyerColumns {
            weight: &vec![1.0 / n as f64; n],
            price_response: &buyers.price_response,
            outside_utility: Some(&buyers.outside),
            tastes: &tastes.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        })
        .unwrap();
        let list = scenario.market.base_prices();
        let shares =
            stationary_shares(&nodes, &world.products, &world.inversion.delta, &list, Execution::SERIAL).unwrap();
        for (model, share) in scenario.market.models.iter().zip(&shares.product) {
            let volume = share * scenario.market.market_size;
            assert!((volume / model.base_volume - 1.0).abs() < 1e-9, "{}: {volume}", model.name);
        }
    }
}

/// Status quo in time: drawn and expected volumes stay at the base year's in year 1 and year 2, no transient, no drift.
///
/// Every region and the outside option, two years, drawn and expected: 16 comparisons at 4 standard errors of 60
/// replications (false alarm below 0.4%, for this fixed seed it is decided).
#[test]
fn the_status_quo_keeps_the_base_year_in_both_years() {
    let study = study(&["buyers.count=4096"]);
    let scenario = study.scenario();
    let layout = study.layout();
    let mut base = vec![0.0; layout.regions.len()];
    for model in &scenario.market.models {
        base[usize::from(model.region.0)] += model.base_volume;
    }
    let outside = scenario.market.market_size - base.iter().sum::<f64>();
    *base.last_mut().unwrap() = outside;
    let runs = outcomes(&study, &[scenario.baseline], 0..60, 2);
    for year in ["year_1", "year_2"] {
        let p = layout.periods.iter().position(|period| period.name == year).unwrap();
        for metric in [RegionMetric::Units, RegionMetric::ExpectedUnits] {
            for (r, volume) in base.iter().enumerate() {
                let mut moments = Moments::default();
                runs.iter().for_each(|run| moments.add(run[0].values[layout.region(metric, p, r)]));
                let z = (moments.mean() - volume) / moments.std_error();
                assert!(
                    z.abs() < 4.0,
                    "{year} {} {metric:?}: {} against {volume}, z = {z}",
                    layout.regions[r],
                    moments.mean()
                );
            }
        }
    }
}

/// Without timing or stock a threat that is settled changes nothing, to the bit.
#[test]
fn history_equals_the_status_quo_to_the_bit() {
    let study = study(&FAST);
    let both = [regime(&study, "status_quo"), regime(&study, "announced_settled")];
    for run in outcomes(&study, &both, 0..4, 2) {
        assert!(same(&run[0].values, &run[1].values));
        assert!(run[1].switched.iter().all(|cars| *cars == 0.0));
    }
}

/// A tariff change of zero gives a paired difference of exactly zero.
#[test]
fn a_zero_duty_changes_nothing_at_all() {
    let study = study(&[FAST[0], FAST[1], "instrument.sanctions.rate=0.0"]);
    let both = [regime(&study, "status_quo"), regime(&study, "imposed")];
    for run in outcomes(&study, &both, 0..4, 2) {
        assert!(same(&run[0].values, &run[1].values));
    }
}

/// Common draws: a duty on the 13 moves no choice between two untouched models of a buyer with the same car. Whoever
/// would have bought an untouched model at baseline prices, with the same garage, still buys it.
#[test]
fn a_duty_moves_only_the_choices_it_touches() {
    let study = study(&FAST);
    let imposed = regime(&study, "imposed");
    let models = study.scenario().market.len();
    for run in outcomes(&study, &[imposed], 0..4, 2) {
        for (j, model) in study.scenario().market.models.iter().enumerate() {
            let lost: f64 = run[0].switched[j * (models + 1)..(j + 1) * (models + 1)].iter().sum();
            assert!(model.flagged || lost == 0.0, "{} lost {lost}", model.name);
        }
        assert!(run[0].switched.iter().sum::<f64>() > 0.0);
    }
}

/// Priced as in the sidebar, the 13 lose most of their sales: 77% in the market of 1990, nine in ten by the analysts of 1995 (V5). The values
/// set by hand leaned to the analysts.
#[test]
fn sanctioned_sales_collapse_at_the_newspapers_prices() {
    for (settings, range) in [(&[][..], 0.77..0.90), (&BY_HAND[..], 0.86..0.90)] {
        let study = study(&[&["buyers.count=4096"], settings].concat());
        let layout = study.layout();
        let period = layout.periods.iter().position(|period| period.name == "after_deadline").unwrap();
        let units = layout.headlines.iter().position(|name| name == "expected_units_sanctioned").unwrap();
        let slot = layout.headline(units, period);
        let both = [regime(&study, "status_quo"), regime(&study, "imposed")];
        let (mut before, mut after) = (0.0, 0.0);
        for run in outcomes(&study, &both, 0..20, 2) {
            before += run[0].values[slot];
            after += run[1].values[slot];
        }
        let lost = 1.0 - after / before;
        assert!(range.contains(&lost), "lost {lost}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// What buyers pay is what producers keep and the duty, for every model and period, whatever duty and pass-through.
    #[test]
    fn outlay_is_revenue_and_duty(rate in 0.0..1.5_f64, theta in 0.0..1.2_f64, basis in 0..3_usize, seed: u32) {
        let basis = ["list", "border", "cost"][basis];
        let study = study(&[
            "buyers.count=256",
            &format!("run.seed={seed}"),
            &format!("pricing.theta={theta}"),
            &format!("instrument.sanctions.rate={rate}"),
            &format!("instrument.sanctions.basis={basis}"),
        ]);
        let retroactive = regime(&study, "imposed_retroactive");
        let (layout, run) = (study.layout(), &outcomes(&study, &[retroactive], 0..1, 1)[0][0]);
        for p in 0..layout.periods.len() {
            for j in 0..layout.models {
                let value = |metric| run.values[layout.model(metric, p, j)];
                let outlay = value(ModelMetric::Outlay);
                let kept = value(ModelMetric::ProducerRevenue) + value(ModelMetric::Duty);
                prop_assert!((outlay - kept).abs() <= 1e-9 * outlay.abs().max(1.0));
            }
        }
    }
}

/// Equilibrium prices of the 1995 case, means weighted by volume: pass-through of the listed models, change of Europe's and of Detroit's.
fn equilibrium_prices(settings: &[&str]) -> [f64; 3] {
    let study = study(&[&["buyers.count=4096", "pricing.rule=bertrand"], settings].concat());
    let market = &study.scenario().market;
    let phase = study.plans().get(regime(&study, "imposed")).unwrap().phase(103);
    let base = study.plans().get(study.scenario().baseline).unwrap().phase(103);
    assert_eq!(base.sticker_price_usd, market.base_prices());
    let mut sums = [[0.0; 2]; 3];
    for (j, model) in market.models.iter().enumerate() {
        let change = phase.sticker_price_usd[j] - model.list_price_usd;
        let (group, of) = if model.flagged {
            (0, phase.duty_usd[j] - base.duty_usd[j])
        } else {
            match market.regions[model.region].as_str() {
                "europe" => (1, model.list_price_usd),
                "big_three" => (2, model.list_price_usd),
                _ => continue,
            }
        };
        sums[group][0] += model.base_volume * change / of;
        sums[group][1] += model.base_volume;
    }
    sums.map(|[sum, volume]| sum / volume)
}

/// With the values set by hand the listed models pass on a little more than the duty, Europeans follow by about 2% and the Big Three by a fraction of one
/// percent, as the newspapers expected; with the estimates the listed models pass on a fifth more and the Big Three follow by about one percent
/// (docs/validation.md).
#[test]
fn bertrand_prices_of_the_showdown_make_sense() {
    let [pass_through, europe, big_three] = equilibrium_prices(&BY_HAND);
    assert!((1.02..1.10).contains(&pass_through), "{pass_through}");
    assert!((0.015..0.025).contains(&europe), "Europe {europe}");
    assert!((0.001..0.005).contains(&big_three), "Big Three {big_three}");
    let [pass_through, europe, big_three] = equilibrium_prices(&[]);
    assert!((1.1..1.3).contains(&pass_through), "{pass_through}");
    assert!((0.01..0.03).contains(&europe), "Europe {europe}");
    assert!((0.005..0.02).contains(&big_three), "Big Three {big_three}");
}

/// With equilibrium pricing a duty of zero gives the base year to the bit as well.
#[test]
fn a_zero_duty_leaves_equilibrium_prices_alone() {
    let study = study(&["buyers.count=512", "pricing.rule=bertrand", "instrument.sanctions.rate=0.0"]);
    let plans = study.plans();
    assert!(
        plans.get(regime(&study, "imposed")).unwrap().phases()
            == plans.get(study.scenario().baseline).unwrap().phases()
    );
}

/// Under conduct by product every model is its own firm: costs recovered are higher, margins lower.
#[test]
fn narrower_conduct_means_lower_margins() {
    let margin = |conduct: &str| {
        let study = study(&["buyers.count=512", conduct]);
        let base = study.base_year().unwrap();
        base.models.iter().map(|model| model.margin_usd).sum::<f64>()
    };
    let (product, brand, manufacturer) =
        (margin("pricing.conduct=product"), margin("pricing.conduct=brand"), margin("pricing.conduct=manufacturer"));
    assert!(product < brand && brand < manufacturer, "{product} {brand} {manufacturer}");
}

/// Exchange rates move costs by (1 - phi) + phi E0 / E, and prices only when a cost has moved past the threshold.
#[test]
fn exchange_rates_move_prices_at_revisions_only() {
    let study = study(&["buyers.count=512", "exchange_rate.mode=history", "pricing.exchange_threshold=0.08"]);
    let plan = study.plans().get(study.scenario().baseline).unwrap();
    let j = position(&study, "LS 400");
    // Yen per dollar: 99.8 in January 1995, 85.1 in May 1995 (the base), 114.0 in December 1996. Dearer dollars, cheaper cars.
    let first = plan.phase(0).sticker_price_usd[j];
    let last = plan.phase(103).sticker_price_usd[j];
    assert!(last < first && first < 51_680.0 && last < 0.9 * 51_680.0, "{first} to {last}");
    let weeks: Vec<u32> = plan.revisions().iter().map(|revision| revision.week).collect();
    assert!(weeks.len() > 2 && weeks.len() < 15, "{weeks:?}");
    // A price set in week w is list + cost x (factor(w) - 1), costs in dollars of the base month.
    let cost = study.shared_world().makers.costs.marginal_cost[j];
    let factor = study.scenario().cost_factor[*weeks.last().unwrap() as usize][j];
    assert!((last - (51_680.0 + cost * (factor - 1.0))).abs() < 1e-6);
    // Cars assembled at home do not move.
    let home = position(&study, "Seville");
    assert_eq!(plan.phase(103).sticker_price_usd[home], 41_935.0);
}

/// Makers who only try prices move away from a base year that is an equilibrium by no more than their smallest steps,
/// and pass a duty on.
#[test]
fn adaptive_makers_pass_a_duty_on() {
    let study = study(&["buyers.count=512", "pricing.rule=adaptive", "pricing.every_weeks=1"]);
    let j = position(&study, "LS 400");
    let before = study.plans().get(study.scenario().baseline).unwrap().phase(103).sticker_price_usd[j];
    let after = study.plans().get(regime(&study, "imposed")).unwrap().phase(103);
    assert!((before / 51_680.0 - 1.0).abs() < 0.03, "{before}");
    let pass_through = (after.sticker_price_usd[j] - before) / (0.7 * 51_680.0);
    assert!((0.9..1.1).contains(&pass_through), "{pass_through}");
}

/// Costs move with the share paid at home, and only for imports whose country has a currency: closed forms at shares 0, 0.4 and 1.
#[test]
fn costs_follow_the_exchange_rate_by_the_share_paid_at_home() {
    let mut market = crate::support::showdown(&[]).scenario.market;
    let yen = CurrencyPath { base: 100.0, weekly: vec![100.0, 80.0, 125.0] };
    for share in [0.0, 0.4, 1.0] {
        market.home_cost_share = share;
        let factors = cost_factors(&market, 3, |country| (country == "Japan").then_some(&yen));
        assert_eq!(factors.len(), 3);
        for (week, relative) in [1.0, 1.25, 0.8].into_iter().enumerate() {
            for (factor, model) in factors[week].iter().zip(&market.models) {
                let touched = model.imported && model.assembly_country == "Japan";
                let expected = if touched { 1.0 - share + share * relative } else { 1.0 };
                assert!((factor - expected).abs() < 1e-15, "{} in week {week}: {factor}", model.name);
            }
        }
    }
    assert!(market.models.iter().any(|model| model.imported && model.assembly_country == "Japan"));
    assert!(market.models.iter().any(|model| model.imported && model.assembly_country != "Japan"));
}

/// Beliefs while a decision is open: one number where an instrument is announced, or steps that hold until the next.
#[test]
fn dated_beliefs_hold_where_they_should() {
    let at = |stage| vec![Standing { stage, liable: false }, Standing::default()];
    let course = [at(Stage::Quiet), at(Stage::Threatened), at(Stage::Announced), at(Stage::Imposed)];
    assert_eq!(PublicBelief::while_announced(&course, 0.3), [0.0, 0.0, 0.3, 0.0]);
    assert_eq!(PublicBelief::stepwise(&[(-2, 0.1), (2, 0.5), (9, 0.9)], 4), [0.1, 0.1, 0.5, 0.5]);
    assert_eq!(PublicBelief::stepwise(&[(1, 0.5)], 2), [0.0, 0.5]);
}
