"""Loops as authors write them: each, and collect, by which a list of values leaves them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from pipeglot.author import caller, hints
from pipeglot.author.blocks import EachParts, IfParts, Within, leave
from pipeglot.author.hints import Hint
from pipeglot.author.proxy import Traced, hint_of, to_value, traced_in
from pipeglot.author.signature import schema_of
from pipeglot.author.steps import after_ids, listed
from pipeglot.author.trace import Block, Trace, current, fail
from pipeglot.core import ir

T = TypeVar("T")
R = TypeVar("R")


@overload
def each(
    items: Iterable[T], /, *, max_parallel: int | None = None, after: object = (), id: str | None = None
) -> Within[T]: ...
@overload
def each(
    items: Iterable[T],
    body: Callable[[T], R],
    /,
    *,
    max_parallel: int | None = None,
    after: object = (),
    id: str | None = None,
) -> list[R]: ...
def each(
    items: Any,
    body: Any = None,
    /,
    *,
    max_parallel: int | None = None,
    after: object = (),
    id: str | None = None,
) -> Any:
    """The block once for every item: `with each(xs) as x:`, or `each(xs, lambda x: step(x))`, which collects.

    Args:
        items: a list that is known while the pipeline is traced, or a traced value that is a list.
        body: a function of one item; what it gives is collected into a list.
        max_parallel: how many instances of any one call of the block run at once, from 1; by default all.
        after: calls, blocks or groups that end before the block starts, beside those it takes values of.
        id: the id of the block in diagnostics and drawings; by default made of the item's name.

    Raises:
        AuthoringError: PG182 when the items are no list, PG126 for a bound below 1, PG100 outside a pipeline.

    >>> from pipeglot import each, pipeline, shell
    >>> @shell('echo "$city is fine"')
    ... def visit(city: str) -> None: ...
    >>> @pipeline
    ... def tour() -> list[str]:
    ...     return each(["Oslo", "Rome"], lambda city: visit(city), max_parallel=1)
    >>> tour.run().result
    ['Oslo is fine', 'Rome is fine']
    """
    current("each()")
    frame = caller.author_frame()
    variable = caller.assigned_name(frame) if body is None else _parameter(body)
    bound: Any = max_parallel

    def open(trace: Trace) -> tuple[Block, Any]:
        given = items if isinstance(items, Traced) else _static(items)
        value, hint = to_value(given), _item_hint(given)
        if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool) or bound < 1):
            fail("PG126", f"invalid max_parallel={bound!r}", "a whole number from 1")
        name = trace.claim(id, f"each_{variable}" if variable else "each")
        schema = schema_of(hint, "serialization", "the type of the items")
        order = after_ids(trace, listed(after))
        block = Block(trace.block)
        block.region = EachParts(name, value, schema, max_parallel, order, trace.at(), block)
        trace.block.nodes.append(block.region)
        return block, Traced(ir.Item(loop=name), hint, block.scope, variable or "the item")

    within: Within[Any] = Within("each(...)", open)
    if body is None:
        return within
    with within as item:
        made = body(item)
    return _collect(current("each()"), made, within.region, None, caller.assigned_name(frame))


def _parameter(body: Any) -> str | None:
    try:
        return next(iter(inspect.signature(body).parameters), None)
    except (TypeError, ValueError):
        fail("PG182", f"{body!r} is not the body of a loop", "each(xs, lambda x: step(x))")


def _static(items: Any) -> list[Any]:
    if isinstance(items, str | bytes | dict) or not isinstance(items, Iterable):
        fail("PG182", f"each() takes a list, given {items!r}")
    return items if isinstance(items, list) else [*items]


def _item_hint(given: Any) -> Hint:
    if isinstance(given, Traced):
        hint = hints.items(given._type)
        if hint is None:
            fail("PG182", f"each() takes a list; {given._name} is {hints.type_name(given._type)}")
        return hint
    return hints.union(map(hint_of, given))


def collect(value: T, *, id: str | None = None) -> list[T]:
    """The list of a value over all items of the `each` block above that made it, in their order.

    Args:
        value: a value made in the block, or a dict, list or text with such values in it.
        id: the id of the list; by default the name that it is bound to.

    Raises:
        AuthoringError: PG124 when no `each` block just above made the value, PG100 outside a pipeline.

    >>> from pipeglot import collect, each, pipeline, shell
    >>> @shell('echo "$city is fine"')
    ... def visit(city: str) -> None: ...
    >>> @pipeline
    ... def tour() -> list[str]:
    ...     with each(["Oslo", "Rome"]) as city:
    ...         seen = visit(city)
    ...     return collect(seen)
    >>> tour.run().result
    ['Oslo is fine', 'Rome is fine']
    """
    trace = current("collect()")
    variable = caller.assigned_name(caller.author_frame())
    for traced in traced_in(value):
        left = trace.block.left_from(traced._block)
        if left is None:
            continue
        if not isinstance(left.region, EachParts):
            fail("PG124", f"collect() takes {traced._name} out of a when() block", "merge it first")
        inner = left.left_from(traced._block)
        if inner is not None:
            way_out = (
                "merge it inside the loop first"
                if isinstance(inner.region, IfParts)
                else "collect the inner loop first"
            )
            fail("PG124", f"collect() takes {traced._name} out of a block in its loop", way_out)
        return _collect(trace, value, left.region, id, variable)  # type: ignore[no-any-return]
    fail("PG124", "collect() takes a value made in an each() block just above", "it makes a list of one value per item")


def _collect(trace: Trace, value: Any, loop: EachParts, id: str | None, variable: str | None) -> Any:
    made, hint = leave(trace, loop.block, value, to_value), hint_of(value)
    first = next((part.ref for part in ir.parts(made) if isinstance(part, ir.Out)), loop.id)
    name = trace.claim(id, variable, f"{first}_list")
    whole: Any = list[hint]  # type: ignore[valid-type]
    schema = schema_of(whole, "serialization", "what collect() gives") if hint is not Any else {"type": "array"}
    loop.collected.append(ir.Collected(id=name, value=made, type=schema, at=trace.at()))
    owner = loop.block.up
    assert owner is not None
    return Traced(ir.Out(ref=name), whole, owner.scope, f"collect(...) {name}")
