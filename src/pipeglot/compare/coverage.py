"""How much of two runs was compared, and what came of it: nothing that was masked or is unknown agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from pipeglot.compare.model import CONTENT, Difference, Kind
from pipeglot.compare.order import Order
from pipeglot.compare.weight import Coverage, Tally
from pipeglot.core.ir import Container, Pipeline, Shell
from pipeglot.core.record import CallRecord, Record

Aspect: TypeAlias = Literal["state", "attempts", "order", "output"]
Came: TypeAlias = Literal["agree", "differ", "masked", "unknown"]
_Seen: TypeAlias = tuple[Came, Came | None, Came | None]
"""What is known of an instance: of its state and attempts, its order and its output; None where there is nothing to compare."""
_NAMES: tuple[Aspect, ...] = ("state", "attempts", "order", "output")

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
    before, after = order.last(old), order.last(new)
    said: dict[tuple[Aspect, str | None, tuple[int, ...]], Came] = {}
    by_weight: list[tuple[Came, Sequence[Difference]]] = [("unknown", unsure), ("masked", masked), ("differ", counted)]
    for came, differences in by_weight:
        for difference in differences:
            if (aspect := _ASPECTS.get(difference.kind)) is not None:
                said[aspect, difference.call, difference.index] = came
    giving = valued(order.shape.pipeline)
    about: dict[str, tuple[bool, bool]] = {}
    keys = dict.fromkeys([*before, *after])
    spoken = {(call, index) for _, call, index in said}
    found: Counter[tuple[Aspect, Came]] = Counter()
    alike: Counter[_Seen] = Counter()  # most instances come to the same in all aspects: those are counted together
    for key in keys:
        id = key[0]
        if id not in about:
            call = order.calls.get(id)
            about[id] = id == order.final or bool(order.before(id)), call is not None and call.step in giving
        seen = _of(before.get(key), after.get(key), *about[id])
        if key in spoken:
            found.update((aspect, said.get((aspect, *key), came)) for aspect, came in _aspects(seen))
        else:
            alike[seen] += 1
    for seen, count in alike.items():
        for one in _aspects(seen):
            found[one] += count
    told = {name: {came: n for (one, came), n in found.items() if one == name} for name in _NAMES}
    return Coverage(
        instances=len(keys),
        state=Tally(**told["state"]),
        attempts=Tally(**told["attempts"]),
        order=Tally(**told["order"]),
        output=Tally(**told["output"]),
        result=_result(order.shape.pipeline, old, new, said.get(("output", None, ()))),
    )


def valued(pipeline: Pipeline) -> frozenset[str]:
    """The steps that give a value: no command, and no function whose annotation says None."""
    return frozenset(
        step.name
        for step in pipeline.steps
        if not isinstance(step.run, Shell | Container) and step.returns.get("type") != "null"
    )


def _of(old: CallRecord | None, new: CallRecord | None, waits: bool, gives: bool) -> _Seen:
    """What can be compared of one call instance, as if nothing in it differed.

    Args:
        old, new: what it came to on both sides.
        waits: whether it waits for other calls.
        gives: whether its step gives a value.
    """
    if old is None or new is None:
        return "differ", None, None
    timed: Came | None = None
    if waits and old.attempts and new.attempts:
        timed = "agree" if old.started and new.started else "unknown"
    known: Came | None = None
    if gives and old.gave and new.gave:
        known = "agree" if old.output_known and new.output_known else "unknown"
    return "agree" if old.observed and new.observed else "unknown", timed, known


def _aspects(seen: _Seen) -> Iterator[tuple[Aspect, Came]]:
    for aspect, came in zip(_NAMES, (seen[0], *seen), strict=True):
        if came is not None:
            yield aspect, came


def _result(pipeline: Pipeline, old: Record, new: Record, came: Came | None) -> Tally:
    """The run's own result agrees where both engines kept it: what is computed from outputs was compared as those."""
    if came is None and (pipeline.result is None or old.state != new.state):
        return Tally()
    seen: Came = "agree" if old.result_observed and new.result_observed else "unknown"
    return Tally(**{came or seen: 1})
