from __future__ import annotations

import io
from datetime import date

import pandas
import polars
import pytest

import stickershock as ss

MODELS = """\
model,brand,maker,region,built_in,listed,price_usd,sales,range_miles
Gale,Breeze,Breeze,west,Home,false,42000,90000,310
Gust,Breeze,Breeze,west,Home,false,33000,120000,250
Ember,Hearth,Hearth,west,Home,false,51000,40000,330
Lotus 3,Lotus,Orient,east,East,true,24000,30000,260
Nord,Nord,Nordwerk,north,North,false,56000,26000,340
"""

COLUMNS = {
    "model": "model", "brand": "brand", "manufacturer": "maker", "region": "region",
    "assembly_country": "built_in", "price_usd": "price_usd", "volume": "sales",
}  # fmt: skip

SETTINGS = {
    "name": "electric-cars",
    "title": "A duty on electric cars from the east",
    "time": {"start": date(2025, 1, 4), "weeks": 26},
    "run": {"seed": 7, "replications": 2, "baseline": "free_trade"},
    "outputs": {"headline": "units_listed"},
    "market": {
        "flag": "listed",
        "flag_label": "under the duty",
        "size": 2e6,
        "home_cost_share": 1.0,
        "domestic_regions": ["west"],
        "domestic_assembly": ["Home"],
        "characteristics": [{"name": "range", "expression": "range_miles"}],
        "columns": COLUMNS,
        "normal_duty": {"rate": 0.025, "basis": "list", "customs_value_share": 0.8},
    },
    "buyers": {"count": 512, "population": "shared", "pricing_nodes": 512},
    "demand": {
        "alpha": 0.12, "eta": 1.0, "sigma_import": 0.5, "sigma_region": 0.4, "sigma_outside": 2.0, "loyalty": 0.8,
        "income_log_sd": 0.4, "income_bounds": [0.4, 2.5], "sigma": {"range": 0.4},
    },
    "holding": {"lease_share": 0.4, "lease_weeks": [104, 156], "purchase_shape": 4.0, "purchase_mean_weeks": 260.0},
    "pricing": {"rule": "bertrand"},
    "instrument": [
        {"name": "duty", "kind": "duty", "rate": 1.0, "basis": "list", "customs_value_share": 0.8, "on": {"flag": True}}
    ],
    "regime": [
        {"name": "free_trade", "label": "Free trade"},
        {
            "name": "duty",
            "label": "The duty",
            "events": [{"date": date(2025, 4, 5), "action": "imposed", "instrument": "duty", "label": "Duty"}],
        },
    ],
}  # fmt: skip


def test_a_market_of_ones_own_is_made_of_a_frame() -> None:
    frame = pandas.read_csv(io.StringIO(MODELS))
    scenario = ss.Scenario.from_frames(models=frame, settings=SETTINGS)
    assert scenario.regimes == ["free_trade", "duty"]
    result = ss.run(scenario, progress=False)
    models = result.tables["models"].to_polars()
    hit = models.filter((polars.col("regime") == "duty") & (polars.col("model") == "Lotus 3"))
    assert hit["units_change"][0] < 0 < hit["sticker_price_usd_change"][0]
    other = ss.Scenario.from_frames(models=polars.from_pandas(frame), settings=SETTINGS)
    assert dict(ss.run(other, progress=False).tables) == dict(result.tables)


def test_the_cell_of_a_frame_that_cannot_be_is_named() -> None:
    frame = pandas.read_csv(io.StringIO(MODELS))
    frame.loc[2, "price_usd"] = -51000
    with pytest.raises(ss.ScenarioError) as caught:
        ss.Scenario.from_frames(models=frame, settings=SETTINGS)
    assert (caught.value.file, caught.value.line, caught.value.key) == ("models.csv", 4, "Ember")
    with pytest.raises(ss.ScenarioError, match="weeks"):
        ss.Scenario.from_frames(models=frame, settings={**SETTINGS, "time": {"start": date(2025, 1, 4), "weeks": -1}})


def test_months_are_taken_as_frames_have_them() -> None:
    months = pandas.date_range("2024-12-01", periods=9, freq="MS")
    rates = {"month": [f"{month:%Y-%m}" for month in months], "per_usd": [7.0 + 0.1 * n for n in range(9)]}
    rate = {"mode": "history", "base_month": "2025-01", "currency": {"East": "per_usd"}}
    settings = {**SETTINGS, "exchange_rate": rate}
    frames = [
        pandas.DataFrame(rates),
        pandas.DataFrame({**rates, "month": months}),
        pandas.DataFrame({**rates, "month": months}).set_index("month"),
        {**rates, "month": [month.isoformat() for month in months]},
        {**rates, "month": [f"{month.isoformat()}.000Z" for month in months]},
        polars.DataFrame({**rates, "month": [month.to_pydatetime() for month in months]}),
    ]
    models = pandas.read_csv(io.StringIO(MODELS))
    for own in frames:
        scenario = ss.Scenario.from_frames(models=models, settings=settings, exchange_rates=own)
        assert scenario.regimes == ["free_trade", "duty"]
    late = pandas.DataFrame({**rates, "month": [month + pandas.Timedelta(days=4) for month in months]})
    with pytest.raises(ss.ScenarioError, match="write 2024-12 for the month"):
        ss.Scenario.from_frames(models=models, settings=settings, exchange_rates=late)


def test_a_missing_setting_is_named() -> None:
    models = pandas.read_csv(io.StringIO(MODELS))
    with pytest.raises(ss.ScenarioError) as caught:
        ss.Scenario.from_frames(models=models, settings={**SETTINGS, "run": {"seed": pandas.NA}})
    assert (caught.value.key, caught.value.value) == ("run.seed", "<NA>")


def test_text_may_extend_what_comes_with_the_package() -> None:
    scenario = ss.Scenario.from_toml('extends = "market-1995.toml"\nname = "mine"\n[run]\nreplications = 3\n')
    assert (scenario.name, scenario.replications) == ("mine", 3) and "imposed" in scenario.regimes
    with pytest.raises(ss.ScenarioError) as caught:
        ss.Scenario.from_toml('extends = "market-1995.toml"\n[time]\nweeks = "many"\n', name="mine.toml")
    assert (caught.value.file, caught.value.line, caught.value.key) == ("mine.toml", 3, "time.weeks")


def test_every_example_opens() -> None:
    names = [name for name, question, command in ss.examples()]
    assert "showdown-1995" in names
    for name in names:
        assert ss.example(name).regimes
