"""What the lowering of one pipeline has made so far: ids, components, where values come from and where nodes end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from pipeglot.codegen.expressions import Root, expression, root, suggested
from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import Atom, Doc, call, flat, literal, spelled
from pipeglot.codegen.python import roots
from pipeglot.core.compat import assert_never
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Compare,
    Const,
    Ctx,
    DictOf,
    Each,
    If,
    IsIn,
    Item,
    ListOf,
    Not,
    Out,
    ParamRef,
    Pipeline,
    Policy,
    Step,
    Text,
    Value,
)
from pipeglot.core.shape import Shape

from .author import AuthorFile
from .components import Components
from .drafts import ComponentDraft, DagDraft, TaskDraft
from .guard_analysis import GuardAnalysis
from .naming import TaskNames
from .plan import CodeLine, Constant, ContainerComponent, KfpPlan, TaskInput, TaskOrigin, TaskOutput
from .producers import Path, Producer, key_of
from .types import Form, FormTypes

_SHIELD = "text: "
"""Starts the name of a parameter that stands for a constant text: one that KFP would find a placeholder in, inside
the braces of an f-string."""


_SPELLS = {"waits": "Retry.count Retry.delay Retry.backoff Retry.max_delay", "value": "Policy.on_failure"}
"""The attributes that the arguments of an attempt spell."""


class Builder:
    """Makes one plan. `lower` has what lowers each kind of node, in a DAG, in a guarded region or not; `for_dsl`: so that
    KFP's DSL can say it, which takes some more tasks."""

    def __init__(self, pipeline: Pipeline, lower: Mapping[type, Lower], for_dsl: bool) -> None:
        self.pipeline, self.for_dsl, self._lower = pipeline, for_dsl, lower
        self.shape = Shape(pipeline)
        self.types = FormTypes(self.shape)
        self.guards = GuardAnalysis(self.shape, self.types)
        self.author = AuthorFile(pipeline)
        self.diagnostics: list[Diagnostic] = [*self.author.diagnostics]
        self.steps = {step.name: step for step in pipeline.steps}
        self.names = TaskNames()
        self.root = self.top = DagDraft("root")
        self.params: dict[str, dict[str, Any]] = {}
        self.tick: str | None = None
        self.components: dict[str, ComponentDraft | ContainerComponent] = {}
        self.origins: dict[str, TaskOrigin] = {}
        self.ends: dict[str, list[tuple[DagDraft, str]]] = {}
        self.producers: dict[tuple[str, str], Producer] = {}
        self.bounds: dict[str, int | None] = {}
        self._names: dict[str, str] = {}
        regions = [node for node in self.shape.nodes.values() if isinstance(node, If | Each)]
        self.awaited = self._awaited(regions)
        self._nested = any(node.id in self.awaited or self.shape.frames[node.id] for node in regions)

    def _awaited(self, regions: Iterable[If | Each]) -> set[str]:
        """The regions and calls whose end something waits for."""
        found = set(self.shape.awaited)
        if self.for_dsl:
            # A region waits for what its values come from, even if only a task before it takes them.
            taken = {ref for node in regions for ref in self.shape.waits(node.id).values}
            found |= {self.shape.owner.get(ref, ref) for ref in taken}
        return found

    def plan(self) -> KfpPlan:
        """The plan of what there is now."""
        components = Components(task.name for _, task in self.root.walk() if isinstance(task.runs, DagDraft))
        for task, made in self.components.items():
            components.add(task, made.built() if isinstance(made, ComponentDraft) else made)
        return KfpPlan(
            pipeline=self.pipeline,
            author=self.author,
            root=self.root.built(components),
            params=self.params,
            components=components.made,
            origins=self.origins,
            tick=self.tick,
            diagnostics=tuple(dict.fromkeys(self.diagnostics)),
        )

    # ------------------------------------------------------------ tasks and components

    def name(self, id: str) -> str:
        """The task that stands for a node."""
        if id not in self._names:
            self._names[id] = self.names(id)
        return self._names[id]

    def component(self, task: str, function: str, step: Step | None = None) -> ComponentDraft:
        """The Python component of a task."""
        name = identifier(function)
        while name in self.author.taken:
            name += "_component"
        made = self.components[task] = ComponentDraft(self.author, name, step)
        return made

    def python_task(self, label: str, function: str = "") -> tuple[TaskDraft, ComponentDraft]:
        """A task of our own with its component."""
        name = self.names(label)
        component = self.component(name, function or label)
        return TaskDraft(name, name, component), component

    def add(self, dag: DagDraft, task: TaskDraft, origin: TaskOrigin) -> TaskDraft:
        """Add a task, and what it stands for."""
        self.origins[task.name] = origin
        return dag.add(task)

    def helper(self, dag: DagDraft, task: TaskDraft, node: str = "") -> TaskDraft:
        """Add a task that stands for nothing of the language."""
        return self.add(dag, task, TaskOrigin(node, "helper"))

    def idle(self, dag: DagDraft, owner: str) -> None:
        """A DAG needs a task."""
        task, component = self.python_task(f"{owner}-nothing")
        component.value(Atom("None"))
        self.helper(dag, task)

    def attempt(
        self, component: ComponentDraft, work: Doc, upstream: list[Doc] | None = None, policy: Policy | None = None
    ) -> str:
        """The value is an outcome: of work, tried as the policy says once what it needs has a value."""
        given: dict[str, Any] = {}
        if policy is not None and policy.retry is not None:
            given["waits"] = policy.retry.waits()
        if upstream is not None:
            given["upstream"] = upstream
        if policy is not None and policy.on_failure is not None:
            given["value"] = policy.on_failure.default
        made = spelled(call(component.use("attempt"), work, **given), _SPELLS)
        return component.value(made, "outcome")

    # ------------------------------------------------------------ values

    def producer(self, value: Root) -> Producer:
        """Where a reference's value comes from."""
        return self.producers[key_of(value)]

    def take(self, dag: DagDraft, value: Root, path: Path, form: Form) -> TaskInput | None:
        """What gives a task in `dag` a facet of a reference; None when its producer cannot."""
        producer = self.producer(value)
        given = producer.give(path, form)
        if given is None or isinstance(given, Constant):
            return given
        return dag.pass_in(producer.dag, given, form)

    def leave(self, dag: DagDraft, value: Value, form: Form, owner: str) -> TaskOutput:
        """The task of `dag` and its output that has a value."""
        if isinstance(value, Out):
            given = self.take(dag, root(value), value.path, form)
            if isinstance(given, TaskOutput):
                runs = dag.tasks[given.task].runs
                # The DSL has no value that is one of several of which one is one of several, nor a list of those.
                if not (self.for_dsl and isinstance(runs, DagDraft) and runs.special):
                    return given
        return self._formed(dag, value, form, owner)

    def _formed(self, dag: DagDraft, value: Value, form: Form, owner: str) -> TaskOutput:
        """A task of `dag` that forms a value; it belongs to the region `owner`."""
        task, component = self.python_task(f"{owner}-value")
        names = self.inputs(dag, task, component, [value])
        doc = expression(shielded(value), names.__getitem__)
        if form == "outcome":
            self.attempt(component, component.work([CodeLine("return ", doc)]), component.outcomes() or None)
        else:
            component.value(doc)
        component.gives("Output", form)
        self.add(dag, task, TaskOrigin(owner, "decide", form))
        return TaskOutput(task.name, "Output")

    def inputs(
        self,
        dag: DagDraft,
        task: TaskDraft,
        component: ComponentDraft,
        values: Iterable[Value],
        wanted: Mapping[Root, str] | None = None,
        known: Mapping[Root, str] | None = None,
    ) -> dict[Root, str]:
        """Give a task what values take; how its code reads each. `known`: what needs no parameter."""
        read: dict[Root, str] = {**(known or {})}
        for ref in roots([shielded(value) for value in values]):
            if ref in read:
                continue
            if isinstance(ref, ParamRef) and ref.name.startswith(_SHIELD):
                read[ref] = flat(literal(ref.name.removeprefix(_SHIELD)))
                continue
            producer = self.producer(ref)
            form: Form = "outcome" if producer.guarded else producer.form
            given = self.take(dag, ref, (), form)
            assert given is not None, ref
            if isinstance(given, Constant) and producer.form != "str":
                read[ref] = repr(given.value)
                continue
            name = component.parameter((wanted or {}).get(ref, suggested(ref)), form)
            task.inputs[name] = given
            read[ref] = component.read(name)
        return read

    # ------------------------------------------------------------ blocks

    def block(self, dag: DagDraft, body: tuple[AnyNode, ...], guard: bool) -> None:
        """The nodes of a block, those of its groups in their place. What waits for another comes after it."""
        for node in self.shape.ordered(body):
            self._lower[type(node)](self, dag, node, guard)

    def wait(self, dag: DagDraft, task: TaskDraft, node: AnyNode) -> None:
        """Let a task of `dag` wait for what its node waits for in this DAG."""
        waits = self.shape.waits(node.id)
        for ref in (*waits.values, *waits.after):
            for at, name in self.ends.get(ref, ()):
                if at is dag and name != task.name:
                    task.after[name] = None

    def guarded_upstream(self, dag: DagDraft, node: AnyNode) -> list[tuple[str, Producer]]:
        """What a node waits for of the guarded region it stands in, by id."""
        waits = self.shape.waits(node.id)
        refs = [*(("out", ref) for ref in waits.values), *(("end", ref) for ref in waits.after)]
        found = [(key[1], self.producers[key]) for key in refs if key in self.producers]
        return [(ref, producer) for ref, producer in found if producer.guarded and dag.within(producer.dag)]

    def guarded_waits(self, dag: DagDraft, task: TaskDraft, component: ComponentDraft, node: AnyNode) -> None:
        """Give a guarded task the outcomes it waits for, beyond those of its values."""
        for ref, producer in self.guarded_upstream(dag, node):
            given = producer.give((), "outcome")
            assert given is not None
            taken = dag.pass_in(producer.dag, given, "outcome")
            if taken not in task.inputs.values():
                task.inputs[component.parameter(f"after_{identifier(ref)}", "outcome")] = taken

    # ------------------------------------------------------------ regions

    def apart(self, dag: DagDraft) -> bool:
        """Whether a region in `dag` needs a DAG of its own for the DSL, which is a pipeline there: its SDK takes an Else or
        an Elif for that of a branch further in, and has no words for waiting for a branch, nor for a value of one
        that another hands on. Where there is such a pipeline, every region gets one: the SDK counts the branches of
        each pipeline from 1, and mixes up those of one with those of a pipeline that it calls."""
        return self.for_dsl and (dag is not self.top or self._nested)

    def region(self, dag: DagDraft, node: If | Each, host: DagDraft, apart: bool) -> TaskDraft:
        """The task of `dag` that runs the arms of a region; `apart`: within a DAG that holds it."""
        holder = DagDraft(host.name) if apart and host.choice else host
        task = self.helper(dag, TaskDraft(host.name, node.id, holder), node.id)
        self.wait(dag, task, node)
        if holder is not host:
            host.name, host.held = self.names(f"{node.id}-branches"), True
            self.helper(holder, TaskDraft(host.name, host.name, host), node.id)
        return task

    def skip(self, node: If | Each) -> None:
        """A region that leaves no task: what waits for it waits for what it waits for."""
        waits = self.shape.waits(node.id)
        self.ends[node.id] = [end for ref in (*waits.values, *waits.after) for end in self.ends.get(ref, ())]


Lower: TypeAlias = Callable[[Builder, DagDraft, Any, bool], None]


def shielded(value: Value) -> Value:
    """A value whose texts KFP finds no placeholder in."""
    match value:
        case Text(parts=parts):
            return Text(parts=tuple(_shield(part) for part in parts))
        case ListOf(items=items):
            return ListOf(items=tuple(shielded(item) for item in items))
        case DictOf(items=pairs):
            return DictOf(items=tuple((key, shielded(item)) for key, item in pairs))
        case Const() | ParamRef() | Out() | Item() | Ctx() | Compare() | IsIn() | All() | Any_() | Not():
            return value
        case _:
            assert_never(value)


def _shield(part: Value) -> Value:
    if isinstance(part, Const) and isinstance(part.value, str) and "{$" in part.value:
        return ParamRef(name=_SHIELD + part.value)
    return shielded(part)
