"""A pipeline drawn: as an indented outline, and as Mermaid or Graphviz text of the same picture."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal, TypeAlias

from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Call,
    Compare,
    Const,
    Ctx,
    DictOf,
    Each,
    Group,
    If,
    Include,
    IsIn,
    Item,
    ListOf,
    Not,
    Out,
    ParamRef,
    Pipeline,
    Text,
    Value,
)
from pipeglot.core.render import printable
from pipeglot.core.shape import EnclosingBlock, Shape, inline, inputs, out_refs, sources, unique

Drawing: TypeAlias = Literal["text", "mermaid", "dot"]


def draw(pipeline: Pipeline, form: Drawing = "text") -> str:
    """The drawing's text, ending in a newline. `pipeline` is valid; it may hold Includes.

    >>> print(draw(Pipeline(name="p", body=(Call(id="load", step="load"),))), end="")
    p
      load
    """
    shape = Shape(inline(pipeline))
    if form == "text":
        return "".join(f"{line}\n" for line in _outline(shape))
    picture = Picture(shape)
    drawing = _Mermaid(picture) if form == "mermaid" else _Dot(picture)
    return "".join(f"{line}\n" for line in drawing.lines())


def words(value: Value) -> str:  # noqa: C901 -- one case for each kind of value
    """A value as a short expression, for people.

    >>> words(Compare(op=">", left=Out(ref="model", path=("auc",)), right=Const(value=0.7)))
    'model.auc > 0.7'
    """
    match value:
        case Const():
            return json.dumps(value.value, ensure_ascii=False)
        case ParamRef():
            return value.name + _path(value.path)
        case Out():
            return value.ref + _path(value.path)
        case Item():
            return f"item of {value.loop}" + _path(value.path)
        case Ctx():
            return f"run.{value.name}"
        case ListOf():
            return f"[{', '.join(map(words, value.items))}]"
        case DictOf():
            return "{" + ", ".join(f"{json.dumps(k)}: {words(v)}" for k, v in value.items) + "}"
        case Text():
            return " + ".join(map(words, value.parts))
        case Compare():
            return f"{_operand(value.left)} {value.op} {_operand(value.right)}"
        case IsIn():
            return f"{_operand(value.value)} in {json.dumps(value.options, ensure_ascii=False)}"
        case All():
            return " and ".join(map(_operand, value.operands))
        case Any_():
            return " or ".join(map(_operand, value.operands))
        case Not():
            return f"not {_operand(value.operand)}"
        case _:
            assert_never(value)


def _operand(value: Value) -> str:
    return f"({words(value)})" if isinstance(value, Compare | IsIn | All | Any_) else words(value)


def _path(path: tuple[str | int, ...]) -> str:
    return "".join(f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]" for key in path)


def _short(text: str) -> str:
    return printable(text, 80)


def _entry(node: If | Each) -> str:
    """What a region's entry says."""
    if isinstance(node, If):
        return f"if {node.id}"
    bound = f", {node.max_parallel} at once" if node.max_parallel else ""
    return f"each {node.id}: {words(node.items)}{bound}"


def _arm(node: If, number: int) -> str:
    when = node.arms[number].when
    return "otherwise" if when is None else words(when)


# ---------------------------------------------------------------- outline


def _outline(shape: Shape) -> Iterator[str]:
    pipeline = shape.pipeline
    yield _short(pipeline.name)
    for param in pipeline.params:
        default = "" if param.required else f" = {json.dumps(param.default, ensure_ascii=False)}"
        yield _short(f"  param {param.name}{default}")
    yield from _block(shape, pipeline.body, "  ")
    if pipeline.final:
        yield _short(f"  finally {pipeline.final.call.id}")
    if pipeline.result is not None:
        yield _short(f"  result {words(pipeline.result)}")


def _block(shape: Shape, body: tuple[AnyNode, ...], indent: str) -> Iterator[str]:
    for node in body:
        match node:
            case Call():
                waits = shape.waits(node.id)
                taken = ", ".join(unique([*waits.values, *(f"after {ref}" for ref in waits.after)]))
                yield indent + _short(f"{node.id} <- {taken}" if taken else node.id)
            case If():
                for number, arm in enumerate(node.arms):
                    word = "else" if arm.when is None else "elif" if number else "if"
                    condition = "" if arm.when is None else f" {words(arm.when)}"
                    yield indent + _short(word + condition)
                    yield from _block(shape, arm.body, indent + "  ")
                for merged in node.merged:
                    yield indent + _short(f"{merged.id} = one of {', '.join(map(words, merged.values))}")
            case Each():
                yield indent + _short(_entry(node))
                yield from _block(shape, node.body, indent + "  ")
                for collected in node.collected:
                    yield indent + _short(f"{collected.id} = all of {words(collected.value)}")
            case Group() | Include():
                yield indent + _short(f"group {node.id}")
                yield from _block(shape, node.body if isinstance(node, Group) else (), indent + "  ")
            case _:
                assert_never(node)


# ---------------------------------------------------------------- picture


@dataclass(frozen=True)
class Edge:
    start: str
    end: str
    label: str = ""
    order: bool = False
    """Control order alone: no value flows."""


@dataclass
class Picture:
    """Nodes in nested boxes, and edges between them. Ids are the pipeline's own."""

    shape: Shape
    edges: list[Edge] = field(default_factory=list)

    def __post_init__(self) -> None:
        for node in self.shape.nodes.values():
            if not isinstance(node, Group | Include):
                self._connect(node)

    def _connect(self, node: Call | If | Each) -> None:
        frames = self.shape.frames[node.id]
        starts = unique(start for ref in out_refs(*inputs(node)) for start in self._origins(ref))
        self.edges += [Edge(start, node.id) for start in starts]
        for ref in node.after:
            lifted = self.shape.lift(ref, frames)
            self.edges += [Edge(start, node.id, order=True) for start in self._ends(lifted)]
        if frames and not self.shape.upstream(node.id):
            self._enter(node, frames[-1])

    def _enter(self, node: Call | If | Each, frame: EnclosingBlock) -> None:
        region = self.shape.nodes[frame.region]
        label = _arm(region, frame.arm) if isinstance(region, If) and frame.arm is not None else ""
        self.edges.append(Edge(region.id, node.id, label))

    def _origins(self, ref: str) -> tuple[str, ...]:
        """The nodes a value comes from: a merged or collected one from those inside its region."""
        if ref not in self.shape.values:
            return (ref,)
        inner = out_refs(*sources(self.shape.values[ref]))
        return unique(start for one in inner for start in self._origins(one)) or (self.shape.owner[ref],)

    def _ends(self, id: str) -> tuple[str, ...]:
        """The nodes that end last: a call itself, of a region or group those nothing inside waits for."""
        inside = [node.id for node in self.shape.inside(id) if not isinstance(node, Group)]
        waited = {ref for one in inside for ref in self.shape.upstream(one)}
        return tuple(one for one in inside if one not in waited and isinstance(self.shape.nodes[one], Call)) or (id,)


class _Outline(ABC):
    """How a form draws nodes and blocks; arrows are its own."""

    end: ClassVar[str]

    def __init__(self, picture: Picture) -> None:
        self.picture, self.pipeline = picture, picture.shape.pipeline
        self.names = {id: f"n{number}" for number, id in enumerate(picture.shape.nodes, 1)}

    @abstractmethod
    def node(self, name: str, text: str, kind: Literal["call", "if", "each"]) -> str: ...

    @abstractmethod
    def frame(self, name: str, node: Each | Group) -> Iterable[str]:
        """What opens the block of a node."""

    def block(self, body: tuple[AnyNode, ...], indent: str = "  ") -> Iterator[str]:
        for node in body:
            name = self.names[node.id]
            match node:
                case Call():
                    yield indent + self.node(name, node.id, "call")
                case If():
                    yield indent + self.node(name, _entry(node), "if")
                    for arm in node.arms:
                        yield from self.block(arm.body, indent)
                case Each() | Group():
                    yield from (indent + line for line in self.frame(name, node))
                    if isinstance(node, Each):
                        yield f"{indent}  {self.node(name, _entry(node), 'each')}"
                    yield from self.block(node.body, indent + "  ")
                    yield indent + self.end
                case Include():
                    raise AssertionError("inlined")
                case _:
                    assert_never(node)

    @abstractmethod
    def lines(self) -> Iterator[str]:
        """The whole drawing."""


class _Mermaid(_Outline):
    end = "end"

    @staticmethod
    def quoted(text: str) -> str:
        # Mermaid reads entities with a # in place of the &.
        return '"' + "".join(c if c not in '"#&<>`' else f"#{ord(c)};" for c in _short(text)) + '"'

    def node(self, name: str, text: str, kind: Literal["call", "if", "each"]) -> str:
        left, right = {"call": "[]", "if": "{}", "each": ("{{", "}}")}[kind]
        return name + left + self.quoted(text) + right

    def frame(self, name: str, node: Each | Group) -> Iterable[str]:
        each = isinstance(node, Each)
        yield (
            f"subgraph {name}s[{self.quoted(f'each {node.id}')}]"
            if each
            else f"subgraph {name}[{self.quoted(node.id)}]"
        )

    def lines(self) -> Iterator[str]:
        yield "flowchart TD"
        yield from self.block(self.pipeline.body)
        for edge in self.picture.edges:
            arrow = "-.->" if edge.order else "-->"
            label = f"|{self.quoted(edge.label)}|" if edge.label else ""
            yield f"  {self.names[edge.start]} {arrow}{label} {self.names[edge.end]}"
        if self.pipeline.final:
            yield f"  final([{self.quoted(f'finally {self.pipeline.final.call.id}')}])"


class _Dot(_Outline):
    end = "}"

    @staticmethod
    def quoted(text: str) -> str:
        return '"' + _short(text).replace("\\", "\\\\").replace('"', '\\"') + '"'

    def node(self, name: str, text: str, kind: Literal["call", "if", "each"]) -> str:
        shape = {"call": "", "if": "shape=diamond, ", "each": "shape=hexagon, "}[kind]
        return f"{name} [{shape}label={self.quoted(text)}];"

    def frame(self, name: str, node: Each | Group) -> Iterable[str]:
        yield f"subgraph cluster_{name} {{"
        yield f"  label={self.quoted(f'each {node.id}' if isinstance(node, Each) else node.id)};"

    def lines(self) -> Iterator[str]:
        yield f"digraph {self.quoted(self.pipeline.name)} {{"
        yield "  node [shape=box];"
        yield from self.block(self.pipeline.body)
        for edge in self.picture.edges:
            marks = [f"label={self.quoted(edge.label)}"] if edge.label else []
            marks += ["style=dashed"] if edge.order else []
            yield f"  {self.names[edge.start]} -> {self.names[edge.end]} [{', '.join(marks)}];"
        if self.pipeline.final:
            yield f"  final [shape=ellipse, label={self.quoted(f'finally {self.pipeline.final.call.id}')}];"
        yield "}"
