"""What makes engines start sooner changes nothing that a run sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeglot import engines
from pipeglot.backends.base import PROBES, Database
from pipeglot.engines import sandbox

API = """
import json, sys
sys.path.append(sys.argv[1])
import airflow.sdk
import httpx
from airflow_api import newest_only
done = newest_only() if sys.argv[2] == "newest" else None
from airflow.sdk.api.datamodels._generated import API_VERSION
from airflow.sdk.execution_time.supervisor import in_process_api_server
client = httpx.Client(transport=in_process_api_server().transport, base_url="http://in-process")
told = {each: client.get("/openapi.json", params={"version": each}) for each in (API_VERSION, "2025-04-11")}
found = {each: answer.json() for each, answer in told.items() if answer.status_code == 200}
# The only thing asked of a server that Airflow itself asks for by its version.
health = client.get("/health", headers={"Airflow-API-Version": API_VERSION})
print(json.dumps([done, API_VERSION, found, health.headers["airflow-api-version"], health.json()]))
"""


def asked(target: str, folder: Path, script: str, *arguments: str) -> Any:
    """What a script prints last under the Python of an engine."""
    engine, python = engines.spec(target), engines.find(target).python
    folder.mkdir()
    home = sandbox.state(engine, python, folder)
    done = subprocess.run(
        [str(python), "-c", script, str(PROBES), *arguments],
        cwd=folder,
        env={**os.environ, **sandbox.variables(engine, "test", python, home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.engine("airflow")
def test_the_newest_execution_api_alone_is_that_of_all_versions(tmp_path: Path) -> None:
    _, version, every, picked, health = asked("airflow", tmp_path / "every", API, "every")
    done, _, newest, picked_now, health_now = asked("airflow", tmp_path / "newest", API, "newest")
    assert done is True
    assert every.keys() == {version, "2025-04-11"}
    assert newest == {version: every[version]}
    assert len(every[version]["paths"]) > 20
    assert (picked_now, health_now) == (picked, health)


BLOCKS = """
import json, os, sqlite3, subprocess, sys
file = os.path.join(os.environ["PREFECT_HOME"], "prefect.db")

def counted():
    with sqlite3.connect(file) as database:
        tables = [name for name, in database.execute("select name from sqlite_master where type = 'table'")]
        return {name: database.execute(f'select count(*) from "{name}"').fetchone()[0] for name in tables}

before = counted()
subprocess.run([sys.executable, os.path.join(sys.argv[1], "prefect_database.py")], check=True)
print(json.dumps([before, counted()]))
"""


@pytest.mark.engine("prefect")
def test_a_prefect_server_finds_its_database_as_it_would_make_it(tmp_path: Path) -> None:
    before, after = asked("prefect", tmp_path / "database", BLOCKS)
    assert before["block_type"] > 20
    assert after == before


def test_a_database_that_is_made_in_another_way_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEGLOT_HOME", str(tmp_path / "cache"))
    script = tmp_path / "make.py"
    told = []
    for number, text in enumerate(("one", "one", "two")):
        script.write_text(f"open('x.db', 'x').write({text!r})\n", encoding="utf-8")
        engine = replace(engines.spec("airflow"), database=Database("x.db", [str(script)]))
        folder = tmp_path / str(number)
        folder.mkdir()
        told.append((sandbox.state(engine, Path(sys.executable), folder) / "x.db").read_text(encoding="utf-8"))
    assert told == ["one", "one", "two"]
    assert len(list((tmp_path / "cache" / "state").glob("*.db"))) == 2
