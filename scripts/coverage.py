#!/usr/bin/env python3
"""Do the 95% intervals of a study cover?

Runs a scenario with many seeds, each a study of its own, and counts how often the interval that a study prints holds the mean over all
studies: the same number worked out from all their replications. One line for each kind of interval.

    scripts/coverage.py target/release/stickershock configs/market-1995.toml \\
        --regimes imposed_retroactive --seeds 48 --replications 100 --folder output/coverage

A study that is there already is not run again, so the experiment can be stopped and continued. Student's law is taken at the number of
replications that a study ran.
"""

import argparse
import csv
import math
import subprocess
from collections import defaultdict
from pathlib import Path


def quantile(df):
    """0.975 quantile of Student's law: bisection of its distribution, summed by Simpson's rule."""

    def density(x):
        log = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi)
        return math.exp(log - (df + 1) / 2 * math.log1p(x * x / df))

    def below(x, n=400):
        h = x / n
        odd = sum(density((2 * i + 1) * h) for i in range(n // 2))
        even = sum(density(2 * i * h) for i in range(1, n // 2))
        return 0.5 + h / 3 * (density(0) + 4 * odd + 2 * even + density(x))

    low, high = 0.0, 50.0
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < 0.975 else (low, middle)
    return low


def rows(folder, table):
    path = folder / "tables" / f"{table}.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def intervals(folder, t):
    """Every interval that the tables of a study print: kind, column -> (value, low, high)."""
    found = {}

    def put(kind, column, value, low, high):
        if value and low and high:
            found[kind, column] = tuple(map(float, (value, low, high)))

    def within(kind, column, value, error):
        if value and error:
            value, error = float(value), float(error)
            found[kind, column] = (value, value - t * error, value + t * error)

    for row in rows(folder, "comparisons"):
        if row["period"] == "all":
            column = f"{row['metric']}, {row['regime']} less {row['baseline']}"
            put("differences of headlines", column, row["difference"], row["ci_low"], row["ci_high"])
            put("relative changes", column, row["relative_change"], row["relative_ci_low"], row["relative_ci_high"])
    for row in rows(folder, "welfare"):
        if row["period"] == "all":
            kind = "fifths of income" if row["account"].startswith("consumers_income") else "accounts"
            kind = "dealers' accounts" if row["account"].startswith("dealers") else kind
            column = f"{row['account']}, {row['regime']}"
            put(kind, column, row["change_usd"], row["ci_low_usd"], row["ci_high_usd"])
    for row in rows(folder, "firms"):
        if row["period"] == "all":
            column = f"{row['manufacturer']} in {row['region']}, {row['regime']}"
            within("profits of firms", column, row["profit_usd_change"], row["profit_usd_change_std_error"])
    for row in rows(folder, "trade_balance"):
        column = f"{row['month']}, {row['regime']}"
        ends = [row[f"deficit_change_ci_{end}"] for end in ("low", "high")]
        put("bilateral deficit", column, row["deficit_change_usd_per_year"], *ends)
    for row in rows(folder, "models"):
        if row["period"] == "all":
            for metric in ("units", "expected_units"):
                column = f"{metric} of {row['model']}, {row['regime']}"
                within("sales of models", column, row[f"{metric}_mean"], row[f"{metric}_std_error"])
    for row in rows(folder, "pricing"):
        for metric in ("sticker_price_usd", "pass_through"):
            column = f"{metric} of {row['model']}, week {row['week']}, {row['regime']}"
            put("list prices and their pass-through", column, *(row[metric + end] for end in ("", "_ci_low", "_ci_high")))
    for row in rows(folder, "pass_through"):
        for metric in ("price_change", "border_price_change", "per_dollar_old_base", "per_dollar_owed", "border_elasticity"):
            column = f"{metric}, week {row['week']}, {row['regime']}"
            put("pass-through of all taxed", column, *(row[metric + end] for end in ("", "_ci_low", "_ci_high")))
    for row in rows(folder, "base_year"):
        for kind, metric in (("costs", "marginal_cost_usd"), ("elasticities", "own_elasticity"), ("diversion", "outside_diversion")):
            put(kind, row["model"], *(row[metric + end] for end in ("", "_ci_low", "_ci_high")))
    # What is the same in every replication has an interval of no length.
    return {key: (v, a, b) for key, (v, a, b) in found.items() if b - a > 1e-9 * abs(v) and math.isfinite(b - a)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the stickershock executable")
    parser.add_argument("scenario")
    parser.add_argument("--seeds", type=int, default=48)
    parser.add_argument("--replications", type=int, default=100)
    parser.add_argument("--regimes", help="as in `run`; all if absent")
    parser.add_argument("--set", action="append", default=[], help="as in `run`")
    parser.add_argument("--folder", type=Path, default=Path("output/coverage"))
    args = parser.parse_args()

    t = quantile(args.replications - 1)
    studies = []
    for seed in range(1, args.seeds + 1):
        folder = args.folder / f"seed-{seed}"
        if not (folder / "datapackage.json").exists():
            command = [args.program, "run", args.scenario, "--quiet", "--no-charts", "--resume", "--seed", str(seed)]
            command += ["--replications", str(args.replications), "--out", str(folder)]
            command += ["--regimes", args.regimes] if args.regimes else []
            command += [part for assignment in args.set for part in ("--set", assignment)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        studies.append(intervals(folder, t))

    columns = set.intersection(*(set(study) for study in studies))
    kinds = defaultdict(list)
    for key in columns:
        found = [study[key] for study in studies]
        truth = sum(value for value, _, _ in found) / len(found)
        kinds[key[0]].append((sum(low <= truth <= high for _, low, high in found), key[1]))
    n = len(studies)
    print(f"{args.scenario}: {n} studies of {args.replications} replications, {len(columns)} columns with an interval")
    print(f"{'interval':36} {'columns':>7} {'coverage':>8} {'least':>9} {'below 42 of 48':>15}")
    few = [math.ceil(42 / 48 * n), 0, 0]
    for kind, counts in sorted(kinds.items()):
        pooled = sum(count for count, _ in counts) / (n * len(counts))
        low = sum(count < few[0] for count, _ in counts)
        few[1] += low
        print(f"{kind:36} {len(counts):7} {pooled:8.1%} {min(counts)[0]:6}/{n} {low:15}")
    every = [count for counts in kinds.values() for count, _ in counts]
    print(f"{'all':36} {len(every):7} {sum(every) / (n * len(every)):8.1%} {min(every):6}/{n} {few[1]:15}")
    worst = sorted((count, kind, column) for kind, counts in kinds.items() for count, column in counts)[:5]
    print("least often: " + "; ".join(f"{kind}: {column} ({count})" for count, kind, column in worst))


if __name__ == "__main__":
    main()
