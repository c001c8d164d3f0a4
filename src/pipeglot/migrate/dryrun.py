"""A migration dry-run: the old and the new side run in parallel, their records compared, a verdict."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from pipeglot.backends.execute import Event
from pipeglot.core import secrets
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.params import resolve_params
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.migrate.compare import compare
from pipeglot.migrate.folders import Folders, neutral, shared
from pipeglot.migrate.ignore import Rules
from pipeglot.migrate.judge import Left, SideName, judge
from pipeglot.migrate.model import DryRun, Injected, Seen, Side
from pipeglot.migrate.plans import EffectsMode, Scenario, external, refused, replay, scenarios, stubbed
from pipeglot.migrate.secrets import Masks
from pipeglot.migrate.sides import RecordedSide, Runner, Task, housed, sources
from pipeglot.migrate.standin import Plan, played, unexpected, with_standins


@dataclass(frozen=True)
class Choices:
    """How a dry-run is made.

    Attributes:
        repeat: how often each side runs. What differs between two runs of the old side does not count; what differs
            between two runs of the new side alone is a difference.
        rules: for differences that are known and do not count, and for how tables and files are compared.
        tolerance: how far apart two floats may be, relative to the larger.
        allow: codes of losses that are accepted on either side.
        effects: what happens with calls that have external effects: `refuse` to run, `stub` answers in their place,
            `run` does them, on every side and in every run.
        replay: a record that every step answers from, so that no step code runs.
        inject: failures to make on purpose on both sides: `all`, `sample:N` or the id of a call.
        env: environment variables of the steps on both sides, beside those of this process. Each side has a HOME of
            its own and each run an ARTIFACT_ROOT for its files, empty and removed afterwards, unless given here.
    """

    repeat: int = 1
    rules: Rules = field(default_factory=Rules)
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
        params: parameters of the run, by name; the same on both sides. Others are those of a given record.
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
    given = {**_recorded_params(old, new, chosen.replay), **(params or {})}
    resolved = resolve_params(pipeline, given)
    plan = _plan(pipeline, (old, new), chosen)
    task = Task(pipeline, params=given, logical_date=when, path=path, env=chosen.env, allow=chosen.allow)
    masks = Masks.of(pipeline, chosen.env)
    if not (isinstance(old, RecordedSide) and isinstance(new, RecordedSide)):
        secrets.values(with_standins(pipeline, plan) if plan else pipeline, chosen.env)  # all are there
    # What the runs leave behind stays until it is compared.
    with masks.over_errors(), TemporaryDirectory(prefix="pipeglot-", ignore_cleanup_errors=True) as folder:
        pair = _Pair(old, new, masks, on_event, stop or threading.Event(), Path(folder).resolve())
        sides, folders = pair.run([_Play(task, plan)] * chosen.repeat, _described(old, task), _described(new, task))
        injected: list[Injected] = []
        if chosen.inject and sides[0].record and sides[1].record:
            made = scenarios(pipeline, sides[0].record, chosen.inject)
            injected, sides = _inject(pair, task, made, sides, chosen)
        return judge(
            pipeline,
            *sides,
            params=resolved,
            logical_date=when,
            started=started,
            rules=chosen.rules,
            tolerance=chosen.tolerance,
            folders=folders,
            injected=injected,
            unexpected=pair.unexpected,
            gaps=[*old.not_compared(), *new.not_compared(), *shared(chosen.env)],
            masks=masks,
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
    masks: Masks
    on_event: Callable[[SideName, Event], None] | None
    stop: threading.Event
    folder: Path
    unexpected: list[tuple[SideName, dict[str, Any]]] = field(default_factory=list)

    def run(self, plays: Sequence[_Play], old: Side, new: Side) -> tuple[tuple[Side, Side], tuple[Left, Left]]:
        """Every play on both sides, and where each run's files are. What had ended when this process is interrupted is
        kept."""
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
        return (first[0], second[0]), (first[1], second[1])

    def _side(self, name: SideName, runner: Runner, plays: Sequence[_Play], known: Side) -> tuple[Side, Left]:
        seen: dict[tuple[object, ...], Seen] = {}

        def listen(event: Event) -> None:
            task, index, state = event["task"], event["index"], event["state"]
            seen[event["job"], task, index] = Seen(task=task, index=index, state=state, attempt=event["attempt"] or 0)
            if self.on_event is not None:
                self.on_event(name, {**event, "task": self.masks.name(task)})

        if isinstance(runner, RecordedSide):
            plays = plays[:1]
        own = Path(mkdtemp(prefix=f"{name}-", dir=self.folder))
        with ExitStack() as stack:
            tasks, folders = [], []
            left: list[Folders | None] = []
            for number, play in enumerate(plays):
                task, mine = housed(runner, play.task, own, number)
                left.append(mine)
                if play.plan is not None:
                    env = stack.enter_context(played(play.plan))
                    folders += [Path(folder) for folder in env.values()]
                    task = replace(task, pipeline=with_standins(task.pipeline, play.plan), env={**task.env, **env})
                tasks.append(task)
            try:
                records = runner.run(tasks, listen, self.stop)
            except PipeglotError as error:
                problems = tuple(f"{d.code} {d.message}" for d in error.diagnostics)
                return known.model_copy(update={"problems": problems, "seen": tuple(seen.values())}), ()
            self.unexpected += [(name, one) for folder in folders for one in unexpected(folder)]
        told = tuple(one if mine is None else neutral(one, mine) for one, mine in zip(records, left, strict=False))
        return known.model_copy(update={"records": told, "engine_version": told[0].engine_version}), left


def _inject(
    pair: _Pair, task: Task, made: Sequence[Scenario], sides: tuple[Side, Side], chosen: Choices
) -> tuple[list[Injected], tuple[Side, Side]]:
    """Every scenario on both sides, compared. A side that breaks off meanwhile makes the whole inconclusive."""
    if not made or isinstance(pair.old, RecordedSide) or isinstance(pair.new, RecordedSide):
        return [], sides
    blank = [side.model_copy(update={"records": ()}) for side in sides]
    (old, new), left = pair.run([_Play(task, scenario.plan) for scenario in made], *blank)
    if not old.records or not new.records:
        return [], (
            sides[0].model_copy(update={"problems": old.problems}),
            sides[1].model_copy(update={"problems": new.problems}),
        )
    flat = inline(task.pipeline)
    results = []
    for scenario, a, b, *folders in zip(made, old.records, new.records, *left, strict=True):
        found = compare(
            a,
            b,
            flat,
            tolerance=chosen.tolerance,
            rules=chosen.rules,
            folders=(folders[0], folders[1]),
            hide=pair.masks.text,
        )
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


def _described(runner: Runner, task: Task) -> Side:
    compiled = runner.files(task.pipeline, task.allow)
    if compiled is None:
        return Side(spec=runner.spec, engine=runner.engine)
    notes = tuple(f"{d.code} {d.message}" for d in compiled.diagnostics)
    return Side(
        spec=runner.spec,
        engine=runner.engine,
        files=tuple(compiled.files),
        sources=sources(compiled, inline(task.pipeline)),
        notes=notes,
    )


def _recorded_date(old: Runner, new: Runner, replayed: Record | None) -> datetime | None:
    """The logical date of a run that was made before: the others run for the same."""
    records = [runner.recorded for runner in (old, new) if isinstance(runner, RecordedSide)]
    for record in [*records, *([replayed] if replayed else [])]:
        if record.logical_date:
            return datetime.fromisoformat(record.logical_date.replace("Z", "+00:00"))
    return None


def _recorded_params(old: Runner, new: Runner, replayed: Record | None) -> Mapping[str, Any]:
    """The params of a run that was made before."""
    records = [runner.recorded for runner in (old, new) if isinstance(runner, RecordedSide)]
    return next((record.params for record in [*records, *([replayed] if replayed else [])]), {})
