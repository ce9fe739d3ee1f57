//! What every stored outcome of a plan must look like: a shard proves that it is whole, not that its numbers are those of the study.

use std::sync::Arc;

use super::quantity::{Circumstances, SlotContent, contents};
use crate::model::accounts::AccountsLayout;
use crate::model::outcome::{AggregateMetric, Layout, Outcome, SlotSum};
use crate::model::scenario::Scenario;

/// How far rounding may lead a sum from its parts, as a part of all that is added.
const SUM_ROUNDING: f64 = 1e-9;

/// Lengths of an outcome, what each of its numbers is, and the accounts and sums that must add up.
#[derive(Clone, Debug)]
pub struct Shape {
    values: Arc<[Option<SlotContent>]>,
    switched: usize,
    accounts: Option<Arc<AccountsLayout>>,
    sums: Arc<[SlotSum]>,
}

impl Shape {
    /// The shape of whole outcomes of this layout, of a scenario.
    #[must_use]
    pub fn of_outcomes(layout: &Layout, scenario: &Scenario) -> Self {
        let mut sums = layout.sums();
        sums.extend(layout.sums_of_makers(&scenario.market));
        Self {
            sums: sums.into(),
            values: contents(layout, Circumstances::of(scenario)).into(),
            switched: layout.models * (layout.models + 1),
            accounts: layout.accounts.clone().map(Arc::new),
        }
    }

    /// The shape of what studies of points keep of them: so many `metrics` of each period, the headlines first, then what parties gain.
    #[must_use]
    pub fn of_points(layout: &Layout, scenario: &Scenario, metrics: usize) -> Self {
        let on = Circumstances::of_points(scenario);
        let mut of_period = layout.headline_metrics();
        of_period.resize(metrics, AggregateMetric::Account);
        let of_period: Vec<_> = of_period.into_iter().map(|metric| Some(on.of_headline(metric))).collect();
        let within = |p: usize, slots: Vec<usize>| slots.into_iter().map(|slot| p * metrics + slot).collect();
        let of_sum = |p: usize, sum: SlotSum| SlotSum {
            name: format!("{} in period `{}`", sum.name, layout.periods[p].name),
            whole: within(p, sum.whole),
            parts: within(p, sum.parts),
        };
        let periods = 0..layout.periods.len();
        let sums = periods.flat_map(|p| layout.headline_sums().into_iter().map(move |sum| of_sum(p, sum))).collect();
        Self { values: of_period.repeat(layout.periods.len()).into(), switched: 0, accounts: None, sums }
    }

    /// What is wrong with so many numbers and switches, if anything is.
    #[must_use]
    pub fn other_lengths(&self, [values, switched]: [usize; 2]) -> Option<String> {
        let lengths = [("numbers", values, self.values.len()), ("switches", switched, self.switched)];
        let (what, found, wanted) = lengths.into_iter().find(|(_, found, wanted)| found != wanted)?;
        Some(format!("has {found} {what}, expected {wanted}"))
    }

    /// What is wrong with an outcome, if anything is.
    #[must_use]
    pub fn fault(&self, outcome: &Outcome) -> Option<String> {
        let other = self.other_lengths([outcome.values.len(), outcome.switched.len()]);
        if other.is_some() {
            return other;
        }
        let numbers = self.values.iter().zip(&outcome.values).enumerate();
        let fault = |content: &Option<SlotContent>, number: &f64| content.and_then(|content| content.fault(*number));
        for (at, (content, number)) in numbers {
            if let Some(fault) = fault(content, number) {
                return Some(format!("its number {at} {fault}"));
            }
        }
        for (at, cars) in outcome.switched.iter().enumerate() {
            if let Some(fault) = SlotContent::cars().fault(*cars) {
                return Some(format!("its switch {at} {fault}"));
            }
        }
        let apart = |sum: &&SlotSum| {
            let of = |slots: &[usize]| slots.iter().map(|slot| outcome.values[*slot]).sum::<f64>();
            let size: f64 = sum.whole.iter().chain(&sum.parts).map(|slot| outcome.values[*slot].abs()).sum();
            let (whole, parts) = (of(&sum.whole), of(&sum.parts));
            // Where one is not defined, neither is the other.
            whole.is_nan() != parts.is_nan() || (whole - parts).abs() > SUM_ROUNDING * size
        };
        if let Some(sum) = self.sums.iter().find(apart) {
            let of = |slots: &[usize]| slots.iter().map(|slot| outcome.values[*slot]).sum::<f64>();
            let (whole, parts) = (of(&sum.whole), of(&sum.parts));
            return Some(format!("its {} do not add up: {whole}, and {parts} for their parts", sum.name));
        }
        // Every job passed this before it was stored.
        let imbalance = self.accounts.as_ref().and_then(|accounts| accounts.check(&outcome.values).err())?;
        let (period, identity) = (imbalance.period, imbalance.identity);
        Some(format!("its accounts of period `{period}` do not add up: {identity} is off by {:e} USD", imbalance.gap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::model::accounts::FirmMetric;
    use crate::model::outcome::{ModelMetric, NegotiatedMetric, RegionMetric, WeekMetric};
    use crate::model::quotes::{QuoteMetric, of_model};
    use crate::model::timing::lots::LotMetric;
    use crate::model::timing::owners::OwnerMetric;
    use crate::model::timing::slots::{DealerMetric, MoveMetric};
    use std::path::Path;

    fn scenario(path: &str) -> Scenario {
        config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path), &[]).unwrap().scenario
    }

    /// A market without time, and a small one with dealers, both with every block of slots that they can have.
    fn layouts() -> [(Scenario, Layout); 2] {
        ["tests/market_1995/showdown-1995.toml", "fuzz/src/small.toml"].map(|path| {
            let scenario = scenario(path);
            let layout = Layout::of(&scenario);
            let layout = if scenario.timing.is_some() { layout.in_time(&scenario.market) } else { layout };
            let cost = vec![10_000.0; scenario.market.len()];
            let layout = layout.with_negotiation().with_accounts(&scenario, &cost).with_quotes(2);
            (scenario, layout)
        })
    }

    /// Numbers that are all possible and add up.
    fn nothing(layout: &Layout) -> Outcome {
        Outcome { values: vec![0.0; layout.len()], switched: vec![0.0; layout.models * (layout.models + 1)] }
    }

    #[test]
    fn every_slot_is_declared() {
        for (scenario, layout) in layouts() {
            let shape = Shape::of_outcomes(&layout, &scenario);
            assert_eq!(shape.values.iter().position(Option::is_none), None);
            let metrics = layout.headline_metrics();
            assert_eq!(metrics.len(), layout.headlines.len());
            for (metric, name) in metrics.iter().zip(&layout.headlines) {
                let begins = match metric {
                    AggregateMetric::Units => "units_",
                    AggregateMetric::ExpectedUnits => "expected_units_",
                    AggregateMetric::CarShare => "car_share_",
                    AggregateMetric::StickerPrice => "sticker_price_",
                    AggregateMetric::Profit => "profit_",
                    AggregateMetric::Outlay => "outlay_usd",
                    AggregateMetric::ProducerRevenue => "producer_revenue_usd",
                    AggregateMetric::Duty => "duty_usd",
                    AggregateMetric::Account => "",
                };
                assert!(name.starts_with(begins), "{name} is no {metric:?}");
            }
        }
    }

    #[test]
    fn outcomes_of_another_shape_are_named() {
        for (scenario, layout) in layouts() {
            let shape = Shape::of_outcomes(&layout, &scenario);
            assert_eq!(shape.fault(&nothing(&layout)), None);
            let faulty = |change: &dyn Fn(&mut Outcome), words: &str| {
                let mut outcome = nothing(&layout);
                change(&mut outcome);
                let fault = shape.fault(&outcome).unwrap();
                assert!(fault.contains(words), "{fault}");
            };
            faulty(&|outcome| outcome.values.truncate(4), &format!("4 numbers, expected {}", layout.len()));
            faulty(&|outcome| outcome.values.push(0.0), "numbers, expected");
            faulty(&|outcome| outcome.switched.clear(), "0 switches");
            faulty(&|outcome| outcome.switched[3] = f64::NAN, "switch 3 is NaN, expected cars");
            faulty(&|outcome| outcome.switched[3] = f64::INFINITY, "switch 3 is infinite");
            faulty(&|outcome| outcome.switched[3] = -1.0, "switch 3 is -1");
        }
    }

    /// Infinite numbers and such as nothing in a market is are refused in every slot of every block, but for days of supply where nothing sells
    /// and for what is divided by next to nothing.
    #[test]
    fn no_slot_takes_an_impossible_number() {
        for (scenario, layout) in layouts() {
            let shape = Shape::of_outcomes(&layout, &scenario);
            let mut takes = [0; 3];
            for content in shape.values.iter().flatten() {
                let numbers = [f64::INFINITY, f64::NEG_INFINITY, -1e100];
                for (number, takes) in numbers.into_iter().zip(&mut takes) {
                    *takes += usize::from(content.fault(number).is_none());
                }
            }
            let models = layout.models;
            let timed = layout.timed.as_ref();
            let days =
                timed.map_or(0, |timed| layout.weeks as usize * timed.dealer_groups.len() + 3 * timed.lots.rows.len());
            // Two rows of one pass-through a model and five of all models, elasticity and diversion of the base year.
            let ratios = 2 * (models + 5) + 2 * models;
            assert_eq!(takes, [days, 0, ratios]);
        }
    }

    /// What the same number is in different slots decides whether it can be.
    #[test]
    fn a_number_is_held_to_what_it_is() {
        const NAN: f64 = f64::NAN;
        let [(scenario, layout), (small, in_time)] = layouts();
        let found = |(scenario, layout): (&Scenario, &Layout), slot: usize, number: f64| {
            let mut outcome = nothing(layout);
            outcome.values[slot] = number;
            Shape::of_outcomes(layout, scenario).fault(&outcome)
        };
        let refused = |of: (&Scenario, &Layout), slot: usize, numbers: &[f64], words: &str| {
            for number in numbers {
                let fault = found(of, slot, *number).unwrap_or_else(|| panic!("{number} in {slot}: {words}"));
                assert!(fault.starts_with(&format!("its number {slot} is ")) && fault.ends_with(words), "{fault}");
            }
        };
        let taken = |of: (&Scenario, &Layout), slot: usize, numbers: &[f64]| {
            numbers.iter().for_each(|number| assert_eq!(found(of, slot, *number), None, "{number} in {slot}"));
        };
        let plain = (&scenario, &layout);
        refused(plain, layout.model(ModelMetric::Units, 1, 3), &[-5.0, NAN, 2.5e299], "expected cars");
        refused(plain, layout.model(ModelMetric::ExpectedUnits, 1, 3), &[-5.0, NAN], "expected cars");
        refused(plain, layout.model(ModelMetric::StickerPrice, 0, 0), &[-5.0, NAN], "expected a price");
        refused(
            plain,
            layout.region(RegionMetric::EventShare, 0, 0),
            &[-0.1, 1.1, NAN],
            "expected a share from 0 to 1",
        );
        taken(plain, layout.region(RegionMetric::EventShare, 0, 0), &[-1e-17, 1.0 + 1e-15]);
        taken(plain, layout.week(WeekMetric::CarShare, 2, 0), &[NAN, 0.5]);
        refused(plain, layout.week(WeekMetric::StickerPrice, 2, 0), &[NAN, -1.0], "expected a price");
        let duty = layout.headlines.iter().position(|name| name == "duty_usd").unwrap();
        refused(plain, layout.headline(duty, 0), &[NAN, 1e31], "expected money");
        // Rebates: what duty is taken of all models is taken of some of them, of their region and their maker.
        let mut rebated = nothing(&layout);
        let region = scenario.market.models[0].region.0.into();
        for slot in [
            layout.headline(duty, 0),
            layout.model(ModelMetric::Duty, 0, 0),
            layout.region(RegionMetric::Duty, 0, region),
        ] {
            rebated.values[slot] = -1e6;
        }
        assert_eq!(Shape::of_outcomes(&layout, &scenario).fault(&rebated), None);
        let negotiated = layout.negotiated.unwrap();
        taken(plain, negotiated.slot(NegotiatedMetric::SettlementDays), &[NAN, -20.0]);
        refused(plain, negotiated.slot(NegotiatedMetric::Imposed), &[2.0], "expected a share from 0 to 1");
        let quotes = layout.quotes.unwrap();
        refused(plain, quotes.row(0, of_model(QuoteMetric::StickerPrice, 0, layout.models)), &[-1.0], "a price");
        taken(plain, quotes.row(1, of_model(QuoteMetric::PassThrough, 0, layout.models)), &[NAN, -1e40]);

        let late = (&small, &in_time);
        let timed = in_time.timed.as_ref().unwrap();
        // Expected sales are not defined where buyers time their purchases.
        let mut drawn = nothing(&in_time);
        for sum in in_time.sums().into_iter().filter(|sum| sum.name.starts_with("expected cars")) {
            sum.whole.iter().chain(&sum.parts).for_each(|slot| drawn.values[*slot] = NAN);
        }
        assert!(drawn.values[in_time.model(ModelMetric::ExpectedUnits, 0, 0)].is_nan());
        assert_eq!(Shape::of_outcomes(&in_time, &small).fault(&drawn), None);
        refused(late, timed.dealer(DealerMetric::Stock, 3, 0), &[-1e100, f64::INFINITY, -1.0, NAN], "expected cars");
        refused(late, timed.dealer(DealerMetric::StickerPrice, 3, 0), &[-1.0, NAN], "expected a price");
        taken(late, timed.dealer(DealerMetric::DaysOfSupply, 3, 0), &[NAN, f64::INFINITY, 1e40]);
        refused(late, timed.dealer(DealerMetric::DaysOfSupply, 3, 0), &[-1.0], "expected days of supply");
        taken(late, timed.dealer(DealerMetric::DisputedDuty, 3, 0), &[-1e6]);
        refused(late, timed.moved(MoveMetric::Advanced, 0, 0, 0), &[-1.0, NAN], "expected cars");
        refused(late, timed.moved(MoveMetric::PostponedShare, 0, 0, 0), &[1.5], "expected a share from 0 to 1");
        taken(late, timed.lot(LotMetric::SalesVariation, 0), &[NAN, 3.0]);
        refused(late, timed.lot(LotMetric::CleanWeeks, 0), &[-1.0], "expected weeks");
        refused(late, timed.owner(OwnerMetric::OwnerShare, 0, 0), &[NAN, -0.5], "expected a share from 0 to 1");
        taken(late, timed.owner(OwnerMetric::RepurchaseShare, 0, 0), &[NAN]);
        let accounts = in_time.accounts.as_ref().unwrap();
        refused(late, accounts.firm(FirmMetric::Units, 0, 0), &[-1.0], "expected cars");
        taken(late, accounts.firm(FirmMetric::Revenue, 0, 0), &[-1e6]);
    }

    /// A number that can be on its own is refused where accounts do not add up with it.
    #[test]
    fn accounts_that_do_not_add_up_are_refused() {
        for (scenario, layout) in layouts() {
            let accounts = layout.accounts.as_ref().unwrap();
            let mut outcome = nothing(&layout);
            outcome.values[accounts.account(0, 0)] = -1e9;
            let fault = Shape::of_outcomes(&layout, &scenario).fault(&outcome).unwrap();
            assert!(fault.contains("do not add up") && fault.contains("`all`"), "{fault}");
        }
    }

    /// Cars of regions, groups, makers and sets of models are those of the models, in every period; rounding is forgiven, a car is not.
    #[test]
    fn cars_of_models_add_up_to_those_of_what_they_are_in() {
        for (scenario, layout) in layouts() {
            let shape = Shape::of_outcomes(&layout, &scenario);
            let market = &scenario.market;
            let (region, period) = (usize::from(market.models[3].region.0), layout.periods.len() - 1);
            let mut outcome = nothing(&layout);
            let slot = layout.model(ModelMetric::ExpectedUnits, period, 3);
            outcome.values[slot] = 5000.0;
            let fault = shape.fault(&outcome).unwrap();
            assert!(fault.contains(&market.regions.as_slice()[region]), "{fault}");
            assert!(fault.contains(&layout.periods[period].name) && fault.ends_with("5000 for their parts"), "{fault}");
            // With every sum that it is part of, it is an outcome.
            let sums: Vec<SlotSum> = layout.sums().into_iter().chain(layout.sums_of_makers(market)).collect();
            for sum in sums.iter().filter(|sum| sum.parts.contains(&slot)) {
                assert!(shape.fault(&outcome).is_some(), "{}", sum.name);
                outcome.values[sum.whole[0]] += 5000.0;
            }
            assert_eq!(shape.fault(&outcome), None);
            outcome.values[slot] *= 1.0 + 1e-12;
            assert_eq!(shape.fault(&outcome), None);
            outcome.values[slot] += 1.0;
            assert!(shape.fault(&outcome).is_some());
            let mut drawn = nothing(&layout);
            drawn.values[layout.week(WeekMetric::Units, 0, 0)] = 3.0;
            let fault = shape.fault(&drawn).unwrap();
            assert!(fault.starts_with("its cars by week of group"), "{fault}");
        }
    }

    #[test]
    fn headlines_alone_are_as_many_as_there_are_in_all_periods() {
        let [(scenario, layout), _] = layouts();
        let metrics = layout.headlines.len() + 7;
        let shape = Shape::of_points(&layout, &scenario, metrics);
        let good = Outcome { values: vec![0.0; metrics * layout.periods.len()], switched: Vec::new() };
        assert_eq!(shape.fault(&good), None);
        let fault = |slot: usize, number: f64| {
            let mut outcome = good.clone();
            outcome.values[slot] = number;
            shape.fault(&outcome)
        };
        // Of all models over the whole horizon: units, expected ones, share, price.
        assert_eq!(fault(0, f64::NAN).unwrap(), "its number 0 is NaN, expected cars");
        // Cars are those of the regions, expected ones too: where one is not defined none is.
        assert!(fault(1, f64::NAN).unwrap().contains("expected cars of all models"));
        assert!(fault(metrics, 7.0).unwrap().ends_with("7, and 0 for their parts"));
        let mut in_time = good.clone();
        let expected = layout.headline_metrics().into_iter().enumerate();
        let expected = expected.filter(|(_, metric)| *metric == AggregateMetric::ExpectedUnits);
        expected.for_each(|(at, _)| in_time.values[at] = f64::NAN);
        assert_eq!(shape.fault(&in_time), None);
        assert_eq!(fault(2, -1e29).unwrap(), "its number 2 is -1e29, expected a share from 0 to 1");
        assert_eq!(fault(metrics + 3, -1.0).unwrap(), format!("its number {} is -1, expected a price", metrics + 3));
        assert_eq!(fault(metrics - 1, -1e9), None);
        assert!(fault(metrics - 1, f64::INFINITY).unwrap().ends_with("is infinite, expected money"));
    }
}
