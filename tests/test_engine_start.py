"""What makes engines start sooner changes nothing that a run sees."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeglot import engines
from pipeglot.backends.base import PROBES
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
