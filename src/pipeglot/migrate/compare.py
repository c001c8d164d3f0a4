"""Two records of one pipeline compared: what differs, by call, index and path; and whether each kept the order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, TypeAlias

from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.shape import Shape, out_refs, sources, unique
from pipeglot.migrate.model import Difference, Kind

Key: TypeAlias = tuple[str, tuple[int, ...]]


def compare(old: Record, new: Record, pipeline: Pipeline | None = None, *, tolerance: float = 1e-9) -> list[Difference]:
    """Every difference between two records, in the order of the old one; empty when the runs are equivalent.

    With the (inlined) pipeline, also every place where either run broke its order. Times, run ids, error texts and
    `observed` are information, never a difference. Floats agree within a relative `tolerance`.
    """
    found: list[Difference] = []
    if old.state != new.state:
        found.append(Difference(kind="run_state", old=old.state, new=new.state))
    found += _values("result", None, (), old.result, new.result, tolerance)
    before, after = _by_key(old), _by_key(new)
    for (id, index), call in before.items():
        if (id, index) in after:
            found += _calls(call, after[id, index], tolerance)
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


def _calls(old: CallRecord, new: CallRecord, tolerance: float) -> Iterator[Difference]:
    kinds: tuple[Kind, ...] = ("state", "tolerated", "attempts")
    for kind in kinds:
        a, b = getattr(old, kind), getattr(new, kind)
        if a != b:
            yield Difference(kind=kind, call=old.id, index=old.index, old=a, new=b)
    if old.state == new.state == "succeeded":
        yield from _values("output", old.id, old.index, old.output, new.output, tolerance)


def _values(
    kind: Kind, call: str | None, index: tuple[int, ...], old: Any, new: Any, tolerance: float
) -> Iterator[Difference]:
    for path, a, b in differing(old, new, tolerance=tolerance):
        absent: Literal["old", "new"] | None = "old" if a is ABSENT else "new" if b is ABSENT else None
        a, b = (None if value is ABSENT else value for value in (a, b))
        yield Difference(kind=kind, call=call, index=index, path=path, old=a, new=b, absent=absent)


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
        if not math.isclose(old, new, rel_tol=tolerance, abs_tol=0.0):
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
