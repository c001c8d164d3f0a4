"""Two files compared by an engine, where it is installed, they are large, and it can say just what our own code would."""

from __future__ import annotations

import importlib
import logging
import os
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeglot.compare.columnar.join import SIDES, Join
from pipeglot.compare.columnar.source import TableFile, Unsuited, source
from pipeglot.compare.contents import Table, comparison
from pipeglot.compare.model import TableDifference
from pipeglot.compare.tables import Hide, Same
from pipeglot.core.dataclass import dataclass

SMALL = 256 << 10
"""Bytes of two files that our own code has compared before an engine is imported."""
SMALL_CELLS = 20_000
"""Cells of two tables in Parquet of which the same is true, however few bytes they are."""
LARGE = 16 << 20
"""Bytes of two files for which it is worth saying that the engine is not installed."""
MISSING = (
    "a table of %s MB is compared row by row, which takes minutes where an engine takes seconds: "
    "pip install 'pipeglot[tables]'"
)

_log = logging.getLogger("pipeglot")


@dataclass(frozen=True)
class Cells:
    """When two cells agree.

    Attributes:
        same: whether two JSON values do.
        same_text: whether two texts do.
        tolerance: how far apart two floats may be, relative to the larger.
        hints: parts of texts that may stand for one another.
        hide: blots out what is secret in a text that is cut.
    """

    same: Same
    same_text: Same
    tolerance: float
    hints: Sequence[str] = ()
    hide: Hide = str


def compare_files(old: Path, new: Path, key: Sequence[str], how: Cells) -> TableDifference | None:
    """What differs between the tables in two files, None for nothing. Raises Unsuited where our own code has to say it."""
    size = old.stat().st_size + new.stat().st_size
    try:
        errors = _errors()
    except ImportError:
        if size > LARGE:
            _log.warning(MISSING, size >> 20)
        raise Unsuited("the engine is not installed") from None
    try:
        sides = source(old), source(new)
        if size < SMALL and sum(side.rows * len(side.columns) for side in sides) < SMALL_CELLS:
            raise Unsuited("small tables")
        if sides[0].text != sides[1].text:
            raise Unsuited("text beside what is none")
        return _compared(sides, key, how)
    except errors as error:
        # Whatever stopped it, our own code meets it too, and knows what to say.
        raise Unsuited(f"{type(error).__name__}: {error}") from None


def _compared(sides: tuple[TableFile, TableFile], key: Sequence[str], how: Cells) -> TableDifference | None:
    tables = [Table(iter(()), s.columns, _types(s), text=s.text) for s in sides]
    made = comparison(tables[0], tables[1], key, how.same_text if tables[0].text else how.same, how.hide)
    with TemporaryDirectory(prefix="pipeglot-", ignore_cleanup_errors=True) as folder:
        # The engine takes some names of files for patterns, or for places in the network.
        links = [Path(folder, name).with_suffix(".parquet") for name in SIDES]
        for link, side in zip(links, sides, strict=True):
            link.symlink_to(os.path.abspath(side.path))
        named = [side if side.text else replace(side, path=link) for side, link in zip(sides, links, strict=True)]
        join = Join((named[0], named[1]), made, how.tolerance, how.hints, Path(folder))
        try:
            join.run()
        finally:
            join.close()
    return made.difference()


def _types(side: TableFile) -> dict[str, str] | None:
    return None if side.types is None else dict(zip(side.columns, map(str, side.types), strict=True))


def _errors() -> tuple[type[Exception], ...]:
    """What an engine says when it cannot. Raises ImportError where there is none."""
    duckdb: Any = importlib.import_module("duckdb")
    arrow: Any = importlib.import_module("pyarrow")
    return duckdb.Error, arrow.ArrowException, OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error
