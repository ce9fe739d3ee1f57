from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import command
from test_run import files_of

import stickershock as ss

UNCERTAIN = """
extends = "market-1995.toml"
name = "uncertain"
[outputs]
headline = "expected_units_sanctioned"
[buyers]
count = 128
pricing_nodes = 128
[[parameter]]
key = "demand.alpha"
distribution = "uniform"
low = 0.1
high = 0.15
[[parameter]]
key = "demand.income_log_sd"
distribution = "uniform"
low = 0.25
high = 0.45
"""

FITTED = """
extends = "market-1995.toml"
name = "fitted"
[buyers]
count = 256
pricing_nodes = 256
[calibration]
targets = "targets.csv"
points = 4
starts = 1
simplex = 0
polish = 8
seeds = 2
[[calibration.block]]
name = "demand"
[[calibration.free]]
name = "alpha"
key = "demand.alpha"
block = "demand"
low = 0.15
high = 0.25
"""

EVIDENCE = {
    "name": ["ls400"], "row": ["made"], "label": ["LS 400"], "moment": ["own_elasticity"], "of": ["LS 400"], "scenario": [None],
    "value": [-3.6], "std_error": [0.2], "low": [None], "high": [None], "unit": [None], "status": ["estimate"], "use": ["fit"],
    "block": ["demand"], "weight": [None], "source": ["made for a test"], "note": [None],
}  # fmt: skip


def folder_of(tmp_path: Path, text: str, data: dict[str, ss.Table | dict[str, list[object]]] | None = None) -> Path:
    """The scenario as files, for the command line."""
    from stickershock._frames import to_csv

    at = tmp_path / "scenario"
    done = command("example", "copy", "market-1995", at)
    assert done.returncode == 0, done.stderr
    (at / "own.toml").write_text(text)
    for name, frame in (data or {}).items():
        (at / name).write_bytes(to_csv(frame))
    return at / "own.toml"


@pytest.fixture(scope="module")
def uncertain() -> ss.Scenario:
    return ss.Scenario.from_toml(UNCERTAIN)


@pytest.fixture(scope="module")
def fitted() -> ss.Scenario:
    return ss.Scenario.from_toml(FITTED, {"targets.csv": EVIDENCE})


def test_a_sensitivity_study_is_that_of_the_command_line(uncertain: ss.Scenario, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    result = ss.sensitivity.run(
        uncertain, "oat", regimes="imposed", replications=2, progress=lambda *points: heard.append(points)
    )
    assert heard[-1] == (5, 5)
    out = tmp_path / "out"
    done = command("sensitivity", folder_of(tmp_path, UNCERTAIN), "--method", "oat", "--regime", "imposed", "--replications", "2",
                   "--quiet", "--no-charts", "--out", out)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {name: table.csv() for name, table in result.tables.items()} == files_of(out)
    assert {"sensitivity", "design", "outputs"} <= set(result.tables)
    frame = result.tables["sensitivity"].to_pandas()
    assert set(frame["parameter"]) >= {"demand.alpha", "demand.income_log_sd"}
    assert result.summary["answer"] and "imposed" in repr(result)
    chart = result.chart("tornado")
    assert chart is not None and chart.startswith("<svg")
    assert result._repr_html_().startswith("<p><b>")
    again = pickle.loads(pickle.dumps(result))
    assert dict(again.tables) == dict(result.tables)


@pytest.mark.filterwarnings("ignore:.*replication noise")
def test_a_sensitivity_study_in_a_folder_goes_on_and_grows(uncertain: ss.Scenario, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call = {"regimes": "imposed", "charts": False, "progress": False}
    ss.sensitivity.run(uncertain, "morris", n=4, out=out, **call)
    heard: list[tuple[int, int]] = []
    call["progress"] = lambda *points: heard.append(points)
    grown = ss.sensitivity.run(uncertain, "morris", n=8, out=out, **call)
    assert heard[0][0] >= 12 and heard[-1] == (24, 24), "what was done is not done again"
    whole = ss.sensitivity.run(uncertain, "morris", n=8, regimes="imposed", charts=False, progress=False)
    assert dict(grown.tables) == dict(whole.tables)
    assert ss.open_results(out).tables["sensitivity"] == grown.tables["sensitivity"]
    # Charts that were not drawn are those that the tables give.
    assert "screening" in " ".join(whole.charts) and whole.chart(whole.charts[0]) is not None


def test_what_a_sensitivity_study_cannot_do_is_named(uncertain: ss.Scenario, small: ss.Scenario) -> None:
    with pytest.raises(ss.ScenarioError, match="power of two") as caught:
        ss.sensitivity.run(uncertain, n=12, progress=False)
    assert (caught.value.key, caught.value.value, caught.value.remedy) == ("n", "12", "n = 8 or n = 16")
    with pytest.raises(ss.ScenarioError, match="imposed"):
        ss.sensitivity.run(uncertain, regimes=["imposd"], progress=False)
    with pytest.raises(ss.UnknownNameError, match="rbd_fast"):
        ss.sensitivity.run(uncertain, "saltelli", progress=False)
    with pytest.raises(ss.ScenarioError, match="no uncertain values"):
        ss.sensitivity.run(small, progress=False)


def test_a_calibration_is_that_of_the_command_line(fitted: ss.Scenario, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    result = ss.calibrate(fitted, progress=lambda *done: heard.append(done))
    assert heard[-1][0] > 4
    out = tmp_path / "out"
    done = command("calibrate", folder_of(tmp_path, FITTED, {"targets.csv": EVIDENCE}), "--quiet", "--no-charts", "--out", out)
    assert done.returncode == 0, done.stderr
    assert {name: table.csv() for name, table in result.tables.items()} == files_of(out)
    fit = result.tables["fit"].to_pandas().iloc[0]
    # One parameter and one moment: it is met.
    assert abs(fit["model"] - -3.6) < 1e-3
    assert result.chart(result.charts[0]) is not None
    assert result.summary["answer"]


def test_a_calibration_goes_where_its_evidence_is_not(fitted: ss.Scenario) -> None:
    again = ss.calibrate(pickle.loads(pickle.dumps(fitted)), charts=False, progress=False)
    assert again.tables["parameters"] == ss.calibrate(fitted, charts=False, progress=False).tables["parameters"]


def test_what_a_calibration_cannot_do_is_named(small: ss.Scenario, fitted: ss.Scenario, tmp_path: Path) -> None:
    with pytest.raises(ss.ScenarioError, match="nothing to calibrate"):
        ss.calibrate(small, progress=False)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ss.OutputError, match=r"notes\.txt"):
        ss.calibrate(fitted, out=tmp_path, progress=False)


INTERRUPTED = """
import sys
import stickershock as ss
from test_studies import UNCERTAIN
seen = []
def listen(done, points):
    if done and not seen:
        seen.append(done)
        print("begun", flush=True)
try:
    ss.sensitivity.run(ss.Scenario.from_toml(UNCERTAIN), "morris", n=64, out=sys.argv[1], charts=False, progress=listen)
    print("done", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_keeps_the_points_that_are_done(tmp_path: Path) -> None:
    out = tmp_path / "out"
    call = [sys.executable, "-c", INTERRUPTED, str(out)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "begun\n"
        begun = time.monotonic()
        program.send_signal(signal.SIGINT)
        assert program.stdout.readline() == "interrupted\n"
        waited = time.monotonic() - begun
        assert program.wait() == 0
    assert waited < 2.0, f"{waited:.1f} s"
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"
    assert (out / "runs.log").stat().st_size > 0
