"""Cron is read as croniter reads it, without its import where an expression is an ordinary one."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pytest
from croniter import croniter
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeglot.core import cron


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    part = st.one_of(number.map(str), span, st.just("*"))
    stepped = st.tuples(part, st.integers(1, 20)).map(lambda both: f"{both[0]}/{both[1]}")
    several = st.lists(st.one_of(part, part, stepped), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), number.map(str), stepped, several)


expressions = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6)).map(" ".join)


@given(expression=expressions, after=st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1)))
def test_an_expression_is_read_as_croniter_reads_it(expression: str, after: datetime) -> None:
    assume(croniter.is_valid(expression))
    assert cron.readable(expression)
    assert cron.expanded(expression) == croniter(expression).expanded
    assume(cron._fields(expression) is not None)  # what croniter does by itself is its own
    theirs = croniter(expression, after).all_next(datetime)
    assert [*islice(cron.walls(expression, after), 5)] == [*islice(theirs, 5)]


@pytest.mark.parametrize(
    "expression", ["0 6 * * 1-5", "*/30 2 * * *", "15 1,2 1 */3 *", "0 0 1,15 * 0", "5-50/5 8-18 * * *", "* * * * *"]
)
def test_ordinary_expressions_need_no_croniter(expression: str) -> None:
    assert cron._fields(expression) is not None
    start = datetime(2026, 2, 27, 23, 59, 30)
    assert [*islice(cron.walls(expression, start), 50)] == [*islice(croniter(expression, start).all_next(datetime), 50)]


@pytest.mark.parametrize(
    "expression", ["0 0 30 2 *", "0 0 L * *", "0 0 * * mon", "7/5 * * * *", "61 * * * *", "* * *", "3-3 * * * *"]
)
def test_others_are_left_to_croniter(expression: str) -> None:
    assert cron._fields(expression) is None
    assert cron.readable(expression) == croniter.is_valid(expression)
