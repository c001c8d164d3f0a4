"""Several runs of both sides: every old one compared with every new one, and what the old side itself does differently
from run to run. Its values are noise; of its states nothing can be said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, TypeAlias

from pipeglot.compare.model import CONTENT, Difference, Kind, Masked
from pipeglot.compare.noise import noise
from pipeglot.compare.weight import Flaky
from pipeglot.core.dataclass import dataclass
from pipeglot.core.record import Record, last_executions

Compare: TypeAlias = Callable[[int, int], list[Difference]]
"""What differs between two runs, by their numbers."""

Where: TypeAlias = tuple[str | None, tuple[int, ...]]
"""A call instance, or the run itself."""


@dataclass(frozen=True)
class Compared:
    """What all runs of both sides say together.

    Attributes:
        found: what differs, each place once; what only a further run of the new side shows is `new and new`.
        masked: values in which runs of the old side differ themselves.
        flaky: states, attempts and the like in which they do.
    """

    found: list[Difference]
    masked: list[Masked]
    flaky: list[Flaky]


def compared(
    old: Sequence[Record],
    new: Sequence[Record],
    between: Compare,
    among: Compare,
    counts: Callable[[Difference], bool] = lambda one: True,
) -> Compared:
    """Compare every run of the old side with every run of the new one.

    A value that is not that of some old run counts, unless old runs that have a value there differ among themselves. Where
    old runs differ in anything but values, a new run differs if it differs from every one of them.

    Args:
        old: the runs of the old side.
        new: those of the new one.
        between: compares an old run with a new one.
        among: compares two old runs.
        counts: whether a difference among old runs is not one that is known and ignored.
    """
    own = [among(first, other) for first, other in combinations(range(len(old)), 2)]
    shaky: dict[Where, dict[Kind, None]] = {}
    for one in (one for pair in own for one in pair):
        if one.kind not in CONTENT and counts(one):
            shaky.setdefault(_where(one), {})[one.kind] = None
    found: dict[object, Difference] = {}
    for number in range(len(new)):
        runs = [between(first, number) for first in range(len(old))]
        alike = set(shaky).difference(*(), _everywhere(runs))
        for one in (one for run in runs for one in run):
            if one.where in found or (one.kind not in CONTENT and _where(one) in alike):
                continue
            found[one.where] = one if number == 0 else one.model_copy(update={"between": "new and new"})
    counted, masked = noise(found.values(), [[one for one in pair if one.kind in CONTENT] for pair in own], len(old))
    return Compared(counted, masked, [*_flaky(shaky, old, new)])


def _where(one: Difference) -> Where:
    return one.call, one.index


def _everywhere(runs: Sequence[Sequence[Difference]]) -> set[Where]:
    """Where a new run differs, in more than values, from every old one."""
    places = [{_where(one) for one in run if one.kind not in CONTENT} for run in runs]
    return set.intersection(*places)


def _flaky(shaky: Mapping[Where, Mapping[Kind, None]], old: Sequence[Record], new: Sequence[Record]) -> Iterator[Flaky]:
    """What each run came to in those places; calls in their order, the run last."""
    if not shaky:
        return
    runs = [last_executions(record.calls) for record in (*old, *new)]
    places: dict[Where, None] = {place: None for run in runs for place in run}
    order = {place: number for number, place in enumerate(places)}
    for place in sorted(shaky, key=lambda place: order.get(place, len(order))):
        kinds = {"state" if kind in ("missing", "extra") else kind for kind in shaky[place]}
        for kind in sorted(kinds):
            came = [_came_to(kind, place, record, run) for record, run in zip((*old, *new), runs, strict=True)]
            said: dict[str, Any] = {"old": tuple(came[: len(old)]), "new": tuple(came[len(old) :])}
            yield Flaky(kind=kind, call=place[0], index=place[1], **said)


def _came_to(kind: str, place: Where, record: Record, run: Mapping[Any, Any]) -> Any:
    """What a run came to at a place; None where it has nothing there, or where that is no single word."""
    if place[0] is None:
        return {"run_state": record.state, "attempts": record.attempts}.get(kind)
    if kind == "repeated":
        return sum((call.id, call.index) == place for call in record.calls)
    return getattr(run.get(place), kind, None)
