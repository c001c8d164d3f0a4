"""An Each as a task with an iterator.

What a loop gave when it had no items is nothing, on a cluster, and what takes it fails. So where something takes it
and there may be no items, the loop stands in the arm of a choice by the number of items; the other gives empty lists.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeglot.codegen.pysource import Atom, call, expression, flat, identifier, literal, root, statement
from pipeglot.codegen.python import roots
from pipeglot.core.ir import Call, Collected, Const, Ctx, Each, Item, ListOf, Out, ParamRef
from pipeglot.core.shape import inputs, out_refs, outputs, sources, transparent

from .branches import choice, read
from .guard import close, report
from .parts import Meaning, Producer, input_name, json_text, shielded
from .spec import Dag, Given, Program, Task, constant, incoming, outgoing
from .types import LISTS, SCALARS, Form

if TYPE_CHECKING:
    from .lower import Lowering


def loop(low: Lowering, dag: Dag, node: Each, guard: bool) -> None:
    """Lower an Each; `guard`: it stands in a guarded region."""
    collected = [c for c in node.collected if c.id in low.fate.used]
    calls = any(isinstance(each, Call) for each in low.shape.inside(node.id))
    inner = guard or low.fate.guarded(node)
    static = node.items.value if isinstance(node.items, Const) and isinstance(node.items.value, list) else None
    if isinstance(node.items, Out) and not node.items.path and _port(low.producer(node.items)) is None:
        given_ = low.producer(node.items).give((), "texts") if low.producer(node.items).form == "texts" else None
        static = [] if given_ == constant([]) else static
    if guard and low.waits_guarded(dag, node):
        static = None  # whether the loop is entered is known in the run
    if static == []:
        _empty(low, dag, node, collected)
        return
    if not calls and not collected and low.types.is_decided(node) and not guard:
        low.nothing(node)
        return
    elements = _elements(low, node)
    some = isinstance(node.items, ListOf) and bool(node.items.items) and not guard
    gate = static is None and not some and (bool(collected) or inner)
    given, count, formed = (None, None, None) if static is not None else _items(low, dag, node, elements, guard, gate)
    if not calls and not collected and not guard:
        low.ends[node.id] = [(dag, formed)] if formed else []
        return
    name, apart = low.name(node.id), low.apart(dag, node)
    place, outer, arms = dag, None, []
    if gate:
        assert count is not None

        def test(inside: Dag, number: int) -> str | None:
            return f"int({read(low, inside, dag, count, 'int')}) > 0" if number == 0 else None

        host = Dag(name, choice=True)
        outer = low.region(dag, node, host, apart)
        arms = choice(low, host, node.id, [low.names(f"{node.id}-some"), low.names(f"{node.id}-none")], test)
        assert isinstance(arms[0].runs, Dag)
        place = arms[0].runs
    if gate or inner or apart or _captured(low, dag, node, given):
        own = low.names(f"{node.id}-loop") if gate else name
        task = low.helper(place, Task(own, node.id, Dag(own)), node.id)
        outer = outer or task
        if outer is task:
            low.wait(dag, task, node)
        assert isinstance(task.runs, Dag)
        place = task.runs
    loop_name = name if outer is None else low.names(f"for-{node.id}")
    body = Dag(loop_name)
    each = low.helper(place, Task(loop_name, node.id if outer is None else loop_name, body), node.id)
    each.limit = _limit(low, node)
    each.item = f"pipelinechannel--{loop_name}-item"
    body.inputs[each.item] = elements
    if static is not None:
        each.items = {"raw": json.dumps([json_text(value) for value in static] if elements == "json" else static)}
    else:
        assert given is not None
        taken = input_name(given)
        each.inputs[taken] = place.pass_in(dag, given, taken, LISTS[elements])
        body.inputs[taken], body.items = LISTS[elements], taken
        each.items = {"inputParameter": taken}
    if outer is None:
        low.wait(dag, each, node)
    current = incoming(each.item)
    low.produce("item", node.id, Producer(body, elements, lambda p, f: current if (p, f) == ((), elements) else None))
    low.block(body, node.body, inner)
    low.ends[node.id] = [(dag, name)]
    if inner:
        report(low, body, transparent(node.body))
    ends = [_leave(low, body, place, each, node, c, inner) for c in collected]
    if inner:
        ends.append(("report", "outcome", _gather(low, place, each, "report", node)))
    if not body.tasks:
        low.idle(body, node.id)
    if place is not dag:
        place.outputs = {key: (form, [source]) for key, form, source in ends}
    if gate:
        _hand_on(low, dag, node, arms, place, inner, formed if guard else None)
    producer = outer.name if outer else loop_name
    for (key, form, _), c in zip(ends, collected, strict=False):
        low.ends[c.id] = low.ends[node.id]
        low.produce("out", c.id, _whole(dag, form, outgoing(producer, key), guard))
    if inner:
        close(low, dag, node, producer, collected, guard)


def _whole(dag: Dag, form: Form, given: Given, guarded: bool) -> Producer:
    """A producer of one value, whole and in one form."""
    return Producer(dag, form, lambda p, f: given if (p, f) == ((), form) else None, guarded)


def _elements(low: Lowering, node: Each) -> Form:
    """The form in which one item crosses."""
    listed = low.types.form(node.items)
    for element, form in LISTS.items():
        if form == listed:
            declared = low.types.form(Item(loop=node.id))
            text = isinstance(node.items, Const) and "{{" in json.dumps(node.items.value)
            return "json" if text or declared != element else element
    return "json"


def _captured(low: Lowering, dag: Dag, node: Each, given: Given | None) -> bool:
    """Whether the loop takes what tasks beside it give, but for a whole list to run over: kfp.local would hand its
    body the item instead, unless the loop has a DAG of its own."""
    if given is not None and given.get("taskOutputParameter", {}).get("outputParameterKey", "Output") != "Output":
        return True
    taken = [*low.shape.waits(node.id).values]
    inside = [node, *low.shape.inside(node.id)]
    values = [v for each in inside for v in (*inputs(each), *(s for o in outputs(each) for s in sources(o)))]
    if any(isinstance(ref, Ctx) for ref in roots(values)):
        return True
    source = (given or {}).get("taskOutputParameter", {}).get("producerTask")
    for ref in taken:
        producer = low.producers.get(("out", ref))
        if producer is not None and producer.dag is dag and (source, "Output") != _port(producer):
            return True
        if producer is not None and producer.dag is dag and _used_in_body(low, node, ref):
            return True
    return False


def _port(producer: Any) -> tuple[str, str] | None:
    given = producer.give((), producer.form) or {}
    port = given.get("taskOutputParameter")
    return (port["producerTask"], port["outputParameterKey"]) if port else None


def _used_in_body(low: Lowering, node: Each, ref: str) -> bool:
    inside = list(low.shape.inside(node.id))
    values = [v for each in inside for v in (*inputs(each), *(s for o in outputs(each) for s in sources(o)))]
    values += [c.value for c in node.collected]
    return ref in out_refs(*values)


def _items(
    low: Lowering, dag: Dag, node: Each, elements: Form, guard: bool, gate: bool
) -> tuple[Given, Given | None, str | None]:
    """What gives the loop its list, in `dag`; how many items it has; and the task that formed it, where one had to."""
    form, value = LISTS[elements], node.items
    if not guard and low.types.is_list(value) and isinstance(value, Out | ParamRef | Item):
        producer = low.producer(root(value))
        given = producer.give(value.path, form)
        counted = _count(low, producer.dag, given) if given is not None and gate else None
        if given is not None and (counted is not None or not gate):
            taken = low.take(dag, root(value), value.path, form)
            assert taken is not None
            if counted is not None:
                counted = dag.pass_in(producer.dag, counted, input_name(counted), "int")
            return taken, counted, None
    name = low.names(f"items-{node.id}")
    writing = low.writing(name, f"items_{node.id}")
    task = Task(name, name, writing.program)
    names = low.inputs(dag, task, writing, [value])
    doc = expression(shielded(value), names)
    if not guard and isinstance(value, ListOf):
        writing.value(doc)
    else:
        work = writing.work(
            [
                statement("items = ", doc, indent=8),
                "        if not isinstance(items, list):",
                '            raise TypeError(f"not a list: {items!r}")',
                "        return items",
            ]
        )
        writing.value(Atom(f"{flat(work)}()"))
    if guard:
        low.guarded_waits(dag, task, writing, node)
        low.outcome(writing, work)
        writing.gives("items", form, '{}.get("value", [])')
        writing.gives("count", "int", 'len({}.get("value", []))')
    else:
        writing.gives("Output", form)
        if gate:
            writing.gives("count", "int", "len({})")
    low.wait(dag, task, node)
    low.add(dag, task, Meaning(node.id, "decide", "outcome" if guard else form))
    return outgoing(name, "items" if guard else "Output"), outgoing(name, "count"), name


def _count(low: Lowering, dag: Dag, given: Given) -> Given | None:
    """How many items a list has that a component gives: one more output of it."""
    port = given.get("taskOutputParameter")
    if port is None:
        return None
    task, key = port["producerTask"], port["outputParameterKey"]
    if not isinstance(dag.tasks[task].runs, Program):
        return None
    own = "count" if key == "Output" else f"{key}_count"
    writing = low.writings[task]
    if own in writing.program.outputs and writing.program.results[own] != f"len({writing.program.results[key]})":
        return None
    if own not in writing.program.outputs:
        writing.gives(own, "int", f"len({writing.program.results[key]})")
    return outgoing(task, own)


def _leave(
    low: Lowering, body: Dag, place: Dag, each: Task, node: Each, collected: Collected, inner: bool
) -> tuple[str, Form, tuple[str, str]]:
    """A value that leaves an Each, what its instances gave, as a list: its key, form and source."""
    key = identifier(collected.id)
    known = low.types.form(collected.value)
    one: Form = "outcome" if inner else known if known in SCALARS.values() else "json"
    body.outputs[key] = (one, [low.leave(body, collected.value, one, node.id)])
    if inner:
        return key, "outcome", _gather(low, place, each, key, node)
    return key, LISTS[one], (each.name, key)


def _gather(low: Lowering, place: Dag, each: Task, key: str, node: Each) -> tuple[str, str]:
    """The outcomes of a loop's instances as one."""
    name = low.names(f"{node.id}-{key}-gather")
    writing = low.writing(name, f"{node.id}_{key}_gather")
    task = Task(name, name, writing.program)
    task.inputs[writing.parameter("outcomes", "outcomes", "strs")] = outgoing(each.name, key)
    writing.value(call(writing.use("ended" if key == "report" else "gathered"), Atom("outcomes")))
    writing.gives("Output", "outcome")
    low.helper(place, task)
    return name, "Output"


def _hand_on(
    low: Lowering, dag: Dag, node: Each, arms: Sequence[Task], place: Dag, inner: bool, decided: str | None
) -> None:
    """What leaves the choice: what the loop gave, or empty lists."""
    some, none = arms
    assert isinstance(some.runs, Dag) and isinstance(none.runs, Dag) and place.task is not None
    host = some.runs.parent
    assert host is not None
    name = low.names(f"{node.id}-empty")
    writing = low.writing(name, f"{node.id}_empty")
    task = Task(name, name, writing.program)
    if decided is not None:
        parameter = writing.parameter("decided", "decided", "outcome")
        given = outgoing(decided, "Output")
        task.inputs[parameter] = none.runs.pass_in(dag, given, f"pipelinechannel--{decided}-Output", "outcome")
        writing.value(call(writing.use("ended"), [Atom(parameter)]))
        writing.gives("report", "outcome")
        writing.gives("Output", "outcome", '({} and ({"value": []} if "value" in {} else {}))')
    elif inner:
        writing.value(literal({"value": []}))
        writing.gives("Output", "outcome")
    else:
        writing.value(literal([]))
        for number, form in enumerate(dict.fromkeys(form for form, _ in place.outputs.values())):
            writing.gives("Output" if number == 0 else f"no_{form}", form)
            writing.program.results["Output" if number == 0 else f"no_{form}"] = "{}"
    low.helper(none.runs, task)
    for key, (form, _) in place.outputs.items():
        some.runs.outputs[key] = (form, [(place.task.name, key)])
        port = "report" if key == "report" and "report" in writing.program.outputs else "Output"
        port = port if writing.program.outputs[port] == form else f"no_{form}"
        none.runs.outputs[key] = (form, [(name, port)])
        host.output(key, form, [(some.name, key), (none.name, key)])


def _empty(low: Lowering, dag: Dag, node: Each, collected: Sequence[Collected]) -> None:
    """An Each over no items at all leaves no task."""
    low.nothing(node)
    for c in collected:
        low.produce("out", c.id, Producer(dag, "texts", lambda p, f: constant([])))
        low.ends[c.id] = low.ends[node.id]


def _limit(low: Lowering, node: Each) -> int | None:
    """How many instances may run at once. KFP bounds one loop at a time: in a nest with a bound anywhere, the
    outermost loop gets the smallest, and those within run one by one."""
    top = low.shape.loops(node.id)
    nest = low.shape.nodes[top[0]] if top else node
    inside = [nest, *low.shape.inside(nest.id)]
    bounds = [each.max_parallel for each in inside if isinstance(each, Each) and each.max_parallel is not None]
    if not bounds:
        return None
    return 1 if top else min(bounds)
