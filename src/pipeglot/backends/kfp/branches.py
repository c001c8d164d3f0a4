"""An If as tasks with conditions, in one DAG where something comes behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeglot.codegen.expressions import fitting, root
from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import WIDTH, Atom, Doc, call, flat, literal
from pipeglot.core.dataclass import dataclass
from pipeglot.core.ir import Call, Ctx, If, Item, Merged, Out, ParamRef, Value
from pipeglot.core.shape import transparent

from .builder import Builder
from .cel import arm_test, is_one_comparison, negation, read, references
from .drafts import DagDraft, TaskDraft
from .guarded_regions import REPORT, leave_guarded, report
from .plan import ArmTest, CodeLine, Comparison, Constant, DagInput, TaskInput, TaskOrigin, TaskOutput
from .producers import Path, Producer, value_path
from .types import SCALARS, Form


def branch(build: Builder, dag: DagDraft, node: If, guard: bool) -> None:
    """Lower an If; `guard`: it stands in a guarded region."""
    merged = [m for m in node.merged if m.id in build.guards.used]
    calls = any(isinstance(each, Call) for each in build.shape.inside(node.id))
    here = not guard and _decided_here(build, node)
    if guard or calls or merged:
        decided = None if here else _decide(build, dag, node, guard)
        _IfLowering(build, dag, node, guard, guard or build.guards.guarded(node), merged, decided).lower()
    elif here or build.types.is_decided(node):
        build.skip(node)
    else:
        build.ends[node.id] = [(dag, _decide(build, dag, node, guard).task)]


@dataclass
class _IfLowering:
    """One If that leaves tasks. `isolated`: its calls are guarded; `decided` has the number of the arm, where KFP cannot
    evaluate the conditions itself."""

    build: Builder
    dag: DagDraft
    node: If
    guard: bool
    isolated: bool
    merged: Sequence[Merged]
    decided: TaskOutput | None

    def lower(self) -> None:
        build, dag, node = self.build, self.dag, self.node
        name = build.name(node.id)
        outer, self.host = self._host(name)
        self.arms, self.rest = self._arms(outer)
        build.ends[node.id] = [(dag, outer.name if outer else self.arms[0].name)]
        if not self.isolated:
            for number, task in enumerate(self.arms):
                build.origins[task.name] = TaskOrigin(node.id, "helper", arm=number)
        if self.rest:
            self._none_taken()
        for value in self.merged:
            build.producers["out", value.id] = _MergedValue(self, value)
            build.ends[value.id] = build.ends[node.id]
        if self.isolated:
            self.host.gives(REPORT, "outcome", *(TaskOutput(task.name, REPORT) for task in [*self.arms, *self.rest]))
            leave_guarded(build, dag, node, build.ends[node.id][0][1], self.merged, self.guard)
        self._fill()
        build.origins.setdefault(name, TaskOrigin(node.id, "helper"))

    def _host(self, name: str) -> tuple[TaskDraft | None, DagDraft]:
        """The DAG that holds the arms, and the task that runs it; the DAG of the If when that is enough."""
        build, arms = self.build, self.node.arms
        apart = build.apart(self.dag)
        if not (self.isolated or self.merged or len(arms) > 1 or self.node.id in build.awaited or apart):
            return None, self.dag
        last = arms[-1]
        nothing = last.when is None and not self.merged and not any(transparent(last.body))
        host = DagDraft(name, choice=len(arms) - nothing > 1 or self.isolated)
        return build.region(self.dag, self.node, host, apart), host

    def _arms(self, outer: TaskDraft | None) -> tuple[list[TaskDraft], list[TaskDraft]]:
        """The tasks of the arms, and the one that runs when none is taken and something has to say so."""
        build, arms = self.build, self.node.arms
        rest = self.guard or (self.isolated and arms[-1].when is not None)
        numbers = range(len(arms) + rest)
        wrapped = outer is not None
        labels = [build.names(f"condition-{self.node.id}" + f"-{number}" * wrapped) for number in numbers]
        tasks = choice(build, self.host, self.node.id, labels, self._test)
        for arm, task in zip(arms, tasks, strict=False):
            inside = dag_of(task)
            if outer is None:
                build.wait(self.dag, task, self.node)
            build.block(inside, arm.body, self.isolated)
            if self.isolated:
                report(build, inside, arm.body)
        return tasks[: len(arms)], tasks[len(arms) :]

    def _test(self, inside: DagDraft, number: int) -> ArmTest | None:
        if number >= len(self.node.arms):
            return None
        when = self.node.arms[number].when
        if self.decided is not None and (when is not None or self.guard):
            return integer_test(inside.pass_in(self.dag, self.decided, "int"), "==", number)
        return None if when is None else arm_test(when, self.build.types, lambda value: self._read(inside, value))

    def _read(self, inside: DagDraft, value: Value) -> str:
        assert isinstance(value, Out | ParamRef | Item | Ctx)
        given = self.build.take(inside, root(value), value_path(value), self.build.types.form(value))
        assert isinstance(given, DagInput)
        return given.name

    def _none_taken(self) -> None:
        """What a guarded If reports when no arm is taken: it was not decided, or none was to be."""
        [task], build = self.rest, self.build
        inside = dag_of(task)
        none, component = build.python_task(f"{self.node.id}-none")
        value: Doc = literal({"value": None})
        if self.guard:
            assert self.decided is not None
            parameter = component.parameter("decided", "outcome")
            outcome = TaskOutput(self.decided.task, "Output")
            none.inputs[parameter] = inside.pass_in(self.dag, outcome, "outcome")
            value = call(component.use("ended"), [Atom(parameter)])
        component.value(value)
        component.gives("Output", "outcome")
        build.helper(inside, none)
        for key in (REPORT, *(identifier(value.id) for value in self.merged)):
            inside.gives(key, "outcome", TaskOutput(none.name, "Output"))

    def _fill(self) -> None:
        """A DAG needs a task. The last arm may go, unless nothing is left or something waits for it itself."""
        tasks = [*self.arms, *self.rest]
        for task in tasks:
            if dag_of(task).tasks:
                continue
            if task is tasks[-1] and self.host is not self.dag and len(self.host.tasks) > 1:
                del self.host.tasks[task.name]
                self.host.choice = len(self.host.tasks) > 1
            else:
                self.build.idle(dag_of(task), self.node.id)


class _MergedValue(Producer):
    """A value that leaves an If: the output of the arm that ran."""

    def __init__(self, branch: _IfLowering, value: Merged) -> None:
        form: Form = "outcome" if branch.isolated else branch.build.types.form(Out(ref=value.id))
        super().__init__(branch.dag, form, guarded=branch.guard)
        self._branch, self._value = branch, value
        self._task = branch.build.ends[branch.node.id][0][1]
        self._made: set[Form] = set()
        self.give((), form)

    def give(self, path: Path, form: Form) -> TaskInput | None:
        """The whole value in its own form, or as JSON."""
        if path or (form != self.form and (form != "json" or self._branch.isolated)):
            return None
        key = identifier(self._value.id) + ("" if form == self.form else "_json")
        if form not in self._made:
            self._made.add(form)
            self._leave(key, form)
        return TaskOutput(self._task, key)

    def _leave(self, key: str, form: Form) -> None:
        branch = self._branch
        for value, task in zip(self._value.values, branch.arms, strict=True):
            inside = dag_of(task)
            inside.gives(key, form, branch.build.leave(inside, value, form, branch.node.id))
        branch.host.gives(key, form, *(TaskOutput(task.name, key) for task in [*branch.arms, *branch.rest]))


def choice(
    build: Builder,
    host: DagDraft,
    owner: str,
    labels: Sequence[str],
    test: Callable[[DagDraft, int], ArmTest | None],
) -> list[TaskDraft]:
    """Tasks of which at most one runs: the first whose test holds. `test` gives a task's DAG what it reads."""
    arms: list[TaskDraft] = []
    for number, label in enumerate(labels):
        inside = DagDraft(label)
        task = build.helper(host, TaskDraft(label, label, inside), owner)
        tests = [test(inside, earlier) for earlier in range(number + 1)]
        parts = [negation(each.cel) for each in tests[:-1] if each is not None]
        task.test = tests[-1]
        if task.test is not None:
            own = task.test.cel
            parts.append(f"({own})" if parts and ("||" in own or "&&" in own) else own)
        task.condition = " && ".join(parts) or "true == true"
        arms.append(task)
    return arms


def integer_test(given: TaskInput, op: str, number: int) -> ArmTest:
    """A comparison of an input, an integer, with a number."""
    assert isinstance(given, DagInput)
    return ArmTest(f"int({read(given.name)}) {op} {number}", Comparison(given.name, op, Constant(number)))


def dag_of(task: TaskDraft) -> DagDraft:
    """The DAG that a task of a region runs."""
    assert isinstance(task.runs, DagDraft)
    return task.runs


def _decided_here(build: Builder, node: If) -> bool:
    """Whether KFP itself can evaluate the conditions: all is certain, and scalars that tasks or inputs have."""
    if not build.types.is_decided(node):
        return False
    for condition in (arm.when for arm in node.arms if arm.when is not None):
        if build.for_dsl and not is_one_comparison(condition):
            return False
        compared = references(condition)
        if compared is None or not all(_is_scalar(build, value) for value in compared):
            return False
    return True


def _is_scalar(build: Builder, value: Out | ParamRef | Item | Ctx) -> bool:
    producer, form = build.producer(root(value)), build.types.form(value)
    if producer.guarded or form not in SCALARS.values():
        return False
    return producer.give(value_path(value), form) is not None


def _decide(build: Builder, dag: DagDraft, node: If, guard: bool) -> TaskOutput:
    """A task that finds the arm to take: its number, or one more than there are conditions."""
    task, component = build.python_task(f"decide-{node.id}")
    conditions = [arm.when for arm in node.arms if arm.when is not None]
    names = build.inputs(dag, task, component, conditions)
    lines: list[CodeLine] = []
    for number, condition in enumerate(conditions):
        lines.append(CodeLine("if ", fitting(condition, names.__getitem__, WIDTH - 12), ":", attribute="Arm.when"))
        lines.append(CodeLine(f"return {number}", depth=1))
    work = component.work([*lines, CodeLine(f"return {len(conditions)}")])
    if guard:
        build.guarded_waits(dag, task, component, node)
        outcome = build.attempt(component, work, component.outcomes())
        component.gives("Output", "outcome")
        component.gives("arm", "int", f'{outcome}.get("value", {len(node.arms)})')
    else:
        component.value(Atom(f"{flat(work)}()"))
        component.gives("Output", "int")
    build.wait(dag, task, node)
    build.add(dag, task, TaskOrigin(node.id, "decide", "outcome" if guard else "int"))
    return TaskOutput(task.name, "arm" if guard else "Output")
