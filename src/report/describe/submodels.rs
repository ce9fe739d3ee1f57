//! The submodels of the ODD protocol, with their equations at the numbers of the scenario: those that are switched on.

use super::markdown::{code, codes, equations, number, table, text};
use super::switched::SwitchedOn;
use crate::model::ids::Id;
use crate::model::market::DutyBasis;
use crate::model::on_sale::SaleDates;
use crate::model::supply::rule::PricingRule;
use crate::model::supply::staggered::Staggered;
use crate::model::timing::{DealerParameters, Timing};
use crate::model::trade::chain::Chain;
use crate::model::trade::duty::Duty;
use crate::model::trade::instrument::{Instrument, Measure, Stacking};
use crate::model::trade::regime::{Action, Reopening};

/// Writes the section.
pub(super) fn submodels(out: &mut String, on: SwitchedOn<'_>) {
    let mut section = 0;
    let mut part = |out: &mut String, head: &str| {
        section += 1;
        out.push_str(&format!("### 7.{section} {head}\n\n"));
    };
    part(out, "Demand");
    demand(out, on);
    if on.loyalty() {
        part(out, "Loyalty");
        loyalty(out, on);
    }
    part(out, "Base year");
    base_year(out, on);
    if on.launches() {
        part(out, "Launches and exits");
        launches(out, on);
    }
    part(out, "Purchases");
    purchases(out, on);
    part(out, "Duties and who sets which price");
    chain(out, on);
    part(out, "Costs");
    costs(out, on);
    part(out, "List prices");
    prices(out, on);
    part(out, "Policy instruments");
    instruments(out, on);
    part(out, "Regimes");
    regimes(out, on);
    if let Some(timing) = &on.scenario.timing {
        part(out, "Early and late purchases");
        anticipation(out, on, timing);
        if let Some(dealers) = &timing.dealers {
            part(out, "Dealers and shipments");
            self::dealers(out, on, dealers);
        }
    }
    if on.governments() {
        part(out, "Governments");
        governments(out, on);
    }
    part(out, "Accounts");
    accounts(out, on);
}

fn demand(out: &mut String, on: SwitchedOn<'_>) {
    let demand = &on.scenario.demand;
    let names = &on.scenario.market.characteristics.names;
    let price = if on.curvature() { "G_j(p_j)" } else { "p_j" };
    let mut terms = vec!["delta_j".to_owned()];
    if !names.is_empty() {
        terms.push("sum_k sigma_k x_jk z_ik".into());
    }
    if demand.sigma_import != 0.0 {
        terms.push("sigma_import z_i,imp [region of j is not at home]".into());
    }
    if demand.sigma_region != 0.0 {
        terms.push("sigma_region z_i,r(j)".into());
    }
    if on.loyalty() {
        terms.push("lambda_b(j) [b(j) = brand owned]".into());
    }
    let [low, high] = demand.income_bounds.map(number);
    let mut lines = vec![
        format!("V_ij = {} - alpha_i {price} / 1000", terms.join(" + ")),
        format!("V_i0 = {}", if demand.sigma_outside == 0.0 { "0" } else { "sigma_0 z_i0" }),
        format!(
            "alpha_i = {} (1 / y_i)^{}        y_i = exp({} z_iy) within [{low}, {high}], median 1",
            number(demand.alpha),
            number(demand.eta),
            number(demand.income_log_sd)
        ),
        "P_ij = exp(V_ij) / (exp(V_i0) + sum_m exp(V_im))".into(),
    ];
    if on.curvature() {
        let lambda = number(demand.curvature);
        lines.push(if demand.curvature == 0.0 {
            "G_j(p) = p0_j + p0_j ln(p / p0_j)        p0 the base year's price".into()
        } else {
            format!("G_j(p) = p0_j + p0_j [(p / p0_j)^{lambda} - 1] / {lambda}        p0 the base year's price")
        });
    }
    equations(out, &lines);
    let mut spreads: Vec<Vec<String>> =
        names.iter().zip(&demand.sigma_characteristics).map(|(name, sigma)| vec![code(name), number(*sigma)]).collect();
    for (name, sigma) in [
        ("imports", demand.sigma_import),
        ("each region", demand.sigma_region),
        ("none of the products", demand.sigma_outside),
    ] {
        if sigma != 0.0 {
            spreads.push(vec![name.into(), number(sigma)]);
        }
    }
    out.push_str("z are standard normal, x standardised with base-year volumes. A purchase is the maximum of V plus Gumbel draws that belong to the buyer's event, not to the week or the regime. Spreads of tastes:\n\n");
    table(out, &["taste for", "standard deviation of utility"], &spreads);
}

fn loyalty(out: &mut String, on: SwitchedOn<'_>) {
    let market = &on.scenario.market;
    let loyalty = on.scenario.demand.loyalty.as_slice();
    let (least, most) = loyalty.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    if least == most {
        out.push_str(&format!("A brand's owners value their next car of it by lambda = {}. ", number(least)));
    } else {
        let rows: Vec<Vec<String>> =
            market.brands.as_slice().iter().zip(loyalty).map(|(brand, own)| vec![text(brand), number(*own)]).collect();
        out.push_str("What a brand's owners value their next car of it by, lambda_b:\n\n");
        table(out, &["brand", "lambda"], &rows);
    }
    out.push_str("With e_j = exp(V_ij without loyalty), S_b their sum over brand b, A = e_0 + sum_b S_b and k_b = exp(lambda_b) - 1, brands owned follow a reversible chain with the stationary law\n\n");
    equations(
        out,
        &["rho(b) = S_b (A + k_b S_b) / Z     rho(none) = e_0 A / Z     Z = A^2 + sum_b k_b S_b^2     s_j = e_j (A + k_b(j) S_b(j)) / Z".into()],
    );
}

fn base_year(out: &mut String, on: SwitchedOn<'_>) {
    out.push_str(&format!(
        "delta solves mean_i s_ij = volume_j / M, M = {} purchase events a year, to max |log s - log s_obs| < 1e-12 on all {} buyers{}. Costs are recovered from the makers' first-order conditions at base-year prices on {} buyers at most.\n\n",
        number(on.scenario.market.market_size),
        on.scenario.buyers,
        if on.loyalty() { ", loyalty included" } else { "" },
        on.scenario.pricing_nodes.min(on.scenario.buyers),
    ));
}

fn purchases(out: &mut String, on: SwitchedOn<'_>) {
    let scenario = on.scenario;
    if scenario.one_shot {
        out.push_str("Every buyer comes to market exactly once, in a week of the horizon: the static limit. Nobody holds a car.\n\n");
        return;
    }
    let holding = &scenario.holding;
    let leases: Vec<String> = holding.lease_weeks.iter().map(|weeks| number(*weeks)).collect();
    out.push_str(&format!(
        "Intervals between the events of a buyer are leases of {} weeks, equally likely, with probability {}, else gamma with shape {} and mean {} weeks; their mean is Tbar = {} weeks. The start is stationary: the interval under way is length-biased, its residual a uniform part of it, and the brand owned is drawn given the buyer's tastes. A buyer stands for M Tbar / (52 N) = {} households.\n\n",
        if leases.is_empty() { "no".into() } else { leases.join(" or ") },
        number(holding.lease_share),
        number(holding.purchase_shape),
        number(holding.purchase_mean_weeks),
        number(holding.mean_weeks()),
        number(scenario.households_per_buyer()),
    ));
    if on.traffic() {
        let (least, most) = scenario.traffic.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(*x), b.max(*x)));
        out.push_str(&format!(
            "Trend, season and months of their own multiply the households that a buyer of the week stands for, by {} to {}; shares and prices do not depend on them.\n\n",
            number(least),
            number(most)
        ));
    }
}

fn chain(out: &mut String, on: SwitchedOn<'_>) {
    let market = &on.scenario.market;
    match &market.chain {
        Chain::Vertical { local_usd, .. } => {
            equations(
                out,
                &[
                    "p = (1 + t) w + D + A        r = 1 / (1 + t),  d = (A + D) r,  margin = r p - d - c".into(),
                    "w the maker's price at the border, t ad valorem rates on it, A duties in dollars, D local costs, c cost at the border".into(),
                    "D_j = p0_j [1 - v (1 + tau0_j)] for imports, the dealer's margin for cars assembled at home".into(),
                ],
            );
            let mean =
                local_usd.iter().zip(&market.models).map(|(local, model)| local * model.base_volume).sum::<f64>()
                    / market.models.iter().map(|model| model.base_volume).sum::<f64>();
            out.push_str(&format!(
                "Makers set the price at the border. D stays in dollars; its mean by volume is {} USD a car.\n\n",
                number(mean.round())
            ));
        }
        Chain::Retail => {
            equations(
                out,
                &[
                    "p = (1 + t) w + A        r = 1 / (1 + t),  margin = r p - A r - c".into(),
                    "t ad valorem rates on what the maker keeps, A duties in dollars, c marginal cost to the showroom"
                        .into(),
                ],
            );
            out.push_str("Makers set the price in the showroom and bear all costs to it.\n\n");
        }
    }
    let normal = market.models.iter().filter(|model| model.imported).map(|model| model.normal_rate.fraction());
    let (least, most) = normal.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if most >= least {
        let rate = if least == most { number(least) } else { format!("{} to {}", number(least), number(most)) };
        out.push_str(&format!(
            "The normal duty on imports is {rate} of {}, customs value {} of the price.\n\n",
            basis(market.normal_duty.basis),
            number(market.normal_duty.customs_value_share)
        ));
    }
    if on.two_plants() {
        out.push_str("Models with plants at home and abroad have one price and pay on average: duties are on the share of their cars that comes from abroad.\n\n");
    }
}

fn basis(basis: DutyBasis) -> &'static str {
    match basis {
        DutyBasis::List => "base-year list prices, which do not move",
        DutyBasis::Border => "the maker's own price, which moves",
        DutyBasis::Cost => "the landed marginal cost",
    }
}

fn costs(out: &mut String, on: SwitchedOn<'_>) {
    out.push_str("Marginal costs are those at which base-year prices satisfy every maker's first-order conditions under the base year's duty");
    out.push_str(if on.rising_cost() { ".\n\n" } else { "; they do not depend on volumes.\n\n" });
    if on.rising_cost() {
        let gamma = number(on.scenario.cost_volume);
        equations(
            out,
            &[
                format!(
                    "C_f = Z0 + Z0 / (1 + {gamma}) [(Z / Z0)^(1 + {gamma}) - 1]        dC_f/dq_j = c_j (Z / Z0)^{gamma}"
                ),
                "Z_f = sum_j c_j q_j over the models that maker f imports".into(),
            ],
        );
    }
    if on.exchange() {
        out.push_str(&format!(
            "Costs of imports move with exchange rates, c [(1 - phi) + phi E0 / E], phi = {} the part paid in the home currency.\n\n",
            number(on.scenario.market.home_cost_share)
        ));
    }
}

fn prices(out: &mut String, on: SwitchedOn<'_>) {
    let first_order = if on.curvature() {
        "r_j s_j / g_j - Lambda_j m_j + sum_m O_jm Gamma_jm m_m = 0        g_j = (p_j / p0_j)^(lambda - 1)"
    } else {
        "r_j s_j - Lambda_j m_j + sum_m O_jm Gamma_jm m_m = 0"
    };
    match &on.scenario.rule {
        PricingRule::PassThrough { theta } => equations(
            out,
            &[format!("p = p0 + {} x (what keeps the maker's dollar margin)", number(*theta))],
        ),
        PricingRule::Bertrand => {
            out.push_str("At every revision prices are the Bertrand-Nash equilibrium under the duties charged:\n\n");
            equations(out, &[first_order.into(), "s demand, Lambda and Gamma the parts of its derivatives (Morrow and Skerlos 2011), m margins, O who counts whose profit".into()]);
        }
        PricingRule::Adaptive => out.push_str("One maker after the other changes one brand's markups by a step, 3% at first; if its own profit rate does not rise, the step is reversed and halved, not below 0.1%. Dollar markups are kept when duties or costs change.\n\n"),
        PricingRule::Staggered(staggered) => self::staggered(out, staggered, first_order),
    }
    let revisions = &on.scenario.revisions;
    let mut when = vec!["policy events".to_owned()];
    if !on.staggered() {
        if !revisions.model_year_weeks.is_empty() {
            let weeks: Vec<String> = revisions.model_year_weeks.iter().map(u32::to_string).collect();
            when.push(format!("model years (weeks {})", weeks.join(", ")));
        }
        if on.exchange() && revisions.exchange_threshold.is_finite() {
            when.push(format!("moves of a model's cost by {}", number(revisions.exchange_threshold)));
        }
    }
    if let Some(weeks) = revisions.every_weeks {
        when.push(format!("every {weeks} weeks"));
    }
    if !on.staggered() {
        out.push_str(&format!("Prices are revised at {}.\n\n", when.join(", ")));
    }
}

fn staggered(out: &mut String, staggered: &Staggered, first_order: &str) {
    let life = number(staggered.life.weeks);
    let mut lines = vec![
        format!("b = exp(-{}/52) exp(-1/L), L = {life} weeks        a share 1 - exp(-1/L) of all lists is reopened each week", number(staggered.life.discount_rate)),
        "W = (1 - b) / (1 - b exp(-1/D))        weight of a duty in force that ends in any week with chance 1 - exp(-1/D), D its expected_weeks".into(),
        "W = 1 - b^T                            of one that is known to change in T weeks".into(),
    ];
    if let Some(chance) = staggered.anticipate {
        lines.push(format!(
            "W = {} b^T W(D)                       of one that is announced and decided in T weeks",
            number(chance)
        ));
    }
    lines.extend([
        "rbar = r_now + sum_i (1 - W_i) (r_after_i - r_now), dbar alike".into(),
        format!("target: {first_order} at (rbar, dbar, cbar)"),
        "latent  l(t) = target + exp(-1/L) [l(t-1) - target]".into(),
        if staggered.sell_below_cost {
            "posted  p = l".into()
        } else {
            "posted  p = max(l, (c + d) / r): no car is sold at a loss".into()
        },
    ]);
    equations(out, &lines);
    match staggered.reopen_gain {
        Some(gain) => out.push_str(&format!(
            "A maker whose profit would rise by more than {} of a year's revenue from the models concerned reopens their lists at once when an instrument begins or ends.\n\n",
            number(gain)
        )),
        None => out.push_str("Lists always wait for their turn.\n\n"),
    }
}

fn measure(measure: &Measure) -> String {
    match measure {
        Measure::Duty { duty, stacking, within } => {
            let level = |duty: &Duty| match duty {
                Duty::AdValorem { rate, basis: on, customs_value_share } => {
                    format!(
                        "{} of {}, customs share {}",
                        number(rate.fraction()),
                        basis(*on),
                        number(*customs_value_share)
                    )
                }
                Duty::Specific { amount_usd } => format!("{} USD a car", number(*amount_usd)),
            };
            let mut inside = String::new();
            if let Some(within) = within {
                inside = format!(", {} on the first {:.0} cars a year", level(&within.duty), within.cars_per_year);
            }
            let level = level(duty);
            let stacking = match stacking {
                Stacking::Additional => "on top of the normal duty",
                Stacking::Replaces => "in place of the normal duty",
            };
            format!("{level}, {stacking}{inside}")
        }
        Measure::Quota { cars_per_year } => format!("{} cars a year at most", number(*cars_per_year)),
        Measure::Inspection { cost_usd, delay_weeks } => {
            format!("{} USD a car, {delay_weeks} weeks", number(*cost_usd))
        }
        Measure::Rebate { amount_usd } => format!("{} USD a car to the buyer", number(amount_usd.abs())),
        Measure::Incentive { amount_usd } => {
            format!("{} USD a car to the buyer, paid by its maker", number(*amount_usd))
        }
        Measure::Retaliation(retaliation) => {
            format!("orders of {} USD a year moved elsewhere", number(retaliation.orders_usd_per_year))
        }
    }
}

/// What each kind of instrument does, where a scenario uses it.
const KINDS: [(&str, &str); 7] = [
    ("duty", "A duty adds to t or A of the cars that it is on."),
    (
        "quota",
        "A quota binds at the annual rate of expected demand: a shadow price mu on each of its cars clears it, and the sellers keep it. It is slack or has a price, never both.",
    ),
    ("inspection", "An inspection costs resources and brings no revenue; it is a cost like any other."),
    ("rebate", "A rebate is a specific duty below zero: the sticker price is what the buyer pays in the end."),
    (
        "credit",
        "A credit to the buyer is there in the base year: he pays the list price less it, the maker gets the list price, and the Treasury pays it. It is gone with the event that ends it.",
    ),
    (
        "incentive",
        "An incentive is dollars off at the dealer that the maker pays: the buyer pays that much less and the maker gets that much less, the duty and all list prices stay.",
    ),
    (
        "retaliation",
        "Retaliation moves orders of the other country elsewhere: it changes no price of this market, only the accounts.",
    ),
];

/// What a lower duty on the first cars of a year does.
const RATE_QUOTAS: &str = "Of a quota by rate the first K cars of a year owe the lower duty. Prices follow the last car's, inside + x (outside - inside), with x = 0 where no more than K are sold then, 1 where K or more are sold at the duty outside, and else such that K are sold; what the last car owes beyond the mean is the makers' rent.";

fn instruments(out: &mut String, on: SwitchedOn<'_>) {
    let used = on.instruments();
    if used.is_empty() {
        out.push_str("None: no regime uses any.\n\n");
        return;
    }
    for (_, what) in KINDS.iter().filter(|(kind, _)| used.iter().any(|(_, own)| own.kind() == *kind)) {
        out.push_str(&format!("{what} "));
    }
    if on.rate_quotas() {
        out.push_str(RATE_QUOTAS);
    }
    out.push_str("\n\n");
    let row = |instrument: &Instrument| {
        let levels: Vec<String> = instrument
            .measures
            .iter()
            .map(|dated| match dated.from_week {
                0 => measure(&dated.measure),
                week => format!("from week {week}: {}", measure(&dated.measure)),
            })
            .collect();
        let models = instrument.selected.iter().filter(|selected| **selected).count();
        let mut more = Vec::new();
        more.extend(borne(on, instrument));
        let offset = instrument.offset.iter().copied().fold(0.0, f64::max);
        if offset != 0.0 {
            more.push(format!("less an offset of up to {} of the list price", number(offset)));
        }
        if let Some(until) = instrument.until {
            more.push(format!("until {}", until.date));
        }
        if on.staggered() && instrument.expected_weeks.is_finite() {
            more.push(format!("makers expect it for {} weeks", number(instrument.expected_weeks)));
        }
        vec![
            code(&instrument.name),
            text(&instrument.label),
            instrument.kind().to_owned(),
            levels.join("; "),
            if models == 0 { "none".into() } else { models.to_string() },
            more.join("; "),
        ]
    };
    let rows: Vec<Vec<String>> = used.iter().map(|(_, instrument)| row(instrument)).collect();
    table(out, &["instrument", "label", "kind", "level", "models", "more"], &rows);
}

/// What part of an instrument's level each of its models bears, where that is not all: the models by their parts, or the range where there are many.
fn borne(on: SwitchedOn<'_>, instrument: &Instrument) -> Option<String> {
    let mut parts: Vec<(f64, Vec<String>)> = Vec::new();
    for (j, model) in on.scenario.market.models.iter().enumerate().filter(|(j, _)| instrument.selected[*j]) {
        match parts.iter_mut().find(|(known, _)| *known == instrument.part[j]) {
            Some((_, models)) => models.push(code(&model.name)),
            None => parts.push((instrument.part[j], vec![code(&model.name)])),
        }
    }
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let ([(most, _), ..], Some((least, _))) = (&parts[..], parts.last()) else { return None };
    if [*least, *most] == [1.0, 1.0] {
        return None;
    }
    if parts.len() > MOST_PARTS {
        return Some(format!("each model bears {} to {} of it", number(*least), number(*most)));
    }
    let of = |(part, models): &(f64, Vec<String>)| format!("{} of it by {}", number(*part), models.join(", "));
    Some(format!("borne are {}", parts.iter().map(of).collect::<Vec<_>>().join("; ")))
}

/// Parts of a level that are listed by model.
const MOST_PARTS: usize = 12;

fn launches(out: &mut String, on: SwitchedOn<'_>) {
    out.push_str("The base year is one in which all products are on sale. One that is not is out of everybody's choice and out of the makers' first-order conditions; in a ramp exp(V) counts in part, in equal steps a week.\n\n");
    if !on.scenario.on_sale.is_empty() {
        out.push_str(&format!("On sale: {}.\n\n", dates(on, &on.scenario.on_sale)));
    }
}

/// When models are on sale.
fn dates(on: SwitchedOn<'_>, all: &[SaleDates]) -> String {
    let of = |own: &SaleDates| {
        let mut text = code(&on.scenario.market.models[own.model].name);
        if let Some(week) = own.from_week {
            text.push_str(&format!(" from week {week}"));
        }
        if own.ramp_weeks > 1 {
            text.push_str(&format!(" (a ramp of {} weeks)", own.ramp_weeks));
        }
        if let Some(week) = own.until_week {
            text.push_str(&format!(" until week {week}"));
        }
        text
    };
    all.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn regimes(out: &mut String, on: SwitchedOn<'_>) {
    let scenario = on.scenario;
    out.push_str("An event acts from the first week that starts on or after its date. An instrument is idle, threatened, announced, imposed, settled, lapsed, lifted or reversed; an event that cannot follow the one before it is refused.\n\n");
    let mut rows = Vec::new();
    for (place, regime) in scenario.regimes.iter() {
        let instruments = regime.instruments(&scenario.instruments);
        let mut events: Vec<String> = regime
            .events
            .iter()
            .map(|event| {
                let mut text = format!(
                    "{} (week {}) {} {}",
                    event.date,
                    event.week,
                    code(&instruments[event.instrument].name),
                    event.action.as_str()
                );
                if let Some(change) = &event.change {
                    text.push_str(&format!(" to {}", measure(&change.measure)));
                    if let Some(week) = regime.overtaken_by(event, &scenario.instruments) {
                        text.push_str(&format!(", in place of what its schedule has from week {week} on"));
                    }
                    if change.known_week < event.week {
                        text.push_str(&format!(
                            ", known from {} (week {})",
                            scenario.week_start(change.known_week),
                            change.known_week
                        ));
                    }
                    if change.owed_from < event.week {
                        text.push_str(&format!(
                            ", retroactive to the week of {} (week {})",
                            scenario.week_start(change.owed_from),
                            change.owed_from
                        ));
                    }
                }
                if event.refund {
                    text.push_str(", with refund to the importers");
                }
                text
            })
            .collect();
        if let Some(negotiated) = scenario.bargaining.as_ref().and_then(|bargaining| bargaining.of_regime(place)) {
            events.push(format!(
                "negotiated by the governments over {}",
                code(&scenario.instruments[negotiated.instrument].name)
            ));
        }
        if !regime.on_sale.is_empty() {
            events.push(format!("on sale: {}", dates(on, &regime.on_sale)));
        }
        match regime.reopening {
            Reopening::AsTheRule => {}
            Reopening::Never if on.staggered() => events.push("lists always wait".into()),
            Reopening::AtGain(gain) if on.staggered() => {
                events.push(format!("lists are reopened at a gain of {}", number(gain)));
            }
            Reopening::Never | Reopening::AtGain(_) => {}
        }
        let name =
            if place == scenario.baseline { format!("{} (baseline)", code(&regime.name)) } else { code(&regime.name) };
        let events = if events.is_empty() { "no event".to_owned() } else { events.join("; ") };
        rows.push(vec![name, text(&regime.label), events]);
    }
    table(out, &["regime", "label", "what happens"], &rows);
    if on.happens(&[Action::Liable]) {
        out.push_str(if on.dealers() {
            "From a liable event on, cars that land owe the duty if it is imposed later; cars landed before never do.\n\n"
        } else {
            "From a liable event on, cars sold owe the duty if it is imposed later: the importer pays, for the sticker price moves only when it is imposed.\n\n"
        });
    }
    if on.happens(&[Action::Complaint]) {
        out.push_str("A complaint before the world trade body runs beside the instrument: only a ruling that is lost can lead to a reversal.\n\n");
    }
}

fn anticipation(out: &mut String, on: SwitchedOn<'_>, timing: &Timing) {
    let own = &timing.anticipation;
    equations(
        out,
        &[
            "U(p) = max_j [V_ij(p) + eps_ij]        a purchase event keeps its draws eps whatever the week".into(),
            "early:  [U(p_now) - (1 - pi_i) U(p_list) - pi_i U(p_duty)] / alpha_i  >  F_i + kappa_i (d - t)   and   d >= deadline + g_i".into(),
            "wait:   h [U(p_list) - U(p_now)] / alpha_i  >  kappa_late,i (1 + weeks waited / {})".replace("{}", &number(own.waiting_doubles_weeks)),
            format!("pi_i = (1 - omega) pi_t + omega [u_i < pi_t] while a decision is open, omega = {}", number(own.polarisation)),
        ],
    );
    let costs = [("F", &own.fixed_cost), ("kappa", &own.cost_per_week), ("kappa_late", &own.waiting_cost)].map(
        |(name, law)| {
            format!(
                "{name} lognormal with median {} USD and log standard deviation {}",
                number(law.median),
                number(law.log_sd)
            )
        },
    );
    out.push_str(&format!(
        "While a decision is open or the duty in force, a buyer {}with planned date d within the next {} weeks considers buying early with probability {} a week; a due buyer may wait, {} weeks at most. {}. Buyers think that cars at the old price last {} weeks beyond the deadline on average (g, exponential).\n\n",
        if own.leases_movable { "" } else { "not in a lease " },
        own.look_ahead_weeks,
        number(own.consider_per_week),
        own.longest_wait_weeks,
        costs.join(", "),
        number(own.stock_lag_weeks),
    ));
    out.push_str(&match own.pass_through {
        None => "p_duty are the list prices that makers would set.\n\n".to_owned(),
        Some(part) => format!(
            "p_duty are not the list prices that makers would set: buyers expect those without the duty, and {}% of the duty on top.\n\n",
            number(100.0 * part)
        ),
    });
    let rows: Vec<Vec<String>> = on
        .scenario
        .regimes
        .iter()
        .zip(timing.beliefs.values())
        .map(|((id, regime), belief)| {
            let negotiated = on.scenario.bargaining.as_ref().and_then(|bargaining| bargaining.of_regime(id)).is_some();
            let open = if negotiated {
                "the governments' public belief".into()
            } else {
                let most = belief.while_open.iter().fold(0.0_f64, |most, x| most.max(*x));
                format!("at most {}", number(most))
            };
            vec![code(&regime.name), open, number(belief.once_imposed), number(belief.reversal_per_week)]
        })
        .collect();
    table(
        out,
        &["regime", "belief while a decision is open", "belief once imposed", "believed chance a week of a reversal"],
        &rows,
    );
    if on.grudge() {
        let grudge = &timing.hysteresis;
        out.push_str(&format!(
            "*Grudge.* From the announcement on, a share {} of buyers sees the listed models with a penalty of {} that halves every {} weeks, whatever the outcome.\n\n",
            number(grudge.share),
            number(grudge.penalty),
            number(grudge.half_life_weeks)
        ));
    }
    if on.peers() {
        let peers = &timing.peers;
        out.push_str(&format!(
            "*Word of mouth.* A brand gains {} x (its share among {} acquaintances less its base-year share), on a directed small world with a share {} of ties far away.\n\n",
            number(peers.gamma),
            peers.neighbours,
            number(peers.rewired)
        ));
    }
    if !timing.outside_parts.is_empty() {
        let parts: Vec<String> =
            timing.outside_parts.iter().map(|(name, share)| format!("{} {}", code(name), number(*share))).collect();
        out.push_str(&format!("The outside option is reported in parts by fixed shares: {}.\n\n", parts.join(", ")));
    }
}

fn dealers(out: &mut String, on: SwitchedOn<'_>, dealers: &DealerParameters) {
    let [low, high] = dealers.price_bounds.map(number);
    let band = number(dealers.dead_band);
    let adjustment = number(dealers.adjustment_weeks);
    let mut lines = vec![
        format!(
            "q += (first choices - q) / {}        T = max({} weeks of q, {} sales of a buyer)",
            number(dealers.forecast_weeks),
            number(dealers.target_weeks),
            number(dealers.least_sales)
        ),
        format!(
            "order = clamp(q + (T - stock) / {adjustment} + ((lag - 1) q - in transit) / {adjustment}, 0, capacity + banked)"
        ),
        format!(
            "price = list (1 + phi),  phi = -{} sign(ln c) max(|ln c| - {band}, 0) in [{low}, {high}],  c = stock / T",
            number(dealers.discount_slope)
        ),
    ];
    lines.push(format!(
        "a car that escaped the duty: price = min((old + v (new - old)) (1 + phi(c)), max(new (1 + phi), old + v (new - old))),  v = {}",
        number(dealers.replacement_weight)
    ));
    equations(out, &lines);
    let range = |values: &[u32]| {
        let (least, most) = values.iter().fold((u32::MAX, 0), |(a, b), x| (a.min(*x), b.max(*x)));
        if least == most { least.to_string() } else { format!("{least} to {most}") }
    };
    out.push_str(&format!(
        "A lot holds the cars that owe the same duties; those that landed first are sold first. From order to landing a car takes {} weeks. Capacity that a week leaves unused is banked, {} weeks of it at most; while a duty is announced and landings do not owe it, up to {} weeks of sales are shipped ahead.\n\n",
        range(&dealers.lag_weeks),
        number(dealers.banked_weeks),
        number(dealers.ahead_weeks),
    ));
    let suspending: Vec<&str> = on
        .scenario
        .timing
        .iter()
        .flat_map(|timing| timing.suspended.values())
        .zip(on.scenario.regimes.values())
        .filter(|(suspended, _)| suspended.contains(&true))
        .map(|(_, regime)| regime.name.as_str())
        .collect();
    if !suspending.is_empty() {
        out.push_str(&format!("Some makers stop ordering while a decision is open in {}.\n\n", codes(suspending)));
    }
}

fn governments(out: &mut String, on: SwitchedOn<'_>) {
    let Some(bargaining) = &on.scenario.bargaining else { return };
    let own = &bargaining.setup.parameters;
    out.push_str("Two governments negotiate a text (x, f): a size x in [0, 1] and a form f, numerical targets (1), criteria (0.5) or company plans (0.2). Offers move from an opening to a limit; a deal is struck at the first round in which they meet, at the midpoint.\n\n");
    equations(
        out,
        &[
            format!("A(T) = (1 - exp(-rT)) / r, r = {}", number(own.discount_rate)),
            "offer of the partner: k + (R - k) u^(1/e)        demand of the home government: k' - (k' - R') u^(1/e)        u the share of the time elapsed".into(),
            "R   = cheap parts + [Q (pain of sanctions - worth of vindication) - domestic reward for refusal - news] / (cost of the text x A(deal))    in [0, 1]".into(),
            format!("R'  = [ratification + N + news] / (worth of the text x A(deal)),  N = s ln(exp(U_exec/s) + exp(U_back/s)),  s = {}", number(own.decision_spread)),
            "chance of execution at the deadline = 1 / (1 + exp(-(U_exec - U_back) / s))".into(),
            format!("credibility = kept / (kept + broken), {} / ({} + {}) at the start", number(own.threats_kept), number(own.threats_kept), number(own.threats_broken)),
        ],
    );
    out.push_str(match &bargaining.market_flows {
        Some(_) => "What sanctions are worth to each side comes from this market's own equilibria, solved with and without the instrument at a grid of exchange rates.\n\n",
        None => "What sanctions are worth to each side is given in the file, billion USD a year.\n\n",
    });
    let rows: Vec<Vec<String>> =
        bargaining.setup.calendar.steps().iter().map(|(name, day)| vec![text(name), day.date().to_string()]).collect();
    table(out, &["step, if nothing was settled before it", "date"], &rows);
    out.push_str("All limits, tactics, beliefs and results of settlements: docs/governments.md of the project.\n\n");
}

fn accounts(out: &mut String, on: SwitchedOn<'_>) {
    let accounts = &on.scenario.accounts;
    let own = &accounts.parameters;
    equations(
        out,
        &[
            "sticker = production cost + maker's margin + dealer's margin + duty less refund + inspection".into(),
            "home    = buyers' gain + profit owned at home + dealers' surplus + duty less refund        each as the change against the baseline".into(),
        ],
    );
    out.push_str(&format!(
        "The dealer's margin is {} of the base-year list price, of which {} pays for what a car not sold would save. Buyers' gain is {}. Profits go where makers are owned; home is {}.\n\n",
        number(own.dealers_margin),
        number(own.dealers_avoidable),
        if on.in_time() { "realised utility less that of the first choice at the baseline's prices, in dollars, less the costs of moving a purchase" } else { "the change of ln(exp V_i0 + sum exp V_ij) / alpha_i at each purchase event: the compensating variation" },
        text(&accounts.home),
    ));
    if let Some(partner) = accounts.partner {
        let regions = on.scenario.market.regions.as_slice();
        out.push_str(&format!(
            "The dispute is with {}",
            regions.get(partner.index()).map_or_else(String::new, |name| code(name))
        ));
        if let Some(rival) = accounts.rival {
            out.push_str(&format!(
                "; {} gains what retaliation moves",
                regions.get(rival.index()).map_or_else(String::new, |name| code(name))
            ));
        }
        out.push_str(".\n\n");
    }
    let bases: Vec<String> =
        accounts.deficit_usd.iter().map(|(year, usd)| format!("{year}: {}", number(*usd))).collect();
    if !bases.is_empty() {
        out.push_str(&format!(
            "The bilateral deficit without the changes simulated, USD a year: {}.\n\n",
            bases.join(", ")
        ));
    }
}
