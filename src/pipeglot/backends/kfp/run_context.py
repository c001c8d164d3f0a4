"""What only KFP knows of a run: its id, and the logical date."""

from __future__ import annotations

from pipeglot.codegen.pysource import Atom, Doc, call
from pipeglot.codegen.python import roots
from pipeglot.core.ir import Call, Ctx
from pipeglot.core.params import date_param

from .builder import Builder
from .drafts import ComponentDraft, DagDraft, TaskDraft
from .plan import Constant, DagInput, TaskInput, TaskOrigin, TaskOutput
from .producers import Path, Producer
from .types import Form

FOUND = {"logical_date": "[0]", "day": "[1]"}
"""Where in what `context_of` finds a value of the context is."""


def takes_time(final: Call | None) -> bool:
    """Whether a final call takes the logical date or the day."""
    values = final.args.values() if final is not None else ()
    return any(isinstance(ref, Ctx) and ref.name in FOUND for ref in roots(values))


class ContextValue(Producer):
    """A value of the run's context, as text."""

    def __init__(self, context: RunContext, dag: DagDraft, name: str) -> None:
        super().__init__(dag, "str")
        self._context, self._name = context, name

    def give(self, path: Path, form: Form) -> TaskInput | None:
        """An output of the task that finds out about the run."""
        return self._context.output(self._name) if not path and form == "str" else None


class RunContext:
    """A task that finds out about the run; it is there, and has its outputs, once something asks for them."""

    def __init__(self, build: Builder) -> None:
        self._build, self._made = build, False
        for name in ("logical_date", "day", "run_id"):
            build.producers["ctx", name] = ContextValue(self, build.top, name)

    def output(self, name: str) -> TaskOutput:
        """The output that has a value of the context."""
        if not self._made:
            self._make()
        component = self._component
        if name not in component.outputs:
            if name == "run_id":
                component.gives(name, "str", self._facts.run_id())
            else:
                final = self._build.pipeline.final
                now = not takes_time(final.call if final else None)
                found = component.value(self._facts.time(now=now), "found")
                component.gives(name, "str", found + FOUND[name])
        return TaskOutput(self._task.name, name)

    def _make(self) -> None:
        build, self._made = self._build, True
        self._task, self._component = build.python_task("run-context")
        self._facts = RunFacts(build, build.top, self._task, self._component)
        build.top.tasks = {self._task.name: self._task, **build.top.tasks}
        build.origins[self._task.name] = TaskOrigin("", "helper")


class RunFacts:
    """How the code of one task reads the context of the run from what only KFP knows."""

    def __init__(self, build: Builder, dag: DagDraft, task: TaskDraft, component: ComponentDraft) -> None:
        self._build, self._dag, self._task, self._component = build, dag, task, component
        self._seen: dict[str, str] = {}

    def run_id(self) -> str:
        """The engine's own name of the run."""
        return self._parameter("run_id", Constant("{{$.pipeline_job_uuid}}"))

    def time(self, *, now: bool) -> Doc:
        """The logical date and the day. `now`: a server that does not tell when a run was made is no failure. Only
        one task of a run may look at the clock."""
        schedule = self._build.pipeline.schedule
        zone = schedule.timing.timezone if schedule is not None and schedule.timing.kind == "cron" else "UTC"
        given = [
            self._parameter("given", _tick_param(self._build, self._dag)),
            self._parameter("scheduled", Constant("{{$.pipeline_job_schedule_time_utc}}")),
            self._parameter("created", Constant("{{$.pipeline_job_create_time_utc}}")),
        ]
        texts = [*given, *([f"{self._component.use('now')}()"] if now else [])]
        return call(self._component.use("context_of"), [Atom(text) for text in texts], zone)

    def _parameter(self, name: str, given: TaskInput) -> str:
        if name not in self._seen:
            self._seen[name] = self._component.parameter(name, "str")
            self._task.inputs[self._seen[name]] = given
        return self._seen[name]


def _tick_param(build: Builder, dag: DagDraft) -> TaskInput:
    """A parameter that sets the logical date of a run made by hand."""
    name = date_param(build.pipeline)
    if name not in build.params:
        about = "Logical date; by default the tick of the schedule or the start of the run"
        build.params[name] = {
            "defaultValue": "",
            "description": about,
            "isOptional": True,
            "parameterType": "STRING",
        }
        build.root.inputs[name], build.tick = "str", name
    return dag.pass_in(build.root, DagInput(name), "str")
