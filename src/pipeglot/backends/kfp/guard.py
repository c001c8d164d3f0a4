"""Guarded regions: what says whether all in them went well, and what opens their values behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeglot.codegen.pysource import Atom, Doc, call, identifier, literal
from pipeglot.core.ir import AnyNode, Collected, Each, If, Merged, Out

from .calls import program_producer
from .parts import Producer
from .spec import Dag, Task, outgoing

if TYPE_CHECKING:
    from .lower import Lowering


def report(low: Lowering, dag: Dag, nodes: Iterable[AnyNode]) -> None:
    """A task at the end of a guarded block that says whether all of it ended well."""
    name = low.names(f"{dag.name}-report")
    writing = low.writing(name, "report")
    task = Task(name, name, writing.program)
    taken: list[Doc] = []
    for node in nodes:
        producer = low.producers.get(("end", node.id))
        if producer is not None and producer.dag is dag:
            given = producer.give((), "outcome")
            assert given is not None
            parameter = writing.parameter(node.id, identifier(node.id), "outcome")
            task.inputs[parameter] = given
            taken.append(Atom(parameter))
    writing.value(call(writing.use("ended"), taken) if taken else literal({"value": None}))
    writing.gives("Output", "outcome")
    low.helper(dag, task)
    dag.outputs["report"] = ("outcome", [(name, "Output")])


def close(
    low: Lowering, dag: Dag, node: If | Each, task: str, leaving: Sequence[Merged | Collected], guard: bool
) -> None:
    """Behind a guarded region: within another its report is handed on; else its values are opened."""
    given = outgoing(task, "report")
    if guard:
        ends = Producer(dag, "outcome", lambda p, f: given if (p, f) == ((), "outcome") else None, True)
        low.produce("end", node.id, ends)
        return
    name = low.names(f"{node.id}-verdict")
    writing = low.writing(name, f"{node.id}_verdict")
    writing.program.description = "Fails when a call of the region did."
    verdict = Task(name, name, writing.program)
    verdict.inputs[writing.parameter("report", "report", "outcome")] = given
    writing.value(call(writing.use("opened"), Atom("report")))
    low.helper(dag, verdict, node.id)
    low.ends[node.id] = [(dag, task), (dag, name)]
    for value in leaving:
        closed = low.producers["out", value.id].give((), "outcome")
        assert closed is not None
        name = low.names(f"{value.id}-open")
        writing = low.writing(name, f"{value.id}_open")
        opened = Task(name, name, writing.program)
        parameter = writing.parameter("outcome", "outcome_text", "outcome")
        opened.inputs[parameter] = closed
        writing.value(call(writing.use("opened"), Atom(parameter)))
        form = low.types.form(Out(ref=value.id))
        writing.gives("Output", form)
        low.helper(dag, opened, node.id)
        low.ends[value.id] = [(dag, name)]
        low.produce("out", value.id, program_producer(low, dag, name, writing, Out(ref=value.id), form, "{}"))
