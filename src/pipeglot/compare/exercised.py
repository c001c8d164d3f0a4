"""What a dry-run's runs cannot show of a pipeline, and what would show it: policies that nothing used, arms that were not
taken, limits that were not reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

from pipeglot.compare.model import Injected
from pipeglot.compare.order import Order, at_once
from pipeglot.compare.weight import NotExercised
from pipeglot.core.compat import assert_never
from pipeglot.core.graph import words
from pipeglot.core.ir import AnyNode, Call, Each, Group, If, Include, walk
from pipeglot.core.record import CallRecord, CallState, Record

Holds: TypeAlias = Callable[[Call, list[CallRecord]], bool]
"""Whether something is so of a call, given its executions."""


def not_exercised(
    order: Order, records: Sequence[Record], injected: Sequence[Injected], params: Mapping[str, Any]
) -> list[NotExercised]:
    """What neither the runs of either side nor the injected failures could show.

    Args:
        order: the pipeline's.
        records: every run of both sides.
        injected: the failures that were made on both sides.
        params: what all runs were given.
    """
    runs = _ObservedRuns(order, records, injected)
    return [*runs.policies(), *runs.values(), *runs.waits(), *runs.regions(), *runs.finaliser(), *runs.whole(params)]


class _ObservedRuns:
    """What all runs did, by call."""

    def __init__(self, order: Order, records: Sequence[Record], injected: Sequence[Injected]) -> None:
        self._order, self._records = order, records
        self._ran: dict[str, list[CallRecord]] = {id: [] for id in order.calls}
        for call in chain.from_iterable(record.calls for record in records):
            if call.id in self._ran:
                self._ran[call.id].append(call)
        self._made_to_fail = {one.call for one in injected if one.failures is None}
        self._made_to_retry = {one.call for one in injected if one.failures is not None}

    def policies(self) -> Iterator[NotExercised]:
        """Calls that ran, and what of them never happened."""
        body = {id: call for id, call in self._order.calls.items() if id != self._order.final}
        never_failed = [id for id in body if not self._failed(id)]
        yield from self._some(
            "retries",
            "no attempt failed",
            (id for id in self._order.calls if self._order.calls[id].policy.retry and not self._retried(id)),
        )
        yield from self._some(
            "time limits",
            "no attempt ran out of time",
            filter(self._in_time, self._order.calls),
            "data that takes longer",
        )
        tolerant = [id for id in never_failed if body[id].policy.on_failure is not None]
        yield from self._some("tolerated failures, and the value in their place", "no call failed", tolerant)
        strict = [id for id in never_failed if body[id].policy.on_failure is None]
        yield from self._some("failures, and what they stop", "no call failed", strict)

    def values(self) -> Iterator[NotExercised]:
        """Calls that never ran because something before them failed, and those whose inputs no output shows: engines tell
        what a call gave, not what it was given."""
        ran = [id for id in self._order.calls if any(call.attempts for call in self._ran[id])]
        blocked = [id for id in self._order.calls if id not in ran and self._was(id, "blocked")]
        yield from self._some("calls that never ran", "they were blocked in every run", blocked, "runs that succeed")
        steps = {step.name: step for step in self._order.shape.pipeline.steps}
        silent = [
            id
            for id in ran
            if steps[self._order.calls[id].step].returns.get("type") == "null" or not self._was(id, "succeeded")
        ]
        yield from self._some(
            "what calls were given", "they gave nothing that would show it", silent, "a look at both sides' code"
        )

    def waits(self) -> Iterator[NotExercised]:
        """Calls that wait for others without taking anything from them: a run that happens to keep the order shows little."""
        shape = self._order.shape
        bare = [id for id in self._order.calls if id in shape.nodes and shape.waits(id).after]
        why = "the order was kept, which may be by chance"
        yield from self._some("waits that no value makes", why, bare, "runs in which what is waited for takes longer")

    def _was(self, id: str, state: CallState) -> bool:
        return any(call.state == state for call in self._ran[id])

    def regions(self) -> Iterator[NotExercised]:
        """Arms that were not taken, loops of at most one item, limits that nothing reached."""
        for node in self._order.shape.nodes.values():
            match node:
                case If():
                    yield from self._arms(node)
                case Each():
                    yield from self._items(node)
                case Call() | Group() | Include():
                    pass
                case _:
                    assert_never(node)

    def finaliser(self) -> Iterator[NotExercised]:
        """The Final after a failed run, and one that fails itself."""
        final = self._order.final
        if final is None:
            return
        stopped = any(
            self._order.calls[id].policy.on_failure is None for id in self._made_to_fail & self._ran.keys() - {final}
        )
        if not stopped and all(record.state == "succeeded" for record in self._records):
            yield from self._some("the finaliser after a failure", "every run succeeded", [final], "--inject all")
        if not self._failed(final):
            yield from self._some("a failure of the finaliser", "it did not fail", [final])

    def whole(self, params: Mapping[str, Any]) -> Iterator[NotExercised]:
        """The run's own limit, and params that had their defaults."""
        pipeline = self._order.shape.pipeline
        if pipeline.run_timeout is not None and not any(record.state == "cancelled" for record in self._records):
            yield from self._some("the time limit of the run", "no run came to it", None, "data that takes longer")
        usual = [p.name for p in pipeline.params if not p.required and params.get(p.name, p.default) == p.default]
        if usual:
            how = " ".join(f"-p {name}=..." for name in usual[:5]) + " ..." * (len(usual) > 5)
            yield from self._some(f"other values of params: {', '.join(usual)}", "they had their defaults", None, how)

    def _retried(self, id: str) -> bool:
        return id in self._made_to_retry or any(call.attempts > 1 for call in self._ran[id])

    def _failed(self, id: str) -> bool:
        return id in self._made_to_fail or any(call.state == "failed" for call in self._ran[id])

    def _in_time(self, id: str) -> bool:
        limit = self._order.calls[id].policy.timeout
        return limit is not None and not any(
            call.state == "failed"
            and call.started
            and call.ended
            and (call.ended - call.started).total_seconds() >= limit
            for call in self._ran[id]
        )

    def _some(self, what: str, why: str, calls: Iterable[str] | None, how: str = "") -> Iterator[NotExercised]:
        told = tuple(calls or ())
        if told or calls is None:
            inject = f"--inject {told[0] if len(told) == 1 else 'all'}" if told else ""
            yield NotExercised(what=what, why=why, how=how or inject, calls=told)

    def _arms(self, region: If) -> Iterator[NotExercised]:
        entered = [self._entered(arm.body) for arm in region.arms]
        asked = [words(arm.when) if arm.when is not None else "otherwise" for arm in region.arms]
        for arm, when, taken in zip(region.arms, asked, entered, strict=True):
            if taken is False:
                how = "other data, or params that lead there: -p NAME=VALUE"
                yield from self._some(f"the arm {when!r} of {region.id}", "it was not taken", _ids(arm.body), how)
        if region.arms[-1].when is not None and all(entered):
            how = "other data, or params that lead there: -p NAME=VALUE"
            skipped = [id for arm in region.arms for id in _ids(arm.body) if not self._was(id, "skipped")]
            yield from self._some(f"{region.id} when no condition holds", "an arm was taken every time", skipped, how)

    def _entered(self, body: tuple[AnyNode, ...]) -> bool | None:
        """Whether something in a block was attempted; None when nothing in it could be."""
        ids = _ids(body)
        return any(call.attempts for id in ids for call in self._ran[id]) if ids else None

    def _items(self, loop: Each) -> Iterator[NotExercised]:
        ids = _ids(loop.body)
        depth = len(self._order.shape.loops(loop.id))
        most = max(
            (call.index[depth] + 1 for id in ids for call in self._ran[id] if len(call.index) > depth), default=0
        )
        if most <= 1:
            why = "it had one item" if most else "it had no item"
            yield from self._some(f"more than one item of {loop.id}", why, ids, "other data, or params: -p NAME=VALUE")
        bound = loop.max_parallel
        if bound is not None and not any(self._reached(id, bound) for id in ids):
            why = f"never {bound} instances of a call ran at once"
            how = "more items, and steps that take longer"
            yield from self._some(f"the limit of {bound} at once of {loop.id}", why, ids, how)

    def _reached(self, id: str, bound: int) -> bool:
        return any(at_once(call for call in record.calls if call.id == id) >= bound for record in self._records)


def _ids(body: tuple[AnyNode, ...]) -> list[str]:
    return [node.id for node in walk(body) if isinstance(node, Call)]
