#!/usr/bin/env python3
"""Print the tables by which the layer of time is judged, each row beside its reference (an independent implementation, 8 worlds).

    belief=settled_0.05,settled_0.1,settled_0.2,settled_0.3,settled_1.0,settled_suspended
    stickershock run tests/market_1995/timing-tables.toml --no-charts --regimes $belief,imposed_continued,imposed_suspended,reversed
    stickershock run tests/market_1995/timing-tables-capacity.toml --no-charts --regimes imposed_continued
    stickershock run tests/market_1995/timing-tables-stock.toml --no-charts --regimes imposed_continued
    stickershock run tests/market_1995/timing-tables-2025.toml --no-charts --regimes prices_rise,called_off
    python3 scripts/timing-tables.py output

The last three runs may be missing. "+-" is the standard deviation between worlds, here as there; the standard error of a mean is that over the
square root of the number of worlds.
"""

import csv
import json
import math
import random
import statistics
import sys
import tomllib
from pathlib import Path

OUTPUT = Path(sys.argv[1] if len(sys.argv) > 1 else "output")
BELIEFS = ["settled_0.05", "settled_0.1", "settled_0.2", "settled_0.3", "settled_1.0", "settled_suspended"]
GROUPS = {"sanctioned": ("japan", "true"), "Europe": ("europe", "false"), "Big Three": ("big_three", "false")}
OTHER = ("japan", "false")
DASH = "-"


class Run:
    """The tables of one run, read when they are asked for."""

    def __init__(self, name):
        self.folder = OUTPUT / name
        self.cache = {}
        manifest = json.loads((self.folder / "manifest.json").read_text())
        self.replications = manifest["replications"]
        scenario = tomllib.loads(manifest["scenario"]["resolved_toml"])
        number = lambda value: value["value"] if isinstance(value, dict) else value
        holding = scenario["holding"]
        lease, share = number(holding["lease_weeks"]), number(holding["lease_share"])
        interval = share * sum(lease) / len(lease) + (1 - share) * number(holding["purchase_mean_weeks"])
        # Cars that the purchase of one buyer stands for.
        self.weight = number(scenario["market"]["size"]) * interval / (52 * scenario["buyers"]["count"])

    def rows(self, name):
        if name not in self.cache:
            with open(self.folder / "tables" / f"{name}.csv", newline="") as file:
                self.cache[name] = list(csv.DictReader(file))
        return self.cache[name]

    def index(self, name, *key):
        at = (name, *key)
        if at not in self.cache:
            self.cache[at] = {tuple(row[k] for k in key): row for row in self.rows(name)}
        return self.cache[at]

    def compared(self, regime, period, metric):
        return self.index("comparisons", "regime", "baseline", "period", "metric")[regime, "status_quo", period, metric]

    def change(self, regime, period, metric):
        """Percent change of a headline metric against the status quo, with the standard deviation between worlds."""
        row = self.compared(regime, period, metric)
        return percent(float(row["difference"]), row["std_error"], float(row["baseline_mean"]), self.replications)

    def group_change(self, regime, period, region, listed):
        """The same of the cars sold of a group."""
        row = self.index("timing", "regime", "period", "region", "flagged", "income_quintile")[regime, period, region, listed, "all"]
        change = float(row["units_change"])
        return percent(change, row["units_change_std_error"], float(row["units_mean"]) - change, self.replications)

    def dealer(self, regime, week, region, listed, maker="all"):
        return self.index("dealers", "regime", "week", "region", "flagged", "manufacturer")[regime, str(week), region, listed, maker]

    def lot(self, regime, region, listed, model="all"):
        return self.index("lots", "regime", "region", "flagged", "model")[regime, region, listed, model]

    def price(self, regime, period, group):
        """Percent change of what buyers of a group pay: outlay over what the same cars cost at base-year list prices."""
        paid = listed = 0.0
        models = self.index("models", "regime", "period", "model")
        for (at, when, model), row in models.items():
            if (at, when) == (regime, period) and (row["region"], row["flagged"]) == group:
                base = self.index("base_year", "model")[(model,)]
                paid += float(row["outlay_usd_mean"])
                listed += float(row["units_mean"]) * float(base["list_price_usd"])
        return f"{100 * (paid / listed - 1):+.1f}"

    def posted(self, regime, weeks, group):
        """The same of the car sold next at the start of the week, base-year volumes as weights."""
        value = lambda at, week: float(self.dealer(at, week, *group)["transaction_price_usd_mean"])
        return f"{100 * statistics.mean(value(regime, week) / value('status_quo', week) - 1 for week in weeks):+.1f}"


def percent(change, std_error, base, replications):
    spread = 100 * float(std_error or "nan") * math.sqrt(replications) / base
    return f"{100 * change / base:+.1f} ±{spread:.1f}"


def optional(name):
    try:
        return Run(name)
    except FileNotFoundError:
        return None


def table(title, columns, lines):
    """Rows of (name, reference cells or none, our cells), one below the other."""
    print(f"\n{title}\n{'':<44}" + "".join(f"{column:>14}" for column in columns))
    for name, reference, here in lines:
        if reference:
            print(f"{name:<32}{'reference':<12}" + "".join(f"{cell:>14}" for cell in reference))
        print(f"{'' if reference else name:<32}{'here':<12}" + "".join(f"{cell:>14}" for cell in here))


def status_quo(run):
    base = run.rows("base_year")
    volume = {"all": sum(float(row["base_volume"]) for row in base)}
    for name, (region, listed) in GROUPS.items():
        volume[name] = sum(float(r["base_volume"]) for r in base if (r["region"], r["flagged"]) == (region, listed))
    columns = {"all": "units_all", "sanctioned": "units_sanctioned", "Europe": "units_europe", "Big Three": "units_big_three"}
    deviation = []
    for name, column in columns.items():
        worlds = [float(r[column]) / (2 * volume[name]) - 1 for r in run.rows("replications") if r["regime"] == "status_quo"]
        spread = statistics.stdev(worlds) if len(worlds) > 1 else math.nan
        deviation.append(f"{100 * statistics.mean(worlds):+.2f} ±{100 * spread:.2f}")
    lots = [run.lot("status_quo", "all", "false")] + [run.lot("status_quo", *key) for key in GROUPS.values()]
    mean = lambda column: [float(row[f"{column}_mean"]) for row in lots]
    days = [
        f"{day:.0f} ({least:.0f}, {most:.0f})"
        for day, least, most in zip(mean("days_of_supply"), mean("least_days_of_supply"), mean("most_days_of_supply"))
    ]
    orders = [f"{orders / sales:.2f}" for orders, sales in zip(mean("orders_variation"), mean("sales_variation"))]
    table(
        "(a) Status quo, 104 weeks",
        columns,
        [
            ("sales less base volume, %", ["+.07 ±.28", "+.5 ±.9", "-.4 ±1.1", "+.1 ±.4"], deviation),
            ("weekly variation coefficient", [".033", ".092", ".079", ".049"], [f"{x:.3f}" for x in mean("sales_variation")]),
            ("days of supply (least, most)", ["59 (58, 61)", "60 (56, 64)", "58 (53, 62)", "60 (58, 62)"], days),
            ("variation, orders over sales", [".4", DASH, DASH, DASH], orders),
            ("first choices not in stock, %", [".02", DASH, DASH, DASH], [f"{100 * x:.3f}" for x in mean("unmet_share")]),
        ],
    )
    years = [float(run.compared("settled_0.2", year, "units_all")["baseline_mean"]) / volume["all"] - 1 for year in ("year_1", "year_2")]
    table(
        "    by year, all models, %",
        ["year 1", "year 2"],
        [("sales less base volume", ["-.01", "+.14"], [f"{100 * year:+.2f}" for year in years])],
    )
    squares, means = [], []
    worlds = run.replications
    for row in run.rows("models"):
        if (row["regime"], row["period"]) == ("status_quo", "all"):
            own = float(run.index("base_year", "model")[(row["model"],)]["base_volume"])
            scale = math.sqrt(own * run.weight / 2)
            z = (float(row["units_mean"]) / 2 - own) / scale
            error = float(row["units_std_error"] or "nan") / 2 / scale
            squares.append(z * z + error * error * (worlds - 1))
            means.append(z * math.sqrt(worlds))
    table(
        "    by model, z = (sales - volume) / sqrt(volume x cars per buyer / years)",
        ["rms", "largest mean"],
        [
            (
                "z; mean x sqrt(worlds)",
                [".97", "2.7"],
                [f"{math.sqrt(statistics.mean(squares)):.2f}", f"{max(map(abs, means)):.1f}"],
            )
        ],
    )


def advanced(run, regime):
    """Cars brought forward, by group, and mean weeks forward of all."""
    cars, weeks = {}, 0.0
    for row in run.rows("timing"):
        if (row["regime"], row["period"], row["income_quintile"]) == (regime, "all", "all") and row["region"] != "outside":
            if not row["region"].startswith("outside"):
                cars[row["region"], row["flagged"]] = float(row["advanced_units_mean"])
                weeks += float(row["weeks_brought_forward_mean"])
    total = sum(cars.values())
    listed = cars["japan", "true"]
    return [f"{total:.0f}", f"{100 * listed / total:.1f}", f"{weeks / total:.1f}"] if total else [DASH] * 3


def settled(run):
    reference = {
        "weeks_20_25": ["2.3 ±.5", "4.3 ±.7", "8.5 ±1.6", "12.2 ±1.8", "44 ±2.5", "8.3 ±1.7"],
        "first_week": ["3", "5", "11 ±4", "15", "50 ±10", "11"],
        "weeks_26_33": ["-.6", "-1.1", "-1.9", "-2.7", "-10.1", "-3.4"],
        "weeks_34_51": ["-.5", "-1.0", "-2.0", "-2.8", "-10.0", "-2.0"],
        "weeks_20_77": ["0.0", "0.0", "0.0", "0.0", "0.0 ±.1", "-.2"],
    }
    lines = [
        (period, cells, [run.change(regime, period, "units_sanctioned") for regime in BELIEFS])
        for period, cells in reference.items()
    ]
    market = [run.change(regime, "weeks_20_25", "units_all") for regime in BELIEFS]
    europe = [run.change(regime, "weeks_20_25", "units_europe") for regime in BELIEFS]
    lines.append(("whole market, weeks_20_25", [".4", ".8", "1.7", "2.4", "8.7 ±.4", "1.7"], market))
    lines.append(("Europe, weeks_20_25", ["0.0-0.1"] * 6, europe))
    forward = [advanced(run, regime) for regime in BELIEFS]
    blank = [DASH] * 4
    lines.append(("cars brought forward", [*blank, "12100", DASH], [row[0] for row in forward]))
    lines.append(("  of those sanctioned, %", ["all"] * 6, [row[1] for row in forward]))
    lines.append(("  weeks forward, mean", [*blank, "15", DASH], [row[2] for row in forward]))
    columns = [name.removeprefix("settled_") for name in BELIEFS]
    title = "(b) Announced in week 20, settled in week 26: sanctioned sales against the status quo, %, by belief"
    table(title, columns, lines)

    def days(week):
        makers = [run.dealer("settled_suspended", week, "japan", "true", maker) for maker in ("Honda", "Nissan")]
        stock = [float(row["stock_mean"]) for row in makers]
        forecast = [cars / float(row["days_of_supply_mean"]) for cars, row in zip(stock, makers)]
        return f"{sum(stock) / sum(forecast):.0f}"

    table(
        "    days of supply of the makers that stop shipping (Honda, Nissan), end of week",
        ["19", "25", "30", "40"],
        [("Acura and Infiniti", ["61", "37", "25", "50"], [days(week) for week in (19, 25, 30, 40)])],
    )


def rule_alone(gain, plans=300_000):
    """Purchases brought forward week by week by the rule for early purchase on its own, at certain belief and with gains uniform up to
    `gain` USD: first week over the mean of the six weeks."""
    draw = random.Random(1)
    weeks = [0] * 6
    for _ in range(plans):
        planned, worth = 20 + 60 * draw.random(), gain * draw.random()
        fixed, weekly = 1000 * math.exp(draw.gauss(0, 0.5)), 400 * math.exp(draw.gauss(0, 0.75))
        if planned < 26 + draw.expovariate(1 / 4):
            continue
        for week in range(20, 26):
            within = week + 1 <= planned < week + 27
            if within and draw.random() < 0.08 and worth > fixed + weekly * (planned - week):
                weeks[week - 20] += 1
                break
    return weeks[0] / statistics.mean(weeks)


def shape_of_the_surge(run):
    settled = [name for name in BELIEFS if name != "settled_suspended"]
    events = run.index("event_study", "regime", "week", "region", "flagged")
    change = lambda regime, week: float(events[regime, str(week), "japan", "true"]["units_change_mean"])
    six_weeks = lambda name: statistics.mean(change(name, week) for week in range(20, 26))
    here = [change(name, 20) / (six_weeks(name) or math.nan) for name in settled]  # a small run may have no surge
    reference = ["1.3", "1.2", "1.3", "1.2", "1.1"]
    table(
        "    first week of the surge over the mean of weeks 20-25, by belief",
        [name.removeprefix("settled_") for name in settled],
        [("ratio", reference, [f"{ratio:.2f}" for ratio in here])],
    )
    gains = [5_000, 10_000, 15_000, 25_000, 50_000]
    table(
        "    the same of the rule alone, by the largest gain of a buyer, $1,000",
        [f"{gain // 1000}" for gain in gains],
        [("ratio", None, [f"{rule_alone(gain):.2f}" for gain in gains])],
    )


def owners(run):
    """Owners of a listed marque without and after 78 weeks of sanctions."""
    share = lambda regime: float(run.index("owners", "regime", "period", "brand")[regime, "all", "Lexus"]["owner_share_mean"])
    table(
        "    Lexus owners at the end of week 103, % of households",
        ["status quo", "imposed"],
        [("share", ["2.9", "2.0"], [f"{100 * share(regime):.1f}" for regime in ("status_quo", "imposed_continued")])],
    )


def pattern_of_2025(run):
    periods = ["month_before", "month_1", "month_2", "month_3"]
    table(
        "    pattern of 2025: +10% on imports, +6% on others, certain, four weeks' notice; whole market, %",
        periods,
        [
            (name, reference, [run.change(regime, period, "units_all") for period in periods])
            for name, regime, reference in [
                ("timing alone", "called_off", ["+12.9 ±.9", "-6.8", "-2.9", "-1.0"]),
                ("with the price rise", "prices_rise", ["+12.9 ±.9", "-12.9", "-8.8", "-7.3"]),
            ]
        ],
    )


def imposed(run, capacity, stock):
    periods = ["weeks_20_25", "weeks_26_29", "weeks_30_38", "weeks_39_51", "weeks_52_103"]
    sold = lambda at, group: [at.group_change("imposed_continued", period, *group) for period in periods]
    paid = lambda at, group: [at.price("imposed_continued", period, group) for period in periods]
    listed, europe, domestic = GROUPS.values()
    lines = [
        ("sanctioned", ["8.5", "-39 ±5", "-87.3 ±.8", "-86.3 ±.7", "-85.0 ±.4"], sold(run, listed)),
        ("Europe", ["0", "+20 ±3", "+29 ±2", "+29 ±1", "+22 ±2"], sold(run, europe)),
        ("  price paid", ["0", "1.8", "2.1", "3.0", "6.4"], paid(run, europe)),
    ]
    if capacity:
        lines.append(("Europe, capacity 1.05", ["0", "+20", "+28", "+26", "+9"], sold(capacity, europe)))
        lines.append(("  price paid", ["0", "1.9", "2.4", "4.3", "8.6"], paid(capacity, europe)))
    lines += [
        ("Big Three", ["0", "+3.8", "+5.1", "+5.8", "+7.7"], sold(run, domestic)),
        ("  price paid", ["0", ".3", ".3", ".3", ".3"], paid(run, domestic)),
        ("other Japanese", ["0", "+40 ±9", "+58 ±8", "+58 ±7", "+56 ±10"], sold(run, OTHER)),
        (
            "whole market",
            ["1.7", "+.6", "-5.5", "-5.5", "-5.8"],
            [run.change("imposed_continued", period, "units_all") for period in periods],
        ),
    ]
    table("(c) Imposed in week 26, retroactive, all ship on: % of the status quo; belief .2", periods, lines)
    spans = {"weeks_26_27": range(26, 28), "weeks_28_29": range(28, 30), "weeks_30_38": range(30, 39)}
    spans |= {"weeks_39_51": range(39, 52), "weeks_52_103": range(52, 104)}
    table(
        "    transaction price of the sanctioned models, %",
        spans,
        [
            (
                "paid, by cars sold",
                ["9", "51", "64", "64", "69"],
                [run.price("imposed_continued", period, listed) for period in spans],
            ),
            (
                "car sold next, by base volume",
                [DASH] * 5,
                [run.posted("imposed_continued", weeks, listed) for weeks in spans.values()],
            ),
        ],
    )
    lost = -float(run.compared("imposed_continued", "weeks_30_51", "units_sanctioned")["difference"])
    part = lambda metric: float(run.compared("imposed_continued", "weeks_30_51", metric)["difference"])
    gains = [part("units_europe"), part("units_big_three"), part("units_japan") + lost]
    # Those who buy none of the cars in these weeks: outside, waiting for a reversal, or served before the duty.
    gains += [lost - sum(gains), part("units_outside")]
    table(
        "    where the sanctioned cars' buyers go, weeks 30-51, % of the cars lost",
        ["Europe", "Big Three", "other Japan", "none", "of it outside"],
        [("share", ["42", "17", "9", "32", DASH], [f"{100 * gain / lost:.0f}" for gain in gains])],
    )

    def clean(at, makers):
        models = [r for r in at.rows("base_year") if r["flagged"] == "true" and (not makers or r["manufacturer"] in makers)]
        weeks = [float(at.lot("imposed_continued", "japan", "true", r["model"])["clean_weeks_mean"]) for r in models]
        volume = [float(row["base_volume"]) for row in models]
        mean = sum(w * v for w, v in zip(weeks, volume)) / sum(volume)
        return [f"{mean:.1f}", f"{min(weeks):.1f}-{max(weeks):.1f}"]

    lines = [("all sanctioned models", ["7.8", "7-11"], clean(run, ()))]
    if stock:
        lines.append(("Acura, Infiniti, 90 days' stock", ["10.6", DASH], clean(stock, ("Honda", "Nissan"))))
    table("    weeks from liability until the clean cars are gone", ["mean", "by model"], lines)

    def duty(regime, weeks):
        makers = [r for r in run.rows("dealers") if r["regime"] == regime and r["manufacturer"] == "all"]
        return sum(float(r["disputed_duty_usd_mean"]) for r in makers if int(r["week"]) in weeks) / 1e9

    lines = []
    for name, regime, reference in [
        ("all ship on", "imposed_continued", ["1.42", ".84", ".58"]),
        ("Acura and Infiniti stop", "imposed_suspended", ["1.32", ".63", ".69"]),
    ]:
        here = [duty(regime, range(26, 104)), duty(regime, [26]), duty(regime, range(27, 104))]
        lines.append((name, reference, [f"{billions:.2f}" for billions in here]))
    table("    disputed duty, $bn", ["78 weeks", "at decision", "after it"], lines)
    periods = ["weeks_78_81", "weeks_78_90", "weeks_82_103"]
    table(
        "    reversal in week 78, %",
        periods,
        [
            ("sanctioned", ["-7", DASH, "-1 to -3"], [run.group_change("reversed", period, *listed) for period in periods]),
            ("Europe", [DASH, "-3", DASH], [run.group_change("reversed", period, *europe) for period in periods]),
        ],
    )


def main():
    run = Run("timing-tables")
    capacity, stock, rush = (optional(name) for name in ("timing-tables-capacity", "timing-tables-stock", "timing-tables-2025"))
    print(f"{run.replications} worlds, one buyer stands for {run.weight:.1f} cars")
    status_quo(run)
    settled(run)
    shape_of_the_surge(run)
    if rush:
        pattern_of_2025(rush)
    imposed(run, capacity, stock)
    owners(run)


main()
