#!/usr/bin/env python3
"""Writes docs/claims.md: what the reports of 1994-95 claimed, and what the program says of each. It needs nothing but Python.

    stickershock run configs/showdown-1995.toml --set uncertainty.draws=200 --out output/answer
    stickershock run configs/sidebar-1995.toml --out output/sidebar
    scripts/claims.py output/answer output/sidebar > docs/claims.md
"""

import csv
import sys
from pathlib import Path

ANSWER, SIDEBAR = (Path(folder) for folder in sys.argv[1:3])
PERIOD = "after_deadline"


def table(folder, name):
    with open(folder / "tables" / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


widths = {(r["regime"], r["metric"]): r for r in table(ANSWER, "widths") if r["period"] == PERIOD and r["quantity"] == "change"}
levels = {(r["regime"], r["metric"]): r for r in table(ANSWER, "widths") if r["period"] == PERIOD and r["quantity"] == "level"}
models = {(r["regime"], r["model"]): r for r in table(ANSWER, "models") if r["period"] == PERIOD}
negotiated = {r["metric"]: r for r in table(ANSWER, "negotiation")}
welfare = {(r["regime"], r["account"]): r for r in table(ANSWER, "welfare") if r["period"] == PERIOD}
period = next(r for r in table(ANSWER, "periods") if r["period"] == PERIOD)
years = float(period["years"])
draws = len({r["draw"] for r in table(ANSWER, "draws")})
rows = []


def money(regime, metric):
    """Billions a year: median and the middle 90% of the draws."""
    row = widths[regime, metric]
    value = [float(row[f"structure_{which}"]) / years / 1e9 for which in ("median", "low", "high")]
    return value, f"{value[0]:+.2f} bn a year ({value[1]:+.2f} to {value[2]:+.2f})"


def percent(regime, metric):
    """A change of a quantity in percent of the status quo's median."""
    row, base = widths[regime, metric], float(levels["status_quo", metric]["structure_median"])
    value = [100 * float(row[f"structure_{which}"]) / base for which in ("median", "low", "high")]
    return value, f"{value[0]:+.1f}% ({value[1]:+.1f} to {value[2]:+.1f})"


def of_model(regime, model, column="units"):
    """A model's change in percent, with the 95% interval of the mean over draws."""
    row = models[regime, model]
    base = float(row[f"{column}_mean"]) - float(row[f"{column}_change"])
    change, half = float(row[f"{column}_change"]), 1.97 * float(row[f"{column}_change_std_error"])
    value = [100 * x / base for x in (change, change - half, change + half)]
    return value, f"{value[0]:+.1f}% ({value[1]:+.1f} to {value[2]:+.1f})"


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
claim(3, "The duty was owed from 20 May at once, which shocked importers", "`imposed_retroactive` less `imposed`", f"Japan's makers {early[1]} without the liability, {late[1]} with it", "holds: it costs them more" if late[0][0] < early[0][0] else "does not")
cannot(4, "Importers had no time to stock up", "ships ahead are bounded by a judgement (`shipping.ahead_weeks`), so the answer is put in")
cannot(5, "The strong yen had already cut sales of the targeted cars", "rates are constant in this run; `--set exchange_rate.mode=history` follows them, from a base year that already had them")
share, text = of_model("imposed", "2.5 TL")
claim(6, "A Honda on the list is not on sale yet; its untouched sister, the 2.5 TL, is", "`imposed`, cars of the 2.5 TL", text, "the sister gains" if share[1] > 0 else "not seen")
cannot(7, "Mass-market near twins are free of the duty", "Maxima, Camry V6 and Avalon are left out of this market (`market.exclude`): what share of them are luxury cars is not known")
gains = {region: float(widths["imposed", f"units_{region}"]["structure_median"]) for region in ("europe", "big_three", "japan")}
flag = float(widths["imposed", "units_sanctioned"]["structure_median"])
other_japan = gains["japan"] - flag
switchers = gains["europe"] / (gains["europe"] + gains["big_three"] + max(other_japan, 0.0))
claim(8, "Most who are turned off go to European cars", "`imposed`, of the cars gained by others", f"{100 * switchers:.0f}% to Europe, {100 * gains['big_three'] * switchers / gains['europe']:.0f}% to the Big Three", "holds" if switchers >= 0.6 else "holds, barely" if switchers >= 0.5 else "more than to anybody else, and not most" if gains["europe"] > gains["big_three"] else "does not: more go to the Big Three")
value, text = percent("imposed", "units_big_three")
claim(9, "The Big Three will not notice much", "`imposed`, cars", text, "does not: they would notice" if value[1] > 1 else "holds")
value, text = percent("imposed", "sticker_price_big_three_usd") if ("imposed", "sticker_price_big_three_usd") in widths else (None, "")
if value:
    claim(10, "European competition keeps American makers from raising prices", "`imposed`, list prices", text, "holds" if value[2] < 1 else "holds about: a percent, not none" if value[0] < 1.5 else "does not")
else:
    cannot(10, "European competition keeps American makers from raising prices", "no headline has their prices")
value, text = money("imposed", "total_home_usd")
claim(11, "It punishes Japan's makers at little cost to the United States", "`imposed`, United States", text, "open: the sign is not known ([answer.md](answer.md))" if value[1] < 0 < value[2] else "does not" if value[2] < 0 else "holds")
pairs = [("LS 400", "7 Series (740i)"), ("Q45", "XJ6"), ("SC 300", "Seville"), ("ES 300", "Mark VIII"), ("Legend", "Aurora"), ("Millenia", "Riviera")]
diversion = [r for r in table(ANSWER, "diversion") if r["regime"] == "imposed"]
ranked = []
for car, rival in pairs:
    own = [r for r in diversion if r["model"] == car and r["gainer"] != "outside"]
    place = [k for k, r in enumerate(sorted(own, key=lambda r: -float(r["share_of_lost"])), 1) if r["gainer"] == rival]
    ranked.append(f"{rival} for {car}: {place[0] if place else 'not listed'} of {len(own)}")
first = sum(" 1 of" in text for text in ranked)
claim(12, "Six pairs of cars that replace each other", "`imposed`, rank among the gainers", "; ".join(ranked), f"{first} of 6 first: the model knows size, power and price, not image")
share, text = of_model("imposed", "XJ6") if ("imposed", "XJ6") in models else of_model("imposed", next(m for _, m in models if "XJ" in m))
claim(13, "Jaguar, Ford's, gains momentum", "`imposed`, cars of the XJ6", text, "holds" if share[1] > 0 else "not seen")
share, text = of_model("imposed", "Millenia")
claim(14, "The Millenia could be fatally hurt", "`imposed`, cars of the Millenia", text, "hurt; whether fatally cannot be said: no model or dealer leaves")
row = welfare["imposed", "dealers_sanctioned"]
claim(15, "Dealers are hurt", "`imposed`, margins of the listed makes' dealers", f'{float(row["change_usd_per_year"]) / 1e9:+.2f} bn a year ({float(row["ci_low_usd_per_year"]) / 1e9:+.2f} to {float(row["ci_high_usd_per_year"]) / 1e9:+.2f}, of the mean)', "holds; others gain")
_, text = money("inspections", "total_home_usd")
claim(16, "Inspecting every car was weighed", "`inspections`, United States", text, "a regime")
_, text = money("voluntary_restraint", "makers_japan_usd")
claim(17, "Tariffs and quotas are both possible", "`voluntary_restraint`, Japan's makers", text, "a regime")
_, text = money("imposed_retaliation", "total_home_usd")
claim(18, "Tokyo may prefer Airbus to Boeing", "`imposed_retaliation`, United States", text, "an amount by judgement")
cannot(19, "Pressure may cost support on China and North Korea", "a constant in the governments' payoffs")
cannot(20, "Both sides may be condemned at the WTO", "Tokyo's complaint is there; a counter-complaint is not")
cannot(21, "A conviction before an execution", "no regime brings the case first")
belief = float(negotiated["belief_1995_05_24"]["mean"])
claim(22, "A reputation for empty threats; now he acts", "`negotiated`, belief on 24 May", f"{belief:.2f}", "put in: a record counted, with weights set by hand")
settled = float(negotiated["settled_by_deadline"]["mean"])
cannot(23, "Standing up is worth something at home", f"the reward is solved so that .77 of the worlds settle ({settled:.2f} here): it is no finding")
cannot(24, "For Hashimoto, to say no is worth votes", "set by hand")
cannot(25, "Weak governments; governments fell", "no government changes")
cannot(26, "Makers who scream may change minds", "pain is the level of losses, not their sum")
cannot(27, "Take this deal, or impose and hope for a better one", "the choice is in the bargaining, at payoffs set by hand")
late = float(negotiated["settled_last_two_days"]["mean"])
claim(28, "Sudden flexibility in the last night", "`negotiated`, of the deals by the deadline, in the last two days", f"{100 * late:.0f}%", "put in: the noise of the last days is a parameter")
cannot(29, "Numerical targets against criteria", "what a text is worth is set by hand")
plans = float(negotiated["settled_on_company_plans"]["mean"])
claim(30, "Voluntary plans in place of targets", "`negotiated`, of the deals, on companies' plans", f"{100 * plans:.0f}%", "put in by payoffs set by hand")
cannot(31, "More parts bought, more dealers", "values were set with what followed in view")
cannot(32, "Deregulation of spare parts", "no effect of its own")
cannot(33, "America's share of Japan's market is tiny", "an index; no demand in Japan is modelled")
cannot(34, "Other sectors at the table", "one issue is bargained over")
cannot(35, "Push goals into the future, use yen and stimulus instead", "absent")
balance = [r for r in table(ANSWER, "trade_balance") if r["regime"] == "imposed" and r["month"] == "1996-01-01"]
if balance:
    row = balance[0]
    claim(36, "Surplus of 55 to 66 billion, cars 60% of it", "`imposed`, January 1996, change of the deficit", f'{float(row["deficit_change_usd_per_year"]) / 1e9:+.1f} bn a year', "these luxury cars are a small part of it")
cannot(37, "Talks break off and resume after three months", "dates of history, put in")
cannot(38, "Japan will not negotiate under threat", "the chance of a meeting is set by hand")
cannot(39, "Congress presses for tougher law", "constants")
said = sum("cannot say" not in row for row in rows)
print(f"""# What the reports claimed

Claims printed in five newspaper and magazine reports of 1994-95, in our words, and what a run of {draws} draws says of each. Made by

```sh
stickershock run configs/showdown-1995.toml --set uncertainty.draws={draws} --out output/answer
stickershock run configs/sidebar-1995.toml --out output/sidebar
scripts/claims.py output/answer output/sidebar > docs/claims.md
```

Numbers are of {period["first_date"]} to {period["last_date"]} against the status quo. Ranges of money and cars are the middle 90% of the draws and contain simulation, parameters and structure; those of single models are 95%
intervals of the mean over draws. Of {len(rows)} claims {said} have a number and {len(rows) - said} a reason why not. Nothing is tuned to make a claim hold.

| # | claim | run | number | verdict |
| --: | --- | --- | --- | --- |""")
print("\n".join(rows))
