"""Native code as a side: its tasks are matched with calls, and what has no partner is never passed over."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeglot import backends, collect, each, engines, group, merge, otherwise, pipeline, step, when
from pipeglot.backends.base import EngineRun, EngineTask
from pipeglot.core.diagnostic import AuthoringError
from pipeglot.core.ir import Out, Pipeline
from pipeglot.migrate.dryrun import DryRunOptions, dry_run
from pipeglot.migrate.matching import TaskMap, match, read_mapping
from pipeglot.migrate.native import Reading, as_record
from pipeglot.migrate.native_file import surroundings
from pipeglot.migrate.native_output import output_of
from pipeglot.migrate.runner import RunRequest
from pipeglot.migrate.sides import LocalSide, side
from tests.test_engines import installed

HERE = Path(__file__).parents[1] / "benchmarks"


@step
def load(day: str) -> list[int]:
    return [1, 2, 3]


@step
def double(n: int) -> int:
    return 2 * n


@step
def total(values: list[int]) -> int:
    return sum(values)


@pipeline
def sums(day: str = "2026") -> int:
    raw_data = load.options(id="raw_data")(day)
    with each(raw_data) as n:
        twice = double.options(id="twice")(n)
    return total(collect(twice))


def test_names_match_when_equal_or_alike() -> None:
    found = match(sums.ir(), ["raw_data", "Twice", "extract.total", "start"])
    assert found.partner == {"raw_data": ("raw_data",), "Twice": ("twice",), "extract.total": ("total",)}
    assert found.tasks_alone == ("start",) and found.calls_alone == ()


def test_a_mapping_wins_and_may_say_that_a_task_is_no_call() -> None:
    found = match(sums.ir(), ["load_csv", "start", "twice"], TaskMap({"load_csv": "raw_data", "start": ""}))
    assert found.partner == {"load_csv": ("raw_data",), "twice": ("twice",)}
    assert found.dropped == ("start",) and found.calls_alone == ("total",)
    with pytest.raises(AuthoringError, match="nothing_like_it"):
        match(sums.ir(), [], TaskMap({"a": "nothing_like_it"}))


def test_a_mapping_that_does_not_fit_is_found_before_anything_runs(tmp_path: Path) -> None:
    file = tmp_path / "flows.py"
    file.write_text("raise SystemExit\n")
    with pytest.raises(AuthoringError, match="nothing_like_it"):
        side(f"prefect:{file}:f", mapping=TaskMap({"a": "nothing_like_it"})).check([RunRequest(sums.ir())])


@pytest.mark.parametrize(
    "text", ["", "[tasks]\na = 1\n", "[other]\n", "tasks = [", "[tasks]\na='b'\n[more]\n", "[values]\na='b'\n"]
)
def test_a_mapping_that_is_none_is_a_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(AuthoringError) as error:
        read_mapping(tmp_path / "map.toml")
    assert [d.code for d in error.value.diagnostics] == ["PG365"]


def ran(name: str, output: object, *, index: tuple[int, ...] = (), at: int = 0) -> EngineTask:
    start, end = f"2026-03-01T12:00:{at:02}+00:00", f"2026-03-01T12:00:{at + 1:02}+00:00"
    return EngineTask(name, "Completed", index, 1, start, end, True, output)


def read(pipeline: Pipeline, engine: str, *tasks: EngineTask, mapping: TaskMap | None = None, **run: Any) -> Reading:
    [done, *_] = [word for word, state in engines.spec(engine).states.items() if state == "succeeded"]
    said = [replace(task, state=done) if task.state == "Completed" else task for task in tasks]
    told = EngineRun(engine, "3", "succeeded", "r", None, None, None, said, **run)
    return as_record(pipeline, told, {}, None, mapping)


def seen(reading: Reading) -> list[tuple[str, tuple[int, ...], Any]]:
    return [(call.id, call.index, call.output) for call in reading.record.calls if call.observed]


def test_instances_are_numbered_as_they_were_asked_for_where_the_engine_does_not_number_them() -> None:
    """Not as they started: the order in which threads take them up is chance."""
    twice = [ran("double", 2 * n, index=(n - 1,), at=5 - n) for n in (1, 2, 3)]
    found = read(sums.ir(), "prefect", ran("raw_data-a1b", [1, 2, 3]), *twice, ran("total-123", 12, at=6))
    assert found.matched.tasks_alone == ()
    assert seen(found)[1:4] == [("twice", (0,), 2), ("twice", (1,), 4), ("twice", (2,), 6)]


def test_what_has_no_partner_is_a_difference() -> None:
    found = read(sums.ir(), "airflow", ran("audit", 1), ran("raw_data", [1, 2, 3]))
    assert {call.id for call in found.record.calls} >= {"audit", "raw_data"}


@step
def check(table: str) -> str:
    return f"{table} is fine"


@pipeline
def one_check() -> None:
    check("payments")


@pipeline
def three_checks() -> None:
    orders = check.options(id="orders")("orders")
    customers = check.options(id="customers", after=orders)("customers")
    check.options(id="payments", after=customers)("payments")


@pipeline
def nested() -> None:
    with each([1, 2]) as n, each([1, 2, 3]) as m:
        double.options(id="twice")(n)
        with when(m != 2):
            double.options(id="other")(m)


def test_runs_of_one_task_stand_for_the_calls_of_its_step_in_order_if_there_are_as_many() -> None:
    runs = [ran("check", name, index=(number,)) for number, name in enumerate("abc")]
    assert seen(read(three_checks.ir(), "prefect", *runs)) == [
        ("orders", (), "a"),
        ("customers", (), "b"),
        ("payments", (), "c"),
    ]
    assert seen(read(one_check.ir(), "prefect", *runs)) == [("check", (), "a"), ("check", (), "b"), ("check", (), "c")]


def test_of_two_groups_with_a_task_of_one_name_one_stands_for_the_call() -> None:
    found = read(one_check.ir(), "airflow", ran("eu.check", "a"), ran("us.check", "b", at=2))
    assert seen(found) == [("check", (), "a"), ("us.check", (), "b")]


@pipeline
def two_groups() -> None:
    with group("eu"):
        check("eu")
    with group("us"):
        check("us")


@pytest.mark.parametrize("late", ["eu", "us"])
def test_a_task_of_a_group_stands_for_the_call_of_that_group_whichever_started_first(late: str) -> None:
    found = read(two_groups.ir(), "airflow", *(ran(f"{name}.check", name, at=name == late) for name in ("eu", "us")))
    assert [output for _, _, output in seen(found)] == ["eu", "us"] and found.matched.tasks_alone == ()
    assert dict(found.matched.partner) == {"eu.check": ("check",), "us.check": ("check_2",)}


def test_runs_are_the_instances_of_nested_loops_and_of_arms_in_order() -> None:
    """Native code numbers them through; the pipeline says which of them there are."""
    runs = [ran("twice", n, index=(n,)) for n in range(6)] + [ran("other", n, index=(n,)) for n in range(4)]
    found = seen(read(nested.ir(), "prefect", *runs))
    assert [index for id, index, _ in found if id == "twice"] == [(n, m) for n in (0, 1) for m in (0, 1, 2)]
    assert [index for id, index, _ in found if id == "other"] == [(0, 0), (0, 2), (1, 0), (1, 2)]


def test_tasks_made_in_a_loop_of_the_file_are_instances() -> None:
    made = [ran(f"twice_{n}", 2 * n, at=n) for n in (1, 2, 3)]
    found = read(sums.ir(), "airflow", ran("raw_data", [1, 2, 3]), *made, ran("total", 12, at=5))
    assert seen(found)[1:4] == [("twice", (0,), 2), ("twice", (1,), 4), ("twice", (2,), 6)]


def test_tries_of_a_whole_run_are_executions_of_the_same_instances() -> None:
    again = [ran("check", "a", index=(0,)), ran("check", "b", index=(0,), at=3)]
    found = read(one_check.ir(), "prefect", *again, attempts=2)
    assert found.record.attempts == 2 and seen(found) == [("check", (), "a"), ("check", (), "b")]


def test_a_task_that_only_decides_is_no_call_unless_it_fails() -> None:
    branch = replace(ran("choose", "check"), steers=True)
    found = read(one_check.ir(), "airflow", branch, ran("check", "a"))
    assert found.steering == ("choose",) and [id for id, _, _ in seen(found)] == ["check"]
    failed = read(one_check.ir(), "airflow", replace(branch, state="failed"), ran("check", "a"))
    assert failed.steering == () and "choose" in [id for id, _, _ in seen(failed)]


def test_a_none_where_the_step_gives_something_is_known() -> None:
    """Native code may forget to return a value; what the engine did not keep is another thing."""
    found = read(one_check.ir(), "airflow", ran("check", None), mapping=TaskMap())
    assert [(call.output_known, call.output) for call in found.record.calls] == [(True, None)]
    lost = read(one_check.ir(), "airflow", EngineTask("check", "success", attempts=1), mapping=TaskMap())
    assert [call.output_known for call in lost.record.calls] == [False]


@pipeline
def either(high: bool = True) -> str:
    with when(high):
        big = check.options(id="big")("big")
    with otherwise():
        small = check.options(id="small")("small")
    return merge(big, small)


def test_compiled_code_is_known_by_its_helpers_and_what_these_hand_on_counts() -> None:
    """The task that merges two arms gives the result: if it was changed, the run gave something else."""
    value = out.ref if isinstance(out := either.ir().result, Out) else ""
    tasks = [ran("big", "x"), EngineTask("small", "skipped"), ran(value, "x", at=2), ran("audit", 1, at=3)]
    tasks += [ran(name, None) for name in backends.compile(either.ir(), "airflow").names if name.startswith("if_")]
    tasks = [task if task.name == "small" else replace(task, state="success") for task in tasks]
    right = read(either.ir(), "airflow", *tasks)
    assert (right.record.result, right.record.result_observed) == ("x", False)
    assert right.matched.tasks_alone == ("audit",) and ("audit", (), 1) in seen(right)
    wrong = read(either.ir(), "airflow", *[replace(task, output="y") if task.name == value else task for task in tasks])
    assert (wrong.record.result, wrong.record.result_observed) == ("y", True)


NUMBERS = {"type": "object", "properties": {"auc": {"type": "number"}, "of": {"items": {"type": "number"}}}}


@pytest.mark.parametrize(
    ("task", "returns", "output", "unread"),
    [
        (EngineTask("t", "success", values={"auc": 1, "of": [1]}), NUMBERS, {"auc": 1.0, "of": [1.0]}, ()),
        (EngineTask("t", "success", has_output=True, values={"auc": 1, "x": 2}), NUMBERS, {"auc": 1.0}, ("x",)),
        (EngineTask("t", "success", has_output=True, output={"auc": 1}, values={"auc": 1}), NUMBERS, {"auc": 1.0}, ()),
        (EngineTask("t", "success", has_output=True, output=2, values={"x": 1}), {"type": "number"}, 2.0, ("x",)),
        (EngineTask("t", "success", values={"rows": 3}), {"type": "integer"}, 3, ()),
        (EngineTask("t", "success", values={"a": 1, "b": "x"}), {"type": "array"}, [1, "x"], ()),
        (EngineTask("t", "success", has_output=True, values={"x": 1}), {"type": "null"}, None, ("x",)),
        (
            EngineTask("t", "success", has_output=True, output="2026-03-01T00:00:00+00:00"),
            {"type": "string", "format": "date-time"},
            "2026-03-01T00:00:00Z",
            (),
        ),
    ],
)
def test_what_is_handed_on_by_key_is_the_output_where_it_fits(
    task: EngineTask, returns: dict[str, Any], output: Any, unread: tuple[str, ...]
) -> None:
    found = output_of(task, returns)
    assert found == (output, unread) and repr(found[0]) == repr(output)


def test_the_map_file_says_where_values_belong(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('[tasks]\nask = "check"\n[values]\n"ask.said" = "check.$"\n')
    task = replace(ran("ask", "noise"), values={"said": "fine", "more": 1})
    found = read(one_check.ir(), "airflow", task, mapping=read_mapping(tmp_path / "map.toml"))
    assert seen(found) == [("check", (), "fine")] and found.unread == ("ask.more",)


def test_a_file_imports_from_where_its_engine_does(tmp_path: Path) -> None:
    """Airflow has its DAGs folder on the path; a module of a package is imported from where the package lies."""
    for name in (
        "dags/team/legacy.py",
        "dags/common/util.py",
        "src/proj/__init__.py",
        "src/proj/jobs.py",
        "src/lib.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "flow.py").write_text("import os\nfrom lib.more import x\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/more.py").write_text("")
    (tmp_path / "json").mkdir()
    (tmp_path / "json/own.py").write_text("")
    assert surroundings(tmp_path / "dags/team/legacy.py", "airflow")[0] == tmp_path / "dags"
    assert surroundings(tmp_path / "src/proj/jobs.py", "dagster")[0] == tmp_path / "src"
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/flow.py").write_text("import json\nfrom lib.more import x\n")
    assert surroundings(tmp_path / "flows/flow.py", "prefect") == (tmp_path / "flows", [tmp_path])


# ---------------------------------------------------------------- on engines


NATIVE = [("airflow", "benchmarks/by_hand/airflow.py", "etl"), ("prefect", "benchmarks/by_hand/prefect.py", "etl")]
MAPPING = {
    "airflow": {"choose": ""},
    "prefect": {},
}


@pytest.mark.engine
@pytest.mark.parametrize(("target", "file", "name"), NATIVE, ids=[target for target, _, _ in NATIVE])
def test_native_code_agrees_with_the_pipeline_that_takes_its_place(target: str, file: str, name: str) -> None:
    installed(target)
    from pipeglot.author.read import read

    made = read(str(HERE / "etl.py")).pipeline
    mapping = dict(MAPPING[target])
    if target == "prefect":
        pytest.skip("its two uses of `features` have one name: see the next test")
    old = side(f"{target}:{HERE.parent / file}:{name}", mapping=TaskMap({**mapping, "version": ""}))
    found = dry_run(made, old, LocalSide())
    assert found.verdict == "equivalent", [str(one) for one in found.differences]
    assert any("choose" in gap.calls for gap in found.not_compared)


@pytest.mark.engine("prefect")
def test_a_slip_in_native_code_is_named(tmp_path: Path) -> None:
    installed("prefect")
    (tmp_path / "legacy.py").write_text(
        textwrap.dedent(
            """
            from prefect import flow, task


            @task
            def load(day):
                return [1, 2, 3]


            @task
            def double(n):
                return 2 * n if n != 2 else 5


            @task
            def total(values):
                return sum(values)


            @flow
            def sums(day: str = "2026"):
                rows = load(day)
                twice = [double(n) for n in rows]
                return total(twice)
            """
        )
    )
    old = side(f"prefect:{tmp_path / 'legacy.py'}:sums", mapping=TaskMap({"load": "raw_data", "double": "twice"}))
    found = dry_run(sums.ir(), old, LocalSide(), DryRunOptions())
    assert found.verdict == "diverged"
    assert [(d.kind, d.call, d.index, d.old, d.new) for d in found.differences if d.call == "twice"] == [
        ("output", "twice", (1,), 5, 4)
    ]
