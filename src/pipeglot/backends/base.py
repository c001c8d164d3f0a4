"""What a backend is: a support table, a compiler to files, and a reader of what its engine did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord

Ability: TypeAlias = Literal["native", "lowered", "notimpl", "notyet", "never"]
"""`notimpl`: ours to do; `notyet`: the engine lacks it; `never`: it cannot be, with the reason."""


@dataclass(frozen=True)
class Support:
    """What a target does with one feature, and how, or why not."""

    ability: Ability
    how: str = ""


@dataclass(frozen=True)
class Compiled:
    """The files of one pipeline for one target, by relative POSIX path, and what there is to say about them.

    `names` maps every engine-side task name to the id of the IR node it stands for. `entry` is the file that holds
    the engine's pipeline object (DAG, flow), `name` what the engine knows it by.
    """

    target: str
    files: Mapping[str, str]
    entry: str
    name: str
    diagnostics: tuple[Diagnostic, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EngineTask:
    """One task instance as its engine recorded it (the JSON a probe prints, one object each).

    `index` is what the engine itself knows of the position (Airflow's map index), empty otherwise. `state` is the
    engine's own word. Times are ISO 8601 UTC. `output` is meaningful only when `has_output`.
    """

    name: str
    state: str
    index: tuple[int, ...] = ()
    attempts: int = 0
    started: str | None = None
    ended: str | None = None
    has_output: bool = False
    output: Any = None
    error: Mapping[str, str] | None = None


@dataclass(frozen=True)
class EngineRun:
    """One run as its engine recorded it: the JSON a probe prints."""

    engine: str
    engine_version: str
    state: Literal["succeeded", "failed", "cancelled"]
    run_id: str
    logical_date: str | None
    started: str | None
    ended: str | None
    tasks: Sequence[EngineTask]
    notes: Sequence[str] = ()


class Backend(Protocol):
    """One target. Backends import core and jinja2, never an engine and never one another."""

    target: str
    """The word a user types."""
    support: Mapping[str, Support]
    """Total over `pipeglot.backends.features.FEATURES`."""

    def compile(self, pipeline: Pipeline) -> Compiled:
        """The files, whatever is lost; `pipeglot.backends.compile` decides whether the losses stop it.
        `pipeline` is valid (checked) and may hold Includes. Diagnostics with severity `error` mean no files."""
        ...

    def observe(self, pipeline: Pipeline, run: EngineRun) -> Sequence[CallRecord]:
        """Each call instance (and each region that failed to decide) that the engine left a trace of. Helper tasks
        of the lowering are left out. `pipeline` has its Includes inlined."""
        ...
