"""Native code as a side: its tasks are matched with calls, and what has no partner is never passed over."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pipeglot import collect, each, pipeline, step
from pipeglot.backends.base import EngineRun, EngineTask
from pipeglot.core.diagnostic import AuthoringError
from pipeglot.migrate.dryrun import Choices, dry_run
from pipeglot.migrate.native import as_record, match, read_mapping
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
    assert found.partner == {"raw_data": "raw_data", "Twice": "twice", "extract.total": "total"}
    assert found.tasks_alone == ("start",) and found.calls_alone == ()


def test_a_mapping_wins_and_may_say_that_a_task_is_no_call() -> None:
    found = match(sums.ir(), ["load_csv", "start", "twice"], {"load_csv": "raw_data", "start": ""})
    assert found.partner == {"load_csv": "raw_data", "twice": "twice"}
    assert found.dropped == ("start",) and found.calls_alone == ("total",)
    with pytest.raises(AuthoringError, match="nothing_like_it"):
        match(sums.ir(), [], {"a": "nothing_like_it"})


@pytest.mark.parametrize("text", ["", "[tasks]\na = 1\n", "[other]\n", "tasks = [", "[tasks]\na='b'\n[more]\n"])
def test_a_mapping_that_is_none_is_a_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(AuthoringError) as error:
        read_mapping(tmp_path / "map.toml")
    assert [d.code for d in error.value.diagnostics] == ["PG365"]


def ran(name: str, output: object, *, index: tuple[int, ...] = (), at: int = 0) -> EngineTask:
    start, end = f"2026-03-01T12:00:{at:02}+00:00", f"2026-03-01T12:00:{at + 1:02}+00:00"
    return EngineTask(name, "Completed", index, 1, start, end, True, output)


def test_instances_are_numbered_as_they_started_where_the_engine_does_not_number_them() -> None:
    tasks = [
        ran("raw_data-a1b", [1, 2, 3]),
        ran("twice-3f0", 4, at=3),
        ran("twice-0aa", 2, at=2),
        ran("twice-fff", 6, at=4),
        ran("total-123", 12, at=6),
    ]
    run = EngineRun("prefect", "3", "succeeded", "r", None, None, None, tasks)
    record, matched = as_record(sums.ir(), run, {}, None)
    assert matched.tasks_alone == ()
    assert [(c.id, c.index, c.output) for c in record.calls if c.id == "twice"] == [
        ("twice", (0,), 2),
        ("twice", (1,), 4),
        ("twice", (2,), 6),
    ]


def test_what_has_no_partner_is_a_difference() -> None:
    run = EngineRun("airflow", "3", "succeeded", "r", None, None, None, [ran("audit", 1), ran("raw_data", [1, 2, 3])])
    record, _ = as_record(sums.ir(), run, {}, None)
    assert {c.id for c in record.calls} >= {"audit", "raw_data"}


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
    from pipeglot.core.read import read

    made = read(str(HERE / "etl.py")).pipeline
    mapping = dict(MAPPING[target])
    if target == "prefect":
        pytest.skip("its two uses of `features` have one name: see the next test")
    old = side(f"{target}:{HERE.parent / file}:{name}", mapping={**mapping, "version": ""})
    found = dry_run(made, old, LocalSide())
    assert found.verdict == "equivalent", [str(one) for one in found.differences]
    assert any("choose" in gap.calls for gap in found.not_compared)


@pytest.mark.engine
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
    old = side(f"prefect:{tmp_path / 'legacy.py'}:sums", mapping={"load": "raw_data", "double": "twice"})
    found = dry_run(sums.ir(), old, LocalSide(), Choices())
    assert found.verdict == "diverged"
    assert [(d.kind, d.call, d.index, d.old, d.new) for d in found.differences if d.call == "twice"] == [
        ("output", "twice", (1,), 5, 4)
    ]
