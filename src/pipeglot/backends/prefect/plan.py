"""The flow that a pipeline becomes: the definitions of its tasks, and the statements that submit them.

Variables and tasks have their names here; how a statement is laid out is left to printing. `origin` is the id of the
node or value that something stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from pipeglot.codegen.expressions import Root
from pipeglot.core.dataclass import dataclass
from pipeglot.core.ir import Call, Const, Each, If, Json, Out, Value


@dataclass(frozen=True)
class Form:
    """Form a value of others."""

    value: Value


@dataclass(frozen=True)
class TaskPlan:
    """A task definition.

    Attributes:
        name: what it is called in the file.
        label: what Prefect calls it.
        work: what it does: run a call's step, choose the arm of an If, check the items of an Each, form a value, or (None)
            give what another task gave, or a default when that one failed.
        takes: its parameters, and what each is given.
        looped: whether it stands in a loop: its runs are told their index.
        direct: whether it is the author's own function; otherwise it is a function that calls it.
    """

    origin: str
    name: str
    label: str
    work: Call | If | Each | Form | None
    takes: tuple[tuple[str, Root | Const], ...] = ()
    looped: bool = False
    direct: bool = False

    @property
    def refs(self) -> tuple[str, ...]:
        """The ids of what it takes."""
        return tuple(value.ref for _, value in self.takes if isinstance(value, Out))


@dataclass(frozen=True)
class Variable:
    """A variable of the flow: a plain value, a future, a list of futures, or any mix of them.

    `pending`: it may hold a future that has not completed, or never will.
    """

    text: str
    kind: Literal["plain", "future", "futures", "mixed"] = "plain"
    pending: bool = False


@dataclass(frozen=True)
class Expression:
    """A value that the flow's own thread forms of variables that have completed."""

    value: Value
    variables: Mapping[Root, Variable]


Given: TypeAlias = Variable | Expression

# ---------------------------------------------------------------- statements


@dataclass(frozen=True)
class Slots:
    """The list of the runs so far of a call of which at most `width` may run at once, for the bound of a `loop`; `locked`
    where threads share it."""

    loop: str
    runs: str
    width: int
    locked: bool


@dataclass(frozen=True)
class Submit:
    """Start a run of a task. `index` are the position variables of the loops around it."""

    origin: str
    variable: str
    task: TaskPlan
    arguments: tuple[Variable | Const, ...]
    index: tuple[str, ...] = ()
    wait_for: tuple[str, ...] = ()
    slots: Slots | None = None


@dataclass(frozen=True)
class SubmitDefault:
    """Let a variable have a default when its run failed, though not when it was held back."""

    origin: str
    variable: str
    task: TaskPlan
    default: Json
    wait_for: tuple[str, ...]


@dataclass(frozen=True)
class SubmitMapped:
    """Start a run of a task for every item: of each argument, whether it has one element for every item."""

    origin: str
    variable: str
    task: TaskPlan
    arguments: tuple[tuple[Variable, bool], ...]
    items: str
    index: tuple[str, ...]
    wait_for: tuple[str, ...]


@dataclass(frozen=True)
class Assign:
    """Give a variable its value; with `items`: a list that has it, or a run that forms it, once for every item."""

    origin: str
    variable: str
    value: Given | Submit
    items: str = ""


@dataclass(frozen=True)
class NewList:
    """An empty list, annotated where no other statement tells its type."""

    origin: str
    variable: str
    annotated: bool = True


@dataclass(frozen=True)
class Append:
    """Add a value to a list."""

    origin: str
    variable: str
    value: Given


@dataclass(frozen=True)
class Collect:
    """Put runs into a list that is waited for; `own`: the list belongs to the function written here."""

    origin: str
    variable: str
    runs: tuple[str, ...]
    own: bool


@dataclass(frozen=True)
class Choose:
    """Run the first block whose test holds (None: any other case), once all that is `needed` has completed; otherwise the
    `stopped` variables have the futures that did not."""

    origin: str
    needed: tuple[str, ...]
    stopped: tuple[str, ...]
    blocks: tuple[tuple[Expression | None, Block], ...]


@dataclass(frozen=True)
class ForItems:
    """Run a block item by item: `item` is empty where nothing takes it."""

    origin: str
    index: str
    item: str
    items: str
    body: Block


@dataclass(frozen=True)
class ForItemsAtOnce:
    """Run a function for all items at once, in threads: `results` are the lists of what it gives (`gathered` has them in
    tuples where there are several)."""

    origin: str
    function: str
    index: str
    item: str
    items: str
    body: Block
    results: tuple[tuple[str, Given], ...]
    gathered: str


Statement: TypeAlias = (
    Submit | SubmitDefault | SubmitMapped | Assign | NewList | Append | Collect | Choose | ForItems | ForItemsAtOnce
)
Block: TypeAlias = tuple[Statement, ...]


@dataclass(frozen=True)
class FlowPlan:
    """A whole flow.

    Attributes:
        constants: the names that defaults of parameters have, where they are lists and dicts.
        tasks: its tasks in the order in which they are first used.
        context: the variables of the facts of the run that something takes; `tick` has the scheduled time for them.
        locked: whether slots are shared by threads.
        runs: everything that was started, as far as no statement has put it into the list of runs; `listed`: it exists.
        final: the run of the Final.
        result: what the flow gives; None is given where it cannot be formed, unless that `cannot_fail`.
    """

    constants: Mapping[str, str]
    tasks: tuple[TaskPlan, ...]
    context: Mapping[str, str]
    tick: str
    locked: bool
    listed: bool
    body: Block
    runs: tuple[str, ...]
    final: Submit | None
    result: Expression | None
    cannot_fail: bool
