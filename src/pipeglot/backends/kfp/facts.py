"""The facts of a run, which only KFP knows, and the exit task that is told how the run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeglot.codegen.pysource import Atom, Doc, Root, call, flat, statement
from pipeglot.codegen.python import invocation, roots
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Container, Ctx
from pipeglot.core.params import date_param

from .calls import arguments
from .parts import Meaning, Producer, native, retry_policy
from .programs import Writing
from .spec import Dag, Given, Task, constant, incoming, outgoing
from .types import Form, form_of

if TYPE_CHECKING:
    from .lower import Lowering


FACTS = ("logical_date", "day", "run_id")


def run_context(low: Lowering) -> None:
    """A task that finds out about the run; its outputs are added as they are asked for."""
    task_name = low.names("run-context")
    writing = low.writing(task_name, "run_context")
    task = Task(task_name, task_name, writing.program)
    facts = _Facts(low, low.top, task, writing)
    dag = low.top
    first = dag.tasks
    dag.tasks = {task_name: task, **first}
    low.meanings[task_name] = Meaning("", "helper")
    for fact in FACTS:

        def give(path: tuple[str | int, ...], form: Form, fact: str = fact) -> Given | None:
            if path or form != "str":
                return None
            if fact not in writing.program.outputs:
                if fact == "run_id":
                    writing.gives(fact, "str", facts.run_id())
                else:
                    writing.value(facts.time(now=not low.final_takes_time), variable="found")
                    writing.gives(fact, "str", "{}" + PLACE[fact])
            return outgoing(task_name, fact)

        low.produce("ctx", fact, Producer(dag, "str", give))


PLACE = {"logical_date": "[0]", "day": "[1]"}
"""Where `context_of` has a fact."""


class _Facts:
    """How the code of one task reads the facts of the run from what only KFP knows."""

    def __init__(self, low: Lowering, dag: Dag, task: Task, writing: Writing) -> None:
        self._low, self._dag, self._task, self._writing = low, dag, task, writing
        self._seen: dict[str, str] = {}

    def run_id(self) -> str:
        """The engine's own name of the run."""
        return self._parameter("run_id", constant("{{$.pipeline_job_uuid}}"))

    def time(self, *, now: bool) -> Doc:
        """The logical date and the day. `now`: a server that does not tell when a run was made is no failure. Only
        one task of a run may look at the clock."""
        schedule = self._low.pipeline.schedule
        zone = schedule.timing.timezone if schedule is not None and schedule.timing.kind == "cron" else "UTC"
        given = [
            self._parameter("given", _tick_param(self._low, self._dag)),
            self._parameter("scheduled", constant("{{$.pipeline_job_schedule_time_utc}}")),
            self._parameter("created", constant("{{$.pipeline_job_create_time_utc}}")),
        ]
        texts = [*given, *([self._writing.use("now") + "()"] if now else [])]
        return call(self._writing.use("context_of"), [Atom(text) for text in texts], zone)

    def _parameter(self, name: str, given: Given) -> str:
        if name not in self._seen:
            self._seen[name] = self._writing.parameter(("fact", name), name, "str")
            self._task.inputs[self._seen[name]] = given
        return self._seen[name]


def _tick_param(low: Lowering, dag: Dag) -> Given:
    """A parameter that sets the logical date of a run made by hand."""
    name = date_param(low.pipeline)
    if name not in low.params:
        about = "Logical date; by default the tick of the schedule or the start of the run"
        low.params[name] = {
            "defaultValue": "",
            "description": about,
            "isOptional": True,
            "parameterType": "STRING",
        }
        low.root.inputs[name], low.tick = "str", name
    return dag.pass_in(low.root, incoming(name), f"pipelinechannel--{name}", "str")


def exit_task(low: Lowering, node: Call) -> None:
    """The Final: an exit task, given how the rest ended."""
    step = low.pipeline.step(node.step)
    if isinstance(step.run, Container):
        message = f"the final call {node.id!r} is a container, which cannot read how the run ended"
        way_out = "make it a step in Python or shell"
        low.sources.diagnostics.append(Diagnostic("PG291", "error", message, node.at, way_out, "kfp"))
        return
    name = low.name(node.id)
    writing = low.writing(name, node.id, step)
    task = Task(name, node.id, writing.program)
    facts = _Facts(low, low.root, task, writing)
    for fact in FACTS:
        low.producers.pop(("ctx", fact), None)
    named: dict[Root, str] = {}
    refs = [ref for ref in roots(node.args.values()) if isinstance(ref, Ctx)]
    for ref in refs:
        named[ref] = ref.name if ref.name not in PLACE else "found" + PLACE[ref.name]
        if ref.name == "run_id":
            named[ref] = facts.run_id()
    filled, names = arguments(low, low.root, task, writing, node, named)
    writing.program.final_status = "status"
    if low.final_takes_time:
        writing.line(statement("found = ", facts.time(now=False), indent=4))
    if any(ref.name == "state" for ref in refs):
        # Other words than FAILED do not say that something failed: see PG292.
        writing.line('    state = "failed" if status.state == "FAILED" else "succeeded"')
    doc: Doc = invocation(low.pipeline, filled, names, writing.imports, writing.boundary())
    policy = node.policy
    if policy.timeout is not None:
        doc = call(writing.use("limited"), policy.timeout, Atom("lambda: " + flat(doc)))
    form = form_of(step.returns)
    inside = not native(policy)
    if inside:
        low.attempt(writing, doc, (), policy)
        writing.gives("outcome", "outcome")
        writing.gives("Output", form, writing.use("opened") + "(dump({}))")
    else:
        writing.value(doc)
        writing.gives("Output", form)
        if policy.retry is not None:
            task.retry = retry_policy(policy)
    if policy.resources is not None:
        low.resources[name] = policy.resources
    if low.top is not low.root:
        task.ends = low.top.name
        task.after[low.top.name] = None
    fused = 1 + policy.retry.count if inside and policy.retry is not None else 0
    low.add(low.root, task, Meaning(node.id, "call", "outcome" if inside else form, fused))
