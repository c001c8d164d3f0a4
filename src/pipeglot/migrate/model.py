"""What a migration dry-run found: the JSON contract `pipeglot.dryrun/1`."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import ConfigDict, Field

from pipeglot.core.graph import Picture, words
from pipeglot.core.ir import Call, Each, If, Pipeline
from pipeglot.core.record import Part, Record, Time
from pipeglot.core.shape import Shape, inline

FORMAT: Literal["pipeglot.dryrun/1"] = "pipeglot.dryrun/1"

Verdict: TypeAlias = Literal["equivalent", "diverged", "inconclusive"]
"""`inconclusive`: one of the runs could not be made or was cut short, so nothing can be said."""

Kind: TypeAlias = Literal[
    "run_state",
    "result",
    "missing",
    "extra",
    "state",
    "tolerated",
    "attempts",
    "output",
    "order",
    "input",
]
"""`input`: a replayed call was asked with arguments that the record does not have."""


class Difference(Part):
    """One thing that differs between two runs.

    `call` and `index` name the call instance, None and () for the run itself; `path` leads into its output (`$.a[1]`),
    for `order` it is the call that had to end first. Where `absent` names a side, it has nothing there. `between` says
    which runs were compared: the old and the new one, or two runs of the new one.
    """

    kind: Kind
    call: str | None = None
    index: tuple[int, ...] = ()
    path: str = ""
    old: Any = None
    new: Any = None
    absent: Literal["old", "new"] | None = None
    between: Literal["old and new", "new and new"] = "old and new"

    def __str__(self) -> str:
        place = "" if self.call is None else " " + self.call + "".join(f"[{i}]" for i in self.index)
        old, new = ("absent" if self.absent == side else repr(getattr(self, side)) for side in ("old", "new"))
        return f"{self.kind}{place}{self.path and ' at ' + self.path}: {old} -> {new}"

    @property
    def where(self) -> tuple[str, str | None, tuple[int, ...], str]:
        """What it is about, without the values: two differences at one place are the same question."""
        return self.kind, self.call, self.index, self.path


class Masked(Part):
    """A difference that does not count, and why: `runs` are how many runs of the old side showed the noise, `values`
    what they gave there; for an ignore rule, its reason and the day it ends."""

    difference: Difference
    why: Literal["noise", "ignored"]
    reason: str
    runs: int = 0
    values: tuple[Any, ...] = ()


class NotCompared(Part):
    """Something that the verdict says nothing about."""

    what: str
    why: str
    calls: tuple[str, ...] = ()


class Source(Part):
    """Where a call stands in the code that ran: the line's number, from 1, and its text."""

    file: str
    line: int
    text: str


class Side(Part):
    """One side of a dry-run: what was asked for, what ran, and what it did.

    `records` holds every run of it, the first of which is compared with the other side; it is empty when none could be
    made, and `problems` say why.
    """

    spec: str
    engine: str
    engine_version: str = ""
    files: tuple[str, ...] = ()
    sources: dict[str, Source] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()

    @property
    def record(self) -> Record | None:
        """The run that is compared."""
        return self.records[0] if self.records else None


class Injected(Part):
    """A failure that was made on purpose on both sides, and where what came of it differs."""

    name: str
    call: str
    index: tuple[int, ...] = ()
    failures: int | None = None
    differences: tuple[Difference, ...] = ()


class Box(Part):
    """A call or region of the pipeline, as it is drawn: `inside` are the regions around it, outermost first, and `arms`
    the number of the arm in each of them that is an If.

    `words` say what an If asks, arm by arm (empty for the one without a condition), or what an Each goes over; `args`
    what a call is given, by parameter.
    """

    id: str
    kind: Literal["call", "if", "each", "final"]
    inside: tuple[str, ...] = ()
    arms: tuple[int | None, ...] = ()
    loops: int = 0
    words: tuple[str, ...] = ()
    args: dict[str, str] = Field(default_factory=dict)


class Graph(Part):
    """The pipeline for drawing: its calls and regions, and what waits for what."""

    boxes: tuple[Box, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()


class DryRun(Part):
    """A dry-run: the verdict and all that it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    format: Literal["pipeglot.dryrun/1"] = Field(default=FORMAT, alias="schema")
    pipeline: str
    digest: str
    pipeglot: str
    verdict: Verdict
    why: str
    params: dict[str, Any] = Field(default_factory=dict)
    logical_date: str | None = None
    started: Time
    ended: Time
    old: Side
    new: Side
    differences: tuple[Difference, ...] = ()
    masked: tuple[Masked, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    injected: tuple[Injected, ...] = ()
    graph: Graph = Graph()

    def to_json(self) -> str:
        """The JSON text of the contract, ending in a newline."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> DryRun:
        """Read `to_json`'s text; raises pydantic's ValidationError when it is not a dry-run of this version."""
        return cls.model_validate_json(text)


def graph(pipeline: Pipeline) -> Graph:
    """What a pipeline looks like, drawn: every call, If, Each and the Final, and what waits for what."""
    pipeline = inline(pipeline)
    shape = Shape(pipeline)
    boxes: list[Box] = []
    for id, node in shape.nodes.items():
        if isinstance(node, Call | If | Each):
            frames = shape.frames[id]
            boxes.append(
                Box(
                    id=id,
                    kind=node.kind,
                    inside=tuple(frame.region for frame in frames),
                    arms=tuple(frame.arm for frame in frames),
                    loops=len(shape.loops(id)),
                    words=_words(node),
                    args=_args(node) if isinstance(node, Call) else {},
                )
            )
    if pipeline.final is not None:
        last = pipeline.final.call
        boxes.append(Box(id=last.id, kind="final", args=_args(last)))
    edges = dict.fromkeys((edge.start, edge.end) for edge in Picture(shape).edges)
    return Graph(boxes=tuple(boxes), edges=tuple(edges))


def _words(node: Call | If | Each) -> tuple[str, ...]:
    if isinstance(node, If):
        return tuple("" if arm.when is None else words(arm.when) for arm in node.arms)
    return (words(node.items),) if isinstance(node, Each) else ()


def _args(call: Call) -> dict[str, str]:
    return {name: words(value) for name, value in call.args.items()}
