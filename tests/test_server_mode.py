"""On the engines' real servers: a slice of the corpus agrees with the reference, and bounds hold."""

from __future__ import annotations

import time
from functools import lru_cache

import pytest

from pipeglot import backends, each, pipeline, step
from pipeglot.compare.order import at_once
from pipeglot.conformance import corpus
from pipeglot.conformance.judge import Trial, Verdict, judge
from pipeglot.conformance.report import undeclared
from pipeglot.conformance.suite import result
from tests.test_engines import installed

pytestmark = [pytest.mark.engine, pytest.mark.slow]

TARGETS = sorted(backends.TARGETS.keys() - {"kfp"})  # whose server is a cluster
SLICE = (
    "nested_strict_fail",  # branches inside branches, merged
    "branch_in_loop",
    "failing_item",
    "failure_in_a_nested_loop",
    "tolerated_item",
    "final_after_failure",
    "retries_with_backoff",
    "awkward_constants",
    "awkward_names",
    "awkward_params_given",
)
CASES = {case.id: case for case in corpus.cases() if case.id in SLICE}

ITEMS, BOUND, NAP = 4, 2, 4.0
"""Naps are long beside what a server takes to start a task, so that free ones do meet."""


@step
def how_many(n: int) -> list[int]:
    return list(range(n))


@step
def nap(number: int, seconds: float) -> int:
    time.sleep(seconds)
    return number


@pipeline
def free_naps() -> None:
    with each(how_many(ITEMS)) as n:
        nap(n, NAP)


@pipeline
def bounded_naps() -> None:
    with each(how_many(ITEMS), max_parallel=BOUND) as n:
        nap(n, NAP)


@pipeline
def naps_one_by_one() -> None:
    with each([0, 1, 2], max_parallel=1) as n:
        nap(n, 1.0)


NAPS = {p.name: p for p in (free_naps, bounded_naps, naps_one_by_one)}


@lru_cache
def of_corpus(target: str) -> dict[str, Verdict]:
    return on_server(
        target, [Trial(case.id, case.ir, case.params, case.logical_date, case.env) for case in CASES.values()]
    )


@lru_cache
def napping(target: str) -> dict[str, Verdict]:
    """The naps alone on a server: others would take the places where free ones run."""
    return on_server(target, [Trial(name, naps.ir()) for name, naps in NAPS.items()])


def on_server(target: str, trials: list[Trial]) -> dict[str, Verdict]:
    installed(target)
    return {v.trial.name: v for v in judge(trials, target, mode="server")}


def test_the_slice_is_of_the_corpus() -> None:
    assert CASES.keys() == set(SLICE)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", SLICE)
def test_the_server_agrees_with_the_reference(name: str, target: str) -> None:
    verdict = of_corpus(target)[name]
    assert verdict.problems == ()
    assert undeclared(result(CASES[name], verdict), backends.get(target).support) == (), verdict.refused
    if verdict.record is not None:
        assert corpus.surprises(CASES[name], verdict.record) == []


@pytest.mark.parametrize("target", TARGETS)
def test_max_parallel_bounds_what_would_run_at_once(target: str) -> None:
    found = {}
    for name, verdict in napping(target).items():
        assert (verdict.problems, verdict.refused) == ((), ())
        assert verdict.record is not None
        found[name] = at_once(call for call in verdict.record.calls if call.id == "nap")
    # Dagster runs as many steps at once as there are cores: of two, a bound of two shows nothing.
    least = 1 if target == "dagster" else BOUND
    assert found["free_naps"] > least, "without a bound they did not meet, so a bound would show nothing"
    assert least <= found["bounded_naps"] <= BOUND
    assert found["naps_one_by_one"] == 1
