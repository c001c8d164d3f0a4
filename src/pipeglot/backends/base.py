"""What a backend is: a support table, a compiler to files, a reader of what its engine did, and what is known of that
engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pipeglot.backends.operation import Operation
from pipeglot.codegen.origin import Origin
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.features import FEATURES, uses
from pipeglot.core.ir import Pipeline

if TYPE_CHECKING:
    from pipeglot.core.record import CallRecord, CallState, RunState

Ability: TypeAlias = Literal["native", "lowered", "notimpl", "notyet", "never"]
"""`notimpl`: ours to do; `notyet`: the engine lacks it; `never`: it cannot be, with the reason."""


REFUSED: frozenset[Ability] = frozenset({"notimpl", "notyet", "never"})


@dataclass(frozen=True)
class Support:
    """What a target does with one feature, and how, or why not.

    A row that is `notimpl`, `notyet` or `never` makes `Backend.compile` refuse every pipeline that uses the feature. One
    that names a code in `how` leaves it to the backend, whose own diagnostic of that code says more: what is lost where.
    """

    ability: Ability
    how: str = ""

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the diagnostics that `how` names.

        >>> sorted(Support("never", "Prefect makes future runs only (PG214)").codes)
        ['PG214']
        """
        return frozenset(re.findall(r"\b[A-Z]+\d{3,}\b", self.how))

    @property
    def refuses(self) -> bool:
        """Whether a pipeline that uses the feature is refused as a whole."""
        return self.ability in REFUSED and not self.codes


NO_ROW = Support("notimpl", "the backend says nothing about it")


@dataclass(frozen=True)
class Compiled:
    """The files of one pipeline for one target, by relative POSIX path, and what there is to say about them.

    >>> from pipeglot import compile, pipeline
    >>> @pipeline
    ... def nightly(limit: int = 3) -> int:
    ...     return limit
    >>> compiled = compile(nightly, "prefect")
    >>> compiled.target, compiled.entry, sorted(compiled.files)
    ('prefect', 'nightly.py', ['nightly.py', 'prefect.yaml'])

    Attributes:
        target: what it was compiled for.
        files: their texts.
        entry: the file that holds the engine's pipeline object (DAG, flow).
        name: what the engine knows that by.
        diagnostics: what there is to say.
        names: every task name on the engine, and the id of the IR node that it stands for.
        origins: what the generated lines are there for; none from a target that does not say.
        plan: what the backend's own `observe` has to know of its lowering; nobody else looks into it.
        triggers: what starts runs by itself once the files are deployed, by its name on the engine.
        helpers: the names of tasks that stand for no one node.
    """

    target: str
    files: Mapping[str, str]
    entry: str
    name: str
    diagnostics: tuple[Diagnostic, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    origins: Sequence[Origin] = ()
    plan: Any = field(default=None, repr=False, compare=False)
    triggers: Mapping[str, Literal["schedule", "sensor"]] = field(default_factory=dict)
    helpers: tuple[str, ...] = ()


@dataclass(frozen=True)
class EngineTask:
    """One task instance as its engine recorded it (the JSON a probe prints, one object each).

    `name` has the names of what the task stands in before it (`flow.task`, `group.task`). `index` is what the engine
    itself knows of the position (Airflow's map index, the order in which Prefect was asked for runs of the task), empty
    otherwise. `state` is the engine's own word. Times are ISO 8601 UTC. `output` is meaningful only when `has_output`. A `group` is no work of its
    own, but stands for the tasks in it (a DAG in a pipeline of KFP). `values` are what it handed on by key beside its
    output (Airflow's XComs under other keys); `told` is what a task that stands for the Final was told of the run.
    A task that `steers` only decides which others run, or marks a place (Airflow's branch and empty operators).
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
    group: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    told: RunState | None = None
    steers: bool = False


def instant(text: str | None) -> datetime | None:
    """A time that a probe told, as an aware datetime.

    >>> instant("2026-03-01T02:00:00Z").isoformat()
    '2026-03-01T02:00:00+00:00'
    """
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


@dataclass(frozen=True)
class EngineRun:
    """One run as its engine recorded it: the JSON a probe prints. `params` are what the engine says the run was given;
    a probe, which was told them, leaves them out. `attempts` is how often the engine began the run as a whole; `result`
    is what the run itself gave, where the engine keeps that (`has_result`). `compiled` is whether pipeglot has made what was
    run; None where the probe does not know."""

    engine: str
    engine_version: str
    state: Literal["succeeded", "failed", "cancelled"]
    run_id: str
    logical_date: str | None
    started: str | None
    ended: str | None
    tasks: Sequence[EngineTask]
    notes: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 1
    result: Any = None
    has_result: bool = False
    compiled: bool | None = None


Observe: TypeAlias = "Callable[[Pipeline, Compiled, EngineRun], Sequence[CallRecord]]"


def observed_by(module: str) -> Observe:
    """The `observe` of a module that is imported when something has run: a compile needs nothing of it."""

    def observe(pipeline: Pipeline, compiled: Compiled, run: EngineRun) -> Sequence[CallRecord]:
        found: Sequence[CallRecord] = import_module(module).observe(pipeline, compiled, run)
        return found

    return observe


Mode: TypeAlias = Literal["test", "multiprocess", "server"]
"""How an engine runs a pipeline. `test`: its own quick way; `multiprocess`: a process for every task, without a server
(Dagster); `server`: its real server and scheduler."""

Release: TypeAlias = tuple[int, int]
"""A release of an engine, or of Python: major and minor version."""


def release_of(version: str) -> Release:
    """The release that a version belongs to.

    >>> release_of("2.10.5")
    (2, 10)
    """
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def dotted(release: Release) -> str:
    """A release as it is written.

    >>> dotted((2, 10))
    '2.10'
    """
    return "{}.{}".format(*release)


PROBES = Path(__file__).parents[1] / "engines" / "probes"
CONSTRAINTS = Path(__file__).parents[1] / "engines" / "constraints"


@dataclass(frozen=True)
class Database:
    """The database an engine wants before it runs anything: its file in the state folder, and the arguments of the
    engine's Python that make it there. It is made once and copied for every run."""

    file: str
    migrate: Sequence[str]


def package_root(file: Path) -> Path:
    """The folder that a Python file is in, or that the package of a module lies in."""
    root = file.parent
    while (root / "__init__.py").is_file() and root != root.parent:
        root = root.parent
    return root


def _plain(word: str) -> str:
    return re.sub(r"[\s_]", "", word).lower()


@dataclass(frozen=True)
class EngineSpec:
    """What pipeglot knows of an engine: where it comes from and how a compiled file is run on it.

    Attributes:
        target: the target it runs.
        distribution: its name in the package index.
        load: a Python statement that loads it.
        constraints: the folder of the `name==version` lines that its environments are made from: a file
            `DISTRIBUTION-MAJOR.MINOR.txt` for each release that was measured.
        compiles_from: the first release that compiled code runs on; on earlier ones native code alone does.
        probes: the script, per mode, that the engine's Python runs as `python PROBE FOLDER MODE`; it has the standard
            library and the engine, reads `jobs.json` in the folder and tells what happened (`probes/wire.py`).
        variables: environment variables of the engine, given the mode and its private state folder.
        database: the database to prepare in the state folder, if any.
        side_by_side: modes in which the engine runs all its jobs at once: they need different names, share one import
            path, and the probe itself stops the one that is late.
        ticks: the script that the engine's Python runs as `python PROBE FOLDER` to say when it would start runs, without
            running any (`probes/asked.py`); None when that is not known.
        reader: the script that the engine's Python runs as `python PROBE FOLDER` to say what a file declares, without running
            it (`probes/reading.py`); None when there is none.
        collector: the module whose `collect` reads a run that has ended from the engine's public API (`migrate/collect/`),
            imported when it is asked for; its `with_token` and `with_password` say how one signs in there, where that is
            not by a bearer token and by basic authentication. None when there is none.
        operation: what a person does to put a pipeline on it, and to start and to stop its runs.
        states: what the engine's own words for the state of a task mean; case, spaces and underscores in them do not matter.
        names_runs: whether what it tells are names of runs of a task, each with an ending of its own, in the order in which
            they were asked for.
        unit: its word for what native code makes of tasks.
        makers: the last words of what makes one.
        source_root: the folder that is on the import path for a native file.
        pythons: the first and the last Python that it runs on.
        before: what is otherwise on releases before one, newest first: attributes of this class by their names.
        chosen: the release that is meant; the newest where none is.
    """

    target: str
    distribution: str
    load: str
    compiles_from: Release
    constraints: Path
    probes: Mapping[Mode, Path]
    variables: Callable[[Mode, Path], Mapping[str, str]] = lambda mode, home: {}
    database: Database | None = None
    side_by_side: frozenset[Mode] = frozenset()
    ticks: Path | None = None
    reader: Path | None = None
    collector: str | None = None
    operation: Operation | None = None
    states: Mapping[str, CallState] = field(default_factory=dict)
    names_runs: bool = False
    unit: str = "pipeline"
    makers: frozenset[str] = frozenset()
    source_root: Callable[[Path], Path] = package_root
    pythons: tuple[Release, Release] = ((3, 10), (3, 13))
    before: Mapping[Release, Mapping[str, Any]] = field(default_factory=dict)
    chosen: Release | None = None

    @property
    def package(self) -> str:
        """The package that native code imports.

        >>> from pipeglot import engines
        >>> engines.spec("airflow").package
        'airflow'
        """
        return self.load.split()[1].partition(".")[0].rstrip(",")

    def state(self, word: str) -> CallState | None:
        """What the engine's word for the state of a task means; None for one that is not known."""
        return self._states.get(_plain(word))

    @cached_property
    def _states(self) -> dict[str, CallState]:
        return {_plain(word): state for word, state in self.states.items()}

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """The releases that were measured, the newest last.

        >>> from pipeglot import engines
        >>> engines.spec("airflow").releases[-1]
        (3, 3)
        """
        files = [*self.constraints.glob(f"{self.distribution}-*.txt")]
        if not files:
            raise FileNotFoundError(
                f"{self.constraints} has no {self.distribution}-MAJOR.MINOR.txt: the engine's `name==version` lines"
            )
        return tuple(sorted(release_of(file.stem.removeprefix(f"{self.distribution}-")) for file in files))

    @property
    def release(self) -> Release:
        """The release that is meant."""
        return self.releases[-1] if self.chosen is None else self.chosen

    @property
    def name(self) -> str:
        """What a user types to mean this release: `airflow@2.10`; of the newest, the target alone."""
        return self.target if self.release == self.releases[-1] else f"{self.target}@{dotted(self.release)}"

    def at(self, version: str) -> EngineSpec:
        """What is known of the measured release that is next to a version, at it or before it where there is one.

        Raises:
            ValueError: the version is outside of what was measured.
        """
        wanted = release_of(version)
        if not self.releases[0] <= wanted <= self.releases[-1]:
            raise ValueError(f"{version} is not among {self.supported}")
        chosen = max(one for one in self.releases if one <= wanted)
        facts = {key: value for since, more in self.before.items() if chosen < since for key, value in more.items()}
        return replace(self, **facts, chosen=chosen)

    @property
    def supported(self) -> str:
        """The versions between the first and the last that were measured, as a specifier."""
        (first, last) = self.releases[0], self.releases[-1]
        return f">={dotted(first)},<{last[0]}.{last[1] + 1}"

    @property
    def pins(self) -> str:
        """The committed `name==version` lines an environment is made from."""
        return (self.constraints / f"{self.distribution}-{dotted(self.release)}.txt").read_text(encoding="utf-8")

    @property
    def version(self) -> str:
        """The version of the engine that `install` gives."""
        found = re.search(rf"^{re.escape(self.distribution)}==([^\s;]+)", self.pins, re.MULTILINE)
        assert found, self.target
        return found[1]


NO_OPTIONS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Backend:
    """One target. Backends import core and codegen, never an engine and never one another.

    Attributes:
        target: the word a user types.
        emit: the files of a pipeline, whatever is lost; `pipeglot.backends.compile` decides whether the losses stop it.
            The pipeline is valid (checked), uses nothing that `support` refuses and may hold Includes; the options have
            known names only, a wrong value is a diagnostic. Diagnostics with severity `error` mean no files.
        observe: each call instance (and each region that failed to decide) that the engine left a trace of. Helper
            tasks of the lowering are left out. The pipeline has its Includes inlined; the second argument is what `emit`
            made of it.
        support: a row for each of `pipeglot.core.features.FEATURES`. A feature without one is refused, so that a
            backend that was made before the feature does not drop it in silence.
        options: what a user may choose about the output, beyond the pipeline: name and one line of help.
        engine: the engine that runs the output; None when it cannot be run from here.
    """

    target: str
    emit: Callable[[Pipeline, Mapping[str, str]], Compiled]
    observe: Observe
    support: Mapping[str, Support]
    options: Mapping[str, str] = field(default_factory=dict)
    engine: EngineSpec | None = None

    def __post_init__(self) -> None:
        if unknown := sorted(self.support.keys() - FEATURES.keys()):
            raise ValueError(f"the support table of {self.target} has rows of no feature: {', '.join(unknown)}")
        object.__setattr__(self, "support", {name: self.support.get(name, NO_ROW) for name in FEATURES})

    def compile(self, pipeline: Pipeline, options: Mapping[str, str] = NO_OPTIONS) -> Compiled:
        """What `emit` makes of a pipeline, or a PG217 for each feature of it that the support table refuses."""
        refused = tuple(
            Diagnostic(
                "PG217", "error", f"{self.target} does not support {FEATURES[name]}: {row.how}", at, "", self.target
            )
            for name, at in sorted(uses(pipeline).items())
            if (row := self.support[name]).refuses
        )
        return Compiled(self.target, {}, "", pipeline.name, refused) if refused else self.emit(pipeline, options)
