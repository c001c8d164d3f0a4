"""When runs start: the language's own ticks, the comparison of two sides, and the model of KFP's controller."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipeglot import engines
from pipeglot.backends.base import PROBES
from pipeglot.cli import main
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError
from pipeglot.core.ir import Cron, Interval, Pipeline, Schedule
from pipeglot.core.ticks import changes, ticks
from pipeglot.engines import schedule_query
from pipeglot.engines.schedule_query import ScheduleAnswer, Tick, Window
from pipeglot.migrate import schedule as compared
from pipeglot.migrate.runner import Runner
from pipeglot.migrate.schedule import ScheduleOptions, alike_long, around, compare, differences
from pipeglot.migrate.schedule_model import ScheduleComparison
from pipeglot.migrate.sides import LocalSide
from tests.conftest import THOROUGH, first

UTC = timezone.utc
NEW_YORK, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"
SOURCE = """
from pipeglot import Cron, pipeline, step

@step
def load() -> int:
    return 1

@pipeline(schedule=Cron("30 2 * * *", tz="Europe/Berlin"), start="2026-01-05", catch_up=True)
def daily() -> int:
    return load()
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cron(expression: str, zone: str = "UTC", **more: Any) -> Schedule:
    return Schedule(timing=Cron(expression=expression, timezone=zone), **more)


def local(schedule: Schedule, after: str, count: int) -> list[str]:
    """The next ticks as local times with their offset."""
    assert isinstance(schedule.timing, Cron)
    zone = ZoneInfo(schedule.timing.timezone)
    return [f"{each.astimezone(zone):%m-%d %H:%M%z}" for each in islice(ticks(schedule, at(after)), count)]


# ---------------------------------------------------------------- the language's ticks


@pytest.mark.parametrize(
    ("zone", "expression", "after", "found"),
    [
        # Clocks go forward: the time does not exist.
        (NEW_YORK, "30 2 * * *", "2026-03-07T12:00", ["03-08 03:30-0400", "03-09 02:30-0400"]),
        (BERLIN, "30 2 * * *", "2026-03-28T12:00", ["03-29 03:30+0200", "03-30 02:30+0200"]),
        (LORD_HOWE, "15 2 * * *", "2026-10-03T00:00", ["10-04 02:45+1100", "10-05 02:15+1100"]),
        # Clocks go back: the time comes twice.
        (NEW_YORK, "30 1 * * *", "2026-10-31T12:00", ["11-01 01:30-0500", "11-02 01:30-0500"]),
        (BERLIN, "30 2 * * *", "2026-10-24T12:00", ["10-25 02:30+0100", "10-26 02:30+0100"]),
        (LORD_HOWE, "45 1 * * *", "2026-04-04T00:00", ["04-05 01:45+1030", "04-06 01:45+1030"]),
        # Every hour that passes, and none that does not.
        (BERLIN, "0 * * * *", "2026-03-29T00:30", ["03-29 03:00+0200", "03-29 04:00+0200"]),
        (
            NEW_YORK,
            "30 * * * *",
            "2026-11-01T04:45",
            ["11-01 01:30-0400", "11-01 01:30-0500", "11-01 02:30-0500"],
        ),
        # A time that moved to one that ticks anyhow is one tick.
        (BERLIN, "30 2,3 * * *", "2026-03-28T12:00", ["03-29 03:30+0200", "03-30 02:30+0200"]),
        # Either day does.
        ("UTC", "0 0 13 * 5", "2026-02-01T00:00", ["02-06 00:00+0000", "02-13 00:00+0000", "02-20 00:00+0000"]),
        ("UTC", "0 9 * * 7", "2026-02-01T12:00", ["02-08 09:00+0000"]),
    ],
)
def test_cron_ticks_on_the_wall_clock_of_its_zone(zone: str, expression: str, after: str, found: list[str]) -> None:
    assert local(cron(expression, zone), after, len(found)) == found


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, LORD_HOWE, "UTC"])
@pytest.mark.parametrize("expression", ["30 2 * * *", "*/10 * * * *", "15 1,2 * * *"])
def test_ticks_are_the_same_wherever_one_begins_to_look(zone: str, expression: str) -> None:
    schedule = cron(expression, zone)
    for change in [*islice(changes(zone, at("2026-01-01")), 2)] or [at("2026-03-29")]:
        start = change - timedelta(hours=2)
        end = change + timedelta(days=3)
        whole = [tick for tick in islice(ticks(schedule, start), 20) if tick < end]
        assert len(whole) > 2 and whole[-1] > change
        assert whole == sorted(set(whole))
        for number, tick in list(enumerate(whole[:-1]))[:: 1 if THOROUGH else 3]:
            assert next(ticks(schedule, tick)) == whole[number + 1]
            assert next(ticks(schedule, tick - timedelta(seconds=1))) == tick


def test_the_start_is_the_first_tick_when_it_is_one() -> None:
    start = at("2026-01-05T00:00")
    assert next(ticks(cron("0 0 * * *", start=start), at("2025-01-01"))) == start
    assert next(ticks(cron("0 1 * * *", start=start), at("2025-01-01"))) == start + timedelta(hours=1)
    every = Schedule(timing=Interval(seconds=420), start=start)
    assert list(islice(ticks(every, at("2025-01-01")), 2)) == [start, start + timedelta(minutes=7)]
    assert next(ticks(every, start)) == start + timedelta(minutes=7)


def test_an_interval_without_a_start_counts_from_when_it_is_switched_on() -> None:
    every, on = Schedule(timing=Interval(seconds=25_000)), at("2026-03-01T12:00")
    first = on + timedelta(seconds=25_000)
    assert next(ticks(every, on)) == first
    assert next(ticks(every, first, on=on)) == first + timedelta(seconds=25_000)


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        (NEW_YORK, ["2026-03-08T07:00", "2026-11-01T06:00"]),
        (BERLIN, ["2026-03-29T01:00", "2026-10-25T01:00"]),
        (LORD_HOWE, ["2026-04-04T15:00", "2026-10-03T15:30"]),
        ("UTC", []),
        ("Asia/Kolkata", []),
    ],
)
def test_the_next_two_changes_of_a_clock(zone: str, found: list[str]) -> None:
    assert [*islice(changes(zone, at("2026-01-01")), 2)] == [at(text) for text in found]


@pytest.mark.parametrize(
    ("zone", "change", "first", "last"),
    [
        (NEW_YORK, "2026-03-08T07:00", "2026-03-07T05:00", "2026-03-10T04:00"),
        (BERLIN, "2026-10-25T01:00", "2026-10-23T22:00", "2026-10-26T23:00"),
        (LORD_HOWE, "2026-04-04T15:00", "2026-04-03T13:00", "2026-04-06T13:30"),
        # At midnight: Cairo's clocks go back at the end of the 29th.
        ("Africa/Cairo", "2026-10-29T21:00", "2026-10-27T21:00", "2026-10-30T22:00"),
    ],
)
def test_a_change_is_looked_at_from_the_day_before_to_the_day_after(
    zone: str, change: str, first: str, last: str
) -> None:
    assert around(zone, at(change)) == (at(first), at(last))


# ---------------------------------------------------------------- the comparison


def runs(*days: float, shift: int = 0) -> list[Tick]:
    found = [at("2026-03-01") + timedelta(days=day) for day in days]
    return [Tick(each, each - timedelta(days=shift)) for each in found]


def paired(old: Sequence[Tick], new: Sequence[Tick]) -> list[tuple[float | None, float | None]]:
    def day(tick: Tick | None) -> float | None:
        return None if tick is None else (tick.fire - at("2026-03-01")) / timedelta(days=1)

    return [(day(a), day(b)) for a, b in differences(old, new)]


def test_runs_that_differ_stand_beside_one_another() -> None:
    assert paired(runs(1, 2, 3), runs(1, 2, 3)) == []
    assert paired(runs(1, 2, 3), runs(1, 2.5, 3)) == [(2, 2.5)]
    assert paired(runs(1, 2, 3), runs(1, 3)) == [(2, None)]
    assert paired(runs(1, 3), runs(1, 2, 2.5, 3)) == [(None, 2), (None, 2.5)]
    assert paired([], runs(1)) == [(None, 1)]


def test_two_runs_at_once_are_not_one() -> None:
    assert paired(runs(1, 2, 2, 3), runs(1, 2, 3)) == [(2, None)]


def test_another_logical_date_is_a_difference() -> None:
    assert paired(runs(1, 2), runs(1, 2, shift=1)) == [(1, 1), (2, 2)]


def test_what_lies_beyond_a_list_that_was_cut_off_says_nothing() -> None:
    daily, hourly = runs(1, 2, 3), runs(1, 1.1, 1.2)
    assert differences(*alike_long(daily, hourly, 3)) == [(None, hourly[1]), (None, hourly[2])]
    # That list had no more than it gave.
    assert differences(*alike_long(daily, hourly, 4)) != differences(*alike_long(daily, hourly, 3))
    assert differences(*alike_long(daily, [], 3)) == [(tick, None) for tick in daily]


class Sides:
    """Both sides answer what they are told to."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, old: ScheduleAnswer | EngineError, new: ScheduleAnswer | EngineError
    ) -> None:
        self.old, self.new = LocalSide("old"), LocalSide("new")
        self.windows: list[Sequence[Window]] = []

        def told(
            pipelines: Sequence[Pipeline],
            side: Runner,
            choices: ScheduleOptions,
            windows: Sequence[Window] = (),
            stop: object = None,
        ) -> list[ScheduleAnswer | EngineError]:
            self.windows.append(windows)
            answer = old if side is self.old else new
            if isinstance(answer, ScheduleAnswer):
                answer = replace(answer, windows=((),) * len(windows))
            return [answer]

        monkeypatch.setattr(compared, "answers", told)

    def compare(self, schedule: Schedule | None = None, at_: str = "2026-03-01T00:00") -> ScheduleComparison:
        return compare(Pipeline(name="p", schedule=schedule), self.old, self.new, ScheduleOptions(at(at_)))


CLOCK = ScheduleAnswer("clock", "daily", next=tuple(runs(1, 2, 3)), missed=tuple(runs(-2, -1)))
BROKEN = EngineError([Diagnostic("PG376", "error", "nobody knows")])


@pytest.mark.parametrize(
    ("old", "new", "verdict", "why"),
    [
        (CLOCK, CLOCK, "same", "the same runs"),
        (CLOCK, replace(CLOCK, missed=()), "different", "2 runs start on the old side, 0 on the new"),
        (CLOCK, replace(CLOCK, next=tuple(runs(1, 2.5, 3))), "different", "1 run differs among the next"),
        (CLOCK, ScheduleAnswer("none"), "different", "the new side has no schedule"),
        (ScheduleAnswer("event"), CLOCK, "different", "the old side runs when something happens"),
        (ScheduleAnswer("none"), ScheduleAnswer("none"), "same", "neither side has a schedule"),
        (ScheduleAnswer("event"), ScheduleAnswer("event"), "same", "no clock"),
        (CLOCK, BROKEN, "inconclusive", "the new side, new, cannot tell: PG376 nobody knows"),
        (BROKEN, CLOCK, "inconclusive", "the old side"),
        (replace(CLOCK, more=True), replace(CLOCK, more=True), "inconclusive", f"more than {schedule_query.LIMIT:,}"),
    ],
)
def test_the_verdict(
    old: ScheduleAnswer | EngineError,
    new: ScheduleAnswer | EngineError,
    verdict: str,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = Sides(monkeypatch, old, new).compare()
    assert found.verdict == verdict
    assert why in found.why


def test_the_changes_of_a_native_schedules_own_zone_are_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = Sides(monkeypatch, replace(CLOCK, zones=(NEW_YORK,)), CLOCK)
    found = sides.compare(cron("0 0 * * *", BERLIN))
    assert [(each.zone, each.change) for each in found.sections if each.name == "change"] == [
        (BERLIN, at("2026-03-29T01:00")),
        (BERLIN, at("2026-10-25T01:00")),
        (NEW_YORK, at("2026-03-08T07:00")),
        (NEW_YORK, at("2026-11-01T06:00")),
    ]
    assert [len(each) for each in sides.windows] == [2, 2, 4, 4]
    # Zones without such changes, or that are known, are no reason to ask again.
    sides = Sides(monkeypatch, replace(CLOCK, zones=("UTC",)), replace(CLOCK, zones=(BERLIN,)))
    sides.compare(cron("0 0 * * *", BERLIN))
    assert [len(each) for each in sides.windows] == [2, 2]


def test_local_catches_up_only_when_told_to() -> None:
    daily = cron("0 0 * * *", start=at("2026-02-01"), catch_up=True)
    choices = ScheduleOptions(at("2026-03-01T12:00"), count=2)
    asked = compared.meant(Pipeline(name="p", schedule=daily), choices)
    assert (len(asked.missed), asked.missed[0].fire, asked.missed[-1].fire) == (29, at("2026-02-01"), at("2026-03-01"))
    assert [each.fire for each in asked.next] == [at("2026-03-02"), at("2026-03-03")]
    new = replace(daily, catch_up=False)
    assert compared.meant(Pipeline(name="p", schedule=new), choices).missed == ()
    minutely = cron("* * * * *", start=at("2026-02-01"), catch_up=True)
    many = compared.meant(Pipeline(name="p", schedule=minutely), choices)
    assert (len(many.missed), many.more) == (schedule_query.LIMIT, True)


def test_a_record_has_no_schedule(tmp_path: Path) -> None:
    from pipeglot.meaning.run import execute
    from pipeglot.migrate.sides import RecordedSide

    record = execute(Pipeline(name="p"))
    with pytest.raises(AuthoringError, match="PG375"):
        compare(Pipeline(name="p"), RecordedSide("record:x", record), LocalSide(), ScheduleOptions(at("2026-03-01")))


# ---------------------------------------------------------------- the command


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("daily.py").write_text(SOURCE, encoding="utf-8")
    return "daily.py"


def test_the_command_says_what_it_found_and_writes_it(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["migrate", "schedule", source, "--old", "local", "--new", "local", "--from", "2026-03-01T12:00Z"]
    assert main([*command, "--count", "3", "--json", "found.json"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("daily: SAME: ")
    assert "starts at once: old 56 runs, new 56 runs: the same" in said
    assert "2026-03-02 02:30:00+01:00 (01:30:00Z)" in said
    assert "clocks change at 2026-03-29 03:00:00+02:00 (01:00:00Z) in Europe/Berlin, the days around it: 3 runs" in said
    written = json.loads(Path("found.json").read_text(encoding="utf-8"))
    assert (written["format"], written["verdict"]) == ("pipeglot.schedule/1", "same")
    assert ScheduleComparison.model_validate(written).sections[2].old[1].fire == at("2026-03-29T01:30")
    assert main([*command, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["sections"][1]["name"] == "next"


def test_the_command_names_every_run_that_differs(
    source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    meant = compared.meant

    def late(pipeline: Pipeline, choices: ScheduleOptions, windows: Sequence[Window] = ()) -> ScheduleAnswer:
        """The same side answers for the new one, whose second run comes an hour late, for the day before."""
        answer = meant(pipeline, choices, windows)
        if choices.env:
            first, second, *rest = answer.next
            other = Tick(second.fire + timedelta(hours=1), second.fire - timedelta(days=1))
            answer = replace(answer, next=(first, other, *rest), missed=())
        return answer

    pairs = iter(({}, {"new": "1"}))
    monkeypatch.setattr(compared, "meant", lambda p, choices, w=(): late(p, replace(choices, env=next(pairs)), w))
    command = ["migrate", "schedule", source, "--old", "local", "--new", "local", "--from", "2026-03-01T12:00Z"]
    assert main([*command, "--count", "3"]) == 1
    said = capsys.readouterr().out
    assert "daily: DIFFERENT: switched on, " in said
    lines = [" ".join(line.split()) for line in said.splitlines()]
    one, other = "2026-03-03 02:30:00+01:00 (01:30:00Z)", "2026-03-03 03:30:00+01:00 (02:30:00Z), for 03-02 01:30Z"
    assert f"!= {one} {other}" in lines or f"!= {other} {one}" in lines
    assert sum(line.startswith("!= 2026-01-") for line in lines) == 5
    assert "and 51 more (--json has all)" in lines


@pytest.mark.parametrize(
    "wrong", [["--from", "tomorrow"], ["--from", "2026-01-01T00:00"], ["--old", "nowhere"], ["--count", "0"]]
)
def test_what_is_typed_wrong_is_a_usage_error(source: str, wrong: list[str]) -> None:
    command = ["migrate", "schedule", source, "--old", "local", "--new", "local"]
    try:
        code = main([*command, *wrong])
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2


def test_a_target_that_cannot_be_asked_is_never_a_pass(
    source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = engines.spec
    monkeypatch.setattr(engines, "spec", lambda target: replace(known(target), ticks=None))
    assert main(["migrate", "schedule", source, "--old", "local", "--new", "airflow"]) == 3
    said = capsys.readouterr().out
    assert (
        "daily: INCONCLUSIVE: the new side, airflow, cannot tell: PG376 when airflow starts runs is not known" in said
    )


# ---------------------------------------------------------------- KFP's controller


def probe(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, PROBES / f"{name}.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


KFP = probe("kfp_cron")
ROBFIG = json.loads((Path(__file__).parent / "data" / "robfig_cron.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("zone", first(sorted({case["zone"] for case in ROBFIG["cases"]}), keep=4))
def test_the_model_of_kfps_cron_gives_what_the_real_library_gave(zone: str) -> None:
    clock = KFP.Clock(zone)
    cases = [case for case in ROBFIG["cases"] if case["zone"] == zone]
    assert len(cases) >= 30
    for case in cases:
        schedule = KFP.parse(case["expression"])
        for start, wanted in zip(ROBFIG["starts"], case["next"], strict=True):
            found, last = [], start
            for _ in wanted:
                last = schedule.next(last, clock)
                found.append(last)
            assert found == wanted, (case["expression"], zone, start)


@pytest.mark.parametrize("expression", ROBFIG["wrong"])
def test_the_model_of_kfps_cron_refuses_what_the_real_library_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="KFP"):
        KFP.parse(expression)


def test_a_date_that_never_comes_is_no_run() -> None:
    assert KFP.parse("0 0 0 30 2 *").next(0, KFP.Clock("UTC")) is None


DAY, HOUR = 86_400, 3_600


def due(last: int | None, now: int, **told: Any) -> int | None:
    """What the controller does next, of a recurring run made at the hundredth day."""
    found: int | None = KFP.Recurring(100 * DAY, "UTC", **told).due(last, now)
    return found


@pytest.mark.parametrize(
    ("told", "last", "now", "found"),
    [
        # The first run comes after the start, or else after it was made, never at it.
        ({"cron": "0 0 0 * * *"}, None, 100, 101),
        ({"cron": "0 0 0 * * *", "start": 90 * DAY}, None, 100, 91),
        ({"cron": "0 0 0 * * *", "start": 110 * DAY}, None, 100, 111),
        ({"cron": "0 0 0 * * *", "start": 90 * DAY}, 95, 100, 96),
        # Without catching up: the latest that is due.
        ({"cron": "0 0 0 * * *", "start": 90 * DAY, "no_catchup": True}, None, 100, 100),
        ({"cron": "0 0 0 * * *", "no_catchup": True}, 100, 105, 105),
        ({"cron": "0 0 0 * * *", "end": 100 * DAY + HOUR}, None, 100, None),
        ({"interval": DAY}, None, 100, 101),
        ({"interval": DAY, "start": 90 * DAY}, None, 100, 91),
        ({"interval": DAY, "start": 110 * DAY}, None, 100, 111),
        ({"interval": DAY, "start": 90 * DAY}, 95, 100, 96),
        ({"interval": DAY, "end": 100 * DAY + HOUR}, None, 100, None),
    ],
)
def test_the_rules_of_kfps_controller(told: dict[str, Any], last: int | None, now: int, found: int | None) -> None:
    days = due(None if last is None else last * DAY, now * DAY, **told)
    assert days == (None if found is None else found * DAY)


def test_an_interval_that_does_not_catch_up_counts_from_now_on_kfp() -> None:
    now = 100 * DAY + 12 * HOUR
    told = {"interval": DAY, "start": 90 * DAY, "no_catchup": True}
    assert due(None, now, **told) == now
    assert due(now, now, **told) == now + DAY
