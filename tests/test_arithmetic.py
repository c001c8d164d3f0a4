"""The arithmetic that every engine takes from here, and so cannot correct: waits between attempts, and what counts as before."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pipeglot.backends.kfp.retries import native, retry_policy
from pipeglot.backends.prefect.helpers import HELPERS
from pipeglot.compare.order import Order, at_once, disorder
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Policy, Retry
from pipeglot.core.record import CallRecord, Record
from tests.build import call, each, pipeline

WEEK = 7 * 86_400
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("retry", "waits"),
    [
        (Retry(count=3, delay=10), [10, 10, 10]),
        (Retry(count=4, delay=3, backoff=2), [3, 6, 12, 24]),
        # Not whole: never less than was asked for. 1.5, 2.25, 3.375; 10.5, 11.025.
        (Retry(count=4, delay=1, backoff=1.5), [1, 2, 3, 4]),
        (Retry(count=3, delay=10, backoff=1.05), [10, 11, 12]),
        (Retry(count=4, delay=10, backoff=2, max_delay=35), [10, 20, 35, 35]),
        (Retry(count=3, delay=3, backoff=1.5, max_delay=5), [3, 5, 5]),
        (Retry(count=2, delay=10, max_delay=0), [0, 0]),
        (Retry(count=2, delay=0, backoff=100, max_delay=7), [0, 0]),
        (Retry(count=3, delay=86_400, backoff=7), [86_400, WEEK, WEEK]),
        (Retry(count=1), [0]),
    ],
)
def test_a_retry_waits_as_long_as_it_says_in_whole_seconds_rounded_up(retry: Retry, waits: list[int]) -> None:
    assert retry.waits() == waits


def test_a_wait_that_no_number_can_hold_is_the_longest() -> None:
    retry = Retry(count=50, delay=86_400, backoff=100)
    assert retry.wait(1) == 86_400
    assert retry.wait(1_000) == WEEK
    assert replace(retry, max_delay=90_000).wait(1_000) == 90_000


@pytest.mark.parametrize(
    ("retry", "is_native"),
    [
        (None, True),
        (Retry(count=2, delay=5), True),
        (Retry(count=3, delay=5, backoff=3), True),
        (Retry(count=2, delay=0, backoff=1.5), True),
        # KFP takes fractions, and rounds by rules of its own, also where the waits themselves are whole.
        (Retry(count=2, delay=2, backoff=1.5), False),
        (Retry(count=3, delay=5, backoff=3, max_delay=20), False),
        (Retry(count=3, delay=5, backoff=3, max_delay=45), True),
    ],
)
def test_kfp_retries_by_itself_where_it_waits_exactly_as_long(retry: Retry | None, is_native: bool) -> None:
    assert native(Policy(retry=retry)) == is_native


def test_kfps_own_retries_have_a_ceiling_that_no_wait_reaches() -> None:
    found = retry_policy(Retry(count=3, delay=1_000, backoff=3))
    assert found == {
        "backoffDuration": "1000s",
        "backoffFactor": 3.0,
        "backoffMaxDuration": "26000s",
        "maxRetryCount": 3,
    }
    assert retry_policy(Retry(count=1))["backoffMaxDuration"] == "3600s"


def test_the_run_before_a_run_in_prefects_lane_is_as_many_places_back_as_the_lane_is_wide() -> None:
    names: dict[str, Any] = {"allow_failure": lambda run: run}
    exec(HELPERS["lane"], names)
    lane = names["lane"]
    assert [lane(list(range(count)), 2) for count in range(5)] == [[], [], [0], [1], [2]]
    assert [lane(list(range(count)), 1) for count in range(3)] == [[], [0], [1]]


# ---------------------------------------------------------------- what was before what


def ran(id: str, start: float, end: float, index: tuple[int, ...] = (), attempts: int = 1) -> CallRecord:
    started, ended = (NOON + timedelta(seconds=seconds) for seconds in (start, end))
    return CallRecord(id=id, index=index, state="succeeded", attempts=attempts, started=started, ended=ended)


def wrong(*calls: CallRecord) -> list[tuple[Any, str]]:
    """What is out of order in a run of `b` after `a`, and a loop over `c`, `d` after `c`."""
    made = pipeline(call("a"), call("b", x="$a"), each("e", [1, 2], call("c"), call("d", x="$c")))
    record = Record(pipeline="p", engine="e", engine_version="1", state="succeeded", calls=calls)
    return list(disorder(Order(made), record))


def test_a_start_at_the_very_end_of_what_it_waits_for_is_in_order() -> None:
    assert wrong(ran("a", 0, 1), ran("b", 1, 2)) == []
    assert wrong(ran("a", 0, 1), ran("b", 1.5, 2)) == []
    assert wrong(ran("a", 0, 1), ran("b", 0.999, 2)) == [(("b", ()), "a")]


def test_instances_of_a_loop_wait_for_those_of_the_same_item() -> None:
    assert wrong(ran("c", 0, 1, (0,)), ran("c", 0, 9, (1,)), ran("d", 1, 2, (0,)), ran("d", 9, 10, (1,))) == []
    assert wrong(ran("c", 0, 1, (0,)), ran("c", 0, 9, (1,)), ran("d", 1, 2, (0,)), ran("d", 8, 10, (1,))) == [
        (("d", (1,)), "c")
    ]


@pytest.mark.parametrize(
    ("calls", "most"),
    [
        ([], 0),
        ([ran("a", 0, 1)], 1),
        ([ran("a", 0, 1), ran("b", 1, 2)], 1),
        ([ran("a", 0, 1), ran("b", 0.5, 2)], 2),
        ([ran("a", 0, 3), ran("b", 0, 3), ran("c", 3, 4)], 2),
        ([ran("a", 0, 3), ran("b", 0, 3, attempts=2)], 1),
        ([ran("a", 0, 9), ran("b", 1, 2), ran("c", 3, 4), ran("d", 3, 4)], 3),
    ],
)
def test_what_touches_does_not_overlap(calls: list[CallRecord], most: int) -> None:
    assert at_once(calls) == most
