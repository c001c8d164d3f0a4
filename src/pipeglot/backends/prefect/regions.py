"""Regions: an If as Python's own `if`, and an Each in its three forms: mapped by stages, a loop that submits, a function
run for every item.

A region that is not entered gives the futures that stopped it for its values, and Prefect never runs what takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from pipeglot.core.dataclass import replace
from pipeglot.core.ir import AnyNode, Call, Collected, Const, Each, If, Item, Out, ParamRef
from pipeglot.core.shape import item_refs, out_refs, transparent

from . import plan
from .analysis import LoopForm
from .builder import Builder, Scope, decided
from .plan import Block, Expression, Given, TaskPlan, Variable

LowerBlock: TypeAlias = Callable[[Builder, Sequence[AnyNode], Scope], list[str]]
"""Adds the statements of a block of nodes; gives the runs that are still to be collected."""


def lower_if(build: Builder, node: If, scope: Scope, lower_block: LowerBlock) -> list[str]:
    """Adds the statements of an If; gives the runs that are still to be collected."""
    run_list = build.run_list(node.id, scope)
    decision, needed = build.decide(node, scope)
    merged = {m.id: build.name(m.id, m.id) for m in node.merged if m.id in build.analysis.taken}
    entered = _entered(build, node, scope, run_list)
    found: dict[str, list[Variable]] = {id: [] for id in merged}
    blocks: list[tuple[Expression | None, Block]] = []
    for number, arm in enumerate(node.arms):
        here = replace(entered, body=[], outs=entered.outs.new_child())
        test: Expression | None = None
        if arm.when is not None:
            test = decided(node, decision, number) if decision else build.expression(arm.when, here)
        runs = lower_block(build, arm.body, here)
        for m in node.merged:
            if name := merged.get(m.id):
                given = build.given(m.id, m.values[number], here, runs, number=number, variable=name)
                if not isinstance(given, Variable) or given.text != name:
                    here.add(plan.Assign(m.id, name, given))
                found[m.id].append(_variable(name, given))
        build.collect(node.id, here, runs)
        blocks.append((test, tuple(here.body)))
    stopped = (*merged.values(), *_listed(run_list)) if needed else ()
    scope.add(plan.Choose(node.id, needed, stopped, tuple(blocks)))
    for id, name in merged.items():
        kinds = {variable.kind for variable in found[id]}
        pending = bool(needed) or any(variable.pending for variable in found[id])
        scope.outs[id] = Variable(name, kinds.pop() if len(kinds) == 1 else "mixed", pending)
    return _listed(decision.text if decision else "", run_list)


def lower_each(build: Builder, node: Each, scope: Scope, lower_block: LowerBlock) -> list[str]:
    """Adds the statements of a loop; gives the runs that are still to be collected."""
    form = build.analysis.form(node)
    if build.analysis.submits_ahead(node):
        run_list = build.run_list(node.id, scope) if form == "loop" else ""
        inner = replace(scope, entry=build.needs(node, scope)).listing(run_list)
        made = _body(build, node, form, inner, _items(build, node, None, scope), lower_block)
        if form == "map":
            build.region_runs[node.id] = tuple(made)
        return [*made, *_listed(run_list)]
    run_list = build.run_list(node.id, scope)
    decision, needed = build.decide(node, scope)
    entered = _entered(build, node, scope, run_list)
    inner = replace(entered, outs=scope.outs.new_child(), body=[] if needed else scope.body)
    lists = {c.id: _list_name(build, node, c, form) for c in node.collected if c.id in build.analysis.taken}
    items = _items(build, node, decision, inner)
    made = _body(build, node, form, inner, items, lower_block)
    if needed or run_list:
        build.collect(node.id, inner, made)
        made = []
    if needed:
        stopped = (*lists.values(), *_listed(run_list))
        scope.add(plan.Choose(node.id, needed, stopped, ((None, tuple(inner.body)),)))
    for id in lists:
        scope.outs[id] = replace(inner.outs[id], pending=inner.outs[id].pending or bool(needed))
    return [*_listed(decision.text if decision else ""), *made, *_listed(run_list)]


def _entered(build: Builder, node: If | Each, scope: Scope, run_list: str) -> Scope:
    """The scope in a region."""
    completed = scope.completed.union(build.needs(node, scope))
    return replace(scope, completed=completed, entry=()).listing(run_list)


def _listed(*variables: str) -> list[str]:
    """The variables that there are."""
    return [variable for variable in variables if variable]


def _variable(name: str, given: Given) -> Variable:
    """A variable that is given a value."""
    return replace(given, text=name) if isinstance(given, Variable) else Variable(name)


def _collected(name: str, given: Given) -> Variable:
    """A list of what is given for every item."""
    one = _variable(name, given)
    return replace(one, kind="futures" if one.kind == "future" else "mixed")


def _list_name(build: Builder, node: Each, value: Collected, form: LoopForm) -> str:
    """The variable of a collected value; where a call is mapped, that of the call."""
    whole = value.value
    mapped = form == "map" and isinstance(whole, Out) and not whole.path
    if mapped and isinstance(whole, Out) and build.shape.loops(whole.ref)[-1:] == (node.id,):
        return build.name(whole.ref, whole.ref)
    return build.name(value.id, value.id)


def _items(build: Builder, node: Each, decision: Variable | None, scope: Scope) -> str:
    """The variable that has the items."""
    if decision is None and isinstance(node.items, Out | Item | ParamRef) and not node.items.path:
        variable = build.variable(node.items, scope)
        if variable.kind == "plain":
            return variable.text
    name = build.name(("items", node.id), f"{node.id}_items")
    value = decided(node, decision) if decision else build.expression(node.items, scope)
    scope.add(plan.Assign(node.id, name, value))
    return name


def _body(build: Builder, node: Each, form: LoopForm, scope: Scope, items: str, lower_block: LowerBlock) -> list[str]:
    """The body for all items; gives the runs that are still to be collected."""
    for child in build.shape.inside(node.id) if not scope.index else ():
        if child.id in build.analysis.shape.bounds:
            scope.add(plan.NewList(child.id, build.slots(child.id)))
    match form:
        case "map":
            return _map(build, node, scope, items)
        case "loop":
            _loop(build, node, scope, items, lower_block)
        case "threads":
            _threads(build, node, scope, items, lower_block)
    return []


def _map(build: Builder, node: Each, scope: Scope, items: str) -> list[str]:
    """Stage by stage: every call of the body mapped over the items."""
    made: list[str] = []
    mapped: set[str] = set()
    inner = replace(scope, items=scope.items.new_child({node.id: Variable(items)}))

    def stage(name: str, task: TaskPlan, waits: tuple[str, ...]) -> Variable:
        """A task mapped over the items, or over what an earlier stage gave for them."""
        arguments: list[tuple[Variable, bool]] = []
        for _, ref in task.takes:
            assert not isinstance(ref, Const), "tasks in loops take references only"
            own = (isinstance(ref, Out) and ref.ref in mapped) or (isinstance(ref, Item) and ref.loop == node.id)
            arguments.append((build.variable(ref, inner), own))
        scope.add(plan.SubmitMapped(task.origin, name, task, tuple(arguments), items, scope.index, waits))
        made.append(name)
        return Variable(name, "futures", pending=True)

    for child in build.analysis.ordered(list(transparent(node.body)), scope.completed):
        assert isinstance(child, Call)
        task = build.definitions.call(child, looped=True)
        name = build.name(child.id, child.id)
        scope.outs[child.id] = stage(name, task, build.waits_beside(child, task, inner))
        mapped.add(child.id)
    for c in node.collected:
        if c.id not in build.analysis.taken:
            continue
        name = _list_name(build, node, c, "map")
        if isinstance(c.value, Out) and not c.value.path and c.value.ref in mapped:
            scope.outs[c.id] = scope.outs[c.value.ref]
        elif mapped & set(out_refs(c.value)) or item_refs(c.value) or not build.analysis.types.cannot_fail(c.value):
            task = build.definitions.form(c.id, c.value, looped=True)
            scope.outs[c.id] = stage(name, task, build.pending(scope.entry, scope))
        else:
            value = build.value(c.id, c.value, inner)
            repeated = build.form("", value, inner) if isinstance(value, TaskPlan) else value
            scope.add(plan.Assign(c.id, name, repeated, items))
            pending = isinstance(repeated, plan.Submit) or (isinstance(repeated, Variable) and repeated.pending)
            scope.outs[c.id] = Variable(name, "mixed", pending)
    return made


def _instance(build: Builder, node: Each, scope: Scope) -> tuple[Scope, str, str]:
    """The scope of one instance of a loop's body, and the variables of its position and its item."""
    index, item = build.name(("index", node.id), "index"), build.name(("item", node.id), "item")
    items = scope.items.new_child({node.id: Variable(item)})
    inner = replace(scope, body=[], outs=scope.outs.new_child(), items=items, index=(*scope.index, index))
    return inner, index, item


def _loop(build: Builder, node: Each, scope: Scope, items: str, lower_block: LowerBlock) -> None:
    """A loop that submits the body item by item and never waits."""
    lists = {c.id: build.name(c.id, c.id) for c in node.collected if c.id in build.analysis.taken}
    scope.add(*(plan.NewList(id, name, annotated=False) for id, name in lists.items()))
    inner, index, item = _instance(build, node, scope)
    made = lower_block(build, node.body, inner)
    for c in node.collected:
        if c.id in lists:
            given = build.given(c.id, c.value, inner, made)
            inner.add(plan.Append(c.id, lists[c.id], given))
            scope.outs[c.id] = _collected(lists[c.id], given)
    build.collect(node.id, inner, made)
    used = node.id in build.analysis.items_used
    scope.add(plan.ForItems(node.id, index, item if used else "", items, tuple(inner.body)))


def _threads(build: Builder, node: Each, scope: Scope, items: str, lower_block: LowerBlock) -> None:
    """A function for one item, run for all items at once: each may wait for what it needs."""
    function = build.name(("each", node.id), f"{node.id}_item")
    inner, index, item = _instance(build, node, scope)
    inner = replace(inner, own=False, threaded=True)
    made = lower_block(build, node.body, inner)
    results: list[tuple[str, Given]] = []
    for c in node.collected:
        if c.id in build.analysis.taken:
            given = build.given(c.id, c.value, inner, made)
            name = build.name(c.id, c.id)
            results.append((name, given))
            scope.outs[c.id] = _collected(name, given)
    build.collect(node.id, inner, made)
    gathered = build.name(("results", node.id), f"{node.id}_results") if len(results) > 1 else ""
    scope.add(plan.ForItemsAtOnce(node.id, function, index, item, items, tuple(inner.body), tuple(results), gathered))
