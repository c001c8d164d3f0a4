"""What a flow is built with: names for its variables, what is in scope, and what has to be waited for."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Sequence

from pipeglot.codegen.expressions import Root
from pipeglot.codegen.names import Names
from pipeglot.codegen.python import roots
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.ir import AnyNode, Call, Compare, Const, Ctx, Each, If, Item, Out, ParamRef, Value
from pipeglot.core.shape import out_refs, unique

from . import plan
from .analysis import Analysis
from .definitions import Definitions, is_whole
from .plan import Expression, Given, TaskPlan, Variable

RUNS = "runs"
"""The list of everything that was started."""


@dataclass(frozen=True)
class Scope:
    """Where statements are added.

    Attributes:
        body: the statements of this block so far.
        outs, items: the variables in scope, of ids and of the items of loops.
        completed: ids that have completed whenever this block is reached.
        entry: ids that a call must wait for when it waits for nothing else in its block.
        run_list: the list that every run is put into; `own` when it belongs to the function written here.
        index: the position variables of the loops around.
        threaded: whether other threads write at the same time.
    """

    body: list[plan.Statement] = field(default_factory=list)
    outs: ChainMap[str, Variable] = field(default_factory=ChainMap)
    items: ChainMap[str, Variable] = field(default_factory=ChainMap)
    completed: frozenset[str] = frozenset()
    entry: tuple[str, ...] = ()
    run_list: str = RUNS
    own: bool = True
    index: tuple[str, ...] = ()
    threaded: bool = False

    def add(self, *statements: plan.Statement) -> None:
        self.body.extend(statements)

    def listing(self, run_list: str) -> Scope:
        """The same with a list of its own for runs, if there is one."""
        return replace(self, run_list=run_list, own=True) if run_list else self


class Builder:
    """Makes the parts of a flow and remembers what they are called.

    Attributes:
        name: gives variables their names.
        context: the variables of the facts of a run.
        listed: whether runs have been put into the list of everything.
        locked: whether threads share the slots of a call.
        region_runs: the variables that have the runs of a region.
    """

    def __init__(self, analysis: Analysis, definitions: Definitions, name: Names) -> None:
        self.analysis, self.shape, self.definitions, self.name = analysis, analysis.shape, definitions, name
        self.context = {fact: self.name(("context", fact), fact) for fact in ("logical_date", "day", "run_id")}
        self.listed = self.locked = False
        self.region_runs: dict[str, tuple[str, ...]] = {}

    # ------------------------------------------------------------ variables

    def variable(self, ref: Root, scope: Scope) -> Variable:
        match ref:
            case Out():
                return scope.outs[ref.ref]
            case Item():
                return scope.items[ref.loop]
            case ParamRef():
                return Variable(ref.name)
            case Ctx(name="state"):
                return Variable('"failed" if failed else "succeeded"')
            case Ctx():
                return Variable(self.context[ref.name])
            case _:
                assert_never(ref)

    def expression(self, value: Value, scope: Scope) -> Expression:
        return Expression(value, {ref: self.variable(ref, scope) for ref in roots([value])})

    def run_list(self, id: str, scope: Scope) -> str:
        """A list for the region's own runs, if something comes after the region."""
        if id not in self.analysis.shape.awaited:
            return ""
        name = self.name(("runs", id), f"{id}_runs")
        scope.add(plan.NewList(id, name))
        self.region_runs[id] = (name,)
        return name

    def slots(self, id: str) -> str:
        """The list of the runs so far of a call that may not run at once in any number."""
        return self.name(("slots", id), f"{id}_runs")

    def collect(self, origin: str, scope: Scope, runs: Sequence[str]) -> None:
        """Put runs into the list that is waited for."""
        if runs:
            self.listed = self.listed or scope.run_list == RUNS
            scope.add(plan.Collect(origin, scope.run_list, unique(runs), scope.own))

    # ------------------------------------------------------------ what is waited for

    def pending(self, refs: Iterable[str], scope: Scope) -> tuple[str, ...]:
        """The variables behind ids that may not have completed: what to wait for."""
        found: list[str] = []
        for ref in refs:
            if ref in scope.completed:
                continue
            if ref in self.region_runs:
                found += self.region_runs[ref]
            elif ref in scope.outs and scope.outs[ref].pending:
                found.append(scope.outs[ref].text)
        return unique(found)

    def entry(self, node: AnyNode, scope: Scope) -> tuple[str, ...]:
        """What a node must wait for only because its loop has to be entered first: who waits for a run of that
        loop waits for it already, but a region may leave none."""
        waited = any(self.analysis.has_runs(ref) for ref in self.shape.upstream(node.id))
        return () if waited else scope.entry

    def needs(self, node: AnyNode, scope: Scope) -> tuple[str, ...]:
        """All that has completed once a node is run or entered."""
        waits = self.shape.waits(node.id)
        return unique([*waits.values, *waits.after, *self.entry(node, scope)])

    def waits_beside(self, node: AnyNode, task: TaskPlan, scope: Scope) -> tuple[str, ...]:
        """What the task of a node waits for beyond what it takes."""
        taken = frozenset(task.refs)
        return self.pending([ref for ref in self.needs(node, scope) if ref not in taken], scope)

    # ------------------------------------------------------------ runs

    def submit(self, variable: str, task: TaskPlan, scope: Scope, waits: tuple[str, ...] = ()) -> plan.Submit:
        """A run of a task."""
        arguments = [value if isinstance(value, Const) else self.variable(value, scope) for _, value in task.takes]
        return plan.Submit(task.origin, variable, task, tuple(arguments), scope.index, waits)

    def call(self, node: Call, scope: Scope) -> str:
        """Submit a call; gives the variable of its run."""
        task = self.definitions.call(node, looped=bool(scope.index))
        name = self.name(node.id, node.id)
        submit = self.submit(name, task, scope, self.waits_beside(node, task, scope))
        if node.id in self.analysis.shape.bounds:
            bound, loop = self.analysis.shape.bounds[node.id]
            self.locked = self.locked or scope.threaded
            submit = replace(submit, slots=plan.Slots(loop, self.slots(node.id), bound, scope.threaded))
        scope.add(submit)
        if node.policy.on_failure is not None:
            waits, default = self.pending(self.needs(node, scope), scope), node.policy.on_failure.default
            scope.add(plan.SubmitDefault(node.id, name, self.definitions.or_default(), default, waits))
        scope.outs[node.id] = Variable(name, "future", pending=True)
        return name

    def decide(self, node: If | Each, scope: Scope) -> tuple[Variable | None, tuple[str, ...]]:
        """How a region is decided: the run of the task that does it, if one is needed, and what to wait for."""
        if self.analysis.types.is_decided(node):
            return None, self.pending(self.needs(node, scope), scope)
        task = self.definitions.decide(node, looped=bool(scope.index))
        waits = self.waits_beside(node, task, scope)
        name = self.name(("decide", node.id), node.id)
        scope.add(self.submit(name, task, scope, waits))
        return Variable(name, "future", pending=True), (name,)

    # ------------------------------------------------------------ values that leave a region

    def value(self, id: str, value: Value, scope: Scope, number: int = 0) -> Given | TaskPlan:
        """A merged (by arm `number`) or collected value where it is made, or the task that has to form it."""
        if isinstance(value, Ctx | Out | Item | ParamRef) and is_whole(value):
            return self.variable(value, scope)
        taken = [scope.outs[ref] for ref in out_refs(value)]
        if self.analysis.types.cannot_fail(value) and all(one.kind == "plain" and not one.pending for one in taken):
            return self.expression(value, scope)
        return self.definitions.form(id, value, number, looped=bool(scope.index))

    def form(self, variable: str, task: TaskPlan, scope: Scope) -> plan.Submit:
        """The run that forms a value."""
        return self.submit(variable, task, scope, self.pending(scope.entry, scope))

    def given(
        self, id: str, value: Value, scope: Scope, made: list[str], *, number: int = 0, variable: str = ""
    ) -> Given:
        """The same; what a task has to form is a run of it, in that variable or one of its own."""
        found = self.value(id, value, scope, number)
        if not isinstance(found, TaskPlan):
            return found
        name = variable or self.name(("one", id), "value")
        scope.add(self.form(name, found, scope))
        made.append(name)
        return Variable(name, "future", pending=True)


def decided(node: If | Each, run: Variable, arm: int | None = None) -> Expression:
    """What the task that decides a region gave: the items of an Each, or whether it chose that arm of an If."""
    given = Out(ref=node.id)
    return Expression(given if arm is None else Compare(op="==", left=given, right=Const(value=arm)), {given: run})
