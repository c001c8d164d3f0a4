"""A pipeline as the text of a script."""

from __future__ import annotations

from pipeglot.codegen.expressions import Root, expression
from pipeglot.codegen.names import Imports
from pipeglot.codegen.pysource import call, flat, literal, statement
from pipeglot.codegen.python import STANDARD, author_code, boundary_code, header, invocation
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Each, Group, If, Include, Pipeline
from pipeglot.core.shape import Shape

TAKEN = frozenset({"Script", "script", "of", "params", "_"})
"""Names of the script's own, which an author's code must not bind."""


def script(pipeline: Pipeline) -> tuple[str, tuple[Diagnostic, ...]]:
    """The script of a pipeline without Includes, and what there is to say about the author's code in it."""
    shape, imports = Shape(pipeline), Imports()
    imports.name("scriptrunner", "Script")
    author = author_code(pipeline, imports)
    used = {call.step for call in shape.calls}
    boundary = boundary_code([step for step in pipeline.steps if step.name in used], imports)
    tasks = [_task(shape, node, imports) for node in shape.nodes.values() if not isinstance(node, Group)]
    params = {param.name: param.default for param in pipeline.params if not param.required}
    made = call("Script", pipeline.name, description=pipeline.description, params=params)
    parts = [author.text, boundary, statement("script = ", made), *tasks]
    body = "\n\n\n".join(part for part in parts if part)
    return f"{header(pipeline)}\n\n{imports.text(STANDARD)}\n\n{body}\n", author.diagnostics


def names(value: Root) -> str:
    """Where a task finds a value: among what others gave, or among the parameters."""
    match value.kind:
        case "out":
            return f"of[{flat(literal(value.ref))}]"
        case "param":
            return f"params[{flat(literal(value.name))}]"
    raise ValueError(f"a script has no {value.kind}")


def _task(shape: Shape, node: Call | If | Each | Include, imports: Imports) -> str:
    """The declaration of a call's task, or of an If's choice."""
    waits = shape.waits(node.id)
    given: dict[str, object] = {}
    if needs := list(dict.fromkeys([*waits.values, *waits.after])):
        given["needs"] = needs
    # Named in `after`, an If stands for all that is in it, and what was not taken has not failed.
    if ends := [inner.id for ref in waits.after for inner in shape.inside(ref) if not isinstance(inner, Group)]:
        given["ends"] = ends
    if frames := shape.frames[node.id]:
        given["arm"] = (frames[-1].region, frames[-1].arm)
    match node:
        case Call():
            lines = _comment(shape.pipeline.step(node.step).description)
            lines.append(
                statement("return ", invocation(shape.pipeline.step(node.step), node, names, imports), indent=4)
            )
        case If():
            given["choice"] = True
            lines = []
            for number, arm in enumerate(node.arms):
                told = f"return {number}"
                test = "" if arm.when is None else flat(expression(arm.when, names))
                lines.append(f"    if {test}:\n        {told}" if test else f"    {told}")
        case _:
            raise ValueError(f"a script has no {node.kind}")
    return "\n".join([statement("@", call("script.task", node.id, **given)), "def _(of, params):", *lines])


def _comment(text: str) -> list[str]:
    return [f"    # {line}".rstrip() for line in text.splitlines()]
