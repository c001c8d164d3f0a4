"""A container step: its own image runs its command, with a shell around it that hands over the arguments and keeps the
last line of what it prints."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeglot.codegen.pysource import expression, identifier, root
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Const, Container, Ctx, Item, Out, ParamRef, Step, Value

from .parts import Meaning, Producer, native, retry_policy, shielded, value_path
from .spec import Dag, Given, Program, Task, outgoing
from .types import Form

if TYPE_CHECKING:
    from .lower import Lowering

# POSIX sh has no `pipefail`: a file says that the command failed. `tee` shows what it prints in the task's log.
SCRIPT = """\
set -e
while [ "$1" != -- ]; do
  export "$1"
  shift
done
shift
mkdir -p "$(dirname "$0")"
{ "$@" || echo "$?" > "$0.failed"; } | tee "$0.log"
if [ -e "$0.failed" ]; then exit "$(cat "$0.failed")"; fi
printf %s "$(tail -n 1 "$0.log")" > "$0"
"""
"""Its name is the file for the output; it is given NAME=VALUE words, `--`, the command."""
_DIRECT: tuple[Form, ...] = ("str", "int", "bool")
"""The forms that KFP writes into a command as JSON or plain text would be."""


@dataclass
class Box:
    """One container task: `arguments` are constant texts, or None where the task is given one."""

    program: Program
    image: str
    command: tuple[str, ...]
    arguments: dict[str, str | None] = field(default_factory=dict)
    timeout: int | None = None

    @property
    def output(self) -> str:
        """What the output is called: KFP's DSL cannot call it `Output`, as it does those of Python components."""
        return next(name for name in ("output", "output_of_container", "last_line") if name not in self.arguments)

    def words(self) -> list[str]:
        """What follows `--`."""
        return [*([] if self.timeout is None else ["timeout", str(self.timeout)]), *self.command]

    def spec(self) -> dict[str, object]:
        """As an executor has it."""
        given = [
            f"{name}=" + (f"{{{{$.inputs.parameters['{name}']}}}}" if text is None else text)
            for name, text in self.arguments.items()
        ]
        file = f"{{{{$.outputs.parameters['{self.output}'].output_file}}}}"
        args = [file, *given, "--", *self.words()]
        return {"args": args, "command": ["sh", "-c", SCRIPT], "image": self.image}


def container_call(low: Lowering, dag: Dag, node: Call, step: Step, guard: bool) -> None:
    """A call of a container step as a task."""
    run, policy = step.run, node.policy
    assert isinstance(run, Container)
    name = low.name(node.id)
    box = Box(Program(identifier(node.id), description=step.description), run.image, run.command)
    box.timeout = policy.timeout
    task = Task(name, node.id, box.program)
    for key, value in node.args.items():
        if isinstance(value, Const):
            box.arguments[key] = value.value if isinstance(value.value, str) else json.dumps(value.value)
        else:
            task.inputs[key] = _given(low, dag, node, key, value)
            box.program.inputs[key] = low.types.form(value) if _is_direct(low, value) else "str"
            box.arguments[key] = None
    box.program.outputs[box.output] = "str"
    low.sources.diagnostics += findings(step, node, box, guard)
    low.wait(dag, task, node)
    if policy.retry is not None:
        task.retry = retry_policy(policy)
    if policy.resources is not None:
        low.resources[name] = policy.resources
    low.containers[name] = box
    low.add(dag, task, Meaning(node.id, "call", "str", output=box.output))
    low.ends[node.id] = [(dag, name)]
    given = outgoing(name, box.output)
    low.produce("out", node.id, Producer(dag, "str", lambda p, f: given if (p, f) == ((), "str") else None))


def _is_direct(low: Lowering, value: Value) -> bool:
    if not isinstance(value, Out | ParamRef | Item | Ctx) or low.types.form(value) not in _DIRECT:
        return False
    producer = low.producer(root(value))
    return not producer.guarded and producer.give(value_path(value), low.types.form(value)) is not None


def _given(low: Lowering, dag: Dag, node: Call, key: str, value: Value) -> Given:
    """What gives the task an argument; one that is no plain text yet is made text by a task of its own."""
    if _is_direct(low, value):
        assert isinstance(value, Out | ParamRef | Item | Ctx)
        given = low.take(dag, root(value), value_path(value), low.types.form(value))
        assert given is not None
        return given
    name = low.names(f"{node.id}-{key}")
    writing = low.writing(name, f"{node.id}_{key}")
    writing.program.description = "An argument as the text of an environment variable."
    task = Task(name, name, writing.program)
    names = low.inputs(dag, task, writing, [value])
    writing.value(expression(shielded(value), names))
    writing.use("json")
    writing.gives("Output", "str", "{} if isinstance({}, str) else json.dumps({})")
    low.wait(dag, task, node)
    low.add(dag, task, Meaning(node.id, "decide", "str"))
    return outgoing(name, "Output")


def findings(step: Step, node: Call, box: Box, guard: bool) -> list[Diagnostic]:
    """What cannot be run, or needs something of the image."""
    refused = ""
    texts = [*box.command, box.image, *(text for text in box.arguments.values() if text is not None)]
    if not box.command:
        refused = "it has no command, and what the image runs by itself cannot be listened to"
    elif guard or node.policy.on_failure is not None:
        refused = "it may fail without its run failing, which takes Python in the image"
    elif not native(node.policy):
        refused = "KFP cannot wait as its retries ask for"
    elif any("{{$" in text for text in texts):
        refused = "it holds `{{$`, which KFP replaces by its own"
    elif not all(key.isascii() for key in box.arguments):
        refused = "an argument's name is no name of a shell's variable"
    if refused:
        message = f"the container call {node.id!r} cannot run on KFP: {refused}"
        return [Diagnostic("PG291", "error", message, node.at, "make it a step in Python or shell", "kfp")]
    needs = "`sh`" if box.timeout is None else "`sh` and `timeout`"
    message = (
        f"the command of {step.name!r} is started by a shell: its image needs {needs}, its entry point is not used"
    )
    return [Diagnostic("PG290", "warning", message, step.at, "give the whole command", "kfp")]
