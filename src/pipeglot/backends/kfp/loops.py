"""An Each as a task with an iterator.

What a loop gave when it had no items is nothing, on a cluster, and what takes it fails. So where something takes it
and there may be no items, the loop stands in the arm of a choice by the number of items; the other gives empty lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeglot.codegen.expressions import expression, root
from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import Atom, call, flat, literal
from pipeglot.core.dataclass import dataclass
from pipeglot.core.ir import Call, Collected, Const, Ctx, Each, Item, ListOf, Out, ParamRef, Value, parts
from pipeglot.core.shape import inputs, out_refs, outputs, sources

from .branches import choice, dag_of, integer_test
from .builder import Builder, shielded
from .drafts import ComponentDraft, DagDraft, TaskDraft, input_name
from .guarded_regions import REPORT, leave_guarded, report
from .plan import (
    ArmTest,
    CodeLine,
    ComponentOutput,
    Constant,
    DagInput,
    DagOutput,
    Iteration,
    TaskInput,
    TaskOrigin,
    TaskOutput,
)
from .producers import NoItems, Producer
from .types import LISTS, SCALARS, Form


@dataclass(frozen=True)
class _LoopItems:
    """The list that a loop runs over: what gives it in the DAG of the Each, how many items it has where that is asked for,
    and the task that formed it, where one had to."""

    given: DagInput | TaskOutput
    count: TaskInput | None
    task: str | None = None


def loop(build: Builder, dag: DagDraft, node: Each, guard: bool) -> None:
    """Lower an Each; `guard`: it stands in a guarded region."""
    collected = [c for c in node.collected if c.id in build.guards.used]
    fixed = _fixed(build, dag, node, guard)
    if fixed == []:
        build.skip(node)
        for value in collected:
            build.producers["out", value.id] = NoItems(dag, "texts")
            build.ends[value.id] = build.ends[node.id]
    elif guard or collected or any(isinstance(each, Call) for each in build.shape.inside(node.id)):
        _EachLowering(build, dag, node, guard, collected, fixed).lower()
    elif build.types.is_decided(node):
        build.skip(node)
    else:
        items = _items(build, dag, node, _elements(build, node), guard=False, gate=False)
        build.ends[node.id] = [(dag, items.task)] if items.task else []


def _fixed(build: Builder, dag: DagDraft, node: Each, guard: bool) -> list[Any] | None:
    """The items, where they are the same in every run."""
    if guard and build.guarded_upstream(dag, node):
        return None  # whether the loop is entered is known in the run
    value = node.items
    if isinstance(value, Const):
        return value.value if isinstance(value.value, list) else None
    if isinstance(value, Out) and not value.path and isinstance(build.producer(value), NoItems):
        return []
    return None


@dataclass
class _EachLowering:
    """One Each that leaves tasks; `fixed` are its items where they are the same in every run."""

    build: Builder
    dag: DagDraft
    node: Each
    guard: bool
    collected: Sequence[Collected]
    fixed: list[Any] | None

    def lower(self) -> None:
        build, dag, node = self.build, self.dag, self.node
        self.isolated = self.guard or build.guards.guarded(node)
        self.elements = _elements(build, node)
        some = isinstance(node.items, ListOf) and bool(node.items.items) and not self.guard
        gate = self.fixed is None and not some and (bool(self.collected) or self.isolated)
        items = None if self.fixed is not None else _items(build, dag, node, self.elements, self.guard, gate)
        name = build.name(node.id)
        place, outer, arms = self._place(name, items, gate)
        self.place = place
        self.each = self._iterator(name, outer, items)
        body = dag_of(self.each)
        build.block(body, node.body, self.isolated)
        build.ends[node.id] = [(dag, name)]
        if self.isolated:
            report(build, body, node.body)
        outputs = self._leave(body)
        if not body.tasks:
            build.idle(body, node.id)
        if place is not dag:
            place.outputs = {key: DagOutput(form, (source,)) for key, (form, source) in outputs.items()}
        if arms:
            self._hand_on(arms, items.task if items and self.guard else None)
        producer = outer.name if outer else self.each.name
        for key, value in zip(outputs, self.collected, strict=False):
            build.ends[value.id] = build.ends[node.id]
            whole = TaskOutput(producer, key)
            build.producers["out", value.id] = Producer(dag, outputs[key][0], whole, guarded=self.guard)
        if self.isolated:
            leave_guarded(build, dag, node, producer, self.collected, self.guard)

    def _place(
        self, name: str, items: _LoopItems | None, gate: bool
    ) -> tuple[DagDraft, TaskDraft | None, list[TaskDraft]]:
        """The DAG that the iterator stands in; the task that runs it all, and the arms of the choice by the number of
        items, where there are such."""
        build, dag, node = self.build, self.dag, self.node
        place, apart = dag, build.apart(dag)
        outer: TaskDraft | None = None
        arms: list[TaskDraft] = []
        if gate:
            assert items is not None and items.count is not None
            host, count = DagDraft(name, choice=True), items.count
            outer = build.region(dag, node, host, apart)
            labels = [build.names(f"{node.id}-some"), build.names(f"{node.id}-none")]

            def test(inside: DagDraft, number: int) -> ArmTest | None:
                return integer_test(inside.pass_in(dag, count, "int"), ">", 0) if number == 0 else None

            arms = choice(build, host, node.id, labels, test)
            place = dag_of(arms[0])
        if gate or self.isolated or apart or _captured(build, dag, node, items):
            own = build.names(f"{node.id}-loop") if gate else name
            task = build.helper(place, TaskDraft(own, node.id, DagDraft(own)), node.id)
            if outer is None:
                outer = task
                build.wait(dag, task, node)
            place = dag_of(task)
        return place, outer, arms

    def _iterator(self, name: str, outer: TaskDraft | None, items: _LoopItems | None) -> TaskDraft:
        """The task that runs the body once for every item."""
        build, node, elements = self.build, self.node, self.elements
        own = name if outer is None else build.names(f"for-{node.id}")
        body = DagDraft(own)
        each = build.helper(self.place, TaskDraft(own, node.id if outer is None else own, body), node.id)
        item = DagInput(f"pipelinechannel--{own}-item")
        body.inputs[item.name] = elements
        if items is None:
            assert self.fixed is not None
            values = tuple(map(_json_text, self.fixed)) if elements == "json" else tuple(self.fixed)
            each.iteration = Iteration(item.name, values, _limit(build, node))
        else:
            taken, listed = input_name(items.given), LISTS[elements]
            each.inputs[taken] = self.place.pass_in(self.dag, items.given, listed)
            body.inputs[taken], body.items = listed, taken
            each.iteration = Iteration(item.name, taken, _limit(build, node))
        if outer is None:
            build.wait(self.dag, each, node)
        build.producers["item", node.id] = Producer(body, elements, item)
        return each

    def _leave(self, body: DagDraft) -> dict[str, tuple[Form, TaskOutput]]:
        """What leaves the loop, by key: the lists of what its instances gave; of outcomes, the outcome of the list."""
        build, node, found = self.build, self.node, dict[str, tuple[Form, TaskOutput]]()
        for value in self.collected:
            key, known = identifier(value.id), build.types.form(value.value)
            one: Form = "outcome" if self.isolated else known if known in SCALARS.values() else "json"
            body.gives(key, one, build.leave(body, value.value, one, node.id))
            found[key] = (
                ("outcome", self._gather(key)) if self.isolated else (LISTS[one], TaskOutput(self.each.name, key))
            )
        if self.isolated:
            found[REPORT] = ("outcome", self._gather(REPORT))
        return found

    def _gather(self, key: str) -> TaskOutput:
        """The outcomes of a loop's instances as one."""
        task, component = self.build.python_task(f"{self.node.id}-{key}-gather")
        task.inputs[component.parameter("outcomes", "strs")] = TaskOutput(self.each.name, key)
        component.value(call(component.use("ended" if key == REPORT else "gathered"), Atom("outcomes")))
        component.gives("Output", "outcome")
        self.build.helper(self.place, task)
        return TaskOutput(task.name, "Output")

    def _hand_on(self, arms: Sequence[TaskDraft], decided: str | None) -> None:
        """What leaves the choice: what the loop gave, or empty lists."""
        build, place = self.build, self.place
        some, none = map(dag_of, arms)
        host = some.parent
        assert host is not None and place.task is not None
        task, component = build.python_task(f"{self.node.id}-empty")
        if decided is not None:
            parameter = component.parameter("decided", "outcome")
            task.inputs[parameter] = none.pass_in(self.dag, TaskOutput(decided, "Output"), "outcome")
            read = component.value(call(component.use("ended"), [Atom(parameter)]))
            component.gives(REPORT, "outcome")
            component.gives("Output", "outcome", f'({read} and ({{"value": []}} if "value" in {read} else {read}))')
        elif self.isolated:
            component.value(literal({"value": []}))
            component.gives("Output", "outcome")
        else:
            _no_lists(component, [output.form for output in place.outputs.values()])
        build.helper(none, task)
        for key, output in place.outputs.items():
            some.gives(key, output.form, TaskOutput(place.task.name, key))
            port = REPORT if key == REPORT and REPORT in component.outputs else "Output"
            port = port if component.outputs[port].form == output.form else f"no_{output.form}"
            none.gives(key, output.form, TaskOutput(task.name, port))
            host.gives(key, output.form, TaskOutput(arms[0].name, key), TaskOutput(arms[1].name, key))


def _no_lists(component: ComponentDraft, forms: Iterable[Form]) -> None:
    """Give an empty list in several forms."""
    read = component.value(literal([]))
    for number, form in enumerate(dict.fromkeys(forms)):
        key = "Output" if number == 0 else f"no_{form}"
        component.gives(key, form)
        component.outputs[key] = ComponentOutput(form, read)  # whatever its items would be


def _elements(build: Builder, node: Each) -> Form:
    """The form in which one item crosses."""
    listed = build.types.form(node.items)
    for element, form in LISTS.items():
        if form == listed:
            declared = build.types.form(Item(loop=node.id))
            text = isinstance(node.items, Const) and "{{" in json.dumps(node.items.value)
            return "json" if text or declared != element else element
    return "json"


def _captured(build: Builder, dag: DagDraft, node: Each, items: _LoopItems | None) -> bool:
    """Whether the loop takes what tasks beside it give, but for a whole list to run over: kfp.local would hand its
    body the item instead, unless the loop has a DAG of its own."""
    given = items.given if items is not None and isinstance(items.given, TaskOutput) else None
    if given is not None and given.key != "Output":
        return True
    values = [*_values(build, node), *(value.value for value in node.collected)]
    if any(isinstance(part, Ctx) for value in (node.items, *values) for part in parts(value)):
        return True
    used = set(out_refs(*values))
    found = [(ref, build.producers.get(("out", ref))) for ref in build.shape.waits(node.id).values]
    beside = [(ref, producer.output) for ref, producer in found if producer is not None and producer.dag is dag]
    return any(output is None or output != given or ref in used for ref, output in beside)


def _values(build: Builder, node: Each) -> Iterator[Value]:
    """What the nodes within a loop take."""
    for each in build.shape.inside(node.id):
        yield from inputs(each)
        yield from (source for output in outputs(each) for source in sources(output))


def _items(build: Builder, dag: DagDraft, node: Each, elements: Form, guard: bool, gate: bool) -> _LoopItems:
    """What gives the loop its list in `dag`; `gate`: and its length."""
    given = None if guard else _listed(build, dag, node, LISTS[elements], gate)
    if given is not None:
        return given
    value = node.items
    task, component = build.python_task(f"items-{node.id}")
    names = build.inputs(dag, task, component, [value])
    doc = expression(shielded(value), names.__getitem__)
    if not guard and isinstance(value, ListOf):
        read = component.value(doc)
    else:
        work = component.work(
            [
                CodeLine("items = ", doc),
                CodeLine("if not isinstance(items, list):"),
                CodeLine('raise TypeError(f"not a list: {items!r}")', depth=1),
                CodeLine("return items"),
            ]
        )
        if guard:
            build.guarded_waits(dag, task, component, node)
            read = build.attempt(component, work, component.outcomes())
        else:
            read = component.value(Atom(f"{flat(work)}()"))
    form = LISTS[elements]
    if guard:
        component.gives("Output", "outcome")
        component.gives("items", form, f'{read}.get("value", [])')
        component.gives("count", "int", f'len({read}.get("value", []))')
    else:
        component.gives("Output", form)
        if gate:
            component.gives("count", "int", f"len({read})")
    build.wait(dag, task, node)
    build.add(dag, task, TaskOrigin(node.id, "decide", "outcome" if guard else form))
    key = "items" if guard else "Output"
    return _LoopItems(TaskOutput(task.name, key), TaskOutput(task.name, "count"), task.name)


def _listed(build: Builder, dag: DagDraft, node: Each, form: Form, gate: bool) -> _LoopItems | None:
    """The list where something gives it as it is, and its length if asked for."""
    value = node.items
    if not build.types.is_list(value) or not isinstance(value, Out | ParamRef | Item):
        return None
    producer = build.producer(root(value))
    given = producer.give(value.path, form)
    if given is None:
        return None
    count = _count(build, producer.dag, given) if gate else None
    if gate and count is None:
        return None
    taken = build.take(dag, root(value), value.path, form)
    assert taken is not None and not isinstance(taken, Constant)
    return _LoopItems(taken, None if count is None else dag.pass_in(producer.dag, count, "int"))


def _count(build: Builder, dag: DagDraft, given: TaskInput) -> TaskOutput | None:
    """How many items a list has that a component gives: one more output of it."""
    component = build.components.get(given.task) if isinstance(given, TaskOutput) else None
    if not isinstance(given, TaskOutput) or not isinstance(component, ComponentDraft):
        return None
    key = "count" if given.key == "Output" else f"{given.key}_count"
    length = f"len({component.outputs[given.key].text()})"
    if key not in component.outputs:
        component.gives(key, "int", length)
    return TaskOutput(given.task, key) if component.outputs[key].text() == length else None


def _limit(build: Builder, node: Each) -> int | None:
    """How many instances may run at once. KFP bounds one loop at a time: in a nest with a bound anywhere, the
    outermost loop gets the smallest, and those within run one by one."""
    around = build.shape.loops(node.id)
    top = around[0] if around else node.id
    if top not in build.bounds:
        nest = [build.shape.nodes[top], *build.shape.inside(top)]
        bounds = [each.max_parallel for each in nest if isinstance(each, Each) and each.max_parallel is not None]
        build.bounds[top] = min(bounds, default=None)
    return 1 if around and build.bounds[top] is not None else build.bounds[top]


def _json_text(value: Any) -> str:
    return json.dumps(value).replace("{{", "{\\u007b")
