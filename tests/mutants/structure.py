"""Changes of what is called, with what, in which order, how often, and of what the run gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeglot.core.dataclass import replace
from pipeglot.core.ir import (
    AnyNode,
    Call,
    Compare,
    CompareOp,
    Const,
    Ctx,
    Each,
    If,
    ListOf,
    Out,
    Param,
    ParamRef,
    Pipeline,
    Value,
    parts,
    walk,
)
from pipeglot.core.written import written
from tests.mutants.change import NEVER, Change, calls, instead, replaced, within

GIVEN = r"^(the arm|calls that never ran|what calls were given)"
"""What is said of calls whose inputs, or which at all, no run shows."""


def _used(pipeline: Pipeline) -> set[str]:
    """What something takes a value from or waits for."""
    values: list[Value] = [value for call in calls(pipeline) for value in call.args.values()]
    names: set[str] = set()
    for node in walk(pipeline.body):
        names.update(getattr(node, "after", ()))
        if isinstance(node, If):
            values += [arm.when for arm in node.arms if arm.when is not None]
            values += [value for merged in node.merged for value in merged.values]
        if isinstance(node, Each):
            values += [node.items, *(one.value for one in node.collected)]
    values += [pipeline.result] if pipeline.result is not None else []
    return names | {part.ref for value in values for part in parts(value) if isinstance(part, Out)}


def drops_call(pipeline: Pipeline) -> Iterator[Change]:
    """A call that nothing depends on is left out."""
    for call in calls(pipeline):
        if call.id not in _used(pipeline) and not (pipeline.final and pipeline.final.call.id == call.id):
            yield Change(instead(pipeline, call.id), frozenset({call.id}), NEVER)


def adds_call(pipeline: Pipeline) -> Iterator[Change]:
    """A call is made once more, under a name of its own."""
    for call in calls(pipeline)[: -1 if pipeline.final else None]:
        new = replace(call, id=f"{call.id}_again")
        yield Change(
            instead(pipeline, call.id, call, new),
            frozenset({call.id, new.id}),
            NEVER,
        )


def renames_call(pipeline: Pipeline) -> Iterator[Change]:
    """A call that nothing depends on has a name that stands for nothing."""
    for call in calls(pipeline):
        if call.id not in _used(pipeline) and not pipeline.final:
            yield Change(replaced(pipeline, call.id, id=f"other_{call.id}"), frozenset({call.id, f"other_{call.id}"}))


def other_step(pipeline: Pipeline) -> Iterator[Change]:
    """Another step of the same shape is called."""
    shapes = {step.name: ([written(p) for p in step.parameters], step.returns) for step in pipeline.steps}
    for call in calls(pipeline):
        for name, shape in shapes.items():
            if name != call.step and shape == shapes[call.step]:
                yield Change(replaced(pipeline, call.id, step=name), frozenset({call.id}), GIVEN)


def constant_argument(pipeline: Pipeline) -> Iterator[Change]:
    for call in calls(pipeline):
        for name, value in call.args.items():
            if isinstance(value, Const) and isinstance(value.value, int | str):
                old = value.value
                new: Any = old + "x" if isinstance(old, str) else old + 1
                yield _given(pipeline, call, name, Const(value=new))


def _given(pipeline: Pipeline, call: Call, name: str, value: Value) -> Change:
    return Change(replaced(pipeline, call.id, args={**call.args, name: value}), frozenset({call.id}), GIVEN)


def frozen_argument(pipeline: Pipeline) -> Iterator[Change]:
    """A constant stands where a value was handed on."""
    kinds: dict[str, Any] = {"integer": 1, "number": 1.5, "string": "fixed"}
    steps = {step.name: step for step in pipeline.steps}
    for call in calls(pipeline):
        for name, value in call.args.items():
            schema = next(p.type for p in steps[call.step].parameters if p.name == name)
            if not isinstance(value, Const) and schema.get("type") in kinds:
                yield _given(pipeline, call, name, Const(value=kinds[schema["type"]]))


def other_source(pipeline: Pipeline) -> Iterator[Change]:
    """A value is taken from another call, or from a parameter, of the same type."""
    steps = {step.name: step for step in pipeline.steps}
    before: list[Call] = []
    for node in pipeline.body:
        if isinstance(node, Call):
            for name, value in node.args.items():
                for other in before:
                    same = steps[other.step].returns == next(
                        p.type for p in steps[node.step].parameters if p.name == name
                    )
                    if same and value != Out(ref=other.id) and not isinstance(value, ParamRef):
                        yield _given(pipeline, node, name, Out(ref=other.id))
            before.append(node)


def final_told(pipeline: Pipeline) -> Iterator[Change]:
    """The Final is told something else of the run."""
    if pipeline.final is not None:
        call = pipeline.final.call
        for name, value in call.args.items():
            if value == Ctx(name="state"):
                for told in ("succeeded", "failed"):
                    new = _given(pipeline, call, name, Const(value=told))
                    yield Change(new.pipeline, new.calls, f"{GIVEN}|^the finaliser after")


def drops_final(pipeline: Pipeline) -> Iterator[Change]:
    if pipeline.final is not None:
        yield Change(replace(pipeline, final=None), frozenset({pipeline.final.call.id}))


def final_within(pipeline: Pipeline) -> Iterator[Change]:
    """The last call is one of the others: it does not wait for them, nor runs whatever happened."""
    if pipeline.final is not None:
        call = pipeline.final.call
        args = {
            name: Const(value="succeeded") if value == Ctx(name="state") else value for name, value in call.args.items()
        }
        call = replace(call, args=args)
        for body in ((call, *pipeline.body), (*pipeline.body, call)):
            yield Change(replace(pipeline, final=None, body=body), frozenset({call.id}), "order|told")


_OPPOSITE: dict[CompareOp, CompareOp] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_NEAR: dict[CompareOp, CompareOp] = {">=": ">", ">": ">=", "<=": "<", "<": "<="}


def condition(pipeline: Pipeline) -> Iterator[Change]:
    """A decision goes the other way, or only at its border."""
    for node in walk(pipeline.body):
        if isinstance(node, If) and isinstance(node.arms[0].when, Compare):
            first, *rest = node.arms
            old = first.when
            assert isinstance(old, Compare)
            news = [replace(old, op=_OPPOSITE[old.op])]
            news += [replace(old, op=_NEAR[old.op])] if old.op in _NEAR else []
            if isinstance(old.right, Const) and isinstance(old.right.value, int | float):
                news.append(replace(old, right=Const(value=float(old.right.value) + 0.5)))
            for new in news:
                arms = (replace(first, when=new), *rest)
                yield Change(replaced(pipeline, node.id, arms=arms), within(node.arms) | {node.id}, "arm")


def swaps_arms(pipeline: Pipeline) -> Iterator[Change]:
    for node in walk(pipeline.body):
        if isinstance(node, If) and len(node.arms) == 2 and not node.merged:
            a, b = node.arms
            arms = (replace(a, body=b.body), replace(b, body=a.body))
            yield Change(replaced(pipeline, node.id, arms=arms), within(node.arms) | {node.id}, "arm")
        if isinstance(node, If) and len(node.arms) == 2 and node.merged:
            a, b = node.arms
            arms = (replace(a, body=b.body), replace(b, body=a.body))
            merged = tuple(replace(one, values=one.values[::-1]) for one in node.merged)
            yield Change(replaced(pipeline, node.id, arms=arms, merged=merged), within(node.arms) | {node.id}, "arm")


def drops_condition(pipeline: Pipeline) -> Iterator[Change]:
    """What was decided is done whatever happens."""
    for node in pipeline.body:
        if isinstance(node, If) and not node.merged:
            for arm in node.arms:
                others = instead(pipeline, node.id, *arm.body)
                yield Change(others, within(node.arms) | {node.id}, "arm")


def items(pipeline: Pipeline) -> Iterator[Change]:
    """A loop goes over one item less, one more, or in another order."""
    for node in walk(pipeline.body):
        if isinstance(node, Each):
            inside = frozenset(one.id for one in walk(node.body))
            if isinstance(node.items, Const) and isinstance(node.items.value, list):
                old = node.items.value
                for new in (old[:-1], [*old, old[-1]], old[::-1], [*old[:-1], 77]):
                    yield Change(replaced(pipeline, node.id, items=Const(value=new)), inside | {node.id}, "messages")
            elif isinstance(node.items, ListOf):
                for some in (node.items.items[:-1], node.items.items[::-1]):
                    yield Change(replaced(pipeline, node.id, items=ListOf(items=some)), inside | {node.id})


def drops_order(pipeline: Pipeline) -> Iterator[Change]:
    """What comes after something does not wait for it any more."""
    for node in walk(pipeline.body):
        if getattr(node, "after", ()):
            yield Change(replaced(pipeline, node.id, after=()), frozenset({node.id}), "order|wait|after")


def turns_order(pipeline: Pipeline) -> Iterator[Change]:
    for node in pipeline.body:
        if isinstance(node, Call) and node.after and not node.args.keys() & set():
            first = node.after[0]
            turned = replaced(replaced(pipeline, node.id, after=()), first, after=(node.id,))
            later = [one for one in turned.body if one.id == first]
            body = (*(one for one in turned.body if one.id != first), *later)
            if not any(first in _refs(one) for one in body[:-1]):
                yield Change(replace(turned, body=body), frozenset({node.id, first}))


def _refs(node: AnyNode) -> set[str]:
    return {
        part.ref
        for call in walk((node,))
        if isinstance(call, Call)
        for value in call.args.values()
        for part in parts(value)
        if isinstance(part, Out)
    }


def result(pipeline: Pipeline) -> Iterator[Change]:
    """The run gives something else, or nothing; never what it gave."""
    yield Change(replace(pipeline, result=Const(value="something else")), frozenset(), "result")
    yield Change(replace(pipeline, result=None), frozenset(), "result")
    for call in pipeline.body:
        if isinstance(call, Call) and pipeline.result != Out(ref=call.id):
            yield Change(replace(pipeline, result=Out(ref=call.id)), frozenset(), "result")


def default_of_param(pipeline: Pipeline) -> Iterator[Change]:
    for number, param in enumerate(pipeline.params):
        if isinstance(param.default, int | float):
            new: Param = replace(param, default=param.default + 2)
            params = (*pipeline.params[:number], new, *pipeline.params[number + 1 :])
            used = [
                call.id
                for call in calls(pipeline)
                if any(ParamRef(name=param.name) in parts(v) for v in call.args.values())
            ]
            yield Change(
                replace(pipeline, params=params),
                frozenset({*used, ""}),
                f"param|{param.name}",
            )


OPERATORS = (
    drops_call,
    adds_call,
    renames_call,
    other_step,
    constant_argument,
    frozen_argument,
    other_source,
    final_told,
    drops_final,
    final_within,
    condition,
    swaps_arms,
    drops_condition,
    items,
    drops_order,
    turns_order,
    result,
    default_of_param,
)
