"""A flow run of Prefect 3, read from its server's REST API."""

from __future__ import annotations

import ast
import re
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pipeglot.backends.base import EngineRun, EngineTask, instant
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import Diagnostic, EngineError
from pipeglot.migrate.collect.api import Api, RunQuery, fields, not_ended, unknown
from pipeglot.migrate.native import bare

Row: TypeAlias = Mapping[str, Any]

_ENDED: Mapping[str, Literal["succeeded", "failed", "cancelled"]] = {
    "COMPLETED": "succeeded",
    "FAILED": "failed",
    "CRASHED": "failed",
    "CANCELLED": "cancelled",
}
_FINAL = frozenset(_ENDED)
_SETTLED = 10.0
"""Seconds after its end in which a run's task runs may still be on their way to the server: they come as events."""

_RAISED = re.compile(
    r"(?:Task run encountered an exception|Execution was interrupted by an unexpected exception:)"
    r" ([^\W\d]\w*):(?: (.*))?\Z",
    re.DOTALL,
)
_REPR = re.compile(
    r"(?:Task run failed due to timeout|Task run encountered unexpected exception): ([^\W\d]\w*)\((.*)\)\Z", re.DOTALL
)
_INDEX = re.compile(r"\[(\d+(?:\.\d+)*)\]\Z")
"""The index path in the name of a run, as compiled code and others write it."""

_TIMED_OUT = "Task run exceeded timeout of "
_INTERRUPTED = ("Execution was cancelled by ", "Execution was aborted by ")


def collect(api: Api, asked: RunQuery) -> EngineRun:
    """A flow run that has ended: the task runs of all its tries, and of the flows that it ran.

    `asked.run` is the flow run's id, or its name (`daffy-chowchow`) where no other has it; `asked.name` is the flow's.
    The URL is that of the server or, as in Prefect Cloud and in PREFECT_API_URL, of its API (`.../api`). The server
    keeps no results: outputs are not known. Types and messages of errors are those in the messages of states.
    """
    server = _PrefectServer(api)
    run = server.flow_run(asked)
    id, state, params = fields(run, "id", "state_type", "parameters")
    if state not in _ENDED:
        not_ended(f"the flow run {asked.run}", run.get("state_name") or state)
    rows = server.settled(run)
    tasks = _numbered(rows, state)
    tries = max([int(run.get("run_count") or 1), *(int(row.get("flow_run_run_count") or 1) for row in rows)])
    said = (run.get("state") or {}).get("message")
    notes = [f"flow run {run.get('state_name')}: {said}"] if said and state != "COMPLETED" else []
    if tries > 1:
        notes.append(f"the flow was started {tries} times: the task runs are those of all of them")
    if lost := [task.name for task in tasks if task.state in ("Running", "Pending", "Scheduled", "AwaitingRetry")]:
        notes.append(f"the server does not know how these ended: {', '.join(sorted(lost))}")
    return EngineRun(
        engine="prefect",
        engine_version=server.version(),
        state=_ENDED[state],
        run_id=str(id),
        logical_date=_iso(run.get("expected_start_time")),
        started=_iso(run.get("start_time")),
        ended=_iso(run.get("end_time")),
        tasks=tuple(tasks),
        attempts=tries,
        notes=tuple(notes),
        params=params or {},
    )


class _PrefectServer:
    """The questions that a Prefect server is asked."""

    def __init__(self, api: Api) -> None:
        # The address in PREFECT_API_URL, and the one of a workspace in Prefect Cloud, is that of the API.
        self._api = api
        self._base = "" if "api" in urllib.parse.urlsplit(api.url).path.split("/") else "/api"

    def version(self) -> str:
        """The server's version; Prefect Cloud has none."""
        return str(self._api.find(f"{self._base}/admin/version") or "unknown")

    def flow_run(self, asked: RunQuery) -> Row:
        """The one flow run that was asked for."""
        known_by = {"id" if _is_id(asked.run) else "name": {"any_": [asked.run]}}
        question: dict[str, Any] = {"flow_runs": known_by}
        if asked.name is not None:
            question["flows"] = {"name": {"any_": [asked.name]}}
        found = list(self.pages("flow_runs", question))
        what = f"flow run {asked.run!r}" + (f" of the flow {asked.name!r}" if asked.name is not None else "")
        if not found:
            unknown(f"the server has no {what}", "its id is in the address of its page, its name on it")
        if len(found) > 1:
            ids = ", ".join(str(row.get("id")) for row in found[:10])
            unknown(f"the server has {len(found)} runs for the {what}", f"say which by its id: {ids}")
        return found[0]

    def settled(self, run: Row) -> list[Row]:
        """Every task run; of a run that has just ended, when no more come."""
        rows = self.task_runs(run)
        while (ended := instant(run.get("end_time"))) and 0 <= _age(ended) < _SETTLED:
            time.sleep(1.0)
            before, rows = rows, self.task_runs(run)
            if [_known(row) for row in rows] == [_known(row) for row in before] and all(map(_has_ended, rows)):
                break
        return rows

    def task_runs(self, run: Row) -> list[Row]:
        """Every task run of a flow run and of the flow runs it started; not those that stand for a flow run."""
        rows: list[Row] = []
        flows: list[tuple[str, str, tuple[int, ...]]] = [(str(run["id"]), "", ())]
        while flows:
            id, before, numbers = flows.pop()
            inner: dict[str, list[tuple[int, str]]] = {}
            for row in self.pages("task_runs", {"flow_runs": {"id": {"any_": [id]}}}):
                details = (row.get("state") or {}).get("state_details") or {}
                if child := details.get("child_flow_run_id"):
                    # It is called like the flow, with a number behind.
                    name, _, number = str(row.get("name")).rpartition("-")
                    inner.setdefault(name, []).append((int(number) if number.isdigit() else 0, child))
                else:
                    rows.append({**row, "before": before, "numbers": numbers})
            for name, children in inner.items():
                flows += [(c, f"{before}{name}.", (*numbers, n)) for n, (_, c) in enumerate(sorted(children))]
        return rows

    def pages(self, kind: str, question: Mapping[str, Any]) -> Iterator[Row]:
        """Every row of an answer; a page is as long as the server makes it."""
        path = f"{self._base}/{kind}/filter"
        known: set[str] = set()
        while page := self._api.search(path, {**question, "sort": "ID_DESC", "offset": len(known)}):
            new = [row for row in page if fields(row, "id")[0] not in known]
            if not new:
                message = f"{path} answers with the same page again"
                raise EngineError([Diagnostic("PG373", "error", message, None, "is --url that of a Prefect server?")])
            known |= {row["id"] for row in new}
            yield from new


def _numbered(rows: Sequence[Row], state: str) -> list[EngineTask]:
    """The task runs in the order in which they were asked for, numbered among those of their task in one try of one flow
    run; those of flows inside the flow have their names and numbers before their own. A retried flow makes all its task
    runs anew."""
    counts: Counter[tuple[Any, ...]] = Counter()
    tasks = []
    for row in sorted(rows, key=_asked_for):
        task = _task(row, state)
        name = f"{row['before']}{task.name}"
        among = row.get("flow_run_id"), row.get("flow_run_run_count"), bare(name)
        given = _INDEX.search(name)
        own = tuple(map(int, given[1].split("."))) if given else (counts[among],)
        tasks.append(replace(task, name=name, index=(*row["numbers"], *own)))
        counts[among] += 1
    return tasks


def _asked_for(row: Row) -> tuple[str, str]:
    """When a task run was asked for, to the millisecond, which its id begins with, and when it then came to be."""
    id = str(row.get("id"))
    return id[:13] if _is_id(id) and id[14] == "7" else "", row.get("start_time") or "~"


def _task(row: Row, run_state: str) -> EngineTask:
    name, type, word = fields(row, "name", "state_type", "state_name")
    attempts, message = row.get("run_count") or 0, (row.get("state") or {}).get("message") or ""
    if run_state == "CANCELLED" and attempts and (type not in _FINAL or message.startswith(_INTERRUPTED)):
        # Prefect ends the process: what ran there crashes, or stays as it was until the server looks after it.
        type, word = "CANCELLED", "Cancelled"
    return EngineTask(
        name=name,
        state=word or type or "none",
        attempts=attempts,
        # Of what never began the server tells when it was called off.
        started=_iso(row.get("start_time")) if attempts else None,
        ended=_iso(row.get("end_time")) if attempts else None,
        error=_error(word, message) if type in ("FAILED", "CRASHED") else None,
    )


def _error(state: str, message: str) -> dict[str, str] | None:
    """The exception that the message of a state tells of.

    >>> _error("Failed", "Task run encountered an exception ValueError: one: two")
    {'type': 'ValueError', 'message': 'one: two'}
    >>> _error("TimedOut", "Task run failed due to timeout: TimeoutError('late')")
    {'type': 'TimeoutError', 'message': 'late'}
    >>> _error("Failed", "as the author says")
    {'type': 'Failed', 'message': 'as the author says'}
    """
    if not message:
        return None
    if found := _RAISED.match(message):
        return {"type": found[1], "message": found[2] or ""}
    if found := _REPR.match(message):
        return {"type": found[1], "message": _text(found[2])}
    return {"type": "TaskRunTimeoutError" if message.startswith(_TIMED_OUT) else state, "message": message}


def _text(arguments: str) -> str:
    """What `str` makes of an exception with these arguments, where that is plain to see."""
    try:
        value = ast.literal_eval(arguments) if arguments else ""
    except (ValueError, SyntaxError):
        return arguments
    return str(value)


def _known(row: Row) -> tuple[Any, ...]:
    return row.get("id"), row.get("state_id")


def _has_ended(row: Row) -> bool:
    return row.get("state_type") in _FINAL or row.get("state_name") == "NotReady"


def _age(moment: datetime) -> float:
    return (datetime.now(timezone.utc) - moment).total_seconds()


def _iso(text: str | None) -> str | None:
    moment = instant(text)
    return None if moment is None else moment.astimezone(timezone.utc).isoformat()


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
