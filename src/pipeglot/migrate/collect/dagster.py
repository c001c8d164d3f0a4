"""A run of Dagster, read from the GraphQL API of its webserver."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Literal, NoReturn, TypeAlias

from pipeglot.backends.base import EngineRun, EngineTask, instant
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError
from pipeglot.migrate.collect.api import Api, RunQuery, fields, not_ended, unknown

Row: TypeAlias = Mapping[str, Any]

_ENDED: Mapping[str, Literal["succeeded", "failed", "cancelled"]] = {
    "SUCCESS": "succeeded",
    "FAILURE": "failed",
    "CANCELED": "cancelled",
}
_STEP = re.compile(r"(.*?)(?:\[([^]]*)\])?\Z", re.DOTALL)
_INTERRUPTED = "DagsterExecutionInterruptedError"
_EVENTS, _RUNS = 1000, 100
"""Rows of a page."""

_RUN = """
fragment R on Run { runId jobName status creationTime startTime endTime runConfig parentRunId tags { key value } }
"""
_ONE = "query($id: ID!) { version runOrError(runId: $id) { __typename ...R ... on Error { message } } }" + _RUN
_STARTED = (
    """query($tags: [ExecutionTag!], $cursor: String, $limit: Int) {
  runsOrError(filter: {tags: $tags}, cursor: $cursor, limit: $limit) {
    __typename ... on Runs { results { ...R } } ... on Error { message } } }"""
    + _RUN
)
_LOG = """query($id: ID!, $cursor: String, $limit: Int) { runOrError(runId: $id) { __typename
  ... on Error { message }
  ... on Run { eventConnection(afterCursor: $cursor, limit: $limit) { cursor hasMore events {
    ... on MessageEvent { eventType stepKey timestamp message }
    ... on AssetMaterializationPlannedEvent { assetKey { path } }
    ... on ExecutionStepOutputEvent { metadataEntries { label ... on TextMetadataEntry { text } } }
    ... on ExecutionStepFailureEvent { error { className message cause { className message } } } } } } } }"""


def with_token(api: Api, token: str) -> Api:
    """The same server, asked with a token, which Dagster+ reads under a name of its own."""
    return api.bearer(token).allowed(Dagster_Cloud_Api_Token=token)


def collect(api: Api, asked: RunQuery) -> EngineRun:
    """A run that has ended: every step of it, of the runs that it had for items of loops and for the final call, and of
    those that it is a retry of.

    `asked.run` is the run's id; `asked.name` the job's, which is checked. The URL is that of the webserver or, in
    Dagster+, of a deployment (`https://org.dagster.cloud/prod`). The server does not tell values: outputs are not
    known. The params are the run's config of the resource `params`, as compiled jobs have it.
    """
    server = _DagsterServer(api)
    run, version = server.run(asked.run)
    id, job, status, config = fields(run, "runId", "jobName", "status", "runConfig")
    if asked.name not in (None, job):
        unknown(f"the run {id} is one of the job {job!r}, not of {asked.name!r}", f"--run of a run of {asked.name!r}")
    if status not in _ENDED:
        not_ended(f"the run {id} of {job}", status)
    tasks: list[EngineTask] = []
    notes: list[str] = []
    failures: list[str] = []
    attempts = _attempts(server, run, notes)
    for each in [one for attempt in attempts for one in (attempt, *server.started_by(attempt["runId"]))]:
        if each["status"] not in _ENDED and "pipeline/item" not in _tags(each):
            # Runs of items end with the run that they are made in, whatever the server has heard of them.
            not_ended(f"the run {each['runId']} of {each['jobName']}, the final call of the run {id},", each["status"])
        steps, failed = _steps(each, server.events(each["runId"]), cancelled=status == "CANCELED")
        tasks += steps
        failures += failed
    if failures and status != "SUCCESS" and not any(task.error for task in tasks):
        notes.append(failures[0])
    if lost := sorted({task.name for task in tasks if task.state == "STARTED"}):
        notes.append(f"the server does not know how these ended: {', '.join(lost)}")
    params = _params(config)
    return EngineRun(
        engine="dagster",
        engine_version=version,
        state=_ENDED[status],
        run_id=id,
        logical_date=_date(run, params.get(asked.date)),
        started=_iso(run.get("startTime")),
        ended=_iso(run.get("endTime")),
        tasks=tuple(tasks),
        notes=tuple(notes),
        params=params,
        attempts=len(attempts),
    )


def _attempts(server: _DagsterServer, run: Row, notes: list[str]) -> list[Row]:
    """A run and those that it is a retry of, or re-executes, the first of them first: each takes over what the one before
    it had done."""
    found = [run]
    while parent := found[0].get("parentRunId"):
        if parent in [one["runId"] for one in found]:
            _stuck()
        try:
            found.insert(0, server.run(parent)[0])
        except AuthoringError:
            notes.append(
                f"the run re-executes {parent}, which is gone: steps that it took over from there are not in it"
            )
            break
    return found


class _DagsterServer:
    """The questions that a webserver is asked."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._path = "" if urllib.parse.urlsplit(api.url).path.rstrip("/").endswith("/graphql") else "/graphql"

    def run(self, id: str) -> tuple[Row, str]:
        """A run, and the server's version."""
        found, version = fields(self._ask(_ONE, id=id), "runOrError", "version")
        return self._checked(found), str(version)

    def started_by(self, id: str) -> list[Row]:
        """The runs that a compiled job had made, in the order in which they were."""
        tags = [{"key": "pipeline/main_run", "value": id}]
        found: list[Row] = []
        while True:
            cursor = found[-1]["runId"] if found else None
            answer = self._ask(_STARTED, tags=tags, cursor=cursor, limit=_RUNS)
            (page,) = fields(self._checked(fields(answer, "runsOrError")[0]), "results")
            if not page:
                return found[::-1]
            if fields(page[-1], "runId", "jobName", "status")[0] == cursor:
                _stuck()
            found += page

    def events(self, id: str) -> Iterator[Row]:
        """Every event of a run, in order."""
        cursor = None
        while True:
            answer = self._ask(_LOG, id=id, cursor=cursor, limit=_EVENTS)
            (log,) = fields(self._checked(fields(answer, "runOrError")[0]), "eventConnection")
            events, following, more = fields(log, "events", "cursor", "hasMore")
            yield from events
            if not more:
                return
            if following == cursor:
                _stuck()
            cursor = following

    def _ask(self, question: str, **variables: Any) -> Any:
        answer = self._api.search(self._path, {"query": question, "variables": variables})
        if isinstance(answer, dict) and answer.get("errors"):
            said = "; ".join(str(each.get("message", each)) for each in answer["errors"])
            way_out = "is the version of Dagster one that pipeglot knows?"
            message = f"Dagster's API does not answer: {said[:300]}"
            raise EngineError([Diagnostic("PG373", "error", message, None, way_out)])
        return fields(answer, "data")[0]

    @staticmethod
    def _checked(found: Row) -> Row:
        kind = fields(found, "__typename")[0]
        if kind == "RunNotFoundError":
            unknown(f"the server has no such run: {found.get('message', '')}", "its id is in the address of its page")
        if kind not in ("Run", "Runs"):
            message = f"Dagster's API answers {kind}: {str(found.get('message', ''))[:300]}"
            raise EngineError([Diagnostic("PG370", "error", message, None, "the webserver's log says more")])
        return found


def _steps(run: Row, events: Iterator[Row], cancelled: bool) -> tuple[list[EngineTask], list[str]]:
    """The steps of one run that it has an event of, as `engines/probes/dagster_run.py` tells them, and what is said
    of its own failure. Steps that a cancelled run interrupted are CANCELED; Dagster says of them that they failed."""
    path = tuple(int(part) for part in _tags(run).get("pipeline/item", "").split(".") if part.isdigit())
    found: dict[str, EngineTask] = {}
    items: dict[str, list[str]] = {}
    assets: dict[str, str] = {}
    failed: list[str] = []
    for event in events:
        kind, key = event.get("eventType"), event.get("stepKey")
        if kind == "RUN_FAILURE":
            failed.append(event.get("message") or "")
        if kind is None or key is None:
            continue
        if kind == "ASSET_MATERIALIZATION_PLANNED":
            asset = (event.get("assetKey") or {}).get("path") or []
            if key == "__".join(asset):
                assets[key] = ".".join(asset)
            continue
        name, item = _STEP.fullmatch(key).groups()  # type: ignore[union-attr]
        if key not in found:
            found[key] = EngineTask(name=name, state="PLANNED")
            if item is not None:
                items.setdefault(name, []).append(item)
        found[key] = _after(found[key], kind, event, cancelled)
    tasks = []
    for key, task in found.items():
        name, item = _STEP.fullmatch(key).groups()  # type: ignore[union-attr]
        index = path if item is None else (*path, _position(item, items[name]))
        if cancelled and task.state == "STARTED":
            task = replace(task, state="CANCELED")
        state = _tags(run).get("pipeline/state")
        told: Any = state if state in ("succeeded", "failed", "cancelled") else None
        tasks.append(replace(task, name=assets.get(key, name), index=index, told=told))
    return tasks, failed


def _position(item: str, items: Sequence[str]) -> int:
    """The number of a mapping key: compiled code numbers them; others are numbered as they first showed."""
    return int(item) if all(one.isdigit() for one in items) else items.index(item)


def _after(step: EngineTask, kind: str, event: Row, cancelled: bool) -> EngineTask:
    """What is known of a step after one more event of it."""
    at = _iso(int(event["timestamp"]) / 1000) if event.get("timestamp") else None
    match kind:
        case "STEP_START" | "STEP_RESTARTED":
            attempts = step.attempts + 1
            return replace(step, state="STARTED", attempts=attempts, started=step.started or at, ended=None)
        case "STEP_SUCCESS":
            return replace(step, state="TOLERATED" if step.state == "TOLERATED" else "SUCCESS", ended=at)
        case "STEP_SKIPPED":
            return replace(step, state="SKIPPED", ended=None)
        case "STEP_FAILURE":
            error = _error(event)
            if cancelled and error is not None and error["type"] == _INTERRUPTED:
                return replace(step, state="CANCELED", ended=at)
            return replace(step, state="FAILURE", ended=at, error=error)
        case "STEP_OUTPUT":
            told = {each.get("label"): each.get("text") for each in event.get("metadataEntries") or []}
            if "tolerated" in told and "message" in told:
                error = {"type": str(told["tolerated"]), "message": str(told["message"])}
                return replace(step, state="TOLERATED", error=error)
    return step


def _error(event: Row) -> dict[str, str] | None:
    """The author's exception: Dagster wraps it."""
    error = event.get("error")
    if not error:
        return None
    error = error.get("cause") or error
    kind = error.get("className") or "Error"
    message = str(error.get("message") or "").strip()
    return {"type": kind, "message": message.removeprefix(f"{kind}: ")}


def _params(config: Any) -> dict[str, Any]:
    """The config of the resource that compiled jobs have their parameters from."""
    found = config
    for name in ("resources", "params", "config"):
        found = found.get(name) if isinstance(found, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _date(run: Row, told: Any) -> str | None:
    """What a compiled job takes for the logical date: the one it was told, else when the run was asked for. Of other
    jobs it is the day or hour of their partition, if they have any."""
    for text in (told, _tags(run).get("dagster/partition")):
        try:
            moment = instant(text)
        except (ValueError, AttributeError):
            continue
        if moment is not None:
            return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).isoformat()
    return _iso(run.get("creationTime"))


def _tags(run: Row) -> dict[str, str]:
    tags: Sequence[Row] = run.get("tags") or ()
    return {str(tag.get("key")): str(tag.get("value")) for tag in tags}


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def _stuck() -> NoReturn:
    message = "Dagster's API answers with the same page again"
    raise EngineError([Diagnostic("PG373", "error", message, None, "is --url that of a Dagster webserver?")])
