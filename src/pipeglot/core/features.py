"""The features of the language: which a pipeline uses, read off its structure, and which of them a run can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from pipeglot.core.compat import assert_never
from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    At,
    Call,
    Compare,
    Const,
    Cron,
    Ctx,
    DictOf,
    Each,
    Group,
    If,
    Include,
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
    parts,
    walk,
)
from pipeglot.core.shape import inputs, outputs, sources

FEATURES: dict[str, str] = {
    "call": "calls and values between them",
    "after": "control order without a value (`after`)",
    "imported": "steps imported from a module",
    "inlined": "steps whose source travels in the output",
    "shell": "shell steps",
    "container": "container steps",
    "values": "field access, lists, dicts and text built of values",
    "params": "typed parameters with defaults, choices and bounds",
    "context": "logical date, day and run id as values",
    "if": "If, elif, else, nested",
    "merge": "values merged out of an If",
    "each.static": "Each over constants",
    "each.runtime": "Each over a value known at run time",
    "each.body": "Each with several calls in its body",
    "each.if": "conditions inside an Each",
    "each.nested": "Each inside an Each",
    "each.max_parallel": "bounded parallelism of an Each",
    "collect": "collected values, in item order",
    "group": "groups",
    "include": "pipelines used inside pipelines",
    "final": "a Final call that runs whatever happened",
    "retry": "retries with a delay",
    "retry.backoff": "exponential backoff with a maximum delay",
    "timeout": "time limit of an attempt",
    "continue": "failures tolerated with a default (`on_failure=continue`)",
    "resources": "cpu, memory, GPUs and node labels of a call",
    "secrets": "secrets that a call reads from its environment",
    "schedule.cron": "cron schedules with a time zone",
    "schedule.interval": "interval schedules",
    "schedule.start": "start date of a schedule",
    "schedule.catch_up": "catching up on missed ticks",
    "max_active_runs": "bound on runs at the same time",
    "run_timeout": "time limit of a whole run",
    "owner": "owner",
    "tags": "tags",
    "description": "descriptions of pipeline and steps",
}
"""The rows of the support matrix, each named once."""

INSPECTED = frozenset(
    {
        "resources",
        "schedule.cron",
        "schedule.interval",
        "schedule.start",
        "schedule.catch_up",
        "max_active_runs",
        "run_timeout",
        "owner",
        "tags",
        "description",
    }
)
"""What is declared about a pipeline and leaves no trace in one run of it. A case shows that the engine loads and runs
the pipeline with it; that the loaded object carries it is what `tests/test_no_silent_loss.py` looks at."""


def features_of(pipeline: Pipeline) -> frozenset[str]:
    """The rows of `pipeglot.core.features.FEATURES` that a pipeline uses, those of its Includes among them.

    >>> from pipeglot.core.ir import Shell
    >>> step = Step(name="s", run=Shell(script="true"))
    >>> sorted(features_of(Pipeline(name="p", tags=("t",), steps=(step,), body=(Call(id="a", step="s"),))))
    ['call', 'shell', 'tags']
    """
    return frozenset(uses(pipeline))


def uses(pipeline: Pipeline) -> dict[str, At | None]:
    """The features that a pipeline uses, each with the place where it does so first."""
    found: dict[str, At | None] = {}
    for name in _declared(pipeline):
        found.setdefault(name, pipeline.at)
    for name, at in _body(pipeline, within=()):
        found.setdefault(name, at)
    return found


def _declared(pipeline: Pipeline) -> Iterator[str]:
    if pipeline.schedule is not None:
        yield "schedule.cron" if isinstance(pipeline.schedule.timing, Cron) else "schedule.interval"
        if pipeline.schedule.start is not None:
            yield "schedule.start"
        if pipeline.schedule.catch_up:
            yield "schedule.catch_up"
    if pipeline.max_active_runs is not None:
        yield "max_active_runs"
    if pipeline.run_timeout is not None:
        yield "run_timeout"
    if pipeline.owner is not None:
        yield "owner"
    if pipeline.tags:
        yield "tags"
    if pipeline.description:
        yield "description"
    if pipeline.params:
        yield "params"
    if pipeline.final is not None:
        yield "final"
        yield from _call({step.name: step for step in pipeline.steps}, pipeline.final.call)


def _body(pipeline: Pipeline, within: tuple[AnyNode, ...]) -> Iterator[tuple[str, At | None]]:
    """What a pipeline's nodes use; `within` is an Each around the Include it stands in, if any."""
    if pipeline.result is not None:
        yield from ((name, pipeline.at) for name in _values([pipeline.result]))
    steps = {step.name: step for step in pipeline.steps}
    for node, loops in _inside(pipeline.body, within):
        yield from ((name, node.at) for name in _node(steps, node))
        if loops and isinstance(node, If | Each):
            yield "each.if" if isinstance(node, If) else "each.nested", node.at
        if isinstance(node, Include):
            yield from _body(node.pipeline, loops)


def _inside(body: tuple[AnyNode, ...], within: tuple[AnyNode, ...]) -> Iterator[tuple[AnyNode, tuple[AnyNode, ...]]]:
    """Every node with the loops around it."""
    for node in body:
        yield node, within
        match node:
            case Each():
                yield from _inside(node.body, (*within, node))
            case Group():
                yield from _inside(node.body, within)
            case If():
                for arm in node.arms:
                    yield from _inside(arm.body, within)
            case Call() | Include():
                pass
            case _:
                assert_never(node)


def _node(steps: Mapping[str, Step], node: AnyNode) -> Iterator[str]:
    if not isinstance(node, Group) and node.after:
        yield "after"
    yield from _values(inputs(node))
    for output in outputs(node):
        yield from _values(sources(output))
    match node:
        case Call():
            yield from _call(steps, node)
        case If():
            yield "if"
            if node.merged:
                yield "merge"
        case Each():
            yield from _each(node)
        case Group():
            yield "group"
            if node.description:
                yield "description"
        case Include():
            yield "include"
            yield from _values(node.args.values())
        case _:
            assert_never(node)


def _each(node: Each) -> Iterator[str]:
    yield "each.static" if isinstance(node.items, Const) else "each.runtime"
    if sum(isinstance(inner, Call | Include) for inner in walk(node.body)) > 1:
        yield "each.body"
    if node.max_parallel is not None:
        yield "each.max_parallel"
    if node.collected:
        yield "collect"


def _call(steps: Mapping[str, Step], call: Call) -> Iterator[str]:
    step = steps[call.step]
    yield "call"
    yield step.run.kind
    if step.description:
        yield "description"
    yield from _values(call.args.values())
    yield from _policy(call.policy)


def _policy(policy: Policy) -> Iterator[str]:
    if policy.retry is not None:
        yield "retry"
        if policy.retry.backoff > 1:
            yield "retry.backoff"
    if policy.timeout is not None:
        yield "timeout"
    if policy.on_failure is not None:
        yield "continue"
    if policy.resources is not None:
        yield "resources"
    if policy.secrets:
        yield "secrets"


def _values(values: Iterable[Value]) -> Iterator[str]:
    for part in chain.from_iterable(map(parts, values)):
        match part:
            case ListOf() | DictOf() | Text():
                yield "values"
            case Out(path=path) | Item(path=path) | ParamRef(path=path) if path:
                yield "values"
            case Ctx(name=name) if name != "state":
                yield "context"
            case Const() | ParamRef() | Out() | Item() | Ctx() | Compare() | IsIn() | All() | Any_() | Not():
                pass
            case _:
                assert_never(part)
