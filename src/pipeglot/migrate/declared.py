"""What both sides of a migration declare, compared without running anything: policies of calls, params, and what starts
runs. What only has a meaning when something else is so is compared only then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import islice, pairwise
from typing import Any

from pydantic import ValidationError

from pipeglot.compare.weight import Declared
from pipeglot.core.ir import Cron, Interval, Pipeline, Schedule
from pipeglot.core.shape import Shape, inline
from pipeglot.core.ticks import ticks
from pipeglot.core.types import same
from pipeglot.engines.native import Native, NativeSchedule
from pipeglot.migrate.declarations import Fact, Partners, SideDeclarations, of_native, of_pipeline, words

_SAMPLE = 300
"""Ticks that are compared where two schedules are spelled differently, in winter and in summer."""


def declared(
    pipeline: Pipeline,
    old: tuple[Native, Partners] | None = None,
    new: tuple[Native, Partners] | None = None,
    *,
    now: datetime | None = None,
) -> tuple[Declared, ...]:
    """What both sides declare, side by side; None stands for the pipeline itself.

    Args:
        pipeline: the pipeline.
        old: the old side's native code, and which calls its tasks stand for.
        new: the same of the new side.
        now: an aware instant; what started before it, and is not caught up on, is past.
    """
    before, after = (of_pipeline(pipeline) if side is None else of_native(*side) for side in (old, new))
    for side, facts in ((old, before), (new, after)):
        if side is not None and side[0].compiled:
            _bounded_otherwise(pipeline, facts)
    engines = ["the language" if side is None else side[0].engine for side in (old, new)]
    found = [
        *_run(before, after, now or datetime.now(timezone.utc)),
        *_params(before, after),
        *_calls(before, after),
        *_alone(before, after, engines),
    ]
    return tuple(found)


def _bounded_otherwise(pipeline: Pipeline, facts: SideDeclarations) -> None:
    """In files of our own the bounds of loops in loops are kept by other means, or closer than need be."""
    shape = Shape(inline(pipeline))
    loops = {call.id: shape.loops(call.id) for call in shape.calls}
    nested = {loop for inside in loops.values() if len(inside) > 1 for loop in inside}
    for id, inside in loops.items():
        if id in facts.calls and nested & set(inside):
            note = "the bound of a loop in a loop is kept by other means there"
            facts.calls[id]["max_parallel"] = Fact(said=False, known=False, note=note)


# ---------------------------------------------------------------- calls


def _calls(old: SideDeclarations, new: SideDeclarations) -> Iterator[Declared]:
    for id in [id for id in new.calls if id in old.calls]:
        left, right = old.calls[id], new.calls[id]
        for name in right:
            if name == "retry_delay":
                yield from _delays(id, left, right)
            else:
                yield from _compared(name, left[name], right[name], call=id)


def _delays(id: str, left: dict[str, Fact], right: dict[str, Fact]) -> Iterator[Declared]:
    """The seconds before each retry that both sides make."""
    before, after = left["retry_delay"], right["retry_delay"]
    if not before.known or not after.known:
        return  # said of the retries themselves
    pairs = list(zip(before.value, after.value, strict=False))
    if pairs and any(pair[0] or pair[1] for pair in pairs):
        # The language counts whole seconds.
        agree = all(abs(a - b) < 1 for a, b in pairs)
        yield Declared(
            call=id,
            task=before.task or after.task,
            name="retry_delay",
            old=_short([a for a, _ in pairs]),
            new=_short([b for _, b in pairs]),
            verdict="agree" if agree else "differ",
            note="; ".join(filter(None, ("seconds before each retry", before.note or after.note))),
        )


def _short(waits: Sequence[float]) -> Any:
    """One number where all are the same."""
    whole = [int(wait) if wait == int(wait) else wait for wait in waits]
    return whole[0] if len(set(whole)) == 1 else whole


def _compared(name: str, old: Fact, new: Fact, *, call: str | None = None) -> Iterator[Declared]:
    if not old.said and not new.said:
        return
    task = old.task or new.task
    notes = "; ".join(filter(None, (old.note, new.note)))
    if not old.known or not new.known:
        why = notes or f"the {'new' if old.known else 'old'} side's own code or server decides on it, which is not read"
        told = [fact.value if fact.known else None for fact in (old, new)]
        yield Declared(call=call, task=task, name=name, old=told[0], new=told[1], verdict="unknown", note=why)
        return
    verdict = "agree" if same(old.value, new.value) else "differ"
    if verdict == "differ" and not (old.said and new.said):
        silent = "new" if old.said else "old"
        notes = notes or f"the {silent} side says nothing of it"
    yield Declared(call=call, task=task, name=name, old=old.value, new=new.value, verdict=verdict, note=notes)  # type: ignore[arg-type]


# ---------------------------------------------------------------- params


def _params(old: SideDeclarations, new: SideDeclarations) -> Iterator[Declared]:
    """Defaults of the params that both sides have: others are given by another name, or not at all."""
    for name in [name for name in new.params if name in old.params]:
        left, right = old.params[name], new.params[name]
        if {left.note, right.note} == {"required", ""}:
            told = [None if fact.note else fact.value for fact in (left, right)]
            who = "old" if left.note else "new"
            note = f"the {who} side has no default: it has to be given there"
            # Whoever gives it on both sides sees no difference; the run did.
            yield Declared(name=f"params.{name}", old=told[0], new=told[1], verdict="unknown", note=note)
        elif not left.note:
            yield from _compared(f"params.{name}", left, right)


# ---------------------------------------------------------------- the run, and what starts it


def _run(old: SideDeclarations, new: SideDeclarations, now: datetime) -> Iterator[Declared]:
    yield from _schedules(old, new)
    if old.clocks and new.clocks:
        yield from _start(old, new, now)
        yield from _compared("catch_up", old.catch_up, new.catch_up)
    for name in new.run:
        yield from _compared(name, old.run[name], new.run[name])


def _schedules(old: SideDeclarations, new: SideDeclarations) -> Iterator[Declared]:
    if old.clocks is None or new.clocks is None:
        other = new.clocks if old.clocks is None else old.clocks
        if other:
            who = "old" if old.clocks is None else "new"
            told = (
                None if old.clocks is None else words(old.clocks),
                None if new.clocks is None else words(new.clocks),
            )
            note = f"no file of the {who} side says what starts its runs"
            yield Declared(name="schedule", old=told[0], new=told[1], verdict="unknown", note=note)
        return
    if not old.clocks and not new.clocks:
        return
    left, right = list(old.clocks), list(new.clocks)
    note = ""
    if len(left) == len(right):
        for one in left[:]:
            match = next((other for other in right if _alike(one, other)), None)
            if match is not None:
                left.remove(one)
                right.remove(match)
        note = "" if left or words(old.clocks) == words(new.clocks) else "spelled differently, with the same ticks"
    yield Declared(
        name="schedule",
        old=words(old.clocks),
        new=words(new.clocks),
        verdict="differ" if left or right else "agree",
        note=note,
    )


def _alike(one: NativeSchedule, other: NativeSchedule) -> bool:
    """Whether two schedules start runs at the same moments; where one is read in a time zone that nobody knows, in the same
    one. Where an interval counts from is compared as the start date."""
    if one.kind == other.kind == "interval":
        return one.seconds == other.seconds
    zone = one.timezone or other.timezone or "UTC"
    if one.kind == other.kind == "cron" and one.cron == other.cron and zone == (other.timezone or zone):
        return True
    spans = [datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2026, 7, 1, tzinfo=timezone.utc)]
    anchor = one.anchor or other.anchor
    for start in spans:
        first, second = (list(_ticks(each, zone, start, anchor)) for each in (one, other))
        if one.kind != other.kind and anchor is None:
            # An interval counts from whenever it is switched on.
            first, second = _steps(first), _steps(second)
        if not first or first != second:
            return False
    return True


def _ticks(one: NativeSchedule, zone: str, start: datetime, anchor: datetime | None) -> Iterator[Any]:
    try:
        if one.kind == "cron":
            timing: Cron | Interval = Cron(expression=one.cron or "", timezone=one.timezone or zone)
        else:
            timing = Interval(seconds=int(one.seconds or 0))
            anchor = anchor and anchor + ((start - anchor) // timedelta(seconds=timing.seconds)) * timedelta(
                seconds=timing.seconds
            )
        schedule = Schedule(timing=timing, start=anchor if one.kind == "interval" else None)
        yield from islice(ticks(schedule, start), _SAMPLE)
    except (ValidationError, ValueError, KeyError, LookupError):
        return


def _steps(moments: Sequence[datetime]) -> list[Any]:
    return [(b - a).total_seconds() for a, b in pairwise(moments)]


def _start(old: SideDeclarations, new: SideDeclarations, now: datetime) -> Iterator[Declared]:
    """The start dates, where they mean something: to catch up, to count an interval from, or to wait for."""
    if old.start.said and new.start.said and old.start.known and new.start.known:
        yield from _compared("start_date", *(_second(one) for one in (old.start, new.start)))
        return
    told = old.start if old.start.said else new.start
    catches_up = any(one.known and one.value for one in (old.catch_up, new.catch_up))
    counted = any(one.kind == "interval" for one in [*(old.clocks or ()), *(new.clocks or ())])
    ahead = told.said and told.value is not None and datetime.fromisoformat(told.value) > now
    if catches_up or counted or ahead:
        yield from _compared("start_date", old.start, new.start)


def _second(fact: Fact) -> Fact:
    at = datetime.fromisoformat(fact.value).astimezone(timezone.utc).replace(microsecond=0)
    return Fact(at.isoformat(), said=fact.said, known=fact.known)


# ---------------------------------------------------------------- what only one side has


def _alone(old: SideDeclarations, new: SideDeclarations, engines: Sequence[str]) -> Iterator[Declared]:
    """What has no counterpart in the language: on both sides where both are native code, else on one."""
    rest = list(new.alone)
    for call, task, name, fact in old.alone:
        twin = next((one for one in rest if one[0] == call and one[2] == name and same(one[3].value, fact.value)), None)
        if twin is not None:
            rest.remove(twin)
            yield Declared(call=call, task=task, name=name, old=fact.value, new=fact.value, verdict="agree")
        else:
            yield Declared(call=call, task=task, name=name, old=fact.value, verdict="unknown", note=_whose(engines[0]))
    for call, task, name, fact in rest:
        yield Declared(call=call, task=task, name=name, new=fact.value, verdict="unknown", note=_whose(engines[1]))


def _whose(engine: str) -> str:
    return f"{engine} alone has it: the language has nothing like it"
