"""What engines do otherwise when clocks change is named, and only where a schedule is touched by it."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pipeglot import backends
from pipeglot.core.diagnostic import CompileError, Diagnostic
from pipeglot.core.ir import Cron, Interval, Pipeline, Schedule
from tests.kfp_pairs import PAIRS

BERLIN, NEW_YORK, SANTIAGO = "Europe/Berlin", "America/New_York", "America/Santiago"
START = datetime(2026, 1, 5, tzinfo=timezone.utc)


def scheduled(timing: Cron | Interval, start: datetime | None = None) -> Pipeline:
    made: Pipeline = PAIRS["chain"].ir()
    return made.model_copy(update={"schedule": Schedule(timing=timing, start=start)})


def named(target: str, timing: Cron | Interval, start: datetime | None = None) -> dict[str, Diagnostic]:
    made = backends.get(target).compile(scheduled(timing, start))
    return {found.code: found for found in made.diagnostics}


@pytest.mark.parametrize(
    ("target", "expression", "zone", "severity", "said"),
    [
        ("dagster", "30 2 * * *", BERLIN, "warning", "2025-03-30T03:30+02:00 at 2025-03-30T03:00+02:00"),
        ("prefect", "30 2 * * *", BERLIN, "warning", "2025-03-30T03:30+02:00 at 2025-03-30T01:30+01:00"),
        ("kfp", "30 2 * * *", BERLIN, "loss", "2025-03-30T03:30+02:00 not at all"),
        # The hour that is repeated.
        ("prefect", "0 * * * *", BERLIN, "loss", "2025-10-26T02:00+01:00 not at all"),
        ("prefect", "30 1 * * *", NEW_YORK, "warning", "2025-11-02T01:30-05:00 at 2025-11-02T01:30-04:00"),
        ("kfp", "30 1 * * *", NEW_YORK, "warning", "one more, at 2025-11-02T01:30-04:00"),
        # Clocks change at midnight, and KFP's arithmetic loses the day.
        ("kfp", "15 2 * * 0", SANTIAGO, "loss", "2025-09-07T02:15-03:00 not at all"),
    ],
)
def test_a_tick_that_an_engine_moves_adds_or_loses_is_named(
    target: str, expression: str, zone: str, severity: str, said: str
) -> None:
    found = named(target, Cron(expression=expression, timezone=zone))["PG206"]
    assert (found.severity, found.target) == (severity, target)
    assert said in found.message and zone in found.message


def test_a_loss_of_runs_has_to_be_allowed() -> None:
    made = scheduled(Cron(expression="30 2 * * *", timezone=BERLIN))
    with pytest.raises(CompileError, match="PG206"):
        backends.compile(made, "kfp")
    assert backends.compile(made, "kfp", allow=["PG206"]).files


@pytest.mark.parametrize("target", sorted(backends.TARGETS))
@pytest.mark.parametrize(
    "timing",
    [
        Cron(expression="30 2 * * *"),
        Cron(expression="30 2 * * *", timezone="Asia/Kolkata"),
        Cron(expression="0 6 * * *", timezone=BERLIN),
        # 02:30 on a Monday is never a change's.
        Cron(expression="30 2 * * 1", timezone=BERLIN),
        Cron(expression="30 1 * * *", timezone=BERLIN),
        Interval(seconds=3600),
    ],
)
def test_a_schedule_that_no_change_touches_is_silent(target: str, timing: Cron | Interval) -> None:
    assert "PG206" not in named(target, timing)


def test_airflow_reads_cron_as_the_language_does() -> None:
    for expression in ("30 2 * * *", "0 * * * *"):
        assert "PG206" not in named("airflow", Cron(expression=expression, timezone=BERLIN))


def test_an_interval_without_a_start_counts_from_1970_on_dagster() -> None:
    assert named("dagster", Interval(seconds=25_000))["PG274"].severity == "warning"
    assert "PG274" not in named("dagster", Interval(seconds=25_000), START)
    assert "starts a run at once" in named("airflow", Interval(seconds=25_000))["PG225"].message
    assert not {"PG274", "PG225"} & (named("prefect", Interval(seconds=25_000)).keys())
