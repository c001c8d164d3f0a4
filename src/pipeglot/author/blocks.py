"""Blocks of a pipeline as authors write them: what a `with` opens and leaves behind, groups and finalisers."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pipeglot.author import enclosing
from pipeglot.author.enclosing import EnclosingStatement
from pipeglot.author.proxy import Traced
from pipeglot.author.trace import Block, Trace, current, fail
from pipeglot.core import ir
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import Diagnostic

T = TypeVar("T")


@dataclass
class ArmParts:
    """One arm of an If being built."""

    when: ir.Value | None
    block: Block
    at: ir.At


@dataclass(eq=False)
class IfParts:
    """An If being built; it gets its id when its first arm ends."""

    wanted: str | None
    after: tuple[str, ...]
    at: ir.At
    arms: list[ArmParts] = field(default_factory=list)
    merged: list[ir.Merged] = field(default_factory=list)
    id: str = ""


@dataclass(eq=False)
class EachParts:
    """An Each being built."""

    id: str
    items: ir.Value
    item_type: ir.Schema
    max_parallel: int | None
    after: tuple[str, ...]
    at: ir.At
    block: Block
    collected: list[ir.Collected] = field(default_factory=list)


@dataclass(eq=False)
class GroupParts:
    """A Group being built."""

    id: str
    description: str
    at: ir.At
    block: Block


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
    """A `with` block of the pipeline. Once it is closed it can be named in `after=`, except that of `finally_`."""

    def __init__(
        self, what: str, open: Callable[[Trace], tuple[Block, Any]], close: Callable[[Trace], None] | None = None
    ) -> None:
        self.what, self._open, self._close = what, open, close
        self.statements: set[EnclosingStatement] = set()
        """The `with` statements that opened it, in all functions of the author's."""
        trace = Trace.current()
        if trace is not None:
            trace.blocks.append((self, trace.at()))
        self._outer: Block | None = None
        self._entered = False
        self.region: Any = None

    def waited_for(self) -> str:
        """The id of the If, Each or Group, for `after=`; stops with PG127 where nothing can wait for it."""
        if not self._entered:
            fail(
                "PG127", f"after= names {self.what}, which is not entered", f"write `with {self.what} as name:` before"
            )
        if self._outer is not None:
            fail("PG127", f"after= names the block of {self.what}, inside of it", "name it once it has ended")
        if not isinstance(self.region, IfParts | EachParts | GroupParts):
            fail("PG127", f"after= names {self.what}, after which nothing comes", "it runs when all else has ended")
        return self.region.id

    def __enter__(self) -> T:
        trace = current(self.what)
        if self._entered:
            fail("PG117", f"one {self.what} is entered twice", f"write another {self.what}")
        self._entered = True
        enclosing.unkept(trace)
        block, value = self._open(trace)
        self.statements = enclosing.opened(trace, self.what, transparent=isinstance(block.region, GroupParts))
        trace.open.append(self)
        self._outer, self.region, trace.block = trace.block, block.region, block
        return self if value is None else value  # type: ignore[return-value]

    # It returns None: a bool would make type checkers think that names bound inside may be unbound.
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        trace = current(self.what)
        if error is None and self._close is not None:
            self._close(trace)
        elif error is not None and not isinstance(self.region, GroupParts):
            trace.left_by = trace.left_by or self.what
        if self in trace.open:
            trace.open.remove(self)
        if self._outer is not None:
            trace.block, self._outer = self._outer, None

    if not TYPE_CHECKING:

        def __iter__(self) -> Any:
            fail("PG117", f"{self.what} opens a block", f"write `with {self.what}:`")

    def __bool__(self) -> bool:
        fail("PG117", f"{self.what} opens a block", f"write `with {self.what}:`")

    def __repr__(self) -> str:
        return f"the block of {self.what}"


def unopened(trace: Trace) -> None:
    """Note as errors the blocks that were declared and never entered: their calls would stand outside."""
    for within, at in trace.blocks:
        if not within._entered:
            message = f"{within.what} is never entered"
            trace.errors.append(Diagnostic("PG117", "error", message, at, f"write `with {within.what}:`"))


def leave(trace: Trace, block: Block, given: Any, to_value: Callable[[Any], ir.Value]) -> ir.Value:
    """A value as it stands at the end of a block that was closed."""
    outer, trace.block = trace.block, block
    try:
        return to_value(given)
    finally:
        trace.block = outer


# ---------------------------------------------------------------- group and finally


def group(name: str, description: str = "") -> Within[Within[None]]:
    """Gives the calls of the block a common name; it changes nothing that happens.

    Args:
        name: the id of the group, under which engines show its calls.
        description: text that targets show where they can.

    Raises:
        AuthoringError: PG125 when the name is taken or no id, PG100 outside a pipeline.

    >>> from pipeglot import group, pipeline, shell
    >>> @shell('echo "$name"')
    ... def load(name: str) -> None: ...
    >>> @pipeline
    ... def nightly() -> None:
    ...     with group("loading", "all that is read"):
    ...         load("orders")
    >>> nightly.ir().body[0].description
    'all that is read'
    """

    def open(trace: Trace) -> tuple[Block, Any]:
        block = Block(trace.block, transparent=True)
        block.region = GroupParts(trace.claim(name), description, trace.at(), block)
        trace.block.nodes.append(block.region)
        return block, None

    return Within("group(...)", open)


class Outcome:
    """What a `finally_` block is told: `state`, a traced value that is `succeeded` or `failed`.

    >>> from pipeglot import Outcome, finally_, pipeline, shell
    >>> @shell('echo "it $state"')
    ... def report(state: str) -> None: ...
    >>> @pipeline
    ... def nightly() -> None:
    ...     with finally_() as outcome:
    ...         assert isinstance(outcome, Outcome)
    ...         report(outcome.state)
    >>> nightly.run().calls[-1].output
    'it succeeded'
    """

    state: Literal["succeeded", "failed"]
    """How the run ends without the block's own call."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def __repr__(self) -> str:
        return "the outcome of finally_()"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            fail("PG184", f"the outcome has no {name!r}", "it has: state")


def finally_() -> Within[Outcome]:
    """The block's one call runs once after everything else has ended, whatever happened.

    Returns:
        A block; `with finally_() as outcome:` gives an `Outcome`, which says how the run ends without that call.

    Raises:
        AuthoringError: PG129 within another block, a second time, or around anything but one call; PG100 outside a
            pipeline.

    >>> from pipeglot import finally_, pipeline, shell
    >>> @shell('exit 3')
    ... def fail() -> None: ...
    >>> @shell('echo "it $state"')
    ... def report(state: str) -> None: ...
    >>> @pipeline
    ... def nightly() -> None:
    ...     fail()
    ...     with finally_() as outcome:
    ...         report(outcome.state)
    >>> [(call.id, call.output) for call in nightly.run().calls]
    [('fail', None), ('report', 'it failed')]
    """

    def open(trace: Trace) -> tuple[Block, Any]:
        if trace.block is not trace.root:
            fail("PG129", "finally_() inside a block", "it belongs to the whole pipeline: put it at the top level")
        if trace.final is not None:
            fail("PG129", "a second finally_()", "one call per pipeline: do both in one step")
        block = Block(trace.block)
        state = Traced(ir.Ctx(name="state"), Literal["succeeded", "failed"], block, "outcome.state")
        return block, Outcome(state)

    def close(trace: Trace) -> None:
        nodes = trace.block.nodes
        if len(nodes) != 1 or not isinstance(nodes[0], ir.Call):
            what = "no call" if not nodes else "more than one call" if len(nodes) > 1 else "a block"
            fail("PG129", f"finally_() holds {what}", "it holds one call: do the rest in its step")
        trace.final = ir.Final(call=nodes[0], at=nodes[0].at)

    return Within("finally_()", open, close)
