"""Facts derived from a pipeline's structure, each in one place: what stands where, what waits for what.

`inline` removes Includes; everything after it, the reference run and the backends, works on its result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property

from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass
from pipeglot.core.inline import inline
from pipeglot.core.ir import (
    AnyNode,
    Call,
    Collected,
    Ctx,
    Each,
    Final,
    Group,
    If,
    Include,
    Item,
    Merged,
    Out,
    Pipeline,
    Value,
    blocks,
    parts,
)

__all__ = [
    "EnclosingBlock",
    "Shape",
    "Waits",
    "asks_state",
    "inline",
    "inputs",
    "item_refs",
    "out_refs",
    "outputs",
    "sources",
    "transparent",
    "unique",
]


@dataclass(frozen=True)
class EnclosingBlock:
    """A block that encloses a node: the body of an Each (`arm` is None), or one arm of an If."""

    region: str
    arm: int | None = None


@dataclass(frozen=True)
class Waits:
    """What a node waits for: ids of calls and values it takes from, and of nodes it comes after (lifted)."""

    values: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def unique(ids: Iterable[str]) -> tuple[str, ...]:
    """The distinct ids in order of first appearance.

    >>> unique(["b", "a", "b"])
    ('b', 'a')
    """
    return tuple(dict.fromkeys(ids))


def out_refs(*values: Value) -> tuple[str, ...]:
    """The ids that values take from, each once, in order."""
    return unique(part.ref for value in values for part in parts(value) if isinstance(part, Out))


def item_refs(*values: Value) -> tuple[str, ...]:
    """The ids of the loops whose items values take."""
    return unique(part.loop for value in values for part in parts(value) if isinstance(part, Item))


def asks_state(final: Final) -> bool:
    """Whether the Final takes the state of the run."""
    return any(part == Ctx(name="state") for value in final.call.args.values() for part in parts(value))


def inputs(node: AnyNode) -> tuple[Value, ...]:
    """The values a node itself takes on entry: arguments, conditions or items; not those of its blocks."""
    match node:
        case Call():
            return tuple(node.args.values())
        case If():
            return tuple(arm.when for arm in node.arms if arm.when is not None)
        case Each():
            return (node.items,)
        case Group() | Include():
            return ()
        case _:
            assert_never(node)


def outputs(node: AnyNode) -> tuple[Merged | Collected, ...]:
    """The values that leave a region."""
    match node:
        case If():
            return node.merged
        case Each():
            return node.collected
        case Call() | Group() | Include():
            return ()
        case _:
            assert_never(node)


def sources(output: Merged | Collected) -> tuple[Value, ...]:
    """What a merged or collected value is made of."""
    return output.values if isinstance(output, Merged) else (output.value,)


class Shape:
    """The flat view of an inlined pipeline. Groups are transparent: they never appear in frames.

    Attributes:
        nodes: every Call, If, Each and Group by id, in the author's order.
        values: every Merged and Collected by id.
        owner: the id of the region a merged or collected value leaves.
        frames: the enclosing frames of each node and value id, outermost first.
        groups: the ids of the enclosing groups of each node, outermost first.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.nodes: dict[str, AnyNode] = {}
        self.values: dict[str, Merged | Collected] = {}
        self.owner: dict[str, str] = {}
        self.frames: dict[str, tuple[EnclosingBlock, ...]] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self._waits: dict[str, Waits] = {}
        self._place(pipeline.body, (), ())

    def _place(self, body: tuple[AnyNode, ...], frames: tuple[EnclosingBlock, ...], groups: tuple[str, ...]) -> None:
        for node in body:
            self.nodes[node.id] = node
            self.frames[node.id] = frames
            self.groups[node.id] = groups
            for value in outputs(node):
                self.values[value.id] = value
                self.owner[value.id] = node.id
                self.frames[value.id] = frames
            match node:
                case If():
                    for number, arm in enumerate(node.arms):
                        self._place(arm.body, (*frames, EnclosingBlock(node.id, number)), groups)
                case Each():
                    self._place(node.body, (*frames, EnclosingBlock(node.id)), groups)
                case Group():
                    self._place(node.body, frames, (*groups, node.id))
                case Call() | Include():
                    pass
                case _:
                    assert_never(node)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call of the body (not the Final), in the author's order."""
        return tuple(node for node in self.nodes.values() if isinstance(node, Call))

    def loops(self, id: str) -> tuple[str, ...]:
        """The ids of the Eachs that enclose a node or value, outermost first."""
        return tuple(frame.region for frame in self.frames[id] if frame.arm is None)

    @cached_property
    def bounds(self) -> dict[str, tuple[int, str]]:
        """How many instances of a call may run at once, and the loop around it that bounds that."""
        found: dict[str, tuple[int, str]] = {}
        for each in self.nodes.values():
            if isinstance(each, Each) and each.max_parallel is not None:
                for node in self.inside(each.id):
                    if isinstance(node, Call) and each.max_parallel <= found.get(node.id, (math.inf,))[0]:
                        found[node.id] = (each.max_parallel, each.id)
        return found

    @cached_property
    def awaited(self) -> frozenset[str]:
        """What something comes after (`after`, lifted), beyond what it takes."""
        return frozenset(ref for id in self.nodes for ref in self.waits(id).after)

    def made_of(self, refs: Iterable[str]) -> frozenset[str]:
        """The merged and collected values among some ids, and those that they are made of."""
        ahead, found = list(refs), set[str]()
        while ahead:
            ref = ahead.pop()
            if ref in self.values and ref not in found:
                found.add(ref)
                ahead += out_refs(*sources(self.values[ref]))
        return frozenset(found)

    def ordered(self, body: tuple[AnyNode, ...]) -> list[AnyNode]:
        """The nodes of a block, those of its groups in their place, each behind all that it waits for."""
        nodes = {node.id: node for node in transparent(body)}
        done: dict[str, AnyNode] = {}
        for start in nodes.values():
            stack = [(start, iter(self.upstream(start.id)))]
            while stack:
                node, upstream = stack[-1]
                following = next((ref for ref in upstream if ref in nodes and ref not in done), None)
                if following is None:
                    done.setdefault(node.id, node)
                    stack.pop()
                else:
                    stack.append((nodes[following], iter(self.upstream(following))))
        return list(done.values())

    def inside(self, id: str) -> Iterator[AnyNode]:
        """Every node within a region or group, at any depth, in order."""
        stack = [self.nodes[id]]
        while stack:
            node = stack.pop()
            if node.id != id:
                yield node
            inner = [child for block in blocks(node) for child in block]
            stack.extend(reversed(inner))

    def lift(self, ref: str, frames: tuple[EnclosingBlock, ...]) -> str:
        """What `after=ref` means in a block with these frames: the outermost node with `ref` and not the block.

        A merged or collected value stands for its region.
        """
        ref = self.owner.get(ref, ref)
        held = self.frames[ref]
        for depth, frame in enumerate(held):
            if depth >= len(frames) or frames[depth] != frame:
                return frame.region
        return ref

    def _lifted(self, ref: str, frames: tuple[EnclosingBlock, ...]) -> list[str]:
        """`lift`, where a group stands for its nodes."""
        return [node.id for node in transparent((self.nodes[self.lift(ref, frames)],))]

    def waits(self, id: str) -> Waits:
        """What must have ended well before a call starts, or a region is entered.

        For a region that is its conditions or items, its own `after`, and all that anything inside, merged
        and collected values too, takes or comes after from outside. For a Group it is empty: its nodes wait for themselves.
        """
        if id not in self._waits:
            self._waits[id] = self._find_waits(self.nodes[id])
        return self._waits[id]

    def _find_waits(self, node: AnyNode) -> Waits:
        frames = self.frames[node.id]
        if isinstance(node, Group | Include):
            return Waits()
        after = [lifted for ref in node.after for lifted in self._lifted(ref, frames)]
        if isinstance(node, Call):
            return Waits(out_refs(*node.args.values()), unique(after))
        values = list(out_refs(*inputs(node)))
        for block in blocks(node):
            for child in transparent(block):
                inner = self.waits(child.id)
                values += [ref for ref in inner.values if not self._within(ref, node.id)]
                outside = [ref for ref in inner.after if not self._within(ref, node.id)]
                after += [lifted for ref in outside for lifted in self._lifted(ref, frames)]
        taken = [value for out in outputs(node) for value in sources(out)]
        values += [ref for ref in out_refs(*taken) if not self._within(ref, node.id)]
        return Waits(unique(values), unique(after))

    def _within(self, ref: str, region: str) -> bool:
        return any(frame.region == region for frame in self.frames[ref])

    def upstream(self, id: str) -> tuple[str, ...]:
        """The ids of the nodes in the same block that a node waits for; values stand for their region."""
        waits, frames = self.waits(id), self.frames[id]
        nodes = [self.owner.get(ref, ref) for ref in waits.values]
        return unique(ref for ref in [*nodes, *waits.after] if self.frames[ref] == frames)


def transparent(body: tuple[AnyNode, ...]) -> Iterator[AnyNode]:
    """The nodes of a block with those of its groups in their place."""
    for node in body:
        if isinstance(node, Group):
            yield from transparent(node.body)
        else:
            yield node
