"""A bar that says how far a run is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and getattr(shell.get_ipython(), "kernel", None) is not None


class Bar:
    """Calls with jobs done and in all; tqdm's bar where there is tqdm, else a line on standard error."""

    def __init__(self) -> None:
        self._bar: Any = None
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self._tqdm: Any = None
        else:
            self._tqdm = tqdm

    def __call__(self, done: int, jobs: int) -> None:
        if self._tqdm is not None:
            if self._bar is None:
                self._bar = self._tqdm(total=jobs, unit="job", leave=False)
            self._bar.total = jobs
            self._bar.update(done - self._bar.n)
        elif jobs:
            self._bar = True
            sys.stderr.write(f"\rsimulating: {done} of {jobs} jobs")
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


def wanted(progress: bool | Callable[[int, int], object] | None) -> bool:
    """Whether a bar is to be shown: where someone looks, unless it is said."""
    if progress is None:
        return sys.stderr.isatty() or _in_notebook()
    return progress is True
