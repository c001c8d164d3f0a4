"""The rows of a file as an engine takes them: CSV as text by pyarrow, whose parser splits lines just as Python's own does;
Parquet by the engine itself. Column number 3 is `c3`, the number of a row, from 0, `n`."""

from __future__ import annotations

import codecs
import importlib
import io
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from pipeglot.compare.contents import ending, opened, read_table
from pipeglot.compare.tables import Row
from pipeglot.core.dataclass import dataclass

BLOCK = 1 << 20
"""Bytes of a CSV file that are parsed at a time; a row that is longer is none for the engine."""


class Unsuited(Exception):
    """What the engine cannot say just as our own code would."""


@dataclass
class TableFile:
    """A file's table: its columns, and where the engine finds its rows.

    Attributes:
        path: the file.
        columns: the names of its columns.
        types: the types of the columns of Parquet, as Arrow has them; none for text.
        rows: how many rows it has; known of text only once it has been read.
    """

    path: Path
    columns: tuple[str, ...]
    types: Sequence[Any] | None = None
    rows: int = 0

    @property
    def text(self) -> bool:
        """Whether all cells are text."""
        return self.types is None

    def place(self, name: str) -> str:
        """A column as the engine calls it."""
        return f"c{self.columns.index(name)}"

    def type(self, name: str) -> Any:
        """The type of a column, None for text."""
        return None if self.types is None else self.types[self.columns.index(name)]

    def relation(self, connection: Any, name: str) -> str:
        """What stands after FROM; to be asked for anew for every query, since text comes as a stream."""
        names = ", ".join(f"c{number}" for number in range(len(self.columns)))
        if self.types is None:
            connection.register(name, self._stream())
            return name
        file = str(self.path).replace("'", "''")
        return f"read_parquet('{file}', hive_partitioning = false, file_row_number = true) AS {name}({names}, n)"

    def dicts(self, batch: Any, columns: Sequence[str]) -> Iterator[Row]:
        """The rows of a batch of some columns, as our own code reads them from the file."""
        if self.types is not None:
            arrow: Any = importlib.import_module("pyarrow")
            arrays = [cells.cast(self.type(name)) for cells, name in zip(batch.columns, columns, strict=True)]
            batch = arrow.RecordBatch.from_arrays(arrays, names=[*columns])
        cells = [column.to_pylist() for column in batch.columns]
        return (dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True))

    def _stream(self) -> Any:
        arrow: Any = importlib.import_module("pyarrow")
        names = [f"c{number}" for number in range(len(self.columns))]
        schema = arrow.schema([*((name, arrow.string()) for name in names), ("n", arrow.int64())])
        return arrow.RecordBatchReader.from_batches(schema, self._numbered(arrow, schema))

    def _numbered(self, arrow: Any, schema: Any) -> Iterator[Any]:
        self.rows = 0
        with opened(self.path) as file:
            for batch in self._parsed(arrow, _Utf8(file), schema.names[:-1]):
                count = batch.num_rows
                numbers = array("q", range(self.rows, self.rows + count))
                column = arrow.Array.from_buffers(arrow.int64(), count, [None, arrow.py_buffer(numbers)])
                self.rows += count
                yield arrow.RecordBatch.from_arrays([*batch.columns, column], schema=schema)

    def _parsed(self, arrow: Any, text: io.RawIOBase, names: Sequence[str]) -> Any:
        csv: Any = importlib.import_module("pyarrow.csv")
        return csv.open_csv(
            text,
            csv.ReadOptions(block_size=BLOCK, column_names=[*names], skip_rows_after_names=1),
            csv.ParseOptions(delimiter="\t" if ending(self.path) == ".tsv" else ",", newlines_in_values=True),
            csv.ConvertOptions(column_types=dict.fromkeys(names, arrow.string()), strings_can_be_null=False),
        )


class _Utf8(io.RawIOBase):
    """A file's text in UTF-8, as our own code reads it, whatever its bytes are.

    pyarrow takes a line feed at the start of a block for the end of what the block before ended in, although it stands
    within a quoted cell. So no block ends in a carriage return.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._ready, self._ended = file, b"", False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="backslashreplace")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        size = BLOCK if size < 0 else size
        while not self._ended and len(self._ready) <= size:
            part = self._file.read(BLOCK)
            self._ended = not part
            self._ready += self._decoder.decode(part, self._ended).encode()
        taken = self._ready[:size]
        if len(taken) > 1 and taken.endswith(b"\r") and len(self._ready) > len(taken):
            taken = taken[:-1]
        self._ready = self._ready[len(taken) :]
        return taken


def source(path: Path) -> TableFile:
    """The table of a file. Raises Unsuited."""
    if ending(path) == ".parquet":
        return _parquet(path)
    if ending(path) in (".json", ".jsonl", ".ndjson"):
        raise Unsuited("JSON, whose numbers are not those of an engine")
    table = read_table(path)
    if not table.columns:
        raise Unsuited("no columns")
    return TableFile(path, table.columns)


def _parquet(path: Path) -> TableFile:
    parquet: Any = importlib.import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            metadata, schema = file.metadata, file.schema_arrow
            physical = {metadata.schema.column(number).physical_type for number in range(metadata.num_columns)}
    except (OSError, ValueError):
        raise Unsuited("no Parquet") from None
    if len(set(schema.names)) < len(schema.names) or "INT96" in physical:
        raise Unsuited("names or times that the engine reads otherwise")
    return TableFile(path, tuple(schema.names), [one.type for one in schema], metadata.num_rows)
