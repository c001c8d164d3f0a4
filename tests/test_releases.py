"""Older releases of the engines: native code that was written for one runs on it, and is read as on the newest."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeglot import engines
from pipeglot.author.read import read
from pipeglot.backends.base import EngineRun, dotted, release_of
from pipeglot.compare.records import compare
from pipeglot.core.diagnostic import EngineError
from pipeglot.core.shape import inline
from pipeglot.engines.process import Job, execute
from pipeglot.engines.reader import read_many
from pipeglot.engines.run import Request, run_on
from pipeglot.meaning.run import execute as execute_here
from pipeglot.migrate.native import as_record
from pipeglot.migrate.sides import side
from tests.test_engines import RELEASES, fake_python, installed

FOLDER = Path(__file__).parent / "data" / "cases" / "native" / "releases"
WHEN = datetime(2026, 3, 1, tzinfo=timezone.utc)
OLDER = [name for name in RELEASES if name.startswith("airflow@")]


def job(name: str) -> Job:
    """The file that was written for that Airflow: imports, `schedule_interval` and `execution_date` are of its time."""
    file = "airflow2.py" if engines.spec(name).release < (3, 0) else "airflow3.py"
    return Job(FOLDER, file, "releases", logical_date=WHEN)


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.engine(name)) for name in OLDER])
def test_a_dag_runs_on_the_airflow_it_was_written_for(name: str) -> None:
    pipeline = read(str(FOLDER / "port.py")).pipeline
    [run] = execute(name, [job(name)], python=installed(name), timeout=120)
    assert isinstance(run, EngineRun), run
    assert release_of(run.engine_version) == engines.spec(name).release
    found = compare(
        as_record(inline(pipeline), run, {}, WHEN).record, execute_here(pipeline, logical_date=WHEN), pipeline
    )
    assert [(one.kind, one.call, one.old, one.new) for one in found] == [("attempts", "shaky", 2, 1)]
    assert all(task.started for task in run.tasks if task.state == "success"), "the order is known"


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.engine(name)) for name in OLDER])
def test_what_a_dag_declares_is_read_by_the_airflow_it_was_written_for(name: str) -> None:
    [native] = read_many(name, [job(name)], python=installed(name))
    assert not isinstance(native, EngineError), native
    tasks = {task.name: task for task in native.tasks}
    assert [(one.kind, one.cron) for one in native.schedules] == [("cron", "0 3 * * *")]
    assert (tasks["shaky"].retries.count, tasks["gate"].kind) == (1, "branch")
    assert [(taken.task, taken.key) for taken in tasks["score"].takes] == [
        ("ingest" if "airflow3" in job(name).entry else taken.task, "rows") for taken in tasks["score"].takes
    ]


def test_a_release_that_was_not_measured_is_named_with_those_that_were() -> None:
    with pytest.raises(EngineError) as error:
        engines.spec("airflow@1.10")
    [found] = error.value.diagnostics
    assert found.code == "PG300" and "airflow@2.10" in found.help and "airflow@1.10" not in found.help


def test_an_environment_of_ones_own_is_taken_for_the_measured_release_next_to_it(tmp_path: Path) -> None:
    first, second = engines.spec("airflow").releases[:2]
    python = fake_python(tmp_path, f'print(\'{{"python": [3, 11], "version": "{dotted(first)}.99"}}\')')
    assert engines.find("airflow", python=python).name == f"airflow@{dotted(first)}"
    python = fake_python(tmp_path, f'print(\'{{"python": [3, 11], "version": "{dotted(second)}.0"}}\')')
    assert engines.find("airflow", python=python).name == f"airflow@{dotted(second)}"


def test_compiled_code_is_refused_on_a_release_that_only_runs_native_code() -> None:
    with pytest.raises(EngineError) as error:
        side("airflow@2.10").check([])
    assert [found.code for found in error.value.diagnostics] == ["PG304"]


def test_compiled_code_is_refused_in_an_environment_of_such_a_release(tmp_path: Path) -> None:
    python = fake_python(tmp_path, 'print(\'{"python": [3, 11], "version": "2.10.5"}\')')
    with pytest.raises(EngineError) as error:
        run_on(Request(read(str(FOLDER / "port.py")).pipeline), "airflow", python=python)
    assert [found.code for found in error.value.diagnostics] == ["PG304"]
    with pytest.raises(EngineError) as error:
        side("airflow", python=python).check([])
    assert [found.code for found in error.value.diagnostics] == ["PG304"]


def test_native_code_names_the_release_that_it_runs_on() -> None:
    old = side(f"airflow@2.10:{FOLDER / 'airflow2.py'}:releases")
    assert (old.engine, old.spec.partition(":")[0]) == ("airflow", "airflow@2.10")
