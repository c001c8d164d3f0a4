"""Running pipelines on the reference and on an engine, and saying where the records disagree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeglot import backends
from pipeglot.backends.base import NO_OPTIONS, Mode
from pipeglot.compare.records import compare
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import CompileError, Diagnostic, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.engines import target_of
from pipeglot.engines.run import Request, run_many
from pipeglot.meaning.run import execute

LOGICAL_DATE = "2026-03-01T02:00:00Z"

STATE = "PIPEGLOT_TEST_STATE"
"""The variable that names a folder of a trial's own, for steps that must remember across attempts."""


SPEC_CHECKED = "spec-checked"
"""How a note of an EngineRun starts when the engine cannot run a part of the pipeline here and checked it instead. What
it did run is compared; the case is no evidence of a run."""


@dataclass(frozen=True)
class Trial:
    """One pipeline to run everywhere; `env` are environment variables of its steps."""

    name: str
    pipeline: Pipeline
    params: dict[str, Any] = field(default_factory=dict)
    logical_date: str = LOGICAL_DATE
    env: dict[str, str] = field(default_factory=dict)

    @property
    def instant(self) -> datetime:
        return datetime.fromisoformat(self.logical_date.replace("Z", "+00:00"))


@dataclass(frozen=True)
class Verdict:
    """What came of one trial on one engine: refused, or run with `problems`, which are none when it agreed.

    `said` is all that the compiler had to say, refusals among it; `record` is what the engine did.
    """

    trial: Trial
    problems: tuple[str, ...] = ()
    said: tuple[Diagnostic, ...] = ()
    record: Record | None = None

    @property
    def refusals(self) -> tuple[Diagnostic, ...]:
        """What the target will not do: errors, and losses that were not allowed."""
        return tuple(d for d in self.said if d.severity in ("error", "loss"))

    @property
    def refused(self) -> tuple[str, ...]:
        """The distinct codes of the refusals, in order."""
        return tuple(sorted({d.code for d in self.refusals}))


def reference(trial: Trial) -> Record:
    """The reference run, with a fresh folder for steps that count their attempts."""
    with tempfile.TemporaryDirectory() as state, ExitStack() as stack:
        for name, value in {STATE: state, **trial.env}.items():
            stack.enter_context(_variable(name, value))
        return execute(trial.pipeline, params=trial.params, logical_date=trial.instant)


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def judge(
    trials: Sequence[Trial],
    target: str,
    *,
    mode: Mode = "test",
    python: Path | None = None,
    options: Mapping[str, str] = NO_OPTIONS,
    timeout: float | None = None,
) -> Iterator[Verdict]:
    """Run every trial on the reference and on an engine (one batch), and compare.

    Args:
        trials: what to run; their names are for people.
        target: a name of `pipeglot.backends.targets()`, or a measured release of its engine.
        mode: the engine's quick way to run, or its real server.
        python: an environment of the engine; by default the one pipeglot made.
        options: what the target lets one choose.
        timeout: seconds each may take (default: `pipeglot.engines.run.allowed`).

    Yields:
        One verdict per trial, in their order, as soon as it is known.

    Raises:
        EngineError: the engine is not there or does not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        requests = []
        for number, trial in enumerate(trials):
            state = Path(folder, str(number))
            state.mkdir()
            requests.append(
                Request(
                    trial.pipeline,
                    params=trial.params,
                    logical_date=trial.instant,
                    env={STATE: str(state), **trial.env},
                    options=options,
                )
            )
        outcomes = run_many(requests, target, mode=mode, python=python, timeout=timeout)
        for trial, outcome in zip(trials, outcomes, strict=True):
            yield verdict(trial, outcome, said=compiled(trial, target_of(target), options).said)


def compiled(trial: Trial, target: str, options: Mapping[str, str] = NO_OPTIONS) -> Verdict:
    """What a target's compiler alone says of a trial; nothing is run."""
    try:
        return Verdict(trial, said=backends.compile(trial.pipeline, target, options=options).diagnostics)
    except CompileError as error:
        return Verdict(trial, said=error.diagnostics)


def verdict(trial: Trial, outcome: Record | PipeglotError, *, said: Sequence[Diagnostic] = ()) -> Verdict:
    """Compare one engine's outcome with the reference run's."""
    if isinstance(outcome, CompileError):
        return Verdict(trial, said=outcome.diagnostics)
    if isinstance(outcome, PipeglotError):
        return Verdict(trial, (f"{type(outcome).__name__}: {outcome}",), tuple(said))
    flat = inline(trial.pipeline)
    found = compare(reference(trial), outcome, flat)
    return Verdict(trial, tuple(map(str, found)), tuple(said), outcome)


def spec_checked(record: Record) -> bool:
    """Whether a record tells of a check beside, or instead of, a run."""
    return any(note.startswith(SPEC_CHECKED) for note in record.notes)
