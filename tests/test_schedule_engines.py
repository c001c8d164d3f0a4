"""Every engine asked when it would start runs, against the language's own ticks.

What an engine does otherwise is written down here, run by run: a deviation that goes away fails as one that comes. One process
of each engine answers for all schedules.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest

from pipeglot import backends
from pipeglot.cli import main
from pipeglot.core.ir import Call, Cron, Ctx, Inlined, Interval, Parameter, Pipeline, Schedule, SourceFragment, Step
from pipeglot.engines.schedule_query import ScheduleAnswer, Tick
from pipeglot.migrate.schedule import ScheduleOptions, alike_long, answers, around, differences, meant
from pipeglot.migrate.sides import side

pytestmark = pytest.mark.engine

UTC = timezone.utc
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
START = datetime(2026, 1, 5, tzinfo=UTC)
AT = datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC)
"""When all schedules are switched on: no tick of theirs."""

CHANGES = {
    "spring": around(BERLIN, datetime(2026, 3, 29, 1, tzinfo=UTC)),
    "autumn": around(BERLIN, datetime(2026, 10, 25, 1, tzinfo=UTC)),
}


def cron(expression: str, zone: str = "UTC", start: datetime | None = None, catch_up: bool = False) -> Schedule:
    return Schedule(timing=Cron(expression=expression, timezone=zone), start=start, catch_up=catch_up)


def every(seconds: int, start: datetime | None = START, catch_up: bool = False) -> Schedule:
    return Schedule(timing=Interval(seconds=seconds), start=start, catch_up=catch_up)


SCHEDULES = {
    "daily": cron("0 6 * * *"),
    "local": cron("30 2 * * *", BERLIN),
    "hourly": cron("0 * * * *", BERLIN),
    "quarters": cron("*/15 1-3 * * *", BERLIN),
    "weekdays": cron("0 9 * * 1-5", NEW_YORK),
    "sunday": cron("15 8 * * 7", BERLIN),
    "either_day": cron("0 7 13 * 5", NEW_YORK),
    "stepped_day": cron("0 7 */10 * 1"),
    "caught_up": cron("0 5 * * *", BERLIN, START, catch_up=True),
    "local_caught_up": cron("30 2 * * *", BERLIN, START, catch_up=True),
    "from_a_tick": cron("0 0 * * *", "UTC", START, catch_up=True),
    "not_caught_up": cron("0 5 * * *", BERLIN, START),
    "half_past": cron("30 * * * *", BERLIN),
    "every_other_hour": cron("0 */2 * * *", BERLIN),
    "later": cron("0 0 * * *", "UTC", datetime(2026, 3, 10, 1, tzinfo=UTC), catch_up=True),
    "interval": every(6 * 3600, START, catch_up=True),
    "odd_interval": every(25_000, START, catch_up=True),
    "new_interval": every(7 * 3600),
    "daily_interval": every(86_400),
    "no_start": every(25_000, None),
}

Deviations: TypeAlias = "dict[tuple[str, str], str | list[tuple[str | None, str | None]]]"
"""By schedule and part of the answer: the runs as (meant, what the engine does instead) in local time, or in words how the
two lists differ."""

GAP, OVERLAP = ("local", "spring"), ("local", "autumn")

DEVIATIONS: dict[str, Deviations] = {
    "airflow": {
        # A schedule without a start also runs its latest tick when that was just now: within a tenth of the time between
        # two ticks, or five minutes.
        ("hourly", "missed"): [(None, "03-01 13:00+0100")],
        ("sunday", "missed"): [(None, "03-01 08:15+0100")],
        # PG224: without catching up, the latest missed tick runs too.
        ("not_caught_up", "missed"): [(None, "03-01 05:00+0100")],
        ("daily_interval", "missed"): [(None, "03-01 00:00+0000")],
        # PG210: counted from when it is switched on.
        ("new_interval", "missed"): [(None, "03-01 12:01+0000")],
        ("new_interval", "next"): "all others",
        ("new_interval", "spring"): "all others",
        ("new_interval", "autumn"): "all others",
        ("no_start", "missed"): [(None, "03-01 12:01+0000")],
    },
    "dagster": {
        # PG206, as for the other engines.
        GAP: [("03-29 03:30+0200", "03-29 03:00+0200")],
        ("local_caught_up", "spring"): [("03-29 03:30+0200", "03-29 03:00+0200")],
        # PG210: without a start, counted from 1970.
        ("no_start", "next"): "all others",
        ("no_start", "spring"): "all others",
        ("no_start", "autumn"): "all others",
    },
    "prefect": {
        GAP: [("03-29 03:30+0200", "03-29 01:30+0100")],
        OVERLAP: [("10-25 02:30+0100", "10-25 02:30+0200")],
        ("local_caught_up", "spring"): [("03-29 03:30+0200", "03-29 01:30+0100")],
        ("local_caught_up", "autumn"): [("10-25 02:30+0100", "10-25 02:30+0200")],
        ("hourly", "autumn"): [("10-25 02:00+0100", None)],
        ("half_past", "autumn"): [("10-25 02:30+0100", None)],
        ("every_other_hour", "spring"): [("03-29 03:00+0200", "03-29 01:00+0100")],
        ("every_other_hour", "autumn"): [("10-25 02:00+0100", "10-25 02:00+0200")],
        # PG214: nothing is caught up.
        ("caught_up", "missed"): "none",
        ("local_caught_up", "missed"): "none",
        ("from_a_tick", "missed"): "none",
        ("interval", "missed"): "none",
        ("odd_interval", "missed"): "none",
        # PG241: no start date.
        ("later", "next"): "more",
    },
    "kfp": {
        # PG296: what is caught up is told when it was made.
        ("caught_up", "missed"): "all, for other dates",
        ("local_caught_up", "missed"): "all, for other dates",
        ("from_a_tick", "missed"): "all, for other dates",
        ("interval", "missed"): "all, for other dates",
        ("odd_interval", "missed"): "all, for other dates",
        GAP: [("03-29 03:30+0200", None)],
        OVERLAP: [(None, "10-25 02:30+0200")],
        ("local_caught_up", "spring"): [("03-29 03:30+0200", None)],
        ("local_caught_up", "autumn"): [(None, "10-25 02:30+0200")],
        ("every_other_hour", "spring"): [("03-29 03:00+0200", None)],
        ("every_other_hour", "autumn"): [(None, "10-25 02:00+0200")],
    },
}


def pipeline(name: str, schedule: Schedule) -> Pipeline:
    """One call that takes its logical date."""
    return Pipeline(
        name=name,
        schedule=schedule,
        code=(SourceFragment(kind="function", names=("one",), text="def one(date):\n    return date"),),
        steps=(Step(name="one", run=Inlined(name="one"), parameters=(Parameter(name="date"),)),),
        body=(Call(id="first", step="one", args={"date": Ctx(name="logical_date")}),),
    )


def parts_of(name: str, answer: ScheduleAnswer) -> dict[str, tuple[Sequence[Tick], Sequence[Tick]]]:
    """The runs that are meant and those of an engine, by the part of the answer."""
    wanted = meant(pipeline(name, SCHEDULES[name]), choices(), list(CHANGES.values()))
    return {
        "missed": (wanted.missed, answer.missed),
        "next": alike_long(wanted.next, answer.next, 12),
        **{part: (wanted.windows[n], answer.windows[n]) for n, part in enumerate(CHANGES)},
    }


def zone_of(schedule: Schedule) -> str:
    return schedule.timing.timezone if isinstance(schedule.timing, Cron) else "UTC"


def choices(zone: str = "UTC") -> ScheduleOptions:
    return ScheduleOptions(AT, count=12, env={"CRON_SCHEDULE_TIMEZONE": zone})


@functools.cache
def asked(target: str) -> dict[str, ScheduleAnswer]:
    """What an engine says of every schedule. KFP's server has one time zone: it is asked once for each."""
    found: dict[str, ScheduleAnswer] = {}
    zones = {zone_of(schedule) for schedule in SCHEDULES.values()} if target == "kfp" else {None}
    for zone in zones:
        names = [name for name, schedule in SCHEDULES.items() if zone in (None, zone_of(schedule))]
        pipelines = [pipeline(name, SCHEDULES[name]) for name in names]
        told = answers(pipelines, side(target), choices(zone or "UTC"), list(CHANGES.values()))
        for name, answer in zip(names, told, strict=True):
            assert isinstance(answer, ScheduleAnswer), (name, answer)
            found[name] = answer
    return found


def text(tick: Tick | None, zone: str) -> str | None:
    return None if tick is None else f"{tick.fire.astimezone(ZoneInfo(zone)):%m-%d %H:%M%z}"


def compared(old: Sequence[Tick], new: Sequence[Tick], zone: str) -> str | list[tuple[str | None, str | None]]:
    """How two lists of runs differ; in words where that is no list of single runs."""
    found = differences(old, new)
    if not found:
        return []
    if not new:
        return "none"
    if set(old) < set(new) and len(found) > 4:
        return "more"
    if not set(old) & set(new) and len(found) > 1:
        return "all, for other dates" if [a.fire for a in old] == [b.fire for b in new] else "all others"
    return [(text(a, zone), text(b, zone)) for a, b in found]


@pytest.mark.parametrize("target", backends.TARGETS)
def test_an_engine_starts_the_runs_that_are_meant_but_for_what_is_known(target: str) -> None:
    found: Deviations = {}
    for name, answer in asked(target).items():
        assert (answer.trigger, answer.active, answer.more) == ("clock", True, False)
        for part, (old, new) in parts_of(name, answer).items():
            if said := compared(old, new, zone_of(SCHEDULES[name])):
                found[name, part] = said
    quarters = {part: found.pop(("quarters", part), []) for part in CHANGES}
    assert found == DEVIATIONS[target]
    assert quarters == QUARTERS[target]


SAID = {"PG210", "PG214", "PG224", "PG241", "PG296"}
JUST_NOW = {("airflow", "hourly"), ("airflow", "sunday")}
"""The one deviation that docs/schedule-parity.md alone tells of: see above."""


@pytest.mark.parametrize("target", backends.TARGETS)
def test_what_an_engine_does_otherwise_is_named_by_the_compiler(target: str) -> None:
    for name, answer in asked(target).items():
        made = pipeline(name, SCHEDULES[name])
        codes = {found.code for found in backends.compile(made, target, allow=[*SAID, "PG206"]).diagnostics}
        other = {part for part, (old, new) in parts_of(name, answer).items() if differences(old, new)}
        if isinstance(SCHEDULES[name].timing, Cron):
            assert ("PG206" in codes) is bool(other & CHANGES.keys()), name
            other -= CHANGES.keys()
        assert not other or codes & SAID or (target, name) in JUST_NOW, (name, other)


def _times(day: str, *times: str) -> list[str]:
    return [f"{day} {time}" for time in times]


_FIRST = _times("10-25", "02:00+0200", "02:15+0200", "02:30+0200", "02:45+0200")
_SECOND = _times("10-25", "02:00+0100", "02:15+0100", "02:30+0100", "02:45+0100")
QUARTERS: dict[str, dict[str, str | list[tuple[str | None, str | None]]]] = {
    # Every time of the hour that is skipped ticks an hour later, with those of that hour: they are the same runs.
    "airflow": {"spring": [], "autumn": []},
    "dagster": {"spring": [], "autumn": []},
    "prefect": {"spring": [], "autumn": list(zip(_SECOND, _FIRST, strict=True))},
    "kfp": {"spring": [], "autumn": [(None, time) for time in _FIRST]},
}


@pytest.mark.parametrize("target", backends.TARGETS)
def test_the_logical_date_of_a_compiled_schedule_is_its_tick(target: str) -> None:
    for name, answer in asked(target).items():
        runs = [*answer.missed, *answer.next, *(run for window in answer.windows for run in window)]
        assert runs, name
        if target == "kfp":
            # PG296: it is when the run was made, as if it was right at its tick.
            assert all(run.logical_date == AT for run in answer.missed), name
            runs = runs[len(answer.missed) :]
        assert all(run.fire == run.logical_date for run in runs), name
        assert all(run.fire > AT for run in answer.next), name
        assert all(run.fire <= AT for run in answer.missed), name


# ---------------------------------------------------------------- native code

DAGS = """
import pendulum
from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, task

start = pendulum.datetime(2026, 1, 5, tz="Europe/Berlin")
interval = CronDataIntervalTimetable("30 2 * * *", timezone="Europe/Berlin")
told = {
    "legacy": {"schedule": "30 2 * * *", "start_date": start, "catchup": True},
    "shifted": {"schedule": interval, "start_date": start, "catchup": True},
    "onasset": {"schedule": [Asset("table")]},
    "never": {"schedule": None},
    "always": {"schedule": "@continuous", "max_active_runs": 1, "start_date": start},
}
for name, arguments in told.items():
    with DAG(name, **arguments) as dag:

        @task
        def work():
            raise SystemExit("a task ran")

        work()
    globals()[name] = dag
"""
FLOWS = """
from prefect import flow
from prefect.schedules import Cron

ZONE = "Europe/Berlin"

@flow
def served():
    raise SystemExit("a flow ran")

@flow
def unscheduled():
    pass

@flow
def unclear():
    pass

if __name__ == "__main__":
    raise SystemExit("the main block ran")
    served.serve("night", schedules=[Cron("30 2 * * *", timezone=ZONE)])
    when = "* * * * *"
    unclear.serve("unclear", cron=when)
"""
JOBS = """
import dagster as dg

@dg.op
def work():
    raise SystemExit("an op ran")

@dg.job
def plain():
    work()

@dg.job(partitions_def=dg.DailyPartitionsDefinition("2026-01-05", timezone="Europe/Berlin"))
def partitioned():
    work()

@dg.job
def sensed():
    work()

@dg.sensor(job=sensed)
def looks(context):
    raise SystemExit("a sensor ran")

defs = dg.Definitions(
    jobs=[plain, partitioned, sensed],
    schedules=[
        dg.ScheduleDefinition(job=plain, cron_schedule="30 2 * * *", execution_timezone="Europe/Berlin"),
        dg.build_schedule_from_partitioned_job(partitioned, hour_of_day=2, minute_of_hour=30),
    ],
    sensors=[looks],
)
"""
SCRIPT = """
from kfp import Client

CRON = "0 30 2 * * *"
raise SystemExit("the script ran")
Client().create_recurring_run("x", "night", cron_expression=CRON, start_time="2026-01-05T00:00:00Z", no_catchup=True)
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        # Airflow's old habit: the run of a day has the date of the day before. The partitions of Dagster have it too.
        ("airflow:dags.py:shifted", "dagster:jobs.py:partitioned", 1, "(01:30:00Z), for 02-21 01:30Z"),
        ("airflow:dags.py:legacy", "prefect:flows.py:served", 1, "old 48 runs, new 0 runs"),
        ("airflow:dags.py:always", "prefect:flows.py:unclear", 3, "PG376"),
        ("airflow:dags.py:onasset", "dagster:jobs.py:sensed", 0, "both sides run when something happens"),
        ("airflow:dags.py:never", "prefect:flows.py:unscheduled", 0, "neither side has a schedule"),
        ("dagster:jobs.py:plain", "kfp:script.py:night", 1, "old 0 runs, new 1 run"),
    ],
)
def test_native_code_is_asked_and_not_run(
    old: str,
    new: str,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in {"dags.py": DAGS, "flows.py": FLOWS, "jobs.py": JOBS, "script.py": SCRIPT}.items():
        Path(name).write_text(content, encoding="utf-8")
    Path("night.json").write_text(pipeline("night", cron("30 2 * * *", BERLIN, START)).to_json(), encoding="utf-8")
    command = ["migrate", "schedule", "night.json", "--from", "2026-02-21T10:00Z", "--count", "3"]
    found = main([*command, "--old", old, "--new", new, "--env", f"CRON_SCHEDULE_TIMEZONE={BERLIN}"])
    shown = capsys.readouterr().out
    assert (found, said in shown) == (code, True), shown
