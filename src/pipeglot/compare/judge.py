"""What two sides' records say: the differences that count, those that do not, what was not compared, the verdict."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Any, Literal, TypeAlias

from pipeglot.compare.artifacts import not_compared
from pipeglot.compare.coverage import covered
from pipeglot.compare.drawing import graph
from pipeglot.compare.exercised import not_exercised
from pipeglot.compare.findings import findings
from pipeglot.compare.folders import Folders
from pipeglot.compare.ignore import Rules, ignored
from pipeglot.compare.model import MANY, Difference, Given, Injected, NotCompared, Report, Required, Side, named
from pipeglot.compare.order import Key, Order
from pipeglot.compare.records import compare
from pipeglot.compare.repeats import compared
from pipeglot.compare.soundness import unsound
from pipeglot.compare.verdict import left_out, verdict
from pipeglot.compare.weight import Coverage, Declared
from pipeglot.core.ir import Pipeline
from pipeglot.core.memory import no_collection
from pipeglot.core.shape import inline
from pipeglot.core.version import __version__
from pipeglot.meaning.derive import arguments
from pipeglot.redact.masks import MASK, Redactor

SideName: TypeAlias = Literal["old", "new"]
Left: TypeAlias = Sequence[Folders | None]
"""Where the files are that each run of a side left; None for a run that was made before."""


@no_collection()
def judge(
    pipeline: Pipeline,
    old: Side,
    new: Side,
    *,
    params: Mapping[str, Any],
    logical_date: datetime,
    started: datetime,
    rules: Rules | None = None,
    tolerance: float = 1e-9,
    folders: tuple[Left, Left] = ((), ()),
    injected: Sequence[Injected] = (),
    asked: Sequence[Difference] = (),
    invented: Collection[str] = (),
    gaps: Sequence[NotCompared] = (),
    declared: Sequence[Declared] = (),
    required: Required = "outputs",
    masks: Redactor | None = None,
) -> Report:
    """The dry-run that two sides' records make: what differs, what was masked, what was not compared. Records are compared
    as they are; in what is told of them there is nothing secret (`masks`, by default those of this process). Of what both
    sides have `declared`, each that differs is a difference; `asked` is what only one side's stubs were asked,
    `invented` are the calls whose outputs both sides made up, and `required` what must have been compared for an *equivalent*."""
    masks = masks or Redactor.of(pipeline)
    rules = rules or Rules()
    order = Order(inline(pipeline))
    unread: dict[tuple[str, str], list[str]] = {}
    ignore = partial(ignored, rules=rules.ignore, today=started.date())
    said = [_declared(one) for one in declared if one.verdict == "differ"]
    told: dict[str, Any] = {"not_exercised": (), "flaky": (), "findings": (), "coverage": Coverage()}
    if old.record is None or new.record is None:
        counted, masked = ignore(said)
    else:
        left = [[*some, *[None] * len(side.records)] for some, side in zip(folders, (old, new), strict=True)]

        def among(first: int, other: int, sides: tuple[int, int] = (0, 0)) -> list[Difference]:
            a, b = ((old, new)[side].records[number] for side, number in zip(sides, (first, other), strict=True))
            files = left[sides[0]][first], left[sides[1]][other]
            how: dict[str, Any] = {"tolerance": tolerance, "rules": rules, "gaps": unread, "hide": masks.text}
            return compare(a, b, order, folders=files, **how)

        def real(one: Difference) -> bool:
            return bool(ignore([one])[0])

        every = compared(old.records, new.records, partial(among, sides=(0, 1)), among, real)
        faults = unsound(old.records, new.records, order, params=params, logical_date=logical_date)
        counted, known = ignore([*faults, *every.found, *asked, *said])
        masked = [*every.masked, *known]
        counted, unsure = _without_masked(counted, masks)
        gaps = [*gaps, *_masked_in_records(unsure)]
        # Of very many, what they were given is not told; causes are then found by what waits for what alone.
        few = max(len(old.record.calls), len(new.record.calls)) <= MANY
        given = (arguments(order.shape, old.record), arguments(order.shape, new.record)) if few else ({}, {})
        passive = [*unsure, *(one.difference for one in masked)]
        made_up = [Difference(kind="output", call=c.id, index=c.index) for c in old.record.calls if c.id in invented]
        told = {
            "coverage": covered(order, old.record, new.record, counted, passive[len(unsure) :], [*unsure, *made_up]),
            "findings": findings(order, (old, new), given, counted, passive),
            "flaky": tuple(every.flaky),
            "not_exercised": tuple(not_exercised(order, [*old.records, *new.records], injected, params)),
        }
        old, new = (
            side.model_copy(update={"given": _given(args)}) for side, args in zip((old, new), given, strict=True)
        )
    result = Report(
        pipeline=pipeline.name,
        digest=pipeline.digest(),
        pipeglot=__version__,
        verdict="inconclusive",
        why="",
        required=required,
        params=dict(params),
        logical_date=logical_date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        started=started,
        ended=datetime.now(timezone.utc),
        old=old,
        new=new,
        differences=tuple(counted),
        masked=tuple(masked),
        not_compared=(*gaps, *not_compared(unread), *left_out(order, old, new)),
        declared=tuple(declared),
        injected=tuple(injected),
        graph=graph(pipeline),
        **told,
    )
    decided, why = verdict(result)
    return masks.model(result.model_copy(update={"verdict": decided, "why": why}))


def _declared(one: Declared) -> Difference:
    return Difference(kind="declared", call=one.call, path=one.name, old=one.old, new=one.new)


def _given(found: Mapping[Key, dict[str, Any]]) -> tuple[Given, ...]:
    return tuple(Given(call=id, index=index, args=args) for (id, index), args in found.items())


def _masked_in_records(found: Sequence[Difference]) -> Iterable[NotCompared]:
    if found:
        why = "a record holds no secret, so whether it was the same one cannot be said"
        calls = tuple(dict.fromkeys(named(one.call, one.index) for one in found if one.call is not None))
        yield NotCompared(what="secrets in a record", why=why, calls=calls)


def _without_masked(found: Iterable[Difference], masks: Redactor) -> tuple[list[Difference], list[Difference]]:
    """Differences, and what may be none: where one side is a record that was masked when it was written, and the other
    has a secret in that place.
    """
    real: list[Difference] = []
    open_: list[Difference] = []
    for one in found:
        hidden = MASK in json.dumps([one.old, one.new]) and one.absent is None
        (open_ if hidden and masks.json(one.old) == masks.json(one.new) else real).append(one)
    return real, open_
