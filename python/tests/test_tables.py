from __future__ import annotations

import csv
import io
import math
import pickle
import struct
import subprocess
import sys
from typing import Any

import pytest

import stickershock as ss


def bits(number: float | None) -> bytes | None:
    return None if number is None or math.isnan(number) else struct.pack("<d", number)


def expected(table: ss.Table) -> dict[str, list[Any]]:
    """The columns of a table's text, by the plainest reader that there is."""
    rows = list(csv.reader(io.StringIO(table.csv().decode())))[1:]
    take = {
        "string": lambda cell: cell or None,
        "integer": lambda cell: int(cell) if cell else None,
        "number": lambda cell: bits(float(cell)) if cell else None,
        "boolean": lambda cell: {"true": True, "false": False, "": None}[cell],
        "date": lambda cell: cell or None,
    }
    return {
        name: [take[kind](row[place]) for row in rows] for place, (name, kind, _, _) in enumerate(table.fields)
    }


def plain(kind: str, values: list[Any]) -> list[Any]:
    if kind == "number":
        return [bits(value) for value in values]
    if kind == "date":
        return [None if value is None else str(value)[:10] for value in values]
    if kind == "string":
        return [None if value is None or value != value else value for value in values]
    return list(values)


def as_pandas(table: ss.Table) -> dict[str, list[Any]]:
    frame = table.to_pandas()
    return {name: frame[name].tolist() for name in frame.columns}


def as_polars(table: ss.Table) -> dict[str, list[Any]]:
    return table.to_polars().to_dict(as_series=False)


def as_arrow(table: ss.Table) -> dict[str, list[Any]]:
    import pyarrow

    return pyarrow.table(table).to_pydict()


def as_duckdb(table: ss.Table) -> dict[str, list[Any]]:
    import duckdb

    rows = table
    return duckdb.sql("select * from rows").to_arrow_table().to_pydict()


@pytest.mark.parametrize("reader", [as_pandas, as_polars, as_arrow, as_duckdb])
def test_every_table_reads_the_same_in_every_library(result: ss.Result, reader: Any) -> None:
    for table in result.tables.values():
        wanted, found = expected(table), reader(table)
        assert list(found) == list(wanted) == table.columns
        for name, kind, _, _ in table.fields:
            assert plain(kind, found[name]) == wanted[name], f"{table.name}.{name}"


WITHOUT_ARROW = """
import pickle, sys
sys.modules["pyarrow"] = None
table = pickle.load(sys.stdin.buffer)
frame = table.to_pandas()
pickle.dump({name: frame[name].tolist() for name in frame.columns}, sys.stdout.buffer)
"""


def test_pandas_reads_without_arrow(result: ss.Result) -> None:
    for name in ("weekly", "models"):
        table = result.tables[name]
        done = subprocess.run([sys.executable, "-c", WITHOUT_ARROW], input=pickle.dumps(table), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        wanted, found = expected(table), pickle.loads(done.stdout)
        for column, kind, _, _ in table.fields:
            assert plain(kind, found[column]) == wanted[column], column


def test_a_table_says_what_it_is(result: ss.Result) -> None:
    table = result.tables["models"]
    rows, columns = table.shape
    assert len(table) == rows > 0 and columns == len(table.columns)
    assert table.key == ["regime", "period", "model"]
    units = {name: unit for name, _, unit, _ in table.fields}
    assert units["sticker_price_usd_mean"] == "USD"
    assert "models" in repr(table) and str(rows) in repr(table)
    assert pickle.loads(pickle.dumps(table)) == table
    assert "<table>" in table._repr_html_() and "sticker_price_usd_mean" in table._repr_html_()


def test_tables_are_a_mapping(result: ss.Result) -> None:
    assert "models" in result.tables and "nonsense" not in result.tables
    assert len(result.tables) == len(list(result.tables)) > 10
    with pytest.raises(KeyError) as caught:
        result.tables["nonsense"]
    assert isinstance(caught.value, ss.UnknownNameError)
    assert caught.value.value == "nonsense" and "models" in (caught.value.remedy or "")


def test_charts_are_pictures(result: ss.Result) -> None:
    chart = result.chart("winners_losers", regime="imposed")
    assert chart is not None and chart.startswith("<svg") and chart._repr_svg_() == chart
    assert chart == result.chart("winners_losers") == result.chart("winners_losers_imposed")
    assert chart != result.chart("winners_losers", period="all")
    assert result.chart("prices") is not None
    with pytest.raises(ss.UnknownNameError, match="winners_losers_imposed"):
        result.chart("nonsense")
    with pytest.raises(ss.UnknownNameError, match="after_deadline"):
        result.chart("prices", period="nonsense")


def test_a_result_shows_itself(result: ss.Result) -> None:
    text, page = repr(result), result._repr_html_()
    head, sentence = result.summary["answer"][0]
    assert head in text and sentence in text
    assert page.count("<svg") == 2
