"""A flow run on a real Prefect server, read through its REST API, is the run that the probe saw."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pipeglot import collect, each, pipeline, step, when
from pipeglot.compare.records import compare
from pipeglot.core.diagnostic import AuthoringError, EngineError
from pipeglot.core.record import Record
from pipeglot.engines import sandbox
from pipeglot.engines.run import Request, run_many
from pipeglot.migrate.collect import collect as collected
from pipeglot.migrate.collect import prefect, with_password
from pipeglot.migrate.collect.api import Api, RunQuery
from tests.collected_runs import Answer, from_production, serving, traces, variable_of
from tests.test_engines import installed

DATE = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)


@pytest.mark.engine("prefect")
@pytest.mark.slow
def test_what_the_server_tells_is_what_the_probe_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that succeeds after a retry, and one with a failed item."""
    python = installed("prefect")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    state = tmp_path / "state"
    state.mkdir()
    params = [{"folder": str(state), "n": 3}, {"folder": str(state), "odd_ones": False}]
    requests = [Request(from_production.ir(), each, DATE) for each in params]
    outcomes = run_many(requests, "prefect", python=python, mode="server", timeout=150)
    try:
        # As long as there may be another outcome, the server stays up.
        records = [next(outcomes), next(outcomes)]
        api = _server(tmp_path)
        for seen in records:
            assert isinstance(seen, Record), seen
            found = collected(from_production.ir(), "prefect", api, RunQuery(str(seen.run_id), "from_production"))
            assert traces(found) == traces(seen)
            times = [{(call.id, call.index): (call.started, call.ended) for call in r.calls} for r in (found, seen)]
            assert times[0] == times[1]
            assert (found.state, found.params, found.logical_date) == (seen.state, seen.params, seen.logical_date)
            assert found.started is not None and found.ended is not None
            assert not any(call.output_known for call in found.calls if call.state == "succeeded")
            # Without outputs there is less to compare, and nothing that differs.
            assert compare(Record.from_json(found.to_json()), seen, from_production.ir()) == []
        with pytest.raises(AuthoringError) as error:
            collected(from_production.ir(), "prefect", Api(api.url), RunQuery(str(found.run_id)))
        assert [d.code for d in error.value.diagnostics] == ["PG371"], "nobody reads a run without credentials"
    finally:
        outcomes.close()  # type: ignore[attr-defined]


def _server(folder: Path) -> Api:
    """The server whose processes were started for a run in a folder."""
    for run in folder.glob("pipeglot-*"):
        for pid in sandbox._marked(run.name):
            told = variable_of(Path("/proc", str(pid)), "PREFECT_API_URL", "PREFECT_API_AUTH_STRING")
            if len(told) == 2:
                user, _, password = told["PREFECT_API_AUTH_STRING"].partition(":")
                return with_password("prefect", Api(told["PREFECT_API_URL"]), user, password)
    raise AssertionError("no server is up")


# ---------------------------------------------------------------- what a server may answer

RUN = "0c286360-922a-411b-8782-081de7428353"
START = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def flow_run(type: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    times = {"expected_start_time": at(0), "start_time": at(1), "end_time": at(60)}
    state = {"state_type": type, "state_name": type.capitalize(), "state": {"message": None}}
    return {"id": RUN, "name": "daffy-chowchow", "parameters": {"n": 3}, **times, **state, **more}


def task_run(name: str, type: str = "COMPLETED", message: str = "", **more: Any) -> dict[str, Any]:
    word = more.pop("state_name", type.capitalize())
    child = more.pop("child", None)
    return {
        "id": name,
        "name": name,
        "flow_run_id": RUN,
        "run_count": 1,
        "flow_run_run_count": 1,
        "expected_start_time": at(2),
        "start_time": at(3),
        "end_time": at(4),
        "state_type": type,
        "state_name": word,
        "state_id": f"{name} {word}",
        "state": {"type": type, "name": word, "message": message, "state_details": {"child_flow_run_id": child}},
        **more,
    }


def api_of(runs: list[dict[str, Any]], tasks: list[dict[str, Any]], base: str = "/api", page: int = 2) -> Answer:
    """Pages of two rows, as a server gives whose limit is that."""

    def answer(path: str, asked: Any) -> Any:
        if path == f"{base}/admin/version" and base == "/api":
            return "3.8.8"
        if path == f"{base}/flow_runs/filter":
            (by, wanted), *_ = asked["flow_runs"].items()
            rows = [row for row in runs if row[by] in wanted["any_"]]
            flows = asked.get("flows", {"name": {"any_": [None]}})["name"]["any_"]
            rows = [row for row in rows if flows == [None] or row.get("flow", "credit") in flows]
        elif path == f"{base}/task_runs/filter":
            rows = [row for row in tasks if row["flow_run_id"] in asked["flow_runs"]["id"]["any_"]]
        else:
            return None
        return rows[asked["offset"] : asked["offset"] + page]

    return answer


@pytest.fixture
def asking() -> Iterator[Any]:
    """Asks a server that answers so for the run, or another."""

    def ask(answer: Answer, run: str = RUN, name: str | None = None, path: str = "") -> Any:
        with serving(answer) as url:
            return prefect.collect(Api(url + path), RunQuery(run, name))

    yield ask


def test_every_page_is_read(asking: Any) -> None:
    names = [f"load[{n}]" for n in range(7)]
    found = asking(api_of([flow_run()], [task_run(name) for name in names]))
    assert [task.name for task in found.tasks] == names
    assert (found.engine, found.engine_version, found.state, found.run_id) == ("prefect", "3.8.8", "succeeded", RUN)
    assert (found.params, found.logical_date) == ({"n": 3}, "2026-03-01T02:00:00+00:00")
    assert (found.started, found.ended) == ("2026-03-01T02:00:01+00:00", "2026-03-01T02:01:00+00:00")
    assert not any(task.has_output for task in found.tasks)


@pytest.mark.parametrize("type", ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"])
def test_a_run_that_has_not_ended_is_refused(asking: Any, type: str) -> None:
    assert refusal(asking, api_of([flow_run(type)], [])) == "PG374"


def test_a_run_is_found_by_its_name_where_that_is_its_own(asking: Any) -> None:
    other = flow_run(id="e" * 32, flow="other")
    assert asking(api_of([flow_run()], []), "daffy-chowchow").run_id == RUN
    assert asking(api_of([flow_run(), other], []), "daffy-chowchow", "credit").run_id == RUN
    assert refusal(asking, api_of([flow_run(), other], []), "daffy-chowchow") == "PG372"
    assert refusal(asking, api_of([flow_run()], []), "no-such-run") == "PG372"
    assert refusal(asking, api_of([flow_run()], []), RUN, "other") == "PG372"


@pytest.mark.parametrize(
    ("path", "base"), [("", "/api"), ("/api", "/api"), ("/api/accounts/a/workspaces/w", "/api/accounts/a/workspaces/w")]
)
def test_the_address_may_be_that_of_the_server_or_of_its_api(asking: Any, path: str, base: str) -> None:
    found = asking(api_of([flow_run()], [task_run("a-0af")], base), path=path)
    assert (len(found.tasks), found.engine_version) == (1, "3.8.8" if base == "/api" else "unknown")


def test_the_flows_that_a_flow_ran_are_read_too_and_what_stands_for_them_is_not(asking: Any) -> None:
    rows = [
        task_run("a-111"),
        task_run("inner-0", child="inner"),
        task_run("b-222", flow_run_id="inner"),
        task_run("deep-0", child="deep", flow_run_id="inner"),
        task_run("c-333", flow_run_id="deep"),
    ]
    found = asking(api_of([flow_run()], rows))
    assert [task.name for task in found.tasks] == ["a-111", "inner.b-222", "inner.deep.c-333"]


def test_of_a_flow_that_was_tried_again_every_try_counts(asking: Any) -> None:
    """The rows as a real server had them, of a flow with `retries=1`."""
    second: dict[str, Any] = {"flow_run_run_count": 2, "expected_start_time": at(10), "start_time": at(11)}
    waiting: dict[str, Any] = {"state_name": "NotReady", "run_count": 0, "flow_run_run_count": 0, "start_time": None}
    rows = [
        task_run("a-302", **second),
        task_run("b-7bf", "FAILED", **{**second, "expected_start_time": at(11)}),
        task_run("c-b21", "PENDING", **waiting, expected_start_time=at(10.5)),
        task_run("a-b76"),
        task_run("b-983", "FAILED"),
        task_run("c-e6f", "PENDING", **waiting),
    ]
    found = asking(api_of([flow_run("FAILED")], rows))
    assert sorted(task.name for task in found.tasks) == ["a-302", "a-b76", "b-7bf", "b-983", "c-b21", "c-e6f"]
    assert found.attempts == 2
    assert found.notes == ("the flow was started 2 times: the task runs are those of all of them",)
    once = asking(api_of([flow_run("FAILED")], rows[3:]))
    assert [task.name for task in once.tasks] == ["a-b76", "b-983", "c-e6f"] and once.attempts == 1


def test_what_a_cancelled_run_interrupted_is_cancelled(asking: Any) -> None:
    """Shortly after the end, task runs are as they were; later the server cancels what never began, too."""
    state = {"message": "Flow run was cancelled successfully."}
    rows = [
        task_run("a-d11"),
        task_run("nap-315", "RUNNING", end_time=None),
        task_run("again-315", "SCHEDULED", state_name="AwaitingRetry", end_time=None),
        task_run("killed-315", "CRASHED", "Execution was aborted by a termination signal."),
        task_run("late-51d", "PENDING", run_count=0, start_time=None, end_time=None),
        task_run("called_off-51d", "CANCELLED", run_count=0, start_time=at(60), end_time=at(60)),
        task_run("wrong-51d", "FAILED", "Task run encountered an exception KeyError: 'a'"),
    ]
    found = asking(api_of([flow_run("CANCELLED", state=state)], rows))
    assert found.state == "cancelled"
    assert {task.name.partition("-")[0]: (task.state, task.attempts) for task in found.tasks} == {
        "a": ("Completed", 1),
        "nap": ("Cancelled", 1),
        "again": ("Cancelled", 1),
        "killed": ("Cancelled", 1),
        "late": ("Pending", 0),
        "called_off": ("Cancelled", 0),
        "wrong": ("Failed", 1),
    }
    assert next(task for task in found.tasks if task.name == "called_off-51d").started is None
    assert found.notes[0] == "flow run Cancelled: Flow run was cancelled successfully."


def test_of_a_run_that_crashed_what_never_ended_is_named(asking: Any) -> None:
    found = asking(api_of([flow_run("CRASHED")], [task_run("nap-315", "RUNNING", end_time=None)]))
    assert (found.state, [task.state for task in found.tasks]) == ("failed", ["Running"])
    assert found.notes == ("the server does not know how these ended: nap-315",)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Task run encountered an exception ValueError: one: is\ntwo lines", ("ValueError", "one: is\ntwo lines")),
        ("Task run encountered an exception ValueError: ", ("ValueError", "")),
        ("Task run failed due to timeout: TimeoutError('x y')", ("TimeoutError", "x y")),
        ("Task run failed due to timeout: TimeoutError()", ("TimeoutError", "")),
        ("Task run failed due to timeout: TimeoutError(1, b)", ("TimeoutError", "1, b")),
        (
            "Task run exceeded timeout of 0.5 second(s)",
            ("TaskRunTimeoutError", "Task run exceeded timeout of 0.5 second(s)"),
        ),
        ("Execution was interrupted by an unexpected exception: OSError: full", ("OSError", "full")),
        ("told so by the author", ("Failed", "told so by the author")),
    ],
)
def test_the_message_of_a_state_tells_the_exception(asking: Any, message: str, error: tuple[str, str]) -> None:
    (task,) = asking(api_of([flow_run("FAILED")], [task_run("a-0af", "FAILED", message)])).tasks
    assert task.error == {"type": error[0], "message": error[1]}


def test_of_a_run_that_has_just_ended_task_runs_on_their_way_are_waited_for(
    asking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    waits: list[float] = []
    monkeypatch.setattr("pipeglot.migrate.collect.prefect.time.sleep", waits.append)
    just = datetime.now(timezone.utc).isoformat()

    def answer(path: str, asked: Any) -> Any:
        nonlocal looks
        looks += path.endswith("task_runs/filter") and asked["offset"] == 0
        rows = [task_run("a-0af", "RUNNING" if looks < 3 else "COMPLETED")] + [task_run("b-0af")] * (looks >= 4)
        return api_of([flow_run(end_time=just)], rows)(path, asked)

    assert [task.state for task in asking(answer).tasks] == ["Completed", "Completed"]
    assert (looks, len(waits)) == (5, 4)


@step
def sizes(n: int) -> list[int]:
    return list(range(n))


@step
def square(n: int) -> int:
    return n * n


@pipeline
def squares(n: int = 3) -> list[int]:
    with each(sizes(n)) as number:
        one = square(number)
        with when(number > 5):
            square.options(id="again")(one)
    return collect(one)


def record_of(rows: list[dict[str, Any]], type: str = "COMPLETED") -> Record:
    with serving(api_of([flow_run(type)], rows)) as url:
        return collected(squares.ir(), "prefect", Api(url), RunQuery(RUN))


def test_a_compiled_flow_is_known_by_the_indices_in_its_names_also_where_not_every_call_ran() -> None:
    rows = [task_run("sizes-1b2"), *(task_run(f"square[{n}]", start_time=at(9 - n)) for n in range(3))]
    record = record_of(rows)
    assert [(call.id, call.index, call.state) for call in record.calls] == [
        ("sizes", (), "succeeded"),
        *(("square", (n,), "succeeded") for n in range(3)),
        *(("again", (n,), "skipped") for n in range(3)),
    ]
    assert not record.result_known
    assert Record.from_json(record.to_json()) == record


def test_the_items_of_a_native_flow_are_numbered_as_they_started() -> None:
    rows = [task_run("Sizes-1b2"), task_run("square-aaa", "FAILED", start_time=at(9)), task_run("square-bbb")]
    record = record_of([*rows, task_run("notify-0af")], "FAILED")
    told = {(call.id, call.index): call.state for call in record.calls if call.observed}
    assert told == {
        ("sizes", ()): "succeeded",
        ("square", (0,)): "succeeded",
        ("square", (1,)): "failed",
        ("notify", ()): "succeeded",
    }
    assert any("notify" in note for note in record.notes) and any("again" in note for note in record.notes)


def test_a_cancelled_run_is_a_record_from_which_nothing_more_is_concluded() -> None:
    rows = [task_run("sizes-1b2"), task_run("square[0]"), task_run("square[1]", "RUNNING", end_time=None)]
    record = record_of(rows, "CANCELLED")
    assert (record.state, [(call.id, call.state) for call in record.calls]) == (
        "cancelled",
        [("sizes", "succeeded"), ("square", "succeeded"), ("square", "cancelled")],
    )


@pytest.mark.parametrize("answer", [[{"id": RUN}], [1], {"detail": "no"}])
def test_an_answer_of_another_form_is_a_clear_error(asking: Any, answer: Any) -> None:
    assert refusal(asking, lambda path, asked: answer) == "PG373"


def refusal(asking: Any, *arguments: Any) -> str:
    with pytest.raises((AuthoringError, EngineError)) as error:
        asking(*arguments)
    return error.value.diagnostics[0].code
