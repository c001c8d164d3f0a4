"""What is in a file: its bytes, a JSON value, or the rows of a table; read as a stream wherever that can be."""

from __future__ import annotations

import csv
import gzip
import hashlib
import importlib
import io
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipeglot.compare.model import TableDifference
from pipeglot.compare.tables import Hide, Row, Same, TableComparison, as_rows, printable, shortened
from pipeglot.core.dataclass import dataclass

LARGEST_JSON = 64 << 20
"""Bytes of a JSON file that is read as a value; a larger one is compared by its bytes."""
LONGEST = 2000
"""Characters of one value of a file that a report shows."""
PART = 64 << 20
"""Bytes of two tables that are joined by key in memory; larger ones are parted first."""
_CHUNK = 1 << 20
_PARTS = 256
_CELLS = 100_000
"""Cells of Parquet that are read at a time."""
_CELL = 10
"""Bytes of a cell of Parquet, unpacked."""
_PACKED = 10
"""Times that a packed file grows."""


class Unreadable(Exception):
    """A file does not hold what its name promises."""


@dataclass(frozen=True)
class Table:
    """A file's rows; the columns it names before them, and their types where it tells them itself. `size` is how many bytes
    they are, about, once they are unpacked."""

    rows: Iterator[Row]
    columns: tuple[str, ...]
    types: Mapping[str, str] | None = None
    text: bool = False
    size: int = 0


def ending(path: Path) -> str:
    """What the name of a file says it holds.

    >>> ending(Path("a.CSV.gz")), ending(Path("model.pkl")), ending(Path("README"))
    ('.csv', '.pkl', '')
    """
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file's bytes, what is packed with gzip unpacked: its header holds a time, which is no content."""
    with path.open("rb") as file:
        if path.suffix.lower() == ".gz" and file.peek(2)[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            yield file


def identical(old: Path, new: Path) -> bool:
    """Whether two files hold the same bytes."""
    try:
        with opened(old) as a, opened(new) as b:
            while True:
                one, other = _chunk(a), _chunk(b)
                if one != other:
                    return False
                if not one:
                    return True
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return digest(old) == digest(new)


def _chunk(file: BinaryIO) -> bytes:
    """A full chunk: a gzip file may give fewer bytes than are asked for before its end."""
    parts = bytearray()
    while len(parts) < _CHUNK and (part := file.read(_CHUNK - len(parts))):
        parts += part
    return bytes(parts)


def digest(path: Path) -> dict[str, Any]:
    """A file's SHA-256 and size, of what is in it where it is packed with gzip and whole."""
    try:
        with opened(path) as file:
            return _digest(file)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        with path.open("rb") as file:
            return _digest(file)


def _digest(file: BinaryIO) -> dict[str, Any]:
    sum, size = hashlib.sha256(), 0
    while part := file.read(_CHUNK):
        sum.update(part)
        size += len(part)
    return {"sha256": sum.hexdigest(), "bytes": size}


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises Unreadable."""
    try:
        with opened(path) as file:
            text = file.read(LARGEST_JSON + 1)
        if len(text) > LARGEST_JSON:
            raise Unreadable(f"JSON of more than {LARGEST_JSON >> 20} MiB")
        return json.loads(text)
    except (ValueError, RecursionError, EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable("not JSON, although its name says so") from None


def reportable(value: Any, hide: Hide = str) -> Any:
    """A value of a file as a report can hold it: of some length, finite, and text that can be written. `hide` blots out
    what is secret in a text that is cut.

    >>> reportable([float("nan"), "a", "\\ud800"])
    ['nan', 'a', '\\\\ud800']
    """
    if isinstance(value, str):
        return shortened(value, LONGEST, hide)
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) > LONGEST:
        return shortened(text, LONGEST, hide)
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case list():
            return [reportable(one) for one in value]
        case dict():
            return {printable(key): reportable(one) for key, one in value.items()}
    return value


def read_table(path: Path) -> Table:
    """The table in a file, by its ending; any other than those known is read as CSV. Reading on raises Unreadable."""
    size = path.stat().st_size * (_PACKED if path.suffix.lower() == ".gz" else 1)
    found = _table(path)
    return replace(found, size=max(size, found.size))


def _table(path: Path) -> Table:
    match ending(path):
        case ".jsonl" | ".ndjson":
            return _peeked(_json_lines(path))
        case ".json":
            value = read_json(path)
            if not isinstance(value, list):
                raise Unreadable("no list of rows")
            return as_table(value)
        case ".parquet":
            return _parquet(path)
        case found:
            rows = _csv(path, "\t" if found == ".tsv" else ",")
            columns = tuple(next(rows, {}))
            return Table(rows, columns, text=True)


def as_table(values: Iterable[Any]) -> Table:
    """A list as a table."""
    return _peeked(as_rows(values))


def _peeked(rows: Iterator[Row]) -> Table:
    first = list(islice(rows, 1))
    return Table(chain(first, rows), tuple(first[0]) if first else ())


def _json_lines(path: Path) -> Iterator[Row]:
    try:
        with opened(path) as file:
            yield from as_rows(json.loads(line) for line in file if line.strip())
    except (ValueError, RecursionError, EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable("not lines of JSON, although its name says so") from None


def _csv(path: Path, delimiter: str) -> Iterator[Row]:
    """The header, then the rows of a file. Line ends and quoting are no content, nor is a byte order mark."""
    csv.field_size_limit(1 << 30)
    try:
        with opened(path) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="backslashreplace", newline="")
            lines = csv.reader(text, delimiter=delimiter)
            names = _distinct(next(lines, []))
            yield dict.fromkeys(names, "")
            for line in lines:
                if line:
                    extra = (f"column {number + 1}" for number in range(len(names), len(line)))
                    yield dict(zip(chain(names, extra), line, strict=False))
    except (csv.Error, EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable("not CSV, although its name says so") from None


def _distinct(names: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for name in names:
        number, one = 1, name
        while one in found:
            number += 1
            one = f"{name} ({number})"
        found[one] = None
    return list(found)


def _parquet(path: Path) -> Table:
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise Unreadable("Parquet is read only where pyarrow is installed") from None
    try:
        file = parquet.ParquetFile(path)
        types = {one.name: str(one.type) for one in file.schema_arrow}
    except (OSError, ValueError):
        raise Unreadable("not Parquet, although its name says so") from None
    return Table(_batches(file), tuple(types), types, size=file.metadata.num_rows * len(types) * _CELL)


def _batches(file: Any) -> Iterator[Row]:
    try:
        for batch in file.iter_batches(max(1, _CELLS // max(1, file.metadata.num_columns))):
            yield from batch.to_pylist()
    except (OSError, ValueError):
        raise Unreadable("not Parquet, although its name says so") from None


def compare_tables(old: Table, new: Table, key: Sequence[str], same: Same, hide: Hide = str) -> TableDifference | None:
    """What differs between two tables that come as streams.

    Args:
        old: one of them.
        new: the other.
        key: the columns that name a row; none for rows in their order.
        same: whether two cells agree.
        hide: blots out what is secret in a text that is cut.
    """
    made = comparison(old, new, key, same, hide)
    return made.run(old.rows, new.rows, min(1 + (old.size + new.size) // PART, _PARTS))


def comparison(old: Table, new: Table, key: Sequence[str], same: Same, hide: Hide = str) -> TableComparison:
    """How two tables of some columns are compared: by a key that both have."""
    types = (old.types, new.types) if old.types is not None and new.types is not None else None
    made = TableComparison(same, key, text=old.text or new.text, types=types, hide=hide)
    for side, table in enumerate((old, new)):
        made.kinds[side].update({name: set() for name in table.columns})
    if absent := [name for name in key if name not in old.columns or name not in new.columns]:
        made.key = ()
        made.notes.append(f"rows are taken in their order, since not both have the column {absent[0]} of the key")
    return made
