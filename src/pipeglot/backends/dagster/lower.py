"""From the language's blocks to Dagster's graphs of ops.

The rules of the lowering:

- Dagster skips an op when one of its inputs was skipped, and never starts it when one failed. A list of inputs is
  skipped only when all of them were, so lists join what branches have parted: merged values, and the ends of an If.
- A region is entered by one op, which chooses the arm or yields the items, and waits for all that the region takes
  from outside. The first ops of an arm come after the arm's output of that op.
- What stands for a value is an op's output; what stands for the order is an input without a value (`Nothing`),
  one for every dependency.
- Dagster maps neither over lists of inputs nor in a map. The body of an Each that holds an If or an Each is a job of
  its own, which a mapped op runs for every item.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence

from pipeglot.codegen.names import Names
from pipeglot.codegen.python import roots
from pipeglot.core.compat import assert_never
from pipeglot.core.ir import AnyNode, Call, Each, Group, If, Include, Item, Out, Pipeline, Value
from pipeglot.core.shape import Shape, inputs, out_refs, outputs, sources, transparent

from .order import collect_first, comes_after
from .plan import (
    Check,
    Choose,
    Done,
    Fan,
    Gather,
    Graph,
    Handle,
    Mapped,
    Op,
    Pick,
    Plan,
    ReturnValue,
    RunBody,
    Source,
    Step,
    Work,
    unique_handles,
)

RESERVED = frozenset(keyword.kwlist) | {
    "arg_dict",
    "bool",
    "conf",
    "config",
    "context",
    "dict",
    "float",
    "input",
    "input_arg_dict",
    "int",
    "meta",
    "output",
    "output_arg_dict",
    "str",
    "type",
}
"""Names that Dagster gives to no op, input or output."""
LONGEST = 150
"""Characters in the name of a node: the file of an output is called by it."""


def node_name(text: str) -> str:
    """The name of a node in Dagster's characters, not yet guarded against collisions.

    >>> node_name("prep.load")
    'prep_load'
    """
    return re.sub(r"[^A-Za-z0-9_]", "_", text)[:LONGEST]


def item_name(loop: str) -> str:
    """What an item is called: `x` in the loop `each_x`.

    >>> item_name("each_x"), item_name("files")
    ('x', 'files_item')
    """
    name = loop.removeprefix("each_")
    return name if name != loop and name else f"{loop}_item"


def job_name(pipeline: Pipeline) -> str:
    """What Dagster calls the job."""
    name = node_name(pipeline.name)
    return f"{name}_job" if name in RESERVED else name


def lower(pipeline: Pipeline) -> Plan:
    """The graphs of an inlined pipeline."""
    common = Common(pipeline)
    plan = Plan(Graph(job_name(pipeline)))
    Lowering(common, plan, plan.main).block(pipeline.body)
    collect_first(plan.main, common.names)
    if pipeline.final is not None:
        plan.final = Graph(common.names("final graph", "final"))
        call = pipeline.final.call
        plan.final.steps.append(Op(common.call_names[call.id], call.id, Step(call)))
    return plan


class Common:
    """What the graphs of one pipeline share: facts of the pipeline, and names that are distinct in the file."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.shape = Shape(pipeline)
        self.names = Names(RESERVED, node_name)
        final = [pipeline.final.call] if pipeline.final else []
        # Calls come first: a call keeps its own name, a helper gives way.
        self.call_names = {call.id: self.names(("call", call.id), call.id) for call in [*self.shape.calls, *final]}
        self.waited: set[str] = set()
        taken: list[Value] = []
        for node in self.shape.nodes.values():
            taken += inputs(node)
            taken += [value for output in outputs(node) for value in sources(output)]
            self.waited.update(self.shape.waits(node.id).after)
        self.used = frozenset(out_refs(*taken))
        # Whoever waits for an If waits for the regions in its arms.
        for id in [*self.waited]:
            if isinstance(self.shape.nodes[id], If):
                self.waited.update(node.id for node in self.shape.inside(id) if not isinstance(node, Call))

    def is_inside(self, ref: str, region: str) -> bool:
        """Whether a node or value stands in a region."""
        return any(frame.region == region for frame in self.shape.frames[ref])


class Lowering:
    """Fills one graph."""

    def __init__(self, common: Common, plan: Plan, graph: Graph) -> None:
        self.common, self.shape, self.plan, self.graph = common, common.shape, plan, graph
        self.handles: dict[Out | Item, Handle] = dict(graph.inputs)
        self.ends: dict[str, list[tuple[Handle, ...]]] = {}
        self.made: list[Op] = []
        self.mapped: Mapped | None = None

    # ------------------------------------------------------------ ops

    def op(self, name: str, node: str, work: Work, values: Iterable[Value], gate: Handle | None = None) -> Op:
        """An op that takes `values`."""
        op = Op(name, node, work, gate=gate, loop=self.mapped.fan.node if self.mapped else None)
        for root in roots(values):
            if isinstance(root, Out | Item):
                op.takes[root] = self.handles[root]
        self.made.append(op)
        (self.mapped.ops if self.mapped else self.graph.steps).append(op)
        return op

    def start(self, op: Op) -> None:
        """Let an op that nothing else holds back come after the arm or the item it stands in."""
        if op.loop is not None:
            if not any(handle.loop == op.loop for handle in op.handles()):
                op.waits_for("start", [self.handles[Item(loop=op.loop)]])
        elif op.gate is not None:
            ops = [handle.op for handle in op.handles()]
            if not any(isinstance(one, Op) and one.gate == op.gate for one in ops):
                op.waits_for("when", [op.gate])

    def after(self, op: Op, node: AnyNode) -> None:
        """Let an op come after all that its node waits for in the same block, beyond the values it takes."""
        waits, frames = self.shape.waits(node.id), self.shape.frames[node.id]
        given = {handle.op for handle in op.takes.values() if handle.loop in (None, op.loop)}
        for ref in waits.values:
            if self.shape.frames[ref] == frames:
                handle = self.handles[Out(ref=ref)]
                if handle.op not in given and not comes_after(op, handle.op):
                    op.waits_for(f"after_{ref}", [handle])
        for ref in waits.after:
            if self.shape.frames[ref] == frames:
                for end in self.ends[ref]:
                    op.waits_for(f"after_{ref}", end)

    def helper(self, key: object, text: str) -> str:
        return self.common.names(key, text)

    # ------------------------------------------------------------ nodes

    def block(self, body: Sequence[AnyNode], gate: Handle | None = None) -> None:
        """The nodes of a block, each after all it needs."""
        for node in self.shape.ordered(tuple(body)):
            self.node(node, gate)

    def node(self, node: AnyNode, gate: Handle | None) -> None:
        match node:
            case Call():
                self.call(node, gate)
            case If():
                self.branch(node, gate)
            case Each():
                if all(isinstance(inner, Call) for inner in transparent(node.body)):
                    self.map(node, gate)
                else:
                    self.run_bodies(node, gate)
            case Group() | Include():
                raise AssertionError(f"{node.kind} in a block whose groups are opened")
            case _:
                assert_never(node)

    def call(self, call: Call, gate: Handle | None) -> None:
        op = self.op(self.common.call_names[call.id], call.id, Step(call), call.args.values(), gate)
        self.after(op, call)
        self.start(op)
        if op.loop is not None:
            each = self.shape.nodes[op.loop]
            assert isinstance(each, Each)
            op.max_parallel = each.max_parallel
        handle = Handle(op, loop=op.loop)
        self.handles[Out(ref=call.id)] = handle
        self.ends[call.id] = [(handle,)]

    # ------------------------------------------------------------ If

    def branch(self, node: If, gate: Handle | None) -> None:
        """An If: an op that chooses, the ops of the arms, one for every merged value."""
        first = len(self.made)
        choose = Choose(node)
        conditions = [arm.when for arm in node.arms if arm.when is not None]
        op = self.op(self.helper(("region", node.id), node.id), node.id, choose, conditions, gate)
        self.after(op, node)
        self.start(op)
        ends: dict[str, list[Handle]] = {merged.id: [] for merged in node.merged}
        for number, arm in enumerate(node.arms):
            out = "then" if number == 0 else "otherwise" if arm.when is None else f"elif_{number}"
            before = len(self.made)
            inner = Handle(op, out)
            self.block(arm.body, inner)
            own = {op for op in self.made[before:]}
            for merged in node.merged:
                value = merged.values[number]
                handle = self.handles.get(value) if isinstance(value, Out) else None
                if handle is None or handle.op not in own or handle.loop is not None:
                    name = self.helper(("give", merged.id, number), f"{merged.id}_{out}")
                    given = self.op(name, node.id, ReturnValue(value), [value], inner)
                    given.value = merged.id
                    self.start(given)
                    handle = Handle(given)
                ends[merged.id].append(handle)
            choose.arms.append(out if len(self.made) > before else None)
        op.outs = [out for out in choose.arms if out]
        for merged in node.merged:
            if merged.id in self.common.used:
                name = self.helper(("merged", merged.id), merged.id)
                pick = self.op(name, node.id, Pick(), [], gate)
                pick.fan_in, pick.value = tuple(ends[merged.id]), merged.id
                self.handles[Out(ref=merged.id)] = Handle(pick)
        if node.id in self.common.waited:
            decided = self._decided(op)
            leaves = self.leaves(self.made[first:])
            self.ends[node.id] = [unique_handles([decided, *leaves])]
        elif not op.outs:
            self._decided(op)

    @staticmethod
    def _decided(op: Op) -> Handle:
        """The output of a choosing op that is there whatever it chose."""
        assert isinstance(op.work, Choose)
        if not op.work.decided:
            op.work.decided = True
            op.outs.append("decided")
        return Handle(op, "decided")

    def leaves(self, ops: Sequence[Op]) -> list[Handle]:
        """Of some ops, those of which one has failed, or never started, when any of them has."""
        held = {handle.op for op in ops for handle in op.handles()}
        found: list[Handle] = []
        for op in ops:
            if op in held or isinstance(op.work, Gather):
                continue
            found.append(self._decided(op) if isinstance(op.work, Choose) else Handle(op, loop=op.loop))
        return found

    # ------------------------------------------------------------ Each

    def lists(self, node: Each, gate: Handle | None) -> dict[Out | Item, Handle]:
        """Ops that give the collected values that the body takes: Dagster collects nothing in a map."""
        inside = [inner for inner in self.shape.inside(node.id) if not isinstance(inner, Group)]
        values = [value for inner in inside for value in inputs(inner)]
        values += [value for each in [node, *inside] for output in outputs(each) for value in sources(output)]
        before = dict(self.handles)
        for ref in out_refs(*values):
            out = Out(ref=ref)
            if (known := before.get(out)) is not None and known.loop is not None:
                op = self.op(self.helper(("list", node.id, ref), f"{ref}_list"), node.id, ReturnValue(out), [out], gate)
                self.start(op)
                self.handles[out] = Handle(op)
        return before

    def fan(self, node: Each, gate: Handle | None) -> Mapped:
        op = self.op(self.helper(("region", node.id), node.id), node.id, Fan(node), [node.items], gate)
        self.after(op, node)
        self.start(op)
        mapped = Mapped(op)
        self.graph.steps[-1] = mapped
        self.handles[Item(loop=node.id)] = Handle(op, loop=node.id)
        return mapped

    def map(self, node: Each, gate: Handle | None) -> None:
        """An Each whose body is calls alone: Dagster maps over the items."""
        before = self.lists(node, gate)
        self.mapped = self.fan(node, gate)
        first = len(self.made)
        self.block(node.body, gate)
        for output in node.collected:
            value = output.value
            if isinstance(value, Out) and not value.path and self.common.is_inside(value.ref, node.id):
                self.handles[Out(ref=output.id)] = self.handles[value]
                continue
            name = self.helper(("collected", output.id), output.id)
            given = self.op(name, node.id, ReturnValue(value), [value], gate)
            given.value = output.id
            self.start(given)
            self.handles[Out(ref=output.id)] = Handle(given, loop=node.id)
        leaves = self.leaves(self.made[first:]) or [self.handles[Item(loop=node.id)]]
        self.mapped = None
        self.handles |= before
        if gate is None or node.id not in self.common.waited:
            self.ends[node.id] = [(leaf,) for leaf in leaves]
            return
        done = self.op(self.helper(("done", node.id), f"{node.id}_done"), node.id, Done(), [], gate)
        for leaf in leaves:
            assert isinstance(leaf.op, Op)
            done.waits_for(f"after_{leaf.op.name}", [leaf])
        self.ends[node.id] = [(Handle(done),)]

    def run_bodies(self, node: Each, gate: Handle | None) -> None:
        """An Each with regions in its body: a job for the body, an op that runs it for every item, one that yields
        the collected values, and one that fails when a run failed."""
        before = self.lists(node, gate)
        self.mapped = self.fan(node, gate)
        body = self.body(node)
        name = self.helper(("run", node.id), f"{node.id}_item")
        run = self.op(name, node.id, RunBody(body), body.inputs, gate)
        self.start(run)
        run.max_parallel = self.bound(node)
        self.mapped = None
        self.handles |= before
        runs = Handle(run, loop=node.id)
        if body.outputs:
            values = self.op(self.helper(("values", node.id), f"{node.id}_values"), node.id, Gather(), [], gate)
            values.fan_in = (runs,)
            values.outs = list(body.outputs)
            for output in node.collected:
                if output.id in self.common.used:
                    out = self.output_name(output.id)
                    self.handles[Out(ref=output.id)] = Handle(values, out)
        done = self.op(self.helper(("done", node.id), f"{node.id}_done"), node.id, Check(), [], gate)
        done.fan_in = (runs,)
        self.ends[node.id] = [(Handle(done),)]

    def body(self, node: Each) -> Graph:
        """The graph of the body."""
        job = self.helper(("job", node.id), f"{node.id}_job")
        graph = Graph(self.helper(("body", node.id), f"{node.id}_body"), job, node.id)
        inside = list(self.shape.inside(node.id))
        values = [value for inner in inside for value in inputs(inner)]
        values += [value for each in [node, *inside] for output in outputs(each) for value in sources(output)]
        loops = {inner.id for inner in inside}
        names = Names(RESERVED | {"context", "params"}, lambda text: node_name(text).strip("_") or "value")
        for root in roots(values):
            if isinstance(root, Item) and root.loop not in loops:
                graph.inputs[root] = Handle(Source(names(root, item_name(root.loop))))
            elif isinstance(root, Out) and not self.common.is_inside(root.ref, node.id):
                graph.inputs[root] = Handle(Source(names(root, root.ref)))
        inner = Lowering(self.common, self.plan, graph)
        inner.block(node.body)
        for output in node.collected:
            handle = inner.handles.get(output.value) if isinstance(output.value, Out) else None
            if handle is None or isinstance(handle.op, Source) or handle.loop is not None:
                name = self.helper(("collected", output.id), output.id)
                given = inner.op(name, node.id, ReturnValue(output.value), [output.value])
                given.value = output.id
                handle = Handle(given)
            if output.id in self.common.used:
                graph.outputs[self.output_name(output.id)] = handle
        collect_first(graph, self.common.names)
        self.plan.bodies.append(graph)
        return graph

    def output_name(self, id: str) -> str:
        """What a collected value is called as an output: no name that starts with a digit or `_` (a field of a
        named tuple)."""
        return self.common.names(("output", id), "v" + id if not id[:1].isalpha() else id)

    def bound(self, node: Each) -> int | None:
        """How many items may run at once: what stands inside runs one by one for each of them."""
        loops = [node, *(inner for inner in self.shape.inside(node.id) if isinstance(inner, Each))]
        bounds = [loop.max_parallel for loop in loops if loop.max_parallel is not None]
        return min(bounds, default=None)


__all__ = ["RESERVED", "item_name", "job_name", "lower", "node_name"]
