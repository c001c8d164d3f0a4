"""A call as a task that runs a Python component, and the Final as an exit task."""

from __future__ import annotations

from collections.abc import Mapping

from pipeglot.codegen.expressions import Root, argument_names
from pipeglot.codegen.names import Imports
from pipeglot.codegen.pysource import Atom, Doc, call, flat, spelled, spelling
from pipeglot.codegen.python import invocation, roots
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Const, Container, Ctx, Out, ParamRef, Value

from .builder import Builder, shielded
from .containers import container_call
from .drafts import ComponentDraft, DagDraft, TaskDraft
from .plan import CodeLine, Constant, TaskOrigin, TaskOutput
from .producers import ComponentValue, Producer
from .retries import native
from .run_context import FOUND, RunFacts, takes_time
from .types import form_of


def call_task(build: Builder, dag: DagDraft, node: Call, guard: bool) -> None:
    """A call as a task."""
    if isinstance(build.steps[node.step].run, Container):
        container_call(build, dag, node, guard)
        return
    task, component = _call(build, node)
    doc = _invocation(build, dag, task, component, node)
    if guard:
        build.guarded_waits(dag, task, component, node)
    else:
        build.wait(dag, task, node)
    read = _perform(build, dag, task, component, node, doc, guard)
    build.ends[node.id] = [(dag, task.name)]
    if guard:
        producer = Producer(dag, "outcome", TaskOutput(task.name, "Output"), guarded=True)
        build.producers["out", node.id] = build.producers["end", node.id] = producer
        return
    build.producers["out", node.id] = ComponentValue(dag, task, component, read, Out(ref=node.id), build.types)


def exit_task(build: Builder, node: Call) -> None:
    """The Final: an exit task, given how the rest ended."""
    if isinstance(build.steps[node.step].run, Container):
        message = f"the final call {node.id!r} is a container, which cannot read how the run ended"
        way_out = "make it a step in Python or shell"
        build.diagnostics.append(Diagnostic("PG291", "error", message, node.at, way_out, "kfp"))
        return
    task, component = _call(build, node)
    facts = RunFacts(build, build.root, task, component)
    refs = [ref for ref in roots(node.args.values()) if isinstance(ref, Ctx)]
    named: dict[Root, str] = {ref: f"found{FOUND[ref.name]}" if ref.name in FOUND else ref.name for ref in refs}
    named |= {ref: facts.run_id() for ref in refs if ref.name == "run_id"}
    doc = _invocation(build, build.root, task, component, node, named)
    component.final_status = "status"
    if takes_time(node):
        component.line(CodeLine("found = ", facts.time(now=False)))
    if any(ref.name == "state" for ref in refs):
        # Other words than FAILED do not say that something failed: see PG292.
        component.line(CodeLine('state = "failed" if status.state == "FAILED" else "succeeded"'))
    if build.top is not build.root:
        task.ends = build.top.name
        task.after[build.top.name] = None
    _perform(build, build.root, task, component, node, doc)


def _call(build: Builder, node: Call) -> tuple[TaskDraft, ComponentDraft]:
    """The task of a call and its component."""
    name = build.name(node.id)
    component = build.component(name, node.step, build.steps[node.step])
    component.resources, component.secrets = node.policy.resources, node.policy.secrets
    return TaskDraft(name, node.id, component), component


def _invocation(
    build: Builder,
    dag: DagDraft,
    task: TaskDraft,
    component: ComponentDraft,
    node: Call,
    known: Mapping[Root, str] | None = None,
) -> Doc:
    """The expression that runs a call's step. References and small constants are parameters, the rest is in the code."""
    args: dict[str, Value] = {}
    names = build.inputs(dag, task, component, node.args.values(), argument_names(node.args), known)
    for name, value in node.args.items():
        if isinstance(value, Const) and _is_small(value.value):
            parameter = component.parameter(name, form_of({"const": value.value}))
            task.inputs[parameter] = Constant(value.value)
            constant = ParamRef(name=f"const {name}")
            names[constant] = component.read(parameter)
            args[name] = constant
        else:
            args[name] = shielded(value)
    filled = replace(node, args=args)
    doc = invocation(build.steps[node.step], filled, names.__getitem__, Imports(), component.boundary())
    if node.policy.timeout is not None:
        told = tuple(spelling(doc))
        doc = call(component.use("limited"), node.policy.timeout, Atom("lambda: " + flat(doc)))
        doc = spelled(replace(doc, spelled=told), {"": "Policy.timeout"})
    return doc


def _perform(
    build: Builder, dag: DagDraft, task: TaskDraft, component: ComponentDraft, node: Call, doc: Doc, guard: bool = False
) -> str:
    """Let a component do a call and add its task. Where the task may not fail, or KFP would wait otherwise before it tries
    again, the component gives an outcome. The expression by which outputs read the call's value."""
    policy, form = node.policy, form_of(build.steps[node.step].returns)
    isolated = guard or policy.on_failure is not None or not native(policy)
    if isolated:
        work = component.work([CodeLine("return ", doc)])
        read = build.attempt(component, work, component.outcomes() or None, policy)
        component.gives("Output" if guard else "outcome", "outcome")
        opened = f'{read}["value"]'
        if policy.on_failure is None and not guard:
            opened = f"{component.use('opened')}({component.use('dump')}({read}))"
        read = opened
    else:
        task.retry = policy.retry
        read = component.value(doc)
    if not guard:
        component.gives("Output", form, read)
    attempts = 0 if not isolated else 1 if policy.retry is None else 1 + policy.retry.count
    build.add(dag, task, TaskOrigin(node.id, "call", "outcome" if isolated else form, attempts))
    return read


def _is_small(value: object) -> bool:
    """Whether a constant can be an input that KFP shows: placeholders are looked for in those, and zeros lose their sign."""
    if isinstance(value, str):
        return len(value) <= 200 and "{{" not in value and value.isprintable()
    return isinstance(value, bool | int) or (isinstance(value, float) and str(value) != "-0.0")
