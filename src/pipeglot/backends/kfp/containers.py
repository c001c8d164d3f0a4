"""A container step: its own image runs its command, with a shell around it that hands over the arguments and keeps the
last line of what it prints."""

from __future__ import annotations

import json

from pipeglot.codegen.expressions import expression, root
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Const, Container, Ctx, Item, Out, ParamRef, Step, Value

from .builder import Builder, shielded
from .drafts import DagDraft, TaskDraft
from .plan import ContainerComponent, TaskInput, TaskOrigin, TaskOutput
from .producers import Producer, value_path
from .retries import native
from .types import Form

_DIRECT: tuple[Form, ...] = ("str", "int", "bool")
"""The forms that KFP writes into a command as JSON or plain text would be."""


def container_call(build: Builder, dag: DagDraft, node: Call, guard: bool) -> None:
    """A call of a container step as a task."""
    step, policy = build.steps[node.step], node.policy
    run, name = step.run, build.name(node.id)
    assert isinstance(run, Container)
    given = {key: _given(build, dag, node, key, value) for key, value in node.args.items() if not _is_constant(value)}
    component = ContainerComponent(
        step=step,
        description=step.description,
        image=run.image,
        command=run.command,
        inputs={key: form for key, (_, form) in given.items()},
        arguments={key: _text(value) for key, value in node.args.items()},
        timeout=policy.timeout,
        resources=policy.resources,
        secrets=policy.secrets,
    )
    task = TaskDraft(name, node.id, component, inputs={key: source for key, (source, _) in given.items()})
    build.diagnostics += _findings(step, node, component, guard)
    build.wait(dag, task, node)
    task.retry = policy.retry
    build.components[name] = component
    build.add(dag, task, TaskOrigin(node.id, "call", "str", output=component.output))
    build.ends[node.id] = [(dag, name)]
    build.producers["out", node.id] = Producer(dag, "str", TaskOutput(name, component.output))


def _is_constant(value: Value) -> bool:
    return isinstance(value, Const)


def _text(value: Value) -> str | None:
    """A constant argument as the text of an environment variable; None for what the task is given."""
    if not isinstance(value, Const):
        return None
    return value.value if isinstance(value.value, str) else json.dumps(value.value)


def _given(build: Builder, dag: DagDraft, node: Call, key: str, value: Value) -> tuple[TaskInput, Form]:
    """What gives the task an argument; one that is no plain text yet is made text by a task of its own."""
    form = build.types.form(value)
    if isinstance(value, Out | ParamRef | Item | Ctx) and form in _DIRECT and not build.producer(root(value)).guarded:
        given = build.take(dag, root(value), value_path(value), form)
        if given is not None:
            return given, form
    task, component = build.python_task(f"{node.id}-{key}")
    component.description = "An argument as the text of an environment variable."
    names = build.inputs(dag, task, component, [value])
    read = component.value(expression(shielded(value), names.__getitem__))
    component.use("json")
    component.gives("Output", "str", f"{read} if isinstance({read}, str) else json.dumps({read})")
    build.wait(dag, task, node)
    build.add(dag, task, TaskOrigin(node.id, "decide", "str"))
    return TaskOutput(task.name, "Output"), "str"


def _findings(step: Step, node: Call, component: ContainerComponent, guard: bool) -> list[Diagnostic]:
    """What cannot be run, or needs something of the image."""
    refused = ""
    texts = [component.image, *component.words(), *(text or "" for text in component.arguments.values())]
    if not component.command:
        refused = "it has no command, and what the image runs by itself cannot be listened to"
    elif guard or node.policy.on_failure is not None:
        refused = "it may fail without its run failing, which takes Python in the image"
    elif not native(node.policy):
        refused = "KFP cannot wait as its retries ask for"
    elif any("{{$" in text for text in texts):
        refused = "it holds `{{$`, which KFP replaces by its own"
    elif not all(key.isascii() for key in component.arguments):
        refused = "an argument's name is no name of a shell's variable"
    if refused:
        message = f"the container call {node.id!r} cannot run on KFP: {refused}"
        return [Diagnostic("PG291", "error", message, node.at, "make it a step in Python or shell", "kfp")]
    needs = "`sh`" if component.timeout is None else "`sh` and `timeout`"
    message = (
        f"the command of {step.name!r} is started by a shell: its image needs {needs}, its entry point is not used"
    )
    return [Diagnostic("PG290", "warning", message, step.at, "give the whole command", "kfp")]
