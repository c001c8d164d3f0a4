"""Native code of many kinds against its port: what agrees is equivalent, what differs is named, and nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeglot import engines
from pipeglot.author.read import read
from pipeglot.backends.base import EngineRun
from pipeglot.compare.records import compare
from pipeglot.core.params import resolve_params
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.engines.process import Job, execute
from pipeglot.meaning.run import execute as execute_here
from pipeglot.migrate.native import Reading, as_record
from pipeglot.migrate.native_file import surroundings
from tests.test_engines import installed

CASES = Path(__file__).parent / "data" / "cases"
WHEN = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)


class Case(NamedTuple):
    """A port, the native code whose place it takes, and the differences (kind and call) that there are."""

    new: str
    engine: str
    old: str
    name: str
    differences: list[tuple[str, str | None]]
    params: Mapping[str, Any] = {}


def more(
    engine: str,
    files: str,
    new: str,
    name: str,
    differences: list[tuple[str, str | None]] | None = None,
    params: Mapping[str, Any] | None = None,
) -> Case:
    folder = f"native/more/{engine}"
    return Case(f"{folder}_ports.py:{new}", engine, f"{folder}_{files}.py", name, differences or [], params or {})


AGREE: list[tuple[str, str | None]] = []
NATIVE = {
    "mapped tasks": Case("native/p3/new.py", "prefect", "native/p3/legacy.py", "doubles", AGREE),
    "groups with a task of one name": Case(
        "native/p4/new.py", "airflow", "native/p4/legacy.py", "regions", [("output", "load"), ("missing", "us.load")]
    ),
    "values by key": Case("native/p5/new.py", "airflow", "native/p5/legacy.py", "scores", [("output", "train")] * 2),
    "a task that is used again, ported": Case("native/p8/right.py", "prefect", "native/p8/legacy.py", "checks", AGREE),
    "a task that is used again, forgotten": Case(
        "native/p8/forgot.py", "prefect", "native/p8/legacy.py", "checks", [("repeated", "check")]
    ),
    "config of ops": Case("native/p9/new.py:greetings", "dagster", "native/p9/legacy.py", "greetings", AGREE),
    "config of ops, given": Case(
        "native/p9/new.py:greetings", "dagster", "native/p9/legacy.py", "greetings", AGREE, {"name": "bob"}
    ),
    "assets": Case("native/p9/new.py:all_assets", "dagster", "native/p9/legacy.py", "all_assets", AGREE),
    "ops that are used again": Case(
        "native/p9/new.py:twice_used", "dagster", "native/p9/legacy.py", "twice_used", AGREE
    ),
    "a package": Case("native/p9pkg/new.py", "dagster", "native/p9pkg/proj/definitions.py", "all_assets", AGREE),
    "a folder of DAGs": Case("native/p12/new.py", "airflow", "native/p12/dags/team/legacy.py", "shared", AGREE),
    "a flow in a flow": Case("native/p16/new.py:whole", "prefect", "native/p16/legacy.py", "whole", AGREE),
    "dynamic outputs": Case("native/p17/new.py", "dagster", "native/p17/legacy.py", "sums", AGREE),
    "dynamic outputs, with definitions": Case(
        "native/p17/new.py", "dagster", "native/p17/legacy_defs.py", "sums", AGREE
    ),
    "a flow that was retried": Case(
        "native/flow_retries/flok.py",
        "prefect",
        "native/flow_retries/nat3.py",
        "flok",
        [("attempts", None), ("repeated", "b")],
    ),
    "a small pipeline in a DAG": Case(
        "verdicts/mini.py",
        "airflow",
        "verdicts/mini_airflow.py",
        "mini_airflow",
        [("state", "flaky"), ("tolerated", "flaky")],
    ),
    "a small pipeline in a flow": Case(
        "verdicts/mini.py", "prefect", "verdicts/mini_prefect.py", "mini_prefect", AGREE
    ),
    "a small pipeline in a job": Case(
        "verdicts/mini.py",
        "dagster",
        "verdicts/mini_dagster.py",
        "mini_dagster",
        [("state", "flaky"), ("tolerated", "flaky"), ("order", "notify")],
    ),
    "a publish too many, another result": Case(
        "verdicts/mini.py",
        "prefect",
        "verdicts/twice_prefect.py",
        "wrong_prefect",
        [("result", None), ("repeated", "publish")],
    ),
    # Its port has one step more: lists are joined in one.
    "two loops over one task": more("prefect", "flows", "loops", "loops", [("extra", "both")]),
    "loops in loops, and a result that the port has not": more(
        "prefect", "flows", "table", "table", [("result", None)]
    ),
    "tasks gathered by asyncio": more("prefect", "flows", "gathered", "gathered"),
    "a flow in a loop": more("prefect", "flows", "parts", "parts"),
    "a task in either arm": more("prefect", "flows", "either", "either", AGREE, {"high": False}),
    "a task that is held back": more("prefect", "flows", "failing", "failing"),
    # Native code keeps its own defaults; the pipeline's stand in where it has none.
    "params of a flow": more("prefect", "flows", "required", "required", [("result", None), ("output", "greet")]),
    "params of a DAG": more("airflow", "dags", "required", "required", [("result", None), ("output", "greet")]),
    "config as a class, and of a resource": more(
        "dagster", "jobs", "settings_job", "settings_job", AGREE, {"name": "x"}
    ),
    "graphs in graphs, and named outputs": more("dagster", "jobs", "fitted", "fitted_job"),
    "mapping keys that are other numbers": more("dagster", "jobs", "mapped", "mapped"),
    "no items": more("dagster", "jobs", "empty", "empty"),
    "assets of one op": more("dagster", "jobs", "assets_job", "assets_job"),
    "mapped groups, empty operators": more("airflow", "dags", "groups", "groups"),
    "several outputs, operators that keep none": more("airflow", "dags", "handed", "handed"),
    "tasks made in a loop of the file": more("airflow", "dags", "made", "made"),
    "a task that is used again": more("airflow", "dags", "again", "again"),
    "a short circuit, groups in groups": more("airflow", "dags", "short", "short"),
}


@lru_cache
def told(engine: str) -> dict[str, tuple[Reading, Record]]:
    """All runs of one engine, in one process of it, as records of the ports; and the ports' own."""
    cases = {name: case for name, case in NATIVE.items() if case.engine == engine}
    ports = {name: read(str(CASES / case.new)).pipeline for name, case in cases.items()}
    jobs = []
    for name, case in cases.items():
        root, path = surroundings(CASES / case.old, engine)
        jobs.append(
            Job(
                folder=root,
                entry=(CASES / case.old).relative_to(root).as_posix(),
                name=case.name,
                params=case.params,
                defaults=resolve_params(ports[name], case.params),
                logical_date=WHEN,
                path=path,
            )
        )
    found = {}
    for (name, case), run in zip(
        cases.items(), execute(engine, jobs, python=engines.find(engine).python, timeout=60), strict=True
    ):
        assert isinstance(run, EngineRun), f"{name}: {run}"
        here = execute_here(ports[name], params=case.params, logical_date=WHEN)
        found[name] = as_record(inline(ports[name]), run, case.params, WHEN), here
    return found


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.engine(case.engine)) for name, case in NATIVE.items()]
)
def test_what_differs_from_the_port_is_named_and_nothing_else(name: str) -> None:
    case = NATIVE[name]
    installed(case.engine)
    reading, here = told(case.engine)[name]
    found = compare(reading.record, here, inline(read(str(CASES / case.new)).pipeline))
    assert [(one.kind, one.call) for one in found] == case.differences, list(map(str, found))
