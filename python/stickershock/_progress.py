"""A bar that says how far a run is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and getattr(shell.get_ipython(), "kernel", None) is not None


class Bar:
    """Calls with jobs done and in all; tqdm's bar where there is tqdm, else a line on standard error."""

    def __init__(self, unit: str = "job") -> None:
        self._bar: Any = None
        self._unit = unit
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self._tqdm: Any = None
        else:
            self._tqdm = tqdm

    def __call__(self, done: int, jobs: int) -> None:
        if self._tqdm is not None:
            if self._bar is None:
                self._bar = self._tqdm(total=jobs or None, unit=self._unit, leave=False)
            # A search does not know before how many there will be.
            self._bar.total = jobs or None
            self._bar.update(done - self._bar.n)
        else:
            self._bar = True
            sys.stderr.write(f"\rsimulating: {done} of {jobs} {self._unit}s" if jobs else f"\rsimulating: {done} {self._unit}s")
            sys.stderr.flush()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tqdm is not None and self._bar is not None:
            self._bar.close()
        elif self._bar:
            sys.stderr.write("\n")


Given = TypeVar("Given")


def with_bar(
    progress: bool | Callable[[int, int], object] | None,
    unit: str,
    work: Callable[[Callable[[int, int], object] | None], Given],
) -> Given:
    """Does work that tells a listener how far it is: the caller's, a bar where someone looks, or none."""
    if callable(progress):
        return work(progress)
    if not wanted(progress):
        return work(None)
    with Bar(unit) as bar:
        return work(bar)


def wanted(progress: bool | Callable[[int, int], object] | None) -> bool:
    """Whether a bar is to be shown: where someone looks, unless it is said."""
    if progress is None:
        return sys.stderr.isatty() or _in_notebook()
    return progress is True
