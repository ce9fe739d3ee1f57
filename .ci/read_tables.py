"""Reads every table of the folders given with pandas, polars and DuckDB: without options, and by the lines of docs/outputs.md.

Usage: read_tables.py FOLDER... [--names FOLDER]...

Without options a column has the type of the data dictionary wherever the reader sees a value of it. In the folders after `--names`
names look like numbers or missing values, so only the lines that take the types from the dictionary are tried. Where there are Parquet
files beside the tables, they hold the same."""

import csv
import json
import math
import pathlib
import re
import sys

import duckdb
import pandas
import polars

# As types are called by pandas, polars and DuckDB, where they are not told.
SEEN = {
    "number": ("float64", "Float64", "DOUBLE"),
    "integer": ("int64", "Int64", "BIGINT"),
    "boolean": ("bool", "Boolean", "BOOLEAN"),
    "date": ("str", "String", "DATE"),
    "string": ("str", "String", "VARCHAR"),
}
TOLD = SEEN | {"date": ("datetime64", "Date", "DATE")}
# Rows that polars and DuckDB look at.
POLARS, DUCKDB = 100, 20_480


def blocks():
    """The Python lines of the documentation that define `table`."""
    text = (pathlib.Path(__file__).parent.parent / "docs/outputs.md").read_text()
    found = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "def table(name)" in block]
    assert len(found) == 3, "docs/outputs.md: lines for pandas, polars and DuckDB"
    return found


def documented(folder):
    """The three functions as documented, for a folder."""
    scope, functions = {}, []
    for block in blocks():
        exec(block.replace("output/showdown-1995", str(folder)), scope)
        functions.append(scope["table"])
    return functions


def number_like(cell):
    return re.fullmatch(r"[-+.\d:eE]*|true|false", cell) is not None


def same(kind, cell, value):
    """Whether a value is what the cell says."""
    if cell == "":
        return value is None or value is pandas.NA or isinstance(value, float) and math.isnan(value)
    if kind == "number":
        return float(value) == float(cell)
    if kind == "integer":
        return int(value) == int(cell)
    if kind == "boolean":
        return bool(value) == (cell == "true")
    return str(value)[:10] == cell if kind == "date" else value == cell


def named(relation):
    return dict(zip(relation.columns, map(str, relation.types)))


def check(folder, told_only):
    package = json.loads((folder / "datapackage.json").read_text())
    functions = documented(folder)
    for entry in package["resources"]:
        name, path = entry["name"], folder / entry["path"]
        fields = {field["name"]: field["type"] for field in entry["schema"]["fields"]}
        with open(path, newline="", encoding="utf-8") as text:
            rows = list(csv.DictReader(text))
        assert rows, path
        told = [functions[0](name), functions[1](name), functions[2](name)]
        types = [told[0].dtypes.astype(str).to_dict(), {c: str(t) for c, t in told[1].schema.items()}, named(told[2])]
        frames = [told[0], told[1], dict(zip(told[2].columns, zip(*told[2].fetchall())))]
        for column, kind in fields.items():
            cells = [row[column] for row in rows]
            for at, reader in enumerate(("pandas", "polars", "DuckDB")):
                assert types[at][column].startswith(TOLD[kind][at]), (path, column, reader, types[at][column])
                values = list(frames[at][column])
                wrong = [(cell, value) for cell, value in zip(cells, values, strict=True) if not same(kind, cell, value)]
                assert not wrong, (path, column, reader, wrong[:3])
        unseen = [] if told_only else without_options(path, fields, rows)
        parquet = path.with_suffix(".parquet")
        if parquet.exists():
            assert polars.read_parquet(parquet).equals(told[1]), parquet
        without = f", no value in the first {POLARS}: {', '.join(unseen)}" if unseen else ""
        print(f"{path}: {len(rows)} rows, {len(fields)} columns{without}")


def without_options(path, fields, rows):
    """Types without options; gives the columns of numbers that polars cannot know."""
    pandas_sees = pandas.read_csv(path).dtypes.astype(str).to_dict()
    polars_sees = {column: str(kind) for column, kind in polars.read_csv(path).schema.items()}
    duckdb_sees = named(duckdb.read_csv(str(path)))
    unseen = []
    for column, kind in fields.items():
        cells = [row[column] for row in rows]
        # A column of names of which every one is a number is a column of numbers to those who are not told.
        if kind == "string" and all(map(number_like, cells)):
            continue
        given = [at for at, cell in enumerate(cells) if cell and not (kind == "string" and number_like(cell))]
        first = given[0] if given else math.inf
        seen = {"pandas": (pandas_sees, 0, kind != "string" or bool(given)), "polars": (polars_sees, 1, first < POLARS)}
        seen["DuckDB"] = (duckdb_sees, 2, first < DUCKDB)
        for reader, (types, at, sees) in seen.items():
            assert not sees or types[column] == SEEN[kind][at], (path, column, kind, reader, types[column])
        if kind == "number" and first >= POLARS:
            unseen.append(column)
    return unseen


told_only = False
count = 0
for argument in sys.argv[1:]:
    if argument == "--names":
        told_only = True
    elif (pathlib.Path(argument) / "datapackage.json").exists():
        check(pathlib.Path(argument), told_only)
        told_only = False
        count += 1
assert count > 0, "no folder with a datapackage.json"
