"""What two sides' records say: the differences that count, those that do not, what was not compared, the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Any, Literal, TypeAlias

from pipeglot import __version__
from pipeglot.core.derive import arguments
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.migrate.artifacts import not_compared
from pipeglot.migrate.compare import compare
from pipeglot.migrate.drawing import graph
from pipeglot.migrate.folders import Folders
from pipeglot.migrate.ignore import Rules, ignored
from pipeglot.migrate.model import (
    Difference,
    DryRun,
    Given,
    Injected,
    Masked,
    NotCompared,
    Required,
    Side,
    Verdict,
)
from pipeglot.migrate.noise import noise
from pipeglot.migrate.secrets import Masks, told_apart
from pipeglot.migrate.weight import Declared

SideName: TypeAlias = Literal["old", "new"]
Left: TypeAlias = Sequence[Folders | None]
"""Where the files are that each run of a side left; None for a run that was made before."""


def judge(
    pipeline: Pipeline,
    old: Side,
    new: Side,
    *,
    params: Mapping[str, Any],
    logical_date: datetime,
    started: datetime,
    rules: Rules | None = None,
    tolerance: float = 1e-9,
    folders: tuple[Left, Left] = ((), ()),
    injected: Sequence[Injected] = (),
    asked: Sequence[Difference] = (),
    gaps: Sequence[NotCompared] = (),
    declared: Sequence[Declared] = (),
    required: Required = "outputs",
    masks: Masks | None = None,
) -> DryRun:
    """The dry-run that two sides' records make: what differs, what was masked, what was not compared. Records are compared
    as they are; in what is told of them there is nothing secret (`masks`, by default those of this process). Of what both
    sides have `declared`, each that differs is a difference; `asked` is what only one side's stand-ins were asked."""
    masks = masks or Masks.of(pipeline)
    flat = inline(pipeline)
    rules = rules or Rules()
    counted: list[Difference] = []
    masked: list[Masked] = []
    unread: dict[tuple[str, str], list[str]] = {}
    if old.record is not None and new.record is not None:
        between = partial(compare, tolerance=tolerance, rules=rules, gaps=unread, hide=masks.text)
        left = [[*some, *[None] * len(side.records)] for some, side in zip(folders, (old, new), strict=True)]
        again = _again(old.records, left[0], between)
        found = between(old.record, new.record, flat, folders=(left[0][0], left[1][0]))
        found, noisy = noise(found, again)
        unsteady, known = noise(_unsteady(_again(new.records, left[1], between)), again)
        masked += [*noisy, *known]
        said = [
            Difference(kind="declared", call=one.call, path=one.name, old=one.old, new=one.new)
            for one in declared
            if one.verdict == "differ"
        ]
        counted, ignorable = ignored([*found, *unsteady, *asked, *said], rules.ignore, today=started.date())
        masked += ignorable
        counted, unsure = told_apart(counted, masks)
        gaps = [*gaps, *_masked_in_records(unsure)]
    verdict, why = _verdict(old, new, counted, injected)
    old, new = (side.model_copy(update={"given": _given(flat, side.record)}) for side in (old, new))
    result = DryRun(
        pipeline=pipeline.name,
        digest=pipeline.digest(),
        pipeglot=__version__,
        verdict=verdict,
        why=why,
        params=dict(params),
        logical_date=logical_date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        started=started,
        ended=datetime.now(timezone.utc),
        old=old,
        new=new,
        required=required,
        differences=tuple(counted),
        masked=tuple(masked),
        not_compared=(*gaps, *not_compared(unread), *_not_compared(old, new)),
        declared=tuple(declared),
        injected=tuple(injected),
        graph=graph(pipeline),
    )
    return masks.model(result)


def _masked_in_records(found: Sequence[Difference]) -> Iterable[NotCompared]:
    if found:
        why = "a record holds no secret, so whether it was the same one cannot be said"
        calls = tuple(dict.fromkeys(_named(one.call, one.index) for one in found if one.call is not None))
        yield NotCompared(what="secrets in a record", why=why, calls=calls)


def _given(pipeline: Pipeline, record: Record | None) -> tuple[Given, ...]:
    found = {} if record is None else arguments(pipeline, record)
    return tuple(Given(call=id, index=index, args=args) for (id, index), args in found.items())


def _again(records: Sequence[Record], left: Left, between: Callable[..., list[Difference]]) -> list[list[Difference]]:
    """What differs between the first run of a side and each further one of it."""
    return [between(records[0], other, folders=(left[0], left[n])) for n, other in enumerate(records[1:], 1)]


def _unsteady(repeats: Sequence[Sequence[Difference]]) -> list[Difference]:
    """What differs between runs of the new side, each place once."""
    found = {one.where: one for repeat in reversed(repeats) for one in reversed(repeat)}
    return [one.model_copy(update={"between": "new and new"}) for one in reversed(found.values())]


def _verdict(old: Side, new: Side, counted: Sequence[Difference], injected: Sequence[Injected]) -> tuple[Verdict, str]:
    for name, side in (("old", old), ("new", new)):
        if side.record is None or side.problems:
            return "inconclusive", f"the {name} side ({side.spec}) could not be run: {'; '.join(side.problems)}"
        if any(record.state == "cancelled" for record in side.records):
            return "inconclusive", f"the {name} side ({side.spec}) was cut short"
    astray = [one for one in injected if one.differences]
    broken = [one for one in injected if one.problems]
    said = []
    if counted:
        said.append(f"{len(counted)} difference" + ("s" if len(counted) > 1 else ""))
    if astray:
        said.append(f"{len(astray)} of {len(injected)} failures made on purpose spread differently")
    if said:
        return "diverged", "; ".join(said)
    if broken:
        most = f"{len(broken)} of {len(injected)} failures made on purpose could not be compared"
        return "inconclusive", f"the runs agree, but {most}: {broken[0].name}: {broken[0].problems[0]}"
    assert old.record is not None
    runs = f"{_times(len(old.records))} of the old side and {_times(len(new.records))} of the new one"
    failures = f", and {len(injected)} failures made on purpose spread alike" if injected else ""
    return "equivalent", f"all {len(old.record.calls)} call instances agree, in {runs}{failures}"


def _times(count: int) -> str:
    return "one run" if count == 1 else f"{count} runs"


def _not_compared(old: Side, new: Side) -> Iterable[NotCompared]:
    yield NotCompared(what="durations", why="shown, never judged: two engines never take the same time")
    yield NotCompared(
        what="error types and messages", why="engines wrap them; shown beside the states, which are judged"
    )
    yield NotCompared(what="run ids", why="every engine makes its own")
    yield NotCompared(
        what="effects outside the pipeline",
        why="services and tables that steps write, and files that no output names, are not read",
    )
    yield NotCompared(
        what="schedules", why="a dry-run is one run at one logical date; `pipeglot migrate schedule` compares them"
    )
    for name, side in (("old", old), ("new", new)):
        if side.record is None:
            continue
        derived = [_named(call.id, call.index) for call in side.record.calls if not call.observed]
        if derived:
            why = f"{side.engine} leaves no trace of a call that never started: derived from the calls around it"
            yield NotCompared(what=f"states on the {name} side by observation", why=why, calls=tuple(derived))
        silent = [_named(call.id, call.index) for call in side.record.calls if not call.output_known]
        if silent:
            yield NotCompared(
                what=f"outputs on the {name} side", why=f"{side.engine} did not keep them", calls=tuple(silent)
            )
        if not side.record.result_known:
            why = f"it is made of outputs that {side.engine} did not keep"
            yield NotCompared(what=f"the result on the {name} side", why=why)


def _named(id: str, index: Sequence[int]) -> str:
    return id + "".join(f"[{number}]" for number in index)
