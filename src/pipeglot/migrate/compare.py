"""Two records of one pipeline compared: what differs, by call, index and path; and whether each kept the order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.shape import Shape, out_refs, sources

Kind: TypeAlias = Literal[
    "run_state", "result", "missing", "extra", "state", "tolerated", "attempts", "output", "order"
]
Key: TypeAlias = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class Difference:
    """One thing that differs: `old` and `new` are the two values.

    `path` leads into an output or result; for `order` it is the call that had to end first.
    """

    kind: Kind
    call: str | None = None
    index: tuple[int, ...] = ()
    path: str = ""
    old: Any = None
    new: Any = None

    def __str__(self) -> str:
        place = "" if self.call is None else " " + self.call + "".join(f"[{i}]" for i in self.index)
        return f"{self.kind}{place}{self.path and ' at ' + self.path}: {self.old!r} -> {self.new!r}"


def compare(old: Record, new: Record, pipeline: Pipeline | None = None) -> list[Difference]:
    """Every difference between two records, in the order of the old one; empty when the runs are equivalent.

    With the (inlined) pipeline, also every place where either run broke its order. Times, run ids, error texts and
    `observed` are information, never a difference.
    """
    found: list[Difference] = []
    if old.state != new.state:
        found.append(Difference("run_state", old=old.state, new=new.state))
    found += [Difference("result", path=p, old=a, new=b) for p, a, b in differing(old.result, new.result)]
    before, after = _by_key(old), _by_key(new)
    for key, call in before.items():
        if key in after:
            found += _calls(call, after[key])
        else:
            found.append(Difference("missing", *key, old=call.state))
    found += [Difference("extra", *key, new=call.state) for key, call in after.items() if key not in before]
    if pipeline is not None:
        shape = Shape(pipeline)
        broken = [set(disorder(shape, record)) for record in (old, new)]
        for key, first in sorted(broken[0] | broken[1]):
            kept = ["broken" if (key, first) in one else "kept" for one in broken]
            found.append(Difference("order", *key, path=first, old=kept[0], new=kept[1]))
    return found


def _by_key(record: Record) -> dict[Key, CallRecord]:
    return {(call.id, call.index): call for call in record.calls}


def _calls(old: CallRecord, new: CallRecord) -> Iterator[Difference]:
    for kind in ("state", "tolerated", "attempts"):
        a, b = getattr(old, kind), getattr(new, kind)
        if a != b:
            yield Difference(kind, old.id, old.index, old=a, new=b)
    if old.state == new.state == "succeeded":
        for path, a, b in differing(old.output, new.output):
            yield Difference("output", old.id, old.index, path, a, b)


def differing(old: Any, new: Any, path: str = "$", *, tolerance: float = 1e-9) -> Iterator[tuple[str, Any, Any]]:
    """The places where two JSON values differ: path, old, new. Floats agree within a relative `tolerance`.

    >>> list(differing({"a": [1, 2]}, {"a": [1, 2.0]}))
    [('$.a[1]', 2, 2.0)]
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(k for k in new if k not in old)]:
            here = f"{path}.{key}"
            if key not in old or key not in new:
                yield here, old.get(key, _ABSENT), new.get(key, _ABSENT)
            else:
                yield from differing(old[key], new[key], here, tolerance=tolerance)
    elif isinstance(old, list) and isinstance(new, list):
        for number in range(max(len(old), len(new))):
            here = f"{path}[{number}]"
            a = old[number] if number < len(old) else _ABSENT
            b = new[number] if number < len(new) else _ABSENT
            yield from differing(a, b, here, tolerance=tolerance)
    elif isinstance(old, float) and isinstance(new, float):
        if not math.isclose(old, new, rel_tol=tolerance, abs_tol=0.0):
            yield path, old, new
    elif type(old) is not type(new) or old != new:
        yield path, old, new


class _Absent:
    def __repr__(self) -> str:
        return "absent"


_ABSENT = _Absent()


def disorder(shape: Shape, record: Record) -> Iterator[tuple[Key, str]]:
    """The calls that started before something they wait for had ended, each with what that is."""
    ends: dict[str, list[CallRecord]] = {}
    for call in record.calls:
        ends.setdefault(call.id, []).append(call)
    for call in record.calls:
        if call.started is None or call.id not in shape.nodes:
            continue
        for ref in _predecessors(shape, call.id):
            for earlier in ends.get(ref, ()):
                common = len(set(shape.loops(call.id)) & set(shape.loops(ref)))
                same = earlier.index[:common] == call.index[:common]
                if same and earlier.ended is not None and earlier.ended > call.started:
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
