"""The Airflow tasks a pipeline becomes: what each does, what it reads, what it waits for, and where it
stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.ir import Call, Each, Json, Value

Rule: TypeAlias = Literal[
    "ALL_SUCCESS",
    "NONE_FAILED",
    "NONE_FAILED_MIN_ONE_SUCCESS",
    "ONE_SUCCESS",
    "ALL_DONE_MIN_ONE_SUCCESS",
    "ALL_DONE",
]
"""Members of Airflow's TriggerRule."""

PROPAGATE: frozenset[Rule] = frozenset({"ALL_SUCCESS", "NONE_FAILED", "NONE_FAILED_MIN_ONE_SUCCESS", "ONE_SUCCESS"})
"""Rules under which a failure upstream is never hidden. ONE_SUCCESS is only used over the ends of an If's
arms, of which one at most is not skipped."""


@dataclass(frozen=True)
class Source:
    """The task whose XCom holds a value.

    `form`: `value`, the XCom itself; `list`, the lazy sequence that a mapped task gives. `soft`: the task
    may be skipped although all is well, because there was nothing to map over.
    """

    task: str
    form: Literal["value", "list"] = "value"
    soft: bool = False


# ---------------------------------------------------------------- what tasks do


@dataclass(frozen=True)
class Step:
    """Run a call's step."""

    call: Call


@dataclass(frozen=True)
class Branch:
    """Tell which arm is taken: `targets` are the tasks to follow, by arm."""

    conditions: tuple[Value | None, ...]
    targets: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Gate:
    """Give the number of the arm that is taken (None: no arm), inside a mapped group, where branches are
    ignored.
    """

    conditions: tuple[Value | None, ...]


@dataclass(frozen=True)
class Merge:
    """Give the value of the one arm that ran."""

    ends: tuple[str, ...]


@dataclass(frozen=True)
class ReturnValue:
    """Give a value: an arm's contribution to a merge."""

    value: Value


@dataclass(frozen=True)
class Items:
    """Give the list that an Each goes over; `known` when it is statically a list."""

    each: str
    value: Value
    known: bool


@dataclass(frozen=True)
class ExpandRows:
    """Give what one instance of an outer loop adds to an inner one: per item, the item and all `carried`
    along.
    """

    each: str
    value: Value
    known: bool
    carried: tuple[Value, ...]


@dataclass(frozen=True)
class FlattenRows:
    """Give the rows of all instances of the outer loop as one list, each row with its place."""

    rows: str
    outer: str


@dataclass(frozen=True)
class CollectInner:
    """Stand for an inner loop in the outer one: give a collected value (None: nothing) once the inner
    instances have ended, and share their fate. `watched` are the tasks that decide it."""

    rows: str
    flat: str
    watched: tuple[str, ...]
    value: Value | None
    pulls: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Gather:
    """Give a collected value by position, so that None keeps its place: `pulls` are the tasks read per
    instance.
    """

    value: Value
    loop: str
    pulls: tuple[tuple[str, str], ...]
    """IR id and task id."""
    count: int | None
    """How many instances, when known now; else the length of the items."""


@dataclass(frozen=True)
class Tolerate:
    """Give a call's value, or the default when it failed.

    `mapped`: the call lives in a mapped group, where no trigger rule tells a failed call from one that
    never ran.
    """

    task: str
    default: Json
    may_be_none: bool
    mapped: bool


@dataclass(frozen=True)
class NoOp:
    """Only wait."""


Work: TypeAlias = (
    Step
    | Branch
    | Gate
    | Merge
    | ReturnValue
    | Items
    | ExpandRows
    | FlattenRows
    | CollectInner
    | Gather
    | Tolerate
    | NoOp
)


@dataclass
class Task:
    """One Airflow task.

    `node` is the IR id it stands for, `loop` the Each in whose mapped group it lives (or whose items it is
    expanded over, when `expands`). `inputs` are XComs it takes, by IR id (or `#items` / `#gate`). `guard`
    is the gate and the arm it must see to run, for the first tasks of an arm inside a mapped group. `value` is the id of the
    merged or collected value that it gives.
    """

    id: str
    node: str
    work: Work
    loop: str | None = None
    expands: bool = False
    inputs: dict[str, Source] = field(default_factory=dict)
    upstream: dict[str, None] = field(default_factory=dict)
    rule: Rule = "ALL_SUCCESS"
    guard: tuple[str, int] | None = None
    max_parallel: int | None = None
    tolerated: bool = False
    groups: tuple[str, ...] = ()
    value: str = ""

    def wait_for(self, tasks: Iterable[str]) -> None:
        """Add upstream tasks, each once, in order."""
        self.upstream.update(dict.fromkeys(tasks))


@dataclass
class Loop:
    """An Each and what it is mapped over: the XCom of `source`, or constants.

    `grouped`: its body is a mapped task group with the `tasks` in it; otherwise its one call is expanded.
    `outer`: the loop it stands in, if any; it is then mapped over rows, which hold what is `carried` of the
    outer loops.
    """

    each: Each
    id: str
    source: Source | None = None
    constants: list[Json] | None = None
    grouped: bool = True
    tasks: list[Task] = field(default_factory=list)
    groups: tuple[str, ...] = ()
    outer: str | None = None
    carried: frozenset[str] = frozenset()


@dataclass
class Plan:
    """Everything the DAG file will hold, in the order it is made.

    `steps` are the tasks and mapped groups that stand outside of mapped groups; `names` tells which IR node
    a task stands for; `groups` are the ids of task groups by their IR id.
    """

    steps: list[Task | Loop] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    loops: dict[str, Loop] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    final: Task | None = None
    leaves: tuple[str, ...] = ()

    def all(self) -> list[Task]:
        """Every task, the Final last."""
        return [*self.tasks.values(), *([self.final] if self.final else [])]


@dataclass(frozen=True)
class Place:
    """Where tasks are being made: the mapped group (None: outside of any) and the branches around."""

    loop: Loop | None = None
    branches: tuple[str, ...] = ()


def roots(tasks: Sequence[Task]) -> list[Task]:
    """The tasks that come after none of the others."""
    ids = {task.id for task in tasks}
    return [task for task in tasks if ids.isdisjoint(task.upstream)]
