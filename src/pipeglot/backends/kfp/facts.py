"""The facts of a run, which only KFP knows, and the exit task that is told how the run ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeglot.backends.python import invocation, roots
from pipeglot.core.ir import Call, Ctx
from pipeglot.core.pysource import Atom, Doc, Root, call, flat, literal

from .parts import Meaning, Producer, native, retry_policy
from .programs import Writing
from .spec import Dag, Given, Task, constant, incoming, outgoing
from .types import Form, form_of

if TYPE_CHECKING:
    from .lower import Lowering


def run_context(low: Lowering) -> None:
    """A task that finds out about the run; its outputs are added as they are asked for."""
    task_name = low.names("run-context")
    writing = low.writing(task_name, "run_context")
    task = Task(task_name, task_name, writing.program)
    read = _facts(low, low.top, task, writing)
    writing.value(Atom("None"))
    dag = low.top
    first = dag.tasks
    dag.tasks = {task_name: task, **first}
    low.meanings[task_name] = Meaning("", "helper")
    for fact in ("logical_date", "day", "run_id"):

        def give(path: tuple[str | int, ...], form: Form, fact: str = fact) -> Given | None:
            if path or form != "str":
                return None
            if fact not in writing.program.outputs:
                writing.gives(fact, "str", read(fact))
            return outgoing(task_name, fact)

        low.produce("ctx", fact, Producer(dag, "str", give))


def _facts(low: Lowering, dag: Dag, task: Task, writing: Writing) -> Callable[[str], str]:
    """How code reads the facts of the run from what only KFP knows."""
    zone = "UTC"
    if low.pipeline.schedule is not None and low.pipeline.schedule.timing.kind == "cron":
        zone = low.pipeline.schedule.timing.timezone

    def read(fact: str) -> str:
        def placeholder(name: str, text: str) -> str:
            if ("fact", name) not in seen:
                seen["fact", name] = writing.parameter(("fact", name), name, "str")
                task.inputs[seen["fact", name]] = constant(text)
            return seen["fact", name]

        if fact == "run_id":
            return placeholder("run_id", "{{$.pipeline_job_uuid}}")
        given = _tick_param(low, dag)
        if ("fact", "given") not in seen:
            seen["fact", "given"] = writing.parameter(("fact", "given"), "given", "str")
            task.inputs[seen["fact", "given"]] = given
        scheduled = placeholder("scheduled", "{{$.pipeline_job_schedule_time_utc}}")
        created = placeholder("created", "{{$.pipeline_job_create_time_utc}}")
        writing.use("context_of")
        where = flat(literal(zone))
        found = f"context_of({seen['fact', 'given']}, {scheduled}, {created}, {where})"
        return found + ("[0]" if fact == "logical_date" else "[1]")

    seen: dict[tuple[str, str], str] = {}
    return read


def _tick_param(low: Lowering, dag: Dag) -> Given:
    """A parameter that sets the logical date of a run made by hand."""
    name = "logical_date"
    while name in {param.name for param in low.pipeline.params}:
        name += "_of_run"
    if name not in low.params:
        about = "Logical date; by default the tick of the schedule or the start of the run"
        low.params[name] = {
            "defaultValue": "",
            "description": about,
            "isOptional": True,
            "parameterType": "STRING",
        }
        low.root.inputs[name] = "str"
    return dag.pass_in(low.root, incoming(name), f"pipelinechannel--{name}", "str")


def exit_task(low: Lowering, node: Call) -> None:
    """The Final: an exit task, given how the rest ended."""
    step = low.pipeline.step(node.step)
    name = low.name(node.id)
    writing = low.writing(name, node.id, step)
    task = Task(name, node.id, writing.program)
    facts = _facts(low, low.root, task, writing)
    for fact in ("logical_date", "day", "run_id"):
        low.producers.pop(("ctx", fact), None)
    named: dict[Root, str] = {}
    refs = roots(node.args.values())
    for ref in refs:
        if isinstance(ref, Ctx):
            named[ref] = "state" if ref.name == "state" else facts(ref.name)
    filled, names = low.arguments(low.root, task, writing, node, named)
    writing.program.final_status = "status"
    if any(isinstance(ref, Ctx) and ref.name == "state" for ref in refs):
        writing.line('    good = status.state in ("SUCCEEDED", "COMPLETE", "CACHED")')
        writing.line('    state = "succeeded" if good else "failed"')
    doc: Doc = invocation(low.pipeline, filled, names, writing.imports)
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
