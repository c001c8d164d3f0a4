"""How much of two runs was compared, and what came of it: nothing that was masked or is unknown agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypeAlias

from pipeglot.compare.model import CONTENT, Difference, Kind
from pipeglot.compare.order import Key, Order
from pipeglot.compare.weight import Coverage, Tally
from pipeglot.core.ir import Container, Pipeline, Shell
from pipeglot.core.record import CallRecord, Record, last_executions

Aspect: TypeAlias = Literal["state", "attempts", "order", "output"]
Came: TypeAlias = Literal["agree", "differ", "masked", "unknown"]

_ASPECTS: dict[Kind, Aspect] = {
    "missing": "state",
    "extra": "state",
    "repeated": "state",
    "state": "state",
    "tolerated": "state",
    "told": "state",
    "attempts": "attempts",
    "order": "order",
    **dict.fromkeys(CONTENT, "output"),
}


def covered(
    order: Order,
    old: Record,
    new: Record,
    counted: Sequence[Difference],
    masked: Sequence[Difference],
    unsure: Sequence[Difference] = (),
) -> Coverage:
    """What of two runs was compared, aspect by aspect.

    Args:
        order: the pipeline's.
        old, new: the first run of either side.
        counted: differences of all runs of both sides.
        masked: those that do not count.
        unsure: those that may be none.
    """
    before, after = last_executions(old.calls), last_executions(new.calls)
    said: dict[tuple[Aspect, str | None, tuple[int, ...]], Came] = {}
    told: list[tuple[Came, Sequence[Difference]]] = [("unknown", unsure), ("masked", masked), ("differ", counted)]
    for came, differences in told:
        for one in differences:
            if (aspect := _ASPECTS.get(one.kind)) is not None:
                said[aspect, one.call, one.index] = came
    giving = valued(order.shape.pipeline)
    found: dict[Aspect, dict[Came, int]] = {"state": {}, "attempts": {}, "order": {}, "output": {}}
    keys = dict.fromkeys([*before, *after])
    spoken = {(call, index) for _, call, index in said}
    # Most instances come to the same in all aspects: those are counted together.
    alike: Counter[tuple[tuple[Aspect, Came], ...]] = Counter()
    for key in keys:
        aspects = _of(key, before.get(key), after.get(key), order, giving)
        if key in spoken:
            aspects = tuple((aspect, said.get((aspect, *key), came)) for aspect, came in aspects)
        alike[aspects] += 1
    for aspects, count in alike.items():
        for aspect, came in aspects:
            found[aspect][came] = found[aspect].get(came, 0) + count
    return Coverage(
        instances=len(keys),
        state=Tally(**found["state"]),
        attempts=Tally(**found["attempts"]),
        order=Tally(**found["order"]),
        output=Tally(**found["output"]),
        result=_result(order.shape.pipeline, old, new, said.get(("output", None, ()))),
    )


def valued(pipeline: Pipeline) -> frozenset[str]:
    """The steps that give a value: no command, and no function whose annotation says None."""
    return frozenset(
        step.name
        for step in pipeline.steps
        if not isinstance(step.run, Shell | Container) and step.returns.get("type") != "null"
    )


def _of(
    key: Key, old: CallRecord | None, new: CallRecord | None, order: Order, giving: frozenset[str]
) -> tuple[tuple[Aspect, Came], ...]:
    """What can be compared of one call instance, as if nothing in it differed."""
    if old is None or new is None:
        return ("state", "differ"), ("attempts", "differ")
    seen: Came = "agree" if old.observed and new.observed else "unknown"
    found: tuple[tuple[Aspect, Came], ...] = ("state", seen), ("attempts", seen)
    call = order.calls.get(key[0])
    if old.attempts and new.attempts and (key[0] == order.final or order.before(key[0])):
        found += (("order", "agree" if old.started and new.started else "unknown"),)
    if call is not None and call.step in giving and old.gave and new.gave:
        found += (("output", "agree" if old.output_known and new.output_known else "unknown"),)
    return found


def _result(pipeline: Pipeline, old: Record, new: Record, came: Came | None) -> Tally:
    """The run's own result agrees where both engines kept it: what is computed from outputs was compared as those."""
    if came is None and (pipeline.result is None or old.state != new.state):
        return Tally()
    seen: Came = "agree" if old.result_observed and new.result_observed else "unknown"
    return Tally(**{came or seen: 1})
