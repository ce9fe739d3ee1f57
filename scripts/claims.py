#!/usr/bin/env python3
"""Writes docs/claims.md: what the reports of 1994-95 claimed, and what the program says of each. It needs nothing but Python.

    scripts/claims.py output --run stickershock > docs/claims.md    # makes the runs below that folder first
    scripts/claims.py output > docs/claims.md                       # they are there
"""

import csv
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

OUTPUT = Path(sys.argv[1])
WORLDS = 10000
ORDERS = 2.0  # billion USD a year: `instrument.airbus_for_boeing` of configs/market-1995.toml
COMMANDS = {
    "answer": "run configs/showdown-1995.toml --set uncertainty.draws=200",
    "sidebar": "run configs/sidebar-1995.toml",
    "without-europe": "run configs/claims/without-europe.toml --root configs --set uncertainty.draws=60",
    "near-twins": "run configs/claims/near-twins.toml --root configs --set uncertainty.draws=60",
    "case-first": "run configs/claims/case-first.toml --root configs --set uncertainty.draws=60",
    "quarter-duty": "run configs/claims/case-first.toml --root configs --set uncertainty.draws=60 --set instrument.sanctions.rate=0.25",
    "yen": """run configs/market-1995.toml --set 'regimes=["status_quo","imposed"]' --set exchange_rate.shift.jpy_per_usd=1.4686""",
    "long-run": """run configs/market-1995.toml --set 'regimes=["status_quo","imposed"]'""",
    "excise": "run configs/claims/luxury-excise.toml --root configs",
    "governments": f"negotiate configs/governments-1995.toml --worlds {WORLDS}",
    "pain": f"negotiate configs/governments-1995.toml --worlds {WORLDS} --set governments.suffered_weight=1",
    "cabinets": f"negotiate configs/governments-1995.toml --worlds {WORLDS} --set governments.partner_changes=0.8",
}
if "--run" in sys.argv:
    program = sys.argv[sys.argv.index("--run") + 1]
    for name, command in COMMANDS.items():
        subprocess.run([program, *shlex.split(command), "--quiet", "--out", str(OUTPUT / name)], check=True, stdout=sys.stderr)
ANSWER, SIDEBAR = OUTPUT / "answer", OUTPUT / "sidebar"
PERIOD = "after_deadline"


def table(folder, name):
    with open(folder / "tables" / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def read_widths(folder, quantity, period=PERIOD):
    return {(r["regime"], r["metric"]): r for r in table(folder, "widths") if r["period"] == period and r["quantity"] == quantity}


def read_models(folder):
    return {(r["regime"], r["model"]): r for r in table(folder, "models") if r["period"] == PERIOD}


def negotiation(folder):
    return {r["metric"]: r for r in table(OUTPUT / folder, "negotiation") if r["mean"] and r["std_error"]}


widths, levels, models = read_widths(ANSWER, "change"), read_widths(ANSWER, "level"), read_models(ANSWER)
negotiated = {r["metric"]: r for r in table(ANSWER, "negotiation")}
welfare = {(r["regime"], r["account"]): r for r in table(ANSWER, "welfare") if r["period"] == PERIOD}
period = next(r for r in table(ANSWER, "periods") if r["period"] == PERIOD)
years = float(period["years"])
draws = len({r["draw"] for r in table(ANSWER, "draws")})
rows = []


def money(regime, metric, widths=widths):
    """Billions a year: median and the middle 90% of the draws."""
    row = widths[regime, metric]
    value = [float(row[f"structure_{which}"]) / years / 1e9 for which in ("median", "low", "high")]
    return value, f"{value[0]:+.2f} bn a year ({value[1]:+.2f} to {value[2]:+.2f})"


def percent(regime, metric, widths=widths, levels=levels):
    """A change of a quantity in percent of the status quo's median."""
    row, base = widths[regime, metric], float(levels["status_quo", metric]["structure_median"])
    value = [100 * float(row[f"structure_{which}"]) / base for which in ("median", "low", "high")]
    return value, f"{value[0]:+.1f}% ({value[1]:+.1f} to {value[2]:+.1f})"


def of_model(regime, model, column="units", models=models):
    """A model's change in percent, with the 95% interval of the mean over draws."""
    row = models[regime, model]
    base = float(row[f"{column}_mean"]) - float(row[f"{column}_change"])
    change, half = float(row[f"{column}_change"]), 1.97 * float(row[f"{column}_change_std_error"])
    value = [100 * x / base for x in (change, change - half, change + half)]
    return value, f"{value[0]:+.1f}% ({value[1]:+.1f} to {value[2]:+.1f})"


def by_draw(folder, regime, metric, period=PERIOD):
    """What a metric changes by in each draw that has a result, and its level there, means over the draw's replications."""
    found = [r for r in table(folder, "draw_results") if (r["regime"], r["metric"], r["period"]) == (regime, metric, period) and r["mean"] and r["change"]]
    return {r["draw"]: (float(r["change"]), float(r["mean"])) for r in found}


def middle(values):
    """Median and the middle 90% of draws, with quantiles as in widths.csv."""
    cut = statistics.quantiles(values, n=20, method="inclusive")
    return statistics.median(values), cut[0], cut[-1]


def of_draws(values, unit="", digits=1, sign="+"):
    value = middle(values)
    return value, f"{value[0]:{sign}.{digits}f}{unit} ({value[1]:{sign}.{digits}f} to {value[2]:{sign}.{digits}f})"


def apart(first, second, metric):
    """Billions a year between two regimes, draw by draw."""
    a, b = by_draw(ANSWER, first, metric), by_draw(ANSWER, second, metric)
    return [(a[k][0] - b[k][0]) / years / 1e9 for k in a if k in b]


def same_worlds(folder):
    """The draws that a run has in common with the answer's: their number and every parameter, but for factors on cells of the table of models."""
    told = [{}, {}]
    for draws_of, where in zip(told, (ANSWER, folder)):
        for r in table(where, "draws"):
            if not r["key"].startswith("market.factor."):
                draws_of.setdefault(r["draw"], set()).add((r["structure"], r["key"], r["value"]))
    return {draw for draw, settings in told[1].items() if told[0].get(draw) == settings}


def share_of_worlds(row, digits=2):
    """A mean over worlds of negotiation with its standard error."""
    mean, error = float(row["mean"]), float(row["std_error"])
    return f"{mean:.{digits}f} " + (f"({error:.{digits}f})" if error > 0 else f"(in all {int(row['worlds']):,} worlds)")


def claim(number, text, run, result, verdict):
    rows.append(f"| {number} | {text} | {run} | {result} | {verdict} |")


def cannot(number, text, because):
    claim(number, text, "-", "-", f"cannot say: {because}")


flagged = [name for (regime, name), row in models.items() if regime == "status_quo" and row["flagged"] == "true"]
claim(1, "A 100% duty on 13 luxury models", "`imposed`", f"{len(flagged)} models; ad valorem on the price at the border", "as modelled")
stickers = {r["model"]: float(r["sticker_price_usd"]) for r in table(SIDEBAR, "pricing") if r["regime"] == "imposed"}
sidebar = [("LS 400", 88000)]
claim(2, "The newspaper's stickers: LS 400 from 51,680 to 88,000", "`sidebar-1995`", f"{stickers['LS 400']:,.0f} USD", "holds, as arithmetic" if abs(stickers["LS 400"] / 88000 - 1) < 0.01 else "differs")
early, late = money("imposed", "makers_japan_usd"), money("imposed_retroactive", "makers_japan_usd")
value, text = of_draws(apart("imposed_retroactive", "imposed", "makers_japan_usd"), " bn", 2)
claim(3, "The duty was owed from 20 May at once, which shocked importers", "`imposed_retroactive` less `imposed`", f"Japan's makers {early[1]} without the liability, {late[1]} with it; draw by draw {text}", "holds: it costs them more" if value[2] < 0 else "does not" if value[1] > 0 else "cannot be told: the interval has both signs")
cannot(4, "Importers had no time to stock up", "ships ahead are bounded by a judgement (`shipping.ahead_weeks`), so the answer is put in")
weak = [r for r in table(OUTPUT / "yen", "models") if r["regime"] == "status_quo" and r["period"] == "all" and r["flagged"] == "true"]
strong = {r["model"]: r for r in table(OUTPUT / "yen", "base_year")}
both_years = sum(float(r["years"]) for r in table(OUTPUT / "yen", "periods") if r["period"] == "all")
at_weak = sum(float(r["expected_units_mean"]) for r in weak) / both_years
error = 1.97 * sum(float(r["expected_units_std_error"]) for r in weak) / both_years
at_strong = sum(float(strong[r["model"]]["expected_volume"]) for r in weak)
lists = sum(float(strong[r["model"]]["list_price_usd"]) * float(strong[r["model"]]["expected_volume"]) for r in weak)
at_weak_lists, lists_error = (sum(factor * float(r[f"sticker_price_usd_{which}"]) * float(strong[r["model"]]["expected_volume"]) for r in weak) for which, factor in (("mean", 1), ("std_error", 1.97)))
dearer = [100 * (lists / (at_weak_lists + sign * lists_error) - 1) for sign in (0, -1, 1)]
crimped = [100 * (at_strong / (at_weak + sign * error) - 1) for sign in (0, -1, 1)]
claim(5, "The strong yen had already cut sales of the targeted cars", "`market-1995` at the yen of January 1993 (125.0 to the dollar) beside that of May 1995 (85.1), long run", f"listed cars {crimped[0]:+.1f}% (up to {max(abs(x - crimped[0]) for x in crimped[1:]):.1f} points either way), their lists {dearer[0]:+.1f}% (up to {max(abs(x - dearer[0]) for x in dearer[1:]):.1f})", "does not" if crimped[1] > 0 else "holds, if all prices have followed: seven tenths of a car's cost are in yen, an estimate")
share, text = of_model("imposed", "2.5 TL")
claim(6, "A Honda on the list is not on sale yet; its untouched sister, the 2.5 TL, is", "`imposed`, cars of the 2.5 TL", text, "the sister gains" if share[1] > 0 else "not seen")
twins = read_models(OUTPUT / "near-twins")
changes = "; ".join(f'{name} {of_model("imposed", name, models=twins)[1]}' for name in ("Maxima", "Camry V6 XLE", "Avalon"))
twin_widths, twin_levels = (read_widths(OUTPUT / "near-twins", quantity) for quantity in ("change", "level"))
home, listed = money("imposed", "total_home_usd", twin_widths)[1], [percent("imposed", "units_sanctioned", *of)[1] for of in ((twin_widths, twin_levels), (widths, levels))]
lost_by_listed = -sum(float(row["units_change"]) for (regime, _), row in twins.items() if regime == "imposed" and row["flagged"] == "true")
gained, error = (sum(factor * float(twins["imposed", name][f"units_{which}"]) for name in ("Maxima", "Camry V6 XLE", "Avalon")) / lost_by_listed for which, factor in (("change", 1), ("change_std_error", 1.97)))
gain = min(of_model("imposed", name, models=twins)[0][1] for name in ("Maxima", "Camry V6 XLE", "Avalon"))
claim(7, "Mass-market near twins are free of the duty", "`imposed` of `near-twins`, cars", f"{changes}: {100 * gained:.0f}% ({100 * (gained - error):.0f} to {100 * (gained + error):.0f}) of the cars that the listed lose. With them the listed change by {listed[0]}, without by {listed[1]}; the United States {home}", ("they gain" if gain > 0 else "not all gain") + "; which of their cars belong to this market is a judgement (a quarter of Maxima, all others), demand is held")
cars = {name: by_draw(ANSWER, "imposed", f"units_{name}") for name in ("europe", "big_three", "japan", "sanctioned")}
parts = {"europe": [], "big_three": []}
for draw in cars["europe"]:
    gains = {"europe": cars["europe"][draw][0], "big_three": cars["big_three"][draw][0], "japan": cars["japan"][draw][0] - cars["sanctioned"][draw][0]}
    for region, of_all in parts.items():
        of_all.append(100 * gains[region] / sum(gains.values()))
(europe, europe_text), (_, detroit_text) = (of_draws(parts[region], "%", 0, "") for region in ("europe", "big_three"))
lead, lead_text = of_draws([a - b for a, b in zip(parts["europe"], parts["big_three"])], " points")
verdict = "holds" if europe[1] > 50 else "does not" if europe[2] < 50 else f"cannot be told: {'more' if europe[0] > 50 else 'less'} than half by the median, and half is within the interval"
verdict += ". More to the Big Three" if lead[2] < 0 else ". More than to the Big Three" if lead[1] > 0 else ". Whether they or the Big Three gain more cannot be told either"
claim(8, "Most who are turned off go to European cars", "`imposed`, of the cars gained by others", f"{europe_text} to Europe, {detroit_text} to the Big Three, apart by {lead_text}", verdict)
value, text = percent("imposed", "units_big_three")
claim(9, "The Big Three will not notice much", "`imposed`, cars", text, "does not: they would notice" if value[1] > 1 else "holds" if value[2] < 1 else "cannot be told")
value, text = percent("imposed", "sticker_price_big_three_usd")
alone = [read_widths(OUTPUT / "without-europe", quantity) for quantity in ("change", "level")]
without, text_without = percent("imposed", "sticker_price_big_three_usd", *alone)
shared = same_worlds(OUTPUT / "without-europe")
rises = []
for folder in (ANSWER, OUTPUT / "without-europe"):
    before, after = (by_draw(folder, regime, "sticker_price_big_three_usd") for regime in ("status_quo", "imposed"))
    rises.append({draw: 100 * after[draw][0] / before[draw][1] for draw in after if draw in before and draw in shared})
more, more_text = of_draws([rises[1][draw] - rises[0][draw] for draw in rises[0] if draw in rises[1]], " points", 2)
claim(10, "European competition keeps American makers from raising prices", "`imposed` here and of `without-europe`, Detroit's list prices", f"{text} with European cars, {text_without} without; in the {len(rises[0].keys() & rises[1].keys())} draws that both have, draw by draw, {more_text} more without", "holds, but little" if more[1] > 0 else "does not: without European cars they rise less" if more[2] < 0 else "cannot be told: the interval has both signs")
value, text = money("imposed", "total_home_usd")
claim(11, "It punishes Japan's makers at little cost to the United States", "`imposed`, United States", text, "open: the sign is not known ([answer.md](answer.md))" if value[1] < 0 < value[2] else "does not" if value[2] < 0 else "holds")
pairs = [("LS 400", "7 Series (740i)"), ("Q45", "XJ6"), ("SC 300", "Seville"), ("ES 300", "Mark VIII"), ("Legend", "Aurora"), ("Millenia", "Riviera")]
net = {name for (regime, name), r in models.items() if regime == "imposed" and r["flagged"] == "false" and float(r["units_change"]) > 0}
diversion = [r for r in table(ANSWER, "diversion") if r["regime"] == "imposed"]
ranked = []
for car, rival in pairs:
    own = sorted((r for r in diversion if r["model"] == car and r["gainer"] in net), key=lambda r: -float(r["share_of_lost"]))
    place = [(k, r) for k, r in enumerate(own, 1) if r["gainer"] == rival]
    of_lost = [100 * float(place[0][1][f"share_of_lost{end}"]) for end in ("", "_ci_low", "_ci_high")] if place else None
    ranked.append(f"{rival} for {car}: {place[0][0]} of {len(own)}, {of_lost[0]:.1f}% of the buyers lost ({of_lost[1]:.1f} to {of_lost[2]:.1f})" if place else f"{rival} for {car}: not among them")
first = sum(": 1 of" in text for text in ranked)
claim(12, "Six pairs of cars that replace each other", "`imposed`, rank among the models that gain on net", "; ".join(ranked), f"{first} of 6 first ([all gainers](#who-gains)): the model knows size, power and price, not image")
share, text = of_model("imposed", "XJ6") if ("imposed", "XJ6") in models else of_model("imposed", next(m for _, m in models if "XJ" in m))
claim(13, "Jaguar, Ford's, gains momentum", "`imposed`, cars of the XJ6", text, "holds" if share[1] > 0 else "does not" if share[2] < 0 else "cannot be told")
share, text = of_model("imposed", "Millenia")
claim(14, "The Millenia could be fatally hurt", "`imposed`, cars of the Millenia", text, ("hurt" if share[2] < 0 else "not seen") + "; whether fatally cannot be said: no model or dealer leaves")
row = welfare["imposed", "dealers_sanctioned"]
def lots(folder, regime):
    """Weeks after the deadline of the listed makers' lots: by maker."""
    rows = [r for r in table(folder, "dealers") if r["regime"] == regime and r["flagged"] == "true" and r["manufacturer"] != "all" and r["week_start"] >= period["first_date"]]
    return {maker: [r for r in rows if r["manufacturer"] == maker] for maker in sorted({r["manufacturer"] for r in rows})}


def lost(folder):
    """Change of the listed makers' cars after the deadline, percent, by maker, with an interval at least as wide as the 95% one of the mean over draws."""
    found = {}
    for maker in lots(folder, "imposed"):
        cars = [r for (regime, _), r in read_models(folder).items() if regime == "imposed" and r["manufacturer"] == maker and r["flagged"] == "true"]
        change, error = (sum(float(r[f"units_change{which}"]) for r in cars) for which in ("", "_std_error"))
        base = sum(float(r["units_mean"]) for r in cars) - change
        found[maker] = [100 * x / base for x in (change, change - 1.97 * error, change + 1.97 * error)]
    return found


full, quarter, margin_share = lost(ANSWER), lost(OUTPUT / "quarter-duty"), 0.10
mark = quarter["Toyota"]
under = [maker for maker, change in full.items() if change[2] < mark[1]]
weeks = [r for rows in lots(ANSWER, "imposed").values() for r in rows]
below = sum(float(r["transaction_price_usd_mean"]) < (1 - margin_share) * float(r["sticker_price_usd_mean"]) for r in weeks)
claim(15, "Dealers are hurt", "`imposed`, the listed makes' dealers", f'margins {float(row["change_usd_per_year"]) / 1e9:+.2f} bn a year ({float(row["ci_low_usd_per_year"]) / 1e9:+.2f} to {float(row["ci_high_usd_per_year"]) / 1e9:+.2f}, of the mean). A Lexus dealer said that he could not survive 25%, which takes {-mark[0]:.0f}% of the cars of that lot here ({-mark[2]:.0f} to {-mark[1]:.0f}): dealers of {len(under)} of {len(full)} makers lose more ({", ".join(f"{maker} {-change[0]:.0f}% ({-change[2]:.0f} to {-change[1]:.0f})" for maker, change in full.items())}). {below} of {len(weeks)} weeks of a maker\'s lots below replacement cost (list less {100 * margin_share:.0f}%)', ("holds" if float(row["ci_high_usd_per_year"]) < 0 else "cannot be told") + (f"; by that dealer's mark, a low one, {'all' if len(under) == len(full) else f'{len(under)} of {len(full)}'} would be under water. What a dealer needs to stay open is in no source"))
_, text = money("inspections", "total_home_usd")
claim(16, "Inspecting every car was weighed", "`inspections`, United States", text, "a regime")
_, text = money("voluntary_restraint", "makers_japan_usd")
claim(17, "Tariffs and quotas are both possible", "`voluntary_restraint`, Japan's makers", text, "a regime")
loss = middle(apart("imposed_retaliation", "imposed_retroactive", "total_home_usd"))
spared = [change / years / 1e9 for change, _ in by_draw(ANSWER, "imposed_retroactive", "total_home_usd").values()]
at = [of_draws([x + loss[0] * times for x in spared], " bn a year", 2) for times in (0.5, 1, 2)]
claim(18, "Tokyo may prefer Airbus to Boeing", "`imposed_retaliation`, at half the orders, at these and at twice, United States", f"{', '.join(text for _, text in at)}. Less `imposed_retroactive`: {loss[0]:+.2f} bn in every draw ({loss[1]:+.2f} to {loss[2]:+.2f}), a fifth of {ORDERS:g} bn of orders a year, in force for 65 of these 78 weeks", ("the orders hurt; the sign of the total is not known at any amount" if all(value[1] < 0 < value[2] for value, _ in at) else "the orders hurt") + ". Each interval is that of demand and structure; the amount and the fifth are judgements, and the loss is proportional to both")
cannot(19, "Pressure may cost support on China and North Korea", "a constant in the governments' payoffs")
cannot(20, "Both sides may be condemned at the WTO", "Tokyo's complaint is there; a counter-complaint is not: nothing is known of its odds, or of what losing it would cost")
first_widths = read_widths(OUTPUT / "case-first", "change")
early, late = (money(regime, "makers_japan_usd", first_widths)[1] for regime in ("imposed", "case_first"))
home_first = [money(regime, "total_home_usd", first_widths)[1] for regime in ("imposed", "case_first")]
claim(21, "A conviction before an execution", "`case_first` of `case-first`: list on 26 August 1996, duty on 8 October", f"Japan's makers {late} where the case comes first, {early} where it does not; the United States {home_first[1]}, {home_first[0]}", "a regime: a ruling takes 467 days, so the duty bites in 12 of these 78 weeks. That the ruling is for Washington is put in")
claim(22, "A reputation for empty threats; now he acts", "`negotiated`, belief on 24 May", share_of_worlds(negotiated["belief_1995_05_24"], 3), "put in: a record counted, with weights set by hand")
cannot(23, "Standing up is worth something at home", f"the reward is solved so that .77 of the worlds settle, {share_of_worlds(negotiated['settled_by_deadline'])} here: it is no finding")
cannot(24, "For Hashimoto, to say no is worth votes", "set by hand")
def settled_text(metric, *names):
    return ", ".join(share_of_worlds(runs[name][metric], 3) for name in names)


def compared(metric, name, when):
    """More or fewer deals than without the option, by two standard errors of the difference."""
    (a, a_error), (b, b_error) = [[float(runs[run][metric][of]) for of in ("mean", "std_error")] for run in ("governments", name)]
    differ = abs(b - a) > 2 * (a_error**2 + b_error**2) ** 0.5
    return f"{'as many' if not differ else 'more' if b > a else 'fewer'} deals {when}{'' if differ else ', as far as can be told'}"


runs = {name: negotiation(name) for name in ("governments", "pain", "cabinets")}
claim(25, "Weak governments; governments fell", "`governments-1995` with `partner_changes` 0 and 0.8 a year", f"settled by the deadline {settled_text('settled_by_deadline', 'governments', 'cabinets')}; later, given sanctions, {settled_text('imposed_settled_later', 'governments', 'cabinets')}", "the rate is counted (four cabinets took office in the five years from July 1993); a new one draws its reward for refusing anew: "
      + compared("settled_by_deadline", "cabinets", "by the deadline") + ", " + compared("imposed_settled_later", "cabinets", "later"))
claim(26, "Makers who scream may change minds", "`governments-1995` with `suffered_weight` 0 and 1", f"given sanctions, settled later {settled_text('imposed_settled_later', 'governments', 'pain')}; size of late deals {settled_text('late_commitment_mean', 'governments', 'pain')}", "what if: no evidence for the weight. Where a dollar lost counts like one to be lost: " + compared("imposed_settled_later", "pain", "under sanctions"))
cannot(27, "Take this deal, or impose and hope for a better one", "the choice is in the bargaining, at payoffs set by hand")
claim(28, "Sudden flexibility in the last night", "`negotiated`, of the deals by the deadline, in the last two days", share_of_worlds(negotiated["settled_last_two_days"]), "put in: the noise of the last days is a parameter")
cannot(29, "Numerical targets against criteria", "what a text is worth is set by hand")
claim(30, "Voluntary plans in place of targets", "`negotiated`, of the deals, on companies' plans", share_of_worlds(negotiated["settled_on_company_plans"], 3), "put in by payoffs set by hand")
cannot(31, "More parts bought, more dealers", "values were set with what followed in view")
cannot(32, "Deregulation of spare parts", "no effect of its own")
cannot(33, "America's share of Japan's market is tiny", "an index; no demand in Japan is modelled")
cannot(34, "Other sectors at the table", "one issue is bargained over: what the others were worth to either side is in no source")
cannot(35, "Push goals into the future, use yen and stimulus instead", "absent")
year = {regime: [r for r in table(ANSWER, "trade_balance") if r["regime"] == regime and r["month"].startswith("1995")] for regime in ("status_quo", "imposed")}
imports, imports_error = (sum(float(r[f"imports_from_partner_usd_{which}"]) for r in year["status_quo"]) / sum(int(r["weeks"]) for r in year["status_quo"]) * 365.25 / 7 for which in ("mean", "std_error"))
imports = [imports, imports - 1.97 * imports_error, imports + 1.97 * imports_error]  # the months' errors added: at least the 95% interval of the year's mean
deficit = float(year["status_quo"][-1]["deficit_usd_per_year_mean"])
after = [r for r in table(ANSWER, "trade_balance") if r["regime"] == "imposed" and r["month"] == "1996-01-01"][0]
low, high = (float(after[f"deficit_change_ci_{end}"]) / 1e9 for end in ("low", "high"))
claim(36, "Surplus of 55 to 66 billion, cars 60% of it", "`status_quo`, 1995; `imposed`, January 1996", f'cars of this market from Japan {imports[0] / 1e9:.1f} bn a year at the border ({imports[1] / 1e9:.1f} to {imports[2] / 1e9:.1f}), {100 * imports[0] / deficit:.0f}% ({100 * imports[1] / deficit:.0f} to {100 * imports[2] / deficit:.0f}) of the deficit of {deficit / 1e9:.1f} bn; the duty changes it by {float(after["deficit_change_usd_per_year"]) / 1e9:+.1f} bn a year ({low:+.1f} to {high:+.1f})', "luxury cars are a small part of it; all cars and parts are not modelled")
cannot(37, "Talks break off and resume after three months", "dates of history, put in")
cannot(38, "Japan will not negotiate under threat", "the chance of a meeting is set by hand")
cannot(39, "Congress presses for tougher law", "constants")
said = sum("cannot say" not in row for row in rows)
commands = "\n".join(f"stickershock {command} --out output/{name}" for name, command in COMMANDS.items())
print(f"""# What the reports claimed

Claims printed in five newspaper and magazine reports of 1994-95, in our words, and what runs of {draws} draws (60 where one was made for the claim) say of each. `scripts/claims.py output --run stickershock > docs/claims.md`
makes the runs and the page; the overlays are in [configs/claims](../configs/claims/README.md). It is a script because the program knows no case; how the model
does on evidence that is not put in words stands in [validation.md](validation.md), by `stickershock validate`:

```sh
{commands}
```

Numbers are of {period["first_date"]} to {period["last_date"]} against the status quo. Ranges of money and cars, and of differences draw by draw, are the middle 90% of the draws and contain simulation, parameters and structure; those of
single models, of dealers and of trade are 95% intervals of the mean over draws (of sums the errors are added, so at least that). One number in brackets after a share of worlds is its standard error. Of {len(rows)} claims {said} have a number and {len(rows) - said} a reason why not. Nothing is tuned to make a claim hold.

| # | claim | run | number | verdict |
| --: | --- | --- | --- | --- |""")
print("\n".join(rows))
gainers = [(float(r["units_change"]), float(r["units_change_std_error"]), r) for (regime, _), r in models.items() if regime == "imposed" and r["flagged"] == "false"]
print(f"""
## Who gains

All models without the duty under `imposed`, the largest gain first: cars a year and percent, with 95% intervals of the mean over {draws} draws. Those whose interval ends below zero lose.

| model | region | cars a year | percent |
| --- | --- | ---: | ---: |""")
for change, error, row in sorted(gainers, key=lambda gainer: -gainer[0]):
    a_year = [x / years for x in (change, change - 1.97 * error, change + 1.97 * error)]
    print(f'| {row["model"]} | {row["region"].replace("_", " ")} | {a_year[0]:+,.0f} ({a_year[1]:+,.0f} to {a_year[2]:+,.0f}) | {of_model("imposed", row["model"])[1]} |')
accounts = [("Japan's makers", "makers_japan"), ("Detroit's", "makers_big_three"), ("the Treasury", "treasury"), ("the United States", "total_home")]


def long_run(folder, account):
    row = next(r for r in table(OUTPUT / folder, "welfare") if (r["regime"], r["period"], r["account"]) == ("imposed", PERIOD, account))
    change, low, high = (float(row[f"{which}_usd_per_year"]) / 1e9 for which in ("change", "ci_low", "ci_high"))
    return f"{change:+.2f} ({low:+.2f} to {high:+.2f})"


print("""
## The luxury excise

Base prices leave out the luxury excise of the time: 10% of what a price had above 32,000 dollars, 9% above 34,000 from 28 August 1996. With it, on cars from everywhere and in every regime (`luxury-excise`), `imposed` changes by, billions a year in
the long run with 95% intervals of the mean (simulation noise alone). The model fixes the excise of a car in dollars, on what its list price of the base year has above the mark ([model.md](model.md#policy-instruments)): a list
that crosses the mark, or rises above it, owes no more, and what the excise would take of a rise is left out:

| account | without | with |
| --- | ---: | ---: |""")
for name, account in accounts:
    print(f'| {name} | {long_run("long-run", account)} | {long_run("excise", account)} |')
