//! Moments as a table of evidence names them: a kind, and what it is of.

use jiff::civil::Date;

use super::suggest;
use crate::model::ids::{Id, RegimeId};
use crate::model::moment::{Destination, Moment, Prices};
use crate::model::outcome::Layout;
use crate::model::scenario::Scenario;
use crate::numerics::calendar::Day;

/// The kinds, with what each is of.
pub const KINDS: [(&str, &str); 19] = [
    ("diversion", "regions, models or `outside`"),
    ("own_elasticity", "models"),
    ("cross_elasticity", "model; model whose price moves"),
    ("margin_usd", "models"),
    ("margin_share", "models"),
    ("repurchase", "brands"),
    ("pass_through_sales_change", "models; instrument"),
    ("equilibrium_sales_change", "models; instrument"),
    ("equilibrium_price_change", "models; instrument"),
    ("pass_through_lost_buyers", "regions, models or `outside`; instrument"),
    ("equilibrium_lost_buyers", "regions, models or `outside`; instrument"),
    ("equilibrium_switchers", "regions or models; instrument"),
    ("duty_pass_through", "models; instrument"),
    ("duty_border_elasticity", "models; instrument; ad valorem rate"),
    ("exchange_rate_pass_through", "models; assembly country; earlier rate; rate of the base year"),
    ("simulated_change", "headline metric; regime; period"),
    ("days_of_supply", "manufacturer; regime; date"),
    ("negotiated", "line of negotiation.csv"),
    ("settlement", "line of negotiation.csv on what the deal brought"),
];

/// What is wrong with a moment, and what would do.
pub type Refusal = (String, String);

/// The moment of this kind and argument in a scenario. Parts of the argument are divided by `;`, items of a part by commas; models are named
/// by model, brand, region, the headline flag, or `all`.
///
/// # Errors
/// What is unknown, and what would do.
pub fn moment(kind: &str, of: &str, scenario: &Scenario) -> Result<Moment, Refusal> {
    let Some((_, wanted)) = KINDS.iter().find(|(name, _)| *name == kind) else {
        let kinds: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        return Err((format!("there is no moment `{kind}`"), suggest::one_of(kind, &kinds)));
    };
    let parts: Vec<&str> = of.split(';').map(str::trim).collect();
    let count = wanted.split(';').count();
    if parts.len() != count || parts.iter().any(|part| part.is_empty()) {
        return Err((format!("`{of}` is not what {kind} is of"), format!("write: {wanted}")));
    }
    let names = Names(scenario);
    let prices = if kind.starts_with("pass_through") { Prices::PassThrough } else { Prices::Equilibrium };
    let rate = |text: &str| match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err((format!("`{text}` is no rate"), "write a number above zero".to_owned())),
    };
    Ok(match kind {
        "diversion" => Moment::Diversion(names.destination(parts[0])?),
        "own_elasticity" => Moment::OwnElasticity(names.models(parts[0])?),
        "cross_elasticity" => Moment::CrossElasticity(names.model(parts[0])?, names.model(parts[1])?),
        "margin_usd" => Moment::MarginUsd(names.models(parts[0])?),
        "margin_share" => Moment::MarginShare(names.models(parts[0])?),
        "repurchase" => Moment::Repurchase(names.brands(parts[0])?),
        "pass_through_sales_change" | "equilibrium_sales_change" => {
            Moment::SalesChange(names.models(parts[0])?, names.instrument(parts[1])?, prices)
        }
        "equilibrium_price_change" => Moment::PriceChange(names.models(parts[0])?, names.instrument(parts[1])?, prices),
        "pass_through_lost_buyers" | "equilibrium_lost_buyers" => {
            Moment::LostBuyers(names.destination(parts[0])?, names.instrument(parts[1])?, prices)
        }
        "equilibrium_switchers" => Moment::Switchers(names.destination(parts[0])?, names.instrument(parts[1])?, prices),
        "duty_pass_through" => Moment::DutyPassThrough(names.models(parts[0])?, names.instrument(parts[1])?),
        "duty_border_elasticity" => Moment::BorderElasticity {
            models: names.models(parts[0])?,
            instrument: names.instrument(parts[1])?,
            rate: rate(parts[2])?,
        },
        "exchange_rate_pass_through" => Moment::ExchangeRatePassThrough {
            models: names.models(parts[0])?,
            country: names.country(parts[1])?,
            earlier: rate(parts[2])?,
            base: rate(parts[3])?,
        },
        "simulated_change" => Moment::SimulatedChange {
            metric: names.metric(parts[0])?,
            regime: names.regime(parts[1])?,
            period: names.period(parts[2])?,
        },
        "days_of_supply" => Moment::DaysOfSupply {
            manufacturer: names.manufacturer(parts[0])?,
            regime: names.regime(parts[1])?,
            week: names.week_before(parts[2])?,
        },
        "negotiated" => Moment::Negotiated(parts[0].to_owned()),
        _ => Moment::Settlement(parts[0].to_owned()),
    })
}

/// The names of a scenario.
struct Names<'a>(&'a Scenario);

impl Names<'_> {
    fn position(name: &str, known: &[&str], what: &str) -> Result<usize, Refusal> {
        let found = known.iter().position(|known| *known == name);
        found.ok_or_else(|| (format!("`{name}` is no {what} of this scenario"), suggest::one_of(name, known)))
    }

    fn model(&self, name: &str) -> Result<usize, Refusal> {
        let known: Vec<&str> = self.0.market.models.iter().map(|model| model.name.as_str()).collect();
        Self::position(name, &known, "model")
    }

    /// Models of a list of names, each once, in the order of the market.
    fn models(&self, list: &str) -> Result<Vec<usize>, Refusal> {
        let market = &self.0.market;
        let mut chosen = vec![false; market.len()];
        for name in list.split(',').map(str::trim) {
            let test = |j: usize| {
                let model = &market.models[j];
                name == "all"
                    || (name == self.0.flag && model.flagged)
                    || name == model.name
                    || name == market.brands[model.brand]
                    || name == market.regions[model.region]
            };
            let found: Vec<usize> = (0..market.len()).filter(|j| test(*j)).collect();
            if found.is_empty() {
                let models = market.models.iter().map(|model| model.name.as_str());
                let groups = market.brands.as_slice().iter().chain(market.regions.as_slice()).map(String::as_str);
                let known: Vec<&str> = models.chain(groups).chain([self.0.flag.as_str(), "all"]).collect();
                let help = suggest::closest(name, known.iter().copied())
                    .map_or("name models, brands, regions, the headline flag, or `all`".to_owned(), |near| {
                        format!("did you mean `{near}`?")
                    });
                return Err((format!("`{name}` is no model, brand or region of this scenario"), help));
            }
            found.into_iter().for_each(|j| chosen[j] = true);
        }
        Ok((0..market.len()).filter(|j| chosen[*j]).collect())
    }

    fn destination(&self, list: &str) -> Result<Destination, Refusal> {
        let (outside, models): (Vec<&str>, Vec<&str>) =
            list.split(',').map(str::trim).partition(|name| *name == "outside");
        let models = if models.is_empty() { Vec::new() } else { self.models(&models.join(","))? };
        // Whoever leaves the listed models does not go to one of them.
        let models = models.into_iter().filter(|j| !self.0.market.models[*j].flagged).collect();
        Ok(Destination { models, outside: !outside.is_empty() })
    }

    fn brands(&self, list: &str) -> Result<Vec<usize>, Refusal> {
        let known: Vec<&str> = self.0.market.brands.as_slice().iter().map(String::as_str).collect();
        list.split(',').map(|name| Self::position(name.trim(), &known, "brand")).collect()
    }

    fn manufacturer(&self, name: &str) -> Result<String, Refusal> {
        let market = &self.0.market;
        let of = |id| market.models.iter().any(|model| model.flagged && model.manufacturer == id);
        let known: Vec<&str> =
            market.manufacturers.iter().filter(|(id, _)| of(*id)).map(|(_, name)| name.as_str()).collect();
        Self::position(name, &known, "manufacturer of listed models").map(|at| known[at].to_owned())
    }

    fn country(&self, name: &str) -> Result<String, Refusal> {
        let mut known: Vec<&str> = self.0.market.models.iter().map(|model| model.assembly_country.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        Self::position(name, &known, "assembly country").map(|at| known[at].to_owned())
    }

    fn instrument(&self, name: &str) -> Result<usize, Refusal> {
        let known: Vec<&str> = self.0.instruments.iter().map(|instrument| instrument.name.as_str()).collect();
        Self::position(name, &known, "instrument")
    }

    fn regime(&self, name: &str) -> Result<RegimeId, Refusal> {
        let known: Vec<&str> = self.0.regimes.values().map(|regime| regime.name.as_str()).collect();
        Self::position(name, &known, "regime").map(RegimeId::from_index)
    }

    fn period(&self, name: &str) -> Result<usize, Refusal> {
        let known: Vec<&str> = self.0.periods.iter().map(|period| period.name.as_str()).collect();
        Self::position(name, &known, "period")
    }

    fn metric(&self, name: &str) -> Result<usize, Refusal> {
        let scenario = self.0;
        let layout = Layout::of(scenario);
        let known: Vec<&str> = layout.headlines.iter().map(String::as_str).collect();
        Self::position(name, &known, "headline metric")
    }

    /// The last week that is over on a date.
    fn week_before(&self, date: &str) -> Result<usize, Refusal> {
        let help = || format!("write a date within the {} weeks from {}", self.0.weeks, self.0.start);
        let parsed: Date = date.parse().map_err(|_| (format!("`{date}` is no date"), help()))?;
        let days = Day::of(parsed) - Day::of(self.0.start);
        match u32::try_from(days / 7) {
            Ok(weeks) if (1..=self.0.weeks).contains(&weeks) => Ok(weeks as usize - 1),
            _ => Err((format!("{date} is outside the horizon"), help())),
        }
    }
}
