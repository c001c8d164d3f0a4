"""What a file declares is read as its engine has loaded it: nothing is missing, nothing is run, and our own files say what
the pipeline says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeglot import pipeline, step
from pipeglot.engines.native import Native
from pipeglot.engines.process import Job
from pipeglot.engines.reader import read_many
from pipeglot.migrate.declared import declared
from pipeglot.migrate.matching import TaskMap
from pipeglot.migrate.native import NativeSide
from pipeglot.migrate.planning.build import make_plan
from pipeglot.migrate.planning.model import MigrationPlan
from pipeglot.migrate.planning.text import markdown
from tests.readings import TARGETS, WRITTEN, error, lines, partners, readings

pytestmark = pytest.mark.engine


def spelled(target: str, number: int, line: int) -> str:
    return WRITTEN[target][number][0].read_text().splitlines()[line - 1]


# ---------------------------------------------------------------- our own files


@pytest.mark.parametrize("target", TARGETS)
def test_no_file_of_ours_declares_anything_else_than_its_pipeline(target: str) -> None:
    read = readings(target)
    found = []
    for (made, compiled), native in zip(read.pipelines, read.ours, strict=True):
        assert isinstance(native, Native), (made.name, native)
        assert native.compiled
        told = declared(made, (native, partners(compiled)))
        found += [(made.name, str(one)) for one in told if one.verdict == "differ"]
    assert found == []


UNREAD: dict[str, set[str]] = {
    # What no file says on these engines, and a diagnostic names.
    "airflow": set(),
    "prefect": {"Schedule.start", "Schedule.catch_up", "Resources.cpu", "Resources.memory"},
    "dagster": set(),
    "kfp": {"Cron.timezone"},
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_policy_that_is_dropped_before_compiling_is_a_difference(target: str) -> None:
    read = readings(target)
    noticed, tried = set(), set()
    for (attribute, made, compiled), native in zip(read.mutants, read.theirs, strict=True):
        tried.add(attribute)
        assert isinstance(native, Native), (attribute, native)
        if any(one.verdict == "differ" for one in declared(made, (native, partners(compiled)))):
            noticed.add(attribute)
    assert tried - noticed == UNREAD[target]


# ---------------------------------------------------------------- files that cannot be read


@pytest.mark.parametrize("target", TARGETS)
def test_a_file_that_cannot_be_loaded_is_an_error_of_its_own(target: str) -> None:
    read = readings(target)
    assert error(read.written["broken"]).startswith("PG322") and "no such luck" in error(read.written["broken"])
    assert error(read.written["empty"]).startswith("PG322") and "empty" in error(read.written["empty"])


@pytest.mark.engine("kfp")
def test_a_file_that_does_not_come_to_an_end_or_ends_the_process_spoils_no_other(tmp_path: Path) -> None:
    readings("kfp")  # the engine is there
    (tmp_path / "stands.py").write_text("import time\ntime.sleep(600)\n")
    (tmp_path / "dies.py").write_text("import os\nos._exit(3)\n")
    file, name = WRITTEN["kfp"][0]
    jobs = [Job(tmp_path, "stands.py", "stands"), Job(tmp_path, "dies.py", "dies"), Job(file.parent, file.name, name)]
    first, second, third = read_many("kfp", jobs, limit=2)
    assert error(first).startswith("PG321") and error(second).startswith("PG320")
    assert isinstance(third, Native)


# ---------------------------------------------------------------- Airflow


@pytest.mark.engine("airflow")
def test_airflow_tells_all_that_a_task_is_told() -> None:
    native = readings("airflow").native("rich")
    tasks = {task.name: task for task in native.tasks}
    kinds = {name: task.kind for name, task in tasks.items()}
    assert kinds == {
        "wait": "sensor",
        "load": "python",
        "branch": "branch",
        "checks.small": "empty",
        "checks.large": "shell",
        "double": "python",
        "report": "shell",
        "follow": "trigger",
    }
    load = tasks["load"]
    assert (load.retries.count, load.retries.waits, load.timeout) == (3, (300, 600, 900), 1800)
    assert {one.name: one.value for one in load.settings} == {
        "depends_on_past": True,
        "priority_weight": 5,
        "pool": "db",
        "pool_slots": 2,
        "queue": "large",
    }
    assert [(hook.event, hook.calls) for hook in load.hooks] == [("failure", "page")]
    assert tasks["report"].join == "none_failed_min_one_success"
    assert tasks["report"].waits_for == ("checks.large", "checks.small")
    assert [(one.task, one.key) for one in tasks["report"].takes] == [("load", "rows")]
    assert [(one.task, one.key) for one in tasks["branch"].takes] == [("load", "rows")]
    assert (tasks["double"].over, tasks["double"].at_once, tasks["double"].retries.count) == (("n",), 2, 1)
    assert (
        tasks["checks.large"].group == "checks"
        and "var.value.threshold" in tasks["checks.large"].templates["bash_command"]
    )
    assert load.code is not None and "Variable.get" in load.code.text


@pytest.mark.engine("airflow")
def test_airflow_tells_of_the_run_and_what_starts_it() -> None:
    native = readings("airflow").native("rich")
    [schedule] = native.schedules
    assert (schedule.kind, schedule.cron, schedule.timezone) == ("cron", "30 2 * * 1-5", "UTC")
    assert (native.catch_up, native.max_active_runs, native.run_timeout) == (True, 1, 7200)
    assert native.start is not None and native.end is not None and native.assumed == ()
    assert {param.name: param.default for param in native.params} == {"day": "2026-01-01", "limit": 10}
    assert [(hook.event, hook.calls) for hook in native.hooks] == [("success", "page")]
    assert (native.tags, native.owners, native.groups) == (("etl",), ("data",), ("checks",))


@pytest.mark.engine("airflow")
def test_airflow_tells_where_it_is_written() -> None:
    native = readings("airflow").native("rich")
    tasks = {task.name: task for task in native.tasks}
    for name, words in (("pool", 'pool="db"'), ("depends_on_past", '"depends_on_past": True'), ("queue", "queue=")):
        assert words in spelled("airflow", 0, lines(tasks["load"].settings)[name])
    assert "trigger_rule=" in spelled("airflow", 0, tasks["report"].places["join"].line)
    assert '"retries": 3' in spelled("airflow", 0, tasks["load"].places["retries"].line)
    assert "retries=1" in spelled("airflow", 0, tasks["double"].places["retries"].line)
    assert "catchup=True" in spelled("airflow", 0, native.places["catch_up"].line)
    for task in native.tasks:
        assert task.at is not None and task.at.file == "airflow_rich.py"


# ---------------------------------------------------------------- Prefect


@pytest.mark.engine("prefect")
def test_prefect_tells_of_the_flow_its_tasks_and_its_deployment() -> None:
    native = readings("prefect").native("sums")
    [schedule] = native.schedules
    assert (schedule.cron, schedule.name, native.max_active_runs, native.tags) == ("0 2 * * *", "nightly", 1, ("etl",))
    assert (native.run_retries.count, native.run_retries.waits, native.run_timeout) == (2, (30, 30), 3600)
    assert {(hook.event, hook.calls) for hook in native.hooks} == {("failure", "page"), ("success", "page")}
    settings = {one.name: one.value for one in native.settings}
    assert settings["task_runner"] == "ThreadPoolTaskRunner(max_workers=2)" and settings["concurrency"] == "database"
    tasks = {task.name: task for task in native.tasks}
    assert list(tasks) == ["load", "double", "total", "publish-all"]
    assert (tasks["load"].retries.waits, tasks["load"].retries.jitter, tasks["load"].timeout) == ((10, 20, 40), 0.5, 60)
    assert {one.name for one in tasks["double"].settings} == {
        "cache_policy",
        "cache_expiration",
        "persist_result",
        "tags",
    }
    assert tasks["double"].over == ("n",) and tasks["publish-all"].kind == "flow"
    # Told anew where it is called: what the task says does not hold.
    assert "retries" in tasks["total"].unknown
    assert "on_failure=[log]" in spelled("prefect", 0, lines(tasks["load"].hooks)["failure"])
    assert "cache_expiration=" in spelled("prefect", 0, lines(tasks["double"].settings)["cache_expiration"])


# ---------------------------------------------------------------- Dagster


@pytest.mark.engine("dagster")
def test_dagster_tells_of_the_job_its_ops_and_what_starts_it() -> None:
    native = readings("dagster").written["sums"]
    assert isinstance(native, Native)
    assert [(one.kind, one.name) for one in native.schedules] == [("cron", "sums_schedule"), ("sensor", "new_file")]
    assert (native.run_timeout, native.run_retries.count, native.tags) == (3600, 2, ("team:core",))
    assert [(hook.event, hook.calls) for hook in native.hooks] == [("failure", "page")]
    assert {one.name for one in native.settings} == {"partitions", "resource"}
    tasks = {task.name: task for task in native.tasks}
    assert set(tasks) == {"load", "split", "double", "publish.choose", "publish.store_small", "publish.store_large"}
    load = tasks["load"]
    assert (load.retries.count, load.retries.waits, load.retries.jitter) == (3, (2, 6, 14), "PLUS_MINUS")
    assert {one.name: one.value for one in load.settings} == {"pool": "db", "priority": "3"}
    # The job's own policy holds where an op has none, and what an op's code asks for is its own.
    assert list(tasks["double"].retries.waits) == [30] and tasks["double"].over
    assert "retries" in tasks["publish.store_small"].unknown
    assert (tasks["publish.choose"].kind, tasks["split"].waits_for) == ("branch", ("load",))
    assert {param.name for param in native.params} == {"load.rows", "load.table"}
    assert "pool=" in spelled("dagster", 0, lines(load.settings)["pool"])
    assert "op_retry_policy" in spelled("dagster", 0, tasks["double"].places["retries"].line)


@pytest.mark.engine("dagster")
def test_dagster_tells_of_assets() -> None:
    native = readings("dagster").native("refresh")
    assert {(one.name, one.value) for one in native.settings} == {("automation_condition", "revenue: eager")}
    tasks = {task.name: task for task in native.tasks}
    assert tasks["orders"].retries.count == 2 and tasks["revenue"].waits_for == ("orders",)
    assert {one.name for one in tasks["revenue"].settings} == {"asset", "code_version"}


# ---------------------------------------------------------------- Kubeflow Pipelines


@pytest.mark.engine("kfp")
def test_kfp_tells_of_the_specification_that_an_sdk_file_makes() -> None:
    native = readings("kfp").native("rich")
    tasks = {task.name: task for task in native.tasks}
    assert set(tasks) == {"load", "write", "say", "tell", "load-2"}
    load = tasks["load"]
    assert (load.retries.count, load.retries.waits, load.image) == (3, (10, 20, 30), "python:3.12")
    assert load.resources is not None
    assert (load.resources.cpu, load.resources.memory, load.resources.gpus) == (0.5, "2Gi", 1)
    assert {one.name: one.value for one in load.settings} == {"caching": True, "packages": ["cowsay==6.1"]}
    assert {one.name for one in tasks["write"].settings} == {"artifact"} and tasks["write"].waits_for == ("load",)
    assert (tasks["say"].kind, tasks["say"].image) == ("container", "alpine:3.20")
    assert any(one.name == "condition" for one in tasks["say"].settings) or tasks["say"].group
    assert tasks["tell"].join == "ALL_UPSTREAM_TASKS_COMPLETED"
    assert tasks["load-2"].at_once == 2 and tasks["load-2"].over
    assert {param.name: param.default for param in native.params} == {"rows": 10, "text": "hi"}
    # The server alone knows what starts runs of it.
    assert {"schedules", "catch_up", "max_active_runs"} <= set(native.unknown)
    assert load.at is not None and "def load" in spelled("kfp", 0, load.at.line)


# ---------------------------------------------------------------- what a plan makes of it


@step(retries=3, retry_delay=10, backoff=2.0, max_delay=30)
def load(rows: int) -> int:
    return rows


@pipeline
def port(rows: int = 10) -> int:
    return load(rows)


def planned(target: str, number: int, monkeypatch: pytest.MonkeyPatch, made: Any = port) -> MigrationPlan:
    """The plan of a move from a file that has been read already."""
    file, name = WRITTEN[target][number]
    read = readings(target).native(name)
    monkeypatch.setattr(NativeSide, "declares", lambda self, task=None, stop=None: read)
    return make_plan(made.ir(), f"{target}:{file}:{name}", "prefect" if target == "airflow" else "airflow")


def left(plan: MigrationPlan) -> set[str]:
    return {one.name for one in plan.traits if one.carried == "no"}


@pytest.mark.engine("airflow")
def test_a_plan_names_everything_that_a_dag_has_and_pauses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned("airflow", 1, monkeypatch)
    assert plan.verdict == "migrate with conditions" and "nothing is lost" not in plan.why
    assert left(plan) == {
        "schedule",
        "start_date",
        "catch_up",
        "sensor",
        "task",
        "retries",
        "on_failure",
        "depends_on_past",
        "priority_weight",
        "pool",
        "trigger_rule",
    }
    lines = WRITTEN["airflow"][1][0].read_text().splitlines()
    wanted = {"sensor": "FileSensor", "pool": 'pool="db"', "trigger_rule": "one_success", "catch_up": "catchup=True"}
    wanted |= {
        "depends_on_past": '"depends_on_past": True',
        "schedule": "0 2 * * *",
        "priority_weight": "priority_weight=5",
    }
    for name, words in wanted.items():
        [place, *_] = [one.places[0] for one in plan.traits if one.name == name]
        assert words in lines[place.line - 1], name
    asked = {one.what for one in plan.manual}
    assert any("bucket" in what for what in asked) and any("connection warehouse" in what for what in asked)
    assert any(move.command == "airflow dags pause nightly" for move in plan.cut_over)
    assert any(move.command == "airflow dags unpause nightly" for move in plan.rollback)
    shown = markdown(plan)
    assert "## What airflow:" in shown and "NOT carried over" in shown
    assert MigrationPlan.from_json(plan.to_json()) == plan


@pytest.mark.engine("kfp")
def test_what_the_pipeline_has_too_is_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned("kfp", 0, monkeypatch)
    carried = {one.name for one in plan.traits if one.carried == "yes" and one.tasks == ("load",)}
    assert carried == {"retries"}
    assert {"image", "packages", "caching", "resources", "artifact", "max_parallel"} <= left(plan)
    assert any("server knows that alone" in one.what for one in plan.not_judged)
    assert any("recurring-run disable" in move.command for move in plan.cut_over)


@pytest.mark.engine("prefect")
def test_a_plan_names_what_a_flow_has(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned("prefect", 0, monkeypatch)
    assert {"run_retries", "on_failure", "on_success", "cache_policy", "persist_result", "task_runner"} <= left(plan)
    assert {"schedule", "max_active_runs", "run_timeout", "concurrency", "with_options", "task"} <= left(plan)
    assert any("prefect deployment schedule pause sums/nightly" in move.command for move in plan.cut_over)


@pytest.mark.engine("dagster")
def test_a_plan_names_what_a_job_has(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned("dagster", 0, monkeypatch)
    assert {"schedule", "partitions", "resource", "on_failure", "run_retries", "pool", "priority"} <= left(plan)
    commands = {move.command for move in plan.cut_over}
    assert {
        f"dagster {kind} -f dagster_rich.py" for kind in ("schedule stop sums_schedule", "sensor stop new_file")
    } <= commands


@pytest.mark.engine("prefect")
def test_retries_of_a_flow_have_no_spelling_and_are_a_named_difference() -> None:
    read = readings("prefect").native("flok")
    found = declared(port.ir(), (read, {}))
    assert [(one.name, one.old, one.verdict) for one in found] == [("run_retries", 2, "differ")]


@pytest.mark.engine("airflow")
def test_a_map_file_says_which_call_a_task_stands_for(monkeypatch: pytest.MonkeyPatch) -> None:
    file, _ = WRITTEN["airflow"][0]
    read = readings("airflow").native("rich")
    monkeypatch.setattr(NativeSide, "declares", lambda self, task=None, stop=None: read)
    told = TaskMap({"double": "load", "load": ""})
    plan = make_plan(port.ir(), f"airflow:{file}:rich", "prefect", mapping=told)
    [bound] = [one for one in plan.traits if one.name == "max_parallel"]
    assert (bound.tasks, bound.note) == (("double",), "the pipeline says nothing of it")
