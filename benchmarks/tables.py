"""What it costs to compare two tables by key: ours beside the same join written by hand for duckdb, polars and pandas.

    python -m benchmarks.tables

The rows of one file are those of the other in another order, but for one cell. Processor time and peak memory are those of
whole processes. At most twice the time of the fastest, and one and a half times its memory; for ten million rows and for a
small file that unpacks to much more, at most 1 GiB. Which of the three is fastest is decided in each run; polars and
pandas are left out where they are not installed (`pip install polars`).
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import BUILD, Options, Row, by_turns, run, used

TIME, MEMORY, MOST = 2.0, 1.5, 1024.0
NAMES = ("id", "name", "amount", "count", "region", "day")

OURS = """
import sys
from pathlib import Path
from pipeglot.compare.columnar.files import Cells, compare_files
from pipeglot.compare.columnar.source import Unsuited
from pipeglot.compare.contents import compare_tables, read_table
from pipeglot.compare.ignore import Rules
from pipeglot.compare.tables import same_text
from pipeglot.compare.values import ValueComparer

old, new, *key = sys.argv[1:]
how = Cells(ValueComparer(1e-9, Rules(), (None, None), {}, str)._same, same_text(), 1e-9)
old, new = Path(old), Path(new)
try:
    found = compare_files(old, new, key, how)
except Unsuited as error:
    print(error, file=sys.stderr)
    tables = read_table(old), read_table(new)
    found = compare_tables(*tables, key, how.same_text if tables[0].text else how.same)
assert found and found.matched - found.equal == 1 and len(found.cells) == 1, found
"""
READ = "import sys; old, new = sys.argv[1:3]; names = 'name amount count region day'.split()\n"
DUCKDB = (
    READ
    + """
import duckdb
read = "read_csv" if old.endswith("csv") else "read_parquet"
both = "a.id IS NOT NULL AND b.id IS NOT NULL"
wanted = ", ".join(f"count(*) FILTER ({both} AND a.{name} IS DISTINCT FROM b.{name})" for name in names)
found = duckdb.sql(f"SELECT {wanted} FROM {read}('{old}') a FULL JOIN {read}('{new}') b ON a.id = b.id").fetchall()
assert sum(found[0]) == 1, found
"""
)
POLARS = (
    READ
    + """
import polars
read = polars.scan_csv if old.endswith("csv") else polars.scan_parquet
joined = read(old).join(read(new), on="id", how="full", suffix="_b")
both = polars.col("id").is_not_null() & polars.col("id_b").is_not_null()
found = joined.select([(both & polars.col(name).ne_missing(polars.col(f"{name}_b"))).sum().alias(name) for name in names]).collect()
assert sum(found.row(0)) == 1, found
"""
)
PANDAS = (
    READ
    + """
import pandas
read = pandas.read_csv if old.endswith("csv") else pandas.read_parquet
joined = read(old).merge(read(new), on="id", how="outer", suffixes=("", "_b"), indicator=True)
both = joined["_merge"] == "both"
assert sum(int((both & (joined[name] != joined[f"{name}_b"])).sum()) for name in names) == 1
"""
)
BY_HAND = {"duckdb": DUCKDB, "polars": POLARS, "pandas": PANDAS}


def made(count: int) -> dict[str, tuple[Path, Path]]:
    """Two tables of so many rows, by the endings of their files."""
    folder = BUILD / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    files = {kind: (folder / f"old{count}.{kind}", folder / f"new{count}.{kind}") for kind in ("csv", "parquet")}
    if not files["parquet"][1].exists():
        chance = random.Random(7)
        order = list(range(count))
        _write(order, [path[0] for path in files.values()], None)
        chance.shuffle(order)
        _write(order, [path[1] for path in files.values()], count // 2)
    return files


def _write(order: list[int], paths: list[Path], wrong: int | None) -> None:
    arrow, csv, parquet = map(importlib.import_module, ("pyarrow", "pyarrow.csv", "pyarrow.parquet"))
    first: Any = None
    part = 1_000_000
    for start in range(0, len(order), part):
        ids = order[start : start + part]
        columns = [
            ids,
            [f"name {n * 7919 % len(order)}" for n in ids],
            [0.5 if n == wrong else n * 37 % 1_000_003 / 7 for n in ids],
            [n % 1000 for n in ids],
            ["north" if n % 2 else "south" for n in ids],
            [f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in ids],
        ]
        table = arrow.table(dict(zip(NAMES, columns, strict=True)))
        if first is None:
            first = csv.CSVWriter(paths[0], table.schema), parquet.ParquetWriter(paths[1], table.schema)
        for writer in first:
            writer.write_table(table)
    for writer in first:
        writer.close()


def constant(count: int) -> tuple[Path, Path]:
    """Two small files of 41 columns, all of one value but for the last cell."""
    arrow, parquet = map(importlib.import_module, ("pyarrow", "pyarrow.parquet"))
    files = BUILD / "tables" / f"old{count}-constant.parquet", BUILD / "tables" / f"new{count}-constant.parquet"
    for last, path in enumerate(files):
        texts = {f"c{n:02}": arrow.repeat(f"the constant text of column {n}", count) for n in range(40)}
        whole = arrow.concat_arrays([arrow.repeat(0, count - 1), arrow.array([last])])
        parquet.write_table(arrow.table({**texts, "c40": whole}), path, compression="zstd")
    return files


def rows(options: Options) -> Iterator[Row]:
    """The rows of the table."""
    libraries = [name for name in BY_HAND if importlib.util.find_spec(name)]

    def side(code: str, files: tuple[Path, Path], *key: str) -> Any:
        return lambda: used([sys.executable, "-c", code, *files, *key])

    count = options.size(1_000_000)
    for kind, files in made(count).items():
        name = f"tables by key, {count:,} rows, {kind}"
        if options.wants(name):
            sides = {"ours": side(OURS, files, "id")} | {one: side(BY_HAND[one], files) for one in libraries}
            found = by_turns(sides, options.runs)
            fastest = min(libraries, key=lambda one: found[one].seconds)
            mine, best = found["ours"], found[fastest]
            said = ", ".join(f"{one} {found[one].seconds:.2f} s {found[one].memory:.0f} MiB" for one in libraries)
            yield Row(name, mine.seconds, best.seconds, f"{fastest} ({said})", TIME, memory=mine.memory)
            yield Row(f"{name}: memory", mine.memory, best.memory, fastest, MEMORY, "MiB")
    many = options.size(10_000_000)
    large: list[tuple[str, tuple[Path, Path], tuple[str, ...]]]
    large = [(f"tables by key, {many:,} rows, {kind}", files, ("id",)) for kind, files in made(many).items()]
    flat = options.size(500_000)
    large.append((f"41 constant columns, {flat:,} rows, parquet", constant(flat), ()))
    for name, files, key in large:
        if options.wants(name):
            mine = side(OURS, files, *key)()
            yield Row(f"{name}: memory", mine.memory, MOST, f"1 GiB; {mine.seconds:.1f} CPU s", 1.0, "MiB")


if __name__ == "__main__":
    run(rows)
