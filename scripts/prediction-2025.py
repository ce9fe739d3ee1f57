#!/usr/bin/env python3
"""The prediction of 2025 as a page: scripts/prediction-2025.py [--draws 96] [--jobs 2] [--binary stickershock] docs/prediction-2025.md

Takes the draws of configs/prediction-2025.toml from `stickershock plan`, runs configs/luxury-2025.toml at each, and writes medians and 90% intervals over draws.
What dealers ask comes from the same draws with dealers' lots, of configs/lots-2025.
"""

import argparse
import collections
import concurrent.futures
import csv
import json
import math
import pathlib
import shutil
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASE, REGIMES = "no_new_duties", ["decided", "for_good", "deals_in_april"]
LABELS = {"decided": "What was decided", "for_good": "25% for good", "deals_in_april": "Deals in April"}
MONTHS = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)]
QUARTERS = {f"{year} Q{quarter}": [f"{year}-{month:02}" for month in range(3 * quarter - 2, 3 * quarter + 1)] for year in (2025, 2026) for quarter in range(1, 5)}
YEARS = {"2025": ["year_1"], "2026": ["year_2"]}
SMALL = ["buyers.count=4096", 'buyers.population="shared"', "buyers.pricing_nodes=2048", "outputs.monthly=true", f"regimes={json.dumps([BASE] + REGIMES)}"]
GROUPS = {
    "EU": ["Germany", "Austria", "Belgium", "Hungary", "Italy", "Slovakia", "Sweden"], "Japan": ["Japan"], "Korea": ["Korea"],
    "United Kingdom": ["United Kingdom"], "Canada": ["Canada"], "Mexico": ["Mexico"],
}
# Whole cars stand on lots: with fewer buyers the rare models flicker in and out of stock.
LOTS = ["buyers.count=65536", 'buyers.population="shared"', "buyers.pricing_nodes=2048", "outputs.monthly=true", f"regimes={json.dumps([BASE, 'decided'])}"]
HERE, ALL, IMPORTED = "Built here (all or part)", "All cars", "All imported"


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def cars():
    return {row["model"]: row for row in rows(ROOT / "configs/data/models_2024.csv")}


def place(car):
    """Where a model comes from: a partner, or home where it has a plant there."""
    if float(car["us_assembled_share"]) > 0:
        return HERE
    return next(name for name, countries in GROUPS.items() if car["origin"] in countries)


def draw(task):
    """One draw's numbers by name; nothing where it has no result."""
    binary, number, assignments, with_lots, keep = task
    found, errors = {}, []
    for name, scenario, sizes, values, of in [("draw", "luxury-2025.toml", SMALL, assignments, measure), ("lots", "lots-2025/luxury-2025-lots.toml", LOTS, with_lots, measure_lots)]:
        folder = pathlib.Path(keep) / f"{name}-{number}"
        settings = [part for text in [*sizes, f"run.seed={2025 + number}", *values] for part in ("--set", text)]
        command = [binary, "run", str(ROOT / "configs" / scenario), "--root", str(ROOT / "configs"), "--replications", "1", "--no-charts", "--quiet", "--fresh", "-j", "1", "--out", str(folder)]
        done = subprocess.run(command + settings, capture_output=True, text=True)
        if done.returncode != 0:
            errors += [f"{name}: {line}" for line in done.stderr.strip().splitlines()[:1]]
            continue
        found |= of(folder / "tables", values)
        shutil.rmtree(folder)
    return found, errors


def measure(tables, assignments):
    car, out = cars(), {}
    settings = dict(text.split("=", 1) for text in assignments)
    share = float(settings.get("pricing.customs_value_share", 0.78))
    number = lambda row, name: float(row[name] or "nan")
    model = {(r["regime"], r["period"], r["model"]): r for r in rows(tables / "models.csv")}
    base = {r["model"]: r for r in rows(tables / "base_year.csv")}
    names = sorted({key[2] for key in model})
    volume = {m: number(base[m], "base_volume") for m in names}
    listed = {m: number(base[m], "list_price_usd") for m in names}
    places, marques = collections.defaultdict(list), collections.defaultdict(list)
    for m in names:
        places[place(car[m])].append(m)
        marques[car[m]["brand"]].append(m)
    places[ALL] = names
    weeks = {r["period"]: int(r["weeks"]) for r in rows(tables / "periods.csv")}
    imported = places | {IMPORTED: [m for m in names if place(car[m]) in GROUPS]}

    def mean(members, of):
        return sum(volume[m] * of(m) for m in members) / sum(volume[m] for m in members)

    for regime in REGIMES:
        gap = lambda m, period, name: number(model[regime, period, m], name) - number(model[BASE, period, m], name)
        sold = lambda r, periods, members: sum(number(model[r, period, m], "expected_units_mean") for period in periods for m in members)
        change = lambda periods, members: 100 * (sold(regime, periods, members) / sold(BASE, periods, members) - 1)

        def prices(kind, group, of):
            """By month and, weeks counted, by quarter."""
            for month in MONTHS:
                out[kind, regime, group, month] = 100 * mean(imported[group], lambda m: of(m, month))
            for quarter, months in QUARTERS.items():
                out[kind, regime, group, quarter] = sum(weeks[m] * out[kind, regime, group, m] for m in months) / sum(weeks[m] for m in months)

        for group in places:
            prices("list", group, lambda m, month: gap(m, month, "sticker_price_usd_mean") / listed[m])
        for group in [*GROUPS, IMPORTED]:
            prices("border", group, lambda m, month: gap(m, month, "producer_price_usd_mean") / (share * listed[m]))
        for when, periods in [*QUARTERS.items(), *YEARS.items()]:
            for kind, sets in [("place", places), ("marque", marques)]:
                for name, members in sets.items():
                    out[kind, regime, name, when] = change(periods, members)
            for group in [*GROUPS, IMPORTED]:
                out["cars", regime, group, when] = sold(regime, periods, imported[group]) / 1e3
        for group in [*GROUPS, IMPORTED]:
            value = sum(number(model[regime, "under_duties", m], "expected_units_mean")
                        * (number(model[regime, "under_duties", m], "producer_price_usd_mean") - listed[m] + share * listed[m] + number(base[m], "duty_usd"))
                        for m in imported[group])
            years = weeks["under_duties"] / 52
            out["imports", regime, group, "cars"] = sold(regime, ["under_duties"], imported[group]) / years / 1e3
            out["imports", regime, group, "value"] = value / years / 1e9
            out["imports", regime, group, "change"] = change(["under_duties"], imported[group])
        # Change of log sales on the change of duty over list, weighted by volume.
        for period in ["year_1", "year_2"]:
            x = {m: gap(m, period, "duty_usd_per_car_mean") / listed[m] for m in names}
            y = {m: math.log(sold(regime, [period], [m]) / sold(BASE, [period], [m])) for m in names}
            mx, my = mean(names, x.get), mean(names, y.get)
            slope = mean(names, lambda m: (x[m] - mx) * (y[m] - my)) / mean(names, lambda m: (x[m] - mx) ** 2)
            out["slope", regime, "", period] = slope
    for row in rows(tables / "welfare.csv"):
        if row["period"] == "under_duties" and row["regime"] in REGIMES:
            out["welfare", row["regime"], row["account"], ""] = float(row["change_usd_per_year"] or "nan") / 1e9
    for regime in REGIMES:
        account = lambda name: out.get(("welfare", regime, name, ""), math.nan)
        for party in ["buyers", "makers", "dealers"]:
            out["burden", regime, party, ""] = 100 * account(f"burden_on_{party}") / account("burden")
    return out


def measure_lots(tables, _):
    """What dealers ask: change of what a car costs its buyer, and how much of that is beside the change of the list."""
    out = {}
    car = cars()
    base = {r["model"]: r for r in rows(tables / "base_year.csv")}
    listed, volume = ({m: float(r[name]) for m, r in base.items()} for name in ("list_price_usd", "base_volume"))
    weeks = {r["period"]: int(r["weeks"]) for r in rows(tables / "periods.csv")}
    cost, price, sold = {}, {}, {}
    for r in rows(tables / "models.csv"):
        key = r["regime"], r["period"], r["model"]
        sold[key] = float(r["units_mean"] or "nan")
        cost[key] = float(r["outlay_usd_mean"] or "nan") / sold[key] if sold[key] > 0 else math.nan
        price[key] = float(r["sticker_price_usd_mean"] or "nan")
    places = {ALL: list(base)}
    for m in base:
        places.setdefault(place(car[m]), []).append(m)
    for group, members in places.items():
        for month in MONTHS:
            asked, beside, total = 0.0, 0.0, 0.0
            for m in members:
                here, there = ("decided", month, m), (BASE, month, m)
                rise = 100 * (cost[here] - cost[there]) / listed[m]
                if math.isfinite(rise):
                    asked, beside, total = asked + volume[m] * rise, beside + volume[m] * (rise - 100 * (price[here] - price[there]) / listed[m]), total + volume[m]
            out["asked", "decided", group, month] = asked / total if total else math.nan
            out["beside", "decided", group, month] = beside / total if total else math.nan
        for quarter, months in QUARTERS.items():
            before, after = (sum(sold[regime, month, m] for month in months for m in members) for regime in (BASE, "decided"))
            out["lots", "decided", group, quarter] = 100 * (after / before - 1) if before > 0 else math.nan
    return out


def interval(values, digits):
    values = sorted(value for value in values if math.isfinite(value))
    if len(values) < 3:
        return "not defined"
    cut = statistics.quantiles(values, n=20, method="inclusive")
    signed = round(min(values), digits) < 0

    def text(value):
        value = round(value, digits)
        return f"{value:+.{digits}f}" if signed and value != 0 else f"{abs(value) if value == 0 else value:.{digits}f}"

    return f"{text(statistics.median(values))} [{text(cut[0])}, {text(cut[-1])}]"


def table(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)] + ["| " + " | ".join(line) + " |" for line in lines]) + "\n"


def page(results):
    car = [row for row in cars().values() if row["model"] not in
           ("Encore GX", "Envista", "Envision", "Enclave", "Model 3", "Model Y", "Nautilus") and float(row["us_sales_2024"]) > 0]
    recalled = sum(row["source_price"].startswith("[estimate") for row in car)
    guessed, derived = (sum(row["source_sales"].startswith(tag) for row in car) for tag in ("[estimate", "[derived"))
    divided = sum("back-division" in row["source_sales"] for row in car)
    of = lambda *key, digits=1: interval([found[key] for found in results if key in found], digits)
    places, imported = [*GROUPS, HERE, ALL], [*GROUPS, IMPORTED]
    marques = sorted({key[2] for found in results for key in found if key[0] == "marque"})
    asked, draws, lots = (sum(any(key[0] == kind for key in found) for found in results) if kind else len(results) for kind in (None, "list", "asked"))
    commit = subprocess.run(["git", "-C", str(ROOT), "log", "-1", "--format=%h of %cs"], capture_output=True, text=True).stdout.strip()
    text = (ROOT / "scripts/prediction-2025.head.md").read_text()
    parts = [text.format(models=len(car), recalled=recalled, guessed=guessed, derived=derived, sourced=len(car) - guessed - derived, divided=divided,
                         draws=draws, lots=lots, failed=asked - draws, asked=asked, commit=commit)]

    def by_time(kind, regime, names, times, head, digits=1):
        """One row for each month or quarter, one column for each name."""
        parts.append(table([head, *names], [[time] + [of(kind, regime, name, time, digits=digits) for name in names] for time in times]))

    others = [regime for regime in REGIMES if regime != "decided"]
    for kind, title, names in [("list", "List prices", places), ("border", "Border prices", imported)]:
        parts.append({"list": "## List prices\n\nChange of the price that a buyer is asked, percent of the list price of 2024, against no new duties, by place of assembly.\n",
                      "border": "## Border prices\n\nChange of what the maker asks at the border, percent of that price in 2024, where all cars are imported: below zero, the maker pays part of the duty.\n"}[kind]
                     + "A month is the weeks that start in it; quarters are means of their weeks.\n")
        parts.append(f"**{LABELS['decided']}, by month**\n")
        by_time(kind, "decided", names, MONTHS, "month")
        for regime in others:
            parts.append(f"**{LABELS[regime]}, by quarter**\n")
            by_time(kind, regime, names, QUARTERS, "quarter")
    parts.append("""## Dealers' prices

The same draws with importers' ships and dealers' lots ([configs/lots-2025](../configs/lots-2025/README.md)): what a car costs its buyer, after what the dealer takes off or puts on by the stock on his lot and by what the next
car will cost him. Change in percent of the list price of 2024, against no new duties, over the models that are sold in both. Drawn besides: stock aimed at (30 to 90 days of sales), how a lot's stock moves its price, what a car
that escaped the duty is sold for (anything from the old list price to that of the next car), and how many weeks of sales importers may ship ahead (up to eight).
""")
    parts.append(f"**{LABELS['decided']}, by month**\n")
    by_time("asked", "decided", places, MONTHS, "month")
    parts.append("**Of that beside the change of the list**: below zero, dealers give more off, or take less on, than without the duties. It is what the model has in place of incentives.\n")
    by_time("beside", "decided", places, MONTHS, "month", digits=2)
    parts.append("**Sales with lots, percent against no new duties**\n")
    by_time("lots", "decided", places, QUARTERS, "quarter")
    for kind, title, names in [("marque", "Sales by marque", marques), ("place", "Sales by place of assembly", places)]:
        parts.append(f"## {title}\n\nPercent against no new duties.\n")
        head = [kind] + [f"{LABELS[regime]}, {year}" for regime in REGIMES for year in YEARS]
        parts.append(table(head, [[name] + [of(kind, regime, name, year) for regime in REGIMES for year in YEARS] for name in names]))
        for regime in REGIMES:
            parts.append(f"**{LABELS[regime]}, by quarter**\n")
            parts.append(table([kind, *QUARTERS], [[name] + [of(kind, regime, name, quarter) for quarter in QUARTERS] for name in names]))
    parts.append("## Imports by country\n\nFrom April 2025 to the end of 2026, by the year: thousand cars, their customs value, and the change of the number against no new duties. Models with a plant here are left out.\n")
    for regime in REGIMES:
        parts.append(f"**{LABELS[regime]}**\n")
        parts.append(table(["from", "thousand cars", "billion USD", "percent"], [[group, of("imports", regime, group, "cars"), of("imports", regime, group, "value", digits=2), of("imports", regime, group, "change")] for group in imported]))
    parts.append(f"**{LABELS['decided']}: thousand cars by quarter** (with the season of luxury cars, a judgement)\n")
    by_time("cars", "decided", imported, QUARTERS, "quarter")
    parts.append("## Who pays\n\nFrom April 2025 to the end of 2026. The burden is what the duties collected take from buyers, makers and dealers; accounts are billion USD a year against no new duties.\n")
    accounts = [("burden", "Burden", "welfare"), ("buyers", "of it buyers, percent", "burden"), ("makers", "of it makers, percent", "burden"), ("dealers", "of it dealers, percent", "burden"),
                ("duty_collected", "Duty collected", "welfare"), ("duty_refunded", "Duty paid back", "welfare"), ("consumers", "Buyers", "welfare"), ("makers", "Makers", "welfare"), ("treasury", "Treasury", "welfare"), ("total_home", "United States", "welfare")]
    lines = []
    for name, label, kind in accounts:
        lines.append([label] + [of(kind, regime, name, "", digits=0 if kind == "burden" else 2) for regime in REGIMES])
    parts.append(table(["account"] + [LABELS[regime] for regime in REGIMES], lines))
    parts.append("## The slope on exposure\n\nChange of log sales on the change of duty over the list price, over models, weighted by volume: the row with most power.\n")
    parts.append(table(["year"] + [LABELS[regime] for regime in REGIMES], [[year] + [of("slope", regime, "", key, digits=2) for regime in REGIMES] for year, key in (("2025", "year_1"), ("2026", "year_2"))]))
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=96)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--binary", default="stickershock")
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as keep:
        points = []
        for name in ("prediction-2025.toml", "lots-2025/prediction-2025-lots.toml"):
            plan = pathlib.Path(keep) / f"plan-{len(points)}"
            settings = ["--root", str(ROOT / "configs"), "--set", f"uncertainty.draws={args.draws}"]
            subprocess.run([args.binary, "plan", str(ROOT / "configs" / name), *settings, "--out", str(plan)], check=True, stdout=subprocess.DEVNULL)
            told = subprocess.run([args.binary, "plan", "--points", str(plan)], check=True, capture_output=True, text=True).stdout
            points.append([json.loads(line) for line in told.splitlines()])
        tasks = [(args.binary, number, *assignments, keep) for number, assignments in enumerate(zip(*points, strict=True))]
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            done = list(pool.map(draw, tasks))
    for number, (_, errors) in enumerate(done):
        for error in errors:
            print(f"draw {number}, {error}")
    args.out.write_text(page([found for found, _ in done]))


if __name__ == "__main__":
    main()
