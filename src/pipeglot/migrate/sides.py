"""The kinds of sides of a dry-run: what each runs, and how a Record comes of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from pipeglot import backends, engines
from pipeglot.backends.base import Compiled, Mode
from pipeglot.codegen.origin import named
from pipeglot.compare.folders import ROOT, Folders
from pipeglot.compare.model import CallSource
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.diagnostic import Diagnostic, EngineError, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.engines.process import Listener
from pipeglot.engines.run import Request, run_many
from pipeglot.meaning.functions import loaded
from pipeglot.meaning.run import Event as LocalEvent
from pipeglot.meaning.run import Interrupted
from pipeglot.meaning.run import execute as execute_here
from pipeglot.migrate.matching import TaskMap
from pipeglot.migrate.native import NativeSide
from pipeglot.migrate.runner import Runner, RunnerDefaults, RunRequest, unusable
from pipeglot.migrate.source_code import step_code


@dataclass
class CompiledSide(RunnerDefaults):
    """A target: the pipeline is compiled for it and run on its engine, in a sandbox of its own."""

    spec: str
    on: str
    mode: Mode = "test"
    python: Path | None = None
    timeout: float | None = None
    _found: engines.Engine | None = field(default=None, init=False, repr=False)

    @property
    def engine(self) -> str:
        return engines.target_of(self.on)

    def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Compiled | None:
        return backends.compile(pipeline, self.engine, allow=allow)

    def check(self, tasks: Sequence[RunRequest]) -> None:
        for task in tasks:
            self.files(task.pipeline, task.allow)
        engines.for_compiled(self.on)
        if self.mode not in (known := engines.spec(self.on).probes):
            message = f"{self.engine} has no mode {self.mode!r} here"
            raise EngineError([Diagnostic("PG300", "error", message, None, f"modes: {', '.join(known)}", self.engine)])
        engines.for_compiled(self._prepared(tasks).name)  # an environment of the user's own may hold an older release

    def _prepared(self, tasks: Sequence[RunRequest]) -> engines.Engine:
        """The engine with the packages of the pipelines beside it."""
        if self._found is None:
            packages = tuple(dict.fromkeys(line for task in tasks for line in inline(task.pipeline).packages))
            self._found = engines.prepare(self.on, packages, python=self.python)
        return self._found

    def run(
        self, tasks: Sequence[RunRequest], on_event: Listener | None, stop: threading.Event
    ) -> Iterable[Record | PipeglotError]:
        prepared = self._prepared(tasks)
        requests = [
            Request(
                task.pipeline,
                params=task.params,
                logical_date=task.logical_date,
                path=task.path,
                env=task.env,
                cwd=task.cwd,
                allow=task.allow,
            )
            for task in tasks
        ]
        return run_many(
            requests,
            prepared.name,
            mode=self.mode,
            python=prepared.python,
            timeout=self.timeout,
            on_event=on_event,
            stop=stop,
        )


_alone = threading.Lock()


@contextmanager
def _surroundings(env: Mapping[str, str]) -> Iterator[None]:
    """Environment variables of a run in this process, which only one run can have at a time."""
    if not env:
        yield
        return
    with _alone:
        before = {name: os.environ.get(name) for name in env}
        os.environ.update(env)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


@dataclass(frozen=True)
class LocalSide(RunnerDefaults):
    """The reference: the pipeline's meaning, run in this process."""

    spec: str = "local"
    engine: str = "local"

    def check(self, tasks: Sequence[RunRequest]) -> None:
        for task in tasks:
            # What is loaded may read its environment, as in a run.
            with TemporaryDirectory(prefix="pipeglot-") as folder:
                env = {ROOT: folder, **{name: value for name, value in task.env.items() if name != "HOME"}}
                with _surroundings(env), loaded(inline(task.pipeline), list(task.path)):
                    pass

    def run(
        self, tasks: Sequence[RunRequest], on_event: Listener | None, stop: threading.Event
    ) -> Iterable[Record | PipeglotError]:
        for number, task in enumerate(tasks):
            try:
                yield self._run(number, task, on_event, stop)
            except PipeglotError as error:
                yield error

    def _run(self, number: int, task: RunRequest, on_event: Listener | None, stop: threading.Event) -> Record:
        def listen(event: LocalEvent) -> None:
            if on_event is not None:
                told = {"task": event.id, "index": event.index, "state": event.word, "attempt": event.attempt}
                on_event({"job": number, **told})

        # This process's own HOME stays: the other side finds its engine by it.
        with _surroundings({name: value for name, value in task.env.items() if name != "HOME"}):
            try:
                return execute_here(
                    task.pipeline,
                    params=task.params,
                    logical_date=task.logical_date,
                    listener=listen,
                    path=list(task.path),
                    stop=stop,
                )
            except Interrupted as stopped:
                return stopped.record


@dataclass(frozen=True)
class RecordedSide(RunnerDefaults):
    """A run that was made before, read from its Record."""

    spec: str
    recorded: Record

    @property
    def engine(self) -> str:
        return self.recorded.engine

    def refuses(self) -> str:
        return "is a run that was made before"

    def check(self, tasks: Sequence[RunRequest]) -> None:
        """What does not fit in a record is a difference, and named as one."""

    def run(
        self, tasks: Sequence[RunRequest], on_event: Listener | None, stop: threading.Event
    ) -> Iterable[Record | PipeglotError]:
        return [self.recorded]


def side(
    spec: str,
    *,
    python: Path | None = None,
    mode: Mode = "test",
    timeout: float | None = None,
    mapping: TaskMap | None = None,
) -> Runner:
    """What a side's text means: a target, `local`, `record:FILE`, or native code as `TARGET:FILE` or
    `TARGET:FILE:NAME` (the name of the DAG, flow or job; by default the file's). A target may name a measured release
    of its engine: `airflow@2.10:dags/legacy.py`.

    Args:
        spec: the text.
        python: a Python that has the side's engine; by default the environment pipeglot made.
        mode: how the engine runs it.
        timeout: seconds a run may take.
        mapping: of a native side, its map file (`pipeglot.migrate.matching.read_mapping`).

    Raises:
        AuthoringError: PG360 when it is none of these or a file cannot be read; PG201 for an unknown target.
        EngineError: PG300 for a release that was not measured.

    >>> side("local").engine
    'local'
    """
    if spec == "local":
        return LocalSide()
    kind, colon, rest = spec.partition(":")
    if colon and kind == "record":
        return RecordedSide(spec, read_record(Path(rest)))
    backends.get(engines.target_of(kind))
    if "@" in kind:
        engines.spec(kind)
    if colon:
        text, named, name = rest.rpartition(":")
        file = Path(text if named else rest).absolute()
        if not file.is_file():
            raise unusable(f"{spec!r} names no file: {file}", "TARGET:FILE or TARGET:FILE:NAME for native code")
        return NativeSide(spec, kind, file, name if named else file.stem, mapping, mode, python, timeout)
    return CompiledSide(spec, spec, mode, python, timeout)


def read_record(path: Path) -> Record:
    """The Record in a file. Raises AuthoringError (PG360) when there is none."""
    try:
        return Record.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise unusable(f"cannot read {path}: {error}", "write one with `pipeglot run --record FILE`") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise unusable(f"{path} is not a record: {place}: {first['msg']}", "write one with --record") from None


def with_sandbox(runner: Runner, task: RunRequest, own: Path, number: int) -> tuple[RunRequest, Folders | None]:
    """A run in folders of its own: HOME is the side's, the working folder and ARTIFACT_ROOT those of this run."""
    if isinstance(runner, RecordedSide):
        return task, None
    folders = {"HOME": own / "home", ROOT: own / str(number) / "artifacts", "PWD": own / str(number) / "work"}
    if isinstance(runner, LocalSide):
        # Its steps run in this process, whose own HOME and working folder stay as they are.
        folders = {ROOT: folders[ROOT]}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    mine = {name: folder for name, folder in folders.items() if name not in task.env}
    env = {name: str(folder) for name, folder in mine.items() if name != "PWD"}
    return replace(task, env={**env, **task.env}, cwd=folders.get("PWD")), Folders(mine)


def sources(compiled: Compiled, pipeline: Pipeline) -> dict[str, CallSource]:
    """Where each call and region stands in the compiled files, as far as the target says what its lines are there for."""
    code = step_code(pipeline)
    lines = compiled.files.get(compiled.entry, "").split("\n")
    found = named(one for one in compiled.origins if one.file == compiled.entry)
    return {
        id: CallSource(file=one.file, line=one.first, text=lines[one.first - 1].strip()[:200], code=code.get(id, ""))
        for id, one in found.items()
    }
