"""Which instance of a call each run of a native task stands for: by the index that the engine knows, else by the order
in which the runs came, among the instances that the pipeline makes of the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.ir import Call, Pipeline
from pipeglot.core.record import CallRecord
from pipeglot.core.shape import Shape
from pipeglot.meaning.machine import CellState, Key, Machine
from pipeglot.meaning.run import run_context


@dataclass
class PlacedRuns:
    """Runs of native tasks that stand for instances of the same calls: of one, or of several that use the same step.

    Attributes:
        calls: ids of the calls.
        sure: for each name among the runs, the call that it stands for if the runs are not as many as the instances.
        runs: the name and the index of each, in the order in which they came.
        keys: the instances they stand for, one each; None for a run that stands for none.
    """

    calls: tuple[str, ...]
    sure: Mapping[str, str | None]
    runs: Sequence[tuple[str, tuple[int, ...]]]
    keys: list[Key | None] = field(default_factory=list)


def place(
    pipeline: Pipeline,
    groups: Sequence[PlacedRuns],
    tell: Callable[[PlacedRuns], Sequence[CallRecord]],
    params: Mapping[str, Any],
    when: datetime,
) -> None:
    """Find the instance for every run: `keys` of every group.

    Args:
        pipeline: the pipeline, without Includes.
        groups: the runs.
        tell: what runs that have been placed did; how many items a loop has follows from that.
        params: all of the run's.
        when: its logical date.
    """
    shape = Shape(pipeline)
    known: list[CallRecord] = []
    waiting = []
    for group in groups:
        if len(group.calls) == 1 and not _depth(shape, group.calls[0]):
            group.keys = [(group.calls[0], ())] * len(group.runs)
            known += tell(group)
        else:
            waiting.append(group)
    while waiting:
        left = waiting
        for hopeful in (False, True):
            expected = _Expected(pipeline, known, params, run_context(pipeline, when, ""), hopeful)
            left = [group for group in waiting if not _fitted(group, shape, expected)]
            if len(left) < len(waiting):
                break
        else:  # nothing fits: the first of them is taken as it is
            _taken(left.pop(0), shape, expected)
        known += [record for group in waiting if group not in left for record in tell(group)]
        waiting = left


def _depth(shape: Shape, id: str) -> int:
    return len(shape.loops(id)) if id in shape.nodes else 0


def _fitted(group: PlacedRuns, shape: Shape, expected: _Expected) -> bool:
    """Place runs where the indexes or the number of them are those of the instances."""
    for states in (("ready",), ("ready", "blocked"), ("ready", "blocked", "skipped")):
        keys = expected.keys(group.calls, states)
        if len(group.calls) == 1 and keys:
            (id,) = group.calls
            indexes = _cut([index for _, index in group.runs], _depth(shape, id))
            if {(id, index) for index in indexes} <= set(keys):
                group.keys = [(id, index) for index in indexes]
                return True
        if len(keys) == len(group.runs):
            group.keys = [*keys]
            return True
    return False


def _taken(group: PlacedRuns, shape: Shape, expected: _Expected) -> None:
    """Place runs although they are not those of the instances: what differs then is told of the comparison."""
    named: dict[str, list[int]] = {}
    for number, (name, _) in enumerate(group.runs):
        named.setdefault(name, []).append(number)
    keys: dict[int, Key] = {}
    for name, numbers in named.items():
        id = group.sure.get(name)
        if id is None:
            continue
        depth = _depth(shape, id)
        indexes = _cut([group.runs[number][1] for number in numbers], depth)
        if any(len(index) != depth for index in indexes):
            there = [index for _, index in expected.keys((id,), ("ready",))]
            more = [(n, *[0] * (depth - 1)) for n in range(len(numbers))]
            beyond = [index for index in more if index not in there]
            indexes = [*there, *beyond][: len(numbers)]
        keys.update(zip(numbers, ((id, index) for index in indexes), strict=False))
    free = [key for key in expected.keys(group.calls, ("ready",)) if key not in keys.values()]
    others = [number for number in range(len(group.runs)) if number not in keys]
    keys.update(zip(others, free, strict=False))
    group.keys = [keys.get(number) for number in range(len(group.runs))]


def _cut(indexes: Sequence[tuple[int, ...]], depth: int) -> list[tuple[int, ...]]:
    """Indexes without the levels that are no loop of the call: on these there is but one number."""
    found = list(indexes)
    longest = max(map(len, found), default=0)
    for level in reversed(range(longest)):
        if longest > depth and all(len(index) == longest and index[level] == 0 for index in found):
            found = [index[:level] + index[level + 1 :] for index in found]
            longest -= 1
    return found


class _Expected(Machine):
    """The instances that the pipeline makes of its calls, as far as that follows from what is known; `hopeful`: if all
    calls of which nothing is known succeed."""

    def __init__(
        self,
        pipeline: Pipeline,
        known: Sequence[CallRecord],
        params: Mapping[str, Any],
        context: Mapping[str, Any],
        hopeful: bool,
    ) -> None:
        super().__init__(Shape(pipeline), params, context)
        self._found: dict[str, list[tuple[tuple[int, ...], str]]] = {}
        policies = {call.id: call.policy.on_failure for call in self.shape.calls}
        records = {(record.id, record.index): record for record in reversed(known)}
        self.start()
        while self.ready:
            instance = self.ready.popleft()
            self._found.setdefault(instance.call.id, []).append((instance.key[1], "ready"))
            record = records.get(instance.key)
            if record is not None and record.state == "failed" and policies.get(record.id) is not None:
                record = record.model_copy(update={"tolerated": True})
            if record is None and hopeful:
                record = CallRecord(id=instance.call.id, index=instance.key[1], state="succeeded")
            self.end(instance, record)

    def keys(self, ids: Sequence[str], states: Sequence[str]) -> list[Key]:
        """The instances in some of these states, in the order of the calls and of the items of loops."""
        return [(id, index) for id in ids for index, state in sorted(self._found.get(id, ())) if state in states]

    def withhold(self, call: Call, index: tuple[int, ...], state: CellState) -> CallRecord | None:
        if state == "unknown":
            return None
        self._found.setdefault(call.id, []).append((index, state))
        return super().withhold(call, index, state)


def together(
    partner: Mapping[str, tuple[str, ...]], names: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Names and calls in groups that have nothing to do with one another: the calls, and the names for them."""
    groups: list[tuple[dict[str, None], list[str]]] = []
    for name in names:
        ids, mine = dict.fromkeys(partner[name]), [name]
        apart = []
        for other, theirs in groups:
            if other.keys() & ids.keys():
                ids, mine = {**other, **ids}, [*theirs, *mine]
            else:
                apart.append((other, theirs))
        groups = [*apart, (ids, mine)]
    for ids, mine in groups:
        yield tuple(ids), mine
