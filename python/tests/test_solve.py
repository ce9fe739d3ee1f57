from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow
import pytest
from conftest import command

import stickershock as ss

CASE = Path(__file__).parents[2] / "tests" / "cases" / "income_5x30"
DEMAND = json.loads((CASE / "case.json").read_text())
DUTY = {"type": "retail", "rate": 0.1, "where": {"region": "JP"}}


def frame(name: str) -> pandas.DataFrame:
    return pandas.read_csv(CASE / f"{name}.csv")


def under_pyblp(products: pandas.DataFrame) -> pandas.DataFrame:
    names = {"product_id": "product_ids", "firm_id": "firm_ids", "price0": "prices", "mc": "costs"}
    return products.rename(columns=names)


@pytest.fixture(scope="module")
def solved() -> ss.Solution:
    agents = frame("agents").rename(columns={"weight": "weights", "nu0": "nodes0", "nu1": "nodes1"})
    demand = {key: value for key, value in DEMAND.items() if key != "node_columns"}
    return ss.solve(under_pyblp(frame("products")), agents, demand, tariff=DUTY, matrices=True)


def test_prices_are_those_of_the_command_line(solved: ss.Solution, tmp_path: Path) -> None:
    (tmp_path / "specs.json").write_text(
        json.dumps([{"name": "base", "spec": {}}, {"name": "scenario", "spec": {"tariff": DUTY}}])
    )
    done = command("solve", CASE, "--specs", tmp_path / "specs.json", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    files = pandas.read_csv(tmp_path / "out" / "results.csv")
    found = solved.products.to_pandas()
    assert found["prices"].tolist() == files["price"].tolist()
    assert found["shares"].tolist() == files["share"].tolist()
    assert found["costs"].tolist() == files["effective_cost"].tolist()
    assert found["product_ids"].tolist() == files["product_id"].tolist()
    assert found["price_change"].tolist()[:5] == [0.0] * 5
    summary = pandas.read_csv(tmp_path / "out" / "summary.csv")
    assert solved.summary.to_pandas()["consumer_surplus"].tolist() == summary["consumer_surplus"].tolist()
    assert solved.scenarios == ["base", "scenario"] and not solved.failures


def test_frames_of_every_library_are_read(solved: ss.Solution) -> None:
    products, agents = under_pyblp(frame("products")), frame("agents")
    relation = duckdb.sql("select * from products")
    others: list[Any] = [
        (polars.from_pandas(products), polars.from_pandas(agents)),
        (pyarrow.Table.from_pandas(products), pyarrow.Table.from_pandas(agents)),
        (relation, agents),
        (products.to_dict("list"), agents.to_dict("records")),
        (products.to_csv(index=False), agents.to_csv(index=False).encode()),
    ]
    for own_products, own_agents in others:
        again = ss.solve(own_products, own_agents, DEMAND, tariff=DUTY)
        assert again.products == solved.products, type(own_products)
    with pytest.raises(TypeError, match="expected a frame"):
        ss.solve(7, agents, DEMAND)


def test_costs_are_recovered_from_prices(solved: ss.Solution) -> None:
    base = solved.products.to_pandas().query("scenario == 'base'")
    observed = under_pyblp(frame("products")).assign(prices=base["prices"].tolist(), shares=base["shares"].tolist())
    known = observed.pop("costs").tolist()
    observed = observed.drop(columns="delta_ex_price")
    again = ss.solve(observed, frame("agents"), DEMAND)
    recovered = again.recovered
    assert recovered is not None
    assert recovered.to_pandas()["marginal_costs"].tolist() == pytest.approx(known, rel=1e-9)
    assert solved.recovered is None


def test_matrices_answer_to_prices(solved: ss.Solution) -> None:
    elasticities = solved.matrix("elasticities", "scenario").to_pandas()
    own = solved.products.to_pandas().query("scenario == 'scenario'")["own_elasticity"].tolist()
    assert [elasticities.iloc[j, j + 1] for j in range(5)] == pytest.approx(own, rel=1e-12)
    with pytest.raises(ss.UnknownNameError, match="passthrough"):
        solved.matrix("nonsense")


def test_what_is_wrong_is_named() -> None:
    products = under_pyblp(frame("products")).astype({"prices": object})
    products.loc[1, "prices"] = "much"
    with pytest.raises(ss.ScenarioError) as caught:
        ss.solve(products, frame("agents"), DEMAND)
    assert (caught.value.file, caught.value.line, caught.value.key, caught.value.value) == ("products", 3, "p2", "much")
    assert caught.value.remedy and str(caught.value).startswith("products, row 3 (p2): prices is ")
    with pytest.raises(ss.ScenarioError, match="tarif"):
        ss.solve(under_pyblp(frame("products")), frame("agents"), DEMAND, tarif=DUTY)
    with pytest.raises(ss.ScenarioError, match="not finite"):
        ss.solve(under_pyblp(frame("products")), frame("agents"), DEMAND, tariff={**DUTY, "rate": float("nan")})
    with pytest.raises(ss.ScenarioError, match="by arguments"):
        ss.solve(under_pyblp(frame("products")), frame("agents"), DEMAND, scenarios={"scenario": {}}, tariff=DUTY)


def test_errors_speak_of_frames_and_arguments() -> None:
    products, agents = under_pyblp(frame("products")), frame("agents")
    with pytest.raises(ss.ScenarioError) as caught:
        ss.solve(products.drop(columns="firm_ids"), agents, DEMAND)
    assert (caught.value.file, caught.value.key) == ("products", "firm_ids") and caught.value.remedy
    with pytest.raises(ss.ScenarioError) as caught:
        ss.solve(products.drop(columns=["prices", "costs"]), agents, DEMAND, tariff=DUTY)
    assert "prices" in str(caught.value) and "price0" not in str(caught.value) and caught.value.file == "products"
    with pytest.raises(ss.ScenarioError, match="agents: there is no column `weights`"):
        ss.solve(products, agents.drop(columns="weight"), DEMAND)
    with pytest.raises(ss.ScenarioError) as caught:
        ss.solve(products, agents, DEMAND, market=7)
    assert "`market`" in str(caught.value.remedy) and "--" not in str(caught.value)
    with pytest.raises(ss.ScenarioError) as caught:
        ss.solve(products, agents, {**DEMAND, "curvature": pandas.NA})
    assert (caught.value.key, caught.value.value) == ("demand.curvature", "<NA>")
    with pytest.raises(ss.ScenarioError) as caught:
        ss.solve(products, agents, DEMAND, tariff={**DUTY, "rate": pandas.NaT})
    assert caught.value.key == "scenario.tariff.rate"
    with pytest.raises(ss.ScenarioError, match="threads"):
        ss.solve(products, agents, DEMAND, threads=-1)


def test_an_index_of_ids_is_the_ids(solved: ss.Solution) -> None:
    products = under_pyblp(frame("products"))
    agents = frame("agents")
    ids = products["product_ids"].tolist()
    by_name = products.set_index("product_ids")
    unnamed = products.drop(columns="product_ids")
    unnamed.index = pandas.Index(ids)
    for own in (by_name, unnamed):
        again = ss.solve(own, agents, DEMAND, tariff=DUTY)
        assert again.products == solved.products
    # Numbers of rows are no ids.
    numbered = ss.solve(products.drop(columns="product_ids"), agents, DEMAND, tariff=DUTY)
    assert numbered.products.to_pandas()["product_ids"].tolist()[:2] == ["p1", "p2"]


def test_a_solution_goes_to_other_processes(solved: ss.Solution) -> None:
    again = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(solved))))
    assert again.products == solved.products and again.summary == solved.summary
    assert (again.scenarios, again.failures, again.warnings) == (solved.scenarios, solved.failures, solved.warnings)
    assert again.matrix("diversion", "scenario") == solved.matrix("diversion", "scenario")
    assert again.recovered is None and again.other_equilibria is None
    with pytest.raises(ss.UnknownNameError, match="passthrough"):
        again.matrix("nonsense")
    with pytest.raises(ss.UnknownNameError, match="scenario"):
        again.matrix("diversion", "none")


def test_a_tariff_on_nothing_and_matrices_that_were_not_formed_are_told() -> None:
    nowhere = {**DUTY, "where": {"region": "Japan"}}
    one = ss.solve(under_pyblp(frame("products")), frame("agents"), DEMAND, tariff=nowhere)
    assert any("no product has region = Japan" in warning for warning in one.warnings)
    with pytest.raises(ss.UnknownNameError, match="matrices=True"):
        one.matrix("elasticities")
