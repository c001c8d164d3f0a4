"""Failures injected on both sides, one after the other, and what comes of each compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pipeglot.compare.ignore import Rules, ignored
from pipeglot.compare.judge import SideName
from pipeglot.compare.model import Difference, Injected, Masked, NotCompared
from pipeglot.compare.records import compare
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.migrate.pair import Outcome, Pair, Play, Runs, problems_of
from pipeglot.migrate.runner import RunRequest
from pipeglot.migrate.scenarios import Scenario, calls_of, scenarios
from pipeglot.migrate.unanswered import apart, made_up


def inject(
    pair: Pair, task: RunRequest, runs: Runs, chosen: str, *, tolerance: float, rules: Rules, today: date
) -> tuple[list[Injected], list[NotCompared]]:
    """Every failure of the calls `chosen` on both sides, and what was made up meanwhile or could not be made to fail. One
    with which a side breaks off says so; the others stand."""
    flat = inline(task.pipeline)
    made = scenarios(flat, runs.first, chosen) if runs.first and not pair.ending.is_set() else []
    gaps = list(_not_failing(flat, made, chosen))
    if not made:
        return [], gaps
    blank = [side.model_copy(update={"records": ()}) for side in runs.sides]
    runs = pair.run([Play(task, scenario.plan) for scenario in made], *blank)
    results: list[Injected] = []
    invented: dict[str, list[str]] = {}
    for number, scenario in enumerate(made):
        a, b = runs.old.outcomes[number], runs.new.outcomes[number]
        found: list[Difference] = []
        known: list[Masked] = []
        problems = (*_broken("old", a), *_broken("new", b))
        if isinstance(a, Record) and isinstance(b, Record) and not problems:
            asked = runs.asked(number)
            folders = (runs.old.left[number], runs.new.left[number])
            found = compare(a, b, flat, tolerance=tolerance, rules=rules, folders=folders, hide=pair.masks.text)
            found, known = ignored([*found, *apart(*asked)], rules.ignore, today=today)
            for call in dict.fromkeys(one.call for side in asked for one in side):
                invented.setdefault(call, []).append(scenario.name)
        results.append(
            Injected(
                name=scenario.name,
                call=scenario.call,
                index=scenario.index,
                failures=scenario.failures,
                differences=tuple(one.model_copy(update={"scenario": scenario.name}) for one in found),
                masked=tuple(known),
                problems=problems,
            )
        )
    return results, [*gaps, *made_up(invented)]


def _broken(name: SideName, outcome: Outcome) -> tuple[str, ...]:
    """Why there is nothing to compare."""
    if isinstance(outcome, PipeglotError):
        return tuple(f"{name}: {problem}" for problem in problems_of(outcome))
    return (f"{name}: it was cut short",) if outcome.state == "cancelled" else ()


def _not_failing(pipeline: Pipeline, made: Sequence[Scenario], chosen: str) -> Iterator[NotCompared]:
    """What is said of calls that did not run, and so cannot be made to fail, and of what is left out meanwhile."""
    wanted = [call.id for call in calls_of(pipeline) if chosen in ("all", call.id)]
    if left := [id for id in wanted if id not in {scenario.call for scenario in made}]:
        why = "in the run that failures are injected into, these calls do not run, or what they are given is not known"
        yield NotCompared(what="injected failures", why=why, calls=tuple(left))
    if any(call.policy.retry and call.policy.retry.delay for call in calls_of(pipeline)):
        yield NotCompared(
            what="waits between attempts",
            why="left out where failures are injected; they take as long as is declared",
        )
