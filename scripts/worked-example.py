#!/usr/bin/env python3
"""The worked example of docs/model.md by another program: who loses how much under the duty, by fifths of income.

    pip install numpy scipy
    python3 scripts/worked-example.py 120        # scramblings of 4,096 buyers; some seconds

One year, everybody in the market once, no loyalty, Bertrand-Nash prices, 100% on 70% of the list price of the listed models. Only the table
of models is shared with the main program: Sobol' points and scrambling are SciPy's, the base year is solved by Newton steps, prices by the
fixed point in markups.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from scipy.stats import norm, qmc

BUYERS, EVENTS = 4096, 3e6
ALPHA, INCOME_LOG_SD, INCOME_BOUNDS = 0.12, 0.4, (0.4, 2.5)
SIGMA_X, SIGMA_IMPORT, SIGMA_REGION, SIGMA_OUTSIDE = np.array([0.5, 0.5, 0.3]), 5.0, 0.5, 4.0
REGIONS = ["japan", "europe", "big_three"]
LEFT_OUT = {"Maxima", "Camry V6 XLE", "Avalon"}


def market():
    path = Path(__file__).resolve().parent.parent / "configs/data/models_1994.csv"
    with open(path, newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["model"] not in LEFT_OUT and float(r["base_volume_annual"]) > 0]
    column = lambda name: np.array([float(row[name]) for row in rows])
    text = lambda name: np.array([row[name] for row in rows])
    return {
        "price": column("msrp_usd") / 1000,
        "volume": column("base_volume_annual"),
        "x": np.stack([column("horsepower") / column("curb_weight_lb"), column("curb_weight_lb"), column("mpg")], 1),
        "region": text("region"),
        "maker": text("parent_manufacturer"),
        "listed": text("sanctioned") == "true",
        "imported": np.array([not row["assembly_country"].startswith(("USA", "Canada")) for row in rows]),
    }


CARS = market()


def losses(z):
    """Loss of all buyers and of each fifth of incomes, billion USD, for normal draws z of shape (buyers, 9)."""
    price, volume, listed = CARS["price"], CARS["volume"], CARS["listed"]
    mean = np.average(CARS["x"], axis=0, weights=volume)
    x = (CARS["x"] - mean) / np.sqrt(np.average((CARS["x"] - mean) ** 2, axis=0, weights=volume))
    alpha = ALPHA / np.clip(np.exp(INCOME_LOG_SD * z[:, 0]), *INCOME_BOUNDS)
    tastes = x @ (SIGMA_X * z[:, 1:4]).T + SIGMA_IMPORT * np.outer(CARS["region"] != "big_three", z[:, 4])
    for k, region in enumerate(REGIONS):
        tastes += SIGMA_REGION * np.outer(CARS["region"] == region, z[:, 5 + k])
    outside = SIGMA_OUTSIDE * z[:, 8]

    def shares(delta, price):
        utility = delta[:, None] + tastes - np.outer(price, alpha)
        top = np.maximum(utility.max(0), outside)
        e = np.exp(utility - top)
        total = e.sum(0) + np.exp(outside - top)
        return e / total, top + np.log(total)

    target, delta = volume / EVENTS, np.zeros(len(price))
    for _ in range(200):
        s, _ = shares(delta, price)
        gap = np.log(target) - np.log(s.mean(1))
        if np.abs(gap).max() < 1e-12:
            break
        jacobian = (np.diag(s.mean(1)) - s @ s.T / len(z)) / s.mean(1)[:, None]
        step = np.linalg.solve(jacobian, gap)
        delta += step * min(1, 2 / np.abs(step).max())
    else:
        raise SystemExit(f"the base year is not met: {np.abs(gap).max()}")

    own = (CARS["maker"][:, None] == CARS["maker"]).astype(float)
    own += 0.5 * np.outer(CARS["maker"] == "General Motors", CARS["maker"] == "Saab")
    terms = lambda s: (s.mean(1), (s * alpha).mean(1), own * ((s * alpha) @ s.T / len(z)))
    s, slope, cross = terms(shares(delta, price)[0])
    normal = 0.025 * 0.7 * price * CARS["imported"]
    cost = price - normal - np.linalg.solve(np.diag(slope) - cross, s)
    fixed = cost + normal + 0.7 * price * listed
    taxed = price + 0.7 * price * listed
    for _ in range(500):
        s, slope, cross = terms(shares(delta, taxed)[0])
        following = fixed + (cross @ (taxed - fixed) + s) / slope
        moved = np.abs(following - taxed).max()
        taxed = following
        if moved < 1e-10:
            break
    else:
        raise SystemExit(f"prices still move by {moved}")

    lost = (shares(delta, taxed)[1] - shares(delta, price)[1]) / alpha * 1e3 * EVENTS / len(z) / 1e9
    fifths = np.array_split(np.argsort(z[:, 0], kind="stable"), 5)
    return [lost.sum()] + [lost[fifth].sum() for fifth in fifths]


def main():
    scramblings = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    points = lambda seed: norm.ppf(qmc.Sobol(9, scramble=True, seed=seed).random(BUYERS))
    all_losses = -np.array([losses(points(seed)) for seed in range(scramblings)])
    print(f"{scramblings} scramblings of {BUYERS} buyers: loss in billion USD a year")
    print(f"{'':<20}{'all':>8}" + "".join(f"{f'fifth {k + 1}':>10}" for k in range(5)))
    for name, row in [
        ("mean", all_losses.mean(0)),
        ("standard deviation", all_losses.std(0, ddof=1)),
        ("least", all_losses.min(0)),
        ("greatest", all_losses.max(0)),
    ]:
        print(f"{name:<20}{row[0]:8.3f}" + "".join(f"{value:10.4f}" for value in row[1:]))


main()
