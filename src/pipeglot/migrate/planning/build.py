"""A migration plan made: rows, verdict, what people have to do, and the way there and back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from pipeglot.backends.base import Ability
from pipeglot.backends.operation import Deployed
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError
from pipeglot.core.ir import At, Pipeline
from pipeglot.core.shape import inline
from pipeglot.core.version import __version__
from pipeglot.engines.native import Native
from pipeglot.migrate.declaring import partners
from pipeglot.migrate.matching import TaskMap
from pipeglot.migrate.native import NativeSide
from pipeglot.migrate.planning import switch
from pipeglot.migrate.planning.manual import calls, manual, place
from pipeglot.migrate.planning.model import (
    Blocker,
    Condition,
    MigrationPlan,
    NotJudged,
    PlanSide,
    Row,
    Said,
    SourcePlace,
    Trait,
    Verdict,
)
from pipeglot.migrate.planning.rows import ABLE, PLACES, PlannedSide, rows
from pipeglot.migrate.planning.spelling import Speller
from pipeglot.migrate.planning.surroundings import Need, in_python, needs, package_of
from pipeglot.migrate.planning.traits import native_needs, traits
from pipeglot.migrate.runner import Runner
from pipeglot.migrate.sides import CompiledSide, side
from pipeglot.redact.masks import Redactor


def make_plan(
    pipeline: Pipeline,
    old: str,
    new: str,
    *,
    source: str = "SOURCE",
    old_python: Path | None = None,
    mapping: TaskMap | None = None,
) -> MigrationPlan:
    """MigrationPlan the migration of a valid pipeline; nothing is run. Native code is loaded by its engine, to be read.

    Args:
        pipeline: the pipeline; it may hold Includes.
        old: the side it is on: a target, `local`, `record:FILE`, or native code as `TARGET:FILE`.
        new: the target it is to move to.
        source: how the user names the pipeline, for the commands that the plan names.
        old_python: a Python that has the engine of native code; by default the environment pipeglot made.
        mapping: of native code, its map file (`pipeglot.migrate.matching.read_mapping`).

    Raises:
        AuthoringError: PG377 when `new` is no target; PG378 when both are the same; PG360 when `old` cannot be read.
        CompileError: PG201 for an unknown target.
    """
    before, after = side(old, python=old_python, mapping=mapping), side(new)
    if not isinstance(after, CompiledSide):
        message = f"a plan is for a target that the pipeline is compiled for, and {new!r} is none"
        raise AuthoringError([Diagnostic("PG377", "error", message, None, "name a target (`pipeglot targets`)")])
    if old == new:
        message = f"a plan from {old} to {new} moves nothing"
        raise AuthoringError([Diagnostic("PG378", "error", message, None, "name two different sides")])
    flat = inline(pipeline)
    there = PlannedSide(after.engine, Speller(after.engine, flat, pipeline))
    here = PlannedSide(
        before.engine, Speller(before.engine, flat, pipeline) if isinstance(before, CompiledSide) else None
    )
    found = rows(pipeline, here, there)
    assert there.speller is not None
    compiled = there.speller.whole
    willbe = switch.deployed(pipeline, compiled.name, compiled)
    read, unread = _read(before)
    has = traits(pipeline, read, partners(pipeline, read, before)) if read and isinstance(before, NativeSide) else []
    conditions = [
        *_unread(old, unread),
        *_left_behind(has),
        *_conditions(found, here.engine, new),
        *_hidden(flat, found, willbe, new),
    ]
    blockers = list(_blockers(found, pipeline.at))
    verdict: Verdict = "stay" if blockers else "migrate with conditions" if conditions else "migrate"
    was = switch.deployed(
        pipeline,
        here.speller.whole.name if here.speller else _native_name(before) or pipeline.name,
        here.speller.whole if here.speller else None,
        before.file.name if isinstance(before, NativeSide) else "",
        read,
    )
    native = [*_native_needs(before), *(native_needs(read) if read else ())]
    plan = MigrationPlan(
        pipeline=pipeline.name,
        digest=pipeline.digest(),
        pipeglot=__version__,
        verdict=verdict,
        why=_why(verdict, conditions, blockers, old, new, left=sum(one.carried == "no" for one in has)),
        old=_plan_side(old, here, read),
        new=_plan_side(new, there),
        conditions=tuple(conditions),
        blockers=tuple(blockers),
        traits=tuple(has),
        rows=tuple(found),
        manual=tuple(manual(flat, here.engine, new, compiled, found, _once(native))),
        cut_over=() if blockers else tuple(switch.cut_over(here.engine, was, new, willbe)),
        rollback=() if blockers else tuple(switch.rollback(here.engine, was, new, willbe)),
        not_judged=(
            *_elsewhere(read, old),
            *_not_judged(flat, old, new, (here, there), source, conditions, bool(blockers)),
        ),
    )
    return Redactor.of(pipeline).model(plan)


def _read(runner: Runner) -> tuple[Native | None, str]:
    """What native code declares, or why it cannot be read."""
    if not isinstance(runner, NativeSide):
        return None, ""
    try:
        return runner.declares(), ""
    except EngineError as error:
        return None, f"{error.diagnostics[0].code} {error.diagnostics[0].message.splitlines()[0]}"


def _elsewhere(read: Native | None, old: str) -> Iterator[NotJudged]:
    """What no file of the old side says."""
    if read is not None and "schedules" in read.unknown:
        yield NotJudged(what=f"what starts runs of {old}: its server knows that alone, look there")
    for note in read.notes if read is not None else ():
        yield NotJudged(what=f"{old}: {note}")


def _once(needs: Sequence[Need]) -> list[Need]:
    return list({(need.kind, need.name): need for need in reversed(needs)}.values())[::-1]


def _unread(old: str, why: str) -> Iterator[Condition]:
    if why:
        message = f"what {old} has beside its tasks is not known, for it could not be read: {why}"
        way_out = "fix that, or look for sensors, callbacks, retries, schedules and limits in it by hand"
        yield Condition(code="", allow=False, message=message, help=way_out)


def _left_behind(has: Sequence[Trait]) -> Iterator[Condition]:
    """What the old side has and the pipeline has not, or may not have."""
    for one in has:
        if one.carried != "yes":
            value = f" {one.value}" if one.value else ""
            of = f" of {', '.join(one.tasks[:6])}{', ...' if len(one.tasks) > 6 else ''}" if one.tasks else ""
            fate = "is not carried over" if one.carried == "no" else "may not be carried over"
            message = f"{one.title}{value}{of} {fate}: {one.note}"
            yield Condition(code="", allow=False, message=message, help=one.help, places=one.places[:PLACES])


def _native_name(runner: Runner) -> str:
    return runner.name if isinstance(runner, NativeSide) else ""


def _native_needs(runner: Runner) -> list[Need]:
    if not isinstance(runner, NativeSide):
        return []
    try:
        text = runner.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    wanted = in_python(text, At(file=_shown(runner.file), line=1))
    return [need for need in wanted if not need.kind.startswith("import of ")]


def _shown(path: Path) -> str:
    """A file as the user sees it from where the command runs."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.name


def _plan_side(spec: str, one: PlannedSide, read: Native | None = None) -> PlanSide:
    if read is not None:
        note = f"native code, as {one.engine} {read.engine_version} has loaded it; not compiled here"
        return PlanSide(spec=spec, engine=one.engine, name=read.name, entry=read.file, note=note)
    if one.speller is None:
        notes = {"local": "the reference, which nothing is compiled for", "record": "a run that was made before"}
        note = notes.get(spec.partition(":")[0], "native code, which is not compiled here")
        return PlanSide(spec=spec, engine=one.engine, note=note)
    whole = one.speller.whole
    codes = ", ".join(dict.fromkeys(d.code for d in whole.diagnostics if d.severity == "error"))
    note = f"it refuses the pipeline ({codes}): there are no files of it" if codes else ""
    return PlanSide(
        spec=spec, engine=one.engine, name=whole.name, entry=whole.entry, files=tuple(whole.files), note=note
    )


# ---------------------------------------------------------------- verdict


def _said(found: Sequence[Row], *severities: str) -> dict[str, list[tuple[Row, Said]]]:
    """What the new side says, by code and message."""
    told: dict[str, list[tuple[Row, Said]]] = {}
    for row in found:
        for said in row.new.said:
            if said.severity in severities and not any(said == one for _, one in told.get(said.code, ())):
                told.setdefault(said.code, []).append((row, said))
    return told


def _where(told: Sequence[tuple[Row, Said]]) -> tuple[SourcePlace, ...]:
    places = [
        SourcePlace(file=said.file, line=said.line)
        for _, said in told
        if said.file is not None and said.line is not None
    ]
    return tuple(dict.fromkeys(places))[:PLACES] or told[0][0].places


def _conditions(found: Sequence[Row], old: str, new: str) -> Iterator[Condition]:
    told = _said(found, "loss", "warning")
    for code, each in sorted(told.items(), key=lambda pair: (pair[1][0][1].severity != "loss", pair[0])):
        said = each[0][1]
        yield Condition(
            code=code,
            allow=any(one.severity == "loss" for _, one in each),
            message=said.message,
            help=said.help,
            places=_where(each),
            count=sum(one.count for _, one in each),
        )
    spoken_of = {row.feature for row in found if any(said.severity != "note" for said in row.new.said)}
    for row in found:
        if row.old.how == "lost" and row.new.how in ABLE:
            message = f"{row.title} ({row.value}) takes effect on {new}, where {old} dropped it"
            yield Condition(code="", allow=False, message=message, places=row.places, count=row.uses)
        elif row.old.how == "altered" and row.new.how in ABLE:
            message = f"{row.title} ({row.value}) is as it is written on {new}, where {old} does otherwise"
            yield Condition(code="", allow=False, message=message, places=row.places, count=row.uses)
        elif row.field == "Pipeline.options" and any("gets nothing of it" in one for one in row.differences):
            message = f"{row.title} = {row.value} holds on {old} alone"
            yield Condition(code="", allow=False, message=message, places=row.places, count=row.uses)
        elif row.new.how == "lost" and row.feature not in spoken_of:
            message = f"{row.title} ({row.value}) is lost on {new}: {row.new.by}"
            yield Condition(code="", allow=False, message=message, places=row.places, count=row.uses)


def _hidden(flat: Pipeline, found: Sequence[Row], it: Deployed, new: str) -> Iterator[Condition]:
    """What no diagnostic of a target speaks of: runs made for the past, and code that needs another engine."""
    for row in found:
        if row.field == "Schedule.catch_up" and it.catches_up and row.new.how in ABLE:
            yield Condition(code="", allow=False, message=switch.missed(new, it), places=row.places)
    for need in needs(flat):
        package = need.kind.removeprefix("import of ")
        if package != need.kind and package != package_of(new):
            message = f"a step imports {need.name}: {package} is not where {new} runs steps"
            yield Condition(code="", allow=False, message=message, places=place(need.at))


def _blockers(found: Sequence[Row], top: At | None) -> Iterator[Blocker]:
    """What is refused: where the finding points, or, where that is the pipeline as a whole, where the attribute is."""
    for code, each in _said(found, "error").items():
        for message in dict.fromkeys(said.message for _, said in each):
            alike = [(row, said) for row, said in each if said.message == message]
            row, said = alike[0]
            general = top is None or (said.file, said.line) == (top.file, top.line)
            yield Blocker(
                code=code,
                message=message,
                reason=row.new.by if _unable(row) else "",
                help=said.help or f"stay, or write it without: {row.title}",
                places=row.places if general and row.places else _where(alike),
                count=sum(one.count for _, one in alike),
            )


def _unable(row: Row) -> bool:
    """Whether the new side's own table says that it cannot do what the row is about."""
    return row.new.by.partition(":")[0] in get_args(Ability)


def _why(
    verdict: Verdict, conditions: Sequence[Condition], blockers: Sequence[Blocker], old: str, new: str, left: int = 0
) -> str:
    if verdict == "stay":
        return f"{new} refuses {len(blockers)} thing{'s' * (len(blockers) > 1)} that the pipeline uses: stay on {old}, or change them"
    if verdict == "migrate":
        return f"{new} does everything that the pipeline uses, itself or by generated code, and nothing is lost"
    behind = f", {left} of them what {old} has and the pipeline does not" if left else ""
    return (
        f"{new} does what the pipeline uses, with {len(conditions)} difference{'s' * (len(conditions) > 1)} to accept"
        f"{behind}"
    )


def _not_judged(
    flat: Pipeline,
    old: str,
    new: str,
    both: tuple[PlannedSide, PlannedSide],
    source: str,
    conditions: Sequence[Condition],
    refused: bool,
) -> Iterator[NotJudged]:
    allow = "".join(f" --allow {one.code}" for one in conditions if one.allow)
    sides = f"{shlex.quote(source)} --old {shlex.quote(old)} --new {shlex.quote(new)}"
    external = any(call.policy.effects and call.policy.effects.kind == "external" for call in calls(flat))
    dry = f"pipeglot migrate dry-run {sides}{allow}" + (" --effects stub" if external and ":" not in old else "")
    again = "" if not refused else ", nor can it be before the above is changed"
    yield NotJudged(what=f"whether both sides do the same: nothing was run{again}", command="" if refused else dry)
    if ":" not in old and not refused:
        yield NotJudged(what="what a failing call does on each side", command=f"{dry} --inject all")
    if flat.schedule is not None and not old.startswith("record:") and not refused:
        yield NotJudged(
            what="when each side starts runs, as its engine counts", command=f"pipeglot migrate schedule {sides}"
        )
    here = both[0]
    if here.speller is None and old != "local":
        yield NotJudged(what=f"how {old} is written now: its code was not compared with the pipeline line by line")
    for each in both:
        if each.speller is not None and each.speller.whole.files and not each.speller.whole.origins:
            yield NotJudged(
                what=f"how {each.engine} spells things: the target does not say what its lines are there for"
            )
    if here.speller is not None and not here.speller.whole.files:
        yield NotJudged(what=f"how the old side spells things: {old} refuses the pipeline too")
    yield NotJudged(what="how long it takes, and what it costs")
    yield NotJudged(what="run history, and what steps keep between runs: they stay where they are")
