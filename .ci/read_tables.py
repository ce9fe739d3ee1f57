"""Reads every table of a run with pandas, polars and DuckDB, without options, and compares what they see, in CSV and in Parquet."""

import pathlib
import sys

import duckdb
import pandas
import polars

tables = sorted(pathlib.Path(sys.argv[1]).glob("*.csv"))
assert len(tables) >= 6, tables
for path in tables:
    rows = pandas.read_csv(path)
    lengths = {len(rows), len(polars.read_csv(path, infer_schema_length=None)), len(duckdb.sql(f"select * from '{path}'"))}
    assert lengths == {len(rows)} and len(rows) > 0, (path, lengths)
    text = rows.select_dtypes(include=["object", "string"]).columns
    numeric = [c for c in text if c.endswith(("_mean", "_usd", "units", "q50"))]
    assert not numeric, f"{path.name}: read as text: {numeric}"
    parquet = path.with_suffix(".parquet")
    stored = polars.read_parquet(parquet)
    assert stored.equals(polars.read_csv(path, schema_overrides=stored.schema)), parquet.name
    assert len(duckdb.sql(f"select * from '{parquet}'")) == len(rows), parquet.name
    print(f"{path.name}: {len(rows)} rows, {len(rows.columns)} columns")
