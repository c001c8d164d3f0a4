"""Where an engine evaluates cron differently when clocks change, the compiler says so, and it says so nowhere else."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pipeglot import backends
from tests import clocks
from tests.clocks import Pair

SLICE = [
    Pair("*/30 2 * * *", "Europe/Paris"),  # Airflow starts one of the two that are left out
    Pair("0 0 * * *", "Europe/Paris"),
    Pair("30 2 * * 1-5", "Europe/Paris"),  # clocks change on Sundays
    Pair("0 */2 * * *", "America/New_York"),
    Pair("0 * * * *", "Australia/Lord_Howe"),
    Pair("0,15,45 1 * * *", "Australia/Lord_Howe"),
    Pair("30 2 * * *", "Africa/Casablanca"),
    Pair("30 0 * * *", "America/Santiago"),
    Pair("*/20 0 * * *", "Africa/Cairo"),
    Pair("0,30 0-4 * * *", "Australia/Adelaide"),
    Pair("*/15 * * * *", "Asia/Kolkata"),
]


@pytest.mark.engine
@pytest.mark.parametrize("target", clocks.TARGETS)
def test_what_an_engine_does_otherwise_is_named_and_nothing_else(target: str) -> None:
    assert clocks.wrong(target, SLICE) == []


def test_two_ticks_in_an_hour_that_is_left_out_are_named_on_airflow() -> None:
    made = backends.compile(Pair("*/30 2 * * *", "Europe/Paris").pipeline("half"), "airflow", allow=["PG206"])
    (found,) = [one for one in made.diagnostics if one.code == "PG206"]
    assert found.message.endswith(
        "Airflow does not fire at the scheduled times: that of 2026-03-29T03:30+02:00 not at all"
    )


@pytest.mark.parametrize("target", clocks.TARGETS)
def test_times_of_day_that_no_change_touches_are_silent(target: str) -> None:
    # KFP counts whole hours from midnight on: a change by half an hour moves noon too.
    pairs = [Pair("0 12 * * *", zone) for zone in clocks.ZONES if zone != "Australia/Lord_Howe" or target != "kfp"]
    pairs += [Pair(expression, "Asia/Kolkata") for expression in clocks.EXPRESSIONS]
    pairs += [Pair("*/30 2 * * *", "UTC")]
    assert [pair for pair in pairs if pair.named(target)] == []


def test_the_expressions_and_zones_that_are_asked_about() -> None:
    assert (len(set(clocks.EXPRESSIONS)), len(set(clocks.ZONES))) == (28, 8)
    still = [zone for zone in clocks.ZONES if len(Pair("0 0 * * *", zone).windows) == 1]
    assert still == ["Asia/Kolkata"]
    for pair in clocks.pairs(["0 0 * * *"]):
        for start, end in pair.windows:
            assert end - start == timedelta(hours=60) and start > datetime(2025, 12, 29, tzinfo=timezone.utc)
