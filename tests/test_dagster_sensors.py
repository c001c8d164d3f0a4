"""What starts Dagster runs beside the job's own: sensors that know ticks, final calls, the runs of items."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pipeglot import backends
from pipeglot.conformance import corpus
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Cron, Interval, Pipeline, Schedule
from tests.test_engines import installed

CASES = {case.id: case for case in corpus.cases()}

LOAD = """
import importlib.util, json, sys
import dagster as dg
found = importlib.util.spec_from_file_location("made", sys.argv[1])
module = importlib.util.module_from_spec(found)
found.loader.exec_module(module)
"""
LOOKS = """
[sensor] = module.defs.get_repository_def().sensor_defs
cursor, looks = json.loads(sys.argv[2]), []
for _ in range(4):
    with dg.build_sensor_context(cursor=cursor) as context:
        told = sensor.evaluate_tick(context)
    cursor = told.cursor
    looks.append([cursor, [[each.run_key, each.run_config] for each in told.run_requests]])
print(json.dumps(looks))
"""


def on_dagster(code: str, ir: Pipeline, folder: Path, *arguments: str) -> Any:
    """What a program prints as JSON that has a pipeline's file as `module`."""
    made = backends.compile(ir, "dagster", allow=["PG214"])
    file = folder / made.entry
    file.write_text(made.files[made.entry], encoding="utf-8")
    command = [str(installed("dagster")), "-c", LOAD + code, str(file), *arguments]
    environ = {**os.environ, "DAGSTER_HOME": str(folder), "DAGSTER_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def looks(
    ir: Pipeline, folder: Path, cursor: datetime | None = None
) -> tuple[list[list[datetime]], list[dict[str, Any]]]:
    """The ticks that each of four looks of a pipeline's sensor asks for, beginning with a cursor, and the configs."""
    found = on_dagster(LOOKS, ir, folder, json.dumps(cursor and cursor.isoformat()))
    configs = [config for _, requests in found for _, config in requests]
    return [[datetime.fromisoformat(key) for key, _ in requests] for _, requests in found], configs


def dated(timing: Cron | Interval, start: datetime | None, *, catch_up: bool = True) -> Pipeline:
    schedule = Schedule(timing=timing, start=start, catch_up=catch_up)
    return replace(CASES["context"].ir, schedule=schedule)


def now() -> datetime:
    return datetime.now(timezone.utc)


@pytest.mark.engine("dagster")
@pytest.mark.parametrize(
    ("timing", "gap"),
    [
        (Cron(expression="0 * * * *", timezone="UTC"), timedelta(hours=1)),
        (Interval(seconds=3600), timedelta(hours=1)),
        (Interval(seconds=420), timedelta(minutes=7)),
    ],
)
def test_missed_ticks_are_caught_up_with_a_hundred_at_a_time(
    timing: Cron | Interval, gap: timedelta, tmp_path: Path
) -> None:
    start = now().replace(minute=0, second=0, microsecond=0) - 250 * gap
    start = start.replace(minute=0)
    found, configs = looks(dated(timing, start), tmp_path)
    assert [len(each) for each in found][:2] == [100, 100] and found[3] == []
    ticks = [tick for each in found for tick in each]
    assert ticks == [start + n * gap for n in range(len(ticks))]
    assert ticks[-1] <= now() < ticks[-1] + 2 * gap
    assert configs[0]["resources"]["params"]["config"]["logical_date"] == start.isoformat()


@pytest.mark.engine("dagster")
@pytest.mark.parametrize("timing", [Cron(expression="0 * * * *", timezone="UTC"), Interval(seconds=420)])
@pytest.mark.parametrize("moved", [timedelta(hours=-70), timedelta(hours=2)])
def test_a_start_that_was_moved_repeats_and_skips_nothing(
    timing: Cron | Interval, moved: timedelta, tmp_path: Path
) -> None:
    cursor = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    gap = timedelta(seconds=timing.seconds if isinstance(timing, Interval) else 3600)
    start = cursor + moved
    found, _ = looks(dated(timing, start), tmp_path, cursor)
    first = min(tick for each in found for tick in each)
    wanted = start if moved > timedelta(0) else start + ((cursor - start) // gap + 1) * gap
    assert first == wanted
    ticks = [tick for each in found for tick in each]
    assert ticks == [first + n * gap for n in range(len(ticks))] and ticks[-1] + gap > now() - timedelta(minutes=1)


@pytest.mark.engine("dagster")
def test_the_hour_that_clocks_show_twice_is_caught_up_with_once_for_each(tmp_path: Path) -> None:
    start = datetime(2025, 10, 25, 22, tzinfo=timezone.utc)
    found, _ = looks(dated(Cron(expression="30 * * * *", timezone="Europe/Berlin"), start), tmp_path)
    assert found[0] == [start + timedelta(hours=n, minutes=30) for n in range(100)]


@pytest.mark.engine("dagster")
def test_an_interval_that_does_not_catch_up_runs_its_latest_tick_alone(tmp_path: Path) -> None:
    start = now().replace(microsecond=0) - timedelta(days=2)
    ir = dated(Interval(seconds=420), start, catch_up=False)
    assert looks(ir, tmp_path)[0] == [[], [], [], []]
    found, _ = looks(ir, tmp_path, now() - timedelta(hours=5))
    [latest] = found[0]
    assert found[1:] == [[], [], []]
    assert timedelta(0) <= now() - latest < timedelta(seconds=480) and (latest - start).total_seconds() % 420 == 0
    later = dated(Interval(seconds=420), now().replace(microsecond=0) + timedelta(days=1), catch_up=False)
    assert looks(later, tmp_path, now() - timedelta(hours=5))[0] == [[], [], [], []]


@pytest.mark.parametrize("timing", [Cron(expression="0 2 * * *", timezone="UTC"), Interval(seconds=420)])
def test_catching_up_without_a_start_is_named_and_not_tried(timing: Cron | Interval) -> None:
    made = backends.compile(dated(timing, None), "dagster", allow=["PG214"])
    assert "PG214" in {each.code for each in made.diagnostics} and "for number in range(" not in made.files[made.entry]


# ---------------------------------------------------------------- runs beside the job's own

FINAL = """
instance = dg.DagsterInstance.local_temp(overrides={"run_retries": {"enabled": True, "max_retries": 3}})
quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
repository = module.defs.get_repository_def()
job = repository.get_job("final_fails")
main = job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
context = dg.build_run_status_sensor_context(
    sensor_name="s", dagster_event=main.all_events[-1], dagster_instance=instance, dagster_run=main.dagster_run
)
asked = repository.get_sensor_def("final_fails_succeeded")(context)
final = repository.get_job("final_fails__final")
ended = final.execute_in_process(instance=instance, run_config=quiet, tags=asked.tags, raise_on_error=False)
runs = [instance.get_run_by_id(run.run_id) for run in (main, ended)]
by_hand = final.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
[failure] = [event for event in by_hand.all_events if event.is_step_failure]
told = [[run.status.value, run.tags["dagster/will_retry"]] for run in runs]
print(json.dumps([told, failure.event_specific_data.error.message]))
"""


@pytest.mark.engine("dagster")
def test_a_failed_final_call_fails_its_run_and_nothing_is_retried_for_it(tmp_path: Path) -> None:
    told, by_hand = on_dagster(FINAL, CASES["final_fails"].ir, tmp_path)
    assert told == [["FAILURE", "false"], ["FAILURE", "false"]]
    assert "Failure: no run to tell the state of" in by_hand


def test_a_note_says_where_the_runs_of_items_happen() -> None:
    [note] = [
        each for each in backends.compile(CASES["branch_in_loop"].ir, "dagster").diagnostics if each.code == "PG268"
    ]
    assert note.severity == "note" and "run queue and launcher" in note.help


SHARED = """
class Shared(dg.ConfigurableIOManager):
    def handle_output(self, context, obj):
        kept[tuple(context.get_identifier())] = obj
    def load_input(self, context):
        return kept[tuple(context.upstream_output.get_identifier())]
kept = {}
quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ours = dg.Definitions(jobs=module.defs.jobs, resources={"io_manager": Shared()})
instance = dg.DagsterInstance.ephemeral()
job = ours.get_repository_def().get_job(sys.argv[2])
done = job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
print(json.dumps([done.success, sorted({key[1] for key in kept})]))
"""


@pytest.mark.engine("dagster")
def test_the_runs_of_items_keep_their_values_where_the_code_location_does(tmp_path: Path) -> None:
    ir = CASES["branch_in_loop"].ir
    success, steps = on_dagster(SHARED, ir, tmp_path, ir.name)
    assert success and {"numbers", "word", "loud", "double"} <= set(steps)
