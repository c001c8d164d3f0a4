"""Two tables compared: schema, rows by key or in order, cells; one summary with a sample, however large they are."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from pipeglot.compare.model import CellDifference, Duplicate, TableDifference
from pipeglot.core.dataclass import dataclass, field

Row: TypeAlias = Mapping[str, Any]
Same: TypeAlias = Callable[[Any, Any], bool]
Key: TypeAlias = tuple[Any, ...]
Hide: TypeAlias = Callable[[str], str]

SAMPLE = 10
"""Cells, rows and keys that are named at most, of each kind."""
SHOWN = 200
"""Characters of a cell that are shown."""

INT = r"[+-]?(0|[1-9][0-9]*)"
"""Text that is a whole number. This and the next mean the same to Python and to RE2, which an engine for tables has."""
FLOAT = (
    r"[+-]?(((0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|(0|[1-9][0-9]*)[eE][+-]?[0-9]+"
    r"|[iI][nN][fF]([iI][nN][iI][tT][yY])?)|[nN][aA][nN]"
)
"""Text that is a number and no whole one."""
_INT, _FLOAT = re.compile(INT), re.compile(FLOAT)


def type_of_column(seen: set[str], *, text: bool) -> str:
    """The type of a column, of the types of its cells. In text, one word makes it text and one fraction floats; JSON says
    what each cell is.

    >>> type_of_column({"null", "int", "float"}, text=True), type_of_column({"int", "float"}, text=False)
    ('float', 'float or int')
    """
    kinds = seen - {"null"}
    if text and len(kinds) > 1:
        kinds = {"text"} if "text" in kinds else {"float"}
    return " or ".join(sorted(kinds)) or "null"


class _NoValue:
    def __repr__(self) -> str:
        return "absent"


NOTHING = _NoValue()
"""Stands in for a cell that a row does not have."""


def kind_of(value: Any) -> str:
    """The type of a cell that is a JSON value.

    >>> [kind_of(one) for one in (None, True, 1, 1.0, "1", [], {})]
    ['null', 'bool', 'int', 'float', 'text', 'list', 'object']
    """
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "text"
        case list() | tuple():
            return "list"
        case dict():
            return "object"
    return type(value).__name__


def kind_of_text(value: Any) -> str:
    """The type that the text of a cell looks like. Digits after a leading zero are no number: they name something.

    >>> [kind_of_text(one) for one in ("", "1", "-1.5e3", "nan", "007", "2026-01-01")]
    ['null', 'int', 'float', 'float', 'text', 'text']
    """
    if not isinstance(value, str):
        return kind_of(value)
    if value == "":
        return "null"
    if _INT.fullmatch(value):
        return "int"
    return "float" if _FLOAT.fullmatch(value) else "text"


def same_text(tolerance: float = 1e-9) -> Same:
    """Whether two texts are the same cell: the same characters, or numbers that agree within a relative tolerance of
    which one at least is not a whole number.

    >>> same = same_text()
    >>> same("1", "1.0"), same("NaN", "nan"), same("007", "7"), same("9007199254740993", "9007199254740992")
    (True, True, False, False)
    """

    def same(old: Any, new: Any) -> bool:
        if old == new:
            return True
        kinds = kind_of_text(old), kind_of_text(new)
        if not isinstance(old, str) or "float" not in kinds or not {*kinds} <= {"int", "float"}:
            return False
        a, b = float(old), float(new)
        return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=tolerance, abs_tol=0.0)

    return same


def key_of(row: Row, names: Sequence[str], *, text: bool = False) -> Key:
    """What names a row: 1 and 1.0 name the same one, so that a column of another type does not hide the others.

    >>> key_of({"id": "1.0", "day": "007"}, ["id", "day"], text=True)
    (1.0, '007')
    """

    def part(value: Any) -> Any:
        if isinstance(value, list | dict):
            return json.dumps(value, sort_keys=True, default=str)
        if not text or not isinstance(value, str) or len(value) > LONGEST_NUMBER:
            return value
        match kind_of_text(value):
            case "int":
                return int(value)
            case "float" if math.isfinite(number := float(value)):
                return number
        return value

    return tuple(part(row.get(name, NOTHING)) for name in names)


LONGEST_NUMBER = 40
"""Characters of a text in a key beyond which it is no number."""


@dataclass
class TableComparison:
    """Two tables compared as their rows come; without a key in bounded memory.

    Attributes:
        same: whether two cells agree.
        key: columns whose values together name a row; without, rows are taken in their order.
        text: whether cells are text whose types have to be read from it (CSV), and not JSON values.
        types: the types of each side's columns, where the tables tell them themselves.
        hide: blots out what is secret in a text that is cut.
        numbers: those of the rows, where they are taken in their order.
    """

    same: Same
    key: Sequence[str] = ()
    text: bool = False
    types: tuple[Mapping[str, str], Mapping[str, str]] | None = None
    hide: Hide = str
    rows: list[int] = field(default_factory=lambda: [0, 0])
    kinds: tuple[dict[str, set[str]], dict[str, set[str]]] = field(default_factory=lambda: ({}, {}))
    matched: int = 0
    equal: int = 0
    unequal: Counter[str] = field(default_factory=Counter)
    ragged: Counter[frozenset[str]] = field(default_factory=Counter)
    cells: list[CellDifference] = field(default_factory=list)
    gaps: list[CellDifference] = field(default_factory=list)
    alone: list[int] = field(default_factory=lambda: [0, 0])
    alone_rows: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = field(default_factory=lambda: ([], []))
    duplicates: list[Duplicate] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbers: Iterable[int] = field(default_factory=count)

    def run(self, old: Iterable[Row], new: Iterable[Row], parts: int = 1) -> TableDifference | None:
        """What differs, None for nothing."""
        self.compare(old, new, parts)
        return self.difference()

    def compare(self, old: Iterable[Row], new: Iterable[Row], parts: int = 1) -> None:
        """Compare rows. With a key and several parts, rows are parted by the hash of their key in temporary files first, so
        that only one part at a time is held in memory."""
        one, other = self._seen(old, 0), self._seen(new, 1)
        if not self.key:
            self._in_order(one, other)
        elif parts == 1:
            self._by_key(one, other)
        else:
            with TemporaryDirectory(prefix="pipeglot-", ignore_cleanup_errors=True) as folder:
                files = [self._parted(rows, Path(folder, str(n)), parts) for n, rows in enumerate((one, other))]
                for a, b in zip(*files, strict=True):
                    self._by_key(_kept(a), _kept(b))

    def _seen(self, rows: Iterable[Row], side: int) -> Iterator[Row]:
        kinds, kind = self.kinds[side], kind_of_text if self.text else kind_of
        for row in rows:
            self.rows[side] += 1
            if self.types is None:
                for name, value in row.items():
                    kinds.setdefault(name, set()).add(kind(value))
            yield row

    def _in_order(self, old: Iterator[Row], new: Iterator[Row]) -> None:
        for number, (a, b) in zip(self.numbers, zip_longest(old, new), strict=False):
            if a is None or b is None:
                self._only(0 if b is None else 1, (str(number),))
            else:
                self._pair((str(number),), a, b)

    def _by_key(self, old: Iterator[Row], new: Iterator[Row]) -> None:
        known: dict[Key, list[Row]] = {}
        for row in old:
            known.setdefault(key_of(row, self.key, text=self.text), []).append(row)
        came: dict[Key, list[Row]] = {}
        settled: set[Key] = set()
        for row in new:
            key = key_of(row, self.key, text=self.text)
            partners = known.get(key, ())
            if len(partners) == 1 and key not in settled:
                # The usual case needs no more memory; a further row of that key shows later.
                self._pair(self._words(key), partners[0], row)
                settled.add(key)
            else:
                came.setdefault(key, []).append(row)
        for key in (*(key for key in known if key not in settled or key in came), *(k for k in came if k not in known)):
            done = key in settled
            self._group(key, [] if done else known.get(key, []), came.get(key, []), 1 if done else 0)

    def _group(self, key: Key, old: list[Row], new: list[Row], settled: int) -> None:
        """The rows of one key: equal ones belong together, the others in their order."""
        row, counts = self._words(key), (len(old) + settled, len(new) + settled)
        if counts[0] != counts[1] and max(counts) > 1 and len(self.duplicates) < SAMPLE:
            self.duplicates.append(Duplicate(key=row, old=counts[0], new=counts[1]))
        if len(old) > 1 or len(new) > 1:
            old, new = self._without_twins(row, old, new)
        for a, b in zip(old, new, strict=False):
            self._pair(row, a, b)
        for _ in old[len(new) :]:
            self._only(0, row)
        for _ in new[len(old) :]:
            self._only(1, row)

    def _without_twins(self, key: tuple[str, ...], old: list[Row], new: list[Row]) -> tuple[list[Row], list[Row]]:
        twins: dict[str, deque[int]] = {}
        for number, row in enumerate(new):
            twins.setdefault(_canonical(row), deque()).append(number)
        left, gone = [], set()
        for row in old:
            if same := twins.get(_canonical(row)):
                number = same.popleft()
                gone.add(number)
                self._pair(key, row, new[number])
            else:
                left.append(row)
        return left, [row for number, row in enumerate(new) if number not in gone]

    def _pair(self, key: tuple[str, ...], old: Row, new: Row) -> None:
        self.matched += 1
        agree = True
        for name, a in old.items():
            if name in new and not self.same(a, b := new[name]):
                agree = False
                self.unequal[name] += 1
                if len(self.cells) < SAMPLE:
                    self.cells.append(
                        CellDifference(row=key, column=printable(name), old=self._word(a), new=self._word(b))
                    )
        if old.keys() != new.keys():
            odd = old.keys() ^ new.keys()
            self.unequal.update(odd)
            if len(self.gaps) < SAMPLE:
                for name in sorted(odd):
                    a, b = (self._word(row.get(name, NOTHING)) for row in (old, new))
                    self.gaps.append(CellDifference(row=key, column=printable(name), old=a, new=b))
            if agree:
                # Whether the row differs by more than a column that the other table lacks, shows at the end.
                self.ragged[frozenset(odd)] += 1
                return
        self.equal += agree

    def _only(self, side: int, key: tuple[str, ...]) -> None:
        self.alone[side] += 1
        if len(self.alone_rows[side]) < SAMPLE:
            self.alone_rows[side].append(key)

    def difference(self) -> TableDifference | None:
        """What differed in the rows compared, None for nothing."""
        known = self.types or [
            {name: type_of_column(seen, text=self.text) for name, seen in side.items()} for side in self.kinds
        ]
        old, new = ({printable(name): kind for name, kind in side.items()} for side in known)
        both = [name for name in old if name in new]
        # A list without rows says nothing of its columns.
        lost = tuple(name for name in old if name not in new) if new or not self.rows[0] else ()
        gained = tuple(name for name in new if name not in old) if old or not self.rows[1] else ()
        self.equal += sum(count for odd, count in self.ragged.items() if {*map(printable, odd)} <= {*lost, *gained})
        unequal = {printable(name): count for name, count in self.unequal.items()}
        retyped = {name: (old[name], new[name]) for name in both if old[name] != new[name]}
        if self.equal == self.matched and not (lost or gained or retyped or any(self.alone)):
            return None
        cells = [*self.cells, *(cell for cell in self.gaps if cell.column in both)]
        return TableDifference(
            key=tuple(self.key),
            old_rows=self.rows[0],
            new_rows=self.rows[1],
            matched=self.matched,
            equal=self.equal,
            only_old=self.alone[0],
            only_new=self.alone[1],
            columns={name: 1 - unequal.get(name, 0) / self.matched if self.matched else 1.0 for name in both},
            columns_only_old=lost,
            columns_only_new=gained,
            retyped=retyped,
            cells=tuple(cells[:SAMPLE]),
            rows_only_old=tuple(self.alone_rows[0]),
            rows_only_new=tuple(self.alone_rows[1]),
            duplicates=tuple(self.duplicates),
            notes=tuple(self.notes),
        )

    def _words(self, key: Key) -> tuple[str, ...]:
        return tuple(shortened(str(part), SHOWN, self.hide) for part in key)

    def _word(self, value: Any) -> str | None:
        if value is NOTHING:
            return None
        text = value if self.text and isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        return shortened(text, SHOWN, self.hide)

    def _parted(self, rows: Iterable[Row], folder: Path, parts: int) -> list[Path]:
        folder.mkdir()
        names = [folder / str(number) for number in range(parts)]
        with ExitStack() as stack:
            files = [stack.enter_context(name.open("w", encoding="utf-8")) for name in names]
            for row in rows:
                number = hash(key_of(row, self.key, text=self.text)) % parts
                files[number].write(json.dumps(dict(row), default=str) + "\n")
        return names


def _kept(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def printable(text: str) -> str:
    """A text that can be written: half a surrogate pair, which JSON can hold, is none."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shortened(text: str, limit: int, hide: Hide = str) -> str:
    """A text of some length that can be written; nothing secret is cut in two, for half of it is not known again.

    >>> shortened("abcdef", 4), shortened("key=s3cret", 8, lambda text: text.replace("s3cret", "***"))
    ('abc…', 'key=***')
    """
    if len(text) > limit and len(text := hide(text)) > limit:
        text = text[: limit - 1] + "…"
    return printable(text)


def _canonical(row: Row) -> str:
    return json.dumps(dict(row), sort_keys=True, default=str)


def is_table(value: Any) -> bool:
    """Whether a value is a list of records.

    >>> is_table([{"id": 1}]), is_table([]), is_table([1])
    (True, True, False)
    """
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def as_rows(values: Iterable[Any]) -> Iterator[Row]:
    """A list as a table: what is no record stands in a column `value`."""
    return (one if isinstance(one, dict) else {"value": one} for one in values)


def shape(table: TableDifference, side: str) -> dict[str, Any]:
    """What one side's table looks like: how many rows and columns it has.

    >>> shape(TableDifference(old_rows=2, new_rows=3, matched=2, equal=2, only_new=1, columns={"id": 1.0}), "new")
    {'rows': 3, 'columns': 1}
    """
    own = table.columns_only_old if side == "old" else table.columns_only_new
    return {"rows": table.old_rows if side == "old" else table.new_rows, "columns": len(table.columns) + len(own)}
