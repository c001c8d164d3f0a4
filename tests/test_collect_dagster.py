"""A run of Dagster, read through the GraphQL API of a webserver, is the run that the probe saw."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from pipeglot import engines
from pipeglot.backends.base import PROBES
from pipeglot.compare.records import compare
from pipeglot.core.diagnostic import AuthoringError, EngineError
from pipeglot.core.record import Record
from pipeglot.engines.run import Request, run_many
from pipeglot.migrate.collect import collect as collected
from pipeglot.migrate.collect import dagster
from pipeglot.migrate.collect.api import Api, RunQuery
from tests.collected_runs import Answer, from_production, serving, traces
from tests.test_engines import installed

DATE = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)


@pytest.mark.engine("dagster")
@pytest.mark.slow
def test_what_the_webserver_tells_is_what_the_probe_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that succeeds after a retry, and one with a failed item: loops in loops have runs of their own."""
    python = installed("dagster")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = replace(engines.spec("dagster"), probes={"test": Path(__file__).parent / "served" / "dagster.py"})
    monkeypatch.setattr(engines, "spec", lambda target: served)
    monkeypatch.setenv("COLLECT_PORT", str(port))
    monkeypatch.setenv("COLLECT_PROBES", str(PROBES))
    monkeypatch.setattr(dagster, "_EVENTS", 7)
    monkeypatch.setattr(dagster, "_RUNS", 2)
    params = [{"folder": str(tmp_path), "n": 3}, {"folder": str(tmp_path), "odd_ones": False}]
    outcomes = run_many([Request(from_production.ir(), each, DATE) for each in params], "dagster", python=python)
    try:
        for given in params:
            seen = next(outcomes)
            assert isinstance(seen, Record), seen
            api = Api(f"http://127.0.0.1:{port}")
            found = collected(from_production.ir(), "dagster", api, RunQuery(str(seen.run_id), "from_production"))
            assert traces(found) == traces(seen)
            assert (found.state, found.params) == (seen.state, seen.params)
            assert seen.started is not None and found.started is not None
            assert found.params["folder"] == given["folder"]
            assert not any(call.output_known for call in found.calls if call.state == "succeeded")
            # Without outputs there is less to compare, and nothing that differs.
            assert compare(Record.from_json(found.to_json()), seen, from_production.ir()) == []
        with pytest.raises(AuthoringError) as error:
            collected(from_production.ir(), "dagster", api, RunQuery("no-such-run"))
        assert [d.code for d in error.value.diagnostics] == ["PG372"]
    finally:
        outcomes.close()  # type: ignore[attr-defined]


# ---------------------------------------------------------------- what a webserver may answer

RUN = "f0257583-fc57-4493-9720-e3e13b90f55c"
AT = 1795258440.0


def event(kind: str | None, step: str | None = None, after: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"eventType": kind, "stepKey": step, "timestamp": str(int((AT + after) * 1000)), "message": "", **more}


def failed(step: str, after: float, name: str, said: str, cause: tuple[str, str] | None = None) -> dict[str, Any]:
    inner = None if cause is None else {"className": cause[0], "message": cause[1]}
    return event("STEP_FAILURE", step, after, error={"className": name, "message": said, "cause": inner})


WRAPPED = ("DagsterExecutionStepExecutionError", "dagster._core.errors.DagsterExecutionStepExecutionError: in op\n")
INTERRUPTED = ("DagsterExecutionInterruptedError", "dagster._core.errors.DagsterExecutionInterruptedError\n")
CANCELLED = [
    event("RUN_START"),
    event("STEP_WORKER_STARTING", "first", 1),
    event("STEP_START", "first", 2),
    event("STEP_START", "other", 2),
    event(None, "first", 2),
    failed("other", 3, *WRAPPED, ("ValueError", "ValueError: x: y\n")),
    event("STEP_UP_FOR_RETRY", "first", 3),
    event("STEP_RESTARTED", "first", 4),
    event("STEP_SUCCESS", "first", 5),
    event("STEP_START", "nap[0]", 6),
    event("STEP_START", "nap[1]", 6),
    event("STEP_START", "nap[b]", 6),
    event("STEP_SUCCESS", "nap[b]", 7),
    event("RUN_CANCELING", None, 8),
    failed("nap[0]", 8, *INTERRUPTED),
    event("RUN_CANCELED", None, 9),
]
"""As a real run was told that was terminated while a step napped; `nap[1]` is one whose process was killed."""


def run_of(status: str, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "startTime": AT,
        "endTime": AT + 9,
        "creationTime": AT - 1,
        "parentRunId": None,
        "tags": [],
    }
    return {"__typename": "Run", "runId": RUN, "jobName": "slow", "status": status, "runConfig": {}, **plain, **more}


def tagged(**tags: str) -> list[dict[str, str]]:
    return [{"key": name.replace("__", "/"), "value": value} for name, value in tags.items()]


def webserver(run: dict[str, Any], events: list[dict[str, Any]], others: list[dict[str, Any]] | None = None) -> Answer:
    """Pages of two events, and of one run, newest first; other runs have no events."""

    def answer(path: str, asked: Any) -> Any:
        if path not in ("/graphql", "/prod/graphql"):
            return None
        variables, query = asked["variables"], asked["query"]
        if "eventConnection" in query:
            log = events if variables["id"] == run["runId"] else []
            start = int(variables["cursor"] or 0)
            page = {"events": log[start : start + 2], "cursor": str(start + 2), "hasMore": start + 2 < len(log)}
            return {"data": {"runOrError": {"__typename": "Run", "eventConnection": page}}}
        if "runsOrError" in query:
            assert variables["tags"] == tagged(pipeline__main_run=RUN)
            rows = others or []
            ids = [row["runId"] for row in rows]
            start = ids.index(variables["cursor"]) + 1 if variables["cursor"] else 0
            return {"data": {"runsOrError": {"__typename": "Runs", "results": rows[start : start + 1]}}}
        found = run if variables["id"] == RUN else {"__typename": "RunNotFoundError", "message": "no such run"}
        return {"data": {"version": "1.13.27", "runOrError": found}}

    return answer


@pytest.fixture
def asking() -> Iterator[Any]:
    """Asks a webserver that answers so for the run, or another."""

    def ask(answer: Answer, run: str = RUN, name: str | None = None, path: str = "") -> Any:
        with serving(answer) as url:
            return dagster.collect(Api(url + path), RunQuery(run, name))

    yield ask


def test_every_page_of_a_cancelled_run_is_read_and_what_it_interrupted_is_cancelled(asking: Any) -> None:
    found = asking(webserver(run_of("CANCELED"), CANCELLED))
    assert (found.engine, found.engine_version, found.state, found.run_id) == ("dagster", "1.13.27", "cancelled", RUN)
    assert (found.started, found.ended) == ("2026-11-21T10:54:00+00:00", "2026-11-21T10:54:09+00:00")
    told = {(task.name, task.index): (task.state, task.attempts, task.error) for task in found.tasks}
    assert told == {
        ("first", ()): ("SUCCESS", 2, None),
        ("other", ()): ("FAILURE", 1, {"type": "ValueError", "message": "x: y"}),
        ("nap", (0,)): ("CANCELED", 1, None),
        ("nap", (1,)): ("CANCELED", 1, None),
        ("nap", (2,)): ("SUCCESS", 1, None),
    }
    first = next(task for task in found.tasks if task.name == "first")
    assert (first.started, first.ended) == ("2026-11-21T10:54:02+00:00", "2026-11-21T10:54:05+00:00")


def test_of_a_run_that_failed_what_never_ended_is_named(asking: Any) -> None:
    found = asking(webserver(run_of("FAILURE"), [*CANCELLED[:-2], event("RUN_FAILURE", None, 9, message="it died")]))
    assert [task.state for task in found.tasks if task.name == "nap"] == ["STARTED", "STARTED", "SUCCESS"]
    assert found.notes == ("the server does not know how these ended: nap",)
    found = asking(webserver(run_of("FAILURE"), [event("RUN_FAILURE", None, 9, message="no resources")]))
    assert (found.state, found.notes) == ("failed", ("no resources",))


@pytest.mark.parametrize("status", ["QUEUED", "STARTING", "STARTED", "CANCELING"])
def test_a_run_that_has_not_ended_is_refused(asking: Any, status: str) -> None:
    assert refusal(asking, webserver(run_of(status), [])) == "PG374"


def test_a_final_run_that_has_not_ended_is_waited_for_and_runs_of_items_are_not(asking: Any) -> None:
    item = run_of("STARTED", runId="item", jobName="body", tags=tagged(pipeline__item="3.1"))
    final = run_of("STARTED", runId="final", jobName="slow__final", tags=tagged(pipeline__main_run=RUN))
    assert asking(webserver(run_of("SUCCESS"), [], [item])).state == "succeeded"
    assert refusal(asking, webserver(run_of("SUCCESS"), [], [item, final])) == "PG374"


def test_the_index_of_a_run_for_an_item_goes_before_that_of_its_steps(asking: Any) -> None:
    inner = run_of("SUCCESS", runId="item", tags=tagged(pipeline__item="3.1"))
    steps = [event("STEP_START", "a[2]"), event("STEP_SUCCESS", "a[2]"), event("STEP_START", "b")]

    def answer(path: str, asked: Any) -> Any:
        log = asked["variables"].get("id") == "item"
        return webserver(inner if log else run_of("SUCCESS"), steps if log else [], [inner])(path, asked)

    assert [(task.name, task.index) for task in asking(answer).tasks] == [("a", (3, 1, 2)), ("b", (3, 1))]


def test_a_failure_that_is_tolerated_is_told_by_the_output(asking: Any) -> None:
    told = [{"label": "tolerated", "text": "KeyError"}, {"label": "message", "text": "'no'"}, {"label": "path"}]
    steps = [event("STEP_START", "a"), event("STEP_OUTPUT", "a", metadataEntries=told), event("STEP_SUCCESS", "a", 2)]
    (task,) = asking(webserver(run_of("SUCCESS"), steps)).tasks
    assert (task.state, task.error) == ("TOLERATED", {"type": "KeyError", "message": "'no'"})


def test_params_and_the_logical_date_are_in_the_config(asking: Any) -> None:
    config = {"ops": {}, "resources": {"params": {"config": {"n": 3, "logical_date": "2026-03-01T02:00:00+01:00"}}}}
    found = asking(webserver(run_of("SUCCESS", runConfig=config), []))
    assert (found.params["n"], found.logical_date) == (3, "2026-03-01T02:00:00+01:00")
    daily = run_of("SUCCESS", tags=tagged(dagster__partition="2026-03-01"))
    assert asking(webserver(daily, [])).logical_date == "2026-03-01T00:00:00+00:00"
    other = run_of("SUCCESS", tags=tagged(dagster__partition="north"), runConfig={"resources": {"params": 1}})
    found = asking(webserver(other, []))
    assert (found.logical_date, found.params) == ("2026-11-21T10:53:59+00:00", {})


def test_what_a_run_took_over_from_the_one_that_it_retries_is_in_it(asking: Any) -> None:
    """Dagster's run retries: every one of them is a run of its own, and what failed in one is executed again in the next."""
    before = {**run_of("FAILURE"), "runId": "before"}
    answers = webserver(
        run_of("SUCCESS", parentRunId="before"), [event("STEP_START", "b"), event("STEP_SUCCESS", "b", 1)]
    )
    first = webserver(before, [event("STEP_START", "a"), event("STEP_SUCCESS", "a", 1), event("STEP_START", "b", 2)])

    def both(path: str, asked: Any) -> Any:
        if asked["variables"].get("id") == "before" and "eventConnection" not in asked["query"]:
            return {"data": {"version": "1.13.27", "runOrError": before}}
        if (asked["variables"].get("tags") or [{}])[0].get("value") == "before":
            return {"data": {"runsOrError": {"__typename": "Runs", "results": []}}}
        return (first if asked["variables"].get("id") == "before" else answers)(path, asked)

    found = asking(both)
    assert [(task.name, task.state) for task in found.tasks] == [("a", "SUCCESS"), ("b", "STARTED"), ("b", "SUCCESS")]
    assert found.attempts == 2


def test_a_run_that_takes_over_steps_of_one_that_is_gone_says_so(asking: Any) -> None:
    found = asking(webserver(run_of("SUCCESS", parentRunId="before"), []))
    assert len(found.notes) == 1 and "re-executes before" in found.notes[0]


def test_no_such_run_and_a_run_of_another_job(asking: Any) -> None:
    assert refusal(asking, webserver(run_of("SUCCESS"), []), "another") == "PG372"
    assert refusal(asking, webserver(run_of("SUCCESS"), []), RUN, "fast") == "PG372"
    assert asking(webserver(run_of("SUCCESS"), []), RUN, "slow").state == "succeeded"


@pytest.mark.parametrize("path", ["/prod", "/prod/", "/prod/graphql"])
def test_the_address_may_be_that_of_a_deployment_or_of_the_api(asking: Any, path: str) -> None:
    assert asking(webserver(run_of("SUCCESS"), []), path=path).state == "succeeded"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"errors": [{"message": "Cannot query field 'jobName' on type 'Run'."}], "data": None}, "PG373"),
        ({"data": {"version": "1", "runOrError": {"__typename": "Run", "runId": RUN}}}, "PG373"),
        ({"data": {"runOrError": {}}}, "PG373"),
        ([], "PG373"),
        ({"data": {"version": "1", "runOrError": {"__typename": "PythonError", "message": "disk full"}}}, "PG370"),
    ],
)
def test_an_answer_of_another_form_is_a_clear_error(asking: Any, answer: Any, code: str) -> None:
    assert refusal(asking, lambda path, asked: answer) == code


def refusal(asking: Any, *arguments: Any) -> str:
    with pytest.raises((AuthoringError, EngineError)) as error:
        asking(*arguments)
    return error.value.diagnostics[0].code
