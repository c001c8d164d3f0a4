"""The old side as it is today: native code that nobody compiled, run on its engine, its tasks matched with the calls of
the pipeline that is to take its place."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pipeglot import backends, engines
from pipeglot.backends.base import Compiled, EngineRun, EngineSpec, EngineTask, Mode, instant
from pipeglot.backends.observed import failure
from pipeglot.compare.model import NotCompared
from pipeglot.core import secrets
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.diagnostic import EngineError, PipeglotError
from pipeglot.core.fitted import as_declared
from pipeglot.core.inference import Types
from pipeglot.core.ir import Out, Pipeline
from pipeglot.core.params import resolve_params
from pipeglot.core.record import CallRecord, CallState, Failure, Record
from pipeglot.core.shape import Shape, inline
from pipeglot.engines.native import Native
from pipeglot.engines.process import LONGEST, Job, Listener, execute
from pipeglot.engines.reader import read_many
from pipeglot.engines.run import completed
from pipeglot.meaning.machine import Key
from pipeglot.migrate.matching import Match, TaskMap, match, place_of, plain
from pipeglot.migrate.native_file import readable, surroundings
from pipeglot.migrate.native_output import NOTHING, output_of
from pipeglot.migrate.placement import PlacedRuns, place, together
from pipeglot.migrate.runner import RunnerDefaults, RunRequest


@dataclass
class NativeSide(RunnerDefaults):
    """A native DAG, flow, job or pipeline file, run as it is.

    `reading` is what became of the last run.
    """

    spec: str
    on: str
    file: Path
    name: str
    mapping: TaskMap | None = None
    mode: Mode = "test"
    python: Path | None = None
    timeout: float | None = None
    reading: Reading | None = field(default=None, compare=False)

    @property
    def engine(self) -> str:
        return engines.target_of(self.on)

    def not_compared(self) -> Sequence[NotCompared]:
        return [] if self.reading is None else list(self.reading.not_compared(self.file.name))

    def refuses(self) -> str:
        return "is native code"

    def check(self, tasks: Sequence[RunRequest]) -> None:
        for task in tasks:
            match(task.pipeline, (), self.mapping)  # that what the map file names is there
        found = engines.find(self.on, python=self.python)
        readable(self.file, self.engine, self.name, found.python)

    def declares(self, task: RunRequest | None = None, stop: threading.Event | None = None) -> Native:
        """What the file declares, in the surroundings of a task; nothing of it is run. Raises EngineError."""
        found = engines.find(self.on, python=self.python)
        [native] = read_many(found.name, [self._job(task)], python=found.python, stop=stop)
        if isinstance(native, EngineError):
            raise native
        return native

    def _job(self, task: RunRequest | None) -> Job:
        root, path = surroundings(self.file, self.engine)
        job = Job(root, self.file.relative_to(root).as_posix(), self.name, path=path)
        if task is None:
            return job
        own = secrets.values(task.pipeline, task.env)
        return replace(
            job,
            params=task.params,
            defaults=resolve_params(task.pipeline, task.params),
            logical_date=task.logical_date,
            env={name: value for name, value in task.env.items() if name not in own},
            path=[*path, *task.path],
            cwd=task.cwd,
            secrets=own,
        )

    def run(
        self, tasks: Sequence[RunRequest], on_event: Listener | None, stop: threading.Event
    ) -> Iterable[Record | PipeglotError]:
        packages = tuple(dict.fromkeys(line for task in tasks for line in inline(task.pipeline).packages))
        found = engines.prepare(self.on, packages, python=self.python)
        outcomes = execute(
            found.name,
            [self._job(task) for task in tasks],
            python=found.python,
            mode=self.mode,
            timeout=self.timeout or LONGEST,
            on_event=on_event,
            stop=stop,
        )
        for task, outcome in zip(tasks, outcomes, strict=True):
            if not isinstance(outcome, EngineRun):
                yield outcome
                continue
            self.reading = as_record(task.pipeline, outcome, task.params, task.logical_date, self.mapping, self.engine)
            yield self.reading.record


@dataclass(frozen=True)
class Reading:
    """A run read as one of a pipeline.

    Attributes:
        record: the run; tasks without a partner stay in it under their own names.
        matched: what became of the names of its tasks; of a run of compiled code, only of what is no part of that.
        steering: tasks without a partner that only decide which others run.
        unread: what tasks handed on by key that is no part of a call's output, as `task.key`.
    """

    record: Record
    matched: Match
    steering: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def not_compared(self, file: str) -> Iterator[NotCompared]:
        """What of it stands for nothing in the pipeline, and why."""
        for why, what in (
            (f"the mapping says that these tasks of {file} stand for no call", self.matched.dropped),
            ("they only decide which others run, or mark a place: what they decided shows there", self.steering),
            ("they are called like a region or a value that leaves one, not like a call", (*self.matched.helpers,)),
        ):
            if what:
                yield NotCompared(what="tasks without a partner", why=why, calls=tuple(what))
        if self.unread:
            why = "no field of a call's output is called so; lines of [values] in the map file say where they belong"
            yield NotCompared(what="values handed on by key", why=why, calls=self.unread)


def as_record(
    pipeline: Pipeline,
    run: EngineRun,
    params: Mapping[str, Any],
    logical_date: datetime | None,
    mapping: TaskMap | None = None,
    target: str | None = None,
) -> Reading:
    """A run of native code, or of compiled code, as a Record of the pipeline.

    Args:
        pipeline: the pipeline that takes its place.
        run: what the engine told.
        params: what the run was given; defaults are added.
        logical_date: an aware instant; None for now.
        mapping: the map file; even an empty one says that this is native code.
        target: the target whose engine it is, where that is not what the engine calls itself.

    Raises:
        AuthoringError: PG365 when the mapping does not fit.
    """
    flat = inline(pipeline)
    given = resolve_params(flat, params)
    when = logical_date or datetime.now(timezone.utc)
    target = target or run.engine
    spec = engines.spec(target)
    tasks = [task for task in run.tasks if not task.group]
    if mapping is None and (ours := _ours(flat, run, target)):
        compiled, names = ours
        calls = {call.id: call.step for call in [*Shape(flat).calls, *([flat.final.call] if flat.final else [])]}
        returns = {step.name: step.returns for step in flat.steps}
        unread: dict[str, None] = {}
        known, others = [], []
        for task in run.tasks:
            node = "" if task.group else names.get(task.name, names.get(bare(task.name)))
            if node is None:
                others.append(task)
            elif node in calls and not run.compiled:  # else told as the backend reads it
                output, more = output_of(task, returns[calls[node]])
                unread.update(dict.fromkeys(f"{task.name}.{key}" for key in more))
                known.append(replace(task, has_output=output is not NOTHING, output=output))
            else:
                known.append(task)
        steering = tuple(dict.fromkeys(task.name for task in others if task.steers and _state(task, spec) != "failed"))
        others = [task for task in others if task.name not in steering]
        run = replace(run, tasks=known)
        observed = backends.get(target).observe(flat, compiled, run)
        # Where a task is the only one of its name, its number says nothing.
        alone = Counter(bare(task.name) for task in others)
        named = [(task, bare(task.name)) for task in others]
        records = [
            *observed,
            *(_record(task, spec, name, task.index if alone[name] > 1 else ()) for task, name in named),
        ]
        matched = Match({}, tasks_alone=tuple(alone))
        record = _completed(flat, run, records, given, when)
        helper = None if run.has_result else _helper_of_result(flat, run, spec)
        if helper is not None and flat.result is not None:
            result = as_declared(helper.output, Types(Shape(flat)).of(flat.result))
            if record.result_known and record.result != result:  # the run handed on something else than it should have
                record = record.model_copy(update={"result": result, "result_observed": True})
        return Reading(record, matched, steering, tuple(unread))
    return _NativeRun(flat, replace(run, tasks=tasks), spec, given, when, mapping or TaskMap()).read()


def _helper_of_result(pipeline: Pipeline, run: EngineRun, spec: EngineSpec) -> EngineTask | None:
    """The helper that gave the run's result, where that is a value that leaves a region."""
    result = pipeline.result
    if not isinstance(result, Out) or result.path or result.ref not in Shape(pipeline).values:
        return None
    found = [task for task in run.tasks if plain(bare(task.name)) == plain(result.ref)]
    known = len(found) == 1 and found[0].has_output and _state(found[0], spec) == "succeeded"
    return found[0] if known else None


_INSTANCE = re.compile(r"(-[0-9a-f]{3}|\[[0-9.]+\])$")
"""What engines put behind a task's name to tell its instances apart."""


def bare(name: str) -> str:
    """A task's name without what the engine puts behind it.

    >>> bare("load-0af"), bare("load[0.2]")
    ('load', 'load')
    """
    return _INSTANCE.sub("", name)


def _ours(pipeline: Pipeline, run: EngineRun, target: str) -> tuple[Compiled, Mapping[str, str]] | None:
    """What is compiled of the pipeline, and what the tasks stand for by the names that they have there, if these say more of
    the run than names of calls do: they are those of helpers, too. None for native code, and for what has calls alone."""
    if run.compiled is False:
        return None
    compiled = backends.get(target).compile(pipeline)
    names = {**dict.fromkeys(compiled.helpers, ""), **compiled.names}
    if run.compiled:
        return compiled, names
    seen = {task.name if task.name in names else bare(task.name) for task in run.tasks}
    # An index in a name is ours: by it, nothing native is matched.
    plain = {bare(task.name) for task in run.tasks if not task.name.endswith("]")}
    ours, native = len(seen & names.keys()), len(match(pipeline, plain).partner)
    complete = compiled.entry.endswith(".yaml") and compiled.names.keys() <= seen
    return (compiled, names) if ours > native or (ours == native and complete) else None


class _NativeRun:
    """One native run, on its way to a Record."""

    def __init__(
        self,
        pipeline: Pipeline,
        run: EngineRun,
        spec: EngineSpec,
        params: Mapping[str, Any],
        when: datetime,
        mapping: TaskMap,
    ) -> None:
        self.pipeline, self.run, self.spec = pipeline, run, spec
        self.params, self.when, self.mapping = params, when, mapping
        self.tasks: dict[str, list[EngineTask]] = {}
        for task in sorted(run.tasks, key=lambda task: "" if spec.names_runs else task.started or "~"):
            name = task.name
            if spec.names_runs and name not in mapping.tasks:
                name = bare(name)
            self.tasks.setdefault(name, []).append(task)
        calls = [*Shape(pipeline).calls, *([pipeline.final.call] if pipeline.final else [])]
        returns = {step.name: step.returns for step in pipeline.steps}
        self.returns = {call.id: returns[call.step] for call in calls}
        self.order = {call.id: number for number, call in enumerate(calls)}
        self.unread: dict[str, None] = {}

    def read(self) -> Reading:
        names = [name for name, tasks in self.tasks.items() for _ in tasks]
        matched = match(self.pipeline, names, self.mapping)
        groups = [self._runs(calls, mine, matched) for calls, mine in together(matched.partner, [*matched.partner])]
        place(self.pipeline, groups, self._records, self.params, self.when)
        records = [record for group in groups for record in self._records(group)]
        steering = []
        for name in matched.tasks_alone:
            for task in self.tasks[name]:
                if task.steers and _state(task, self.spec) != "failed":
                    steering.append(name)
                else:
                    # Numbers of runs say nothing of a task that has one.
                    single = self.spec.names_runs and len(self.tasks[name]) == 1
                    records.append(_record(task, self.spec, name, () if single else task.index))
        shape = Shape(self.pipeline)
        for name, id in matched.helpers.items():
            region = shape.owner.get(id, id)
            for task in self.tasks[name]:
                if _state(task, self.spec) == "failed":
                    index = task.index[: len(shape.loops(region))]
                    records.append(CallRecord(id=region, index=index, state="failed", error=failure(task)))
        placed = {key[0] for group in groups for key in group.keys if key is not None}
        matched = replace(
            matched,
            tasks_alone=tuple(name for name in matched.tasks_alone if name not in steering),
            calls_alone=tuple(id for id in self.order if id not in placed),
        )
        record = _completed(self.pipeline, self.run, records, self.params, self.when)
        return Reading(record, matched, tuple(dict.fromkeys(steering)), tuple(self.unread))

    def _runs(self, calls: Sequence[str], names: Sequence[str], matched: Match) -> PlacedRuns:
        sure = {name: matched.partner[name][0] if self._is_sure(name, matched) else None for name in names}
        order = [name for name in self.tasks if name in sure]
        return PlacedRuns(
            calls=tuple(sorted(calls, key=self.order.__getitem__)),
            sure=sure,
            runs=[(name, task.index) for name in order for task in self.tasks[name]],
        )

    def _is_sure(self, name: str, matched: Match) -> bool:
        """Whether a task stands for its first call alone, if it must."""
        return len(matched.partner[name]) == 1 or plain(name.rpartition(".")[2]) == plain(
            matched.partner[name][0].rpartition(".")[2]
        )

    def _records(self, group: PlacedRuns) -> list[CallRecord]:
        names = [name for name in self.tasks if name in group.sure]
        tasks = [(name, task) for name in names for task in self.tasks[name]]
        return [
            _record(task, self.spec, name, task.index) if key is None else self._record(task, name, key)
            for (name, task), key in zip(tasks, group.keys, strict=True)
        ]

    def _record(self, task: EngineTask, name: str, key: Key) -> CallRecord:
        told = {}
        for at, text in self.mapping.values.items():
            call, path = place_of(text)
            if call == key[0] and at.startswith(f"{name}."):
                told[at[len(name) + 1 :]] = path
        output, unread = output_of(task, self.returns[key[0]], told)
        self.unread.update(dict.fromkeys(f"{name}.{one}" for one in unread))
        final = self.pipeline.final
        told_of = task.told if final is not None and key[0] == final.call.id else None
        return _record(replace(task, has_output=output is not NOTHING, output=output, told=told_of), self.spec, *key)


def _state(task: EngineTask, spec: EngineSpec) -> CallState:
    return spec.state(task.state) or "cancelled"


def _record(task: EngineTask, spec: EngineSpec, id: str, index: tuple[int, ...]) -> CallRecord:
    state = _state(task, spec)
    ran = state in ("succeeded", "failed")
    gave = task.has_output and (state == "succeeded" or task.state == "TOLERATED")
    known: dict[str, Any] = {"output": task.output} if gave else {}
    return CallRecord(
        id=id,
        index=index,
        state=state,
        attempts=max(task.attempts, 1) if ran else 0,
        started=instant(task.started) if ran else None,
        ended=instant(task.ended) if ran else None,
        error=Failure(**task.error) if state == "failed" and task.error else None,
        told=task.told,
        **known,
    )


def _completed(
    pipeline: Pipeline, run: EngineRun, calls: Sequence[CallRecord], params: Mapping[str, Any], when: datetime
) -> Record:
    """The Record of the run. A None of a step that has none to give is told of native code: it may well have given it."""
    if run.has_result and pipeline.result is not None:
        run = replace(run, result=as_declared(run.result, Types(Shape(pipeline)).of(pipeline.result)))
    record = completed(pipeline, run, calls, params, when)
    nothing = {(call.id, call.index, call.started) for call in calls if call.output is None and call.output_known}
    return record.model_copy(
        update={
            "calls": tuple(
                call.model_copy(update={"output": None})
                if not call.output_known and (call.id, call.index, call.started) in nothing
                else call
                for call in record.calls
            )
        }
    )
