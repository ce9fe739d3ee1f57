"""Stickershock: simulation of differentiated-product markets under trade policy.

>>> import stickershock as ss
>>> scenario = ss.example("market-1995").set({"instrument.sanctions.rate": 0.25})
>>> result = ss.run(scenario, replications=4, regimes=["imposed"], progress=False)
>>> frame = result.tables["models"].to_pandas()

Numbers are those of the command line, to the bit, whatever the number of threads.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path

from . import errors, sensitivity
from ._checks import whole
from ._progress import with_bar
from ._result import Chart, Result, Tables
from ._solve import Solution, solve
from ._stickershock import Scenario, Table, __version__, examples
from ._stickershock import calibrate as _calibrate
from ._stickershock import main as _command
from ._stickershock import open as _open
from ._stickershock import run as _run
from .errors import (
    InterruptedRunError,
    OutputError,
    ScenarioError,
    StickershockError,
    UnknownNameError,
    UnsolvedError,
)

__all__ = [
    "Chart",
    "InterruptedRunError",
    "OutputError",
    "Result",
    "Scenario",
    "ScenarioError",
    "Solution",
    "StickershockError",
    "Table",
    "Tables",
    "UnknownNameError",
    "UnsolvedError",
    "__version__",
    "calibrate",
    "errors",
    "example",
    "examples",
    "open_results",
    "run",
    "sensitivity",
    "solve",
]


def example(name: str) -> Scenario:
    """One of the scenarios that come with the package (``examples()`` lists them): ``market-1995``, ``showdown-1995``, ..."""
    return Scenario.example(name)


def run(
    scenario: Scenario | str | PathLike[str],
    *,
    replications: int | None = None,
    regimes: Iterable[str] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | None = None,
    charts: bool | None = None,
    fresh: bool = False,
    progress: bool | Callable[[int, int], object] | None = None,
) -> Result:
    """Simulates the regimes of a scenario on the same buyers, and compares them.

    Args:
      scenario: a ``Scenario``, or the path of its file.
      replications: simulated worlds, in place of what the scenario asks for; of each point where it has several.
      regimes: names of those to run, all by default; the baseline always runs.
      draws: draws of what is not known, for a scenario with ``[uncertainty]``.
      seed: in place of the scenario's.
      threads: all processors by default; numbers do not depend on it.
      out: a folder for the results, as ``stickershock run`` writes it, with ``report.html``. A run that is stopped keeps there what it
        has done, and the same call goes on; one that is complete is read and not run again. A run of one point without a folder stays
        in memory.
      charts: whether charts are drawn into the folder; by default if a folder is named. ``Result.chart`` draws in any case.
      fresh: start over, whatever the folder holds of an earlier run.
      progress: ``True``, ``False``, or what is called with jobs done and jobs in all; by default a bar where someone looks.

    Raises:
      ScenarioError, UnknownNameError: what the scenario or an argument says cannot be.
      UnsolvedError: the market has no solution.
      OutputError: the folder cannot be used.
      KeyboardInterrupt: Ctrl-C, within a second.

    The interpreter is free while it runs: other Python threads go on.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.open(scenario)
    replications, threads = whole("replications", replications, 1), whole("threads", threads, 0)
    draws, seed = whole("draws", draws, 0), whole("seed", seed, 0)
    values: dict[str, int] = {}
    if draws is not None and re.search(r"(?m)^\[+uncertainty[.\]]|^uncertainty *=", scenario.to_toml()):
        values["uncertainty.draws"] = draws
    elif draws:
        remedy = "add a section [uncertainty] that says what is not known, or leave `draws` out"
        message = f"draws: {scenario.name} has no [uncertainty] to draw from\nhelp: {remedy}"
        raise ScenarioError(message, key="draws", value=str(draws), remedy=remedy)
    if seed is not None:
        values["run.seed"] = seed
    if values:
        scenario = scenario.set(values)
    if isinstance(regimes, str):
        regimes = [regimes]
    named = None if regimes is None else [str(name) for name in regimes]
    if named == []:
        raise UnknownNameError("no regime is named\nhelp: leave `regimes` out for all of them", remedy="leave `regimes` out for all of them")
    folder = None if out is None else Path(out)
    call = (
        scenario,
        named or [],
        replications,
        threads or 0,
        folder,
        folder is not None if charts is None else charts,
        fresh,
    )
    return with_bar(progress, "job", lambda listener: Result(_run(*call, listener)))


def calibrate(
    scenario: Scenario | str | PathLike[str],
    *,
    threads: int | None = None,
    out: str | PathLike[str] | None = None,
    charts: bool = True,
    fresh: bool = False,
    progress: bool | Callable[[int, int], object] | None = None,
) -> Result:
    """Fits the free parameters of a scenario with ``[calibration]`` to its table of evidence: ``stickershock calibrate``, with the same bytes.

    Args:
      scenario: a ``Scenario``, or the path of its file.
      threads: all processors by default; numbers do not depend on it.
      out: a folder for the results. A search that is stopped keeps there what it has worked out, and the same call goes on. Without a folder it works among the
        machine's temporary files, which go with the result.
      charts: draw the charts into the folder; where not, ``Result.chart`` draws them from the tables when they are asked for.
      fresh: start over, whatever the folder holds.
      progress: ``True``, ``False``, or what is called with evaluations done and 0, as it is not known before how many a search takes; by default a bar
        where someone looks.

    Gives the tables ``fit`` (a row a moment: data, model, miss), ``parameters`` (estimates with standard errors), ``identification``,
    ``statistics``, ``warnings``, ``trace`` and ``draws``.

    Raises:
      ScenarioError: there is nothing to calibrate, or what the scenario or its evidence says cannot be.
      UnsolvedError: the model has no solution within the bounds.
      OutputError: the folder cannot be used.
      KeyboardInterrupt: Ctrl-C, commonly within a second: searches for prices let go at once, simulated weeks are finished first.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.open(scenario)
    call = (scenario, whole("threads", threads, 0) or 0, None if out is None else Path(out), charts, fresh)
    return with_bar(progress, "evaluation", lambda listener: Result(_calibrate(*call, listener)))


def open_results(path: str | PathLike[str]) -> Result:
    """The results in a folder that ``run`` or the command line left."""
    return Result(_open(Path(path)))


def _main() -> None:
    """The command ``stickershock``."""
    sys.exit(_command(sys.argv))
