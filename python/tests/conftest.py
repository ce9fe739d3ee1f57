from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import stickershock as ss

#: What makes a shipped market small.
SMALL = {"buyers.count": 1024, "buyers.pricing_nodes": 1024}


@pytest.fixture(scope="session")
def small() -> ss.Scenario:
    """The shipped market with few buyers and two regimes beside the baseline."""
    return ss.example("market-1995").set(SMALL)


@pytest.fixture(scope="session")
def result(small: ss.Scenario) -> ss.Result:
    return ss.run(small, replications=3, regimes=["imposed"], progress=False)


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command of this very package."""
    program = Path(sys.executable).parent / "stickershock"
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
