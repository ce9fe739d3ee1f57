from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import numpy
import pytest
from conftest import SMALL, command

import stickershock as ss

SETTINGS = [argument for key, value in SMALL.items() for argument in ("--set", f"{key}={value}")]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (folder / "tables").glob("*.csv")}


def test_every_table_is_that_of_the_command_line(result: ss.Result, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = command("run", "example:market-1995", *SETTINGS, "--replications", "3", "--regimes", "imposed",
                   "--no-charts", "--quiet", "--out", out)  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = files_of(out)
    assert len(files) > 10
    assert {name: table.csv() for name, table in result.tables.items()} == files
    package = json.loads((out / "datapackage.json").read_text())
    described = {entry["name"]: entry["schema"]["fields"] for entry in package["resources"]}
    for name, table in result.tables.items():
        fields = [(field["name"], field["type"], field.get("unit", ""), field["description"]) for field in described[name]]
        assert table.fields == fields


def test_a_run_in_a_folder_is_that_of_the_command_line(small: ss.Scenario, result: ss.Result, tmp_path: Path) -> None:
    one = ss.run(small, replications=3, regimes=["imposed"], out=tmp_path / "one", charts=False, progress=False)
    assert {name: table.csv() for name, table in one.tables.items()} == files_of(tmp_path / "one")
    assert set(one.tables) == set(result.tables)
    assert all(one.tables[name] == result.tables[name] for name in result.tables)
    assert (tmp_path / "one" / "report.html").is_file()
    assert one.summary["answer"] == result.summary["answer"] != []
    # Nothing is run again.
    begun = time.monotonic()
    heard: list[tuple[int, int]] = []
    again = ss.run(small, replications=3, regimes=["imposed"], out=tmp_path / "one", progress=lambda *jobs: heard.append(jobs))
    assert time.monotonic() - begun < 1.0 and heard == []
    assert again.tables["models"] == one.tables["models"]
    assert again.summary["answer"] == one.summary["answer"]
    assert ss.open_results(tmp_path / "one").tables["weekly"] == one.tables["weekly"]
    # Charts are drawn from its tables, over any period, though it was run without.
    assert again.chart("winners_losers") == result.chart("winners_losers")
    year = again.chart("winners_losers", regime="imposed", period="year_1")
    assert year is not None and year == result.chart("winners_losers", regime="imposed", period="year_1")
    assert "<svg" in again._repr_html_()
    for unknown in ({"name": "nope"}, {"name": "winners_losers", "regime": "imposed", "period": "nope"}):
        with pytest.raises(ss.UnknownNameError, match="nope"):
            again.chart(**unknown)


def test_a_study_of_many_points_is_that_of_the_command_line(tmp_path: Path) -> None:
    values = {"buyers.count": 512, "buyers.pricing_nodes": 512}
    swept = ss.run(ss.example("sweep-tariff").set(values), replications=1, regimes=["imposed"], progress=False)
    settings = [argument for key, value in values.items() for argument in ("--set", f"{key}={value}")]
    out = tmp_path / "sweep"
    done = command("run", "example:sweep-tariff", *settings, "--replications", "1", "--regimes", "imposed",
                   "--no-charts", "--quiet", "--out", out)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {name: table.csv() for name, table in swept.tables.items()} == files_of(out)
    assert "sweep" in swept.tables
    chart = swept.chart("response")
    assert chart is not None and chart.startswith("<svg")
    folder = swept.path
    assert folder is not None and folder.is_dir()
    del swept
    assert not folder.exists()


def test_numbers_do_not_depend_on_threads(small: ss.Scenario, result: ss.Result) -> None:
    alone = ss.run(small, replications=3, regimes=["imposed"], threads=1, progress=False)
    assert alone.tables["comparisons"] == result.tables["comparisons"]


def test_settings_and_seed_are_those_of_the_run(small: ss.Scenario, result: ss.Result) -> None:
    other = ss.run(small, replications=3, regimes="imposed", seed=7, progress=False)
    assert other.summary["seed"] == 7
    assert other.tables["comparisons"] != result.tables["comparisons"]
    changed = small.set({"instrument.sanctions.rate": 0.25, "time.start": date(1995, 1, 7)})
    assert "rate = 0.25" in changed.to_toml() and "rate = 0.25" not in small.to_toml()


def test_progress_is_told_and_other_threads_go_on(small: ss.Scenario) -> None:
    heard: list[tuple[int, int]] = []
    ticks: list[float] = []
    over = threading.Event()

    def tick() -> None:
        while not over.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    other = threading.Thread(target=tick)
    other.start()
    ss.run(small, replications=6, regimes=["imposed"], progress=lambda done, jobs: heard.append((done, jobs)))
    over.set()
    other.join()
    assert heard[-1] == (12, 12)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    pauses = [after - before for before, after in zip(ticks, ticks[1:], strict=False)]
    assert max(pauses) < 0.5


def test_an_exception_of_the_listener_stops_the_run(small: ss.Scenario) -> None:
    def listen(done: int, jobs: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ss.run(small, replications=2000, regimes=["imposed"], progress=listen)


# More than a second of work.
LONG = {"buyers.count": 8192, "buyers.pricing_nodes": 8192}
INTERRUPTED = f"""
import sys
import stickershock as ss
scenario = ss.example("market-1995").set({LONG})
seen = []
def listen(done, jobs):
    if done and not seen:
        seen.append(done)
        print("begun", flush=True)
try:
    ss.run(scenario, replications=40, regimes=["imposed"], out=sys.argv[1], charts=False, progress=listen)
    print("done", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def stops_within_a_second(program: subprocess.Popen[str]) -> None:
    assert program.stdout is not None
    begun = time.monotonic()
    program.send_signal(signal.SIGINT)
    assert program.stdout.readline() == "interrupted\n"
    waited = time.monotonic() - begun
    assert program.wait() == 0
    assert waited < 1.0, f"{waited:.1f} s"


def test_ctrl_c_keeps_what_is_done_and_the_next_call_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(out)], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "begun\n"
        stops_within_a_second(program)
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"
    assert list((out / "units").iterdir())
    heard: list[tuple[int, int]] = []
    call = {"replications": 40, "regimes": ["imposed"], "charts": False}
    scenario = ss.example("market-1995").set(LONG)
    whole = ss.run(scenario, **call, out=out, progress=lambda *jobs: heard.append(jobs))
    assert heard[0][0] > 0, "what was done is not done again"
    fresh = ss.run(scenario, replications=40, regimes=["imposed"], progress=False)
    assert all(whole.tables[name] == fresh.tables[name] for name in fresh.tables)


PREPARED = """
import sys
import stickershock as ss
scenario = ss.example("luxury-2025")
print("begun", flush=True)
try:
    ss.run(scenario, replications=1, progress=False)
    print("done", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_is_heard_while_a_large_scenario_is_prepared() -> None:
    with subprocess.Popen([sys.executable, "-c", PREPARED], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "begun\n"
        time.sleep(0.5)
        stops_within_a_second(program)


def run_in_child(scenario: ss.Scenario, pipe: object) -> None:
    pipe.send(ss.run(scenario, replications=3, regimes=["imposed"], progress=False))  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scenarios_go_to_processes_and_results_come_back(small: ss.Scenario, result: ss.Result, way: str) -> None:
    context = multiprocessing.get_context(way)
    here, there = context.Pipe()
    child = context.Process(target=run_in_child, args=(small, there))
    child.start()
    assert here.poll(120), "the process gives nothing"
    found = here.recv()
    child.join()
    assert dict(found.tables) == dict(result.tables)
    assert found.summary == result.summary
    assert found.chart("winners_losers") == result.chart("winners_losers")
    assert found.charts == result.charts and list(found.tables) == list(result.tables)
    with pytest.raises(ValueError, match="reporting period"):
        found.chart("winners_losers", regime="imposed", period="all")


def test_a_scenario_of_files_goes_where_the_files_are_not(small: ss.Scenario) -> None:
    assert pickle.loads(pickle.dumps(small)).to_toml() == small.to_toml()
    assert len(pickle.dumps(small)) < 200_000


def test_regimes_are_any_names_and_numbers_are_not_below_their_least(small: ss.Scenario, result: ss.Result) -> None:
    one = ss.run(small, replications=3, regimes=numpy.array(["imposed"]), progress=False)
    assert one.tables["models"] == result.tables["models"]
    with pytest.raises(ss.UnknownNameError, match="no regime"):
        ss.run(small, regimes=[])
    with pytest.raises(ss.ScenarioError) as caught:
        ss.run(small, replications=-1)
    assert (caught.value.key, caught.value.value) == ("replications", "-1")
    # What is listed is there.
    listed = repr(result.tables)
    assert all(name in result.tables for name in listed[listed.index(": ") + 2 : -1].split(", "))


def test_calls_cost_little_beyond_the_work(small: ss.Scenario, result: ss.Result) -> None:
    begun = time.perf_counter()
    for _ in range(1000):
        small.name, small.regimes  # noqa: B018
    assert (time.perf_counter() - begun) / 1000 < 1e-3


def test_the_command_comes_with_the_package() -> None:
    done = command("--version")
    assert done.returncode == 0 and ss.__version__ in done.stdout
    assert command("run", "nowhere.toml").returncode == 65
    assert command("nonsense").returncode == 2
    assert os.path.basename(command("--help").stdout.split("Usage: ")[1].split()[0]) == "stickershock"
