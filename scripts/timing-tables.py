#!/usr/bin/env python3
"""Print the tables by which the layer of time is judged, from the run of configs/timing-tables.toml.

    stickershock run configs/timing-tables.toml --no-charts
    python3 scripts/timing-tables.py output/timing-tables
"""

import csv
import statistics
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "output/timing-tables") / "tables"
BELIEFS = ["settled_0.05", "settled_0.1", "settled_0.2", "settled_0.3", "settled_1.0", "settled_suspended"]


def rows(name):
    with open(FOLDER / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


COMPARISONS = {(r["regime"], r["period"], r["metric"]): r for r in rows("comparisons")}


def change(regime, period, metric):
    """Percent change against the status quo, with the standard deviation between worlds."""
    row = COMPARISONS[regime, period, metric]
    base = float(row["baseline_mean"])
    sd = float(row["std_error"] or "nan") * int(row["replications"]) ** 0.5
    return f"{100 * float(row['difference']) / base:+7.1f} ±{100 * sd / base:4.1f}"


def table(title, columns, lines):
    print(f"\n{title}")
    print(" " * 34 + "".join(f"{c:>15}" for c in columns))
    for name, cells in lines:
        print(f"{name:<34}" + "".join(f"{c:>15}" for c in cells))


def status_quo():
    base = {r["model"]: r for r in rows("base_year")}
    groups = {"all": 0.0, "sanctioned": 0.0, "europe": 0.0, "big_three": 0.0}
    for row in base.values():
        volume = float(row["base_volume"])
        groups["all"] += volume
        groups["sanctioned"] += volume * (row["sanctioned"] == "true")
        if row["region"] in groups:
            groups[row["region"]] += volume
    cells = []
    values = {}
    with open(FOLDER / "replications.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["regime"] == "status_quo":
                for group in groups:
                    values.setdefault(group, []).append(float(row[f"units_{group}"]) / (2 * groups[group]) - 1)
    for group in groups:
        spread = statistics.stdev(values[group]) if len(values[group]) > 1 else float("nan")
        cells.append(f"{100 * statistics.mean(values[group]):+.2f} ±{100 * spread:.2f}")
    table("(a) Status quo, 104 weeks against the base year, %", list(groups), [("deviation", cells)])
    try:
        dealers = rows("dealers")
    except FileNotFoundError:
        return
    lines = []
    for group, (region, listed) in {"sanctioned": ("japan", "true"), "europe": ("europe", "false"), "big_three": ("big_three", "false")}.items():
        days = [
            float(r["days_of_supply_mean"])
            for r in dealers
            if (r["regime"], r["region"], r["sanctioned"], r["manufacturer"]) == ("status_quo", region, listed, "all")
        ]
        lines.append((group, [f"{statistics.mean(days):.0f} ({min(days):.0f}, {max(days):.0f})"]))
    table("    days of supply", ["mean (range)"], lines)


def settled():
    lines = []
    for period in ["weeks_20_25", "first_week", "weeks_26_33", "weeks_34_51", "weeks_20_77"]:
        lines.append((period, [change(regime, period, "units_sanctioned") for regime in BELIEFS]))
    lines.append(("whole market, weeks_20_25", [change(regime, "weeks_20_25", "units_all") for regime in BELIEFS]))
    lines.append(("Europe, weeks_20_25", [change(regime, "weeks_20_25", "units_europe") for regime in BELIEFS]))
    columns = [name.removeprefix("settled_") for name in BELIEFS]
    table("(b) Announced in week 20, settled in week 26: sanctioned sales, % of the status quo, by belief", columns, lines)


def imposed():
    periods = ["weeks_20_25", "weeks_26_29", "weeks_30_38", "weeks_39_51", "weeks_52_103"]
    lines = [
        (name, [change("imposed_continued", period, metric) for period in periods])
        for name, metric in [
            ("sanctioned", "units_sanctioned"),
            ("Europe", "units_europe"),
            ("Big Three", "units_big_three"),
            ("whole market", "units_all"),
        ]
    ]
    table("(c) Imposed in week 26, retroactive, all ship on: sales, % of the status quo; belief .2", periods, lines)
    try:
        dealers = rows("dealers")
    except FileNotFoundError:
        return
    prices = {}
    duty = {}
    late = {}
    for r in dealers:
        week = int(r["week"])
        if r["manufacturer"] == "all":
            prices[r["regime"], week, r["region"], r["sanctioned"]] = float(r["transaction_price_usd_mean"])
            duty.setdefault(r["regime"], {}).setdefault(week, 0.0)
            duty[r["regime"]][week] += float(r["disputed_duty_usd_mean"])
            late[r["regime"]] = late.get(r["regime"], 0.0) + float(r["duty_borne_by_importer_usd_mean"])
    spans = [(20, 26), (26, 28), (28, 30), (30, 39), (39, 52), (52, 104)]
    lines = []
    for name, region, listed in [
        ("sanctioned", "japan", "true"),
        ("other Japanese", "japan", "false"),
        ("Europe", "europe", "false"),
        ("Big Three", "big_three", "false"),
    ]:
        cells = []
        for low, high in spans:
            level = [
                prices["imposed_continued", w, region, listed] / prices["status_quo", w, region, listed] - 1
                for w in range(low, high)
            ]
            cells.append(f"{100 * statistics.mean(level):+.1f}")
        lines.append((name, cells))
    table("    transaction price, %", [f"{low}-{high - 1}" for low, high in spans], lines)
    for regime in ["imposed_continued", "imposed_suspended", "reversed"]:
        weeks = duty.get(regime)
        if weeks:
            total, at_decision = sum(weeks.values()), weeks[26]
            print(
                f"{regime}: duty ${total / 1e9:.2f}bn, ${at_decision / 1e9:.2f}bn of it in the week of the decision, "
                f"${late[regime] / 1e9:.2f}bn borne by importers for cars sold before"
            )


status_quo()
settled()
imposed()
