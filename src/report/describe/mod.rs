//! The model that a scenario configures, in the ODD protocol (Grimm et al. 2020), as Markdown: what is switched off is not mentioned, and every
//! number is that of the scenario.

mod concepts;
mod markdown;
mod parameters;
mod submodels;
mod switched;

use std::fmt::Write;

use self::markdown::{code, codes, number, table, text};
use self::switched::SwitchedOn;
use crate::config::Loaded;
use crate::model::scenario::PopulationMode;

/// The name of the description in a folder of results.
pub const FILE: &str = "model.md";

/// The JSON Schema of scenario files, for editors; what it says of keys is said in descriptions.
#[must_use]
pub fn schema() -> &'static str {
    include_str!("../../../docs/scenario.schema.json")
}

/// The description of a loaded scenario.
#[must_use]
pub fn describe(loaded: &Loaded) -> String {
    let on = SwitchedOn::of(loaded);
    let mut out = String::new();
    let scenario = on.scenario;
    let file = loaded.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let _ = writeln!(out, "# {}: the model as configured\n", text(&scenario.title));
    let _ = writeln!(
        out,
        "Scenario {} ({}), resolved document BLAKE3 {}; Stickershock {}. The description follows the ODD protocol for agent-based models (Grimm et al. 2020). It is of this scenario: what \
         it leaves switched off is not described, and numbers are those that it runs with.\n",
        code(&scenario.name),
        code(&file),
        &loaded.document.hash().to_hex()[..16],
        env!("CARGO_PKG_VERSION"),
    );
    purpose(&mut out, on);
    entities(&mut out, on);
    process(&mut out, on);
    out.push_str("## 4. Design concepts\n\n");
    concepts::concepts(&mut out, on);
    initialization(&mut out, on);
    input(&mut out, on);
    out.push_str("## 7. Submodels\n\n");
    submodels::submodels(&mut out, on);
    out.push_str("## 8. Parameters\n\nStatus: `sourced`, read from the source named; `derived`, computed from sourced values; `estimate`, a judgement; `calibrated`, fitted to data; `unstated`, the file does not say; `default`, of the program.\n\n");
    parameters::parameters(&mut out, on);
    references(&mut out, on);
    out
}

fn purpose(out: &mut String, on: SwitchedOn<'_>) {
    let scenario = on.scenario;
    out.push_str("## 1. Purpose and patterns\n\n");
    let regimes: Vec<&str> = scenario.regimes.values().map(|regime| regime.name.as_str()).collect();
    let _ = writeln!(
        out,
        "Who pays for trade policy on differentiated products, where do lost buyers go, who gains? The regimes {} are compared in the same worlds, against {}.\n",
        codes(regimes),
        code(&scenario.regimes[scenario.baseline].name)
    );
    out.push_str("Patterns: the base year's volumes and list prices are met exactly, by construction.");
    let targets = on
        .loaded
        .document
        .to_toml_string()
        .parse::<toml::Table>()
        .ok()
        .and_then(|root| Some(root.get("calibration")?.get("targets")?.as_str()?.to_owned()));
    if let Some(targets) = targets {
        let _ = write!(out, " The evidence that the model is fitted to and judged by stands in {}.", code(&targets));
    }
    out.push_str("\n\n");
}

fn entities(out: &mut String, on: SwitchedOn<'_>) {
    let scenario = on.scenario;
    let market = &scenario.market;
    out.push_str("## 2. Entities, state variables and scales\n\n");
    let imported = market.models.iter().filter(|model| model.imported).count();
    let flagged = market.models.iter().filter(|model| model.flagged).count();
    let mut rows = vec![
        vec![
            format!("products ({})", market.len()),
            format!(
                "price, volume, brand, maker, region of the badge, country of assembly{}; {imported} are imported, {flagged} are {}",
                if market.characteristics.names.is_empty() {
                    String::new()
                } else {
                    format!(", characteristics {}", codes(market.characteristics.names.iter().map(String::as_str)))
                },
                text(&scenario.flag_label)
            ),
        ],
        vec![
            format!("buyers ({})", scenario.buyers),
            format!(
                "income, tastes{}; each stands for {} households",
                if scenario.one_shot { "" } else { ", brand owned, next purchase date, number of past events" },
                number(scenario.households_per_buyer())
            ),
        ],
        vec![
            format!("makers ({})", market.manufacturers.len()),
            if on.staggered() {
                "products, costs, posted and latent list prices".into()
            } else {
                "products, costs, list prices".into()
            },
        ],
    ];
    if on.dealers() {
        rows.push(vec![
            "dealers (one for each product)".into(),
            "lots by the duties that their cars owe, forecast, cars in transit, banked capacity, transaction price"
                .into(),
        ]);
    }
    if on.governments() {
        rows.push(vec![
            "governments (2)".into(),
            "state of the talks, offers, limits, text on the table, credibility; the public's belief".into(),
        ]);
    }
    let used = on.instruments();
    if !used.is_empty() {
        rows.push(vec![
            format!("instruments ({})", used.len()),
            "idle, threatened, announced, imposed or ended, and its level".into(),
        ]);
    }
    table(out, &["entity", "state variables"], &rows);
    let last = scenario.week_start(scenario.weeks).saturating_sub(jiff::Span::new().days(1));
    let _ = writeln!(
        out,
        "Scales: a step is a week; {} weeks from {} to {last}{}. Prices are USD a car, volumes cars a year; the market has {} purchase events a year, outside choices included.\n",
        scenario.weeks,
        scenario.start,
        if on.governments() { "; governments step by days" } else { "" },
        number(market.market_size)
    );
    let regions: Vec<String> = market
        .regions
        .iter()
        .map(|(id, name)| {
            let of = market.models.iter().filter(|model| model.region == id);
            let (models, cars) = of.fold((0, 0.0), |(n, cars), model| (n + 1, cars + model.base_volume));
            let home = if market.domestic[id] { ", at home" } else { "" };
            format!("{} ({models} products, {} cars{home})", code(name), number(cars))
        })
        .collect();
    let _ = writeln!(out, "Regions: {}.\n", regions.join(", "));
}

fn process(out: &mut String, on: SwitchedOn<'_>) {
    out.push_str("## 3. Process overview and scheduling\n\nThe base year is solved once");
    out.push_str(match on.scenario.population {
        PopulationMode::Own => " in each replication, with its own buyers",
        PopulationMode::Shared => ", for all replications",
    });
    out.push_str(": mean utilities from volumes, costs from first-order conditions. Then, in every week and for every regime in the same world:\n\n");
    let mut steps: Vec<&str> = Vec::new();
    if on.negotiated() {
        steps.push("Governments (each day of the week): dated steps, the text may soften, a round of talks if one is held, at a deadline the decision. What is decided reaches the instruments.");
    }
    steps.push("Policy: the force of every instrument: none, owed later, or charged.");
    steps.push(if on.staggered() {
        "List prices: lists that fall due are set for the terms expected over their life."
    } else {
        "List prices, where a revision is due."
    });
    if on.dealers() {
        steps.push("Landings: cars that arrive join the lot of the duties that they owe.");
        steps.push("Transaction prices, by stock over target.");
    }
    if on.in_time() {
        steps.push("Entrants: buyers who are due, less those who wait, plus those who buy early.");
        steps.push(if on.dealers() { "Choice and sale, one buyer at a time in an order drawn for the week: the best product in stock at transaction prices." } else { "Choice and sale." });
    } else if on.scenario.one_shot {
        steps.push("The buyers whose week it is choose, each with the draws of his own event: probabilities are added to expected sales, and one choice is made.");
    } else {
        steps.push("Every buyer whose car is due chooses, with the draws of his own event: probabilities are added to expected sales, and one choice is made.");
    }
    if !on.scenario.one_shot {
        steps.push("The buyer's brand, next date and number of events are updated.");
    }
    if on.dealers() {
        steps.push("Forecasts follow first choices; orders are placed.");
    }
    for (number, step) in (1..).zip(steps) {
        let _ = writeln!(out, "{number}. {step}");
    }
    out.push_str("\nBuyers, makers and products are gone through in the order of the data; results do not depend on the number of threads.\n\n");
}

fn initialization(out: &mut String, on: SwitchedOn<'_>) {
    let scenario = on.scenario;
    out.push_str("## 5. Initialization\n\n");
    out.push_str("Prices are base-year list prices under the normal duty; no instrument is in force");
    out.push_str(if scenario.instruments.iter().any(|instrument| instrument.in_base_year) {
        " but the credits of the base year. "
    } else {
        ". "
    });
    if !scenario.one_shot {
        out.push_str("The purchase process starts in its stationary state: residual intervals are length-biased, brands owned follow the stationary law given each buyer's tastes. ");
    }
    if let Some(dealers) = scenario.timing.as_ref().and_then(|timing| timing.dealers.as_ref()) {
        let (least, most) =
            dealers.start_weeks.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(*x), b.max(*x)));
        let weeks = if least == most { number(least) } else { format!("{} to {}", number(least), number(most)) };
        let _ = write!(out, "Dealers hold {weeks} weeks of base-year sales. ");
    }
    if on.governments() {
        out.push_str("Governments start on the first day of their calendar, before the market's first week where that is later. ");
    }
    let _ = writeln!(out, "All random streams follow from the seed {}.\n", scenario.seed);
}

fn input(out: &mut String, on: SwitchedOn<'_>) {
    out.push_str("## 6. Input data\n\n");
    let rows: Vec<Vec<String>> = on
        .loaded
        .data
        .iter()
        .map(|file| {
            let what = match file.key.as_str() {
                "market.models" => "products with prices, volumes and characteristics of the base year",
                "exchange_rate.data" => "monthly exchange rates, units per USD",
                _ => "data",
            };
            vec![code(&file.key), code(&file.name), what.to_owned(), code(&file.hash.to_hex()[..16])]
        })
        .collect();
    table(out, &["key", "file", "what it is", "BLAKE3"], &rows);
    let market = &on.scenario.market;
    let sources = sources(on.loaded);
    if !sources.is_empty() {
        out.push_str("Columns of the table of products that say where cells come from, with their tags:\n\n");
        table(out, &["column", "tags"], &sources);
    }
    let sold: f64 = market.models.iter().map(|model| model.base_volume).sum();
    let _ = writeln!(out, "The table gives {} products with {} cars a year.\n", market.len(), number(sold));
    let mut read = Vec::new();
    // Rates of one level for all weeks move costs once, before the run.
    if on.exchange() && on.scenario.cost_factor.windows(2).any(|weeks| weeks[0] != weeks[1]) {
        read.push("monthly exchange rates, which move costs");
    } else if on.exchange() {
        read.push("exchange rates of one level for all weeks, by which costs are not those of the base year");
    }
    if on.governments() {
        read.push("the partner's monthly exchange rate, which moves what governments want");
    }
    if on.traffic() {
        read.push("trend and season");
    }
    let series = if read.is_empty() { "no series of time but its policy events".to_owned() } else { read.join("; ") };
    let _ = writeln!(out, "During a run the model meets {series}. Policy events are dated in the scenario.\n");
}

/// Columns of sources in the table of products, and how often each of their tags stands there.
fn sources(loaded: &Loaded) -> Vec<Vec<String>> {
    let Some(file) = loaded.data.iter().find(|file| file.key == "market.models") else { return Vec::new() };
    let Ok(bytes) = loaded.document.data(&file.key, &file.name) else { return Vec::new() };
    let Ok(table) = crate::config::Table::from_bytes(bytes, &file.name) else { return Vec::new() };
    let mut rows = Vec::new();
    for column in table.columns() {
        let cells = table.column_text(column).unwrap_or_default();
        let tag = |cell: &&str| Some(cell.strip_prefix('[')?.split_once(']')?.0.to_owned());
        let mut tags: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        cells.iter().filter_map(tag).for_each(|tag| *tags.entry(tag).or_default() += 1);
        // Most cells of such a column begin with a tag.
        if 2 * tags.values().sum::<usize>() > cells.len() {
            let counted: Vec<String> = tags.iter().map(|(tag, cells)| format!("{} {cells}", text(tag))).collect();
            rows.push(vec![code(column), counted.join(", ")]);
        }
    }
    rows
}

fn references(out: &mut String, on: SwitchedOn<'_>) {
    out.push_str("## References\n\n");
    let all = [
        (
            true,
            "Berry, S., Levinsohn, J., Pakes, A. (1995). Automobile prices in market equilibrium. Econometrica 63(4).",
        ),
        (
            on.staggered(),
            "Calvo, G. (1983). Staggered prices in a utility-maximizing framework. Journal of Monetary Economics 12(3).",
        ),
        (
            on.governments(),
            "Faratin, P., Sierra, C., Jennings, N. (1998). Negotiation decision functions for autonomous agents. Robotics and Autonomous Systems 24.",
        ),
        (
            on.vertical(),
            "Goldberg, P., Verboven, F. (2001). The evolution of price dispersion in the European car market. Review of Economic Studies 68(4).",
        ),
        (
            true,
            "Grimm, V. et al. (2020). The ODD protocol for describing agent-based and other simulation models: a second update. JASSS 23(2) 7.",
        ),
        (
            !matches!(on.scenario.rule, crate::model::supply::rule::PricingRule::PassThrough { .. }),
            "Morrow, W. R., Skerlos, S. (2011). Fixed-point approaches to computing Bertrand-Nash equilibrium prices. Operations Research 59(2).",
        ),
        (on.governments(), "Yildiz, M. (2004). Waiting to persuade. Quarterly Journal of Economics 119(1)."),
    ];
    for (_, reference) in all.iter().filter(|(cited, _)| *cited) {
        let _ = writeln!(out, "- {reference}");
    }
}
