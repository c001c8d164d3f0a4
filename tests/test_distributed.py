"""What pipeglot compiles runs unchanged where one machine is not enough, with the same records."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from pipeglot import backends, engines
from pipeglot.cli import main
from tests.conftest import engines_required
from tests.distributed import cluster, services
from tests.test_examples import EXAMPLES

NAMES = sorted(cluster.cases())
JSONB = {
    "awkward_constants": "PostgreSQL's jsonb, which holds Airflow's XComs, refuses U+0000 in text",
    "everything_json": "jsonb gives 1e300 back as an int, beyond what a value without a type may be",
    "whole_floats": "jsonb gives 1e17 back as an int where no type says that it is a float",
}
"""Where Airflow on PostgreSQL is known to differ; a gap that closes fails its test."""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> cluster.Ran:
    """The slice on CeleryExecutor: Redis, PostgreSQL, and two workers."""
    needed()
    lock = (cluster.HERE / "airflow-celery.txt").read_text(encoding="utf-8").splitlines()
    python = engines.prepare("airflow", [*lock, *cluster.packages()]).python
    with services.redis() as redis:
        return ran("airflow", "airflow_celery.py", python, tmp_path_factory.mktemp("airflow"), redis=redis)


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> cluster.Ran:
    """The slice deployed to a process work pool with two workers, on PostgreSQL."""
    needed()
    python = engines.prepare("prefect", cluster.packages()).python
    return ran("prefect", "prefect_workers.py", python, tmp_path_factory.mktemp("prefect"))


def needed() -> None:
    if missing := services.missing():
        message = "install what the cluster needs: apt-get install " + " ".join(missing)
        pytest.fail(message) if engines_required() else pytest.skip(message)


def ran(target: str, script: str, python: Path, folder: Path, **addresses: str) -> cluster.Ran:
    """What the cluster did; afterwards nothing of it lives."""
    mark = f"cluster-{os.getpid()}-{target}"
    told = folder / "cluster.json"
    told.touch(mode=0o600)
    with services.postgresql(target) as postgresql:
        told.write_text(json.dumps({**addresses, "postgresql": postgresql}))
        environ = {"PIPEGLOT_CLUSTER": str(told), "PIPEGLOT_TEST_MARK": mark}
        found = cluster.run(target, script, python, environ)
    assert cluster.living(lambda command, env: mark.encode() in env) == []
    port = postgresql.partition("@")[2].partition("/")[0].partition(":")[2]
    assert cluster.living(lambda command, env: "pipeglot-postgresql-" in command and f"-p {port} " in command) == []
    return found


def agrees(ran: cluster.Ran, name: str) -> None:
    """The record is the reference's, as far as the engine kept the outputs."""
    verdict = ran.verdicts[name]
    assert verdict.record is not None and verdict.refused == ()
    lost = {c.id for c in verdict.record.calls if c.state == "succeeded" and "output" not in c.model_fields_set}
    unknown = tuple(f"output {id}{end}" for id in lost for end in (" ", "[")) + (("result ",) if lost else ())
    assert [each for each in verdict.problems if not each.startswith(unknown or ("\0",))] == []


@pytest.mark.engine("airflow")
@pytest.mark.distributed
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.xfail(reason=JSONB[n])) if n in JSONB else n for n in NAMES]
)
def test_airflow_with_celery_workers_agrees_with_the_reference(name: str, airflow: cluster.Ran) -> None:
    agrees(airflow, name)


@pytest.mark.engine("airflow")
@pytest.mark.distributed
def test_both_celery_workers_ran_tasks(airflow: cluster.Ran) -> None:
    ran = Counter(host for host, _, _ in airflow.hosts)
    assert ran.keys() == {"w1", "w2"}, ran


@pytest.mark.engine("prefect")
@pytest.mark.distributed
@pytest.mark.parametrize("name", NAMES)
def test_prefect_with_a_work_pool_agrees_with_the_reference(name: str, prefect: cluster.Ran) -> None:
    # Prefect stores no result of a task with NO_CACHE, which those that share a function have.
    agrees(prefect, name)


@pytest.mark.engine("prefect")
@pytest.mark.distributed
def test_both_workers_of_the_pool_ran_flows(prefect: cluster.Ran) -> None:
    ran = Counter(host for host, _, _ in prefect.hosts)
    assert ran.keys() == {"w1", "w2"}, ran


@pytest.mark.parametrize("target", ["airflow", "prefect"])
@pytest.mark.parametrize("source", ["credit_scoring.py", "fan_out.py:strict", "fan_out.py:tolerant"])
def test_what_runs_on_a_cluster_is_what_compile_writes(source: str, target: str, tmp_path: Path) -> None:
    name = source.partition(":")[2] or cluster.CREDIT
    assert main(["compile", str(EXAMPLES / source), "--target", target, "--out", str(tmp_path)]) == 0
    written = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == backends.compile(cluster.cases()[name].ir, target).files
