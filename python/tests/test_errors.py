from __future__ import annotations

import pickle
from pathlib import Path

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
    with pytest.raises(ss.StickershockError, match="no finished study"):
        ss.open_results(tmp_path)
