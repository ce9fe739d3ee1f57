"""What a run gives back."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ._stickershock import Run, Table
from .errors import StickershockError, UnknownNameError

CHARTS_SHOWN = 2
"""Charts in the picture of a result."""


class Chart(str):
    """A chart as the text of an SVG picture; Jupyter shows it."""

    def _repr_svg_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"<stickershock.Chart: {len(self)} characters of SVG>"

    def save(self, path: str | Path) -> None:
        """Writes the picture to a file."""
        Path(path).write_text(self, encoding="utf-8")


class Tables(Mapping[str, Table]):
    """The tables of a result by their names. Each is made when it is first asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._made: dict[str, Table | None] = {}

    def _make(self, name: str) -> Table | None:
        if name not in self._made:
            self._made[name] = self._run.table(name)
        return self._made[name]

    def __getitem__(self, name: str) -> Table:
        table = self._make(name) if name in self._run.table_names() else None
        if table is None:
            remedy = f"there are {', '.join(self)}"
            raise UnknownNameError(f"there is no table `{name}`\nhelp: {remedy}", value=name, remedy=remedy)
        return table

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._run.table_names() if self._make(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._run.table_names() and self._make(str(name)) is not None

    def __repr__(self) -> str:
        return f"<stickershock.Tables: {', '.join(self)}>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)


class Result:
    """Results of a run: levels under every regime, and changes from the baseline in the same simulated worlds.

    Attributes:
      tables: the tables of ``stickershock run`` by name, each an Arrow stream (``.to_pandas()``, ``.to_polars()``)
      summary: what was asked, the answer in words, and what was run
      path: the folder that the results stand in, if there is one
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        # Where they are to be found by drawing them, once is enough.
        self._charts: list[str] | None = None
        self.tables = Tables(run)

    @property
    def path(self) -> Path | None:
        """The folder of the results; ``None`` if they are in memory."""
        return self._run.path()

    @cached_property
    def summary(self) -> dict[str, Any]:
        """``asked`` and ``warnings`` (sentences), ``answer`` (pairs of a few words and the sentence they stand for), and of the run
        ``scenario``, ``seed``, ``replications`` and ``regimes``."""
        manifest = json.loads(self._run.manifest())
        asked, answer, warnings = self._run.told()
        return {
            "scenario": manifest.get("scenario", {}).get("name"),
            "seed": manifest.get("seed"),
            "replications": manifest.get("replications"),
            "regimes": manifest.get("regimes"),
            "failed_jobs": manifest.get("failed_jobs", 0),
            "asked": asked,
            "answer": answer,
            "warnings": warnings,
        }

    @property
    def charts(self) -> list[str]:
        """Names of the charts; some of them may have nothing to show. Of a folder without charts they are those that its tables give."""
        if self._charts is None:
            self._charts = self._run.chart_names()
        return list(self._charts)

    def chart(self, name: str, *, regime: str | None = None, period: str | None = None) -> Chart | None:
        """A chart as SVG; ``None`` where it has nothing to show.

        ``name`` is one of ``charts``, or its beginning: ``winners_losers`` with ``regime="imposed"`` is ``winners_losers_imposed``, and
        without a regime that of the first which has something to show. ``period`` is one of the scenario's periods, by default the
        reporting period; charts over time show the whole horizon whatever it is.
        """
        known = self.charts
        wanted = f"{name}_{regime}" if regime is not None else name
        if wanted not in known and regime is None:
            for candidate in known:
                if candidate.startswith(f"{name}_"):
                    found = self._run.chart(candidate, period)
                    if found is not None:
                        return Chart(found)
            if any(candidate.startswith(f"{name}_") for candidate in known):
                return None
        found = self._run.chart(wanted, period)
        if found is None and wanted not in known:
            remedy = f"there are {', '.join(known)}"
            raise UnknownNameError(f"there is no chart `{wanted}`\nhelp: {remedy}", value=wanted, remedy=remedy)
        return None if found is None else Chart(found)

    def __repr__(self) -> str:
        summary = self.summary
        lines = [
            f"<stickershock.Result of {summary['scenario']}: {summary['replications']} replications, seed {summary['seed']}, "
            f"regimes {', '.join(summary['regimes'] or [])}>"
        ]
        lines += [f"  {head}. {sentence}" for head, sentence in summary["answer"]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        summary = self.summary
        answer = "".join(
            f"<li><b>{html.escape(head)}.</b> {html.escape(sentence)}</li>" for head, sentence in summary["answer"]
        )
        warnings = "".join(f"<p><i>{html.escape(text)}</i></p>" for text in summary["warnings"])
        shown: list[str] = []
        for name in ("who_pays", "winners_losers", "headline", *self.charts):
            if len(shown) == CHARTS_SHOWN:
                break
            try:
                chart = self.chart(name)
            except StickershockError:
                continue
            if chart is not None and chart not in shown:
                shown.append(chart)
        pictures = "".join(f"<div style='max-width:60em'>{chart}</div>" for chart in shown)
        head = (
            f"<p><b>{html.escape(str(summary['scenario']))}</b>: {summary['replications']} replications, "
            f"seed {summary['seed']}; tables {', '.join(map(html.escape, self.tables))}</p>"
        )
        return f"{head}<ul>{answer}</ul>{warnings}{pictures}"

    def __reduce__(self) -> tuple[type[Result], tuple[Run]]:
        return type(self), (self._run,)
