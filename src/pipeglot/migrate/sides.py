"""The two sides of a dry-run: what each runs, and how a Record comes of it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from pydantic import ValidationError

from pipeglot import backends
from pipeglot.backends import engines
from pipeglot.backends.base import Compiled, Mode
from pipeglot.backends.execute import Event
from pipeglot.backends.run import Request, run_many
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.core.run import execute as execute_here
from pipeglot.core.shape import inline
from pipeglot.migrate.model import NotCompared, Source

Listener: TypeAlias = Callable[[Event], None]


@dataclass(frozen=True)
class Task:
    """One run that both sides make: the same pipeline, params and logical date."""

    pipeline: Pipeline
    params: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    path: Sequence[Path] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    allow: Sequence[str] = ()


class Runner(Protocol):
    """One side, ready to run."""

    @property
    def spec(self) -> str:
        """What the user wrote."""
        ...

    @property
    def engine(self) -> str:
        """The engine it runs on."""
        ...

    def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Compiled | None:
        """What is compiled for it, if anything is. Raises CompileError."""
        ...

    def run(self, tasks: Sequence[Task], on_event: Listener | None, stop: threading.Event) -> list[Record]:
        """The record of each task, in order; they may share an engine process.

        Raises:
            PipeglotError: the first one that could not be run.
        """
        ...

    def not_compared(self) -> Sequence[NotCompared]:
        """What of its last run stands for nothing in the pipeline."""
        ...


@dataclass(frozen=True)
class CompiledSide:
    """A target: the pipeline is compiled for it and run on its engine, in a sandbox of its own."""

    spec: str
    engine: str
    mode: Mode = "test"
    python: Path | None = None
    timeout: float | None = None

    def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Compiled | None:
        return backends.compile(pipeline, self.engine, allow=allow)

    def not_compared(self) -> Sequence[NotCompared]:
        return ()

    def run(self, tasks: Sequence[Task], on_event: Listener | None, stop: threading.Event) -> list[Record]:
        packages = tuple(dict.fromkeys(line for task in tasks for line in inline(task.pipeline).packages))
        found = engines.prepare(self.engine, packages, python=self.python)
        requests = [
            Request(
                task.pipeline,
                params=task.params,
                logical_date=task.logical_date,
                path=task.path,
                env=task.env,
                allow=task.allow,
            )
            for task in tasks
        ]
        records = []
        for outcome in run_many(
            requests,
            self.engine,
            mode=self.mode,
            python=found.python,
            timeout=self.timeout,
            on_event=on_event,
            stop=stop,
        ):
            if isinstance(outcome, PipeglotError):
                raise outcome
            records.append(outcome)
        return records


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
                    del os.environ[name]
                else:
                    os.environ[name] = value


@dataclass(frozen=True)
class LocalSide:
    """The reference: the pipeline's meaning, run in this process."""

    spec: str = "local"
    engine: str = "local"

    def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Compiled | None:
        return None

    def not_compared(self) -> Sequence[NotCompared]:
        return ()

    def run(self, tasks: Sequence[Task], on_event: Listener | None, stop: threading.Event) -> list[Record]:
        return [self._run(task) for task in tasks]

    def _run(self, task: Task) -> Record:
        # This process's own HOME stays: the other side finds its engine by it.
        with _surroundings({name: value for name, value in task.env.items() if name != "HOME"}):
            return execute_here(task.pipeline, params=task.params, logical_date=task.logical_date, path=list(task.path))


@dataclass(frozen=True)
class RecordedSide:
    """A run that was made before, read from its Record."""

    spec: str
    recorded: Record

    @property
    def engine(self) -> str:
        return self.recorded.engine

    def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Compiled | None:
        return None

    def not_compared(self) -> Sequence[NotCompared]:
        return ()

    def run(self, tasks: Sequence[Task], on_event: Listener | None, stop: threading.Event) -> list[Record]:
        if len(tasks) > 1:
            raise _wrong(f"{self.spec} is one run, and cannot be repeated", "leave --repeat out, or run that side")
        return [self.recorded]


def side(
    spec: str,
    *,
    python: Path | None = None,
    mode: Mode = "test",
    timeout: float | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Runner:
    """What a side's text means: a target, `local`, `record:FILE`, or native code as `TARGET:FILE` or
    `TARGET:FILE:NAME` (the name of the DAG, flow or job; by default the file's).

    Args:
        spec: the text.
        python: a Python that has the side's engine; by default the environment pipeglot made.
        mode: how the engine runs it.
        timeout: seconds a run may take.
        mapping: of a native side, task names to call ids (`pipeglot.migrate.native.match`).

    Raises:
        AuthoringError: PG360 when it is none of these or a file cannot be read; PG201 for an unknown target.

    >>> side("local").engine
    'local'
    """
    if spec == "local":
        return LocalSide()
    kind, colon, rest = spec.partition(":")
    if colon and kind == "record":
        return RecordedSide(spec, read_record(Path(rest)))
    backends.get(kind)
    if colon:
        from pipeglot.migrate.native import NativeSide

        text, named, name = rest.rpartition(":")
        file = Path(text if named else rest).absolute()
        if not file.is_file():
            raise _wrong(f"{spec!r} names no file: {file}", "TARGET:FILE or TARGET:FILE:NAME for native code")
        return NativeSide(spec, kind, file, name if named else file.stem, mapping or {}, mode, python, timeout)
    return CompiledSide(spec, spec, mode, python, timeout)


def read_record(path: Path) -> Record:
    """The Record in a file. Raises AuthoringError (PG360) when there is none."""
    try:
        return Record.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(f"cannot read {path}: {error}", "write one with `pipeglot run --record FILE`") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _wrong(f"{path} is not a record: {place}: {first['msg']}", "write one with --record") from None


def _wrong(message: str, way_out: str) -> AuthoringError:
    return AuthoringError([Diagnostic("PG360", "error", message, None, way_out)])


def sources(compiled: Compiled) -> dict[str, Source]:
    """Where each call stands in the compiled files: the first line that names what it became on the engine."""
    text = compiled.files.get(compiled.entry, "")
    lines = text.splitlines()
    found: dict[str, Source] = {}
    for name, id in compiled.names.items():
        if id in found:
            continue
        word = re.escape(name)
        patterns = (rf"""["']{word}["']""", rf"\bdef {word}(_task|_op)?\b", rf"(?<![\w.]){word}(?![\w])")
        for pattern in patterns:
            hit = next((n for n, line in enumerate(lines, 1) if re.search(pattern, line)), None)
            if hit is not None:
                found[id] = Source(file=compiled.entry, line=hit, text=lines[hit - 1].strip()[:200])
                break
    return found
