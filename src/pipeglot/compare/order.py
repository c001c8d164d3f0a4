"""What waits for what in a pipeline, and whether a run kept to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from pipeglot.core.ir import Call, Each, Pipeline, walk
from pipeglot.core.record import CallRecord, Record, last_executions
from pipeglot.core.shape import Shape, out_refs, sources, unique

Key: TypeAlias = tuple[str, tuple[int, ...]]


class Order:
    """The calls that each call waits for, of an inlined pipeline.

    Attributes:
        shape: the pipeline's.
        final: the id of the Final, which comes after everything; None without one.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.shape = Shape(pipeline)
        self.final = None if pipeline.final is None else pipeline.final.call.id
        self._before: dict[str, tuple[str, ...]] = {}
        self._made_of: dict[str, tuple[str, ...]] = {}
        self._last: dict[int, tuple[Record, dict[Key, CallRecord]]] = {}

    @cached_property
    def calls(self) -> Mapping[str, Call]:
        """Every call by its id, the Final's last."""
        final = self.shape.pipeline.final
        return {call.id: call for call in (*self.shape.calls, *([] if final is None else [final.call]))}

    @cached_property
    def bounds(self) -> Mapping[str, int]:
        """How many instances of a call may run at once, where a loop around it says."""
        found: dict[str, int] = {}
        for each in self.shape.nodes.values():
            if isinstance(each, Each) and each.max_parallel is not None:
                for node in walk(each.body):
                    if isinstance(node, Call):
                        found[node.id] = min(each.max_parallel, found.get(node.id, each.max_parallel))
        return found

    def before(self, id: str) -> tuple[str, ...]:
        """The calls that must have ended before a call starts: its own, and those that the regions around it wait for. Of
        the Final it is empty, though all others must have."""
        if id not in self.shape.nodes:
            return ()
        if id not in self._before:
            holders = (id, *(frame.region for frame in self.shape.frames[id]))
            self._before[id] = unique(ref for holder in holders for ref in self._awaited(holder))
        return self._before[id]

    def last(self, record: Record) -> Mapping[Key, CallRecord]:
        """What each call instance of a run of it came to, found once for all who ask."""
        if id(record) not in self._last:
            self._last[id(record)] = record, last_executions(record.calls)  # the record is kept, and so is its id
        return self._last[id(record)][1]

    def common(self, id: str, other: str) -> int:
        """How many loops enclose both: their instances belong together where the indices agree so far."""
        loops = self.shape.loops(id)
        return 0 if not loops else len(set(loops) & set(self.shape.loops(other)))

    def makers(self, ref: str) -> tuple[str, ...]:
        """The calls that a value is made of: a merged value waits for what the arms give, not for the whole If."""
        if ref not in self.shape.values:
            return (ref,)
        if ref not in self._made_of:
            parts = out_refs(*sources(self.shape.values[ref]))
            self._made_of[ref] = unique(maker for part in parts for maker in self.makers(part))
        return self._made_of[ref]

    def _awaited(self, holder: str) -> Iterator[str]:
        shape = self.shape
        waits = shape.waits(holder)
        for ref in waits.values:
            yield from self.makers(ref)
        for ref in waits.after:
            if isinstance(shape.nodes[ref], Call):
                yield ref
            else:
                yield from (node.id for node in shape.inside(ref) if isinstance(node, Call))


def disorder(order: Order, record: Record) -> Iterator[tuple[Key, str]]:
    """The calls that started before something they wait for had ended, each with what that is. Of what was executed
    several times the last execution counts."""
    calls: dict[str, list[CallRecord]] = {}
    for call in order.last(record).values():
        calls.setdefault(call.id, []).append(call)
    ended: dict[tuple[str, int], dict[tuple[int, ...], datetime]] = {}
    for id, instances in calls.items():
        awaited = order.before(id) if id != order.final else [ref for ref in calls if ref != id]
        for ref in awaited:
            common = order.common(id, ref) if id != order.final else 0
            if (ref, common) not in ended:
                ended[ref, common] = _last_ends(calls.get(ref, ()), common)
            for call in instances:
                end = ended[ref, common].get(call.index[:common])
                if end is not None and call.started is not None and end > call.started:
                    yield (call.id, call.index), ref


def _last_ends(instances: Iterable[CallRecord], common: int) -> dict[tuple[int, ...], datetime]:
    """When the instances of a call had ended, by the loops they share with another: only the last end matters."""
    found: dict[tuple[int, ...], datetime] = {}
    for call in instances:
        if call.ended is not None:
            place = call.index[:common]
            found[place] = max(found.get(place, call.ended), call.ended)
    return found


def at_once(calls: Iterable[CallRecord]) -> int:
    """The most of these executions that ran at one time."""
    # Between its attempts an instance does not run: only of a single attempt are the times those it ran.
    spans = [(c.started, c.ended) for c in calls if c.attempts == 1 and c.started and c.ended]
    # Of two changes at the same instant the end comes first: touching is not overlapping.
    changes = sorted(chain.from_iterable([(started, 1), (ended, -1)] for started, ended in spans))
    running, most = 0, 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most
