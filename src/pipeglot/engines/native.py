"""What a DAG, flow, job or pipeline that nobody compiled declares, read off the object its engine has loaded: the JSON
`pipeglot.native/1`, the same for every engine.

What the language of pipeglot has too stands in fields of its own; what only one engine has is a `Setting` under that
engine's word for it. What the loaded object cannot tell is named in `unknown`, so that nothing is taken for a default.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field

from pipeglot.core.ir import At
from pipeglot.core.record import Part, Time

FORMAT: Literal["pipeglot.native/1"] = "pipeglot.native/1"

Kind: TypeAlias = Literal[
    "python", "shell", "container", "sensor", "branch", "empty", "trigger", "approval", "flow", "importer", "other"
]
"""What a task is. `trigger` starts another pipeline, `flow` is one inside this one, `empty` does nothing; `other` is an operator that only that engine has."""

Trigger: TypeAlias = Literal["cron", "interval", "assets", "sensor", "partitions", "other"]

Names: TypeAlias = Annotated[tuple[str, ...], AfterValidator(lambda names: tuple(sorted(set(names))))]
"""Names of fields. Those that are `unknown` mean nothing: the loaded object cannot tell."""


class Setting(Part):
    """Something that is not at the engine's default, under the engine's own word, and where it is written."""

    name: str
    value: Any = None
    at: At | None = None


class Hook(Part):
    """Code that the engine calls when something happens to a task or a run: `failure`, `success`, `retry`, `skipped`,
    `start`, `cancellation`, `crash`, `deadline` ..."""

    event: str
    calls: str
    at: At | None = None


class Taken(Part):
    """A value that a task takes from another by name: into the parameter or field `into`, under `key` (the returned value
    where there is none)."""

    into: str
    task: str
    key: str | None = None


class NativeCode(Part):
    """The source of a function, its first line at `at`."""

    name: str
    module: str = ""
    at: At | None = None
    text: str = ""


class Retries(Part):
    """How often something is tried again, and the seconds before each retry as the engine reckons them: `waits` is as
    long as `count`. `delay`, `backoff`, `max_delay` and `jitter` are as they are written."""

    count: int = 0
    waits: tuple[float, ...] = ()
    delay: float | None = None
    backoff: str | float | None = None
    max_delay: float | None = None
    jitter: str | float | None = None
    at: At | None = None


class Tolerance(Part):
    """A failure that does not fail the run: what follows has `default` for the value."""

    default: Any = None


class NativeResources(Part):
    """What a task asks of its machine, as the language writes it."""

    cpu: float | None = None
    memory: str | None = None
    gpus: int | None = None
    gpu_type: str | None = None
    node_selector: dict[str, str] = Field(default_factory=dict)


class NativeTask(Part):
    """A task: `name` is what a run of the engine calls it, `operator` the class, decorator or component it is made of.

    `waits_for` are the tasks it starts after, `join` the engine's rule for how they must have ended, empty for the usual
    one (all succeeded). `over` are the parameters that it is mapped over. `at_once`: instances of it in one run at the
    same time, at most. `timeout` in seconds, per attempt. `args` are what the operator itself is given, as JSON as far as it
    is; `templates` the texts in them that the engine renders. `places` say of a field where it is written.
    """

    name: str
    kind: Kind = "other"
    operator: str = ""
    at: At | None = None
    group: str | None = None
    waits_for: tuple[str, ...] = ()
    join: str = ""
    takes: tuple[Taken, ...] = ()
    over: tuple[str, ...] = ()
    retries: Retries = Retries()
    timeout: float | None = None
    at_once: int | None = None
    tolerance: Tolerance | None = None
    image: str | None = None
    resources: NativeResources | None = None
    hooks: tuple[Hook, ...] = ()
    settings: tuple[Setting, ...] = ()
    templates: dict[str, str] = Field(default_factory=dict)
    code: NativeCode | None = None
    args: dict[str, Any] = Field(default_factory=dict)
    doc: str = ""
    places: dict[str, At] = Field(default_factory=dict)
    unknown: Names = ()


class NativeSchedule(Part):
    """What starts runs: `about` says it in the engine's own words. `seconds` is that of an interval, counted from
    `anchor`; `active` whether it is on as soon as it is deployed."""

    kind: Trigger
    about: str = ""
    name: str = ""
    cron: str | None = None
    timezone: str | None = None
    seconds: float | None = None
    anchor: Time | None = None
    active: bool | None = None
    at: At | None = None


class NativeParam(Part):
    """A parameter of a run; `type` is a JSON Schema as far as the engine has one."""

    name: str
    type: dict[str, Any] = Field(default_factory=dict)
    required: bool = False
    default: Any = None
    description: str = ""


class Native(Part):
    """A DAG, flow, job or pipeline as its engine has loaded it.

    `start` and `end` bound the ticks of its schedules; `max_active_runs` are runs at the same time, `run_timeout` seconds of
    a run, `run_retries` how often a whole run is tried again. `assumed` are fields that nobody wrote: they are at the
    engine's default. `compiled`: pipeglot has written the file. `notes` say what the reader passed over.

    >>> native = Native(engine="airflow", name="nightly", file="dag.py", tasks=(NativeTask(name="load"),))
    >>> Native.from_json(native.to_json()) == native
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    format: Literal["pipeglot.native/1"] = Field(default=FORMAT, alias="schema")
    engine: str
    engine_version: str = ""
    kind: Literal["dag", "flow", "job", "pipeline"] = "dag"
    name: str
    file: str
    compiled: bool = False
    at: At | None = None
    description: str = ""
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    params: tuple[NativeParam, ...] = ()
    schedules: tuple[NativeSchedule, ...] = ()
    start: Time | None = None
    end: Time | None = None
    catch_up: bool | None = None
    max_active_runs: int | None = None
    run_timeout: float | None = None
    run_retries: Retries = Retries()
    hooks: tuple[Hook, ...] = ()
    settings: tuple[Setting, ...] = ()
    tasks: tuple[NativeTask, ...] = ()
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: dict[str, At] = Field(default_factory=dict)
    unknown: Names = ()
    assumed: Names = ()

    def to_json(self) -> str:
        """The JSON text of the contract, ending in a newline."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Native:
        """Read `to_json`'s text; raises pydantic's ValidationError when it is none of this version."""
        return cls.model_validate_json(text)
