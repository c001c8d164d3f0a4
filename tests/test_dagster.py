"""What is particular about Dagster: the shape of the graphs, what is lost and named, and the real executors."""

from __future__ import annotations

import ast
from datetime import datetime, timezone
from functools import lru_cache

import pytest
import yaml

from pipeglot import Cron, Every, backends, collect, each, pipeline, run, step
from pipeglot.backends.base import Compiled, EngineRun, EngineTask
from pipeglot.backends.dagster import BACKEND
from pipeglot.backends.dagster.lower import lower, node_name
from pipeglot.backends.dagster.ops import pod_settings, retry_policy
from pipeglot.backends.dagster.schedule import cron_of_interval
from pipeglot.conformance import corpus
from pipeglot.conformance.judge import Trial, Verdict, judge
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Interval, Pipeline, Policy, Resources, Retry, Schedule
from pipeglot.core.ir import Param as IrParam
from pipeglot.core.record import CallRecord
from tests.test_engines import installed

CASES = {case.id: case for case in corpus.cases()}


def text(name: str) -> str:
    made = backends.compile(CASES[name].ir, "dagster")
    return made.files[made.entry]


def codes(made: Compiled) -> set[str]:
    return {found.code for found in made.diagnostics}


# ---------------------------------------------------------------- graphs


def test_a_loop_of_calls_is_a_native_map_and_one_with_a_branch_a_job_for_each_item() -> None:
    assert ".map(" in text("static") and "run_item" not in text("static")
    assert "run_item" in text("branch_in_loop") and "run_item" in text("runtime_in_runtime")


def test_every_name_of_a_file_is_prefixed_by_its_pipeline_so_that_files_share_a_code_location() -> None:
    for case in CASES.values():
        tree = ast.parse(text(case.id))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("dg.op", "dg.graph"):
                names = [ast.literal_eval(each.value) for each in node.keywords if each.arg == "name"]
                assert len(names) == 1 and names[0].startswith(node_name(case.ir.name)), names


def test_no_file_puts_off_annotations_which_dagster_reads() -> None:
    for case in CASES.values():
        assert "from __future__ import annotations" not in text(case.id)


@pytest.mark.parametrize("name", ["chain", "branch_in_loop", "runtime_in_runtime", "final_fails", "awkward_names"])
def test_node_names_are_distinct_in_the_whole_file_and_known(name: str) -> None:
    made = backends.compile(CASES[name].ir, "dagster")
    plan = lower(CASES[name].ir)
    names = [op.name for op in plan.ops()]
    assert len(names) == len(set(names))
    assert made.names == {op.name: op.node for op in plan.ops()}


def test_an_op_that_collects_depends_on_no_other_loops_collection() -> None:
    """Dagster waits forever after such an op when the other loop is never expanded."""

    @pipeline
    def two_loops() -> str:
        with each(numbers()) as x:
            first = double.options(id="first")(x)
        told = total.options(id="told")(collect(first))
        with each(numbers.options(id="more")()) as y:
            second = double.options(id="second")(y)
        both = total.options(id="both")(collect(second), told)
        return hello.options(id="last", after=[both])()

    ops = {op.name: op for op in lower(two_loops.ir()).main.ops()}
    collecting = {
        name
        for name, op in ops.items()
        if op.loop is None and any(h.loop is not None and h.op is not op for h in op.handles())
    }
    assert collecting == {"told", "second_list"}


# ---------------------------------------------------------------- policies


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        (Retry(count=3), {"max_retries": 3}),
        (Retry(count=3, delay=5), {"max_retries": 3, "delay": 5}),
        (Retry(count=2, delay=5, backoff=2), {"max_retries": 2, "delay": 5, "backoff": "LINEAR"}),
        (Retry(count=2, delay=5, backoff=3), {"max_retries": 2, "delay": 5, "backoff": "EXPONENTIAL"}),
        (Retry(count=3, delay=5, backoff=2), None),
        (Retry(count=4, delay=5, backoff=2, max_delay=7), None),
    ],
)
def test_dagsters_own_retries_are_used_where_they_wait_as_long_as_told(retry: Retry, expected: object) -> None:
    told = retry_policy(Policy(retry=retry))
    assert told == expected
    if told is not None:
        delay, n = told.get("delay", 0), range(1, retry.count + 1)
        grown = {"LINEAR": [delay * i for i in n], "EXPONENTIAL": [delay * (2**i - 1) for i in n]}
        assert grown.get(told.get("backoff", ""), [delay] * retry.count) == retry.waits()


def test_resources_are_what_dagster_k8s_reads_from_the_tag() -> None:
    asked = Resources(cpu=0.5, memory="2Gi", gpus=1, node_selector={"pool": "gpu"})
    assert pod_settings(Policy(resources=asked)) == {
        "container_config": {
            "resources": {
                "requests": {"cpu": "500m", "memory": "2Gi"},
                "limits": {"memory": "2Gi", "nvidia.com/gpu": "1"},
            }
        },
        "pod_spec_config": {"node_selector": {"pool": "gpu"}},
    }
    assert pod_settings(Policy()) == {}


# ---------------------------------------------------------------- schedules and what the instance keeps


def every(seconds: int, start: str | None, *, catch_up: bool = False) -> Pipeline:
    at = None if start is None else datetime.fromisoformat(start).replace(tzinfo=timezone.utc)
    return Pipeline(name="p", schedule=Schedule(timing=Interval(seconds=seconds), start=at, catch_up=catch_up))


@pytest.mark.parametrize(
    ("seconds", "start", "cron"),
    [
        (900, "2026-01-01T00:05:00", "5,20,35,50 * * * *"),
        (3600, "2026-01-01T00:00:00", "0 * * * *"),
        (6 * 3600, "2026-01-01T01:30:00", "30 1,7,13,19 * * *"),
        (7 * 86400, "2026-01-01T01:30:00", "30 1 * * 4"),
        (420, "2026-01-01T00:00:00", None),
        (5 * 3600, "2026-01-01T00:00:00", None),
        (900, "2026-01-01T00:05:07", None),
    ],
)
def test_an_interval_is_a_cron_schedule_only_where_the_ticks_are_the_same(
    seconds: int, start: str, cron: str | None
) -> None:
    assert cron_of_interval(every(seconds, start)) == cron


@step
def hello(day: str = "") -> str:
    return day


@step
def numbers() -> list[int]:
    return [1, 2]


@step
def double(x: int) -> int:
    return 2 * x


@step
def total(xs: list[int], more: int = 0) -> int:
    return sum(xs) + more


@pipeline(schedule=Cron("0 6 * * 1-5", tz="Europe/Berlin"), max_active_runs=2, run_timeout="1h")
def limited() -> str:
    return hello(f"{run.day}")


def test_what_only_the_instance_keeps_is_in_a_file_of_its_own_and_named() -> None:
    made = backends.compile(limited.ir(), "dagster")
    instance = yaml.safe_load(made.files["dagster.yaml"])
    [limit] = instance["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit == {"key": "max_active_runs", "value": "limited", "limit": 2}
    assert instance["run_monitoring"]["enabled"] is True
    assert {"PG263", "PG264"} <= codes(made)
    assert '"dagster/max_runtime": "3600"' in made.files[made.entry]


def test_a_scheduled_run_is_told_its_tick() -> None:
    text = backends.compile(limited.ir(), "dagster").files["limited.py"]
    assert "logical_date=moment.isoformat()" in text
    assert "DefaultScheduleStatus.RUNNING" in text


def test_a_schedule_needs_defaults_for_all_parameters() -> None:
    ir = replace(limited.ir(), params=(IrParam(name="n", required=True),))
    made = BACKEND.compile(ir)
    assert made.files == {} and "PG209" in codes(made)


@pipeline(schedule=Every("7m"), start="2026-01-01T00:00:00Z")
def odd_interval() -> str:
    return hello()


def test_an_interval_that_cron_cannot_say_is_a_sensor() -> None:
    text = backends.compile(odd_interval.ir(), "dagster").files["odd_interval.py"]
    assert "@dg.sensor(" in text and "timedelta(seconds=420)" in text


# ---------------------------------------------------------------- names and options


def test_a_parameter_whose_name_a_resource_has_keeps_it_for_the_user() -> None:
    names = ("class", "schema", "_hidden", "logical_date", "größe")
    ir = replace(limited.ir(), params=tuple(IrParam(name=name, default=1) for name in names))
    text = backends.compile(ir, "dagster").files["limited.py"]
    for name in names:
        assert f'alias="{name}"' in text


def test_choices_that_are_no_text_are_named() -> None:
    ir = replace(limited.ir(), params=(IrParam(name="n", type={"enum": [1, 2]}, default=1),))
    assert "PG212" in codes(backends.compile(ir, "dagster"))


def test_an_option_that_dagster_does_not_have_is_refused_with_a_guess() -> None:
    ir = replace(limited.ir(), options={"dagster": {"ops": {"hello": {"poool": "db"}}}})
    [found] = [d for d in BACKEND.compile(ir).diagnostics if d.severity == "error"]
    assert found.code == "PG202" and "pool" in found.help


def test_an_option_reaches_its_op() -> None:
    ir = replace(limited.ir(), options={"dagster": {"ops": {"hello": {"pool": "db"}}}})
    assert 'pool="db"' in backends.compile(ir, "dagster").files["limited.py"]


# ---------------------------------------------------------------- reading back


def observed(pipeline: Pipeline, *tasks: EngineTask) -> list[CallRecord]:
    run = EngineRun("dagster", "1.13", "succeeded", "r", None, None, None, tasks)
    return list(BACKEND.observe(pipeline, BACKEND.compile(pipeline), run))


def test_a_tolerated_failure_is_read_from_the_output_that_dagster_calls_a_success() -> None:
    ir = CASES["tolerated"].ir
    name = next(op.name for op in lower(ir).ops() if op.node == "fails" or op.node.startswith("f"))
    task = EngineTask(name, "TOLERATED", attempts=1, error={"type": "ValueError", "message": "no"})
    [record] = observed(ir, task)
    assert (record.state, record.tolerated, record.attempts) == ("failed", True, 1)
    assert record.error is not None and record.error.message == "no"


def test_what_dagster_skipped_says_nothing() -> None:
    ir = CASES["chain"].ir
    tasks = [EngineTask(op.name, "SKIPPED") for op in lower(ir).ops()]
    assert observed(ir, *tasks) == []


# ---------------------------------------------------------------- the multiprocess executor

SLICE = (
    "if_else_merge",
    "nested_strict_fail",
    "capture_fails",
    "taken_arm_fails",
    "runtime",
    "failing_item",
    "branch_in_loop",
    "runtime_in_runtime",
    "failure_in_a_nested_loop",
    "retries_that_help",
    "retries_with_backoff",
    "tolerated_item",
    "too_slow",
    "final_fails",
    "final_after_failure",
    "bounded_params",
)


@lru_cache
def with_processes() -> dict[str, Verdict]:
    installed("dagster")
    trials = [
        Trial(case.id, case.ir, case.params, case.logical_date, case.env)
        for name, case in CASES.items()
        if name in SLICE
    ]
    return {verdict.trial.name: verdict for verdict in judge(trials, "dagster", mode="multiprocess")}


def test_the_slice_is_of_the_corpus() -> None:
    assert set(SLICE) <= CASES.keys()


@pytest.mark.engine("dagster")
@pytest.mark.parametrize("name", SLICE)
def test_the_multiprocess_executor_agrees_with_the_reference(name: str) -> None:
    verdict = with_processes()[name]
    assert verdict.problems == () and verdict.refused == ()
