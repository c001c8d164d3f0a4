"""Two values compared: deeply, what is a table as one, and what names a file by what is in that."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice, zip_longest
from typing import Any, Literal

from pipeglot.compare.artifacts import Artifacts, capped
from pipeglot.compare.contents import as_table, compare_tables, reportable
from pipeglot.compare.folders import Folders
from pipeglot.compare.ignore import Rules
from pipeglot.compare.model import Difference, Kind
from pipeglot.compare.tables import Hide, is_table
from pipeglot.compare.tables import shape as table_shape

LONG = 100
"""Items of a list or object beyond which it is told as a table, where it differs in more than `MANY` places."""
MANY = 20

_NAME = "(name)"
"""The column of the names of a large object, told as a table."""


def _by_name(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return ({_NAME: name, **(one if isinstance(one, dict) else {"value": one})} for name, one in values.items())


class ValueComparer:
    """How two values are compared: deeply, what is a table as one, and what names a file by what is in that."""

    def __init__(
        self,
        tolerance: float,
        rules: Rules,
        folders: tuple[Folders | None, Folders | None],
        gaps: dict[tuple[str, str], list[str]],
        hide: Hide,
    ) -> None:
        self.tolerance, self.hide = tolerance, hide
        self.files = Artifacts(*folders, self._same, tolerance, rules.artifact, rules.table, gaps, hide)

    def _same(self, old: Any, new: Any) -> bool:
        if type(old) is type(new) and isinstance(old, str | int):
            return bool(old == new)
        return next(differing(old, new, tolerance=self.tolerance), None) is None

    def differing(
        self, kind: Kind, call: str | None, index: tuple[int, ...], old: Any, new: Any
    ) -> Iterator[Difference]:
        """The differences between what one call gave on either side."""
        if not self.files.any_here and repr(old) == repr(new):
            return  # as most do, down to types and order; the names of files may be the same and what is in them not
        for one in self._within(kind, call, "$", old, new):
            yield one.model_copy(update={"index": index}) if index else one

    def _within(self, kind: Kind, call: str | None, path: str, old: Any, new: Any) -> Iterator[Difference]:
        if isinstance(old, dict) and isinstance(new, dict):
            keys = [*old, *(key for key in new if key not in old)]
            found = (
                one
                for key in keys
                for one in self._within(kind, call, f"{path}.{key}", old.get(key, ABSENT), new.get(key, ABSENT))
            )
            rows = partial(self._table, kind, call, path, _by_name(old), _by_name(new), (_NAME,))
            yield from found if len(keys) <= LONG else self._few(kind, path, found, rows)
        elif isinstance(old, list) and isinstance(new, list):
            key = self.files.key(call, path)
            if key and is_table(old) and is_table(new):
                yield from self._table(kind, call, path, old, new, key)
                self.files.unread((*old, *new), call, path)
                return
            found = (
                one
                for number, (a, b) in enumerate(zip_longest(old, new, fillvalue=ABSENT))
                for one in self._within(kind, call, f"{path}[{number}]", a, b)
            )
            rows = partial(self._table, kind, call, path, old, new, ())
            yield from found if max(len(old), len(new)) <= LONG else self._few(kind, path, found, rows)
        else:
            for _, a, b in differing(old, new, path, tolerance=self.tolerance):
                absent: Literal["old", "new"] | None = "old" if a is ABSENT else "new" if b is ABSENT else None
                a, b = (None if value is ABSENT else value for value in (a, b))
                if kind == "artifact":
                    a, b, path = (reportable(one, self.hide) for one in (a, b, path))
                yield Difference(kind=kind, call=call, path=path, old=a, new=b, absent=absent)
            if isinstance(old, str) and isinstance(new, str) and kind != "artifact":
                yield from self.files.compare(old, new, call, path, partial(self._content, call))

    def _content(self, call: str | None, old: Any, new: Any, path: str) -> Iterator[Difference]:
        return self._within("artifact", call, path, old, new)

    def _few(
        self, kind: Kind, path: str, found: Iterator[Difference], table: Callable[[], Iterator[Difference]]
    ) -> Iterator[Difference]:
        """The differences of a long list or object: as they are where they are few, else those of the table it makes."""
        first = list(islice(found, MANY + 1))
        if len(first) <= MANY:
            yield from first
            return
        whole = list(table())
        yield from whole
        if not whole or (kind != "artifact" and self.files.here):
            # What the table does not show: the files that its cells name.
            yield from capped((one for one in chain(first, found) if not whole or one.kind == "artifact"), path)

    def _table(
        self, kind: Kind, call: str | None, path: str, old: Iterable[Any], new: Iterable[Any], key: Sequence[str]
    ) -> Iterator[Difference]:
        found = compare_tables(as_table(old), as_table(new), key, self._same, hide=self.hide)
        if found is not None:
            kind = kind if kind == "artifact" else "table"
            told = table_shape(found, "old"), table_shape(found, "new")
            yield Difference(kind=kind, call=call, path=path, old=told[0], new=told[1], table=found)


def differing(old: Any, new: Any, path: str = "$", *, tolerance: float = 1e-9) -> Iterator[tuple[str, Any, Any]]:
    """The places where two JSON values differ: path, old, new. Floats agree within a relative `tolerance`.

    >>> list(differing({"a": [1, 2]}, {"a": [1, 2.0]}))
    [('$.a[1]', 2, 2.0)]
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(k for k in new if k not in old)]:
            here = f"{path}.{key}"
            if key not in old or key not in new:
                yield here, old.get(key, ABSENT), new.get(key, ABSENT)
            else:
                yield from differing(old[key], new[key], here, tolerance=tolerance)
    elif isinstance(old, list) and isinstance(new, list):
        for number in range(max(len(old), len(new))):
            here = f"{path}[{number}]"
            a = old[number] if number < len(old) else ABSENT
            b = new[number] if number < len(new) else ABSENT
            yield from differing(a, b, here, tolerance=tolerance)
    elif isinstance(old, float) and isinstance(new, float):
        if not math.isclose(old, new, rel_tol=tolerance, abs_tol=0.0) and not (math.isnan(old) and math.isnan(new)):
            yield path, old, new
    elif type(old) is not type(new) or old != new:
        yield path, old, new


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
"""Stands in for a value that one side does not have."""
