//! Duties in force on a day, by country of assembly: at base-year prices, normal duty included.

use jiff::civil::Date;

use super::prepare::Study;
use crate::model::ids::RegimeId;
use crate::model::trade::duty::ImportDuty;
use crate::model::trade::instrument::Instrument;
use crate::model::trade::policy::Policy;
use crate::model::trade::regime::{Force, PolicyEvent, Regime};

/// The duties of a day.
#[derive(Clone, Debug)]
pub struct DayDuties {
    /// The week that the day is in.
    pub week: u32,
    /// Of each regime whose policy has a course.
    pub regimes: Vec<RegimeDuties>,
}

/// The duties of a day under one regime.
#[derive(Clone, Debug)]
pub struct RegimeDuties {
    /// Which regime.
    pub regime: RegimeId,
    /// Its duties; none where it is negotiated, and another in every replication.
    pub dated: Option<DatedDuties>,
}

/// The duties of a day under dated events.
#[derive(Clone, Debug)]
pub struct DatedDuties {
    /// The regime's instruments, as they are on the day.
    pub instruments: Vec<DayInstrument>,
    /// Duties by country of assembly, that with the most cars first.
    pub countries: Vec<CountryDuties>,
}

/// An instrument on a day.
#[derive(Clone, Debug)]
pub struct DayInstrument {
    /// The instrument.
    pub instrument: Instrument,
    /// Whether it is charged.
    pub charged: bool,
    /// Of a quota by rate the part of the base year's cars that comes in at the lower duty.
    pub inside: Option<f64>,
    /// The day of a later cut that reaches back to this one.
    pub cut_back_on: Option<Date>,
}

/// Duties on the cars of one country.
#[derive(Clone, Debug, Default)]
pub struct CountryDuties {
    /// Country of assembly.
    pub name: String,
    /// Models.
    pub models: usize,
    /// Cars a year.
    pub cars: f64,
    /// Those of them that come from abroad.
    pub imported: f64,
    /// What all of them owe in a year, USD.
    pub duty_usd: f64,
    /// Lowest and highest rate on customs value, of models that all come from abroad.
    pub rate: Option<[f64; 2]>,
    /// Its models, those with the most cars first.
    pub of_models: Vec<ModelDuties>,
}

/// Duties on the cars of one model.
#[derive(Clone, Debug)]
pub struct ModelDuties {
    /// The model.
    pub name: String,
    /// Cars a year.
    pub cars: f64,
    /// The part of them that comes from abroad.
    pub import_share: f64,
    /// What a car owes in the mean over both plants, USD.
    pub duty_usd: f64,
    /// Rate on customs value; none where cars come from two plants, as another duty may be owed on the parts of those built at home, or where none comes
    /// from abroad.
    pub rate: Option<f64>,
}

impl ModelDuties {
    /// Whether it has a plant at home and one abroad.
    #[must_use]
    pub fn has_two_plants(&self) -> bool {
        self.import_share > 0.0 && self.import_share < 1.0
    }
}

impl Study {
    /// The duties of every regime in the week of a date; nothing outside the horizon.
    #[must_use]
    pub fn duties_on(&self, date: Date) -> Option<DayDuties> {
        let scenario = self.scenario();
        let days = scenario.start.until(date).map_or(-1, |span| span.get_days());
        let week = u32::try_from(days.div_euclid(7)).ok().filter(|week| *week < scenario.weeks)?;
        let of = |(position, regime)| {
            let dated = match self.negotiated(position) {
                Some(_) => None,
                None => Some(self.dated_duties(&on_the_day(regime, date, week), date, week)?),
            };
            Some(RegimeDuties { regime: position, dated })
        };
        Some(DayDuties { week, regimes: scenario.regimes.iter().filter_map(of).collect() })
    }

    /// The duties under a regime as it is on the day; nothing where its history has no forces in the week.
    fn dated_duties(&self, regime: &Regime, date: Date, week: u32) -> Option<DatedDuties> {
        let scenario = self.scenario();
        let market = &scenario.market;
        let marginal_cost_usd = &self.shared_world().makers.costs.marginal_cost;
        let share = market.base_shares();
        let mut instruments = regime.instruments(&scenario.instruments).into_owned();
        for until in instruments.iter_mut().filter_map(|instrument| instrument.until.as_mut()) {
            until.week = if until.date <= date { until.week.min(week) } else { until.week.max(week + 1) };
        }
        // A history that has a plan has forces.
        let force = regime.force(&instruments, scenario.weeks).unwrap_or_default();
        let force = force.get(week as usize)?;
        let policy = Policy { market, instruments: &instruments, marginal_cost_usd, base_share: &share, outside: &[] };
        // Of a quota by rate the mean duty of the base year's cars: the lower one on those inside.
        let quotas = policy.rate_quotas(week, force, Force::Charged);
        let mut outside = vec![1.0; instruments.len()];
        quotas.iter().for_each(|quota| outside[quota.instrument] = quota.outside(&share));
        let policy = Policy { outside: &outside, ..policy };
        // A rebate or a credit is no duty on customs value, though the model books it with them.
        let charged = policy.duties(week, force, Force::Charged, |i| instruments[i].is_duty());
        let none = vec![Force::None; instruments.len()];
        let normal = policy.duties(week, &none, Force::Charged, |_| true);
        let list = market.base_prices();
        let normal_usd: Vec<f64> = normal.iter().zip(&list).map(|(duty, price)| duty.duty_usd(*price)).collect();
        let border = market.border_prices(&normal_usd);
        // A credit is no duty: neither while it is there nor when it has ended.
        let owed = |j: usize, duty: &ImportDuty| {
            duty.duty_at_usd(normal[j].producer_price_usd(list[j])) + market.models[j].credit_usd
        };
        let part_inside = |at: usize| {
            let quota = quotas.iter().find(|quota| quota.instrument == at);
            quota.map(|quota| 1.0 - quota.outside(&share))
        };
        let inside: Vec<Option<f64>> = (0..instruments.len()).map(part_inside).collect();
        let mut countries: Vec<CountryDuties> = Vec::new();
        for (j, model) in market.models.iter().enumerate() {
            let known = countries.iter().position(|country| country.name == model.assembly_country);
            let at = known.unwrap_or_else(|| {
                countries.push(CountryDuties { name: model.assembly_country.clone(), ..CountryDuties::default() });
                countries.len() - 1
            });
            let country = &mut countries[at];
            let (duty_usd, customs_usd) = (owed(j, &charged[j]), border[j] * market.customs_part(j));
            country.models += 1;
            country.cars += model.base_volume;
            country.imported += model.base_volume * model.import_share;
            country.duty_usd += model.base_volume * duty_usd;
            let rate = (model.import_share == 1.0 && customs_usd > 0.0).then(|| duty_usd / customs_usd);
            if let Some(rate) = rate {
                let [low, high] = country.rate.unwrap_or([rate, rate]);
                country.rate = Some([low.min(rate), high.max(rate)]);
            }
            country.of_models.push(ModelDuties {
                name: model.name.clone(),
                cars: model.base_volume,
                import_share: model.import_share,
                duty_usd,
                rate,
            });
        }
        countries.sort_by(|a, b| b.cars.total_cmp(&a.cars));
        for country in &mut countries {
            country.of_models.sort_by(|a, b| b.cars.total_cmp(&a.cars));
        }
        let cut_back_on = |at: usize| {
            let reaches = |event: &&PolicyEvent| {
                let change = event.change.filter(|change| change.owed_from <= week);
                event.instrument == at && event.date > date && event.week > week && change.is_some()
            };
            regime.events.iter().find(reaches).map(|event| event.date)
        };
        let of = |(at, ((instrument, force), inside)): (usize, ((Instrument, &Force), Option<f64>))| DayInstrument {
            instrument,
            charged: *force == Force::Charged,
            inside,
            cut_back_on: cut_back_on(at),
        };
        let instruments = instruments.into_iter().zip(force).zip(inside).enumerate().map(of).collect();
        Some(DatedDuties { instruments, countries })
    }
}

/// The regime with every event by this day in force in this week: in runs it is from the first week that starts on or after its day.
fn on_the_day(regime: &Regime, date: Date, week: u32) -> Regime {
    let mut regime = regime.clone();
    for event in regime.events.iter_mut().filter(|event| event.date <= date && event.week > week) {
        event.week = week;
    }
    regime
}
