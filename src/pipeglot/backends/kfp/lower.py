"""A pipeline as KFP's DAGs: which task runs what, where its inputs come from, what leaves a region and how.

A call is a task of its own. An If is a task for each arm, with a condition; an Each a task with an iterator; both
run a DAG that takes what it needs from outside as typed inputs, so that they start when all of that is there.
Where something can be used after a region although another call in it failed, a failing task would take it along
(a DAG that holds a failed task has failed). The calls of such a region are *guarded*: they give their outcome as
text and never fail; behind the region one task opens each value, and another fails when a call did.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from typing_extensions import assert_never

from pipeglot.codegen.pysource import (
    RESERVED,
    Atom,
    Doc,
    Root,
    RootNames,
    call,
    expression,
    flat,
    identifier,
    literal,
    root,
    statement,
)
from pipeglot.codegen.python import roots
from pipeglot.core.ir import (
    AnyNode,
    Call,
    Ctx,
    Each,
    Group,
    If,
    Include,
    Out,
    Param,
    ParamRef,
    Pipeline,
    Policy,
    Step,
    Value,
)
from pipeglot.core.shape import Shape, transparent

from .branches import branch
from .calls import call_task
from .containers import Box
from .facts import PLACE, exit_task, run_context
from .fate import Fate
from .limits import watch
from .loops import loop
from .naming import TaskNames
from .parts import (
    SHIELD,
    Lowered,
    Meaning,
    Producer,
    input_name,
    key_of,
    shielded,
    words,
)
from .programs import Sources, Writing
from .spec import Dag, Given, Task, incoming
from .types import PARAMETER_TYPE, Form, Types, form_of


class Lowering:
    """Lowers one pipeline. `for_dsl`: so that KFP's DSL can say it, which takes some more tasks."""

    def __init__(self, pipeline: Pipeline, for_dsl: bool = False) -> None:
        self.for_dsl = for_dsl
        self.pipeline, self.shape = pipeline, Shape(pipeline)
        self.types, self.fate = Types(self.shape), Fate(self.shape)
        self.sources, self.names = Sources(pipeline), TaskNames()
        self.root = self.top = Dag("root")
        self.writings: dict[str, Writing] = {}
        self.tick: str | None = None
        self.containers: dict[str, Box] = {}
        self.meanings: dict[str, Meaning] = {}
        self.params: dict[str, dict[str, Any]] = {}
        self.resources: dict[str, Any] = {}
        self.producers: dict[tuple[str, str], Producer] = {}
        self.ends: dict[str, list[tuple[Dag, str]]] = {}
        self.awaited = {ref for id in self.shape.nodes for ref in self.shape.waits(id).after}
        self.awaited |= {self.shape.owner[ref] for ref in self.awaited if ref in self.shape.owner}
        regions = [node for node in self.shape.nodes.values() if isinstance(node, If | Each)]
        # A region waits for what its values come from, even when only a task before it takes them.
        self.awaited |= {
            self.shape.owner.get(ref, ref) for r in regions for ref in self.shape.waits(r.id).values if for_dsl
        }
        self._nested = any(r.id in self.awaited or self.shape.frames[r.id] for r in regions)
        final = pipeline.final.call.args.values() if pipeline.final else ()
        self.final_takes_time = any(isinstance(ref, Ctx) and ref.name in PLACE for ref in roots(final))

    def run(self) -> Lowered:
        """The whole pipeline."""
        for param in self.pipeline.params:
            self._param(param)
        final = self.pipeline.final
        for node in (*self.shape.nodes.values(), *([final.call] if final else [])):
            if isinstance(node, Call):
                self.meanings[self.name(node.id)] = Meaning(node.id, "call")
        if final is not None and any(isinstance(node, Call) for node in self.shape.nodes.values()):
            self.top = Dag(self.names("exit-handler"))
            self.root.add(Task(self.top.name, self.top.name, self.top))
        self.block(self.top, self.pipeline.body, False)
        if not self.top.tasks and any(isinstance(node, Call) for node in self.shape.nodes.values()):
            self.idle(self.top, self.pipeline.name)
        if final is not None:
            exit_task(self, final.call)
        watch(self.root, self.writings)
        said = list(dict.fromkeys(self.sources.diagnostics))
        named = (self.meanings, self.params, self.resources)
        return Lowered(self.root, self.writings, self.containers, *named, self.tick, said)

    def name(self, id: str) -> str:
        if not hasattr(self, "_names"):
            self._names: dict[str, str] = {}
        if id not in self._names:
            self._names[id] = self.names(id)
        return self._names[id]

    # ------------------------------------------------------------ values

    def _param(self, param: Param) -> None:
        form = form_of(param.type)
        spec: dict[str, Any] = {}
        if not param.required:
            spec["defaultValue"] = json.dumps(param.default) if form == "json" else param.default
        about = [param.description] if param.description else []
        # How a description starts says what to give: an author's own words must not.
        plain = form != "json" and param.description.startswith(("JSON", "Logical date"))
        kind = ["JSON"] if form == "json" else ["Plain value"] if plain else []
        spec["description"] = ". ".join([*kind, *about])
        if not spec["description"]:
            del spec["description"]
        if not param.required:
            spec["isOptional"] = True
        self.params[param.name] = {**spec, "parameterType": PARAMETER_TYPE[form]}
        self.root.inputs[param.name] = form
        given = incoming(param.name)
        self.produce(
            "param", param.name, Producer(self.root, form, lambda p, f: given if (p, f) == ((), form) else None)
        )

    def produce(self, kind: str, name: str, producer: Producer) -> None:
        self.producers[kind, name] = producer

    def producer(self, value: Root) -> Producer:
        """Where a reference's value comes from."""
        if isinstance(value, Ctx) and ("ctx", value.name) not in self.producers:
            run_context(self)
        return self.producers[key_of(value)]

    def take(self, dag: Dag, value: Root, path: tuple[str | int, ...], form: Form) -> Given | None:
        """What gives a task in `dag` a facet of a reference; None when its producer cannot."""
        producer = self.producer(value)
        given = producer.give(path, form)
        if given is None or "runtimeValue" in given:
            return given
        return dag.pass_in(producer.dag, given, input_name(given), form)

    def leave(self, dag: Dag, value: Value, form: Form, owner: str) -> tuple[str, str]:
        """The task of `dag` and its output that has a value."""
        if isinstance(value, Out):
            given = self.take(dag, root(value), value.path, form)
            if given is not None and "taskOutputParameter" in given:
                port = given["taskOutputParameter"]
                runs = dag.tasks[port["producerTask"]].runs
                # The DSL has no value that is one of several of which one is one of several, nor a list of those.
                if not (self.for_dsl and isinstance(runs, Dag) and runs.special):
                    return port["producerTask"], port["outputParameterKey"]
        return self.form(dag, value, form, owner)

    def form(self, dag: Dag, value: Value, form: Form, owner: str) -> tuple[str, str]:
        """A task of `dag` that forms a value; it belongs to the region `owner`."""
        name = self.names(f"{owner}-value")
        writing = self.writing(name, f"{owner}_value")
        task = Task(name, name, writing.program)
        names = self.inputs(dag, task, writing, [value])
        doc = expression(shielded(value), names)
        if form == "outcome":
            self.attempt(writing, doc, self.upstream(writing))
            writing.gives("Output", "outcome")
        else:
            writing.value(doc)
            writing.gives("Output", form)
        self.add(dag, task, Meaning(owner, "decide", form))
        return name, "Output"

    def inputs(
        self,
        dag: Dag,
        task: Task,
        writing: Writing,
        values: Iterable[Value],
        wanted: Mapping[Root, str] | None = None,
        known: Mapping[Root, str] | None = None,
    ) -> RootNames:
        """Give a task what values take; how its code reads each. `known`: what needs no parameter."""
        read: dict[Root, str] = {}
        for ref in roots([shielded(value) for value in values]):
            if isinstance(ref, ParamRef) and ref.name.startswith(SHIELD):
                read[ref] = flat(literal(ref.name.removeprefix(SHIELD)))
                continue
            if known is not None and ref in known:
                read[ref] = known[ref]
                continue
            producer = self.producer(ref)
            form: Form = "outcome" if producer.guarded else producer.form
            given = self.take(dag, ref, (), form)
            assert given is not None, ref
            if "runtimeValue" in given and producer.form != "str":
                read[ref] = repr(given["runtimeValue"]["constant"])
                continue
            name = writing.parameter(key_of(ref), (wanted or {}).get(ref, words(ref)), form)
            task.inputs[name] = given
            read[ref] = writing.read(name)
        return lambda value: read[value]

    def upstream(self, writing: Writing) -> list[str]:
        return [name for name, form in writing.program.inputs.items() if form == "outcome"]

    def writing(self, task: str, function: str, step: Step | None = None) -> Writing:
        name = identifier(function)
        while name in self.sources.taken or name in RESERVED:
            name += "_component"
        writing = self.writings[task] = Writing(self.sources, name, step)
        return writing

    def add(self, dag: Dag, task: Task, meaning: Meaning) -> None:
        dag.add(task)
        self.meanings[task.name] = meaning

    def attempt(self, writing: Writing, doc: Doc, upstream: Sequence[str] = (), policy: Policy | None = None) -> None:
        """The value is an outcome: of `doc`, tried as the policy says."""
        given: dict[str, Any] = {}
        if policy is not None and policy.retry is not None:
            given["waits"] = policy.retry.waits()
        if upstream:
            given["upstream"] = [Atom(name) for name in upstream]
        if policy is not None and policy.on_failure is not None:
            given["value"] = policy.on_failure.default
        work = writing.work([statement("return ", doc, indent=8)])
        writing.value(call(writing.use("attempt"), work, **given), outcome=True)

    # ------------------------------------------------------------ blocks

    def block(self, dag: Dag, body: tuple[AnyNode, ...], guard: bool) -> None:
        """The nodes of a block, those of its groups in their place. What waits for another comes after it."""
        for node in self._ordered(body):
            match node:
                case Call():
                    call_task(self, dag, node, guard)
                case If():
                    branch(self, dag, node, guard)
                case Each():
                    loop(self, dag, node, guard)
                case Group() | Include():
                    raise AssertionError(f"{node.kind} in a block whose groups are opened")
                case _:
                    assert_never(node)

    def _ordered(self, body: tuple[AnyNode, ...]) -> list[AnyNode]:
        """The nodes of a block so that each stands behind what it waits for."""
        nodes = {node.id: node for node in transparent(body)}
        done: dict[str, AnyNode] = {}
        for start in nodes.values():
            stack = [(start, iter(self.shape.upstream(start.id)))]
            while stack:
                node, upstream = stack[-1]
                following = next((u for u in upstream if u in nodes and u not in done), None)
                if following is None:
                    done.setdefault(node.id, node)
                    stack.pop()
                else:
                    stack.append((nodes[following], iter(self.shape.upstream(following))))
        return list(done.values())

    def wait(self, dag: Dag, task: Task, node: AnyNode) -> None:
        """Let a task of `dag` wait for what its node waits for in this DAG."""
        waits = self.shape.waits(node.id)
        for ref in (*waits.values, *waits.after):
            for at, name in self.ends.get(ref, ()):
                if at is dag and name != task.name:
                    task.after[name] = None

    def waits_guarded(self, dag: Dag, node: AnyNode) -> bool:
        """Whether a node waits for something of the guarded region it stands in."""
        waits = self.shape.waits(node.id)
        refs = [*(("out", v) for v in waits.values), *(("end", a) for a in waits.after)]
        found = [self.producers[ref] for ref in refs if ref in self.producers]
        return any(producer.guarded and dag.within(producer.dag) for producer in found)

    def guarded_waits(self, dag: Dag, task: Task, writing: Writing, node: AnyNode) -> None:
        """Give a guarded task the outcomes it waits for, beyond those of its values."""
        waits = self.shape.waits(node.id)
        for kind, ref in [*(("out", v) for v in waits.values), *(("end", a) for a in waits.after)]:
            producer = self.producers.get((kind, ref))
            if producer is None or not producer.guarded or not dag.within(producer.dag):
                continue
            given = producer.give((), "outcome")
            assert given is not None
            taken = dag.pass_in(producer.dag, given, input_name(given), "outcome")
            if taken not in task.inputs.values():
                task.inputs[writing.parameter((kind, ref), f"after_{identifier(ref)}", "outcome")] = taken

    def apart(self, dag: Dag, node: If | Each) -> bool:
        """Whether a region needs a DAG of its own for the DSL, which is a pipeline there: its SDK takes an Else or
        an Elif for that of a branch further in, and has no words for waiting for a branch, nor for a value of one
        that another hands on. Where there is such a pipeline, every region gets one: the SDK counts the branches of
        each pipeline from 1, and mixes up those of one with those of a pipeline that it calls."""
        return self.for_dsl and (dag is not self.top or self._nested)

    def region(self, dag: Dag, node: If | Each, host: Dag, apart: bool) -> Task:
        """The task of `dag` that runs the arms of a region; `apart`: within a DAG that holds it."""
        holder = Dag(host.name) if apart and host.choice else host
        task = self.helper(dag, Task(host.name, node.id, holder), node.id)
        self.wait(dag, task, node)
        if holder is not host:
            host.name, host.held = self.names(f"{node.id}-branches"), True
            self.helper(holder, Task(host.name, host.name, host), node.id)
        return task

    def nothing(self, node: If | Each) -> None:
        """A region that leaves no task: what waits for it waits for what it waits for."""
        waits = self.shape.waits(node.id)
        self.ends[node.id] = [end for ref in (*waits.values, *waits.after) for end in self.ends.get(ref, ())]

    def outcome(self, writing: Writing, work: Doc) -> None:
        """The value is the outcome of some work, once what it needs has one."""
        upstream = [Atom(name) for name in self.upstream(writing)]
        writing.value(call(writing.use("attempt"), work, upstream=upstream), outcome=True)
        writing.gives("Output", "outcome")

    def idle(self, dag: Dag, owner: str) -> None:
        """A DAG needs a task."""
        name = self.names(f"{owner}-nothing")
        writing = self.writing(name, f"{owner}_nothing")
        writing.value(Atom("None"))
        self.helper(dag, Task(name, name, writing.program))

    def helper(self, dag: Dag, task: Task, node: str = "") -> Task:
        """Add a task that stands for nothing of the language."""
        self.meanings[task.name] = Meaning(node, "helper")
        return dag.add(task)
