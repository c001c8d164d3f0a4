"""What a change of a pipeline is, and the small edits that changes are made of."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from pipeglot.core.dataclass import replace
from pipeglot.core.ir import AnyNode, Arm, Call, Each, Group, If, Pipeline, walk
from pipeglot.core.shape import inline

NEVER = "^(the arm|calls that never ran)"
"""What is said of calls that did not run."""


@dataclass(frozen=True)
class Change:
    """A pipeline that is no longer what it was.

    Attributes:
        pipeline: the changed one.
        calls: what was changed: naming one of these is right. Empty, or "": the run itself, or its schedule.
        aspect: a regular expression for what has to be listed where the change could not show in a run. Empty: it
            shows, or is none: what comes to the same in the reference run is not drawn.
    """

    pipeline: Pipeline
    calls: frozenset[str] = frozenset()
    aspect: str = ""


Operator: TypeAlias = Callable[[Pipeline], Iterator[Change]]


def edited(pipeline: Pipeline, change: Callable[[AnyNode], Iterable[AnyNode]]) -> Pipeline:
    """A pipeline with every node replaced by others: one for itself, none to leave it out."""

    def block(body: tuple[AnyNode, ...]) -> tuple[AnyNode, ...]:
        return tuple(new for node in body for new in change(inside(node)))

    def inside(node: AnyNode) -> AnyNode:
        if isinstance(node, If):
            arms = tuple(replace(arm, body=block(arm.body)) for arm in node.arms)
            return replace(node, arms=arms)
        if isinstance(node, Each | Group):
            return replace(node, body=block(node.body))
        return node

    return replace(pipeline, body=block(pipeline.body))


def replaced(pipeline: Pipeline, place: str, /, **fields: Any) -> Pipeline:
    """A pipeline in which one node, or the Final's call, has other fields."""
    if pipeline.final is not None and pipeline.final.call.id == place:
        call = replace(pipeline.final.call, **fields)
        return replace(pipeline, final=replace(pipeline.final, call=call))
    return edited(pipeline, lambda node: [replace(node, **fields) if node.id == place else node])


def instead(pipeline: Pipeline, place: str, *nodes: AnyNode) -> Pipeline:
    """A pipeline with other nodes, or none, in one's place."""
    return edited(pipeline, lambda node: nodes if node.id == place else [node])


def calls(pipeline: Pipeline) -> list[Call]:
    """Every call, the Final's last."""
    flat = inline(pipeline)
    return [node for node in walk(flat.body) if isinstance(node, Call)] + ([flat.final.call] if flat.final else [])


def within(arms: Iterable[Arm]) -> frozenset[str]:
    """The calls in arms."""
    return frozenset(node.id for arm in arms for node in walk(arm.body) if isinstance(node, Call))


def recoded(pipeline: Pipeline, step: str, text: str) -> Pipeline:
    """A pipeline in which the function of a step has another source."""
    code = tuple(
        replace(chunk, text=text) if step in chunk.names and chunk.kind == "function" else chunk
        for chunk in pipeline.code
    )
    return replace(pipeline, code=code)


def functions(pipeline: Pipeline) -> Iterator[tuple[str, str, ast.FunctionDef, frozenset[str]]]:
    """The steps whose source travels: name, source, its function, and the calls that use it."""
    for chunk in pipeline.code:
        if chunk.kind == "function" and any(step.name in chunk.names for step in pipeline.steps):
            made = ast.parse(chunk.text).body[0]
            assert isinstance(made, ast.FunctionDef)
            used = frozenset(call.id for call in calls(pipeline) if call.step == made.name)
            yield made.name, chunk.text, made, used


def spliced(text: str, node: ast.AST, new: str) -> str:
    """A source with one node written otherwise."""
    lines = text.splitlines(keepends=True)
    first, last = node.lineno - 1, node.end_lineno - 1  # type: ignore[attr-defined]
    head = lines[first].encode()[: node.col_offset].decode()  # type: ignore[attr-defined]
    tail = lines[last].encode()[node.end_col_offset :].decode()  # type: ignore[attr-defined]
    return "".join([*lines[:first], head + new + tail, *lines[last + 1 :]])
