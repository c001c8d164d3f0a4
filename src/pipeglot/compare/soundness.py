"""Whether two records can be compared at all: whether they are of the same run, and of what they cannot be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from itertools import product
from typing import Any, Literal, TypeAlias

from pipeglot.compare.model import Difference
from pipeglot.compare.order import Order
from pipeglot.compare.values import ABSENT, differing
from pipeglot.core.domain import outside
from pipeglot.core.ir import Each, If
from pipeglot.core.record import CallRecord, Record

Fault: TypeAlias = tuple[str | None, tuple[int, ...], str]
"""Where a record cannot be right: the call, its index, and the name of what it is about."""


def unsound(
    old: Sequence[Record], new: Sequence[Record], order: Order, *, params: Mapping[str, Any], logical_date: datetime
) -> list[Difference]:
    """What is wrong with the records of two sides before anything in them is compared, as differences of kind `record`.

    Their pipeline, params and logical date are those of one another and of this dry-run: of the params those that the
    pipeline has or both tell, and of the dry-run's those that a record tells. Every call instance is one that the pipeline
    can have, what succeeded was attempted, nothing ended before it started, and the state of the run is the one its calls make.
    """
    found = {one.where: one for a, b in product(old, new) for one in _same_run(a, b, order, params, logical_date)}
    faults = [{place: said for record in side for place, said in _faults(record, order)} for side in (old, new)]
    return [*found.values(), *_told(*faults)]


def _told(*faults: Mapping[Fault, str]) -> Iterator[Difference]:
    for call, index, path in dict.fromkeys([*faults[0], *faults[1]]):
        said = [one.get((call, index, path)) for one in faults]
        if path == "id" and None in said:
            continue  # missing or extra, and told as that
        absent: Literal["old", "new"] | None = None if None not in said else "old" if said[0] is None else "new"
        yield Difference(kind="record", call=call, index=index, path=path, old=said[0], new=said[1], absent=absent)


def _same_run(
    old: Record, new: Record, order: Order, params: Mapping[str, Any], logical_date: datetime
) -> Iterator[Difference]:
    def told(path: str, wanted: Any, *both: Any) -> Iterator[Difference]:
        a, b = (None if one is ABSENT else one for one in both)
        if next(differing(*both), None) is not None:
            absent: Literal["old", "new"] | None = None if ABSENT not in both else "old" if both[0] is ABSENT else "new"
            yield Difference(kind="record", path=path, old=a, new=b, absent=absent)
        elif ABSENT not in both and next(differing(a, wanted), None) is not None:
            said = f"{a!r}, and here it is {wanted!r}"
            yield Difference(kind="record", path=path, old=said, new=said)

    yield from told("pipeline", order.shape.pipeline.name, old.pipeline, new.pipeline)
    dates = [ABSENT if one.logical_date is None else _instant(one.logical_date) for one in (old, new)]
    yield from told("logical_date", _utc(logical_date), *dates)
    both = [name for name in old.params if name in new.params]  # what only one has, no step of the other can read
    for name in dict.fromkeys([*(param.name for param in order.shape.pipeline.params), *both]):
        given = [one.params.get(name, ABSENT) for one in (old, new)]
        yield from told(f"params.{name}", params.get(name, given[0]), *given)


def _instant(text: str) -> str:
    return _utc(datetime.fromisoformat(text.replace("Z", "+00:00")))


def _utc(instant: datetime) -> str:
    return instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _faults(record: Record, order: Order) -> Iterator[tuple[Fault, str]]:
    if not record.calls and order.calls:
        yield (None, (), "calls"), "no calls at all"
    if record.started and record.ended and record.ended < record.started:
        yield (None, (), "times"), "ended before it started"
    for name, value in record.params.items():
        if reason := outside(value):
            yield (None, (), f"params.{name}"), f"none of the language: {reason}"
    depths = {id: len(order.shape.loops(id)) for id, node in order.shape.nodes.items() if isinstance(node, If | Each)}
    depths |= {id: len(order.shape.loops(id)) if id in order.shape.nodes else 0 for id in order.calls}
    for call in record.calls:
        for path, said in _of_call(call, depths.get(call.id)):
            yield (call.id, call.index, path), said
    yield from _state(record, order)


def _of_call(call: CallRecord, depth: int | None) -> list[tuple[str, str]]:
    if depth is None:
        return [("id", "no call of the pipeline")]
    found = []
    loops = len(call.index)
    if loops != depth and (loops > depth or call.attempts):
        found.append(("index", f"{loops} loops around it, and the pipeline has {depth}"))
    if not call.attempts and call.state == "succeeded":
        found.append(("attempts", "succeeded without an attempt"))
    if call.started and call.ended and call.ended < call.started:
        found.append(("times", "ended before it started"))
    return found


def _state(record: Record, order: Order) -> Iterator[tuple[Fault, str]]:
    """How the state of the run contradicts those of its calls, if it does: told of the call whose failure did not count,
    or did."""
    if record.state == "cancelled" or not record.calls:
        return
    last = order.last(record).values()
    failed = next((call for call in last if call.state == "failed" and not call.tolerated), None)
    tolerated = next((call for call in last if call.state == "failed" and call.tolerated), None)
    cancelled = next((call for call in last if call.state == "cancelled"), None)
    for call, word in ((failed, "failed"), (cancelled, "was cancelled")):
        if record.state == "succeeded" and call is not None:
            yield (call.id, call.index, "state"), f"the run succeeded although it {word}"
            return
    if record.state == "failed" and failed is None and cancelled is None:
        if tolerated is not None:
            yield (tolerated.id, tolerated.index, "state"), "the run failed although only what may fail did"
        else:
            yield (None, (), "state"), "failed although no call did"
