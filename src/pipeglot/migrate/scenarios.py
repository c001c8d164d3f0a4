"""What a dry-run makes stubs do: replay a record, keep effects from happening, or fail calls one by one."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal, TypeAlias

from pipeglot.core.dataclass import dataclass, replace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.ir import Call, Ctx, Json, Pipeline, parts
from pipeglot.core.mismatch import mismatch
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.shape import Shape, inline
from pipeglot.meaning.derive import arguments
from pipeglot.meaning.machine import Key
from pipeglot.migrate.example import example
from pipeglot.migrate.stub import StubAnswer, StubPlan
from pipeglot.migrate.stub_code import canonical

EffectsMode: TypeAlias = Literal["refuse", "stub", "run"]


def calls_of(pipeline: Pipeline) -> list[Call]:
    """Every call of a pipeline, the Final's last."""
    pipeline = inline(pipeline)
    final = [pipeline.final.call] if pipeline.final else []
    return [*Shape(pipeline).calls, *final]


def replay(pipeline: Pipeline, record: Record) -> StubPlan:
    """Every call answers what it gave in the record for the same arguments: no step code runs.

    A call that failed fails again, one that needed several attempts fails as often first. Asked what the record has
    nothing of, it gives its first output there, else a value made of its type.
    """
    pipeline = inline(pipeline)
    given = told_arguments(pipeline, record)
    calls = {call.id: call for call in calls_of(pipeline)}
    told: dict[str, list[StubAnswer]] = {id: [] for id in calls}
    invented: dict[str, Json] = {}
    alike = Counter((id, canonical(args)) for (id, _), args in given.items())
    for ran in record.calls:
        args = given.get((ran.id, ran.index))
        if ran.id not in told or not ran.attempts:
            continue
        if ran.state == "succeeded" and ran.output_known:
            invented.setdefault(ran.id, ran.output)
        if args is not None and (ran.state == "failed" or ran.output_known):
            told[ran.id].append(_answer(ran, args, twins=alike[ran.id, canonical(args)] > 1))
    returns = {step.name: step.returns for step in pipeline.steps}
    for id, call in calls.items():
        invented.setdefault(id, example(returns[call.step]))
    return StubPlan(answers={id: tuple(answers) for id, answers in told.items()}, invented=invented)


def _answer(call: CallRecord, args: dict[str, Json], *, twins: bool) -> StubAnswer:
    error = f"{call.error.type}: {call.error.message}" if call.error else ""
    if call.state == "failed":
        return StubAnswer(args, failures=None, error=error)
    # Attempts of twins are counted together, so that which of them would fail is not sure.
    failures = 0 if twins else call.attempts - 1
    return StubAnswer(args, call.output, failures=failures, error=error or "failed in the record")


def told_arguments(pipeline: Pipeline, record: Record) -> dict[Key, dict[str, Json]]:
    """What the calls of a record were given, without what is another in every run."""
    varying = of_the_run(pipeline)
    return {
        key: {name: value for name, value in args.items() if name not in varying.get(key[0], ())}
        for key, args in arguments(Shape(inline(pipeline)), record).items()
    }


def of_the_run(pipeline: Pipeline) -> dict[str, frozenset[str]]:
    """The parameters, by call, that are given the id of the run: no two runs have the same."""
    found = {}
    for call in calls_of(pipeline):
        names = [name for name, value in call.args.items() if Ctx(name="run_id") in parts(value)]
        if names:
            found[call.id] = frozenset(names)
    return found


def twins(pipeline: Pipeline, record: Record) -> list[str]:
    """The call instances that a stub cannot tell apart, where the record has another outcome for each."""
    given = told_arguments(inline(pipeline), record)
    alike: dict[tuple[str, str], list[CallRecord]] = {}
    for call in record.calls:
        if (args := given.get((call.id, call.index))) is not None:
            alike.setdefault((call.id, canonical(args)), []).append(call)
    return [
        call.id + "".join(f"[{number}]" for number in call.index)
        for same in alike.values()
        if len({(call.state, call.attempts, canonical(call.output)) for call in same}) > 1
        for call in same
    ]


def external(pipeline: Pipeline) -> list[Call]:
    """The calls that change the world outside."""
    return [call for call in calls_of(pipeline) if call.policy.effects and call.policy.effects.kind == "external"]


def stubbed(pipeline: Pipeline, record: Record | None = None) -> StubPlan:
    """External calls answer from the record, or what they declare: they do not happen.

    Raises:
        AuthoringError: PG362, with every external call that has no answer.
    """
    pipeline = inline(pipeline)
    played = replay(pipeline, record) if record is not None else StubPlan()
    always: dict[str, Json] = {}
    answers: dict[str, tuple[StubAnswer, ...]] = {}
    wrong: list[Diagnostic] = []
    returns = {step.name: step.returns for step in pipeline.steps}
    for call in external(pipeline):
        effects = call.policy.effects
        assert effects is not None
        if effects.has_answer:
            always[call.id] = effects.answer
        elif played.answers.get(call.id):
            answers[call.id] = played.answers[call.id]
        elif mismatch(None, returns[call.step]) is None:
            always[call.id] = None
        else:
            message = f"{call.id!r} has external effects, and nothing declares what it would return"
            way_out = "declare effects=external(answer=...), or give a record with --replay"
            wrong.append(Diagnostic("PG362", "error", message, call.at, way_out))
    if wrong:
        raise AuthoringError(wrong)
    return StubPlan(answers=answers, always=always, invented=played.invented)


def refused(pipeline: Pipeline) -> AuthoringError:
    """What is said when external calls would happen unasked."""
    found = []
    for call in external(pipeline):
        message = f"{call.id!r} has external effects, and a dry-run would do them once for every side and run"
        way_out = "--effects stub answers in its place, --effects run does them, --replay runs no step at all"
        found.append(Diagnostic("PG362", "error", message, call.at, way_out))
    return AuthoringError(found)


# ---------------------------------------------------------------- injected failures


@dataclass(frozen=True)
class Scenario:
    """One failure to inject: `call` at `index` fails its first `failures` attempts (None: all)."""

    call: str
    index: tuple[int, ...]
    failures: int | None
    plan: StubPlan

    @property
    def name(self) -> str:
        """What it is called in reports: `train[2] fails`, `train[2] fails once`."""
        place = self.call + "".join(f"[{number}]" for number in self.index)
        often = {None: "", 1: " once", 2: " twice"}.get(self.failures, f" {self.failures} times")
        return f"{place} fails{often}"


def injectable(pipeline: Pipeline, chosen: str) -> None:
    """Raises AuthoringError (PG363) when `--inject` is neither `all`, `sample:N`, nor the id of a call."""
    ids = [call.id for call in calls_of(pipeline)]
    if chosen != "all" and not _SAMPLE.fullmatch(chosen) and chosen not in ids:
        message = f"--inject {chosen}: there is no call of that name"
        way_out = "all, sample:N, or one of: " + ", ".join(ids)
        raise AuthoringError([Diagnostic("PG363", "error", message, None, way_out)])


_SAMPLE = re.compile(r"sample:([1-9]\d*)")


def scenarios(pipeline: Pipeline, record: Record, chosen: str) -> list[Scenario]:
    """A failure of each call instance of a record, each number of attempts in turn; the rest is replayed, and what then
    is asked anew is made up. Calls that did not run are not made to fail.

    Args:
        pipeline: the pipeline.
        record: a run of it, which says what the calls give.
        chosen: `all`, `sample:N`, or the id of a call.
    """
    base = replay(pipeline, record)
    given = told_arguments(pipeline, record)
    known = {call.id: call for call in calls_of(pipeline)}
    ran = [call for call in record.calls if call.id in known and call.attempts and (call.id, call.index) in given]
    alike = Counter((call.id, canonical(given[call.id, call.index])) for call in ran)
    sample = _SAMPLE.fullmatch(chosen)
    made: list[Scenario] = []
    for call in ran:
        if chosen == "all" or sample or chosen == call.id:
            args = given[call.id, call.index]
            made += _of_call(base, known[call.id], call, args, twins=alike[call.id, canonical(args)] > 1)
    if sample and int(sample[1]) < len(made):
        keep = sorted(random.Random(pipeline.digest()).sample(range(len(made)), int(sample[1])))
        made = [made[number] for number in keep]
    return made


def _of_call(base: StubPlan, call: Call, ran: CallRecord, args: dict[str, Json], *, twins: bool) -> Iterator[Scenario]:
    retries = call.policy.retry.count if call.policy.retry else 0
    # Attempts of twins are counted together, so only a failure of all of them is sure. What fails anyway, fails.
    often: list[int | None] = [None] if twins or ran.state == "failed" else [*range(1, retries + 1), None]
    for failures in often:
        failing = StubAnswer(args, failures=failures, error="made to fail by the dry-run")
        yield Scenario(call.id, ran.index, failures, replace(base, failing={call.id: (failing,)}))
