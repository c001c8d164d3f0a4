"""A migration plan: the JSON contract `pipeglot.plan/1`."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import ConfigDict, Field

from pipeglot.compare.model import CallSource
from pipeglot.core.record import Part

FORMAT: Literal["pipeglot.plan/1"] = "pipeglot.plan/1"

Verdict: TypeAlias = Literal["migrate", "migrate with conditions", "stay"]
"""`stay`: the new engine refuses something that the pipeline uses."""

How: TypeAlias = Literal["native", "lowered", "altered", "lost", "refused", "said", "absent", "unknown"]
"""`altered`: it is there, and yet a loss is named; `lost`: it is not; `said`: the engine makes no feature of it and its files hold it; `absent`: nor do they; `unknown`: nothing is compiled
for that side."""

Found: TypeAlias = Literal["attribute", "call", "none"]
"""What the lines of a spelling are there for: the attribute itself, or the call that it is about; or there are none."""


class SourcePlace(Part):
    """A place in the author's files, and the call, param or step it is about."""

    file: str
    line: int
    name: str = ""


class Said(Part):
    """A diagnostic of one side; `count` are those that differ from it in names and places alone."""

    code: str
    severity: Literal["error", "loss", "warning", "note"]
    message: str
    help: str = ""
    file: str | None = None
    line: int | None = None
    count: int = 1


class OnSide(Part):
    """What a side makes of an attribute: `by` what means, `lines` of its generated files, of which `more` are not shown
    here, and what it says about it."""

    how: How = "unknown"
    by: str = ""
    found: Found = "none"
    lines: tuple[CallSource, ...] = ()
    more: int = 0
    said: tuple[Said, ...] = ()


class Row(Part):
    """An attribute of the pipeline with one value: `field` is that of the IR (`Retry.count`), or `feature:NAME` for
    what is a feature of the language by the way nodes stand. `uses` are how many places have it, `places` the first."""

    section: str
    field: str
    title: str
    value: str
    feature: str | None = None
    uses: int = 1
    places: tuple[SourcePlace, ...] = ()
    old: OnSide = OnSide()
    new: OnSide = OnSide()
    differences: tuple[str, ...] = ()


class Condition(Part):
    """What has to be accepted before the new side takes over; with `--allow CODE` where `allow` names a code."""

    code: str
    allow: bool
    message: str
    help: str = ""
    places: tuple[SourcePlace, ...] = ()
    count: int = 1


class Blocker(Part):
    """What the new side refuses, why, and what could be done about it."""

    code: str
    message: str
    reason: str = ""
    help: str = ""
    places: tuple[SourcePlace, ...] = ()
    count: int = 1


Carried: TypeAlias = Literal["yes", "no", "unknown"]
"""Whether the pipeline has what the old side has; `unknown` where the two say it in ways that cannot be compared."""


class Trait(Part):
    """Something that native code of the old side has, read off the object that its engine has loaded.

    Attributes:
        name: what it is: `sensor`, `schedule`, `retries`, `on_failure` for a callback, or the engine's own word.
        title: the same for people.
        value: what it says.
        tasks: those that have it, by the engine's names; none where it is about the run.
        places: where it is written.
        carried: whether the pipeline has it too.
        note: what the pipeline says instead, or why that is not known.
        help: what to do about it.
    """

    name: str
    title: str
    value: str = ""
    tasks: tuple[str, ...] = ()
    places: tuple[SourcePlace, ...] = ()
    carried: Carried
    note: str = ""
    help: str = ""


class Manual(Part):
    """Something that people have to do, and where it comes from."""

    kind: str
    what: str
    why: str = ""
    places: tuple[SourcePlace, ...] = ()


class Move(Part):
    """One thing to do while moving over or back; `command` is to be typed, where there is one."""

    what: str
    command: str = ""


class NotJudged(Part):
    """What the plan says nothing about, and the command that does."""

    what: str
    command: str = ""


class PlanSide(Part):
    """One side: what was asked for, and what is compiled for it."""

    spec: str
    engine: str
    name: str = ""
    entry: str = ""
    files: tuple[str, ...] = ()
    note: str = ""


class MigrationPlan(Part):
    """A migration plan: the verdict and all that it rests on. Nothing was run for it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    format: Literal["pipeglot.plan/1"] = Field(default=FORMAT, alias="schema")
    pipeline: str
    digest: str
    pipeglot: str
    verdict: Verdict
    why: str
    old: PlanSide
    new: PlanSide
    conditions: tuple[Condition, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    traits: tuple[Trait, ...] = ()
    rows: tuple[Row, ...] = ()
    manual: tuple[Manual, ...] = ()
    cut_over: tuple[Move, ...] = ()
    rollback: tuple[Move, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()

    def to_json(self) -> str:
        """The JSON text of the contract, ending in a newline."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> MigrationPlan:
        """Read `to_json`'s text; raises pydantic's ValidationError when it is not a plan of this version."""
        return cls.model_validate_json(text)
