"""From the language's blocks to Airflow's tasks: which helpers are needed, and every edge and trigger rule.

The rules of the lowering:

- A region is entered by one task, its branch (or the tasks its Each maps), which waits for all the region
  takes from outside; the first tasks of an arm come after its branch. So a failed capture blocks a whole
  region, and a skip is lexical.
- A task that takes or comes after something that may be skipped although all is well (an arm, an Each of no
  items) runs under NONE_FAILED, and comes after every branch around it, for that rule lets skips through.
- A merge waits for the ends of its arms and for nothing else; an arm that ends in anything but a task of
  its own gets one that gives the value.
- Airflow ignores branches inside mapped groups: there a gate gives the arm's number, and the first tasks of
  the other arms skip themselves. Only ALL_SUCCESS and rules that decide per instance are used there.
"""

from __future__ import annotations

from pipeglot.backends.airflow.builder import Builder
from pipeglot.backends.airflow.loops import Loops
from pipeglot.backends.airflow.plan import (
    Branch,
    Gate,
    Merge,
    NoOp,
    Place,
    Plan,
    ReturnValue,
    Source,
    Step,
    Task,
    Tolerate,
    roots,
)
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import (
    AnyNode,
    Call,
    Const,
    Each,
    Group,
    If,
    Include,
    Out,
    Pipeline,
    Value,
)
from pipeglot.core.shape import transparent
from pipeglot.core.types import may_be_none

WAITS_FOR_ALL = ("ALL_DONE", "ALL_DONE_MIN_ONE_SUCCESS")
"""Rules under which a task ends after all it waits for."""


def lower(pipeline: Pipeline) -> Plan:
    """The tasks of an inlined pipeline."""
    return Lowering(pipeline).run()


class Lowering(Builder):
    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__(pipeline)
        self.loops = Loops(self, self.block)

    def run(self) -> Plan:
        self.block(self.pipeline.body, Place())
        self.tolerate()
        tasks = self.plan.tasks
        inner = {up for task in tasks.values() for up in task.upstream}
        leaves = [id for id in tasks if id not in inner]
        failure_leaves = self.failure_leaves(list(tasks.values()))
        hidden = [id for id in failure_leaves if id in inner]
        final = self.pipeline.final
        if final is not None:
            call = final.call
            task = Task(self.call_ids[call.id], call.id, Step(call))
            task.wait_for(self.unfinished())
            self.plan.final = task
            self.plan.leaves = tuple(dict.fromkeys([*leaves, *hidden]))
        if hidden or final is not None:
            end = Task(self.ids("end"), "", NoOp(), rule="NONE_FAILED")
            end.wait_for([*leaves, *hidden])
            self.plan.tasks[end.id] = end
            self.plan.steps.append(end)
        return self.plan

    # ------------------------------------------------------------ nodes

    def block(self, body: tuple[AnyNode, ...], place: Place) -> None:
        for node in self.shape.ordered(body):
            self.node(node, place)

    def node(self, node: AnyNode, place: Place) -> None:
        match node:
            case Call():
                self.call(node, place)
            case If() if place.loop is None:
                self.branch(node, place)
            case If():
                self.gate(node, place)
            case Each():
                self.loops.each(node, place)
            case Group() | Include():
                raise AssertionError(f"{node.kind} in a block whose groups are opened")
            case _:
                assert_never(node)
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
            work = Tolerate(task.id, default, default is not None and may_be_none(schema), place.loop is not None)
            passed = self.add(place, self.ids(f"{task.id}_or_default"), call.id, work)
            passed.inputs[call.id] = Source(task.id)
            passed.wait_for([task.id])
            task = passed
        self.sources[call.id] = Source(task.id)
        self.ends[call.id] = [(task.id, False)]

    def tolerate(self) -> None:
        """Let the task after a tolerated call run when that succeeded or failed, and never when it was
        blocked.
        """
        for passed in [t for t in self.plan.tasks.values() if isinstance(t.work, Tolerate)]:
            assert isinstance(passed.work, Tolerate)
            task = self.plan.tasks[passed.work.task]
            before = list(task.upstream)
            if not before or task.loop is not None:
                passed.rule = "ALL_DONE"
                continue
            passed.rule = "ALL_DONE_MIN_ONE_SUCCESS"
            if len(before) == 1 and task.rule == "ALL_SUCCESS":
                passed.wait_for(before)
                continue
            ready = Task(self.ids(f"{task.id}_ready"), task.node, NoOp(), task.loop, groups=task.groups)
            ready.wait_for(before)
            ready.rule, ready.tolerated = task.rule, True
            for up in before:
                work = self.plan.tasks[up].work
                if isinstance(work, Branch):
                    targets = tuple((*t, ready.id) if task.id in t else t for t in work.targets)
                    self.plan.tasks[up].work = Branch(work.conditions, targets)
            self.plan.tasks[ready.id] = ready
            self.plan.steps.insert(self.plan.steps.index(task), ready)
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
            first_tasks = roots(tasks)
            for task in first_tasks:
                task.wait_for([branch.id])
            targets.append(tuple(task.id for task in first_tasks))
        branch.work = Branch(_conditions(node), tuple(targets))
        self.merge(node, place, ends, "NONE_FAILED_MIN_ONE_SUCCESS")
        made = [branch, *self.made[first:]]
        self.ends[node.id] = [(id, True) for id in self.failure_leaves(made)]

    def gate(self, node: If, place: Place) -> None:
        """An If inside a mapped group: a gate, arms that skip themselves, and merges that need one
        success.
        """
        gate = self.enter_if(node, place, Gate(_conditions(node)))
        ends: dict[str, list[str]] = {value.id: [] for value in node.merged}
        over: list[str] = []
        waited = node.id in self.waited
        for number in range(len(node.arms) + (waited and node.arms[-1].when is not None)):
            tasks = self.arm(node, number, place, ends) if number < len(node.arms) else []
            if waited:
                body = transparent(node.arms[number].body) if number < len(node.arms) else iter(())
                after = [end for child in body for end in self.ends[child.id]]
                after += [(t.id, False) for t in tasks if isinstance(t.work, ReturnValue) and t.node == node.id]
                end_id = self.ids(f"{gate.id}_{number}_done")
                end = self.add(place, end_id, node.id, ReturnValue(Const(value=None)), after=after)
                over.append(end.id)
                tasks.append(end)
            for task in roots(tasks):
                task.guard = (gate.id, number)
                task.inputs["#gate"] = Source(gate.id)
                task.wait_for([gate.id])
        self.merge(node, place, ends, "ONE_SUCCESS")
        self.ends[node.id] = []
        if waited:
            done = self.add(place, self.ids(f"{gate.id}_done"), node.id, NoOp())
            done.wait_for(over)
            done.rule = "ONE_SUCCESS"
            self.ends[node.id] = [(done.id, False)]

    def enter_if(self, node: If, place: Place, work: Branch | Gate) -> Task:
        known = self.shape.waits(node.id).values
        entry = [ref for ref in known if place.loop is None or self.inside(ref, place.loop.each.id)]
        conditions = tuple(c for c in work.conditions if c is not None)
        return self.add(place, self.ids(node.id), node.id, work, conditions, entry, self.after(node.id))

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
            id = self.ids(f"{merged.id}_{word}")
            given = self.add(place, id, node.id, ReturnValue(value), (value,))
            given.value = merged.id
            ends[merged.id].append(given.id)
        return self.made[first:]

    def merge(self, node: If, place: Place, ends: dict[str, list[str]], rule: str) -> None:
        for merged in node.merged:
            task = self.add(place, self.ids(merged.id), node.id, Merge(tuple(ends[merged.id])))
            task.value = merged.id
            task.inputs = {f"#{n}": Source(id) for n, id in enumerate(ends[merged.id])}
            task.wait_for(ends[merged.id])
            task.rule = rule  # type: ignore[assignment]
            self.sources[merged.id] = Source(task.id)

    # ------------------------------------------------------------ the end

    def unfinished(self) -> list[str]:
        """Tasks that must be waited for one by one, because nothing that follows them shows that they
        ended.
        """
        tasks = self.plan.tasks
        covered: set[str] = set()
        for task in tasks.values():
            for up in task.upstream:
                one = tasks[up]
                others = set(task.upstream) - {up} - set(one.upstream)
                # Of the ends of a merge only those of one arm ever run.
                waits_for_all = not others or isinstance(task.work, Merge) or task.rule in WAITS_FOR_ALL
                if waits_for_all and (one.loop is None or one.loop == task.loop):
                    covered.add(up)
        return [id for id in tasks if id not in covered]


def _conditions(node: If) -> tuple[Value | None, ...]:
    return tuple(arm.when for arm in node.arms)
