"""What a pipeline becomes on Dagster, before any text: graphs of ops, and what each op takes, gives and waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.ir import Call, Each, If, Item, Out, Value
from pipeglot.core.shape import unique


@dataclass(frozen=True)
class Step:
    """Runs the step of a call."""

    call: Call


@dataclass
class Choose:
    """Evaluates the conditions of an If and yields an output without a value: that of the arm taken.

    `arms` has the output of every arm, None for one without ops. `decided`: a further output is always yielded.
    """

    region: If
    arms: list[str | None] = field(default_factory=list)
    decided: bool = False


@dataclass(frozen=True)
class Fan:
    """Yields the items of an Each as a dynamic output."""

    each: Each


@dataclass(frozen=True)
class ReturnValue:
    """Forms a value."""

    value: Value


@dataclass(frozen=True)
class Pick:
    """Gives the value of the arm that was taken: the only one of its list input."""


@dataclass(frozen=True)
class RunBody:
    """Runs the body of an Each for one item, as a job of its own."""

    body: Graph


@dataclass(frozen=True)
class Gather:
    """Yields, of the runs of all items, each output that all of them have."""


@dataclass(frozen=True)
class Check:
    """Fails when the run of an item failed."""


@dataclass(frozen=True)
class Done:
    """Nothing to do but to come after others."""


Work: TypeAlias = Step | Choose | Fan | ReturnValue | Pick | RunBody | Gather | Check | Done


@dataclass(eq=False)
class Op:
    """An op of a graph.

    Attributes:
        name: of its node in the graph; distinct in the whole file.
        node: the id of what it stands for.
        takes: its inputs with a value, by what of the pipeline they are.
        fan_in: the handles of its list input.
        order: its inputs without a value: what they are called after, and the handles (more than one: any of them
            may be skipped).
        outs: its named outputs, when it has not just one.
        gate: the arm it stands in.
        loop: the Each whose items it is mapped over, in the same graph.
        max_parallel: how many of its instances may run at once.
        value: the id of the merged or collected value that it gives.
    """

    name: str
    node: str
    work: Work
    takes: dict[Out | Item, Handle] = field(default_factory=dict)
    fan_in: tuple[Handle, ...] = ()
    order: list[tuple[str, tuple[Handle, ...]]] = field(default_factory=list)
    outs: list[str] = field(default_factory=list)
    gate: Handle | None = None
    loop: str | None = None
    max_parallel: int | None = None
    value: str = ""

    def handles(self) -> Iterator[Handle]:
        """Everything it depends on."""
        yield from self.takes.values()
        yield from self.fan_in
        for _, handles in self.order:
            yield from handles

    def waits_for(self, name: str, handles: Iterable[Handle]) -> None:
        """Come after something, unless it does so already."""
        wanted = unique_handles(handles)
        known = [set(self.fan_in)] if len(self.fan_in) == 1 else []
        known += [{handle} for handle in self.takes.values()] + [set(had) for _, had in self.order]
        if wanted and set(wanted) not in known:
            self.order.append((name, wanted))


@dataclass(frozen=True, eq=False)
class Source:
    """An input of a graph."""

    name: str


@dataclass(frozen=True)
class Handle:
    """An output of an op (`out`: which, when it has several), or an input of the graph.

    `loop`: there is one for every item of that Each; outside of the loop it is the list of all.
    """

    op: Op | Source
    out: str | None = None
    loop: str | None = None


def unique_handles(handles: Iterable[Handle]) -> tuple[Handle, ...]:
    return tuple(dict.fromkeys(handles))


@dataclass
class Mapped:
    """The ops that are run for every item of an Each."""

    fan: Op
    ops: list[Op] = field(default_factory=list)


@dataclass
class Graph:
    """A graph: the job itself, the body of an Each that is run as a job, or the Final's.

    Attributes:
        name: of the graph, distinct in the whole file.
        job: of the job that it is run as.
        region: the Each whose body it is, or "".
        inputs: what it takes from outside, by what of the pipeline it is.
        steps: its ops in order, those mapped over the items of an Each together.
        outputs: what leaves it.
    """

    name: str
    job: str = ""
    region: str = ""
    inputs: dict[Out | Item, Handle] = field(default_factory=dict)
    steps: list[Op | Mapped] = field(default_factory=list)
    outputs: dict[str, Handle] = field(default_factory=dict)

    def ops(self) -> Iterator[Op]:
        """Its ops, in order; not those of the graphs that its ops run."""
        for step in self.steps:
            if isinstance(step, Mapped):
                yield step.fan
                yield from step.ops
            else:
                yield step


Role: TypeAlias = Literal["call", "helper", "outcome"]
"""What an op's failure means: a call's own; that a region could not decide; or nothing that is not known already."""


@dataclass
class Plan:
    """A whole pipeline: `main` and the graphs that it runs, innermost first; `final` has one op."""

    main: Graph
    bodies: list[Graph] = field(default_factory=list)
    final: Graph | None = None

    def graphs(self) -> list[Graph]:
        """Every graph."""
        return [*self.bodies, self.main, *([self.final] if self.final else [])]

    def ops(self) -> Iterator[Op]:
        """Every op of every graph."""
        for graph in self.graphs():
            yield from graph.ops()

    def role(self, op: Op) -> Role:
        """What a failure of an op means."""
        match op.work:
            case Step():
                return "call"
            case Check() | Done() | RunBody() | Gather():
                return "outcome"
            case Choose() | Fan() | ReturnValue() | Pick():
                return "helper"
            case _:
                assert_never(op.work)


__all__ = ["Graph", "Handle", "Mapped", "Op", "Plan", "Source", "unique", "unique_handles"]
