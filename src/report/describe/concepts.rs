//! The eleven design concepts of the ODD protocol, for what is switched on.

use super::markdown::{code, number, table, text};
use super::switched::SwitchedOn;
use crate::config::StudyDesign;
use crate::model::scenario::PopulationMode;
use crate::model::streams::Purpose;
use crate::model::supply::rule::{Conduct, PricingRule};

/// What is drawn for a purpose, and for whom.
fn drawn(purpose: Purpose) -> [&'static str; 2] {
    match purpose {
        Purpose::Taste => [
            "unobserved tastes of a purchase event: one Gumbel draw for each product and the outside option",
            "buyer, event",
        ],
        Purpose::Holding => ["length of the interval between two purchase events", "buyer, event"],
        Purpose::Start => ["state of the purchase process on the first day", "buyer"],
        Purpose::Population => ["scrambling of the set of buyers that a replication has of its own", "replication"],
        Purpose::Parameter => ["uncertain parameters and data", "draw, parameter"],
        Purpose::GovernmentTrait => ["what differs between the governments of two worlds", "trait"],
        Purpose::GovernmentNews => ["news that moves the limits of both sides", "day"],
        Purpose::GovernmentRound => ["whether a round of talks takes place", "day"],
        Purpose::GovernmentText => ["whether the text moves to company plans", "day"],
        Purpose::GovernmentExecution => ["whether the home government executes at the deadline", "deadline"],
        Purpose::GovernmentRuling => {
            ["dates and verdict of a case before the world trade body", "step, day of the request"]
        }
        Purpose::GovernmentPublic => ["noise in what the public reads from offers", "threat"],
        Purpose::SettlementResult => ["results of a settlement", "series, month"],
        Purpose::SettlementReview => ["whether a failed review brings the threat back", "review"],
        Purpose::TimingCost => ["costs of moving a purchase, belief and trust in stock at the old price", "buyer"],
        Purpose::Consideration => ["who considers buying early", "week"],
        Purpose::Queue => ["order in which the buyers of a week come to the dealers", "buyer, week"],
        Purpose::Network => ["acquaintances", "buyer"],
        Purpose::Aversion => ["whether a threat spoils the listed brands", "buyer"],
    }
}

/// Writes the section.
pub(super) fn concepts(out: &mut String, on: SwitchedOn<'_>) {
    let mut concept = |head: &str, paragraphs: Vec<String>| {
        out.push_str(&format!("### {head}\n\n"));
        paragraphs.iter().filter(|text| !text.is_empty()).for_each(|text| out.push_str(&format!("{text}\n\n")));
    };
    concept("Basic principles", basic_principles(on));
    concept("Emergence", emergence(on));
    concept("Adaptation", adaptation(on));
    concept("Objectives", objectives(on));
    concept("Learning", learning(on));
    concept("Prediction", prediction(on));
    concept("Sensing", sensing(on));
    concept("Interaction", interaction(on));
    stochasticity(out, on);
    let mut concept = |head: &str, paragraphs: Vec<String>| {
        out.push_str(&format!("### {head}\n\n"));
        paragraphs.iter().filter(|text| !text.is_empty()).for_each(|text| out.push_str(&format!("{text}\n\n")));
    };
    concept("Collectives", collectives(on));
    concept("Observation", observation(on));
}

/// A sentence where something is on.
fn when(condition: bool, sentence: &str) -> String {
    if condition { sentence.to_owned() } else { String::new() }
}

fn basic_principles(on: SwitchedOn<'_>) -> Vec<String> {
    let prices = match &on.scenario.rule {
        PricingRule::PassThrough { theta } => format!(
            "Prices follow a rule of thumb, not an equilibrium: the part {} of a duty or a cost is passed on.",
            number(*theta)
        ),
        PricingRule::Bertrand => "Prices are Bertrand-Nash equilibria between multi-product makers.".into(),
        PricingRule::Adaptive => "Makers know their own sales and margins only, and find prices by trial and error.".into(),
        PricingRule::Staggered(_) => "List prices are staggered (Calvo 1983): each stands for a while and is set for the duty and cost expected over that while, at a Bertrand-Nash equilibrium of expected terms.".into(),
    };
    vec![
        "The buyers are the integration nodes of a random-coefficients logit: their expected demand is the model of Berry, Levinsohn and Pakes (1995), and their single choices are draws from it. Mean utilities are those at which the base year's volumes are met exactly, marginal costs those at which the base year's prices satisfy every maker's first-order conditions.".into(),
        prices,
        when(on.vertical(), "Makers set the price at the border, and a duty falls on it; local costs in dollars are why prices in the showroom move less (Goldberg and Verboven 2001)."),
        when(on.in_time(), "Purchases are moved in time by buyers who weigh what they expect to pay later against the cost of giving up a car in service."),
        when(on.governments(), "Governments bargain by time-dependent tactics (Faratin, Sierra and Jennings 1998); deals at deadlines come from optimism about a threat whose worth the market decides (Yildiz 2004)."),
    ]
}

fn emergence(on: SwitchedOn<'_>) -> Vec<String> {
    let mut emerging = vec!["market shares", "diversion between products"];
    if !matches!(on.scenario.rule, PricingRule::PassThrough { .. }) {
        emerging.extend(["list prices", "the pass-through of a duty"]);
    }
    if on.dealers() {
        emerging.extend(["transaction prices", "stock", "the week in which cars without the duty are gone"]);
    }
    if on.in_time() {
        emerging.extend(["rushes before a duty and paybacks after it"]);
    }
    if on.governments() {
        emerging.extend(["settlements, their dates and their terms", "beliefs in the threat"]);
    }
    vec![
        format!("From choices and prices emerge {}, and who bears the burden.", emerging.join(", ")),
        "Imposed are the base year's volumes and prices, tastes, the law of intervals between purchases, and the dated events of regimes that are not negotiated.".replace(
            " of regimes that are not negotiated",
            if on.negotiated() { " of regimes that are not negotiated" } else { " of the regimes" },
        ),
    ]
}

fn adaptation(on: SwitchedOn<'_>) -> Vec<String> {
    vec![
        format!(
            "Buyers choose among the products on sale and none of them at the prices of the week{}.",
            if on.dealers() { ", and among the cars in stock" } else { "" }
        ),
        when(on.in_time(), "While a decision is open or a duty in force they may buy earlier or wait."),
        match &on.scenario.rule {
            PricingRule::PassThrough { .. } => "Makers pass duties and costs on by a fixed rule.".into(),
            PricingRule::Bertrand => "Makers answer duties, costs and each other's prices at once.".into(),
            PricingRule::Adaptive => {
                "Makers try one brand's markups at a time and reverse a step that did not pay.".into()
            }
            PricingRule::Staggered(staggered) => format!(
                "Makers answer when a list falls due{}.",
                if staggered.reopen_gain.is_some() { ", or at once where waiting would cost too much" } else { "" }
            ),
        },
        when(on.dealers(), "Dealers give discounts and ask premia by their stock, and order by what they forecast."),
        when(
            on.governments(),
            "Governments move their offers towards limits that depend on the threat, the calendar and the market's flows.",
        ),
    ]
}

fn objectives(on: SwitchedOn<'_>) -> Vec<String> {
    let conduct = match on.scenario.conduct {
        Conduct::Product => "each product's own profit",
        Conduct::Brand => "the profit of all products of a brand",
        Conduct::Manufacturer if on.scenario.market.holdings.is_empty() => "the profit of all products of a maker",
        Conduct::Manufacturer => {
            "the profit of all products of a maker, with its share in makers that it holds parts of"
        }
    };
    vec![
        "Buyers maximise utility: taste for the product less the price weighted by their price response.".into(),
        match &on.scenario.rule {
            PricingRule::PassThrough { .. } => format!(
                "Makers' first-order conditions for {conduct} hold in the base year, from which costs are recovered; afterwards they follow the rule."
            ),
            _ => format!("Prices maximise {conduct}, given all others."),
        },
        when(on.dealers(), "Dealers aim at a number of days' stock."),
        when(on.governments(), "Each government wants a text better than its limit: what it would have without one."),
    ]
}

fn learning(on: SwitchedOn<'_>) -> Vec<String> {
    let mut learning = Vec::new();
    if matches!(on.scenario.rule, PricingRule::Adaptive) {
        learning.push("Makers learn from their own last trial whether a step of a markup paid.".to_owned());
    }
    if on.dealers() {
        learning.push("Dealers' forecasts follow the first choices of past weeks.".to_owned());
    }
    if on.governments() {
        learning.push("The public learns from offers how likely a settlement is, and from threats carried out or dropped how much a threat is worth.".to_owned());
    }
    if learning.is_empty() {
        learning.push("None: nobody changes the way in which he decides.".to_owned());
    }
    learning
}

fn prediction(on: SwitchedOn<'_>) -> Vec<String> {
    let mut predicting = Vec::new();
    if let PricingRule::Staggered(staggered) = &on.scenario.rule {
        predicting.push(format!(
            "Makers expect a duty in force to end with a constant chance a week, after the instrument's `expected_weeks` on average, and what is dated on its date; {}.",
            match staggered.anticipate {
                Some(chance) => format!("a duty that is announced is given the chance {}", number(chance)),
                None => "a duty that is only announced is not counted with".to_owned(),
            }
        ));
    }
    if on.in_time() {
        let prices = match on.scenario.timing.as_ref().and_then(|timing| timing.anticipation.pass_through) {
            None => "later prices at what the makers' rule gives for it".to_owned(),
            Some(part) => format!("{}% of it on top of later list prices, whatever makers do", number(100.0 * part)),
        };
        predicting.push(format!(
            "Buyers expect the duty with a belief between 0 and 1 while a decision is open, and {prices}."
        ));
    }
    if on.dealers() {
        predicting.push("Dealers expect sales to go on as they were; under a duty that is imposed they cut the forecast of what is taxed by the ratio of expected demand.".to_owned());
    }
    if on.governments() {
        predicting.push("Governments predict how long sanctions would last, each with optimism about the ruling, and what they would do to the market.".to_owned());
    }
    if predicting.is_empty() {
        predicting.push("None: buyers and makers act on the prices, costs and duties of the week.".to_owned());
    }
    predicting
}

fn sensing(on: SwitchedOn<'_>) -> Vec<String> {
    vec![
        format!(
            "Buyers know all products, their {} and their own tastes.",
            if on.dealers() { "transaction prices, what is in stock," } else { "prices" }
        ),
        match on.scenario.rule {
            PricingRule::Adaptive => "Makers know their own sales and margins.".into(),
            PricingRule::PassThrough { .. } => "Makers know their costs and duties.".into(),
            _ => "Makers know the expected demand of the whole population, all costs and all duties.".into(),
        },
        when(on.peers(), "A buyer sees which brands his acquaintances own."),
        when(on.governments(), "Governments know the market's flows; the public sees offers with noise."),
    ]
}

fn interaction(on: SwitchedOn<'_>) -> Vec<String> {
    vec![
        "Makers interact through the demand that their prices take from each other.".into(),
        when(on.dealers(), "Buyers interact at the dealers: who comes first takes the car."),
        when(on.peers(), "Buyers interact by word of mouth along a directed small-world network."),
        when(
            on.governments(),
            "Governments interact by offers, threats and steps with dates; sanctions reach the market as a duty, and the market reaches the governments as flows of money.",
        ),
        when(!on.dealers() && !on.peers(), "Buyers meet no other buyers: what one takes is there for the next."),
    ]
}

fn stochasticity(out: &mut String, on: SwitchedOn<'_>) {
    out.push_str("### Stochasticity\n\n");
    out.push_str(&format!(
        "Every draw is a pure function of (seed, replication, purpose, agent, index); the seed is {}. The regime is no part of the address, so all regimes meet the same worlds, and differences between them are paired. Draws are made for:\n\n",
        on.scenario.seed
    ));
    let rows: Vec<Vec<String>> = Purpose::ALL
        .into_iter()
        .filter(|purpose| on.draws(*purpose))
        .map(|purpose| {
            let [what, whom] = drawn(purpose);
            vec![code(&format!("{purpose:?}")), what.into(), whom.into()]
        })
        .collect();
    table(out, &["purpose", "what is drawn", "one for each"], &rows);
    out.push_str("Incomes and tastes of the buyers are points of a scrambled Sobol' set (Joe and Kuo's numbers, Owen's scrambling), not independent draws. ");
    out.push_str(match on.scenario.population {
        PopulationMode::Own => "Each replication has a scrambling of its own, and with it its own base year, costs and prices: what a set of so many buyers does by chance is in every interval.\n\n",
        PopulationMode::Shared => "All replications share one set, with its costs and prices, whose error is in no interval.\n\n",
    });
    if let Some(StudyDesign::Uncertainty(draws)) = &on.loaded.design {
        out.push_str(&format!(
            "{} draws of what is uncertain run with {} replications each: {} parameters{}.\n\n",
            draws.draws,
            draws.replications,
            on.loaded.parameters.len() + draws.structures().iter().map(|own| own.parameters.len()).sum::<usize>(),
            if draws.structures().is_empty() {
                ""
            } else {
                ", and ways to build the model of which it is not known which is right"
            }
        ));
        let rows: Vec<Vec<String>> = draws
            .structures()
            .iter()
            .map(|own| {
                let set = if own.set.is_empty() {
                    "the file as it is".to_owned()
                } else {
                    super::markdown::codes(own.set.iter().map(String::as_str))
                };
                vec![code(&own.factor), text(&own.label), number(own.weight), set]
            })
            .collect();
        if !rows.is_empty() {
            table(out, &["choice of", "structure", "weight", "sets"], &rows);
        }
    }
}

fn collectives(on: SwitchedOn<'_>) -> Vec<String> {
    let market = &on.scenario.market;
    let mut all = vec![format!(
        "Products belong to {} brands, brands to {} makers, and products to {} regions. A maker sets the prices of all its products together{}.",
        market.brands.len(),
        market.manufacturers.len(),
        market.regions.len(),
        match on.scenario.conduct {
            Conduct::Manufacturer => "",
            Conduct::Brand => " brand by brand",
            Conduct::Product => " one by one",
        }
    )];
    let stakes = market.holdings.iter().map(|stake| {
        let name = |id| text(&market.manufacturers[id]);
        format!("{} counts the share {} of the profits of {}", name(stake.owner), number(stake.share), name(stake.held))
    });
    let stakes: Vec<String> = stakes.collect();
    if !stakes.is_empty() {
        all.push(format!("{}.", stakes.join("; ")));
    }
    all
}

fn observation(on: SwitchedOn<'_>) -> Vec<String> {
    let scenario = on.scenario;
    let periods: Vec<String> = scenario
        .periods
        .iter()
        .filter(|period| period.kind != crate::model::outcome::PeriodKind::Month)
        .map(|period| {
            let [from, to] = scenario.dates(period);
            format!("{} ({from} to {to})", code(&period.name))
        })
        .collect();
    vec![
        format!(
            "Sales, prices, duty, profits and buyers' surplus are added up by product, region and maker for the periods {}; weekly by region.",
            periods.join(", ")
        ),
        format!(
            "Every regime is compared with {} in the same replication; intervals are those of the mean over {}. The headline number is {}.",
            code(&scenario.regimes[scenario.baseline].name),
            match &on.loaded.design {
                Some(design) => format!("{} replications at each of {} points", design.replications(), design.count()),
                None => format!("{} replications", scenario.replications),
            },
            code(&scenario.outputs.headline)
        ),
        when(on.governments(), "Of the governments: settlements, their terms and dates, and what the public believed."),
    ]
}
