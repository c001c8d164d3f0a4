"""From the language's blocks to Airflow's tasks: which helpers are needed, and every edge and trigger rule.

The rules of the lowering:

- A region is entered by one task, its branch (or the tasks its Each maps), which waits for all the region takes from
  outside; the first tasks of an arm come after its branch. So a failed capture blocks a whole region, and a skip is
  lexical.
- A task that takes or comes after something that may be skipped although all is well (an arm, an Each of no items)
  runs under NONE_FAILED, and comes after every branch around it, for that rule lets skips through.
- A merge waits for the ends of its arms and for nothing else; an arm that ends in anything but a task of its own gets
  one that gives the value.
- Airflow ignores branches inside mapped groups: there a gate gives the arm's number, and the first tasks of the other
  arms skip themselves. Only ALL_SUCCESS and rules that decide per instance are used there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeglot.backends.airflow.plan import (
    PROPAGATE,
    Branch,
    Gate,
    Gather,
    Give,
    Items,
    Loop,
    Merge,
    Nothing,
    Plan,
    Source,
    Step,
    Task,
    Tolerate,
    Work,
)
from pipeglot.backends.airflow.types import Types, is_list, may_be_none
from pipeglot.core.ir import AnyNode, Call, Collected, Const, Each, Group, If, Out, Pipeline, Value
from pipeglot.core.shape import Shape, item_refs, out_refs, transparent

End = tuple[str, bool]
"""A task to come after, and whether it may be skipped although all is well."""


@dataclass(frozen=True)
class Place:
    """Where tasks are being made: the mapped group (None: outside of any) and the branches around."""

    loop: Loop | None = None
    branches: tuple[str, ...] = ()


def lower(pipeline: Pipeline) -> Plan:
    """The tasks of an inlined pipeline whose loops are at most one deep."""
    return _Lowering(pipeline).run()


class TaskIds:
    """Distinct ids in Airflow's alphabet (word characters, `-` and `.`, at most 250)."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, text: str, *, dots: bool = True) -> str:
        base = re.sub(r"[^\w.-]" if dots else r"[^\w-]", "_", text)[:200] or "_"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name


class _Lowering:
    def __init__(self, pipeline: Pipeline) -> None:
        self.shape = Shape(pipeline)
        self.types = Types(self.shape)
        self.plan = Plan()
        self.pipeline = pipeline
        self.ids = TaskIds()
        self.sources: dict[str, Source] = {}
        self.ends: dict[str, list[End]] = {}
        self.made: list[Task] = []
        self.steps = {step.name: step for step in pipeline.steps}
        self.waited = {ref for id in self.shape.nodes for ref in self.shape.waits(id).after}
        # Calls come first: a call keeps its own name, a helper or group gives way.
        self.call_ids = {call.id: self.ids(call.id) for call in self.shape.calls}
        if pipeline.final is not None:
            self.call_ids[pipeline.final.call.id] = self.ids(pipeline.final.call.id)
        for node in self.shape.nodes.values():
            if isinstance(node, Group):
                self.plan.groups[node.id] = self.ids(node.id, dots=False)

    def run(self) -> Plan:
        self.block(self.pipeline.body, Place())
        self.tolerate()
        tasks = self.plan.tasks
        inner = {up for task in tasks.values() for up in task.upstream}
        leaves = [id for id in tasks if id not in inner]
        witnesses = self.witnesses(list(tasks.values()))
        hidden = [id for id in witnesses if id in inner]
        final = self.pipeline.final
        if final is not None:
            call = final.call
            task = Task(self.call_ids[call.id], call.id, Step(call))
            task.wait_for(self.unfinished())
            self.plan.final = task
            self.plan.leaves = tuple(dict.fromkeys([*leaves, *hidden]))
        if hidden or final is not None:
            end = Task(self.ids("end"), "", Nothing(), rule="NONE_FAILED")
            end.wait_for([*leaves, *hidden])
            self.plan.tasks[end.id] = end
            self.plan.steps.append(end)
        return self.plan

    # ------------------------------------------------------------ making tasks

    def add(
        self,
        place: Place,
        id: str,
        node: str,
        work: Work,
        values: Sequence[Value] = (),
        entry: Iterable[str] = (),
        after: Iterable[End] = (),
    ) -> Task:
        """A task that takes `values`, waits for the values `entry` names, and comes after `after`."""
        task = Task(id, node, work, loop=place.loop.each.id if place.loop else None)
        task.groups = self.shape.groups.get(self.shape.owner.get(node, node), ())
        if place.loop is not None:
            task.groups = task.groups[len(self.shape.groups[place.loop.each.id]) :]
        soft = False
        for ref in out_refs(*values):
            task.inputs[ref] = self.sources[ref]
        for source in [*task.inputs.values(), *(self.sources[ref] for ref in entry)]:
            task.wait_for([source.task])
            soft = soft or source.soft
        for end, may_skip in after:
            task.wait_for([end])
            soft = soft or may_skip
        if soft:
            task.rule = "NONE_FAILED"
            task.wait_for(place.branches)
        self.plan.tasks[id] = task
        self.made.append(task)
        (place.loop.tasks if place.loop else self.plan.steps).append(task)
        return task

    def helper_id(self, text: str) -> str:
        return self.ids(text)

    def after(self, id: str) -> list[End]:
        """The ends of the nodes in the same block that a node comes after; those outside gate its region."""
        frames = self.shape.frames[id]
        refs = self.shape.waits(id).after
        return [end for ref in refs if self.shape.frames[ref] == frames for end in self.ends[ref]]

    def witnesses(self, tasks: Sequence[Task]) -> list[str]:
        """The tasks of which one has failed or is blocked when any of `tasks` is, tolerated ones left out."""
        shown = {up for task in tasks if task.rule in PROPAGATE for up in task.upstream}
        return [task.id for task in tasks if task.id not in shown and not task.tolerated]

    # ------------------------------------------------------------ nodes

    def block(self, body: tuple[AnyNode, ...], place: Place) -> None:
        nodes = {node.id: node for node in transparent(body)}
        done: set[str] = set()
        for id in nodes:
            stack = [id]
            while stack:
                ready = [ref for ref in self._needs(stack[-1], nodes) if ref not in done]
                if ready:
                    stack.extend(reversed(ready))
                    continue
                current = stack.pop()
                if current not in done:
                    done.add(current)
                    self.node(nodes[current], place)

    def _needs(self, id: str, nodes: dict[str, AnyNode]) -> list[str]:
        """The nodes of this block, groups opened, that come before one."""
        found: list[str] = []
        for ref in self.shape.upstream(id):
            inner = self.shape.nodes[ref]
            found += [n.id for n in transparent((inner,))] if isinstance(inner, Group) else [ref]
        return [ref for ref in found if ref in nodes]

    def node(self, node: AnyNode, place: Place) -> None:
        match node:
            case Call():
                self.call(node, place)
            case If() if place.loop is None:
                self.branch(node, place)
            case If():
                self.gate(node, place)
            case Each():
                self.each(node, place)
        for group in self.shape.groups[node.id]:
            if self.shape.frames[group] == self.shape.frames[node.id]:
                self.ends.setdefault(group, []).extend(self.ends[node.id])

    def call(self, call: Call, place: Place) -> None:
        task = self.add(
            place,
            self.call_ids[call.id],
            call.id,
            Step(call),
            tuple(call.args.values()),
            after=self.after(call.id),
        )
        if place.loop is not None:
            task.max_parallel = place.loop.each.max_parallel
        tolerance = call.policy.on_failure
        if tolerance is not None:
            task.tolerated = True
            schema = self.steps[call.step].returns
            default = tolerance.default
            work = Tolerate(task.id, default, default is not None and may_be_none(schema))
            passed = self.add(place, self.helper_id(f"{task.id}_or_default"), call.id, work)
            passed.inputs[call.id] = Source(task.id)
            passed.wait_for([task.id])
            task = passed
        self.sources[call.id] = Source(task.id)
        self.ends[call.id] = [(task.id, False)]

    def tolerate(self) -> None:
        """Let the task after a tolerated call run when that succeeded or failed, and never when it was blocked."""
        for passed in [t for t in self.plan.tasks.values() if isinstance(t.work, Tolerate)]:
            assert isinstance(passed.work, Tolerate)
            task = self.plan.tasks[passed.work.task]
            before = list(task.upstream)
            if not before:
                passed.rule = "ALL_DONE"
                continue
            passed.rule = "ALL_DONE_MIN_ONE_SUCCESS"
            if len(before) == 1 and task.rule == "ALL_SUCCESS":
                passed.wait_for(before)
                continue
            ready = Task(self.helper_id(f"{task.id}_ready"), task.node, Nothing(), task.loop, groups=task.groups)
            ready.wait_for(before)
            ready.rule = task.rule
            self.plan.tasks[ready.id] = ready
            loop = self.plan.loops[task.loop] if task.loop else None
            siblings: list[Task | Loop] | list[Task] = loop.tasks if loop else self.plan.steps
            siblings.insert(siblings.index(task), ready)  # type: ignore[arg-type]
            passed.wait_for([ready.id])

    def branch(self, node: If, place: Place) -> None:
        """An If outside of mapped groups: a branch, and a merging task per merged value."""
        branch = self.enter_if(node, place, Branch(_conditions(node), ()))
        inner = replace(place, branches=(*place.branches, branch.id))
        first = len(self.made)
        targets: list[tuple[str, ...]] = []
        ends: dict[str, list[str]] = {value.id: [] for value in node.merged}
        for number in range(len(node.arms)):
            tasks = self.arm(node, number, inner, ends)
            roots = _roots(tasks)
            for task in roots:
                task.wait_for([branch.id])
            targets.append(tuple(task.id for task in roots))
        branch.work = Branch(_conditions(node), tuple(targets))
        self.merge(node, place, ends, "NONE_FAILED_MIN_ONE_SUCCESS")
        made = [branch, *self.made[first:]]
        self.ends[node.id] = [(id, True) for id in self.witnesses(made)]

    def gate(self, node: If, place: Place) -> None:
        """An If inside a mapped group: a gate, arms that skip themselves, and merges that need one success."""
        gate = self.enter_if(node, place, Gate(_conditions(node)))
        ends: dict[str, list[str]] = {value.id: [] for value in node.merged}
        over: list[str] = []
        waited = node.id in self.waited
        for number in range(len(node.arms) + (waited and node.arms[-1].when is not None)):
            tasks = self.arm(node, number, place, ends) if number < len(node.arms) else []
            if waited:
                body = transparent(node.arms[number].body) if number < len(node.arms) else iter(())
                after = [end for child in body for end in self.ends[child.id]]
                after += [(t.id, False) for t in tasks if isinstance(t.work, Give)]
                end_id = self.helper_id(f"{gate.id}_{number}_done")
                end = self.add(place, end_id, node.id, Give(Const(value=None)), after=after)
                over.append(end.id)
                tasks.append(end)
            for task in _roots(tasks):
                task.guard = (gate.id, number)
                task.inputs["#gate"] = Source(gate.id)
                task.wait_for([gate.id])
        self.merge(node, place, ends, "ONE_SUCCESS")
        self.ends[node.id] = []
        if waited:
            done = self.add(place, self.helper_id(f"{gate.id}_done"), node.id, Nothing())
            done.wait_for(over)
            done.rule = "ONE_SUCCESS"
            self.ends[node.id] = [(done.id, False)]

    def enter_if(self, node: If, place: Place, work: Branch | Gate) -> Task:
        known = self.shape.waits(node.id).values
        entry = [ref for ref in known if place.loop is None or self._inside(ref, place.loop.each.id)]
        conditions = tuple(c for c in work.conditions if c is not None)
        return self.add(
            place, self.helper_id(node.id), node.id, work, conditions, entry, self.after(node.id)
        )

    def arm(self, node: If, number: int, place: Place, ends: dict[str, list[str]]) -> list[Task]:
        """The tasks of one arm, with one for each merged value that ends in no task of the arm's own."""
        first = len(self.made)
        self.block(node.arms[number].body, place)
        own = {task.id for task in self.made[first:]}
        for merged in node.merged:
            value = merged.values[number]
            if isinstance(value, Out) and not value.path:
                source = self.sources[value.ref]
                if source.task in own and source.form == "value":
                    ends[merged.id].append(source.task)
                    continue
            last = number == len(node.arms) - 1
            word = "then" if number == 0 else "else" if last else f"elif_{number}"
            id = self.helper_id(f"{merged.id}_{word}")
            ends[merged.id].append(self.add(place, id, node.id, Give(value), (value,)).id)
        return self.made[first:]

    def merge(self, node: If, place: Place, ends: dict[str, list[str]], rule: str) -> None:
        for merged in node.merged:
            task = self.add(place, self.helper_id(merged.id), node.id, Merge(tuple(ends[merged.id])))
            task.inputs = {f"#{n}": Source(id) for n, id in enumerate(ends[merged.id])}
            task.wait_for(ends[merged.id])
            task.rule = rule  # type: ignore[assignment]
            self.sources[merged.id] = Source(task.id)

    # ------------------------------------------------------------ loops

    def each(self, node: Each, place: Place) -> None:
        assert place.loop is None, "loops in loops are unrolled or flattened before"
        first = len(self.made)
        body = list(transparent(node.body))
        loop = Loop(node, self.ids(node.id, dots=False), groups=self.shape.groups[node.id])
        loop.grouped = len(body) != 1 or not isinstance(body[0], Call) or body[0].policy.on_failure is not None
        self.plan.loops[node.id] = loop
        before = self.items(node, loop, place)
        empty = loop.constants is None or not loop.constants
        outer = dict(self.sources)
        self.harden(node, place)
        before += [self.sources[ref].task for ref in self._captured(node)]
        if loop.grouped:
            self.plan.steps.append(loop)
            self.block(node.body, replace(place, loop=loop))
        else:
            call = body[0]
            assert isinstance(call, Call)
            task = self.add(place, self.call_ids[call.id], call.id, Step(call), tuple(call.args.values()))
            task.loop, task.expands, task.max_parallel = node.id, True, node.max_parallel
            loop.tasks.append(task)
            self.sources[call.id] = Source(task.id)
            self.ends[call.id] = [(task.id, False)]
        for task in _roots(loop.tasks):
            task.wait_for(before)
        self.sources = {**self.sources, **outer}
        for value in node.collected:
            self.collect(node, loop, value, place, before, empty)
        inside = {child.id for child in self.shape.inside(node.id)}
        branchy = any(isinstance(self.shape.nodes[id], If) for id in inside)
        self.ends[node.id] = [
            (id, self.plan.tasks[id].loop == node.id and (empty or branchy)) for id in self.witnesses(self.made[first:])
        ]

    def items(self, node: Each, loop: Loop, place: Place) -> list[str]:
        """Set what the loop is mapped over; gives the tasks the loop comes after, none of which is ever skipped
        while all is well."""
        value, ends = node.items, self.after(node.id)
        if isinstance(value, Const) and isinstance(value.value, list) and not templated(value.value):
            loop.constants = value.value
        known = is_list(self.types.of(value))
        if isinstance(value, Out) and not value.path and known:
            source = self.sources[value.ref]
            if source.form == "value" and not source.soft:
                loop.source = source
        if loop.constants is None and loop.source is None:
            id = self.helper_id(f"{node.id}_items")
            entry = self._captured(node)
            work = Items(node.id, value, known)
            loop.source = Source(self.add(place, id, node.id, work, (value,), entry, ends).id)
            return [loop.source.task]
        before = [loop.source.task] if loop.source else []
        if any(soft for _, soft in ends):
            ready = self.helper_id(f"{node.id}_ready")
            return [*before, self.add(place, ready, node.id, Nothing(), after=ends).id]
        return before + [end for end, _ in ends]

    def _captured(self, node: Each) -> list[str]:
        """The values that the body or what is collected takes from outside."""
        items = set(out_refs(node.items))
        taken: dict[str, None] = {}
        for ref in self.shape.waits(node.id).values:
            if ref not in items:
                taken[ref] = None
        for child in self.shape.inside(node.id):
            if isinstance(child, Call):
                taken.update({r: None for r in out_refs(*child.args.values()) if r in items})
            elif isinstance(child, If):
                conditions = [arm.when for arm in child.arms if arm.when is not None]
                merged = [v for m in child.merged for v in m.values]
                taken.update({r: None for r in out_refs(*conditions, *merged) if r in items})
        return list(taken)

    def harden(self, node: Each, place: Place) -> None:
        """Give captured lists that a mapped task may have skipped a task of their own, for use inside the group."""
        for ref in self._captured(node):
            source = self.sources[ref]
            if source.soft or source.form != "value":
                value = Out(ref=ref)
                task = self.add(place, self.helper_id(f"{ref}_list"), node.id, Give(value), (value,))
                self.sources[ref] = Source(task.id)

    def collect(
        self, node: Each, loop: Loop, output: Collected, place: Place, before: list[str], empty: bool
    ) -> None:
        value = output.value
        if isinstance(value, Out) and not value.path and self._inside(value.ref, node.id):
            source = self.sources[value.ref]
            if not may_be_none(self.types.of(value)):
                self.sources[output.id] = Source(source.task, "group" if loop.grouped else "list", empty)
                return
        refs = out_refs(value)
        pulls = tuple((ref, self.sources[ref].task) for ref in refs if self._inside(ref, node.id))
        outside = [Out(ref=ref) for ref in refs if not self._inside(ref, node.id)]
        count = None if loop.constants is None else len(loop.constants)
        work = Gather(value, node.id, pulls, count)
        task = self.add(place, self.helper_id(output.id), node.id, work, outside)
        task.wait_for([*before, *(id for _, id in pulls)])
        if loop.source is not None and (count is None or item_refs(value)):
            task.inputs["#items"] = loop.source
        if empty:
            task.rule = "NONE_FAILED"
            task.wait_for(place.branches)
        self.sources[output.id] = Source(task.id)

    def _inside(self, ref: str, region: str) -> bool:
        return any(frame.region == region for frame in self.shape.frames[ref])

    # ------------------------------------------------------------ the end

    def unfinished(self) -> list[str]:
        """Tasks that must be waited for one by one, because nothing that follows them shows that they ended."""
        tasks = self.plan.tasks
        covered: set[str] = set()
        for task in tasks.values():
            for up in task.upstream:
                one = tasks[up]
                others = set(task.upstream) - {up} - set(one.upstream)
                waits_for_all = not others or task.rule in ("ALL_DONE", "ALL_DONE_MIN_ONE_SUCCESS")
                if waits_for_all and (one.loop is None or one.loop == task.loop):
                    covered.add(up)
        return [id for id in tasks if id not in covered]


def _roots(tasks: Sequence[Task]) -> list[Task]:
    """The tasks that come after none of the others."""
    ids = {task.id for task in tasks}
    return [task for task in tasks if ids.isdisjoint(task.upstream)]


def _conditions(node: If) -> tuple[Value | None, ...]:
    return tuple(arm.when for arm in node.arms)


def templated(value: object) -> bool:
    """Whether Airflow would not leave a constant alone where it renders templates (`expand`)."""
    match value:
        case str():
            return any(mark in value for mark in ("{{", "{%", "{#")) or value.endswith((".sh", ".bash", ".env"))
        case list():
            return any(map(templated, value))
        case dict():
            return any(templated(v) for pair in value.items() for v in pair)
    return False
