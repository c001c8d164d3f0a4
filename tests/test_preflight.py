"""A side that cannot run ends a dry-run before either has begun, and says all that is wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pipeglot.author.read import read
from pipeglot.cli import main
from pipeglot.core.diagnostic import AuthoringError
from pipeglot.core.ir import Call, Imported, Pipeline, Step
from pipeglot.migrate.dryrun import DryRunOptions, dry_run
from pipeglot.migrate.native_file import readable
from pipeglot.migrate.sides import LocalSide

SOURCE = """
from pathlib import Path

from pipeglot import pipeline, shell, step


@step
def mark(n: int) -> None:
    Path({ran!r}).touch()


@pipeline
def p(n: int = 2) -> None:
    mark(n)
"""


def asked(tmp_path: Path, *words: str, source: str = SOURCE) -> list[str]:
    (tmp_path / "p.py").write_text(source.format(ran=str(tmp_path / "ran")))
    rest = ["--out", str(tmp_path / "out"), "--history", str(tmp_path / "history.sqlite")]
    return ["migrate", "dry-run", str(tmp_path / "p.py"), *words, *rest]


@pytest.mark.parametrize("repeat", ["1", "2"])
@pytest.mark.parametrize(
    ("words", "code", "exit"),
    [
        (["--new", "airflow"], "PG301", 3),
        (["--new", "prefect:{tmp}/legacy.py"], "PG301", 3),
        (["--new", "prefect", "--new-python", "/nowhere/python"], "PG302", 3),
        (["--new", "prefect", "--new-python", sys.executable], "PG303", 3),
        (["--new", "local", "-p", "n=x"], "PG342", 2),
        (["--new", "local", "-p", "m=1"], "PG342", 2),
        (["--new", "prefect:{tmp}/none.py"], "PG360", 2),
        (["--new", "record:{tmp}/none.json"], "PG360", 2),
    ],
)
def test_nothing_has_run_when_a_side_cannot(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: str,
    exit: int,
    repeat: str,
) -> None:
    monkeypatch.setenv("PIPEGLOT_HOME", str(tmp_path / "no engines"))
    (tmp_path / "legacy.py").write_text("from prefect import flow\n\n\n@flow\ndef legacy(): ...\n")
    words = [word.format(tmp=tmp_path) for word in words]
    assert main(asked(tmp_path, "--old", "local", "--repeat", repeat, *words)) == exit
    assert code in capsys.readouterr().err
    assert not (tmp_path / "ran").exists() and not (tmp_path / "out").exists()


def test_what_is_wrong_on_either_side_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPEGLOT_HOME", str(tmp_path / "no engines"))
    assert main(asked(tmp_path, "--old", "airflow", "--new", "dagster")) == 3
    said = capsys.readouterr().err
    assert "apache-airflow" in said and "dagster" in said


def test_a_step_that_cannot_be_loaded_here_is_said_before_anything_runs() -> None:
    steps = tuple(Step(name=name, run=Imported(module=name, attr="go")) for name in ("lost", "antigravitation"))
    pipeline = Pipeline(name="p", steps=steps, body=tuple(Call(id=step.name, step=step.name) for step in steps))
    with pytest.raises(AuthoringError) as error:
        dry_run(pipeline, LocalSide(), LocalSide())
    assert [d.code for d in error.value.diagnostics] == ["PG355", "PG355"]


def test_what_is_looked_at_first_has_the_environment_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = SOURCE.format(ran="ran").replace("import Path\n", "import Path\nimport os\n", 1)
    source = source.replace("@step\n", "WHERE = os.environ['WHERE']\n\n\n@step\n").replace("Path('ran')", "Path(WHERE)")
    (tmp_path / "p.py").write_text(source)
    monkeypatch.setenv("WHERE", "elsewhere")
    pipeline = read(str(tmp_path / "p.py")).pipeline
    monkeypatch.delenv("WHERE")
    found = dry_run(pipeline, LocalSide(), LocalSide(), DryRunOptions(env={"WHERE": str(tmp_path / "ran")}))
    assert found.verdict == "equivalent" and (tmp_path / "ran").exists()


AIRFLOW = (
    "from airflow.sdk import DAG\nwith DAG('nightly', schedule=None):\n    pass\nwith DAG(dag_id='hourly'):\n    pass\n"
)
MADE = "from airflow.sdk import DAG\nfor name in 'ab':\n    globals()[name] = DAG(f'dag_{name}')\n"
PREFECT = "from prefect import flow\n@flow(retries=2)\ndef my_flow(): ...\n@flow(name='other')\ndef second(): ...\n"
DAGSTER = "import dagster as dg\n@dg.job\ndef etl(): ...\nall_jobs = dg.Definitions(jobs=[etl])\n"


@pytest.mark.parametrize(
    ("engine", "text", "name"),
    [
        ("airflow", AIRFLOW, "nightly"),
        ("airflow", AIRFLOW, "hourly"),
        ("airflow", MADE, "dag_a"),
        ("airflow", "from factory import make\nmake(__file__)\n", "legacy"),
        ("airflow", "from airflow.decorators import dag\n@dag(schedule=None)\ndef legacy(): ...\nlegacy()\n", "legacy"),
        ("airflow", "import settings\n" + AIRFLOW.replace("'nightly'", "settings.NAME"), "whatever"),
        ("prefect", PREFECT, "my_flow"),
        ("prefect", PREFECT, "my-flow"),
        ("prefect", PREFECT, "other"),
        ("prefect", PREFECT, "second"),
        ("dagster", DAGSTER, "etl"),
    ],
)
def test_a_native_file_that_may_hold_it_is_run(tmp_path: Path, engine: str, text: str, name: str) -> None:
    file = tmp_path / "legacy.py"
    file.write_text(text)
    readable(file, engine, name)


@pytest.mark.parametrize(
    ("engine", "text", "name", "said"),
    [
        ("airflow", AIRFLOW, "legacy", "it has nightly, hourly"),
        ("prefect", PREFECT, "legacy", "it has my_flow, other"),
        ("dagster", DAGSTER, "legacy", "has no job 'legacy'; it has etl"),
        ("airflow", "def broken(:\n", "legacy", "legacy.py:1 is not Python"),
        ("prefect", b"\xff\xfe\x00", "legacy", "cannot read"),
    ],
)
def test_a_native_file_that_cannot_hold_it_is_refused(
    tmp_path: Path, engine: str, text: Any, name: str, said: str
) -> None:
    file = tmp_path / "legacy.py"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(AuthoringError, match="PG360") as error:
        readable(file, engine, name, Path(sys.executable))
    assert said in str(error.value)
