"""Static markets: demand estimates in, equilibria under tariffs, mergers and cost shocks out."""

from __future__ import annotations

import json
import warnings as _warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ._checks import is_missing, refuse_missing, whole
from ._frames import to_csv
from ._stickershock import Market, Table
from ._stickershock import solve as _solve_text
from .errors import ScenarioError, UnknownNameError


KINDS = ("elasticities", "diversion", "long_run_diversion", "passthrough")
"""Matrices of a scenario."""


class _Sent:
    """What a solution is made of, where it was solved elsewhere."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._parts:
            raise AttributeError(name)
        return lambda: self._parts[name]

    def matrix(self, scenario: str, kind: str) -> Table:
        matrices: dict[tuple[str, str], Table] = self._parts["matrices"]
        if (scenario, kind) not in matrices:
            known = list(self._parts["scenarios"] if kind in KINDS else KINDS)
            name = scenario if kind in KINDS else kind
            remedy = f"there are {', '.join(known)}"
            raise UnknownNameError(f"there is no matrix of `{name}`\nhelp: {remedy}", value=name, remedy=remedy)
        return matrices[scenario, kind]


def _sent(parts: dict[str, Any]) -> Solution:
    """A solution from its parts."""
    return Solution(_Sent(parts), bool(parts["matrices"]))


class Solution:
    """Equilibria of a static market, a scenario each.

    Attributes:
      products: a row a scenario and product, with PyBLP's names ``product_ids``, ``firm_ids``, ``prices``, ``shares``, ``costs``
      summary: a row a scenario: surplus, duty, profit, concentration
      scenarios: names of those that were solved
      failures: those that were not, with the reason
      warnings: what keeps a result from being taken at its word
    """

    def __init__(self, market: Market | _Sent, matrices: bool) -> None:
        self._market = market
        self._matrices = matrices
        self.products: Table = market.products()
        self.summary: Table = market.summary()
        self.scenarios: list[str] = market.scenarios()
        self.failures: dict[str, str] = dict(market.failures())
        self.warnings: list[str] = market.warnings()

    @property
    def recovered(self) -> Table | None:
        """Mean utilities and marginal costs that were recovered from shares and prices; ``None`` where they were given."""
        return self._market.recovered()

    @property
    def other_equilibria(self) -> Table | None:
        """Other equilibria (with ``many_starts=True``); ``None`` where none was found."""
        return self._market.other_equilibria()

    def matrix(self, kind: str, scenario: str = "base") -> Table:
        """``elasticities`` (row: share of, column: price of), ``diversion``, ``long_run_diversion`` or ``passthrough`` (dp_row / dc_column)
        of a scenario, a row and a column a product; formed with ``matrices=True``."""
        if not self._matrices:
            remedy = "solve(..., matrices=True) forms them"
            message = f"there is no matrix `{kind}`: none was formed\nhelp: {remedy}"
            raise UnknownNameError(message, value=kind, remedy=remedy)
        return self._market.matrix(scenario, kind)

    def __reduce__(self) -> tuple[Any, tuple[dict[str, Any]]]:
        names = ("products", "summary", "scenarios", "failures", "warnings", "recovered", "other_equilibria")
        parts = {name: getattr(self._market, name)() for name in names}
        pairs = [(scenario, kind) for scenario in self.scenarios for kind in KINDS] if self._matrices else []
        parts["matrices"] = {pair: self._market.matrix(*pair) for pair in pairs}
        return _sent, (parts,)

    def __repr__(self) -> str:
        return f"<stickershock.Solution: {', '.join(self.scenarios)}>"

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()


def _plain(value: Any, key: str) -> Any:
    """Arrays and numbers of any library as those of Python; ``key`` says where they stand."""
    if hasattr(value, "tolist"):
        return _plain(value.tolist(), key)
    if isinstance(value, Mapping):
        return {str(own): _plain(item, f"{key}.{own}") for own, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, key) for item in value]
    # JSON has a value for none, which leaves a key out.
    if value is not None and is_missing(value):
        raise refuse_missing(key, value)
    if value is not None and not isinstance(value, (str, bool, int, float)):
        remedy = "give numbers, texts, truth values, lists or mappings of them"
        message = f"{key}: {type(value).__name__} is nothing that a description has\nhelp: {remedy}"
        raise ScenarioError(message, key=key, value=str(value), remedy=remedy)
    return value


ID_COLUMNS = ("product_ids", "product_id")


def _with_ids(products: Any) -> Any:
    """Products of a pandas frame without a column of ids: those of its index, where it has texts."""
    index: Any = getattr(products, "index", None)
    columns = getattr(products, "columns", ())
    if not hasattr(products, "rename_axis") or any(name in columns for name in ID_COLUMNS) or index.name is not None:
        return products
    texts = getattr(index, "nlevels", 1) == 1 and len(index) > 0 and all(isinstance(name, str) for name in index)
    return products.rename_axis("product_ids").reset_index() if texts else products


def _json(what: str, value: Any) -> str:
    """A value as JSON, which has no numbers that are none."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        remedy = "give a finite number"
        message = f"{what}: has a number that is not finite (nan or inf)\nhelp: {remedy}"
        raise ScenarioError(message, key=what, value="nan", remedy=remedy) from None


def solve(
    products: Any,
    agents: Any,
    demand: Mapping[str, Any],
    *,
    scenarios: Mapping[str, Mapping[str, Any]] | None = None,
    market: str | int | None = None,
    many_starts: bool = False,
    matrices: bool = False,
    threads: int | None = None,
    **specification: Any,
) -> Solution:
    """Equilibrium prices of a static market (random-coefficients logit, Bertrand-Nash), in the base and under what-if specifications.

    Args:
      products: a frame with a row a product, under PyBLP's names: ``product_ids`` (or an index of texts), ``firm_ids``, ``prices``, ``shares`` (or
        ``delta_ex_price``), ``costs`` (recovered from prices if absent), characteristics, and columns to select products by.
      agents: a frame with a row a buyer: ``weights``, ``nodes0``, ``nodes1``, ..., demographics. Weights are used as given.
      demand: tastes, as PyBLP's results have them: ``beta`` with ``beta_names`` (of linear tastes only ``prices`` is needed where there
        are shares), ``x2_names``, ``sigma`` (diagonal or matrix), ``pi`` with ``demographics``; ``docs/solve.md`` has all keys.
      scenarios: specifications by their names. Or one, by its keys as arguments: ``tariff={"type": "border", "rate": 0.25, "where":
        {"region": "JP"}}``, ``merge``, ``ownership``, ``cost_multipliers``, ``limits``, ``hold``, ``remove``, ``add``.
      market: which, where the frames hold several ``market_ids``.
      many_starts: look for other equilibria, too.
      matrices: form elasticities, diversion, second choices and pass-through.

    The base (owners as in the frame, no duty) is always solved, under the name ``base``. Money is in the unit of ``prices``, per unit of
    the buyers' weights.

    Raises:
      ScenarioError: a cell, key or specification that cannot be, with the frame as ``file`` (``products``, ``agents``,
        ``demand``, ``scenarios``), ``line`` (the first row of a frame is 2, below its names), ``key``, ``value`` and ``remedy``.
      UnsolvedError: no scenario has a solution. One that has none takes no other with it: see ``failures``.
    """
    asked = dict(scenarios or {})
    if specification:
        if "scenario" in asked:
            remedy = "give it another name, or put the arguments into it"
            message = f"scenarios: `scenario` is what a specification by arguments is called\nhelp: {remedy}"
            raise ScenarioError(message, key="scenarios", value="scenario", remedy=remedy)
        asked["scenario"] = specification
    entries: list[dict[str, Any]] = [] if "base" in asked else [{"name": "base", "spec": {}}]
    entries += [{"name": name, "spec": _plain(spec, name)} for name, spec in asked.items()]
    found = Solution(
        _solve_text(
            to_csv(_with_ids(products)).decode(),
            to_csv(agents).decode(),
            _json("demand", _plain(demand, "demand")),
            _json("scenarios", entries),
            None if market is None else str(market),
            many_starts,
            matrices,
            whole("threads", threads, 0) or 0,
        ),
        matrices,
    )
    for name, reason in found.failures.items():
        _warnings.warn(f"{name} is not solved: {reason}", stacklevel=2)
    return found


__all__: Sequence[str] = ["Solution", "solve"]
