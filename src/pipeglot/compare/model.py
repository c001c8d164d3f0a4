"""What a migration dry-run found: the JSON contract `pipeglot.dryrun/1`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from pydantic import ConfigDict, Field

from pipeglot.compare.drawing import CallGraph
from pipeglot.compare.weight import Coverage, Declared, Flaky, NotExercised
from pipeglot.core.memory import no_collection
from pipeglot.core.record import Part, Record, Time, json_text

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
    "table",
    "artifact",
    "repeated",
    "told",
    "declared",
    "record",
    "parallel",
]
"""`input`: only on one side was a replayed call asked with arguments that the record does not have. `table`: two tables, in
an output or in the file that it names; `artifact`: two files, by what is in them or by their bytes. `repeated`: how often
one call instance was executed. `attempts` without a call are those of the run itself. `told`: what the Final was told of
the run. `parallel`: how many instances of a call ran at once, where that is more than the pipeline allows. `declared`: a
policy that both sides declare, named by `path`. `record`: something in a record that cannot be, or that is about another
run; `path` names it."""

MANY = 10_000
"""Call instances beyond which a dry-run leaves out what is for people alone."""

Required: TypeAlias = Literal["outputs", "states"]
"""What must have been compared before two runs are *equivalent*."""

CONTENT: frozenset[Kind] = frozenset({"output", "result", "table", "artifact"})
"""Kinds that are about what calls gave, at a path in it."""


def named(id: str | None, index: Iterable[int] = ()) -> str:
    """A call instance as people write it.

    >>> named("train", (0, 2))
    'train[0][2]'
    """
    return "the run" if id is None else id + "".join(f"[{number}]" for number in index)


class CellDifference(Part):
    """One cell that differs: of the row with this key, or of the row with this number, from 0, where no key is known.

    Values are JSON text, those of a CSV file as they stand there, and None where the row has no such column.
    """

    row: tuple[str, ...]
    column: str
    old: str | None
    new: str | None


class Duplicate(Part):
    """A key that not just one row has: how many there are on either side."""

    key: tuple[str, ...]
    old: int
    new: int


class TableDifference(Part):
    """What differs between two tables: schema, rows and cells.

    `key` are the columns whose values name a row, empty where the rows are taken in order. `columns` are those of both
    tables, each with the share of the `matched` rows in which they agree, 1.0 for all; `retyped` those whose values are
    of other types. The samples (`cells`, `rows_only_old`, `rows_only_new`, `duplicates`) are the first ones, at most
    ten of each.
    """

    key: tuple[str, ...] = ()
    old_rows: int
    new_rows: int
    matched: int
    equal: int
    only_old: int = 0
    only_new: int = 0
    columns: dict[str, float] = Field(default_factory=dict)
    columns_only_old: tuple[str, ...] = ()
    columns_only_new: tuple[str, ...] = ()
    retyped: dict[str, tuple[str, str]] = Field(default_factory=dict)
    cells: tuple[CellDifference, ...] = ()
    rows_only_old: tuple[tuple[str, ...], ...] = ()
    rows_only_new: tuple[tuple[str, ...], ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = list(self.notes)
        for names, what in ((self.columns_only_old, "lost"), (self.columns_only_new, "new")):
            said += [f"{what} column{'s' * (len(names) > 1)} {_some(names)}"] * bool(names)
        said += [f"{name} was {old}, is {new}" for name, (old, new) in list(self.retyped.items())[:3]]
        for count, rows, what in (
            (self.only_old, self.rows_only_old, "lost"),
            (self.only_new, self.rows_only_new, "new"),
        ):
            said += [f"{count:,} {what} row{'s' * (count > 1)} ({_some(map(self.row_name, rows), count)})"] * bool(
                count
            )
        said += [f"{self.row_name(one.key)} {one.old} times, now {one.new}" for one in self.duplicates[:3]]
        if self.equal < self.matched:
            said.append(f"{self.matched - self.equal:,} of {self.matched:,} rows differ")
        for one in self.cells[:1]:
            old, new = ("absent" if value is None else value for value in (one.old, one.new))
            said.append(f"{one.column} at {self.row_name(one.row)}: {old} -> {new}")
        return "; ".join(said)

    def row_name(self, row: tuple[str, ...]) -> str:
        """A row by its key, or by its number where no key is known."""
        return ", ".join(f"{name}={value}" for name, value in zip(self.key, row, strict=False)) or f"row {row[0]}"

    @property
    def places(self) -> tuple[str, ...]:
        """What of the table differs, as the ends of paths: a column, or the rows as such."""
        columns = [name for name, share in self.columns.items() if share < 1]
        columns += [*self.columns_only_old, *self.columns_only_new, *self.retyped]
        rows = ["[*]"] if self.only_old or self.only_new or self.duplicates else []
        return (*(f"[*].{name}" for name in dict.fromkeys(columns)), *rows)


def _some(names: Iterable[str], count: int | None = None) -> str:
    shown = list(names)
    return ", ".join(shown[:3]) + ", ..." * ((count or len(shown)) > 3)


class Difference(Part):
    """One thing that differs between two runs.

    `call` and `index` name the call instance, None and () for the run itself; `path` leads into its output (`$.a[1]`),
    for `order` it is the call that had to end first. Where `absent` names a side, it has nothing there. `between` says
    which runs were compared: the old and the new one, or two runs of the new one; `scenario` which failure was made on
    purpose in both. A difference of kind `table` tells
    the shape of both in `old` and `new`, and what differs in `table`. Paths lead through the name of a file into what is
    in it: `$.report[3].amount`, or `$.models/a.pkl` where `$.models` names a folder.
    """

    kind: Kind
    call: str | None = None
    index: tuple[int, ...] = ()
    path: str = ""
    old: Any = None
    new: Any = None
    absent: Literal["old", "new"] | None = None
    between: Literal["old and new", "new and new"] = "old and new"
    table: TableDifference | None = None
    scenario: str = ""

    def __str__(self) -> str:
        when = f"when {self.scenario}: " if self.scenario else ""
        return when + self._said()

    def _said(self) -> str:
        place = "" if self.call is None else " " + named(self.call, self.index)
        if self.table is not None:
            return f"{self.kind}{place} at {self.path}: {self.table}"
        old, new = ("absent" if self.absent == side else repr(getattr(self, side)) for side in ("old", "new"))
        return f"{self.kind}{place}{self.path and ' at ' + self.path}: {old} -> {new}"

    @property
    def where(self) -> tuple[str, str | None, tuple[int, ...], str]:
        """What it is about, without the values: two differences at one place are the same question."""
        return self.kind, self.call, self.index, self.path

    @property
    def places(self) -> tuple[str, ...]:
        """The paths that it is about: of a table, one for every column that differs and one for its rows."""
        ends = ("",) if self.table is None else self.table.places or ("",)
        return tuple(self.path + end for end in ends)


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


class CallSource(Part):
    """Where a call stands in the code that ran: the line's number, from 1, and its text; `code` is that of its function, empty
    where that is not known."""

    file: str
    line: int
    text: str
    code: str = ""


class Given(Part):
    """What a call instance was given, by parameter: computed from what the others gave, for records hold outputs."""

    call: str
    index: tuple[int, ...] = ()
    args: dict[str, Any]


class Seen(Part):
    """What was last heard of a task in a run that was not finished; the state is the engine's own word."""

    task: str
    index: tuple[int, ...] = ()
    state: str
    attempt: int = 0


class Side(Part):
    """One side of a dry-run: what was asked for, what ran, and what it did.

    `records` holds every run of it, the first of which is compared with the other side; it is empty when none could be
    made: `problems` say why, and `seen` how far it had come. `given` is about the run that is compared.
    """

    spec: str
    engine: str
    engine_version: str = ""
    files: tuple[str, ...] = ()
    sources: dict[str, CallSource] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    given: tuple[Given, ...] = ()
    seen: tuple[Seen, ...] = ()

    @property
    def record(self) -> Record | None:
        """The run that is compared."""
        return self.records[0] if self.records else None


class Injected(Part):
    """A failure that was injected on both sides, and where its consequences differ; `problems` say why a side
    could not be run with it, so that nothing was compared."""

    name: str
    call: str
    index: tuple[int, ...] = ()
    failures: int | None = None
    differences: tuple[Difference, ...] = ()
    masked: tuple[Masked, ...] = ()
    problems: tuple[str, ...] = ()


class Finding(Part):
    """Differences that have one cause: the first call that differs although what it was given agrees.

    `cause` and `consequences` are places in the `differences` of the dry-run, in their order: those of the call itself,
    and those of what follows from it. `call` is None where the cause is no call: the run as such. `old` and `new` say
    where the call stands, and `diff` is a unified diff of its source on both sides, empty where one is not known.
    """

    call: str | None = None
    cause: tuple[int, ...]
    consequences: tuple[int, ...] = ()
    old: CallSource | None = None
    new: CallSource | None = None
    diff: str = ""


class Report(Part):
    """A dry-run: the verdict and all that it rests on.

    `findings` group all `differences`, each in just one of them; `flaky` is what the old side itself does differently
    from run to run; `required` is what had to be compared for an *equivalent*.

    >>> from pipeglot import Report, dry_run, pipeline
    >>> @pipeline
    ... def nightly(limit: int = 3) -> int:
    ...     return limit
    >>> report = dry_run(nightly, "local", "local")
    >>> report.old.engine, report.differences, Report.from_json(report.to_json()) == report
    ('local', (), True)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    format: Literal["pipeglot.dryrun/1"] = Field(default=FORMAT, alias="schema")
    pipeline: str
    digest: str
    pipeglot: str
    verdict: Verdict
    why: str
    required: Required = "outputs"
    params: dict[str, Any] = Field(default_factory=dict)
    logical_date: str | None = None
    started: Time
    ended: Time
    old: Side
    new: Side
    coverage: Coverage = Coverage()
    differences: tuple[Difference, ...] = ()
    findings: tuple[Finding, ...] = ()
    flaky: tuple[Flaky, ...] = ()
    masked: tuple[Masked, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    not_exercised: tuple[NotExercised, ...] = ()
    declared: tuple[Declared, ...] = ()
    injected: tuple[Injected, ...] = ()
    graph: CallGraph = CallGraph()

    def to_json(self) -> str:
        """The JSON text of the contract, ending in a newline; on one line where nobody would read it for its length."""
        long = self.coverage.instances > MANY
        with no_collection():
            return json_text(self, indent=None if long else 2)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read `to_json`'s text; raises pydantic's ValidationError when it is not a dry-run of this version."""
        return cls.model_validate_json(text)
