"""A migration dry-run: the old and the new side run in parallel, their records compared, a verdict."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

from pipeglot import __version__
from pipeglot.backends.execute import Event
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.params import resolve_params
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.migrate.compare import compare
from pipeglot.migrate.ignore import Rule, ignored
from pipeglot.migrate.model import Difference, DryRun, Injected, Masked, NotCompared, Side, Verdict, graph
from pipeglot.migrate.noise import noise
from pipeglot.migrate.plans import EffectsMode, Scenario, external, refused, replay, scenarios, stubbed
from pipeglot.migrate.secrets import masked_secrets
from pipeglot.migrate.sides import RecordedSide, Runner, Task, sources
from pipeglot.migrate.standin import Plan, played, unexpected, with_standins

SideName: TypeAlias = Literal["old", "new"]


@dataclass(frozen=True)
class Choices:
    """How a dry-run is made.

    Attributes:
        repeat: how often each side runs. What differs between two runs of the old side does not count; what differs
            between two runs of the new side alone is a difference.
        ignore: rules for differences that are known and do not count.
        tolerance: how far apart two floats may be, relative to the larger.
        allow: codes of losses that are accepted on either side.
        effects: what happens with calls that have external effects: `refuse` to run, `stub` answers in their place,
            `run` does them, on every side and in every run.
        replay: a record that every step answers from, so that no step code runs.
        inject: failures to make on purpose on both sides: `all`, `sample:N` or the id of a call.
        env: environment variables of the steps on both sides, beside those of this process. Each side has a HOME of
            its own, empty and removed afterwards, unless one is given here.
    """

    repeat: int = 1
    ignore: Sequence[Rule] = ()
    tolerance: float = 1e-9
    allow: Sequence[str] = ()
    effects: EffectsMode = "refuse"
    replay: Record | None = None
    inject: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


def dry_run(
    pipeline: Pipeline,
    old: Runner,
    new: Runner,
    choices: Choices | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    logical_date: datetime | None = None,
    path: Sequence[Path] = (),
    on_event: Callable[[SideName, Event], None] | None = None,
    stop: threading.Event | None = None,
) -> DryRun:
    """Run both sides at the same time, each in a sandbox of its own, and compare what they did.

    Args:
        pipeline: a valid pipeline.
        old: the side that is right by definition.
        new: the side that is examined.
        choices: how it is made.
        params: parameters of the run, by name; the same on both sides.
        logical_date: aware instant; by default that of a given record or now, the same on both sides.
        path: folders the steps import from.
        on_event: called with the side and what happens on it, from that side's thread.
        stop: ends both sides when it is set.

    Returns:
        The dry-run, `inconclusive` when a side could not run, was stopped, or this process was interrupted.

    Raises:
        AuthoringError: the params do not fit; PG362 for external effects, PG363 for an unknown failure to make.
        CompileError: a target refuses the pipeline.
    """
    started = datetime.now(timezone.utc)
    chosen = choices or Choices()
    when = (logical_date or _recorded_date(old, new, chosen.replay) or started).replace(microsecond=0)
    given = dict(params or (chosen.replay.params if chosen.replay else {}))
    resolved = resolve_params(pipeline, given)
    plan = _plan(pipeline, (old, new), chosen)
    pair = _Pair(old, new, on_event, stop or threading.Event())
    task = Task(pipeline, params=given, logical_date=when, path=path, env=chosen.env, allow=chosen.allow)
    sides = pair.run([_Play(task, plan)] * chosen.repeat, _described(old, task), _described(new, task))
    injected: list[Injected] = []
    if chosen.inject and sides[0].record and sides[1].record:
        made = scenarios(pipeline, sides[0].record, chosen.inject)
        injected, sides = _inject(pair, task, made, sides, chosen.tolerance)
    return judge(
        pipeline,
        *sides,
        params=resolved,
        logical_date=when,
        started=started,
        ignore=chosen.ignore,
        tolerance=chosen.tolerance,
        injected=injected,
        unexpected=pair.unexpected,
        gaps=[*old.not_compared(), *new.not_compared()],
    )


def _plan(pipeline: Pipeline, runners: Iterable[Runner], chosen: Choices) -> Plan | None:
    """What the steps do instead of their own code, if anything."""
    if chosen.replay is not None:
        return replay(pipeline, chosen.replay)
    if chosen.effects == "run" or not external(pipeline):
        return None
    recorded = next((runner.recorded for runner in runners if isinstance(runner, RecordedSide)), None)
    if chosen.effects == "stub":
        return stubbed(pipeline, recorded)
    raise refused(pipeline)


@dataclass(frozen=True)
class _Play:
    """One run: the task, and what its steps do instead of their own code."""

    task: Task
    plan: Plan | None = None


@dataclass
class _Pair:
    """Both sides, run at the same time."""

    old: Runner
    new: Runner
    on_event: Callable[[SideName, Event], None] | None
    stop: threading.Event
    unexpected: list[tuple[SideName, dict[str, Any]]] = field(default_factory=list)

    def run(self, plays: Sequence[_Play], old: Side, new: Side) -> tuple[Side, Side]:
        """Every play on both sides. What had ended when this process is interrupted is kept."""
        with ThreadPoolExecutor(2, thread_name_prefix="side") as pool:
            futures = [
                pool.submit(self._side, "old", self.old, plays, old),
                pool.submit(self._side, "new", self.new, plays, new),
            ]
            try:
                wait(futures)
            except KeyboardInterrupt:
                self.stop.set()
            first, second = (future.result() for future in futures)
        return first, second

    def _side(self, name: SideName, runner: Runner, plays: Sequence[_Play], known: Side) -> Side:
        def listen(event: Event) -> None:
            if self.on_event is not None:
                self.on_event(name, event)

        if isinstance(runner, RecordedSide):
            plays = plays[:1]
        with ExitStack() as stack:
            home = stack.enter_context(TemporaryDirectory(prefix="pipeglot-"))
            tasks, folders = [], []
            for play in plays:
                task = replace(play.task, env={"HOME": home, **play.task.env})
                if play.plan is not None:
                    env = stack.enter_context(played(play.plan))
                    folders += [Path(folder) for folder in env.values()]
                    task = replace(task, pipeline=with_standins(task.pipeline, play.plan), env={**task.env, **env})
                tasks.append(task)
            try:
                records = runner.run(tasks, listen, self.stop)
            except PipeglotError as error:
                problems = tuple(f"{d.code} {d.message}" for d in error.diagnostics)
                return known.model_copy(update={"problems": problems})
            self.unexpected += [(name, one) for folder in folders for one in unexpected(folder)]
        return known.model_copy(update={"records": tuple(records), "engine_version": records[0].engine_version})


def _inject(
    pair: _Pair, task: Task, made: Sequence[Scenario], sides: tuple[Side, Side], tolerance: float
) -> tuple[list[Injected], tuple[Side, Side]]:
    """Every scenario on both sides, compared. A side that breaks off meanwhile makes the whole inconclusive."""
    if not made or isinstance(pair.old, RecordedSide) or isinstance(pair.new, RecordedSide):
        return [], sides
    blank = [side.model_copy(update={"records": ()}) for side in sides]
    old, new = pair.run([_Play(task, scenario.plan) for scenario in made], *blank)
    if not old.records or not new.records:
        return [], (
            sides[0].model_copy(update={"problems": old.problems}),
            sides[1].model_copy(update={"problems": new.problems}),
        )
    flat = inline(task.pipeline)
    results = []
    for scenario, a, b in zip(made, old.records, new.records, strict=True):
        found = compare(a, b, flat, tolerance=tolerance)
        results.append(
            Injected(
                name=scenario.name,
                call=scenario.call,
                index=scenario.index,
                failures=scenario.failures,
                differences=tuple(found),
            )
        )
    return results, sides


def judge(
    pipeline: Pipeline,
    old: Side,
    new: Side,
    *,
    params: Mapping[str, Any],
    logical_date: datetime,
    started: datetime,
    ignore: Sequence[Rule] = (),
    tolerance: float = 1e-9,
    injected: Sequence[Injected] = (),
    unexpected: Sequence[tuple[SideName, dict[str, Any]]] = (),
    gaps: Sequence[NotCompared] = (),
) -> DryRun:
    """The dry-run that two sides' records make: what differs, what was masked, what was not compared."""
    flat = inline(pipeline)
    counted: list[Difference] = []
    masks: list[Masked] = []
    if old.record is not None and new.record is not None:
        found = compare(old.record, new.record, flat, tolerance=tolerance)
        found, noisy = noise(found, old.records, tolerance=tolerance)
        unsteady, known = noise(_unsteady(new.records, tolerance), old.records, tolerance=tolerance)
        masks += [*noisy, *known]
        asked = [_asked(name, one) for name, one in unexpected]
        counted, ignorable = ignored([*found, *unsteady, *asked], ignore, today=started.date())
        masks += ignorable
    verdict, why = _verdict(old, new, counted, injected)
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
        differences=tuple(counted),
        masked=tuple(masks),
        not_compared=(*gaps, *_not_compared(old, new)),
        injected=tuple(injected),
        graph=graph(pipeline),
    )
    return masked_secrets(result)


def _asked(name: SideName, one: Mapping[str, Any]) -> Difference:
    """A replayed call that was given something else than in the record."""
    if name == "old":
        return Difference(kind="input", call=one["call"], old=one["given"], absent="new")
    return Difference(kind="input", call=one["call"], new=one["given"], absent="old")


def _described(runner: Runner, task: Task) -> Side:
    compiled = runner.files(task.pipeline, task.allow)
    if compiled is None:
        return Side(spec=runner.spec, engine=runner.engine)
    notes = tuple(f"{d.code} {d.message}" for d in compiled.diagnostics)
    return Side(
        spec=runner.spec,
        engine=runner.engine,
        files=tuple(compiled.files),
        sources=sources(compiled),
        notes=notes,
    )


def _recorded_date(old: Runner, new: Runner, replayed: Record | None) -> datetime | None:
    """The logical date of a run that was made before: the others run for the same."""
    records = [runner.recorded for runner in (old, new) if isinstance(runner, RecordedSide)]
    for record in [*records, *([replayed] if replayed else [])]:
        if record.logical_date:
            return datetime.fromisoformat(record.logical_date.replace("Z", "+00:00"))
    return None


def _unsteady(records: Sequence[Record], tolerance: float) -> list[Difference]:
    """What differs between runs of the new side."""
    found: dict[tuple[object, ...], Difference] = {}
    for other in records[1:]:
        for one in compare(records[0], other, tolerance=tolerance):
            found.setdefault(one.where, one)
    return [one.model_copy(update={"between": "new and new"}) for one in found.values()]


def _verdict(old: Side, new: Side, counted: Sequence[Difference], injected: Sequence[Injected]) -> tuple[Verdict, str]:
    for name, side in (("old", old), ("new", new)):
        if side.record is None or side.problems:
            return "inconclusive", f"the {name} side ({side.spec}) could not be run: {'; '.join(side.problems)}"
        if any(record.state == "cancelled" for record in side.records):
            return "inconclusive", f"the {name} side ({side.spec}) was cut short"
    astray = [one for one in injected if one.differences]
    said = []
    if counted:
        said.append(f"{len(counted)} difference" + ("s" if len(counted) > 1 else ""))
    if astray:
        said.append(f"{len(astray)} of {len(injected)} failures made on purpose spread differently")
    if said:
        return "diverged", "; ".join(said)
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
        what="effects outside the pipeline", why="files, tables and services that steps write are not read"
    )
    yield NotCompared(what="schedules", why="a dry-run is one run at one logical date")
    for name, side in (("old", old), ("new", new)):
        if side.record is None:
            continue
        derived = [_named(call.id, call.index) for call in side.record.calls if not call.observed]
        if derived:
            why = f"{side.engine} leaves no trace of a call that never started: derived from the calls around it"
            yield NotCompared(what=f"states on the {name} side by observation", why=why, calls=tuple(derived))
        silent = [
            _named(call.id, call.index)
            for call in side.record.calls
            if call.state == "succeeded" and "output" not in call.model_fields_set
        ]
        if silent:
            yield NotCompared(
                what=f"outputs on the {name} side", why=f"{side.engine} did not keep them", calls=tuple(silent)
            )


def _named(id: str, index: Sequence[int]) -> str:
    return id + "".join(f"[{number}]" for number in index)


__all__ = ["dry_run", "judge"]
