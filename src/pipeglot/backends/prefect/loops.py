"""How an Each is to be written."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, TypeAlias

from pipeglot.core.ir import Call, Const, Each, ListOf
from pipeglot.core.shape import Shape, inputs, item_refs, out_refs, outputs, sources, transparent

from .certain import Types

Mode: TypeAlias = Literal["map", "loop", "threads"]


class Loops:
    """What the loops of a pipeline need."""

    def __init__(self, shape: Shape, types: Types) -> None:
        self._shape, self._types = shape, types

    def mode(self, node: Each) -> Mode:
        """The simplest form that loses no parallelism.

        `map`: nothing in the body needs more than its item and futures. `loop`: submitted item by item, never
        waiting. `threads`: an item waits for something of its own (a condition, an inner list).
        """
        body = list(transparent(node.body))
        calls = [child for child in body if isinstance(child, Call)]
        if len(calls) == len(body):
            mine = {call.id for call in calls}
            alone = all(
                call.policy.on_failure is None
                and call.id not in self.bounds
                and not mine & set(self._shape.waits(call.id).after)
                for call in calls
            )
            return "map" if alone else "loop"
        inner = [child for child in body if not isinstance(child, Call)]
        if all(isinstance(child, Each) and self._submits(child) for child in inner):
            return "loop"
        return "threads"

    def _submits(self, inner: Each) -> bool:
        """Whether an inner loop can be submitted without waiting for anything its outer body makes."""
        if self.mode(inner) == "threads" or not self._types.is_list(inner.items):
            return False
        return self.all_static(inner) or not self._shape.upstream(inner.id)

    def static(self, node: Each) -> bool:
        """Whether there certainly are items, and they are known before anything has run."""
        match node.items:
            case Const(value=list(items)):
                known = bool(items)
            case ListOf(items=items):
                known = bool(items) and not out_refs(*items) and self._types.is_list(node.items)
            case _:
                known = False
        return known

    def all_static(self, node: Each) -> bool:
        """Whether that holds for a loop and all loops in it."""
        inner = [child for child in self._shape.inside(node.id) if isinstance(child, Each)]
        return all(self.static(each) for each in [node, *inner])

    @cached_property
    def bounds(self) -> dict[str, int]:
        """How many instances of a call may run at once, where a loop around it bounds that."""
        bounds: dict[str, int] = {}
        for each in self._shape.nodes.values():
            if isinstance(each, Each) and each.max_parallel is not None:
                for node in self._shape.inside(each.id):
                    if isinstance(node, Call):
                        bounds[node.id] = min(each.max_parallel, bounds.get(node.id, each.max_parallel))
        return bounds

    @cached_property
    def named(self) -> frozenset[str]:
        """The regions that something comes after."""
        after = (self._shape.waits(id).after for id in self._shape.nodes)
        return frozenset(ref for refs in after for ref in refs if not isinstance(self._shape.nodes[ref], Call))

    @cached_property
    def items_used(self) -> frozenset[str]:
        """The loops whose item something takes."""
        values = [value for node in self._shape.nodes.values() for value in inputs(node)]
        values += [v for node in self._shape.nodes.values() for out in outputs(node) for v in sources(out)]
        return frozenset(item_refs(*values))
