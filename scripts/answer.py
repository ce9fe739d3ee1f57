#!/usr/bin/env python3
"""Writes docs/answer.md from a run of the showdown with many draws; it needs nothing but Python.

    stickershock run configs/showdown-1995.toml --set uncertainty.draws=200 --out output/answer
    scripts/answer.py output/answer > docs/answer.md        # and docs/images/answer_hangs_on.svg
"""

import csv
import json
import sys
from html import escape
from pathlib import Path

FOLDER = Path(sys.argv[1])
PERIOD = "after_deadline"
REGIME = "imposed"


def table(name):
    with open(FOLDER / "tables" / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


widths = {(r["regime"], r["metric"]): r for r in table("widths") if r["period"] == PERIOD and r["quantity"] == "change"}
structures = [r for r in table("structures") if r["period"] == PERIOD and r["quantity"] == "change"]
effects = [r for r in table("effects") if r["period"] == PERIOD and r["quantity"] == "change"]
welfare = [r for r in table("welfare") if r["period"] == PERIOD]
regimes = {r["regime"]: r["label"] for r in table("regimes")}
period = next(r for r in table("periods") if r["period"] == PERIOD)
years = float(period["weeks"]) / 52.0
manifest = json.loads((FOLDER / "manifest.json").read_text())
labels = {f'{r["account"]}_usd': r["label"] for r in welfare}
draws = max(int(r["draws"]) for r in widths.values())
asked = len({r["draw"] for r in table("draws")})
without = "" if draws == asked else f", of which {asked - draws} has no result (tables/failures.csv) and is left out" if asked - draws == 1 else f", of which {asked - draws} have no result (tables/failures.csv) and are left out"


def bn(text):
    """Billions a year of a total over the period."""
    if text == "":
        return "-"
    value = float(text) / years / 1e9
    return f"{0.0 if abs(value) < 0.005 else value:+.2f}"


def span(row, low, high):
    return "-" if row[low] == "" else f"{bn(row[low])} to {bn(row[high])}"


def percent(text):
    return "-" if text == "" else f"{100 * float(text):.0f}%"


def width_row(name, row):
    ranges = [span(row, f"{kind}_low", f"{kind}_high") for kind in ("simulation", "parameters", "structure")]
    return f'| {name} | {bn(row["structure_median"])} | ' + " | ".join(ranges) + " |"


home = widths[REGIME, "total_home_usd"]
lists = {r["structure"]: r for r in structures if r["regime"] == REGIME and r["metric"] == "total_home_usd"}
parties = [m for m in labels if m.startswith(("consumers_usd", "makers_", "dealers_usd", "treasury_usd", "total_")) and (REGIME, m) in widths]
parties = [m for m in parties if m not in ("makers_usd", "total_world_usd")]
moved = [m for m in parties if float(widths[REGIME, m]["structure_median"] or 0) != 0]
by_size = sorted(moved, key=lambda m: (m.startswith("total"), float(widths[REGIME, m]["structure_median"])))


def loss(metric):
    """A loss without its sign, with its range."""
    row = widths[REGIME, metric]
    size = [bn(row[f"structure_{which}"]).lstrip("+-") for which in ("median", "high", "low")]
    return f"{size[0]} ({size[1]} to {size[2]})"


def gain(metric):
    return bn(widths[REGIME, metric]["structure_median"]).lstrip("+")


def wrapped(text, most):
    """The text in lines of so many letters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def picture(rows):
    """A tornado in the look of the program's charts: means of groups of draws, the lowest and the highest, around no change."""
    first = rows[0]
    part = "Most" if float(first["share"]) > 0.5 else "The largest part"
    title = wrapped(f'{part} of what is not known of the American total ({percent(first["share"])}) comes from {first["label"]}', 62)
    note = wrapped(
        f"{regimes[REGIME]}: change of the American total, billion US dollars a year. Means over groups of {draws} draws that have it alike, the lowest and "
        "the highest, all else varying; below each name, where these are. Right: the share of the variance over draws that it makes alone.",
        108,
    )
    left, right, step, width = 268, 70, 34, 680
    top = 24 + 20 * len(title) + 15 * len(note) + 34
    height = top + step * len(rows) + 48
    values = [float(row[end]) / years / 1e9 for row in rows for end in ("low", "high")]
    low, high = min(values + [0.0]), max(values + [0.0])
    pad = 0.06 * (high - low)
    low, high = low - pad, high + pad

    def x(value):
        return left + (value - low) / (high - low) * (width - left - right)

    def text(at, y, words, size, more=""):
        return f'<text x="{at:.1f}" y="{y:.1f}" font-size="{size}" {more}>{escape(words)}</text>'

    muted, end, middle = 'fill="#5a5a5a"', 'text-anchor="end"', 'text-anchor="middle"'
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif" fill="#1a1a1a" role="img">',
        f"<title>{escape(' '.join(title))}</title>",
        f"<desc>{escape(' '.join(note))} Data: tables/effects.csv.</desc>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    out += [text(20, 32 + 20 * at, line, 15, 'font-weight="bold"') for at, line in enumerate(title)]
    under = 32 + 20 * len(title)
    out += [text(20, under + 15 * at, line, 11, muted) for at, line in enumerate(note)]
    key = under + 15 * len(note) + 8
    for at, (colour, words) in enumerate((("#d55e00", "how the model is built"), ("#004d80", "a parameter"))):
        out.append(f'<rect x="{20 + 180 * at}" y="{key - 9}" width="20" height="10" fill="{colour}"/>')
        out.append(text(46 + 180 * at, key, words, 11))
    out.append(text(width - 20, key, "share", 10, f"{muted} {end}"))
    bottom = top + step * len(rows)
    for at in range(0, len(rows), 2):
        out.append(f'<rect x="20" y="{top + step * at}" width="{width - 40}" height="{step}" fill="#f5f5f5"/>')
    tick = 0.5
    for k in range(int(low / tick) - 1, int(high / tick) + 2):
        if low <= k * tick <= high:
            colour = "#1a1a1a" if k == 0 else "#e0e0e0"
            out.append(f'<line x1="{x(k * tick):.1f}" x2="{x(k * tick):.1f}" y1="{top}" y2="{bottom}" stroke="{colour}"/>')
            out.append(text(x(k * tick), bottom + 15, "0" if k == 0 else f"{k * tick:+.1f}".replace("-", "\u2212"), 10.5, f"{muted} {middle}"))
    for at, row in enumerate(rows):
        ends = [float(row[end]) / years / 1e9 for end in ("low", "high")]
        y, colour = top + step * at, "#d55e00" if row["kind"] == "structure" else "#004d80"
        out.append(f'<rect x="{x(ends[0]):.1f}" y="{y + 10}" width="{max(x(ends[1]) - x(ends[0]), 1):.1f}" height="14" fill="{colour}"/>')
        out.append(text(left - 12, y + 14, row["label"], 11, end))
        out.append(text(left - 12, y + 27, f'{row["low_at"]} | {row["high_at"]}', 10, f"{muted} {end}"))
        out.append(text(width - 20, y + 21, percent(row["share"]), 11, end))
    out.append(text((left + width - right) / 2, bottom + 32, "Billion US dollars a year", 11, middle))
    return "\n".join(out + ["</svg>", ""])


own = [r for r in effects if r["regime"] == REGIME and r["metric"] == "total_home_usd" and r["share"] != ""][:8]
(Path(__file__).resolve().parent.parent / "docs/images/answer_hangs_on.svg").write_text(picture(own))
print(f"""# Who would have paid?

The program's answer to its own question, with everything in the range that it knows not to know. Made by

```sh
stickershock run configs/showdown-1995.toml --set uncertainty.draws={asked} --out output/answer
scripts/answer.py output/answer > docs/answer.md
```

{asked} draws{without}, with {manifest["replications"]} replications each; billion dollars a year against the status quo, {period["first_date"]} to {period["last_date"]}, sanctions imposed at the deadline.

**Japan's makers and American buyers, in that order, and how much each depends on something that no data of 1995 tells: whether makers would have printed new price lists at once.**
Japan's makers lose {loss("makers_japan_usd")} and buyers {loss("consumers_usd")} in the middle of the draws, with the middle 90% in brackets; the Treasury takes {gain("treasury_usd")}, Detroit gains
{gain("makers_big_three_usd")}, Europe's makers {gain("makers_europe_usd")}. The United States as a whole comes out anywhere from {bn(home["structure_low"])} to {bn(home["structure_high"])}: **its sign is not known.** Where makers reopen their lists at once it is {bn(lists["reopen"]["mean"])} on average, where
every list waits its turn {bn(lists["wait"]["mean"])}; the second is Japan's makers selling at hardly any margin for months. All of this is before retaliation: with orders for airliners moved to Airbus, and
liability from 20 May, the American median is {bn(widths["imposed_retaliation", "total_home_usd"]["structure_median"])} where without the orders it is {bn(widths["imposed_retroactive", "total_home_usd"]["structure_median"])}.

## Three widths

Each is the middle 90%. *Simulation* is what chance leaves to one draw; *with parameters* adds the estimated distribution of demand, the base-year volumes, the life of a list and makers' belief on how
long the duty stays, under the first structure ({home["structure"]}); *with structure* adds who sets which price, whether cost rises with volume, and whether lists are reopened, with the weights of
[configs/parts/structures-1995.toml](../configs/parts/structures-1995.toml), which are judgements. The median is that of all structures, so it may lie outside the first two ranges, which are of one.

| | median | simulation | with parameters | with structure |
| --- | ---: | --- | --- | --- |""")
for metric in by_size:
    print(width_row(labels[metric], widths[REGIME, metric]))
shares = [percent(home[f"{kind}_share"]) for kind in ("simulation", "parameter", "structure")]
print(f"""
Of the variance of the American total {shares[0]} is simulation, {shares[1]} parameters, {shares[2]} structure.

## What it hangs on

![What the American total hangs on](images/answer_hangs_on.svg)

| thing | kind | share of the variance | lowest mean | at | highest mean | at |
| --- | --- | ---: | ---: | --- | ---: | --- |""")
for row in own:
    print(f'| {row["label"]} | {row["kind"]} | {percent(row["share"])} | {bn(row["low"])} | {row["low_at"]} | {bn(row["high"])} | {row["high_at"]} |')
print("""
Shares are of each thing alone and estimates: of what makes nothing they come out negative as often as positive.

Structure by structure:

| structure | of | weight | draws | 5% | median | 95% |
| --- | --- | ---: | ---: | ---: | ---: | ---: |""")
for row in lists.values():
    print(f'| {row["structure"]} | {row["factor"]} | {percent(row["weight"])} | {row["draws"]} | {bn(row["q05"])} | {bn(row["q50"])} | {bn(row["q95"])} |')
print("""
## The other regimes

| regime | United States, median | with structure | buyers | Japan's makers | Treasury |
| --- | ---: | --- | ---: | ---: | ---: |""")
for name, label in regimes.items():
    if (name, "total_home_usd") not in widths:
        continue
    row = widths[name, "total_home_usd"]
    others = [bn(widths[name, m]["structure_median"]) for m in ("consumers_usd", "makers_japan_usd", "treasury_usd")]
    print(f'| {label} | {bn(row["structure_median"])} | {span(row, "structure_low", "structure_high")} | ' + " | ".join(others) + " |")
print("""
`imposed_reopened` and `imposed_lists_wait` are the same worlds with the one choice made either way.

## What would settle it

- *Price lists of an importer under a sudden duty.* Dated list prices, a month apart, of taxed cars in the half year after a duty of 25% or more: whether they jump at once (the total is negative) or list by list.
  Trucks in 1980, motorcycles in 1983, and cars in 2025 are such cases; [evidence.md](evidence.md) has no list of that kind yet.
- *Customs values.* What makers declare at the border after the duty, by model: with a fixed dollar basis (`list`) the whole question of who absorbs it would be gone. The Treasury's entries have it.
- *What a ship turned round is worth.* Whether marginal cost falls when America buys half (gamma): export volumes and discounts to other markets in the same months.
- *How long makers thought it would last*: planning documents, or their public statements, after 16 May 1995.

## What is in no width

Exit of models or dealers, and quality. Retaliation is a regime of its own. What the governments have at stake is worked out at the point estimate in every draw. Parameters without a distribution are held: incomes, holding
times, most of timing, dealers. The weights of structures are judgements; with other weights the widest column is another.""")
