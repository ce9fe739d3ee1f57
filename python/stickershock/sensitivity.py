"""Which uncertain inputs move an output, and how much: of a scenario (``run``), and designs and indices for any function (``sample``,
``analyze``).

>>> from stickershock import sensitivity
>>> problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0, 1], [0, 1]]}
>>> X = sensitivity.sample(problem, "sobol", 256)
>>> Y = [2 * a + b for a, b in X]
>>> round(sensitivity.analyze(problem, Y)["S1"][0], 1)
0.8

``problem`` is SALib's dictionary (``names``, ``bounds``, and if there are any ``dists`` and ``groups``), or a list with a mapping for each
input, as ``docs/sensitivity.md`` describes them: ``{"name": "rate", "distribution": "triangular", "low": 0, "mode": 0.2, "high": 1}``.
"""

from __future__ import annotations

import json
import math
import warnings as _warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from ._frames import to_csv
from ._checks import whole
from ._progress import with_bar
from ._result import Result
from ._stickershock import Scenario, Table
from ._stickershock import analyze as _analyze
from ._stickershock import sample as _sample
from ._stickershock import sensitivity as _study

Problem: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]

METHODS = ("sobol", "morris", "fast", "rbd_fast", "pawn", "delta")


def _salib_input(name: str, bounds: Sequence[float], kind: str, group: str | None) -> dict[str, Any]:
    """An input of SALib's dictionary. Its ``bounds`` are the parameters of its law."""
    bounds = [float(bound) for bound in bounds]
    laws: dict[str, tuple[str, tuple[str, ...]]] = {
        "unif": ("uniform", ("low", "high")),
        "norm": ("normal", ("mean", "sd")),
        "truncnorm": ("normal", ("low", "high", "mean", "sd")),
        "lognorm": ("lognormal", ("log_mean", "log_sd")),
        "triang": ("triangular", ("low", "high", "mode")),
    }
    if kind not in laws:
        raise ValueError(f"dists: `{kind}` of {name} is not known here: expected one of {', '.join(laws)}")
    law, keys = laws[kind]
    if len(keys) != len(bounds):
        raise ValueError(f"bounds: {name} has {len(bounds)} numbers, and `{kind}` needs {len(keys)}: {', '.join(keys)}")
    entry: dict[str, Any] = {"name": name, "distribution": law, **dict(zip(keys, bounds, strict=True))}
    if kind == "triang":
        # SALib writes the mode as a part of the way from the lower end to the upper.
        entry["mode"] = entry["low"] + entry["mode"] * (entry["high"] - entry["low"])
    if group is not None and group != name:
        entry["group"] = group
    return entry


def _inputs(problem: Problem) -> list[dict[str, Any]]:
    if not isinstance(problem, Mapping):
        return [dict(entry) for entry in problem]
    names = [str(name) for name in problem["names"]]
    # Lists and arrays alike: an array has no truth.
    given = {key: [] if problem.get(key) is None else list(problem[key]) for key in ("dists", "groups")}
    kinds = given["dists"] or ["unif"] * len(names)
    groups = given["groups"] or [None] * len(names)
    bounds = list(problem["bounds"])
    lengths = {"names": len(names), "bounds": len(bounds), "dists": len(kinds), "groups": len(groups)}
    if len(set(lengths.values())) > 1 or problem.get("num_vars", len(names)) != len(names):
        raise ValueError(f"problem: of different lengths: num_vars {problem.get('num_vars')}, {lengths}")
    return [_salib_input(*each) for each in zip(names, bounds, kinds, groups, strict=True)]


def _toml(problem: Problem) -> str:
    def value(of: Any) -> str:
        if isinstance(of, str):
            return json.dumps(of, ensure_ascii=False)
        if isinstance(of, (list, tuple)) or hasattr(of, "tolist"):
            return f"[{', '.join(repr(float(item)) for item in of)}]"
        return repr(float(of))

    lines: list[str] = []
    for entry in _inputs(problem):
        lines.append("[[parameter]]")
        lines += [f"{key} = {value(item)}" for key, item in entry.items()]
    return "\n".join(lines) + "\n"


class Design(Sequence[tuple[float, ...]]):
    """The points at which to run a function: a sequence of tuples, in the order of the problem's names. numpy takes it as an array of
    points x inputs, frame libraries as a table."""

    def __init__(self, names: list[str], rows: list[list[float]], method: str) -> None:
        self.names = names
        self.method = method
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [tuple(row) for row in self._rows[place]]
        return tuple(self._rows[place])

    def __iter__(self) -> Iterator[tuple[float, ...]]:
        return map(tuple, self._rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy

        return numpy.array(self._rows, dtype=dtype or float)

    def to_dict(self) -> dict[str, list[float]]:
        """Columns by the names of the inputs."""
        return {name: [row[place] for row in self._rows] for place, name in enumerate(self.names)}

    def to_pandas(self) -> Any:
        """As a ``pandas.DataFrame``, a column an input."""
        import pandas

        return pandas.DataFrame(self.to_dict())

    def to_polars(self) -> Any:
        """As a ``polars.DataFrame``, a column an input."""
        import polars

        return polars.DataFrame(self.to_dict())

    def __repr__(self) -> str:
        return f"<stickershock.sensitivity.Design {self.method}: {len(self)} points of {', '.join(self.names)}>"


class Indices(dict[str, Any]):
    """Indices under SALib's names: ``S1``, ``ST``, ``mu_star``, ... are lists in the order of the inputs (groups, where there are any),
    ``S1_conf`` the half-widths of their intervals, ``S2`` a matrix. ``table`` has them all with standard errors."""

    def __init__(self, table: Table, names: list[str], output: str) -> None:
        super().__init__(names=names)
        self.table = table
        self.output = output
        import csv
        import io

        place = {name: at for at, name in enumerate(names)}
        for row in csv.DictReader(io.StringIO(table.csv().decode())):
            if row["output"] != output:
                continue
            index, inputs = row["index"], row["parameter"]
            estimate, low, high = (float(row[key]) if row[key] else math.nan for key in ("estimate", "ci_low", "ci_high"))
            for key, number in ((index, estimate), (f"{index}_conf", (high - low) / 2)):
                if inputs in place:
                    self.setdefault(key, [math.nan] * len(names))[place[inputs]] = number
                elif not inputs:
                    self[key] = number
                else:
                    first, second = _pair(inputs, place)
                    matrix = self.setdefault(key, [[math.nan] * len(names) for _ in names])
                    matrix[min(first, second)][max(first, second)] = number

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def _pair(inputs: str, place: Mapping[str, int]) -> tuple[int, int]:
    """The two inputs of ``a:b``, whose names may have colons."""
    for at, sign in enumerate(inputs):
        if sign == ":" and inputs[:at] in place and inputs[at + 1 :] in place:
            return place[inputs[:at]], place[inputs[at + 1 :]]
    raise ValueError(f"{inputs} is no pair of inputs")


def sample(problem: Problem, method: str = "sobol", n: int = 1024, *, seed: int = 0, levels: int = 4) -> Design:
    """The points at which a function is to be run: n (2D + 2) of ``sobol`` (n a power of two), n (D + 1) of ``morris``, n D of ``fast``, n of
    ``rbd_fast``, ``pawn`` and ``delta``, for D inputs.

    Raises ``ScenarioError`` for a problem or an ``n`` that cannot be.
    """
    n, levels, seed = whole("n", n, 1), whole("levels", levels, 2), whole("seed", seed, 0, 2**64 - 1)
    names = [str(entry["name"]) for entry in _inputs(problem)]
    if method == "sobol" and n > 0 and n & (n - 1):
        _warnings.warn(f"n = {n}: points of a Sobol' sequence are balanced in powers of two", stacklevel=2)
    return Design(names, _sample(_toml(problem), method, n, seed, levels), method)


def _outputs(outputs: Any) -> Any:
    """Outputs as a frame: one column ``Y`` of a plain sequence."""
    if isinstance(outputs, (str, bytes, Mapping, Table)) or hasattr(outputs, "columns"):
        return outputs
    if getattr(outputs, "ndim", 1) != 1:
        raise ValueError("outputs: more than one dimension; give a frame with a column for each output")
    # As text: a line of one empty cell is no line.
    return {"Y": [repr(float(value)) for value in outputs]}


def analyze(
    problem: Problem,
    outputs: Any,
    method: str | None = None,
    *,
    design: Design | Iterable[Sequence[float]] | None = None,
    seed: int = 0,
    levels: int = 4,
    level: float = 0.95,
    resamples: int = 1000,
    drop_failed: bool = False,
) -> Indices:
    """Indices from what a function gave at the points of a design.

    Args:
      problem: as in ``sample``.
      outputs: a number for each point, in their order; or a frame with a column for each output, and with a column ``replication`` where
        the function was run at each point more than once.
      method: that of the design, ``sobol`` by default.
      design: the points. Without them they are those of ``sample`` with the same ``seed`` and ``levels``.
      level: of the intervals.
      resamples: of the bootstrap (``fast`` and ``rbd_fast`` need none).
      drop_failed: leave out points whose output is missing or not finite, each with its block of the design.

    Several outputs have their indices in ``table``; the dictionary is that of the first.
    """
    levels, seed = whole("levels", levels, 2), whole("seed", seed, 0, 2**64 - 1)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level: {level}, expected a number between 0 and 1")
    if not 2 <= resamples <= 100_000:
        raise ValueError(f"resamples: {resamples}, expected 2 to 100,000")
    method = method or (design.method if isinstance(design, Design) else "sobol")
    entries = _inputs(problem)
    text = to_csv(_outputs(outputs)).decode()
    header = [name.strip('"') for name in text.split("\n", 1)[0].split(",")]
    names = [str(entry["name"]) for entry in entries]
    given = [name for name in header if name != "replication" and name not in names]
    if design is None:
        factors = len(dict.fromkeys(str(entry.get("group", entry["name"])) for entry in entries))
        per = {"sobol": 2 * factors + 2, "morris": len(entries) + 1, "fast": len(entries)}.get(method, 1)
        rows = text.count("\n") - 1 if "replication" not in header else None
        if rows is None:
            raise ValueError("design: give it where outputs have replications")
        if rows % per:
            raise ValueError(f"outputs: {rows} numbers, and designs of {method} with {len(entries)} inputs have a multiple of {per}")
        design = sample(problem, method, rows // per, seed=seed, levels=levels)
    # A frame has its rows behind `to_numpy`; its columns are what it hands out.
    frame = getattr(design, "to_numpy", None) if hasattr(design, "columns") and not isinstance(design, Design) else None
    points = [[float(value) for value in row] for row in (frame() if frame is not None else design)]
    if any(len(row) != len(entries) for row in points):
        raise ValueError(f"design: has points that are not of {len(entries)} inputs")
    table, told = _analyze(_toml(problem), method, points, text, level, resamples, seed, drop_failed)
    for warning in told:
        _warnings.warn(warning, stacklevel=2)
    grouped = list(dict.fromkeys(str(entry.get("group", entry["name"])) for entry in entries))
    return Indices(table, grouped if method == "sobol" else names, given[0] if given else "Y")


def run(
    scenario: Scenario | str | PathLike[str],
    method: str = "sobol",
    *,
    n: int | None = None,
    n_max: int | None = None,
    regimes: str | Iterable[str] | None = None,
    metrics: str | Iterable[str] | None = None,
    baseline: str | None = None,
    period: str = "all",
    replications: int | None = None,
    second_order: bool = False,
    randomisations: int = 8,
    levels: int = 4,
    quantiles: tuple[float, float] = (0.05, 0.95),
    dummy: bool = False,
    level: float = 0.95,
    width: float = 0.05,
    relative_width: float = 0.10,
    seed: int | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | None = None,
    charts: bool = True,
    fresh: bool = False,
    progress: bool | Callable[[int, int], object] | None = None,
) -> Result:
    """Which of a scenario's uncertain values (its ``[[parameter]]``) move its results: ``stickershock sensitivity``, with the same bytes.

    Args:
      scenario: a ``Scenario``, or the path of its file.
      method: ``sobol`` (8 n (D + 2) points for D values), ``morris`` (n (D + 1)), ``oat`` (one at a time, a tornado: 2 D + 1), ``fast`` (n D), ``rbd_fast``,
        ``pawn`` or ``delta`` (n).
      n: size of the design; what suits the method by default. A power of two but for ``fast``.
      n_max: the design is doubled up to here until every interval is narrow enough (``width`` in units of an index, or ``relative_width`` of the
        largest; the wider of the two holds).
      regimes: all but the baseline by default.
      metrics: columns of ``replications.csv``; the scenario's headline by default.
      baseline: the regime to compare with in the same worlds, the scenario's by default; ``"none"`` for levels.
      period: one of the scenario's.
      replications: at every point; 2 by default, 8 of ``oat``.
      second_order, randomisations: of ``sobol``; levels: of ``morris``; quantiles: of ``oat``.
      dummy: one input more, on which nothing depends: what it gets is the noise of the estimator.
      level: of the intervals.
      seed: of design and worlds, in place of the scenario's.
      threads: all processors by default; numbers do not depend on it.
      out: a folder for the study. One that is stopped keeps there what it has done, the same call goes on, and a larger ``n`` grows out of it. Without a folder
        it is worked off among the machine's temporary files, which go with the result.
      charts: draw the charts into the folder; where not, ``Result.chart`` draws them from the tables when they are asked for.
      fresh: start over, whatever the folder holds.
      progress: ``True``, ``False``, or what is called with points done and points in all; by default a bar where someone looks.

    Gives the tables ``sensitivity`` (a row an output, value and index, with intervals), ``convergence``, ``ranking``, ``design`` and ``outputs``.

    Raises:
      ScenarioError, UnknownNameError: what the scenario or an argument says cannot be.
      UnsolvedError: too few points have a solution.
      OutputError: the folder cannot be used.
      KeyboardInterrupt: Ctrl-C, commonly within a second: searches for prices let go at once, simulated weeks are finished first.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.open(scenario)
    n, n_max, replications = whole("n", n, 1), whole("n_max", n_max, 1), whole("replications", replications, 1)
    randomisations, levels = whole("randomisations", randomisations, 1), whole("levels", levels, 2)
    threads, seed = whole("threads", threads, 0), whole("seed", seed, 0)
    if seed is not None:
        scenario = scenario.set({"run.seed": seed})
    low, high = quantiles

    def study(bar: Callable[[int, int], object] | None) -> Result:
        return Result(
            _study(
                scenario,
                method,
                (n, n_max),
                (width, relative_width),
                replications,
                _names(metrics),
                _names(regimes),
                baseline,
                period,
                (randomisations, second_order, levels, [low, high], dummy),
                level,
                threads or 0,
                None if out is None else Path(out),
                charts,
                fresh,
                bar,
            )
        )

    return with_bar(progress, "point", study)


def _names(given: str | Iterable[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or [])
