"""Running pipelines on the reference and on an engine, and saying where the records disagree."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

from pipeglot.backends.execute import Mode
from pipeglot.backends.run import Request, run_many
from pipeglot.core.diagnostic import CompileError, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.core.run import execute
from pipeglot.core.shape import inline
from pipeglot.migrate.compare import compare

LOGICAL_DATE = "2026-03-01T02:00:00Z"


@dataclass(frozen=True)
class Trial:
    """One pipeline to run everywhere."""

    name: str
    pipeline: Pipeline
    params: dict[str, Any] = field(default_factory=dict)
    logical_date: str = LOGICAL_DATE

    @property
    def instant(self) -> datetime:
        return datetime.fromisoformat(self.logical_date.replace("Z", "+00:00"))


@dataclass(frozen=True)
class Verdict:
    """What came of one trial on one engine. `problems` is empty when it agreed; `refused` holds the codes."""

    trial: Trial
    problems: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    record: Record | None = None


def reference(trial: Trial) -> Record:
    """The reference run, with a fresh folder for steps that count their attempts."""
    with tempfile.TemporaryDirectory() as state, mock.patch.dict("os.environ", PIPEGLOT_TEST_STATE=state):
        return execute(trial.pipeline, params=trial.params, logical_date=trial.instant)


def judge(trials: Sequence[Trial], target: str, *, mode: Mode = "test") -> Iterator[Verdict]:
    """Run every trial on the reference and on an engine (one batch), and compare."""
    with tempfile.TemporaryDirectory() as folder:
        requests = []
        for number, trial in enumerate(trials):
            state = Path(folder, str(number))
            state.mkdir()
            env = {"PIPEGLOT_TEST_STATE": str(state)}
            requests.append(Request(trial.pipeline, params=trial.params, logical_date=trial.instant, env=env))
        for trial, outcome in zip(trials, run_many(requests, target, mode=mode), strict=True):
            yield verdict(trial, outcome)


def verdict(trial: Trial, outcome: Record | PipeglotError) -> Verdict:
    """Compare one engine's outcome with the reference run's."""
    if isinstance(outcome, CompileError):
        codes = {d.code for d in outcome.diagnostics if d.severity in ("error", "loss")}
        return Verdict(trial, refused=tuple(sorted(codes)))
    if isinstance(outcome, PipeglotError):
        return Verdict(trial, problems=(f"{type(outcome).__name__}: {outcome}",))
    expected = reference(trial)
    found = [str(d) for d in compare(expected, outcome, inline(trial.pipeline))]
    return Verdict(trial, tuple(found), record=outcome)
