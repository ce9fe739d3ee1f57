"""A study over a Dask cluster, with the bytes of one process.

>>> from distributed import Client                                    # doctest: +SKIP
>>> import stickershock.dask
>>> result = stickershock.dask.run(scenario, Client("tcp://host:8786"), out="study")   # doctest: +SKIP

The plan goes out in band and units come back as bytes, so workers need this package and no shared disk. A unit that is done stands in the
folder: a driver that died goes on with the same call. From a shell, with a folder that ``stickershock plan`` wrote:
``python -m stickershock.dask PLAN SCHEDULER``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from ._checks import whole
from ._result import Result
from ._stickershock import Scenario
from .errors import StickershockError
from .plan import Plan, work


def _version() -> str:
    return Plan.version()


def _unit(packed: list[tuple[str, bytes]], id: str, threads: int) -> bytes:
    return work(packed, [id], threads)[0]


def _check(client: Any) -> None:
    """Refuses workers of another version before anything runs."""
    own = _version()
    others = {worker: version for worker, version in client.run(_version).items() if version != own}
    if others:
        listed = ", ".join(f"{worker} has {version}" for worker, version in others.items())
        remedy = "install the same version of stickershock on every worker"
        raise StickershockError(f"workers of another version than {own}: {listed}\nhelp: {remedy}", remedy=remedy)


def run_plan(plan: Plan, client: Any, *, charts: bool = True, threads: int = 1, retries: int = 3) -> Result:
    """Does the missing units of a plan on the workers of ``client``, and writes the results into its folder.

    Args:
      threads: of each unit; with one, as many units are at work on a worker as it has threads.
      retries: of a unit whose worker dies.
    """
    from distributed import as_completed

    missing = plan.missing()
    if missing:
        _check(client)
        # Once to each worker, not with each unit.
        packed = client.scatter(plan.packed(), broadcast=True)
        futures = [client.submit(_unit, packed, id, threads, key=f"unit-{id}", retries=retries, pure=True) for id in missing]
        try:
            for future, unit in as_completed(futures, with_results=True):
                plan.collect(unit)
                future.release()
        finally:
            client.cancel([future for future in futures if not future.done()])
    return Result(plan.merge(charts))


def run(
    scenario: Scenario,
    client: Any,
    *,
    out: str | PathLike[str],
    replications: int | None = None,
    regimes: Iterable[str] | None = None,
    unit_size: int | None = None,
    charts: bool = True,
    threads: int = 1,
    retries: int = 3,
) -> Result:
    """Simulates and compares as ``stickershock.run`` does, on the workers of ``client``; numbers are the same, to the bit.

    Args:
      out: the folder of the plan, the units and the results. The same call goes on with what is done there.
      unit_size: replications in a unit; what suits the study by default.
      charts, threads, retries: as in ``run_plan``; replications and regimes as in ``stickershock.run``.
    """
    replications, unit_size = whole("replications", replications, 1), whole("unit_size", unit_size, 1)
    plan = Plan.begin(scenario, list(regimes or []), replications, unit_size, Path(out))
    return run_plan(plan, client, charts=charts, threads=threads, retries=retries)


def _main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: python -m stickershock.dask PLAN SCHEDULER", file=sys.stderr)
        return 2
    from distributed import Client

    with Client(arguments[1]) as client:
        print(run_plan(Plan.open(Path(arguments[0])), client))
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
