"""Frames of other libraries out of tables, and text out of frames."""

from __future__ import annotations

import csv
import html
import io
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ._checks import is_missing, refuse_missing
from ._stickershock import Table


def to_pandas(table: Table) -> Any:
    import pandas

    try:
        import pyarrow
    except ImportError:
        dates = [name for name, kind, _, _ in table.fields if kind == "date"]
        # Names may be numbers.
        texts = {name: str for name, kind, _, _ in table.fields if kind == "string"}
        # From 3 on every double comes back as it was written.
        exact = {} if int(pandas.__version__.split(".")[0]) >= 3 else {"float_precision": "round_trip"}
        text = io.BytesIO(table.csv())
        return pandas.read_csv(text, keep_default_na=False, na_values=[""], dtype=texts, parse_dates=dates, **exact)
    return pyarrow.table(table).to_pandas(date_as_object=False)


def to_polars(table: Table) -> Any:
    import polars

    return polars.DataFrame(table)


ROWS_SHOWN = 10


def table_html(table: Table) -> str:
    """The first rows, and what the columns are in their titles."""
    rows = csv.reader(io.StringIO(table.csv().decode()))
    next(rows, None)
    titles = (f"{what} [{unit}]" if unit else what for _, _, unit, what in table.fields)
    head = "".join(
        f'<th title="{html.escape(title)}">{html.escape(name)}</th>'
        for name, title in zip(table.columns, titles, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row, _ in zip(rows, range(ROWS_SHOWN), strict=False)
    )
    count, columns = table.shape
    return (
        f"<p><b>{html.escape(table.name)}</b>: {html.escape(table.description)} {count} rows, {columns} columns.</p>"
        f"<div style='overflow-x:auto'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: Any) -> str:
    """A value as CSV: numbers by the shortest decimals that give the same double back, nothing for what is missing."""
    if is_missing(value) or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _with_index(frame: Any) -> Any:
    """A frame of pandas whose index has a name, with the index as columns: `set_index` takes a column out, and it is data all the same."""
    names = [name for name in getattr(getattr(frame, "index", None), "names", []) if name is not None]
    return frame.reset_index() if names and not set(names) & set(getattr(frame, "columns", [])) else frame


def to_csv(frame: Any) -> bytes:
    """The CSV text of a frame: of pandas, polars, pyarrow or DuckDB, a table of this package, a mapping of columns, a list of
    mappings, or text."""
    if isinstance(frame, bytes):
        return frame
    if isinstance(frame, str):
        return frame.encode()
    if isinstance(frame, Table):
        return frame.csv()
    if hasattr(frame, "fetchall") and hasattr(frame, "columns"):  # duckdb
        names, rows = list(frame.columns), frame.fetchall()
    elif hasattr(frame, "write_csv"):  # polars
        frame = frame.collect() if hasattr(frame, "collect") else frame
        return str(frame.write_csv()).encode()
    elif hasattr(frame, "to_csv"):  # pandas
        return str(_with_index(frame).to_csv(index=False, lineterminator="\n")).encode()
    elif hasattr(frame, "to_pydict"):  # pyarrow
        return to_csv(frame.to_pydict())
    elif hasattr(frame, "keys"):
        names = [str(name) for name in frame]
        columns = [list(frame[name]) for name in frame]
        lengths = {name: len(column) for name, column in zip(names, columns, strict=True)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of different lengths: {lengths}")
        rows = list(zip(*columns, strict=True))
    elif isinstance(frame, (list, tuple)) and all(hasattr(row, "keys") for row in frame):
        names = list(dict.fromkeys(name for row in frame for name in row))
        rows = [[row.get(name) for name in names] for row in frame]
    else:
        raise TypeError(
            f"{type(frame).__name__}: expected a frame of pandas, polars, pyarrow or DuckDB, a mapping of columns, "
            "a list of mappings, or CSV text"
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _toml(value: Any, key: str = "settings") -> str:
    """A value as TOML, tables in braces; ``key`` says where it stands."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if is_missing(value):
        raise refuse_missing(key, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (date, datetime)):
        return value.isoformat()[:10]
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(own))} = {_toml(item, f'{key}.{own}')}" for own, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item, key) for item in value) + "]"
    raise TypeError(f"{type(value).__name__}: expected a number, a text, a truth value, a date, a list or a mapping")


def settings_text(settings: Any) -> str:
    """Sections of a scenario as TOML: text as it is, a mapping with a line for each section."""
    if isinstance(settings, str):
        return settings
    return "".join(f"{json.dumps(str(key))} = {_toml(value, str(key))}\n" for key, value in settings.items())
