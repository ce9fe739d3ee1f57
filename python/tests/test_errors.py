from __future__ import annotations

import datetime
import pickle
from pathlib import Path

import numpy
import pandas
import pytest
from conftest import command

import stickershock as ss


def test_an_error_has_file_line_key_value_and_remedy(tmp_path: Path) -> None:
    ss_file = tmp_path / "mine.toml"
    ss_file.write_text('name = "mine"\n[time]\nstart = 1995-13-01\n')
    with pytest.raises(ss.ScenarioError) as caught:
        ss.Scenario.open(ss_file)
    error = caught.value
    assert (error.file, error.line) == (str(ss_file), 3)
    assert isinstance(error, ValueError)
    # The text is that of the command line.
    assert str(error) in command("check", ss_file).stderr


def test_a_wrong_value_is_named(small: ss.Scenario) -> None:
    with pytest.raises(ss.ScenarioError) as caught:
        small.set({"instrument.sanctions.rate": -2.0})
    error = caught.value
    assert error.key == "instrument.sanctions.rate"
    assert error.value == "-2.0"
    assert "expected a rate from 0 to 3" in str(error)
    with pytest.raises(ss.ScenarioError, match="did you mean") as caught:
        small.set({"instrument.sanctions.rat": 0.2})
    assert caught.value.remedy and caught.value.remedy in str(caught.value)
    with pytest.raises(TypeError, match="expected a number"):
        small.set({"instrument.sanctions.rate": {}})


def test_values_of_numpy_and_pandas_are_taken_or_refused_by_key(small: ss.Scenario) -> None:
    seeded = small.set({"run.seed": numpy.int64(9), "instrument.sanctions.rate": numpy.float64(0.5)})
    assert seeded.seed == 9
    start = small.set({"time.start": numpy.datetime64("1995-01-07T00:00:00", "ns")})
    assert start.to_toml() == small.set({"time.start": datetime.date(1995, 1, 7)}).to_toml()
    weeks = small.set({"holding.lease_weeks": numpy.array([104.0, 156.0])})
    assert weeks.to_toml() == small.set({"holding.lease_weeks": [104.0, 156.0]}).to_toml()
    monthly = small.set({"outputs.monthly": numpy.bool_(True)})
    assert monthly.to_toml() == small.set({"outputs.monthly": True}).to_toml()
    for value in (pandas.NA, pandas.NaT, None):
        with pytest.raises(ss.ScenarioError) as caught:
            small.set({"run.seed": value})
        assert (caught.value.key, caught.value.value) == ("run.seed", str(value)) and caught.value.remedy
    with pytest.raises(ss.ScenarioError, match="64 bits") as caught:
        small.set({"run.seed": 2**64 - 1})
    assert (caught.value.key, caught.value.value) == ("run.seed", str(2**64 - 1)) and str(2**63 - 1) in str(caught.value.remedy)


def test_keys_and_numbers_that_cannot_be_are_named(small: ss.Scenario) -> None:
    for key in ("instrument.sanctions.rat", "x.y"):
        with pytest.raises(ss.ScenarioError) as caught:
            small.set({key: 1})
        # The key as far as the first part that is not known.
        assert caught.value.key and key.startswith(caught.value.key)
    for call, key in (
        (lambda: ss.run(small, seed=2**63, progress=False), "seed"),
        (lambda: ss.run(small, replications=-1, progress=False), "replications"),
        (lambda: ss.run(small, replications=1.5, progress=False), "replications"),  # type: ignore[arg-type]
        (lambda: ss.run(small, draws=3, progress=False), "draws"),
        (lambda: ss.sensitivity.sample([{"name": "x", "low": 0, "high": 1}], n=-1), "n"),
        (lambda: ss.sensitivity.sample([{"name": "x", "low": 0, "high": 1}], seed=2**64), "seed"),
        (lambda: ss.sensitivity.run(small, "oat", replications=0, progress=False), "replications"),
    ):
        with pytest.raises(ss.ScenarioError) as caught:
            call()
        assert caught.value.key == key and caught.value.value and caught.value.remedy, str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_unknown_names_are_named(small: ss.Scenario) -> None:
    with pytest.raises(ss.UnknownNameError, match="market-1995") as caught:
        ss.example("market-1985")
    assert caught.value.value == "market-1985"
    with pytest.raises(ss.StickershockError, match="imposed"):
        ss.run(small, regimes=["imposd"], progress=False)


def test_errors_go_to_other_processes(small: ss.Scenario, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for cause in (lambda: small.set({"x.y": 1}), lambda: ss.run(small, out=tmp_path, progress=False)):
        with pytest.raises(ss.StickershockError) as caught:
            cause()
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), str(again), again.remedy) == (type(caught.value), str(caught.value), caught.value.remedy)


def test_a_foreign_folder_is_left_alone(small: ss.Scenario, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ss.OutputError, match="notes.txt") as caught:
        ss.run(small, out=tmp_path, progress=False)
    assert isinstance(caught.value, OSError)
    assert (caught.value.file, caught.value.value) == (str(tmp_path), "notes.txt")
    assert "out=" in str(caught.value.remedy) and "--" not in str(caught.value)
    with pytest.raises(ss.StickershockError, match="no finished study"):
        ss.open_results(tmp_path)
