"""A call as a task that runs a Python component, and how others take what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeglot.codegen.pysource import Atom, Doc, Root, RootNames, call, flat, identifier, root
from pipeglot.codegen.python import invocation
from pipeglot.core.ir import Call, Const, Container, Ctx, Item, Out, ParamRef, Value

from .containers import container_call
from .parts import Facet, Meaning, Producer, is_small, native, retry_policy, shielded
from .programs import Writing, subscripts
from .spec import Dag, Given, Task, constant, outgoing
from .types import Form, form_of

if TYPE_CHECKING:
    from .lower import Lowering


def call_task(low: Lowering, dag: Dag, node: Call, guard: bool) -> None:
    """A call as a task."""
    step = low.pipeline.step(node.step)
    if isinstance(step.run, Container):
        container_call(low, dag, node, step, guard)
        return
    name = low.name(node.id)
    writing = low.writing(name, node.id, step)
    task = Task(name, node.id, writing.program)
    names = arguments(low, dag, task, writing, node)
    doc: Doc = invocation(low.pipeline, names[0], names[1], writing.imports, writing.boundary())
    policy = node.policy
    if policy.timeout is not None:
        doc = call(writing.use("limited"), policy.timeout, Atom("lambda: " + flat(doc)))
    form = form_of(step.returns)
    inside = guard or policy.on_failure is not None or not native(policy)
    if guard:
        low.guarded_waits(dag, task, writing, node)
    else:
        low.wait(dag, task, node)
    if inside:
        low.attempt(writing, doc, low.upstream(writing), policy)
    else:
        writing.value(doc)
        if policy.retry is not None:
            task.retry = retry_policy(policy)
    if policy.resources is not None:
        low.resources[name] = policy.resources
    fused = 1 + policy.retry.count if inside and policy.retry is not None else 1 if inside else 0
    low.add(dag, task, Meaning(node.id, "call", "outcome" if inside else form, fused))
    low.ends[node.id] = [(dag, name)]
    if guard:
        writing.gives("Output", "outcome")
        given = outgoing(name, "Output")
        producer = Producer(dag, "outcome", lambda p, f: given if (p, f) == ((), "outcome") else None, True)
        low.produce("out", node.id, producer)
        low.produce("end", node.id, producer)
        return
    if inside:
        writing.gives("outcome", "outcome")
        if policy.on_failure is None:
            writing.gives("Output", form, writing.use("opened") + "(dump({}))")
    source = "{}" if not inside else '{}["value"]' if policy.on_failure else "opened(dump({}))"
    if not inside or policy.on_failure is not None:
        writing.gives("Output", form, source)
    low.produce("out", node.id, program_producer(low, dag, name, writing, Out(ref=node.id), form, source))


def arguments(
    low: Lowering, dag: Dag, task: Task, writing: Writing, node: Call, known: Mapping[Root, str] | None = None
) -> tuple[Call, RootNames]:
    """Give a task a call's arguments: references and small constants as parameters, the rest is in the code."""
    wanted = {
        root(value): name
        for name, value in reversed(node.args.items())
        if isinstance(value, Out | Item | ParamRef | Ctx)
    }
    args: dict[str, Value] = {}
    read: dict[str, str] = {}
    names = low.inputs(dag, task, writing, node.args.values(), wanted, known)
    for name, value in node.args.items():
        if isinstance(value, Const) and is_small(value.value):
            form = form_of({"const": value.value})
            given = writing.parameter(("const", name), name, form)
            task.inputs[given] = constant(value.value)
            read[name] = writing.read(given)
            args[name] = ParamRef(name=f"const {name}")
        else:
            args[name] = shielded(value)

    def named(ref: Root) -> str:
        if isinstance(ref, ParamRef) and ref.name.startswith("const "):
            return read[ref.name.removeprefix("const ")]
        return names(ref)

    return node.model_copy(update={"args": args}), named


def program_producer(
    low: Lowering, dag: Dag, task: str, writing: Writing, whole: Out, home: Form, source: str
) -> Producer:
    """A producer that adds outputs to a component as they are asked for."""
    keys: dict[Facet, str] = {((), home): "Output"}

    def give(path: tuple[str | int, ...], form: Form) -> Given | None:
        if (path, form) not in keys:
            value = whole.model_copy(update={"path": path})
            fits = form in ("json", low.types.form(value)) or (form == "texts" and low.types.is_list(value))
            if not fits or not low.types.cannot_fail(value):
                return None
            key, number = identifier("_".join(map(str, path)) or form), 2
            while key in writing.program.outputs:
                key, number = f"{identifier('_'.join(map(str, path)) or form)}_{number}", number + 1
            writing.gives(key, form, source + subscripts(path))
            keys[path, form] = key
        return outgoing(task, keys[path, form])

    return Producer(dag, home, give)
