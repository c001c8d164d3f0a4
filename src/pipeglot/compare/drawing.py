"""The pipeline as reports draw it: its calls and regions, and what waits for what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeglot.core.graph import Picture, words
from pipeglot.core.ir import Call, Each, If, Pipeline
from pipeglot.core.record import Part
from pipeglot.core.shape import Shape, inline


class GraphNode(Part):
    """A call or region of the pipeline, as it is drawn: `inside` are the regions around it, outermost first, and `arms`
    the number of the arm in each of them that is an If.

    `words` say what an If asks, arm by arm (empty for the one without a condition), or what an Each goes over; `args`
    what a call is given, by parameter.
    """

    id: str
    kind: Literal["call", "if", "each", "final"]
    inside: tuple[str, ...] = ()
    arms: tuple[int | None, ...] = ()
    loops: int = 0
    words: tuple[str, ...] = ()
    args: dict[str, str] = Field(default_factory=dict)


class CallGraph(Part):
    """The pipeline for drawing: its calls and regions, and what waits for what."""

    boxes: tuple[GraphNode, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()


def graph(pipeline: Pipeline) -> CallGraph:
    """What a pipeline looks like, drawn: every call, If, Each and the Final, and what waits for what."""
    pipeline = inline(pipeline)
    shape = Shape(pipeline)
    boxes: list[GraphNode] = []
    for id, node in shape.nodes.items():
        if isinstance(node, Call | If | Each):
            frames = shape.frames[id]
            boxes.append(
                GraphNode(
                    id=id,
                    kind=node.kind,
                    inside=tuple(frame.region for frame in frames),
                    arms=tuple(frame.arm for frame in frames),
                    loops=len(shape.loops(id)),
                    words=_words(node),
                    args=_args(node) if isinstance(node, Call) else {},
                )
            )
    if pipeline.final is not None:
        last = pipeline.final.call
        boxes.append(GraphNode(id=last.id, kind="final", args=_args(last)))
    edges = dict.fromkeys((edge.start, edge.end) for edge in Picture(shape).edges)
    return CallGraph(boxes=tuple(boxes), edges=tuple(edges))


def _words(node: Call | If | Each) -> tuple[str, ...]:
    if isinstance(node, If):
        return tuple("" if arm.when is None else words(arm.when) for arm in node.arms)
    return (words(node.items),) if isinstance(node, Each) else ()


def _args(call: Call) -> dict[str, str]:
    return {name: words(value) for name, value in call.args.items()}
