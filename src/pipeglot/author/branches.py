"""Branches as authors write them: when, elsewhen, otherwise, and merge, by which a value leaves them."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from pipeglot.author import caller, hints
from pipeglot.author.blocks import ArmParts, EachParts, GroupParts, IfParts, Within, leave
from pipeglot.author.conditions import need_condition
from pipeglot.author.proxy import Traced, hint_of, to_value, traced_in
from pipeglot.author.signature import schema_of
from pipeglot.author.steps import after_ids, listed
from pipeglot.author.trace import Block, Trace, current, fail
from pipeglot.core import ir
from pipeglot.core.compat import assert_never

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


def when(condition: bool, *, after: object = (), id: str | None = None) -> Within[Within[None]]:
    """The block runs when the condition holds; `elsewhen` and `otherwise` may follow.

    Args:
        condition: a comparison of traced values, or several joined by `all_`, `any_` and `not_`; a traced bool.
        after: calls, blocks or groups that end before the condition is looked at.
        id: the id of the branch in diagnostics and drawings.

    Raises:
        AuthoringError: PG121 when it is no condition, PG100 outside a pipeline.

    >>> from pipeglot import pipeline, shell, when
    >>> @shell('echo "$n is large"')
    ... def warn(n: int) -> None: ...
    >>> @pipeline
    ... def watch(n: int) -> None:
    ...     with when(n > 10):
    ...         warn(n)
    >>> [call.state for call in watch.run(n=3).calls]
    ['skipped']
    """

    def open(trace: Trace) -> tuple[Block, Any]:
        value = need_condition(condition, "when()")
        node = IfParts(id, after_ids(trace, listed(after)), trace.at())
        trace.block.nodes.append(node)
        return _arm(trace, node, value), None

    return Within("when(...)", open, _name)


def elsewhen(condition: bool) -> Within[Within[None]]:
    """The block runs when no condition before it held and this one does.

    Args:
        condition: as for `when`.

    Raises:
        AuthoringError: PG120 when it does not follow the block of a `when` or `elsewhen` directly, PG121 when it is no
            condition, PG100 outside a pipeline.

    >>> from pipeglot import elsewhen, pipeline, shell, when
    >>> @shell('echo "$size"')
    ... def say(size: str) -> None: ...
    >>> @pipeline
    ... def sized(n: int) -> None:
    ...     with when(n > 10):
    ...         large = say("large")
    ...     with elsewhen(n > 5):
    ...         medium = say("medium")
    >>> [call.state for call in sized.run(n=7).calls]
    ['skipped', 'succeeded']
    """

    def open(trace: Trace) -> tuple[Block, Any]:
        node = _if_above(trace, "elsewhen()", condition)
        return _arm(trace, node, need_condition(condition, "elsewhen()")), None

    return Within("elsewhen(...)", open)


def otherwise() -> Within[Within[None]]:
    """The block runs when no condition before it held.

    Raises:
        AuthoringError: PG120 when it does not follow the block of a `when` or `elsewhen` directly, PG100 outside a
            pipeline.

    >>> from pipeglot import otherwise, pipeline, shell, when
    >>> @shell('echo "$size"')
    ... def say(size: str) -> None: ...
    >>> @pipeline
    ... def sized(n: int) -> None:
    ...     with when(n > 10):
    ...         large = say("large")
    ...     with otherwise():
    ...         small = say("small")
    >>> [call.state for call in sized.run(n=7).calls]
    ['skipped', 'succeeded']
    """

    def open(trace: Trace) -> tuple[Block, Any]:
        return _arm(trace, _if_above(trace, "otherwise()", None), None), None

    return Within("otherwise()", open)


def _arm(trace: Trace, node: IfParts, value: ir.Value | None) -> Block:
    block = Block(trace.block, node)
    node.arms.append(ArmParts(value, block, trace.at()))
    return block


def _if_above(trace: Trace, what: str, condition: Any) -> IfParts:
    nodes = trace.block.nodes
    node = nodes[-1] if nodes else None
    if isinstance(node, IfParts) and node.arms[-1].when is not None and not node.merged:
        return node
    made = {part.ref for value in traced_in(condition) for part in ir.parts(value._value) if isinstance(part, ir.Out)}
    if isinstance(node, ir.Call) and node.id in made:
        fail("PG120", f"the condition of {what} calls {node.step}", "make that call before the when()")
    fail("PG120", f"{what} must follow the block of its when() directly", "move what stands between them")


def _name(trace: Trace) -> None:
    node = trace.block.region
    node.id = trace.claim(node.wanted, f"if_{_first(trace.block) or 'empty'}")


def _first(block: Block) -> str | None:
    """The id of the first call of a block, at any depth."""
    nodes: list[ir.AnyNode | EachParts | GroupParts | IfParts] = block.nodes
    for node in nodes:
        match node:
            case ir.If() | ir.Each() | ir.Group():
                raise AssertionError("a region stands here in parts until its pipeline ends")
            case ir.Call() | ir.Include():
                return node.id
            case EachParts() | GroupParts():
                inner = _first(node.block)
            case IfParts():
                inner = next(filter(None, (_first(arm.block) for arm in node.arms)), None)
            case _:
                assert_never(node)
        if inner:
            return inner
    return None


@overload
def merge(a: A, b: B, /, *, id: str | None = None) -> A | B: ...
@overload
def merge(a: A, b: B, c: C, /, *, id: str | None = None) -> A | B | C: ...
@overload
def merge(a: A, b: B, c: C, d: D, /, *, id: str | None = None) -> A | B | C | D: ...
@overload
def merge(a: A, b: B, c: C, d: D, e: E, /, *, id: str | None = None) -> A | B | C | D | E: ...
@overload
def merge(*values: T, id: str | None = None) -> T: ...
def merge(*values: Any, id: str | None = None) -> Any:
    """The value of the arm that was taken.

    Args:
        *values: one value for each arm of the `when` above, in their order; the last arm is `otherwise()`.
        id: the id of the value; by default the name that it is bound to.

    Raises:
        AuthoringError: PG122 without a `when` above, without its `otherwise`, or for another number of values; PG123 for
            a value of another block; PG100 outside a pipeline.

    >>> from pipeglot import merge, otherwise, pipeline, shell, when
    >>> @shell('echo "$size"')
    ... def say(size: str) -> None: ...
    >>> @pipeline
    ... def sized(n: int) -> str:
    ...     with when(n > 10):
    ...         large = say("large")
    ...     with otherwise():
    ...         small = say("small")
    ...     return merge(large, small)
    >>> sized.run(n=7).result
    'small'
    """
    frame, trace = caller.author_frame(), current("merge()")
    node = _merged(trace, values)
    arms = node.arms
    if any(trace.block.sees(arm.block) for arm in arms):
        fail("PG122", "merge() stands inside an arm of its when()", "put it after the last arm")
    if arms[-1].when is not None:
        fail("PG122", "merge() of a when() without otherwise(): no arm might give the value", "add `with otherwise():`")
    if len(values) != len(arms):
        fail("PG122", f"merge() takes one value for each of {len(arms)} arms, given {len(values)}")
    picked = []
    for number, (arm, given) in enumerate(zip(arms, values, strict=True), start=1):
        _need_from(node, arm, number, given)
        picked.append(leave(trace, arm.block, given, to_value))
    hint = hints.union(map(hint_of, values))
    first = next((part.ref for value in picked for part in ir.parts(value) if isinstance(part, ir.Out)), node.id)
    name = trace.claim(id, caller.assigned_name(frame), f"{first}_merged")
    schema = schema_of(hint, "serialization", "what merge() gives")
    node.merged.append(ir.Merged(id=name, values=tuple(picked), type=schema, at=trace.at()))
    return Traced(ir.Out(ref=name), hint, _owner(node).scope, f"merge(...) {name}")


def _owner(node: IfParts) -> Block:
    block = node.arms[0].block.up
    assert block is not None
    return block


def _merged(trace: Trace, values: tuple[Any, ...]) -> IfParts:
    """The If whose arms the values come from; of values from nowhere, the one just above."""
    for traced in (traced for given in values for traced in traced_in(given)):
        left = trace.block.left_from(traced._block)
        if left is not None and isinstance(left.region, IfParts):
            return left.region
        if left is not None and isinstance(left.region, EachParts):
            fail("PG123", f"{traced._name} comes out of an each() block", "collect it first: one list per arm")
    above = next((node for node in reversed(trace.block.nodes) if isinstance(node, IfParts)), None)
    if above is None:
        fail("PG122", "merge() needs a when() above it, in the same block")
    return above


def _need_from(node: IfParts, arm: ArmParts, number: int, given: Any) -> None:
    for traced in traced_in(given):
        if arm.block.sees(traced._block):
            continue
        left = _owner(node).left_from(traced._block)
        if left is arm.block.scope:
            place, way_out = f"a block inside arm {number}", "take it out of that block first, by merge() or collect()"
        else:
            place, way_out = "another arm", "one value per arm, in the order of the arms"
        fail("PG123", f"value {number} of merge(), {traced._name}, comes from {place}", way_out)
