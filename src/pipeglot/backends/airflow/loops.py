"""Loops: an Each is a mapped task or a mapped group, and an Each in an Each is mapped beside the outer
one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pipeglot.backends.airflow.builder import Builder
from pipeglot.backends.airflow.plan import (
    CollectInner,
    ExpandRows,
    FlattenRows,
    Gather,
    Items,
    Loop,
    NoOp,
    Place,
    ReturnValue,
    Source,
    Step,
    Task,
    roots,
)
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import AnyNode, Call, Collected, Const, Each, If, Item, Out, Value
from pipeglot.core.shape import inputs, item_refs, out_refs, outputs, sources, transparent
from pipeglot.core.types import may_be_none

Visit: TypeAlias = Callable[[tuple[AnyNode, ...], Place], None]
"""Makes the tasks of a block."""


class Loops:
    """The loops of one lowering."""

    def __init__(self, build: Builder, block: Visit) -> None:
        self.build, self.block = build, block
        self.shape, self.plan, self.sources, self.ends = build.shape, build.plan, build.sources, build.ends

    def each(self, node: Each, place: Place) -> None:
        if place.loop is not None:
            self.nested(node, place, place.loop)
            return
        first = len(self.build.made)
        loop = Loop(node, self.build.ids(node.id, dots=False), groups=self.shape.groups[node.id])
        loop.grouped = not self._single(node)
        self.plan.loops[node.id] = loop
        before = self.items(node, loop, place)
        empty = loop.constants is None or not loop.constants
        outer = {ref: self.sources[ref] for ref in self._captured(node)}
        self.materialize(node, place)
        before += [self.sources[ref].task for ref in self._captured(node)]
        self.body(loop, place)
        for task in roots(loop.tasks):
            task.wait_for(before)
        self.sources.update(outer)
        for value in node.collected:
            self.collect(node, loop, value, place, before, empty)
        inside = {child.id for child in self.shape.inside(node.id)}
        irregular = any(isinstance(self.shape.nodes[id], If | Each) for id in inside)
        self.ends[node.id] = [
            (id, self.plan.tasks[id].loop is not None and (empty or irregular))
            for id in self.build.failure_leaves(self.build.made[first:])
        ]

    def body(self, loop: Loop, place: Place) -> None:
        """The tasks of a loop: a mapped group, or its one call expanded."""
        node = loop.each
        if loop.grouped:
            self.plan.steps.append(loop)
            inner = replace(place, loop=loop)
            self.block(node.body, inner)
            if not loop.tasks:  # a group of no task cannot be mapped, and what follows waits for something
                item = Item(loop=node.id)
                self.build.add(inner, self.build.ids(f"{node.id}_item"), node.id, ReturnValue(item), (item,))
            return
        (call,) = transparent(node.body)
        assert isinstance(call, Call)
        task = self.build.add(
            replace(place, loop=loop),
            self.build.call_ids[call.id],
            call.id,
            Step(call),
            tuple(call.args.values()),
        )
        task.expands, task.max_parallel = True, node.max_parallel
        if loop.outer is None:
            task.groups = self.shape.groups[call.id]
        self.plan.steps.append(task)
        self.sources[call.id] = Source(task.id)
        self.ends[call.id] = [(task.id, False)]

    def nested(self, node: Each, place: Place, outer: Loop) -> None:
        """An Each in the mapped group of another. Airflow does not map within a map, so the items of all
        outer instances are mapped as one list, outside of the outer group, and a task in it stands for the
        inner loop."""
        inside = outer.each.id
        waits = self.shape.waits(node.id)
        refs = [ref for ref in waits.values if self.build.inside(ref, inside) or ref in outer.carried]
        refs += [ref for ref in self._carried_refs(node) if ref in outer.carried]
        loops = [loop for loop in self._carried_items(node) if loop != node.id]
        carried: tuple[Out | Item, ...] = (
            *(Out(ref=ref) for ref in dict.fromkeys(refs)),
            *(Item(loop=loop) for loop in loops),
        )
        known = self.build.types.is_list(node.items)
        entry = [ref for ref in waits.values if self.build.inside(ref, inside)]
        work = ExpandRows(node.id, node.items, known, carried)
        rows = self.build.add(
            place,
            self.build.ids(f"{node.id}_rows"),
            node.id,
            work,
            (node.items, *carried),
            entry,
            self.build.after(node.id),
        )
        outside = Place(None, place.branches)
        flat = self.build.add(outside, self.build.ids(f"{node.id}_items"), node.id, FlattenRows(rows.id, inside))
        flat.rule = "ALL_DONE"
        flat.wait_for([rows.id, *place.branches])
        if outer.source is not None:
            flat.inputs["#items"] = outer.source
            flat.wait_for([outer.source.task])
        loop = Loop(node, self.build.ids(node.id, dots=False), Source(flat.id), outer=inside)
        loop.carried = frozenset([*refs, *loops])
        loop.grouped = not self._single(node)
        loop.groups = flat.groups = ()
        self.plan.loops[node.id] = loop
        first = len(self.build.made)
        self.body(loop, outside)
        for task in roots(loop.tasks):
            task.wait_for([flat.id])
        made = self.build.made[first:]
        decides = tuple(self.build.failure_leaves(made))
        for output in node.collected:
            pulls = tuple(
                (ref, self.sources[ref].task) for ref in out_refs(output.value) if self.build.inside(ref, node.id)
            )
            self.sources[output.id] = Source(
                self.back(node, place, rows, flat, decides, output.id, output.value, pulls)
            )
        self.ends[node.id] = []
        if node.id in self.build.waited:
            done = self.back(node, place, rows, flat, decides, f"{node.id}_done", None, ())
            self.ends[node.id] = [(done, False)]

    def back(
        self,
        node: Each,
        place: Place,
        rows: Task,
        flat: Task,
        decides: tuple[str, ...],
        name: str,
        value: Value | None,
        pulls: tuple[tuple[str, str], ...],
    ) -> str:
        watched = decides if value is None else tuple(task for _, task in pulls)
        outside = [] if value is None else [Out(ref=r) for r in out_refs(value) if not self.build.inside(r, node.id)]
        work = CollectInner(rows.id, flat.id, watched, value, pulls)
        task = self.build.add(place, self.build.ids(name), node.id, work, outside)
        task.rule, task.value = "ALL_DONE", "" if value is None else name
        task.wait_for([rows.id, flat.id, *decides, *watched])
        return task.id

    def _carried_refs(self, node: Each) -> list[str]:
        """The values that anything in a loop, at any depth, takes."""
        return list(out_refs(*self._taken(node)))

    def _carried_items(self, node: Each) -> list[str]:
        """The outer loops whose items anything in a loop, at any depth, takes."""
        within = {node.id, *(child.id for child in self.shape.inside(node.id))}
        return [loop for loop in item_refs(*self._taken(node)) if loop not in within]

    def _taken(self, node: Each) -> list[Value]:
        inside = list(self.shape.inside(node.id))
        taken = [value for child in inside for value in inputs(child)]
        return [*taken, *(v for child in [node, *inside] for out in outputs(child) for v in sources(out)), node.items]

    def _single(self, node: Each) -> bool:
        """Whether the body is one call that can be expanded by itself."""
        body = list(transparent(node.body))
        return len(body) == 1 and isinstance(body[0], Call) and body[0].policy.on_failure is None

    def items(self, node: Each, loop: Loop, place: Place) -> list[str]:
        """Set what the loop is mapped over; gives the tasks the loop comes after, none of which is ever
        skipped while all is well."""
        value, ends = node.items, self.build.after(node.id)
        if isinstance(value, Const) and isinstance(value.value, list) and not templated(value.value):
            loop.constants = value.value
        known = self.build.types.is_list(value)
        if isinstance(value, Out) and not value.path and known:
            source = self.sources[value.ref]
            if source.form == "value" and not source.soft:
                loop.source = source
        if loop.constants is None and loop.source is None:
            id = self.build.ids(f"{node.id}_items")
            entry = self._captured(node)
            work = Items(node.id, value, known)
            loop.source = Source(self.build.add(place, id, node.id, work, (value,), entry, ends).id)
            return [loop.source.task]
        before = [loop.source.task] if loop.source else []
        if any(soft for _, soft in ends):
            ready = self.build.ids(f"{node.id}_ready")
            return [*before, self.build.add(place, ready, node.id, NoOp(), after=ends).id]
        return before + [end for end, _ in ends]

    def _captured(self, node: Each) -> list[str]:
        """The values that the body or what is collected takes from outside."""
        items = set(out_refs(node.items))
        taken: dict[str, None] = {}
        for ref in self.shape.waits(node.id).values:
            if ref not in items:
                taken[ref] = None
        for child in self.shape.inside(node.id):
            merged = [v for m in child.merged for v in m.values] if isinstance(child, If) else []
            own = () if isinstance(child, Each) else inputs(child)
            taken.update({r: None for r in out_refs(*own, *merged) if r in items})
        return list(taken)

    def materialize(self, node: Each, place: Place) -> None:
        """ReturnValue captured lists that a mapped task may have skipped a task of their own, for use inside the
        group.
        """
        for ref in self._captured(node):
            source = self.sources[ref]
            if source.soft or source.form != "value":
                value = Out(ref=ref)
                task = self.build.add(place, self.build.ids(f"{ref}_list"), node.id, ReturnValue(value), (value,))
                self.sources[ref] = Source(task.id)

    def collect(self, node: Each, loop: Loop, output: Collected, place: Place, before: list[str], empty: bool) -> None:
        value = output.value
        bare = isinstance(value, Out) and not value.path and self.build.inside(value.ref, node.id)
        # What a mapped group gives is read by position: Airflow hands out a single value, not a list of one.
        if isinstance(value, Out) and bare and not (loop.grouped or may_be_none(self.build.types.of(value))):
            self.sources[output.id] = Source(self.sources[value.ref].task, "list", empty)
            return
        refs = out_refs(value)
        pulls = tuple((ref, self.sources[ref].task) for ref in refs if self.build.inside(ref, node.id))
        outside = [Out(ref=ref) for ref in refs if not self.build.inside(ref, node.id)]
        count = None if loop.constants is None else len(loop.constants)
        work = Gather(value, node.id, pulls, count)
        task = self.build.add(place, self.build.ids(output.id), node.id, work, outside)
        task.value = output.id
        task.wait_for([*before, *(id for _, id in pulls)])
        if loop.source is not None and (count is None or item_refs(value)):
            task.inputs["#items"] = loop.source
        if empty:
            task.rule = "NONE_FAILED"
            task.wait_for(place.branches)
        self.sources[output.id] = Source(task.id)


def templated(value: object) -> bool:
    """Whether Airflow would not leave a constant alone where it renders templates (`expand`)."""
    match value:
        case str():
            return any(mark in value for mark in ("{{", "{%", "{#", "\n", "\r")) or value.endswith(
                (".sh", ".bash", ".env")
            )
        case list():
            return any(map(templated, value))
        case dict():
            return any(templated(v) for pair in value.items() for v in pair)
    return False
