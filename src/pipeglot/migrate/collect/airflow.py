"""A run of Airflow, read from its REST API v2."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeglot.backends.base import EngineRun, EngineTask
from pipeglot.migrate.collect.api import Api, RunQuery, fields, not_ended, quoted, unknown

_BASE = "/api/v2"
_PAGE = 100
_ENDED = {"success": "succeeded", "failed": "failed"}


def collect(api: Api, asked: RunQuery) -> EngineRun:
    """A DAG run that has ended: every task instance with its tries, its returned value and its error.

    `asked.name` is the DAG's id; without one, the run's id must belong to one DAG alone. Errors are those of the
    tasks' logs, as far as the server still has them. Values of an XCom backend of one's own are what that backend
    left in Airflow's database.
    """
    version = fields(api.get(f"{_BASE}/version"), "version")[0]
    dag = asked.name or _dag_of(api, asked.run)
    path = f"{_BASE}/dags/{quoted(dag)}/dagRuns/{quoted(asked.run)}"
    run = api.get(path)
    state, conf = fields(run, "state", "conf")
    if state not in _ENDED:
        not_ended(f"the run {asked.run} of {dag}", state)
    rows = list(_pages(api, f"{path}/taskInstances", "task_instances"))
    handed = _keys(api, path)
    executed = [_tasks(api, path, row, handed) for row in rows]
    ran = [len(one) for one in executed if one[-1].attempts]
    return EngineRun(
        engine="airflow",
        engine_version=str(version),
        state="succeeded" if state == "success" else "failed",
        run_id=asked.run,
        logical_date=run.get("logical_date") or run.get("run_after"),
        started=run.get("start_date"),
        ended=run.get("end_date"),
        tasks=tuple(sorted((task for one in executed for task in one), key=lambda task: (task.name, task.index))),
        attempts=min(ran, default=1),
        params={**_defaults(api, dag), **(conf or {})},
    )


def with_password(api: Api, user: str, password: str) -> Api:
    """The same server, asked with the token that it gives to a user. Raises as `Api.post` does."""
    answer = api.post("/auth/token", {"username": user, "password": password})
    return api.bearer(str(fields(answer, "access_token")[0]))


def _dag_of(api: Api, run: str) -> str:
    """The one DAG that has a run of that id."""
    rows = _pages(api, f"{_BASE}/dags/~/dagRuns", "dag_runs", run_id_pattern=run)
    dags = sorted({row["dag_id"] for row in rows if fields(row, "dag_id", "dag_run_id")[1] == run})
    if not dags:
        unknown(f"no DAG has a run {run!r} that these credentials may see", "say which DAG's it is with --dag")
    if len(dags) > 1:
        unknown(f"{len(dags)} DAGs have a run {run!r}", f"say which with --dag: {', '.join(dags[:10])}")
    return str(dags[0])


def _defaults(api: Api, dag: str) -> dict[str, Any]:
    """What the DAG, as it is now, gives its params where the run was told nothing."""
    details = api.find(f"{_BASE}/dags/{quoted(dag)}/details")
    params = (details or {}).get("params") or {}
    return {name: param["value"] for name, param in params.items() if isinstance(param, Mapping) and "value" in param}


def _tasks(
    api: Api, path: str, row: Mapping[str, Any], handed: Mapping[tuple[str, int], Sequence[str]]
) -> list[EngineTask]:
    """A task instance, once for each time it was executed: it is again when it is cleared. What it handed on before, and
    why it failed, Airflow no longer knows."""
    name, state, tries, number = fields(row, "task_id", "state", "try_number", "map_index")
    index = () if number < 0 else (number,)
    task = f"{path}/taskInstances/{quoted(name)}"
    known = [row]
    if tries > 1:
        known = fields(api.get(task + (f"/{number}" if index else "") + "/tries"), "task_instances")[0]
    keys = handed.get((name, number), ()) if state == "success" else ()
    values = _values(api, task, number, keys)
    found = "return_value" in values
    *before, last = _executions(known)
    whole = EngineTask(
        name=name,
        state=state or "none",
        index=index,
        attempts=_attempts(last) if before else tries,
        started=_begun(last) or row.get("start_date"),
        ended=row.get("end_date"),
        has_output=found,
        output=values.pop("return_value", None),
        values=values,
        error=_error(api, f"{task}/logs/{tries}", number) if state == "failed" and tries else None,
        steers=_steers(row.get("operator_name") or row.get("operator") or ""),
    )
    again = [
        EngineTask(
            name=name,
            state=execution[-1].get("state") or "none",
            index=index,
            attempts=_attempts(execution),
            started=_begun(execution),
            ended=execution[-1].get("end_date"),
            steers=whole.steers,
        )
        for execution in before
        if _attempts(execution)  # what was held back, and then cleared, was not executed
    ]
    return [*again, whole]


def _keys(api: Api, path: str) -> dict[tuple[str, int], list[str]]:
    """The keys under which every task instance of a run handed something on, but those that are Airflow's own."""
    found: dict[tuple[str, int], list[str]] = {}
    for entry in _pages(api, f"{path}/taskInstances/~/xcomEntries", "xcom_entries"):
        key, task, number = fields(entry, "key", "task_id", "map_index")
        if key != "skipmixin_key" and not key.startswith("_"):
            found.setdefault((task, number), []).append(key)
    return found


def _values(api: Api, task: str, number: int, keys: Sequence[str]) -> dict[str, Any]:
    """What a task instance handed on, by key."""
    found = {}
    for key in keys:
        entry = api.find(f"{task}/xcomEntries/{quoted(key)}", map_index=number, stringify="false")
        if entry is not None:
            found[key] = bare(fields(entry, "value")[0])
    return found


def _executions(tries: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The tries of a task instance, those of each execution together: one that is cleared may be tried more often."""
    found: list[list[Mapping[str, Any]]] = []
    for one in sorted(tries, key=lambda one: one.get("try_number", 0)):
        if not found or one.get("max_tries") != found[-1][-1].get("max_tries"):
            found.append([])
        found[-1].append(one)
    return found


def _begun(execution: Sequence[Mapping[str, Any]]) -> str | None:
    return min((one["start_date"] for one in execution if one.get("start_date")), default=None)


def _attempts(execution: Sequence[Mapping[str, Any]]) -> int:
    return sum(bool(one.get("start_date")) for one in execution)


def _steers(operator: str) -> bool:
    """Whether an operator only decides which others run, or marks a place.

    >>> [_steers(name) for name in ("@task.branch", "EmptyOperator", "@task")]
    [True, True, False]
    """
    kinds = ("branch", "shortcircuit", "short_circuit", "latestonly", "latest_only", "emptyoperator")
    return any(kind in operator.lower() for kind in kinds)


def _error(api: Api, path: str, number: int) -> dict[str, str] | None:
    """The exception that ended a try, as its log tells it: the one that was raised, not what it came from."""
    found = None
    log = api.find(path, map_index=number, full_content="true")
    for line in (log or {}).get("content") or []:
        for detail in (line.get("error_detail") or [])[:1] if isinstance(line, Mapping) else []:
            found = {"type": str(detail.get("exc_type", "")), "message": str(detail.get("exc_value", ""))}
    return found


def bare(value: Any) -> Any:
    """A value as JSON has it, from the form in which Airflow serialises what JSON lacks.

    >>> bare({"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, 2]})
    [1, 2]
    """
    match value:
        case {"__classname__": kind, "__version__": _, "__data__": data} if len(value) == 3:
            if kind == "builtins.tuple" and isinstance(data, list):
                return [bare(each) for each in data]
            return {"__type__": kind, "text": json.dumps(data)}
        case dict():
            return {key: bare(each) for key, each in value.items()}
        case list():
            return [bare(each) for each in value]
    return value


def _pages(api: Api, path: str, key: str, **query: str | int) -> Iterator[Mapping[str, Any]]:
    """Every row of a collection."""
    offset = 0
    while True:
        rows, total = fields(api.get(path, limit=_PAGE, offset=offset, **query), key, "total_entries")
        yield from rows
        offset += len(rows)
        if not rows or offset >= total:
            return
