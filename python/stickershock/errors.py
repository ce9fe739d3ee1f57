"""What can go wrong, as exceptions. ``str()`` is the text of the command line; its parts are attributes."""

from __future__ import annotations


class StickershockError(Exception):
    """Anything that the library refuses or does not find.

    Attributes, each ``None`` where it has no meaning:
      file: the file as it was named, or the assignment that was laid over it
      key: the keys that lead to the value (``instrument.sanctions.rate``), or the name of a row
      line: line of the file, or row of the table, from 1
      value: what is not acceptable, as it is written
      remedy: what would do
    """

    def __init__(
        self,
        message: str,
        file: str | None = None,
        key: str | None = None,
        line: int | None = None,
        value: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, file, key, line, value, remedy)
        self.message = message
        self.file = file
        self.key = key
        self.line = line
        self.value = value
        self.remedy = remedy

    def __str__(self) -> str:
        return self.message


class ScenarioError(StickershockError, ValueError):
    """A scenario, its data, or an argument: a file, a key or a value."""


class UnknownNameError(StickershockError, KeyError):
    """A name that there is not: of a table, chart, regime, period, or example."""


class UnsolvedError(StickershockError, ArithmeticError):
    """A market without a solution: the base year, an equilibrium, the accounts."""


class OutputError(StickershockError, OSError):
    """A folder, table or chart that cannot be read, made or written."""

    # OSError makes something else of its arguments.
    def __reduce__(self) -> tuple[type[OutputError], tuple[object, ...]]:
        return type(self), (self.message, self.file, self.key, self.line, self.value, self.remedy)


class InterruptedRunError(StickershockError):
    """A run was asked to stop; what it did in a folder is kept."""
