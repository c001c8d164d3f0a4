"""A migration dry-run: the old and the new side run in parallel, their records compared, a verdict."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeglot.compare.folders import shared
from pipeglot.compare.ignore import Rules
from pipeglot.compare.judge import SideName, judge
from pipeglot.compare.model import Difference, Injected, NotCompared, Report, Required, Side
from pipeglot.core import secrets
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.params import resolve_params
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.engines.process import Event
from pipeglot.migrate.declaring import reading
from pipeglot.migrate.injection import inject
from pipeglot.migrate.native import NativeSide
from pipeglot.migrate.pair import Pair, Play, Runs
from pipeglot.migrate.runner import Runner, RunRequest
from pipeglot.migrate.scenarios import (
    EffectsMode,
    external,
    injectable,
    refused,
    replay,
    stubbed,
    twins,
)
from pipeglot.migrate.sides import LocalSide, RecordedSide, sources
from pipeglot.migrate.source_code import authored, native
from pipeglot.migrate.stub import StubPlan, with_stubs
from pipeglot.migrate.unanswered import apart, made_up
from pipeglot.redact.masks import Redactor


@dataclass(frozen=True)
class DryRunOptions:
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
        required: what must have been compared for an *equivalent*: `outputs`, so that two sides of which no output was
            compared are `inconclusive`, or `states`.
        inject: failures to inject on both sides: `all`, `sample:N` or the id of a call.
        env: environment variables of the steps on both sides, beside those of this process. Each side has a HOME of
            its own and each run an ARTIFACT_ROOT for its files, empty and removed afterwards, unless given here.
    """

    repeat: int = 1
    rules: Rules = field(default_factory=Rules)
    tolerance: float = 1e-9
    allow: Sequence[str] = ()
    effects: EffectsMode = "refuse"
    replay: Record | None = None
    required: Required = "outputs"
    inject: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


def dry_run(
    pipeline: Pipeline,
    old: Runner,
    new: Runner,
    choices: DryRunOptions | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    logical_date: datetime | None = None,
    path: Sequence[Path] = (),
    on_event: Callable[[SideName, Event], None] | None = None,
    stop: threading.Event | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Report:
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
        meanwhile: called once when both sides have begun: what the caller does anyway and needs no result for.

    Returns:
        The dry-run, `inconclusive` when a side could not run, was stopped, or this process was interrupted.

    Raises:
        AuthoringError: the params do not fit; PG362 for external effects, PG363 for an unknown failure to inject.
        CompileError: a target refuses the pipeline.
    """
    started = datetime.now(timezone.utc)
    chosen = choices or DryRunOptions()
    when = (logical_date or _recorded_date(old, new, chosen.replay) or started).replace(microsecond=0)
    given = {**_recorded_params(old, new, chosen.replay), **(params or {})}
    resolved = resolve_params(pipeline, given)
    plan = _plan(pipeline, (old, new), chosen)
    _playable(pipeline, (old, new), plan, chosen)
    task = RunRequest(pipeline, params=given, logical_date=when, path=path, env=chosen.env, allow=chosen.allow)
    played = replace(task, pipeline=with_stubs(pipeline, plan)) if plan else task
    masks = Redactor.of(pipeline, chosen.env)
    if not (isinstance(old, RecordedSide) and isinstance(new, RecordedSide)):
        secrets.values(played.pipeline, chosen.env)  # all are there
    with masks.over_errors():
        _check((old, new), played)
    # What the runs leave behind stays until it is compared.
    with (
        masks.over_errors(),
        TemporaryDirectory(prefix="pipeglot-", ignore_cleanup_errors=True) as folder,
        reading(old, new, task) as read,
    ):
        pair = Pair(old, new, masks, on_event, stop or threading.Event(), Path(folder).resolve(), meanwhile)
        runs = pair.run([Play(task, plan)] * chosen.repeat, _described(old, task), _described(new, task))
        injected: list[Injected] = []
        gaps = list(_replayed(pipeline, runs, chosen.replay))
        if chosen.inject:
            injected, more = inject(
                pair, task, runs, chosen.inject, tolerance=chosen.tolerance, rules=chosen.rules, today=started.date()
            )
            gaps += more
        declared, unread = ((), []) if pair.stop.is_set() else read()
        return judge(
            pipeline,
            *runs.sides,
            params=resolved,
            logical_date=when,
            started=started,
            rules=chosen.rules,
            tolerance=chosen.tolerance,
            folders=(runs.old.left, runs.new.left),
            injected=injected,
            asked=[*_of_another(pipeline, chosen.replay), *apart(*runs.asked(0))],
            invented={one.call for side in runs.asked(0) for one in side},
            gaps=[
                *old.not_compared(),
                *new.not_compared(),
                *shared(chosen.env),
                *gaps,
                *unread,
            ],
            required=chosen.required,
            declared=declared,
            masks=masks,
        )


def _playable(pipeline: Pipeline, runners: Sequence[Runner], plan: StubPlan | None, chosen: DryRunOptions) -> None:
    """Raises AuthoringError (PG363, PG366) for what cannot be made to fail or answer, before anything runs."""
    if chosen.inject:
        injectable(pipeline, chosen.inject)
    wanted = "--inject" if chosen.inject else "--replay" if chosen.replay else "--effects stub"
    for runner in runners:
        # A record stays what it is beside a side that replays it; nothing can be made to fail in it any more.
        stands = chosen.inject or (plan is not None and not isinstance(runner, RecordedSide))
        if stands and (why := runner.refuses()):
            message = f"{runner.spec} {why}: its steps can neither be replayed nor have failures injected"
            way_out = f"leave {wanted} out, or take a target or local as this side"
            raise AuthoringError([Diagnostic("PG366", "error", message, None, way_out)])


def _check(runners: Sequence[Runner], task: RunRequest) -> None:
    """Raises PipeglotError with all that would keep the sides from running: AuthoringError or CompileError for what the
    user has to fix, EngineError for an engine that is missing."""

    def problem(runner: Runner) -> PipeglotError | None:
        try:
            runner.check([task])
        except PipeglotError as error:
            return error
        return None

    # One after the other in this process, whose import path a check may extend; engines are looked at meanwhile.
    here = [runner for runner in runners if isinstance(runner, LocalSide)]
    with ThreadPoolExecutor(2) as pool:
        others = [pool.submit(problem, runner) for runner in runners if runner not in here]
        found = [*map(problem, here[:1]), *(future.result() for future in others)]
    errors = [error for error in found if error is not None]
    if errors:
        kind = next((type(error) for error in errors if not isinstance(error, EngineError)), EngineError)
        raise kind(dict.fromkeys(one for error in errors for one in error.diagnostics))


def _plan(pipeline: Pipeline, runners: Iterable[Runner], chosen: DryRunOptions) -> StubPlan | None:
    """What the steps do instead of their own code, if anything."""
    if chosen.replay is not None:
        return replay(pipeline, chosen.replay)
    if chosen.effects == "run" or not external(pipeline):
        return None
    recorded = next((runner.recorded for runner in runners if isinstance(runner, RecordedSide)), None)
    if chosen.effects == "stub":
        return stubbed(pipeline, recorded)
    raise refused(pipeline)


def _replayed(pipeline: Pipeline, runs: Runs, record: Record | None) -> Iterator[NotCompared]:
    """What a replay does not show."""
    asked = runs.asked(0)
    yield from made_up({one.call: [""] for side in asked for one in side})
    if record is not None and (same := twins(pipeline, record)):
        why = "these get the same arguments and ended differently: a replay cannot tell them apart"
        yield NotCompared(what="which of several instances it was", why=why, calls=tuple(same))


def _of_another(pipeline: Pipeline, record: Record | None) -> Iterator[Difference]:
    """That what is replayed is a run of another pipeline."""
    if record is not None and record.pipeline != pipeline.name:
        said = f"{record.pipeline!r} is replayed, and here it is {pipeline.name!r}"
        yield Difference(kind="record", path="pipeline", old=said, new=said)


def _described(runner: Runner, task: RunRequest) -> Side:
    compiled = runner.files(task.pipeline, task.allow)
    if compiled is None:
        found = {}
        if isinstance(runner, LocalSide):
            found = authored(inline(task.pipeline))
        elif isinstance(runner, NativeSide):
            found = native(runner.file, inline(task.pipeline), runner.mapping.tasks if runner.mapping else {})
        return Side(spec=runner.spec, engine=runner.engine, sources=found)
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
