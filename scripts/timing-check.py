#!/usr/bin/env python3
"""The layer of time by another program: a threat that is settled and sanctions that are imposed, against the status quo.

    pip install numpy scipy
    python3 scripts/timing-check.py --worlds 48 --buyers 262144      # some three seconds a world

Written from the description in docs/model.md ("Timing and dealers") and not from the program, with which it shares the table of models alone:
SciPy's Sobol' points and scrambling, other random numbers, buyers one by one in plain loops. Parameters are those of
tests/market_1995/by-hand-1995-timing.toml. `--late` cuts the forecasts of taxed models one week after the duty is imposed instead of in the same week.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from scipy.special import ndtri
from scipy.stats import gamma, qmc

WEEKS, LIABLE, DEADLINE = 104, 20, 26
EVENTS = 3e6
ALPHA, ETA, INCOME_LOG_SD, INCOME_BOUNDS = 0.125, 1.0, 0.35, (0.4, 2.5)
SIGMA_X, SIGMA_IMPORT, SIGMA_REGION, SIGMA_OUTSIDE, LOYALTY = np.array([0.5, 0.5, 0.3]), 4.0, 0.4, 3.5, 1.2
LEASES, LEASE_SHARE, SHAPE, MEAN_WEEKS = np.array([104.0, 156.0]), 0.35, 4.0, 260.0
INTERVAL = LEASE_SHARE * LEASES.mean() + (1 - LEASE_SHARE) * MEAN_WEEKS
BELIEF, BELIEF_IMPOSED, POLARISATION, REVERSAL = 0.2, 0.9, 0.9, 0.005
CONSIDER, LOOK_AHEAD, STOCK_LAG, LONGEST_WAIT = 0.08, 26, 4.0, 26
FIXED_COST, WEEK_COST, WAITING_COST = (1.0, 0.5), (0.4, 0.75), (0.25, 0.7)  # medians in $1,000 and log-sds
COVER, LEAST_SALES, ADJUSTMENT, FORECAST = 60 / 7, 3, 8, 13
SLOPE, DEAD_BAND, BOUNDS = 0.04, 0.3, (-0.06, 0.10)
CAPACITY_EUROPE, CAPACITY = 1.15, 1.5
PRICING_NODES = 4096
REGIONS = ["japan", "europe", "big_three"]
LEFT_OUT = {"Maxima", "Camry V6 XLE", "Avalon"}

path = Path(__file__).resolve().parent.parent / "configs/data/models_1994.csv"
with open(path, newline="") as file:
    ROWS = [row for row in csv.DictReader(file) if row["model"] not in LEFT_OUT]
ROWS = [row for row in ROWS if float(row["base_volume_annual"]) > 0]
column = lambda name: np.array([float(row[name]) for row in ROWS])
number = lambda name: np.unique([row[name] for row in ROWS], return_inverse=True)[1]
MODELS = len(ROWS)
LIST_PRICE, VOLUME = column("msrp_usd") / 1000, column("base_volume_annual")
BRAND, MAKER = number("brand"), number("parent_manufacturer")
BRANDS = BRAND.max() + 1
REGION = np.array([REGIONS.index(row["region"]) for row in ROWS])
LISTED = np.array([row["sanctioned"] == "true" for row in ROWS])
DOMESTIC = np.array([row["assembly_country"].startswith(("USA", "Canada")) for row in ROWS])
GROUPS = {
    "listed": LISTED,
    "Europe": REGION == 1,
    "Big Three": REGION == 2,
    "other Japanese": (REGION == 0) & ~LISTED,
    "all": np.ones(MODELS, bool),
}
OF_BRAND = (BRAND[:, None] == np.arange(BRANDS)).astype(float)
EXTRA = np.exp(LOYALTY) - 1
NOBODY = BRANDS  # the brand of who owns none
BONUS = LOYALTY * np.vstack([OF_BRAND.T, np.zeros(MODELS)])  # by brand owned
LAG = np.where(DOMESTIC, 2, 3)
NORMAL_DUTY = np.where(DOMESTIC, 0, 0.025 * 0.7 * LIST_PRICE)
DUTY = np.where(LISTED, 0.7 * LIST_PRICE, 0)


class People:
    """Buyers: price responses, utilities at list prices without delta, and the uniforms that start the purchase process."""

    def __init__(self, count, seed):
        u = np.clip(qmc.Sobol(12, scramble=True, seed=seed).random(count), 1e-12, 1 - 1e-12)
        z = ndtri(u[:, :9])
        x = np.stack([column("horsepower") / column("curb_weight_lb"), column("curb_weight_lb"), column("mpg")], 1)
        mean = np.average(x, axis=0, weights=VOLUME)
        x = (x - mean) / np.sqrt(np.average((x - mean) ** 2, axis=0, weights=VOLUME))
        self.count, self.start = count, u[:, 9:]
        self.alpha = ALPHA / np.clip(np.exp(INCOME_LOG_SD * z[:, 0]), *INCOME_BOUNDS) ** ETA
        self.utility = (SIGMA_X * z[:, 1:4]) @ x.T + SIGMA_IMPORT * z[:, 4:5] * (REGION != 2)
        self.utility += SIGMA_REGION * z[:, 5:8][:, REGION] - self.alpha[:, None] * LIST_PRICE
        self.outside = SIGMA_OUTSIDE * z[:, 8]
        self.cars = EVENTS * INTERVAL / (52 * count)  # that a purchase stands for

    def sums(self, delta, part):
        """exp of utilities, their sums by brand, and the constants A and Z of the stationary chain of owned brands."""
        e, outside = np.exp(self.utility[part] + delta), np.exp(self.outside[part])
        brands = e @ OF_BRAND
        a = outside + brands.sum(1)
        return e, outside, brands, a, a * a + EXTRA * (brands**2).sum(1)

    def shares(self, delta):
        total = np.zeros(MODELS)
        for first in range(0, self.count, 8192):
            e, _, brands, a, z = self.sums(delta, slice(first, first + 8192))
            total += (e * ((a[:, None] + EXTRA * brands) / z[:, None])[:, BRAND]).sum(0)
        return total / self.count

    def invert(self):
        """delta at which stationary shares are the base year's, by the contraction with SQUAREM's steps."""
        delta, target = np.zeros(MODELS), np.log(VOLUME / EVENTS)
        gap = lambda delta: target - np.log(self.shares(delta))
        for _ in range(200):
            r = gap(delta)
            if np.abs(r).max() < 1e-11:
                return delta
            v = gap(delta + r) - r
            step = np.clip(np.sqrt((r @ r) / (v @ v)), 1, 30)
            delta = delta + 2 * step * r + step * step * v
            delta = delta + gap(delta)
        raise SystemExit(f"the base year is not met: {np.abs(r).max()}")

    def sanction_prices(self, delta):
        """Bertrand-Nash prices under the duty and the ratio of expected demand at them, brands owned in expectation."""
        e, outside, brands, a, z = self.sums(delta, slice(None))
        owners = np.column_stack([brands * (a[:, None] + EXTRA * brands), outside * a]) / z[:, None] / self.count
        same_maker = (MAKER[:, None] == MAKER).astype(float)

        def demand(price):
            at = e * np.exp(-self.alpha[:, None] * (price - LIST_PRICE))
            brands = at @ OF_BRAND
            a = outside + brands.sum(1)
            shares, slopes, cross = np.zeros(MODELS), np.zeros(MODELS), np.zeros((MODELS, MODELS))
            for owned in range(BRANDS + 1):
                if owned == NOBODY:
                    s = at / a[:, None]
                else:
                    s = at * (1 + EXTRA * OF_BRAND[:, owned]) / (a + EXTRA * brands[:, owned])[:, None]
                weight = owners[:, owned] * self.alpha
                shares += owners[:, owned] @ s
                slopes += weight @ s
                cross += (s * weight[:, None]).T @ s
            return shares, slopes, same_maker * cross

        before, slopes, cross = demand(LIST_PRICE)
        cost = LIST_PRICE - NORMAL_DUTY - np.linalg.solve(np.diag(slopes) - cross, before)
        unit, price = cost + NORMAL_DUTY + DUTY, LIST_PRICE + DUTY
        for _ in range(500):
            shares, slopes, cross = demand(price)
            moved = unit + (cross @ (price - unit) + shares) / slopes
            change, price = np.abs(moved / price - 1).max(), moved
            if change < 1e-11:
                return price, demand(price)[0] / before
        raise SystemExit(f"prices still move by {change}")

    def begin(self, delta):
        """Stationary start: length-biased intervals, a uniform part of them left, brands owned given own tastes."""
        self.utility += delta
        u, biased = self.start, LEASE_SHARE / len(LEASES) * LEASES / INTERVAL
        lease = np.searchsorted(np.cumsum(biased), u[:, 0])
        rest = (u[:, 0] - biased.sum()) / (1 - biased.sum())
        length = gamma.ppf(np.clip(rest, 0, 1), SHAPE + 1, scale=MEAN_WEEKS / SHAPE)
        self.leased = lease < len(LEASES)
        length[self.leased] = LEASES[lease[self.leased]]
        self.date = u[:, 1] * length
        self.owned = np.empty(self.count, int)
        for first in range(0, self.count, 16384):
            part = slice(first, first + 16384)
            _, _, brands, a, z = self.sums(0, part)
            chances = np.cumsum(brands * (a[:, None] + EXTRA * brands) / z[:, None], axis=1)
            self.owned[part] = (u[part, 2][:, None] > chances).sum(1)


def mixed(x):
    for shift, factor in [(30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)]:
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x ^ (x >> np.uint64(31))


GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def uniform(*address):
    """A number in (0, 1) for each address: a pure function of it."""
    state = np.array([1], np.uint64)
    for part in address:
        state = mixed(state * np.uint64(3) + (np.atleast_1d(part).astype(np.uint64) + np.uint64(1)) * GOLDEN)
    return ((state >> np.uint64(11)).astype(float) + 0.5) * 2.0**-53


class Run:
    """One world under one regime: the status quo, "settled" or "imposed" in the week of the deadline."""

    def __init__(self, people, world, regime, taxed_price, ratio, late):
        self.people, self.world, self.regime, self.late = people, world, regime, late
        self.taxed_price, self.ratio, self.cars = taxed_price, ratio, people.cars
        self.date, self.owned, self.leased = people.date.copy(), people.owned.copy(), people.leased.copy()
        self.event, self.waited = np.zeros(people.count, int), np.zeros(people.count, int)
        buyers = np.arange(people.count)
        drawn = lambda tag: uniform(world, buyers, tag)
        cost = lambda tag, law: law[0] * np.exp(law[1] * ndtri(drawn(tag)))
        self.conviction, self.stock_lag = drawn(1), -STOCK_LAG * np.log(drawn(2))
        self.fixed, self.by_week, self.waiting = cost(3, FIXED_COST), cost(4, WEEK_COST), cost(5, WAITING_COST)
        self.price, self.forecast = LIST_PRICE.copy(), VOLUME / 52
        self.old_forecast, self.clean, self.liable = self.forecast, COVER * self.forecast, np.zeros(MODELS)
        self.capacity = np.where(REGION == 1, CAPACITY_EUROPE, CAPACITY) * VOLUME / 52
        self.pipeline = np.zeros((WEEKS + 4, MODELS))
        for j in range(MODELS):
            self.pipeline[: LAG[j], j] = self.forecast[j]
        self.sales, self.outlay = np.zeros((WEEKS, MODELS)), np.zeros((WEEKS, MODELS))
        for week in range(WEEKS):
            self.step(week)

    def target(self, forecast):
        return np.maximum(COVER * forecast, LEAST_SALES * self.cars)

    def step(self, t):
        open_ = self.regime != "status quo" and LIABLE <= t < DEADLINE
        taxed = self.regime == "imposed" and t >= DEADLINE
        if self.regime == "imposed" and t == DEADLINE:
            self.price, self.old_forecast = self.taxed_price, self.forecast.copy()
        if self.regime == "imposed" and t == DEADLINE + self.late:
            self.forecast = np.where(LISTED, self.forecast * self.ratio, self.forecast)
        if self.regime == "settled" and t == DEADLINE:
            self.clean, self.liable = self.clean + self.liable, np.zeros(MODELS)
        landed = np.where(LISTED & (open_ or taxed), self.pipeline[t], 0)
        self.liable, self.clean = self.liable + landed, self.clean + self.pipeline[t] - landed

        now, later, is_clean = self.transaction_prices(taxed)
        present = self.clean + self.liable >= self.cars
        due = np.flatnonzero(self.date < t + 1)
        if taxed:
            due = self.stay(due, now, present)
        early = self.rush(t, open_, now, present) if open_ or taxed else np.zeros(0, int)
        buyers = np.concatenate([due, early])
        buyers = buyers[np.argsort(uniform(self.world, buyers, 6, t))]
        first, bought = self.sell(t, buyers, now.copy(), later, is_clean, present)

        self.owned[buyers] = np.append(BRAND, NOBODY)[bought]
        self.event[buyers] += 1
        moved = np.isin(buyers, early) | (self.waited[buyers] > 0)
        day = t + uniform(self.world, buyers, 7, t)
        u = uniform(self.world, buyers, self.event[buyers], 8)
        leased = u < LEASE_SHARE
        length = gamma.ppf(np.clip((u - LEASE_SHARE) / (1 - LEASE_SHARE), 0, 1), SHAPE, scale=MEAN_WEEKS / SHAPE)
        length[leased] = LEASES[(u[leased] / LEASE_SHARE * len(LEASES)).astype(int)]
        self.date[buyers] = np.where(moved, day, self.date[buyers]) + length
        self.leased[buyers], self.waited[buyers] = leased, 0

        frozen = LISTED & taxed & (self.clean >= self.cars)
        self.forecast = np.where(frozen, self.forecast, self.forecast + (first - self.forecast) / FORECAST)
        missing = self.target(self.forecast) - self.clean - self.liable
        at_sea = (LAG - 1) * self.forecast - self.pipeline[t + 1 : t + 4].sum(0)
        orders = np.clip(self.forecast + (missing + at_sea) / ADJUSTMENT, 0, self.capacity)
        self.pipeline[t + LAG, np.arange(MODELS)] += orders

    def transaction_prices(self, taxed):
        """Prices of the cars sold next and of those sold after the clean lots, and which are sold from clean lots at the old price."""

        def paid(price, stock, forecast):
            cover = np.log(np.maximum(stock / self.target(forecast), 1e-9))
            return price * (1 + np.clip(-SLOPE * np.sign(cover) * np.maximum(np.abs(cover) - DEAD_BAND, 0), *BOUNDS))

        later = paid(self.price, self.clean + self.liable, self.forecast)
        if not taxed:
            return later, later, np.zeros(MODELS, bool)
        later = np.where(LISTED, paid(self.price, self.liable, self.forecast), later)
        is_clean = LISTED & (self.clean >= self.cars)
        return np.where(is_clean, paid(LIST_PRICE, self.clean, self.old_forecast), later), later, is_clean

    def utilities(self, buyers):
        """Utilities at list prices with the draws of each buyer's next event, the outside option last."""
        people, models = self.people, np.arange(MODELS + 1)
        gumbel = -np.log(-np.log(uniform(self.world, buyers[:, None], self.event[buyers][:, None], models, 9)))
        own = people.utility[buyers] + BONUS[self.owned[buyers]]
        return np.column_stack([own, people.outside[buyers]]) + gumbel, people.alpha[buyers]

    def best(self, utilities, alpha, price, present=None):
        """Realised utility of the best option at `price`."""
        at = utilities.copy()
        at[:, :MODELS] -= alpha[:, None] * (price - LIST_PRICE)
        if present is not None:
            at[:, :MODELS][:, ~present] = -np.inf
        return at.max(1)

    def stay(self, due, now, present):
        """Those of `due` who do not wait a week more for a reversal."""
        utilities, alpha = self.utilities(due)
        gain = self.best(utilities, alpha, LIST_PRICE) - self.best(utilities, alpha, now, present)
        waits = REVERSAL * gain / alpha > self.waiting[due] * (1 + self.waited[due] / 8)
        waits &= self.waited[due] < LONGEST_WAIT
        self.waited[due[waits]] += 1
        return due[~waits]

    def rush(self, t, open_, now, present):
        """Those who buy before their planned date."""
        plans = np.flatnonzero((self.date >= t + 1) & (self.date < t + 1 + LOOK_AHEAD) & ~self.leased)
        plans = plans[uniform(self.world, plans, 10, t) < CONSIDER]
        belief = np.full(len(plans), BELIEF_IMPOSED)
        if open_:
            plans = plans[self.date[plans] >= DEADLINE + self.stock_lag[plans]]
            belief = (1 - POLARISATION) * BELIEF + POLARISATION * (self.conviction[plans] < BELIEF)
        utilities, alpha = self.utilities(plans)
        at = lambda price, present=None: self.best(utilities, alpha, price, present)
        gain = at(now, present) - (1 - belief) * at(LIST_PRICE) - belief * at(self.taxed_price)
        weeks = self.date[plans] - t
        return plans[gain / alpha > self.fixed[plans] + self.by_week[plans] * weeks]

    def sell(self, t, buyers, price, later, is_clean, present):
        """Sales one by one: the best model in stock, clean cars first. First choices by model, and what each buyer bought."""
        utilities, alpha = self.utilities(buyers)
        utilities[:, :MODELS] += alpha[:, None] * LIST_PRICE
        price, first, bought = np.append(price, 0), np.zeros(MODELS), np.empty(len(buyers), int)
        absent = np.append(np.where(present, 0, -np.inf), 0)
        for i in range(len(buyers)):
            at = utilities[i] - alpha[i] * price
            choice = at.argmax()
            if choice < MODELS:
                first[choice] += self.cars
            if absent[choice] < 0:
                choice = (at + absent).argmax()
            bought[i] = choice
            if choice == MODELS:
                continue
            self.sales[t, choice] += self.cars
            self.outlay[t, choice] += self.cars * price[choice]
            from_clean = min(self.clean[choice], self.cars)
            self.clean[choice] -= from_clean
            self.liable[choice] -= self.cars - from_clean
            if is_clean[choice] and self.clean[choice] < self.cars:
                is_clean[choice], price[choice] = False, later[choice]
            if self.clean[choice] + self.liable[choice] < self.cars:
                absent[choice] = -np.inf
        return first, bought

    def duty(self, weeks):
        return (self.pipeline[LIABLE:weeks] * DUTY).sum() / 1e6  # billion USD


def table(title, spans, rows):
    """Mean and standard error over worlds of each row's values."""
    print(f"\n{title}\n{'':<24}" + "".join(f"{f'weeks {a}-{b - 1}':>16}" for a, b in spans))
    for name, worlds in rows:
        mean, error = np.mean(worlds, 0), np.full(len(spans), np.nan)
        if len(worlds) > 1:
            error = np.std(worlds, 0, ddof=1) / np.sqrt(len(worlds))
        print(f"{name:<24}" + "".join(f"{m:>+9.2f} ±{e:5.2f}" for m, e in zip(mean, error)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=4)
    parser.add_argument("--buyers", type=int, default=65536, help="a power of two")
    parser.add_argument("--seed", type=int, default=1, help="of the scrambling and the worlds")
    parser.add_argument("--late", action="store_true", help="forecasts are cut a week after the duty is imposed")
    asked = parser.parse_args()

    nodes = People(PRICING_NODES, asked.seed)
    taxed_price, ratio = nodes.sanction_prices(nodes.invert())
    mean = lambda values, group: np.average(values, weights=VOLUME * group)
    rise = {name: f"{100 * mean(taxed_price / LIST_PRICE - 1, group):+.1f}" for name, group in GROUPS.items()}
    print(f"list prices under the duty, %: {rise}; listed demand {100 * (mean(ratio, LISTED) - 1):+.1f}%")
    people = People(asked.buyers, asked.seed)
    people.begin(people.invert())

    spans = {
        "settled": [(20, 26), (26, 34), (34, 52), (20, 78)],
        "imposed": [(20, 26), (26, 30), (30, 39), (39, 52), (52, 104)],
    }
    sold = {(regime, name): [] for regime in spans for name in GROUPS}
    paid, duties = {"listed": [], "Europe": []}, []
    for world in range(1000 * asked.seed, 1000 * asked.seed + asked.worlds):
        run = lambda regime: Run(people, world, regime, taxed_price, ratio, int(asked.late))
        base = run("status quo").sales
        for regime in spans:
            done = run(regime)
            cut = lambda values, group: np.array([values[a:b, group].sum() for a, b in spans[regime]])
            for name, group in GROUPS.items():
                sold[regime, name].append(100 * (cut(done.sales, group) / cut(base, group) - 1))
            if regime == "imposed":
                for name, changes in paid.items():
                    at_list = cut(done.sales * LIST_PRICE, GROUPS[name])
                    changes.append(100 * (cut(done.outlay, GROUPS[name]) / at_list - 1))
                duties.append([done.duty(DEADLINE + 1), done.duty(WEEKS)])
    print(f"{asked.worlds} worlds, a purchase stands for {people.cars:.1f} cars; % of the status quo, ± standard error")
    table("settled in week 26, belief .2: cars sold", spans["settled"], [(name, sold["settled", name]) for name in GROUPS])
    table("imposed in week 26: cars sold", spans["imposed"], [(name, sold["imposed", name]) for name in GROUPS])
    table("imposed: price paid over list price", spans["imposed"], list(paid.items()))
    print("\nduty in billion USD, at the decision and in all: {:.2f}, {:.2f}".format(*np.mean(duties, 0)))


main()
