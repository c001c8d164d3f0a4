"""Blocks of a pipeline as authors write them: conditions, branches, loops, groups, and what leaves them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar, Union, overload

from pipeglot.core import ir, where
from pipeglot.core.steps import after_ids, schema_of
from pipeglot.core.traced import (
    Block,
    Hint,
    Trace,
    Traced,
    bare,
    condition,
    constant,
    current,
    fail,
    hint_of,
    json_kinds,
    origin,
    to_value,
    type_name,
)

T = TypeVar("T")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

# ---------------------------------------------------------------- conditions


def all_(*conditions: bool) -> bool:
    """True when every condition holds: what `and` would say."""
    return _conditions(ir.All, "all_", conditions)


def any_(*conditions: bool) -> bool:
    """True when one of the conditions holds: what `or` would say."""
    return _conditions(ir.Any_, "any_", conditions)


def not_(condition_: bool) -> bool:
    """The opposite of a condition."""
    _need_condition(condition_, "not_")
    return condition(ir.Not(operand=to_value(condition_)))  # type: ignore[return-value]


def is_in(value: T, options: Iterable[T]) -> bool:
    """Whether a value is one of constant options."""
    plain = constant(list(options)).value
    return condition(ir.IsIn(value=to_value(value), options=plain))  # type: ignore[return-value, arg-type]


def _conditions(kind: Any, name: str, given: tuple[bool, ...]) -> bool:
    if not given:
        fail("PG121", f"{name}() needs at least one condition")
    for one in given:
        _need_condition(one, name)
    return condition(kind(operands=tuple(to_value(one) for one in given)))  # type: ignore[return-value]


def _need_condition(given: Any, where_: str) -> None:
    if isinstance(given, Traced):
        kinds = json_kinds(given._type)
        if kinds is not None and "bool" not in kinds:
            fail("PG121", f"{where_} takes a condition; {given._name} is {type_name(given._type)}", "compare it: > == ...")
    elif not isinstance(given, bool):
        fail("PG121", f"{where_} takes a condition, given {given!r}", "compare a step's result: > == ...")


# ---------------------------------------------------------------- blocks being built


@dataclass
class ArmParts:
    """One arm of an If being built."""

    when: ir.Value | None
    block: Block
    at: ir.At


@dataclass
class IfParts:
    """An If being built; it gets its id when its first arm ends."""

    wanted: str | None
    after: tuple[str, ...]
    at: ir.At
    arms: list[ArmParts] = field(default_factory=list)
    merged: list[ir.Merged] = field(default_factory=list)
    id: str = ""


@dataclass
class EachParts:
    """An Each being built."""

    id: str
    items: ir.Value
    item_type: ir.Schema
    block: Block
    max_parallel: int | None
    after: tuple[str, ...]
    at: ir.At
    collected: list[ir.Collected] = field(default_factory=list)


@dataclass
class GroupParts:
    """A Group being built."""

    id: str
    description: str
    block: Block
    at: ir.At


def build(block: Block) -> tuple[ir.AnyNode, ...]:
    """The finished nodes of a block."""
    return tuple(_finished(node) for node in block.nodes)


def _finished(node: Any) -> ir.AnyNode:
    match node:
        case IfParts():
            arms = tuple(ir.Arm(when=arm.when, body=build(arm.block), at=arm.at) for arm in node.arms)
            return ir.If(id=node.id, arms=arms, merged=tuple(node.merged), after=node.after, at=node.at)
        case EachParts():
            return ir.Each(
                id=node.id,
                items=node.items,
                item_type=node.item_type,
                body=build(node.block),
                collected=tuple(node.collected),
                max_parallel=node.max_parallel,
                after=node.after,
                at=node.at,
            )
        case GroupParts():
            return ir.Group(id=node.id, body=build(node.block), description=node.description, at=node.at)
        case _:
            return node  # type: ignore[no-any-return]


class Within(Generic[T]):
    """A `with` block of the pipeline; it can be named in `after=`."""

    def __init__(self, what: str, open: Callable[[Trace], tuple[Block, Any]], close: Callable[[Trace], None]) -> None:
        self._what, self._open, self._close = what, open, close
        self.region: Any = None

    @property
    def region_id(self) -> str | None:
        """The id of the block, once it has one."""
        return getattr(self.region, "id", None) or None

    def __enter__(self) -> T:
        trace = current(self._what)
        self._outer = trace.block
        block, value = self._open(trace)
        self.region = block.region
        trace.block = block
        return self if value is None else value  # type: ignore[return-value]

    # It returns None: a bool would make type checkers think that names bound inside may be unbound.
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None
    ) -> None:
        trace = current(self._what)
        if error is None:
            self._close(trace)
        trace.block = self._outer


def _nothing(_: Trace) -> None:
    return None


# ---------------------------------------------------------------- when


def when(condition: bool, *, after: Iterable[object] = (), id: str | None = None) -> Within[Within[None]]:
    """The block runs when the condition holds; `elsewhen` and `otherwise` may follow."""

    def open(trace: Trace) -> tuple[Block, Any]:
        _need_condition(condition, "when()")
        value = to_value(condition)
        node = IfParts(id, after_ids(trace, after), trace.at())
        trace.block.nodes.append(node)
        return _arm(trace, node, value), None

    return Within("when()", open, _name_if)


def elsewhen(condition: bool) -> Within[Within[None]]:
    """The block runs when no condition before it held and this one does."""

    def open(trace: Trace) -> tuple[Block, Any]:
        _need_condition(condition, "elsewhen()")
        return _arm(trace, _if_above(trace, "elsewhen()"), to_value(condition)), None

    return Within("elsewhen()", open, _nothing)


def otherwise() -> Within[Within[None]]:
    """The block runs when no condition before it held."""

    def open(trace: Trace) -> tuple[Block, Any]:
        return _arm(trace, _if_above(trace, "otherwise()"), None), None

    return Within("otherwise()", open, _nothing)


def _arm(trace: Trace, node: IfParts, value: ir.Value | None) -> Block:
    block = Block(trace.block, node)
    node.arms.append(ArmParts(value, block, trace.at()))
    return block


def _if_above(trace: Trace, what: str) -> IfParts:
    node = trace.block.nodes[-1] if trace.block.nodes else None
    if not isinstance(node, IfParts) or node.arms[-1].when is None or node.merged:
        fail("PG120", f"{what} must follow the block of its when() directly", "move what stands between them")
    return node


def _name_if(trace: Trace) -> None:
    node = trace.block.region
    first = next((inner.id for inner in trace.block.nodes if isinstance(inner, ir.Call)), None)
    node.id = trace.claim(node.wanted, f"if_{first or 'empty'}")


def _merge(*values: Any, id: str | None = None) -> Any:
    trace = current("merge()")
    node = _merged_if(trace, values)
    if len(values) != len(node.arms) or node.arms[-1].when is not None:
        missing = "" if node.arms[-1].when is None else "; its when() needs an otherwise(): some arm must give the value"
        fail("PG122", f"merge() takes one value for each of {len(node.arms)} arms, given {len(values)}{missing}")
    outer = trace.block
    picked = []
    for number, (arm, given) in enumerate(zip(node.arms, values, strict=True), start=1):
        if isinstance(given, Traced) and not arm.block.sees(given._block):
            own = any(other.block.sees(given._block) for other in node.arms if not outer.sees(given._block))
            where_ = "another arm" if own else "an inner block"
            way_out = "one value per arm, in the order of the arms; an inner block needs a merge of its own"
            fail("PG123", f"value {number} of merge(), {given._name}, comes from {where_}", way_out)
        trace.block = arm.block
        try:
            picked.append(to_value(given))
        finally:
            trace.block = outer
    hints = list({str(hint): hint for hint in map(hint_of, values)}.values())
    hint = hints[0] if len(hints) == 1 else Union[tuple(hints)]  # noqa: UP007
    name = trace.claim(id, where.assigned_name(where.author_frame()), f"{node.id}_value")
    schema = schema_of(hint, "serialization", "the type of merge()") if Any not in hints else {}
    node.merged.append(ir.Merged(id=name, values=tuple(picked), type=schema, at=trace.at()))
    return Traced(ir.Out(ref=name), hint, outer.scope, f"merge(...) {name}")


def _merged_if(trace: Trace, values: tuple[Any, ...]) -> IfParts:
    above = [node for node in _transparent(trace.block) if isinstance(node, IfParts)]
    blocks = [value._block for value in values if isinstance(value, Traced)]
    for node in reversed(above):
        if any(arm.block is block for arm in node.arms for block in blocks):
            return node
    if not above:
        fail("PG122", "merge() needs a when() above it, in the same block")
    return above[-1]


def _transparent(block: Block) -> list[Any]:
    return [
        inner
        for node in block.nodes
        for inner in (_transparent(node.block) if isinstance(node, GroupParts) else [node])
    ]


@overload
def merge(a: A, b: B, /, *, id: str | None = None) -> A | B: ...
@overload
def merge(a: A, b: B, c: C, /, *, id: str | None = None) -> A | B | C: ...
@overload
def merge(a: A, b: B, c: C, d: D, /, *, id: str | None = None) -> A | B | C | D: ...
@overload
def merge(*values: T, id: str | None = None) -> T: ...
def merge(*values: Any, id: str | None = None) -> Any:
    """The value of the arm that was taken: one value per arm, in their order."""
    return _merge(*values, id=id)


# ---------------------------------------------------------------- each


@overload
def each(
    items: Iterable[T], /, *, max_parallel: int | None = None, after: Iterable[object] = (), id: str | None = None
) -> Within[T]: ...
@overload
def each(
    items: Iterable[T],
    body: Callable[[T], R],
    /,
    *,
    max_parallel: int | None = None,
    after: Iterable[object] = (),
    id: str | None = None,
) -> list[R]: ...
def each(
    items: Any,
    body: Any = None,
    /,
    *,
    max_parallel: int | None = None,
    after: Iterable[object] = (),
    id: str | None = None,
) -> Any:
    """The block once for every item: `with each(xs) as x:`, or `each(xs, lambda x: step(x))`, which collects."""
    if body is not None:
        variable = body.__code__.co_varnames[0]
    else:  # asked now: a frame says where it is, not where it was
        variable = where.assigned_name(where.author_frame()) if Trace.current() else None

    def open(trace: Trace) -> tuple[Block, Any]:
        value, item_hint = to_value(items), _item_hint(items)
        if max_parallel is not None and (isinstance(max_parallel, bool) or max_parallel < 1):
            fail("PG126", f"max_parallel={max_parallel!r} makes no sense", "a whole number from 1")
        name = trace.claim(id, f"each_{variable}" if variable else "each")
        schema = {} if item_hint is Any else schema_of(item_hint, "serialization", "the type of the items")
        block = Block(trace.block)
        block.region = EachParts(name, value, schema, block, max_parallel, after_ids(trace, after), trace.at())
        trace.block.nodes.append(block.region)
        return block, Traced(ir.Item(loop=name), item_hint, block.scope, variable or "the item")

    within: Within[Any] = Within("each()", open, _nothing)
    if body is None:
        return within
    with within as item:
        made = body(item)
    return _collect(made, within.region, None)


def _item_hint(items: Any) -> Hint:
    hint = bare(hint_of(items))
    if isinstance(items, Traced):
        kinds = json_kinds(hint)
        if kinds is not None and "list" not in kinds:
            fail("PG128", f"each() takes a list; {items._name} is {type_name(hint)}")
    elif not isinstance(items, list | tuple):
        fail("PG128", f"each() takes a list, given {items!r}")
    args = getattr(hint, "__args__", ())
    if origin(hint) is list and args:
        return args[0]
    if isinstance(items, tuple):
        return _item_hint(list(items))
    return Any


def collect(value: T, *, id: str | None = None) -> list[T]:
    """The list of a value over all items of the `each` block above that made it, in their order."""
    trace = current("collect()")
    loops = [node for node in _transparent(trace.block) if isinstance(node, EachParts)]
    made = value._block if isinstance(value, Traced) else None
    own = [loop for loop in loops if loop.block is made or made is None]
    if not own:
        fail("PG124", "collect() takes a value made in an each() block just above", "merge it first if it is in an arm")
    return _collect(value, own[-1], id)


def _collect(value: Any, loop: EachParts, id: str | None) -> Any:
    trace = current("collect()")
    outer = trace.block
    trace.block = loop.block
    try:
        made = to_value(value)
    finally:
        trace.block = outer
    hint = hint_of(value)
    name = trace.claim(id, where.assigned_name(where.author_frame()), f"{loop.id}_list")
    inner = schema_of(hint, "serialization", "the type of collect()") if hint is not Any else {}
    schema = {"type": "array", "items": inner} if inner.get("$defs") is None else schema_of(list[hint], "serialization", name)
    loop.collected.append(ir.Collected(id=name, value=made, type=schema, at=trace.at()))
    return Traced(ir.Out(ref=name), list[hint], outer.scope, f"collect(...) {name}")


# ---------------------------------------------------------------- group and finally


def group(name: str, description: str = "") -> Within[Within[None]]:
    """Gives the calls of the block a common name; it changes nothing that happens."""

    def open(trace: Trace) -> tuple[Block, Any]:
        block = Block(trace.block, transparent=True)
        block.region = GroupParts(trace.claim(name), description, block, trace.at())
        trace.block.nodes.append(block.region)
        return block, None

    return Within("group()", open, _nothing)


class Outcome:
    """What a `finally_` block is told: `state` is `succeeded` or `failed`."""

    state: Literal["succeeded", "failed"]


def finally_() -> Within[Outcome]:
    """The block's one call runs once after everything else has ended, whatever happened."""

    def open(trace: Trace) -> tuple[Block, Any]:
        if trace.block is not trace.root:
            fail("PG129", "finally_() inside a block", "it belongs to the whole pipeline: put it at the top level")
        if trace.final is not None:
            fail("PG129", "a second finally_()", "one call per pipeline: do both in one step")
        block = Block(trace.block)
        state = Traced(ir.Ctx(name="state"), Literal["succeeded", "failed"], block, "outcome.state")
        return block, _Outcome(state)

    def close(trace: Trace) -> None:
        nodes = trace.block.nodes
        if len(nodes) != 1 or not isinstance(nodes[0], ir.Call):
            fail("PG129", f"finally_() holds {len(nodes)} nodes", "it holds one call: do the rest in its step")
        trace.final = ir.Final(call=nodes[0], at=nodes[0].at)

    return Within("finally_()", open, close)


class _Outcome:
    def __init__(self, state: Traced) -> None:
        self.state = state

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        fail("PG107", f"the outcome has no {name!r}", "it has: state")
