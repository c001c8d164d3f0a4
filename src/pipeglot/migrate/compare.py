"""Two records of one pipeline compared: what differs, by call, index and path; and whether each kept the order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, islice, zip_longest
from typing import Any, Literal, TypeAlias

from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.shape import Shape, out_refs, sources, unique
from pipeglot.migrate.artifacts import Artifacts, capped
from pipeglot.migrate.contents import as_table, compare_tables, reportable
from pipeglot.migrate.folders import Folders
from pipeglot.migrate.ignore import Rules
from pipeglot.migrate.model import Difference, Kind
from pipeglot.migrate.tables import Hide, is_table, same_text
from pipeglot.migrate.tables import shape as table_shape

Key: TypeAlias = tuple[str, tuple[int, ...]]


LONG = 100
"""Items of a list or object beyond which it is told as a table, where it differs in more than `MANY` places."""
MANY = 20


def compare(
    old: Record,
    new: Record,
    pipeline: Pipeline | None = None,
    *,
    tolerance: float = 1e-9,
    rules: Rules | None = None,
    folders: tuple[Folders | None, Folders | None] = (None, None),
    gaps: dict[tuple[str, str], list[str]] | None = None,
    hide: Hide = str,
) -> list[Difference]:
    """Every difference between two records, in the order of the old one; empty when the runs are equivalent.

    With the (inlined) pipeline, also every place where either run broke its order. Times, run ids, error texts and
    `observed` are information, never a difference, and what an engine did not keep cannot differ. Floats agree within a
    relative `tolerance`.

    Args:
        old: what one run did.
        new: what the other did.
        pipeline: the pipeline, without Includes.
        tolerance: how far apart two floats may be, relative to the larger.
        rules: how tables and artifacts at certain places are compared; what is ignored is not decided here.
        folders: where the files are that the runs left, None for a run that left none. The records name them as
            `artifacts.neutral` writes them.
        gaps: what could not be compared, and why, with the places; added to.
        hide: blots out what is secret in a text of a table or file that is cut; what is whole, the caller does.
    """
    found: list[Difference] = []
    if old.state != new.state:
        found.append(Difference(kind="run_state", old=old.state, new=new.state))
    values = _Values(tolerance, rules or Rules(), folders, {} if gaps is None else gaps, hide)
    if old.result_known and new.result_known:
        found += values.differing("result", None, (), old.result, new.result)
    before, after = _by_key(old), _by_key(new)
    for (id, index), call in before.items():
        if (id, index) in after:
            found += _calls(call, after[id, index], values)
        else:
            found.append(Difference(kind="missing", call=id, index=index, old=call.state, absent="new"))
    for (id, index), call in after.items():
        if (id, index) not in before:
            found.append(Difference(kind="extra", call=id, index=index, new=call.state, absent="old"))
    if pipeline is not None:
        shape = Shape(pipeline)
        broken = [set(disorder(shape, record)) for record in (old, new)]
        for (id, index), first in sorted(broken[0] | broken[1]):
            kept = ["broken" if ((id, index), first) in one else "kept" for one in broken]
            found.append(Difference(kind="order", call=id, index=index, path=first, old=kept[0], new=kept[1]))
    return found


def _by_key(record: Record) -> dict[Key, CallRecord]:
    return {(call.id, call.index): call for call in record.calls}


def _calls(old: CallRecord, new: CallRecord, values: _Values) -> Iterator[Difference]:
    kinds: tuple[Kind, ...] = ("state", "tolerated", "attempts")
    for kind in kinds:
        a, b = getattr(old, kind), getattr(new, kind)
        if a != b:
            yield Difference(kind=kind, call=old.id, index=old.index, old=a, new=b)
    if old.state == new.state == "succeeded" and old.output_known and new.output_known:
        yield from values.differing("output", old.id, old.index, old.output, new.output)


_NAME = "(name)"
"""The column of the names of a large object, told as a table."""


def _by_name(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return ({_NAME: name, **(one if isinstance(one, dict) else {"value": one})} for name, one in values.items())


class _Values:
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
        self.files = Artifacts(*folders, self._same, same_text(tolerance), rules.artifact, rules.table, gaps, hide)

    def _same(self, old: Any, new: Any) -> bool:
        if type(old) is type(new) and isinstance(old, str | int):
            return bool(old == new)
        return next(differing(old, new, tolerance=self.tolerance), None) is None

    def differing(
        self, kind: Kind, call: str | None, index: tuple[int, ...], old: Any, new: Any
    ) -> Iterator[Difference]:
        """The differences between what one call gave on either side."""
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


def disorder(shape: Shape, record: Record) -> Iterator[tuple[Key, str]]:
    """The calls that started before something they wait for had ended, each with what that is."""
    calls: dict[str, list[CallRecord]] = {}
    for call in record.calls:
        calls.setdefault(call.id, []).append(call)
    for id, instances in calls.items():
        if id not in shape.nodes:
            continue
        for ref in unique(_predecessors(shape, id)):
            # Instances wait for those of the loops they share; of these only the last end matters.
            common = len(set(shape.loops(id)) & set(shape.loops(ref)))
            last: dict[tuple[int, ...], datetime] = {}
            for earlier in calls.get(ref, ()):
                if earlier.ended is not None:
                    place = earlier.index[:common]
                    last[place] = max(last.get(place, earlier.ended), earlier.ended)
            for call in instances:
                ended = last.get(call.index[:common])
                if call.started is not None and ended is not None and ended > call.started:
                    yield (call.id, call.index), ref


def _predecessors(shape: Shape, id: str) -> Iterator[str]:
    """The calls that must have ended before a call starts, through the regions that enclose it."""
    for holder in (id, *(frame.region for frame in shape.frames[id])):
        waits = shape.waits(holder)
        for ref in waits.values:
            yield from _makers(shape, ref)
        for ref in waits.after:
            inside = [ref] if _is_call(shape, ref) else [node.id for node in shape.inside(ref)]
            yield from (node for node in inside if _is_call(shape, node))


def _makers(shape: Shape, ref: str) -> Iterator[str]:
    """The calls that a value is made of: a merged value waits for what the arms give, not for the whole If."""
    if ref in shape.values:
        for made_of in out_refs(*sources(shape.values[ref])):
            yield from _makers(shape, made_of)
    else:
        yield ref


def _is_call(shape: Shape, id: str) -> bool:
    return shape.nodes[id].kind == "call"
