"""The task definitions of a flow: one for every call, and a few that decide, form a value or give a default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeglot.codegen.expressions import Root, argument_names, suggested
from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import flat, literal
from pipeglot.codegen.python import roots
from pipeglot.core.ir import Call, Const, Ctx, Each, If, Imported, Inlined, Item, Out, ParamRef, Step, Value
from pipeglot.core.shape import sources

from .analysis import Analysis
from .module import RESERVED_PARAMETERS, PrefectModule
from .naming import Naming
from .plan import Form, TaskPlan


class Definitions:
    """Makes task definitions, and keeps them in the order in which they are asked for.

    All names are given in the beginning: those of calls do not depend on which helpers are needed.
    """

    def __init__(self, analysis: Analysis, module: PrefectModule, naming: Naming) -> None:
        self._analysis, self._module = analysis, module
        self._default_label = naming.or_default
        self.made: dict[str, TaskPlan] = {}
        for node in analysis.shape.nodes.values():
            if isinstance(node, Call):
                self._call_name(node)
            elif isinstance(node, If | Each) and not analysis.types.is_decided(node):
                self._decide_name(node)
        for id, value in analysis.shape.values.items():
            for number, source in enumerate(sources(value)):
                if not is_whole(source):
                    self._form_name(id, number)
        if analysis.pipeline.final is not None:
            self._call_name(analysis.pipeline.final.call)
        module.name("or_default", "or_default")

    def _call_name(self, node: Call) -> str:
        return self._module.name(("call", node.id), f"{identifier(node.id)}_task")

    def _decide_name(self, node: If | Each) -> str:
        what = "arm" if isinstance(node, If) else "items"
        return self._module.name(("decide", node.id), f"{identifier(node.id)}_{what}")

    def _form_name(self, id: str, number: int) -> str:
        return self._module.name(("pick", id, number), f"{identifier(id)}_value")

    def _add(self, task: TaskPlan) -> TaskPlan:
        return self.made.setdefault(task.name, task)

    def call(self, node: Call, *, looped: bool) -> TaskPlan:
        """The task of a call."""
        step = self._analysis.steps[node.step]
        if not looped and isinstance(step.run, Imported | Inlined) and _fits(step, node):
            takes = tuple((parameter.name, _bare(node.args[parameter.name])) for parameter in step.parameters)
            return self._add(TaskPlan(node.id, self._call_name(node), node.id, node, takes, direct=True))
        takes = self._parameters(node.args.values(), node.args)
        return self._add(TaskPlan(node.id, self._call_name(node), node.id, node, takes, looped))

    def decide(self, node: If | Each, *, looped: bool) -> TaskPlan:
        """The task that finds out which arm of an If is taken, or what the items of an Each are."""
        conditions = [node.items] if isinstance(node, Each) else [a.when for a in node.arms if a.when is not None]
        takes = self._parameters(conditions)
        return self._add(TaskPlan(node.id, self._decide_name(node), node.id, node, takes, looped))

    def form(self, id: str, value: Value, number: int = 0, *, looped: bool) -> TaskPlan:
        """The task that forms a merged (by arm `number`) or collected value."""
        takes = self._parameters([value])
        return self._add(TaskPlan(id, self._form_name(id, number), id, Form(value), takes, looped))

    def or_default(self) -> TaskPlan:
        """The task that stands behind a call whose failure is tolerated."""
        name = self._module.name("or_default", "or_default")
        return self._add(TaskPlan("", name, self._default_label, None))

    def _parameters(
        self, values: Iterable[Value], args: Mapping[str, Value] | None = None
    ) -> tuple[tuple[str, Root], ...]:
        """A parameter for each root: named like the argument it is given for, else like what it refers to."""
        names = self._module.parameters()
        wanted = argument_names(args or {})
        return tuple((names(ref, wanted.get(ref) or suggested(ref)), ref) for ref in roots(values))


def _bare(value: Value) -> Root | Const:
    assert isinstance(value, Out | Item | ParamRef | Ctx | Const)
    return value


def _fits(step: Step, node: Call) -> bool:
    """Whether a call gives every parameter of its step one whole value: Prefect can call the function itself.

    A default of the function would be filled in by Prefect, before the value is read as JSON.
    """
    names = [parameter.name for parameter in step.parameters]
    if set(names) != set(node.args) or RESERVED_PARAMETERS.intersection(names):
        return False
    return all(is_whole(value) and _is_small(value) for value in node.args.values())


def _is_small(value: Value) -> bool:
    """Whether a constant may stand in the flow: text, numbers and the like that fit a line."""
    if not isinstance(value, Const):
        return True
    return not isinstance(value.value, list | dict) and len(flat(literal(value.value))) <= 40


def is_whole(value: Value) -> bool:
    """Whether a value is a reference without a path, or a constant: nothing has to be formed."""
    return isinstance(value, Ctx | Const) or (isinstance(value, Out | Item | ParamRef) and not value.path)
