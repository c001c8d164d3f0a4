"""What a dry-run makes stand-ins do: replay a record, keep effects from happening, or fail calls one by one."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeglot.core.derive import arguments
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.ir import Call, Json, Pipeline
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.shape import Shape, inline
from pipeglot.core.types import mismatch
from pipeglot.migrate.standin import Answer, Plan

EffectsMode: TypeAlias = Literal["refuse", "stub", "run"]


def calls_of(pipeline: Pipeline) -> list[Call]:
    """Every call of a pipeline, the Final's last."""
    pipeline = inline(pipeline)
    final = [pipeline.final.call] if pipeline.final else []
    return [*Shape(pipeline).calls, *final]


def replay(pipeline: Pipeline, record: Record) -> Plan:
    """Every call answers what it gave in the record for the same arguments: no step code runs.

    A call that failed fails again, one that needed several attempts fails as often first. Calls the record has nothing
    of have no answer.
    """
    given = arguments(pipeline, record)
    told: dict[str, list[Answer]] = {call.id: [] for call in calls_of(pipeline)}
    for call in record.calls:
        args = given.get((call.id, call.index))
        if args is not None and call.attempts and call.id in told:
            told[call.id].append(_answer(call, args))
    return Plan(answers={id: tuple(answers) for id, answers in told.items()})


def _answer(call: CallRecord, args: dict[str, Json]) -> Answer:
    error = f"{call.error.type}: {call.error.message}" if call.error else ""
    if call.state == "failed":
        return Answer(args, failures=None, error=error)
    return Answer(args, call.output, failures=call.attempts - 1, error=error or "failed in the record")


def external(pipeline: Pipeline) -> list[Call]:
    """The calls that change the world outside."""
    return [call for call in calls_of(pipeline) if call.policy.effects and call.policy.effects.kind == "external"]


def stubbed(pipeline: Pipeline, record: Record | None = None) -> Plan:
    """External calls answer from the record, or what they declare: they do not happen.

    Raises:
        AuthoringError: PG362, with every external call that has no answer.
    """
    pipeline = inline(pipeline)
    recorded = replay(pipeline, record).answers if record is not None else {}
    always: dict[str, Json] = {}
    answers: dict[str, tuple[Answer, ...]] = {}
    wrong: list[Diagnostic] = []
    for call in external(pipeline):
        effects = call.policy.effects
        assert effects is not None
        if effects.has_answer:
            always[call.id] = effects.answer
        elif recorded.get(call.id):
            answers[call.id] = recorded[call.id]
        elif mismatch(None, pipeline.step(call.step).returns) is None:
            always[call.id] = None
        else:
            message = f"{call.id!r} has external effects, and nothing says what it would return"
            way_out = "declare effects=external(answer=...), or give a record with --replay"
            wrong.append(Diagnostic("PG362", "error", message, call.at, way_out))
    if wrong:
        raise AuthoringError(wrong)
    return Plan(answers=answers, always=always)


def refused(pipeline: Pipeline) -> AuthoringError:
    """What is said when external calls would happen unasked."""
    found = []
    for call in external(pipeline):
        message = f"{call.id!r} has external effects, and a dry-run would do them once for every side and run"
        way_out = "--effects stub answers in its place, --effects run does them, --replay runs no step at all"
        found.append(Diagnostic("PG362", "error", message, call.at, way_out))
    return AuthoringError(found)


# ---------------------------------------------------------------- failures made on purpose


@dataclass(frozen=True)
class Scenario:
    """One failure that is made on purpose: `call` at `index` fails its first `failures` attempts (None: all)."""

    call: str
    index: tuple[int, ...]
    failures: int | None
    plan: Plan

    @property
    def name(self) -> str:
        """What it is called in reports: `train[2] fails`, `train[2] fails once`."""
        place = self.call + "".join(f"[{number}]" for number in self.index)
        often = {None: "", 1: " once", 2: " twice"}.get(self.failures, f" {self.failures} times")
        return f"{place} fails{often}"


def scenarios(pipeline: Pipeline, record: Record, chosen: str) -> list[Scenario]:
    """A failure of each call instance of a record, each number of attempts in turn; the rest is replayed.

    Args:
        pipeline: the pipeline.
        record: a run of it, which says what the calls give.
        chosen: `all`, `sample:N`, or the id of a call.

    Raises:
        AuthoringError: PG363 when `chosen` means nothing.
    """
    base = replay(pipeline, record)
    given = arguments(pipeline, record)
    known = {call.id: call for call in calls_of(pipeline)}
    ran = [call for call in record.calls if call.id in known and call.attempts and (call.id, call.index) in given]
    sample = re.fullmatch(r"sample:([1-9]\d*)", chosen)
    if chosen != "all" and not sample:
        ran = [call for call in ran if call.id == chosen]
        if not ran:
            message = f"--inject {chosen}: no call of that name ran"
            way_out = "all, sample:N, or one of: " + ", ".join(known)
            raise AuthoringError([Diagnostic("PG363", "error", message, None, way_out)])
    made = [
        scenario
        for call in ran
        for scenario in _of_call(base, known[call.id], call, given[call.id, call.index], _twins(call, ran, given))
    ]
    if sample and int(sample[1]) < len(made):
        keep = sorted(random.Random(pipeline.digest()).sample(range(len(made)), int(sample[1])))
        made = [made[number] for number in keep]
    return made


def _twins(call: CallRecord, ran: list[CallRecord], given: dict[tuple[str, tuple[int, ...]], dict[str, Json]]) -> bool:
    """Whether another instance has the same arguments: a stand-in cannot tell the two apart."""
    args = given[call.id, call.index]
    return any(o.id == call.id and o.index != call.index and given[o.id, o.index] == args for o in ran)


def _of_call(base: Plan, call: Call, ran: CallRecord, args: dict[str, Json], twins: bool) -> Iterator[Scenario]:
    retries = call.policy.retry.count if call.policy.retry else 0
    # Attempts of twins are counted together, so only a failure of all of them is sure.
    often: list[int | None] = [None] if twins else [*range(1, retries + 1), None]
    for failures in often:
        failing = Answer(args, failures=failures, error="made to fail by the dry-run")
        yield Scenario(call.id, ran.index, failures, Plan(base.answers, {call.id: (failing,)}, base.always))
