"""What the lowering asks about a pipeline: what is taken, which loop is written in which form, what cannot fail."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal, TypeAlias

from pipeglot.core.inference import Types
from pipeglot.core.ir import AnyNode, Call, Const, Ctx, Each, If, ListOf, Value, parts
from pipeglot.core.shape import Shape, inputs, item_refs, out_refs, sources, transparent

LoopForm: TypeAlias = Literal["map", "loop", "threads"]


class Analysis:
    """Facts of an inlined pipeline that stay the same while it is lowered."""

    def __init__(self, shape: Shape, types: Types) -> None:
        self.shape, self.types, self.pipeline = shape, types, shape.pipeline
        final = self.pipeline.final
        self.calls = [*shape.calls, *([final.call] if final else [])]
        self.steps = {step.name: step for step in self.pipeline.steps}
        self.uses = Counter(call.step for call in self.calls)

    @cached_property
    def taken(self) -> frozenset[str]:
        """The merged and collected values that something takes."""
        result = () if self.pipeline.result is None else out_refs(self.pipeline.result)
        return self.shape.made_of([*(ref for id in self.shape.nodes for ref in self.shape.waits(id).values), *result])

    @cached_property
    def _values(self) -> tuple[Value, ...]:
        """All that nodes take and what their values are made of."""
        taken = [value for node in self.shape.nodes.values() for value in inputs(node)]
        taken += [value for out in self.shape.values.values() for value in sources(out)]
        return tuple(taken)

    @cached_property
    def items_used(self) -> frozenset[str]:
        """The loops whose item something takes."""
        return frozenset(item_refs(*self._values))

    @cached_property
    def context(self) -> frozenset[str]:
        """The facts of the run that something takes."""
        values = [*self._values, *(self.calls[-1].args.values() if self.pipeline.final else ())]
        values += [self.pipeline.result] if self.pipeline.result is not None else []
        return frozenset(part.name for value in values for part in parts(value) if isinstance(part, Ctx))

    def has_runs(self, id: str) -> bool:
        """Whether a call is one, or a region holds any."""
        return any(isinstance(each, Call) for each in (self.shape.nodes[id], *self.shape.inside(id)))

    # ------------------------------------------------------------ loops

    def form(self, node: Each) -> LoopForm:
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
                and call.id not in self.shape.bounds
                and not mine & set(self.shape.waits(call.id).after)
                for call in calls
            )
            return "map" if alone else "loop"
        inner = [child for child in body if not isinstance(child, Call)]
        return "loop" if all(isinstance(child, Each) and self._submits(child) for child in inner) else "threads"

    def _submits(self, inner: Each) -> bool:
        """Whether an inner loop can be submitted without waiting for anything its outer body makes."""
        if self.form(inner) == "threads" or not self.types.is_decided(inner):
            return False
        return self._all_static(inner) or not self.shape.upstream(inner.id)

    def submits_ahead(self, node: Each) -> bool:
        """Whether the calls of a loop may be submitted before it is entered: they wait by themselves."""
        return self.form(node) != "threads" and self._all_static(node)

    def _all_static(self, node: Each) -> bool:
        """Whether a loop and all loops in it certainly have items, known before anything has run."""
        return all(self._static(each) for each in (node, *self.shape.inside(node.id)) if isinstance(each, Each))

    def _static(self, node: Each) -> bool:
        items = node.items
        if isinstance(items, Const):
            return isinstance(items.value, list) and bool(items.value)
        known = isinstance(items, ListOf) and bool(items.items) and not out_refs(items)
        return known and self.types.cannot_fail(items)

    def _waits(self, node: AnyNode, completed: frozenset[str]) -> bool:
        """Whether a node makes the thread that submits it wait, where some ids have completed."""
        if not isinstance(node, Each):
            return isinstance(node, If)
        if self.form(node) == "threads":
            return True
        waits = self.shape.waits(node.id)
        entered = self.types.is_decided(node) and set(waits.values) | set(waits.after) <= completed
        return not (self._all_static(node) or entered)

    def ordered(self, nodes: Sequence[AnyNode], completed: frozenset[str]) -> Iterator[AnyNode]:
        """The nodes of a block as the author wrote them, but whatever makes the thread wait as late as possible."""
        position = {node.id: n for n, node in enumerate(nodes)}
        missing = {node.id: 0 for node in nodes}
        followers: dict[str, list[str]] = {node.id: [] for node in nodes}
        for node in nodes:
            for ref in self.shape.upstream(node.id):
                if ref in position:
                    missing[node.id] += 1
                    followers[ref].append(node.id)
        ready = [(self._waits(node, completed), position[node.id]) for node in nodes if not missing[node.id]]
        heapq.heapify(ready)
        while ready:
            node = nodes[heapq.heappop(ready)[1]]
            yield node
            for id in followers[node.id]:
                missing[id] -= 1
                if not missing[id]:
                    heapq.heappush(ready, (self._waits(nodes[position[id]], completed), position[id]))
