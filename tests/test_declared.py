"""What two sides declare: a difference only where both mean something else by it, and nothing left out."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from pipeglot import Cron, Every, continue_, each, pipeline, step
from pipeglot.compare.weight import Declared
from pipeglot.engines.native import Hook, Native, NativeParam, NativeSchedule, NativeTask, Retries, Setting, Tolerance
from pipeglot.migrate.declared import declared

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
DAILY = NativeSchedule(kind="cron", cron="0 2 * * *", timezone="UTC")


@step
def load(n: int = 1) -> int:
    return n


def native(*tasks: NativeTask, **told: Any) -> Native:
    return Native(**{"engine": "airflow", "name": "p", "file": "p.py", "tasks": tasks, **told})


def compared(made: Any, side: Native) -> dict[str, Declared]:
    found = declared(made.ir(), (side, {task.name: (task.name,) for task in side.tasks}), now=NOW)
    return {one.name if one.call is None else f"{one.call}.{one.name}": one for one in found}


def verdicts(made: Any, side: Native) -> dict[str, str]:
    return {name: one.verdict for name, one in compared(made, side).items()}


@pipeline
def plain() -> None:
    load()


@pipeline
def retried() -> None:
    load.options(retries=2, retry_delay="5m", backoff=2.0, max_delay="8m", timeout="1h")()


def test_what_nobody_says_is_no_line() -> None:
    assert declared(plain.ir(), (native(NativeTask(name="load")), {"load": ("load",)})) == ()


def test_retries_are_compared_with_the_waits_that_are_really_made() -> None:
    same = Retries(count=2, waits=(300, 480))
    assert set(verdicts(retried, native(NativeTask(name="load", retries=same, timeout=3600))).values()) == {"agree"}
    other = compared(retried, native(NativeTask(name="load", retries=Retries(count=2, waits=(300, 600)), timeout=60)))
    assert [other[f"load.{name}"].verdict for name in ("retries", "retry_delay", "timeout")] == [
        "agree",
        "differ",
        "differ",
    ]
    assert (other["load.retry_delay"].old, other["load.retry_delay"].new) == ([300, 600], [300, 480])


def test_a_delay_means_nothing_without_a_retry() -> None:
    side = native(NativeTask(name="load", retries=Retries(count=0, delay=300)))
    assert verdicts(plain, side) == {}
    fewer = compared(retried, native(NativeTask(name="load", retries=Retries(count=1, waits=(300,)), timeout=3600)))
    assert (fewer["load.retries"].verdict, fewer["load.retry_delay"].verdict) == ("differ", "agree")


def test_what_a_side_cannot_tell_is_never_a_difference() -> None:
    side = native(NativeTask(name="load", unknown=("retries", "timeout")))
    assert verdicts(retried, side) == {"load.retries": "unknown", "load.timeout": "unknown"}


def test_a_tolerated_failure_is_in_code_that_nobody_reads() -> None:
    @pipeline
    def tolerant() -> None:
        load.options(on_failure=continue_(default=3))()

    silent = native(NativeTask(name="load", unknown=("tolerance",)))
    assert verdicts(tolerant, silent) == {"load.tolerance": "unknown"}
    other = native(NativeTask(name="load", tolerance=Tolerance(default=4)))
    assert verdicts(tolerant, other) == {"load.tolerance": "differ"}


def test_the_smallest_bound_of_a_loop_is_compared() -> None:
    @pipeline
    def looped() -> None:
        with each([1, 2], max_parallel=4), each([3, 4], max_parallel=2) as n:
            load(n)

    assert verdicts(looped, native(NativeTask(name="load", at_once=2))) == {"load.max_parallel": "agree"}
    assert verdicts(looped, native(NativeTask(name="load"))) == {"load.max_parallel": "differ"}


def test_what_only_the_engine_has_is_named_and_no_difference() -> None:
    task = NativeTask(
        name="load",
        kind="sensor",
        operator="FileSensor",
        join="one_success",
        hooks=(Hook(event="failure", calls="page"),),
        settings=(Setting(name="pool", value="db"), Setting(name="depends_on_past", value=True)),
    )
    found = compared(plain, native(task, hooks=(Hook(event="success", calls="log"),)))
    assert set(found) == {
        "load.sensor",
        "load.trigger_rule",
        "load.on_failure",
        "load.pool",
        "load.depends_on_past",
        "on_success",
    }
    assert {one.verdict for one in found.values()} == {"unknown"}
    assert found["load.pool"].old == "db" and "airflow alone" in found["load.pool"].note


def test_helpers_of_our_own_files_declare_nothing() -> None:
    helper = NativeTask(name="end", retries=Retries(count=1, waits=(1,)), settings=(Setting(name="pool", value="x"),))
    side = native(NativeTask(name="load"), helper, compiled=True)
    assert declared(plain.ir(), (side, {"load": ("load",)})) == ()


# ---------------------------------------------------------------- params


def test_defaults_of_params_are_compared_and_a_whole_float_is_its_int() -> None:
    @pipeline
    def given(n: int = 1, x: float = 2.0, flag: bool = True, must: str = "") -> None:
        load(n)

    params = [NativeParam(name="n", default=5), NativeParam(name="x", default=2), NativeParam(name="flag", default=1)]
    params += [NativeParam(name="must", required=True), NativeParam(name="other", default=3)]
    assert verdicts(given, native(NativeTask(name="load"), params=tuple(params))) == {
        "params.n": "differ",
        "params.x": "agree",
        "params.flag": "differ",
        "params.must": "unknown",
    }


# ---------------------------------------------------------------- what starts runs


def scheduled(timing: Any, **more: Any) -> Any:
    @pipeline(schedule=timing, **more)
    def ticking() -> None:
        load()

    return ticking


@pytest.mark.parametrize(
    ("timing", "told", "verdict"),
    [
        (Cron("0 2 * * *"), DAILY, "agree"),
        (Cron("0 2 * * *"), DAILY.model_copy(update={"timezone": "Etc/UTC"}), "agree"),
        (Cron("0 2 * * *"), DAILY.model_copy(update={"timezone": "Europe/Berlin"}), "differ"),
        (Cron("0 2 * * *"), DAILY.model_copy(update={"timezone": None}), "agree"),
        (Cron("0 2 * * *"), DAILY.model_copy(update={"cron": "5 2 * * *"}), "differ"),
        (Cron("0 2 * * 0"), DAILY.model_copy(update={"cron": "0 2 * * sun"}), "agree"),
        (Cron("0 2 * * 1-5"), DAILY, "differ"),
        (Every("6h"), NativeSchedule(kind="interval", seconds=21600), "agree"),
        (Every("6h"), NativeSchedule(kind="interval", seconds=3600), "differ"),
        (Every("6h"), DAILY.model_copy(update={"cron": "0 */6 * * *"}), "agree"),
        (Every("6h"), DAILY.model_copy(update={"cron": "0 */5 * * *"}), "differ"),
        (Cron("0 2 * * *"), NativeSchedule(kind="cron", cron="nonsense", timezone="UTC"), "differ"),
    ],
)
def test_schedules_are_the_same_when_their_ticks_are(timing: Any, told: NativeSchedule, verdict: str) -> None:
    assert (
        compared(scheduled(timing), native(NativeTask(name="load"), schedules=(told,)))["schedule"].verdict == verdict
    )


def test_a_schedule_that_one_side_lacks_is_a_difference_and_one_that_no_file_tells_is_not() -> None:
    one = compared(plain, native(NativeTask(name="load"), schedules=(DAILY,)))["schedule"]
    assert (one.verdict, one.old, one.new) == ("differ", "0 2 * * * (UTC)", None)
    silent = native(NativeTask(name="load"), unknown=("schedules",))
    assert verdicts(scheduled(Cron("0 2 * * *")), silent) == {"schedule": "unknown"}
    assert verdicts(plain, silent) == {}


def test_what_no_clock_starts_is_named() -> None:
    sensor = NativeSchedule(kind="sensor", about="sensor new_file", name="new_file")
    assert verdicts(plain, native(NativeTask(name="load"), schedules=(sensor,))) == {"schedule": "unknown"}


def test_a_start_and_catching_up_mean_something_only_with_a_schedule() -> None:
    past = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert verdicts(plain, native(NativeTask(name="load"), start=past, catch_up=True)) == {}
    made = scheduled(Cron("0 2 * * *"))
    assert verdicts(made, native(NativeTask(name="load"), schedules=(DAILY,), start=past)) == {"schedule": "agree"}
    eager = native(NativeTask(name="load"), schedules=(DAILY,), start=past, catch_up=True)
    assert verdicts(made, eager) == {"schedule": "agree", "start_date": "differ", "catch_up": "differ"}
    ahead = native(NativeTask(name="load"), schedules=(DAILY,), start=datetime(2027, 1, 1, tzinfo=timezone.utc))
    assert verdicts(made, ahead) == {"schedule": "agree", "start_date": "differ"}


def test_limits_at_the_engines_default_are_no_statement() -> None:
    assumed = native(NativeTask(name="load"), max_active_runs=16, assumed=("max_active_runs",))
    assert verdicts(plain, assumed) == {}

    @pipeline(max_active_runs=16, run_timeout="1h")
    def bounded() -> None:
        load()

    assert verdicts(bounded, assumed) == {"max_active_runs": "agree", "run_timeout": "differ"}


def test_retries_of_a_whole_run_have_no_spelling_and_are_a_difference() -> None:
    found = compared(plain, native(NativeTask(name="load"), run_retries=Retries(count=2, waits=(0, 0))))
    assert (found["run_retries"].verdict, found["run_retries"].old) == ("differ", 2)


# ---------------------------------------------------------------- two native sides


def test_two_native_sides_are_compared_with_one_another() -> None:
    pool = Setting(name="pool", value="db")
    old = native(NativeTask(name="load", retries=Retries(count=2, waits=(5, 5)), settings=(pool,)))
    new = native(NativeTask(name="load_it", retries=Retries(count=2, waits=(5, 9)), settings=(pool,)))
    found = declared(plain.ir(), (old, {"load": ("load",)}), (new, {"load_it": ("load",)}))
    assert {one.name: one.verdict for one in found} == {"retries": "agree", "retry_delay": "differ", "pool": "agree"}
