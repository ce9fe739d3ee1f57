"""A scheduler and two workers on loopback; one worker is killed at a third of the units, the driver at two thirds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import stickershock as ss

distributed = pytest.importorskip("distributed")

PORT = 8796
ADDRESS = f"tcp://127.0.0.1:{PORT}"
DRIVER = """
import os, sys
import stickershock.dask
from distributed import Client
from stickershock._stickershock import Plan

class Watched:
    def __init__(self, plan, worker):
        self.plan, self.worker, self.done = plan, worker, 0
    def __getattr__(self, name):
        return getattr(self.plan, name)
    def collect(self, unit):
        self.plan.collect(unit)
        self.done += 1
        if self.done == 4:
            os.kill(self.worker, 9)
        if self.done == 8:
            os._exit(7)

plan = Watched(Plan.open(sys.argv[1]), int(sys.argv[2]))
stickershock.dask.run_plan(plan, Client(sys.argv[3]), charts=False)
"""


def start(*arguments: str) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "distributed.cli.dask_worker", *arguments]
    if arguments[0] == "scheduler":
        program = [sys.executable, "-m", "distributed.cli.dask_scheduler", *arguments[1:]]
    return subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster() -> Iterator[list[subprocess.Popen[bytes]]]:
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", str(PORT), "--no-dashboard")
    workers = [start(ADDRESS, "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard") for _ in range(2)]
    yield workers
    for program in (*workers, scheduler):
        program.kill()
        program.wait()


@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_and_a_killed_driver_cost_no_byte(
    small: ss.Scenario, cluster: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    import stickershock.dask
    from stickershock._stickershock import Plan

    out = tmp_path / "study"
    units = Plan.begin(small, ["imposed"], 24, 2, out).units()
    assert len(units) == 12
    with distributed.Client(ADDRESS, timeout=60) as client:
        client.wait_for_workers(2, timeout=60)
    driver = subprocess.run(
        [sys.executable, "-c", DRIVER, str(out), str(cluster[0].pid), ADDRESS], capture_output=True, check=False, timeout=300
    )
    assert driver.returncode == 7, driver.stderr.decode()
    assert cluster[0].wait(timeout=30) == -signal.SIGKILL
    missing = Plan.open(out).missing()
    assert 0 < len(missing) < 12
    done = subprocess.run(
        [sys.executable, "-m", "stickershock.dask", str(out), ADDRESS], capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    whole = ss.run(small, replications=24, regimes=["imposed"], progress=False)
    merged = ss.open_results(out)
    assert set(merged.tables) == set(whole.tables)
    assert all(merged.tables[name] == whole.tables[name] for name in whole.tables)
    # Once more there is nothing to do but to write.
    with distributed.Client(ADDRESS) as client:
        begun = time.monotonic()
        again = stickershock.dask.run(
            small, client, out=out, replications=24, regimes=["imposed"], unit_size=2, charts=False
        )
        assert time.monotonic() - begun < 30
    assert again.tables["models"] == whole.tables["models"]
    assert os.path.isfile(out / "report.html")
