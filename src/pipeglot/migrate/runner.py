"""What a dry-run asks of each of its two sides, whatever it runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pipeglot.backends.base import Compiled
from pipeglot.compare.model import NotCompared
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.engines.process import Listener


@dataclass(frozen=True)
class RunRequest:
    """One run that both sides make: the same pipeline, params and logical date; `cwd` is the steps' working folder."""

    pipeline: Pipeline
    params: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    path: Sequence[Path] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    allow: Sequence[str] = ()
    cwd: Path | None = None


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

    def check(self, tasks: Sequence[RunRequest]) -> None:
        """Look for all that would keep it from running these, as far as it shows without running anything.

        Raises:
            PipeglotError: with everything that was found.
        """
        ...

    def run(
        self, tasks: Sequence[RunRequest], on_event: Listener | None, stop: threading.Event
    ) -> Iterable[Record | PipeglotError]:
        """The record of each task, in order and as soon as it is there, or why it could not be run; they may share an
        engine process.

        Raises:
            PipeglotError: neither this one nor those that follow could be run.
        """
        ...

    def refuses(self) -> str:
        """Why its steps cannot be replaced by stubs, which replay and fail them; empty when they can."""
        ...

    def not_compared(self) -> Sequence[NotCompared]:
        """What of its last run stands for nothing in the pipeline."""
        ...


class RunnerDefaults:
    """What a side does that has nothing of its own to say."""

    def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Compiled | None:
        return None

    def refuses(self) -> str:
        return ""

    def not_compared(self) -> Sequence[NotCompared]:
        return ()


def unusable(message: str, help: str) -> AuthoringError:
    """A side that cannot be used (PG360)."""
    return AuthoringError([Diagnostic("PG360", "error", message, None, help)])
