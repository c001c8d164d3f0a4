"""Guarded regions: what says whether all in them went well, and what opens their values behind them."""

from __future__ import annotations

from collections.abc import Iterable

from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import Atom, Doc, call, literal
from pipeglot.core.ir import AnyNode, Collected, Each, If, Merged, Out
from pipeglot.core.shape import transparent

from .builder import Builder
from .drafts import ComponentDraft, DagDraft, TaskDraft
from .plan import TaskOutput
from .producers import ComponentValue, Producer

REPORT = "report"
"""The output of a guarded region that says whether all in it went well."""


def report(build: Builder, dag: DagDraft, block: tuple[AnyNode, ...]) -> None:
    """A task at the end of a guarded block that says whether all of it ended well."""
    task, component = build.python_task(f"{dag.name}-report", REPORT)
    taken: list[Doc] = []
    for node in transparent(block):
        producer = build.producers.get(("end", node.id))
        if producer is not None and producer.dag is dag and producer.output is not None:
            parameter = component.parameter(identifier(node.id), "outcome")
            task.inputs[parameter] = producer.output
            taken.append(Atom(parameter))
    component.value(call(component.use("ended"), taken) if taken else literal({"value": None}))
    component.gives("Output", "outcome")
    build.helper(dag, task)
    dag.gives(REPORT, "outcome", TaskOutput(task.name, "Output"))


def leave_guarded(
    build: Builder, dag: DagDraft, node: If | Each, task: str, leaving: Iterable[Merged | Collected], guard: bool
) -> None:
    """Behind a guarded region: within another its report is handed on; else its values are opened."""
    reported = TaskOutput(task, REPORT)
    if guard:
        build.producers["end", node.id] = Producer(dag, "outcome", reported, guarded=True)
        return
    verdict, component = build.python_task(f"{node.id}-verdict")
    component.description = "Fails when a call of the region did."
    _unwrap(verdict, component, "report", reported)
    build.helper(dag, verdict, node.id)
    build.ends[node.id] = [(dag, task), (dag, verdict.name)]
    for value in leaving:
        outcome = build.producers["out", value.id].output
        assert outcome is not None
        opened, component = build.python_task(f"{value.id}-open")
        _unwrap(opened, component, "outcome_text", outcome)
        whole = Out(ref=value.id)
        component.gives("Output", build.types.form(whole))
        build.helper(dag, opened, node.id)
        build.ends[value.id] = [(dag, opened.name)]
        build.producers["out", value.id] = ComponentValue(dag, opened, component, "value", whole, build.types)


def _unwrap(task: TaskDraft, component: ComponentDraft, wanted: str, outcome: TaskOutput) -> None:
    """The value of an outcome; a task that fails where there is none."""
    parameter = component.parameter(wanted, "outcome")
    task.inputs[parameter] = outcome
    component.value(call(component.use("opened"), Atom(parameter)))
