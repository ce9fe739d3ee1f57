#!/usr/bin/env python3
"""The prediction of 2025 as a page: scripts/prediction-2025.py [--draws 96] [--jobs 2] [--binary stickershock] docs/prediction-2025.md

Takes the draws of configs/prediction-2025.toml from `stickershock plan`, runs configs/luxury-2025.toml at each, and writes medians and 90% intervals over draws.
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
    binary, number, assignments, keep = task
    folder = pathlib.Path(keep) / f"draw-{number}"
    settings = [part for text in [*SMALL, f"run.seed={2025 + number}", *assignments] for part in ("--set", text)]
    command = [binary, "run", str(ROOT / "configs/luxury-2025.toml"), "--replications", "1", "--no-charts", "--quiet", "--fresh", "-j", "1", "--out", str(folder)]
    done = subprocess.run(command + settings, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip().splitlines()[:1]
    found = measure(folder / "tables", assignments)
    shutil.rmtree(folder)
    return found, None


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


def page(draws, failed, asked):
    car = [row for row in cars().values() if row["model"] not in
           ("Encore GX", "Envista", "Envision", "Enclave", "Model 3", "Model Y", "Nautilus") and float(row["us_sales_2024"]) > 0]
    recalled = sum(row["source_price"].startswith("[estimate") for row in car)
    guessed, derived = (sum(row["source_sales"].startswith(tag) for row in car) for tag in ("[estimate", "[derived"))
    divided = sum("back-division" in row["source_sales"] for row in car)
    of = lambda *key, digits=1: interval([found[key] for found in draws if key in found], digits)
    places, imported = [*GROUPS, HERE, ALL], [*GROUPS, IMPORTED]
    marques = sorted({key[2] for key in draws[0] if key[0] == "marque"})
    commit = subprocess.run(["git", "-C", str(ROOT), "log", "-1", "--format=%h of %cs"], capture_output=True, text=True).stdout.strip()
    text = (ROOT / "scripts/prediction-2025.head.md").read_text()
    parts = [text.format(models=len(car), recalled=recalled, guessed=guessed, derived=derived, sourced=len(car) - guessed - derived, divided=divided,
                         draws=len(draws), failed=failed, asked=asked, commit=commit)]

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
        plan = pathlib.Path(keep) / "plan"
        subprocess.run([args.binary, "plan", str(ROOT / "configs/prediction-2025.toml"), "--set", f"uncertainty.draws={args.draws}", "--out", str(plan)], check=True, stdout=subprocess.DEVNULL)
        told = subprocess.run([args.binary, "plan", "--points", str(plan)], check=True, capture_output=True, text=True).stdout
        points = [json.loads(line) for line in told.splitlines()]
        tasks = [(args.binary, number, assignments, keep) for number, assignments in enumerate(points)]
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            done = list(pool.map(draw, tasks))
    for number, (found, error) in enumerate(done):
        if found is None:
            print(f"draw {number}: {error}")
    draws = [found for found, _ in done if found is not None]
    args.out.write_text(page(draws, len(done) - len(draws), len(done)))


if __name__ == "__main__":
    main()
