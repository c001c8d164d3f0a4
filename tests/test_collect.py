"""A run that was done before is read from an engine's API, and whatever else a server may answer is a clear word."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from pipeglot import Pipeline, each, engines, merge, otherwise, pipeline, step, when
from pipeglot import collect as gather
from pipeglot.cli import main
from pipeglot.compare.records import compare
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.record import CallRecord, Record
from pipeglot.meaning.run import execute
from pipeglot.migrate.collect import collect, collectors, with_password, with_token
from pipeglot.migrate.collect.api import Api, RunQuery
from pipeglot.migrate.dryrun import DryRunOptions, dry_run
from pipeglot.migrate.matching import TaskMap
from pipeglot.migrate.sides import side

TOKEN = "tok-canary-1234567"
PASSWORD = "pass-canary-1234567"

Answer: TypeAlias = "tuple[int, Any] | Callable[[Seen], tuple[int, Any]]"


class Seen:
    """A request that a server got."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.method, self.path, self.query = handler.command, unquote(parts.path), dict(parse_qsl(parts.query))
        self.headers = dict(handler.headers.items())
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length", 0))).decode()


class Server(ThreadingHTTPServer):
    """Answers by path: a status with JSON, bytes (sent as they are) or a dict of headers under `...`.

    Attributes:
        answers: by path, what to say; 404 for any other.
        seen: every request so far.
    """

    daemon_threads = True

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers, self.seen = answers, list[Seen]()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen = Seen(self)
                server.seen.append(seen)
                answer = server.answers.get(seen.path, (404, {"detail": "Not Found"}))
                status, body = answer(seen) if callable(answer) else answer
                headers = body.pop(..., {}) if isinstance(body, dict) else {}
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def api(self) -> Api:
        return Api(self.url, timeout=5, pauses=(0.0, 0.0))


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Answer]], Server]]:
    started: list[Server] = []

    def start(answers: dict[str, Answer]) -> Server:
        started.append(Server(answers))
        return started[-1]

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


Serve: TypeAlias = Callable[[dict[str, Answer]], Server]


def refusal(ask: Callable[[], Any]) -> tuple[str, str]:
    """The code and the text of the one diagnostic with which something is refused."""
    with pytest.raises(PipeglotError) as caught:
        ask()
    (found,) = caught.value.diagnostics
    for secret in (TOKEN, PASSWORD):
        assert secret not in str(caught.value) + found.help + repr(caught.value)
    return found.code, found.message


# ---------------------------------------------------------------- whatever a server may answer


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ((401, {"detail": "Not authenticated"}), "PG371", "(401)"),
        ((403, {"detail": "Forbidden"}), "PG371", "(403)"),
        ((404, {"detail": "no such run"}), "PG372", "answers 404: no such run"),
        ((404, b"<html>nothing here</html>"), "PG372", "answers 404"),
        ((400, {"detail": [{"msg": "bad"}]}), "PG372", '[{"msg": "bad"}]'),
        ((200, b"<!DOCTYPE html><html>Sign in</html>"), "PG373", "is a web page"),
        ((200, b'{"state": "succ'), "PG373", "is not JSON"),
        ((200, b"\xff\xfe"), "PG373", "is not JSON"),
        ((200, b"[" * 100_000), "PG373", "is not JSON"),
        ((200, b""), "PG373", "is not JSON"),
        ((500, b"boom"), "PG370", "answers 500"),
        ((503, {"detail": "starting"}), "PG370", "answers 503: starting"),
    ],
)
def test_an_answer_that_is_no_run_is_named(serve: Serve, answer: Answer, code: str, said: str) -> None:
    server = serve({"/thing": answer})
    found = refusal(lambda: server.api.bearer(TOKEN).get("/thing"))
    assert found[0] == code
    assert said in found[1]
    assert f"{server.url}/thing" in found[1]


def test_an_answer_that_ends_in_the_middle_is_named(serve: Serve) -> None:
    server = serve({"/thing": lambda seen: (200, {"a": 1, ...: {"Content-Length": "1000"}})})
    assert refusal(lambda: server.api.get("/thing"))[0] == "PG373"


def test_a_server_that_is_not_there_or_says_nothing_is_unreachable() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert refusal(lambda: Api(url, pauses=()).get("/"))[0] == "PG370"
        silent.listen()
        code, said = refusal(lambda: Api(url, timeout=0.2, pauses=()).get("/"))
        assert (code, "timed out" in said) == ("PG370", True)
    assert refusal(lambda: Api("http://no-such-host.invalid", pauses=()).get("/"))[0] == "PG370"


def test_a_get_is_asked_again_and_a_post_is_not(serve: Serve) -> None:
    answers = iter([(503, {}), (502, {}), (200, {"a": 1}), (503, {})])
    server = serve({"/thing": lambda seen: next(answers)})
    assert server.api.get("/thing") == {"a": 1}
    assert refusal(lambda: server.api.post("/thing", {}))[0] == "PG370"
    assert len(server.seen) == 4


def test_a_question_that_is_posted_is_asked_again_when_the_server_wishes(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("pipeglot.migrate.collect.api.time.sleep", waits.append)
    wishes = ["7", "900", "Sun, 01 Mar 2026 02:00:00 GMT"]
    answers = iter([*((429, {...: {"Retry-After": wish}}) for wish in wishes), (200, {"a": 1})])
    server = serve({"/thing": lambda seen: next(answers)})
    assert Api(server.url, pauses=(0.5, 1.0, 2.0)).search("/thing", {"q": 1}) == {"a": 1}
    assert ([json.loads(seen.body) for seen in server.seen], waits) == ([{"q": 1}] * 4, [7, 60, 2.0])


def test_credentials_go_to_their_server_alone(serve: Serve) -> None:
    other = serve({"/thing": (200, {"a": 1})})
    server = serve(
        {
            "/away": lambda seen: (302, {...: {"Location": f"{other.url}/thing"}}),
            "/here": lambda seen: (302, {...: {"Location": "/thing"}}),
            "/thing": (200, {"a": 2}),
        }
    )
    code, said = refusal(lambda: server.api.bearer(TOKEN).get("/away"))
    assert (code, other.url in said, other.seen) == ("PG371", True, [])
    assert server.api.bearer(TOKEN).get("/here") == {"a": 2}
    assert {one.headers["Authorization"] for one in server.seen} == {f"Bearer {TOKEN}"}


def test_secrets_are_in_no_message(serve: Serve) -> None:
    server = serve(
        {
            "/echo": lambda seen: (400, {"detail": seen.headers["Authorization"]}),
            "/auth/token": lambda seen: (422, {"detail": seen.body}),
        }
    )
    api = server.api.bearer(TOKEN)
    assert TOKEN not in repr(api) + str(api)
    assert refusal(lambda: api.get("/echo")) == ("PG372", f"{server.url}/echo answers 400: ***")
    assert refusal(lambda: with_password("airflow", server.api, "ada", PASSWORD))[0] == "PG372"
    assert refusal(lambda: Api(f"https://ada:{PASSWORD}@example.org"))[0] == "PG342"
    assert refusal(lambda: server.api.bearer(f"{TOKEN}\nX: 1").get("/echo"))[0] == "PG342"


@pytest.mark.parametrize(
    "url", ["a.b.org", "ftp://a.b", "http://", "https://a.b?x=1", "file:///etc/passwd", "http://a:b", "http://[::1"]
)
def test_a_url_is_that_of_a_server(url: str) -> None:
    assert refusal(lambda: Api(url))[0] == "PG342"


def test_every_engine_signs_in_its_own_way(serve: Serve) -> None:
    server = serve({"/auth/token": (201, {"access_token": TOKEN}), "/thing": (200, {})})
    with_password("airflow", server.api, "ada", PASSWORD).get("/thing")
    with_password("prefect", server.api, "ada", PASSWORD).get("/thing")
    with_token("dagster", server.api, TOKEN).get("/thing")
    login, airflow, prefect, dagster = server.seen
    assert json.loads(login.body) == {"username": "ada", "password": PASSWORD}
    assert airflow.headers["Authorization"] == f"Bearer {TOKEN}"
    assert prefect.headers["Authorization"].startswith("Basic ")
    assert dagster.headers["Dagster-Cloud-Api-Token"] == TOKEN


def test_runs_can_be_collected_of_the_engines_whose_specs_say_so() -> None:
    assert collectors() == [spec.target for spec in engines.specs() if spec.collector]
    assert refusal(lambda: collect(doubled.ir(), "local", Api("http://localhost"), RunQuery("r")))[0] == "PG342"


# ---------------------------------------------------------------- a run of Airflow


@step
def numbers(n: int) -> list[int]:
    return list(range(n))


@step
def double(n: int) -> int:
    return 2 * n


@step
def add(ns: list[int]) -> int:
    return sum(ns)


@step
def shout(n: int) -> str:
    return f"{n}!"


@step
def whisper(n: int) -> str:
    return f"({n})"


@pipeline
def doubled(n: int = 3, loud_from: float = 10.0) -> str:
    with each(numbers(n)) as number:
        one = double(number)
    sum = add(gather(one))
    with when(sum >= loud_from):
        loud = shout(sum)
    with otherwise():
        quiet = whisper(sum)
    return merge(loud, quiet)


RUN = "scheduled__2026-03-01T02:00:00+00:00"
BASE = f"/api/v2/dags/nightly/dagRuns/{RUN}"
STARTED, ENDED = "2026-03-02T02:00:01Z", "2026-03-02T02:00:09Z"


def instance(task: str, state: str | None = "success", index: int = -1, tries: int = 1) -> dict[str, Any]:
    times = {"start_date": STARTED, "end_date": ENDED}
    return {"task_id": task, "map_index": index, "state": state, "try_number": tries, **times}


def airflow(
    tasks: list[dict[str, Any]],
    outputs: dict[tuple[str, int], Any] | None = None,
    run: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
) -> dict[str, Answer]:
    """The answers of an Airflow that has one run of one DAG."""
    facts = {"dag_id": "nightly", "dag_run_id": RUN, "state": "success", "conf": {}}
    facts |= {"logical_date": "2026-03-01T02:00:00Z", "start_date": STARTED, "end_date": ENDED}

    def page(seen: Seen) -> tuple[int, Any]:
        first, size = int(seen.query["offset"]), min(int(seen.query["limit"]), 100)
        return 200, {"task_instances": tasks[first : first + size], "total_entries": len(tasks)}

    def handed(seen: Seen) -> tuple[int, Any]:
        rows = [{"key": "return_value", "task_id": task, "map_index": index} for task, index in outputs or {}]
        first, size = int(seen.query["offset"]), int(seen.query["limit"])
        return 200, {"xcom_entries": rows[first : first + size], "total_entries": len(rows)}

    def xcom(task: str) -> Answer:
        def answer(seen: Seen) -> tuple[int, Any]:
            key = task, int(seen.query["map_index"])
            return (200, {"value": (outputs or {})[key]}) if key in (outputs or {}) else (404, {"detail": "no XCom"})

        return answer

    return {
        "/api/v2/version": (200, {"version": "3.3.2"}),
        "/api/v2/dags/~/dagRuns": (200, {"dag_runs": [{**facts, **(run or {})}], "total_entries": 1}),
        "/api/v2/dags/nightly/details": (200, {"params": {k: {"value": v} for k, v in (params or {}).items()}}),
        BASE: (200, {**facts, **(run or {})}),
        f"{BASE}/taskInstances": page,
        f"{BASE}/taskInstances/~/xcomEntries": handed,
        **{f"{BASE}/taskInstances/{t['task_id']}/xcomEntries/return_value": xcom(t["task_id"]) for t in tasks},
    }


def nightly(count: int = 3) -> tuple[list[dict[str, Any]], dict[tuple[str, int], Any]]:
    """A native DAG that does what `doubled` does, under names of its own."""
    tasks = [instance("start"), instance("get_numbers")]
    tasks += [instance("double", index=number) for number in range(count)]
    tasks += [instance("add"), instance("choose"), instance("shout", "skipped"), instance("whisper")]
    for number, task in enumerate(tasks):
        minute, second = divmod(number, 60)
        task["start_date"] = task["end_date"] = f"2026-03-02T02:{minute:02}:{second:02}Z"
    total = sum(2 * number for number in range(count))
    outputs: dict[tuple[str, int], Any] = {("get_numbers", -1): list(range(count)), ("add", -1): total}
    outputs |= {("double", number): 2 * number for number in range(count)} | {("whisper", -1): f"({total})"}
    return tasks, outputs


MAPPING = TaskMap({"get_numbers": "numbers", "start": "", "choose": ""})


def test_a_native_run_becomes_the_record_of_its_pipeline(serve: Serve) -> None:
    server = serve(airflow(*nightly(), run={"conf": {"n": 3}}, params={"n": 5, "loud_from": 20}))
    found = collect(doubled.ir(), "airflow", server.api, RunQuery(RUN, "nightly"), MAPPING)
    assert compare(found, execute(doubled.ir(), params={"loud_from": 20.0})) == []
    assert (found.params, found.logical_date) == ({"n": 3, "loud_from": 20.0}, "2026-03-01T02:00:00Z")
    assert (found.engine, found.engine_version, found.run_id, found.result) == ("airflow", "3.3.2", RUN, "(6)")
    assert "tasks that are no call by the mapping, left out: choose, start" in found.notes


def test_what_has_no_partner_is_listed(serve: Serve) -> None:
    server = serve(airflow(*nightly()))
    found = collect(doubled.ir(), "airflow", server.api, RunQuery(RUN, "nightly"))
    assert "tasks that are no call by their names, kept under them: choose, get_numbers, start" in found.notes
    assert "calls that no task stands for: numbers" in found.notes
    assert "start" in {call.id for call in found.calls}


def test_every_page_is_read(serve: Serve) -> None:
    server = serve(airflow(*nightly(250)))
    found = collect(doubled.ir(), "airflow", server.api, RunQuery(RUN, "nightly"), MAPPING, {"n": 250})
    assert sum(call.id == "double" for call in found.calls) == 250
    assert [one.query["offset"] for one in server.seen if one.path == f"{BASE}/taskInstances"] == ["0", "100", "200"]


@pytest.mark.parametrize("state", ["running", "queued", "restarting"])
def test_a_run_that_goes_on_is_refused(serve: Serve, state: str) -> None:
    server = serve(airflow([], run={"state": state}))
    code, said = refusal(lambda: collect(doubled.ir(), "airflow", server.api, RunQuery(RUN, "nightly")))
    assert (code, said) == ("PG374", f"the run {RUN} of nightly has not ended: it is {state}")


def test_a_run_is_found_by_its_id_where_that_is_enough(serve: Serve) -> None:
    answers = airflow(*nightly())
    server = serve(answers)
    assert collect(doubled.ir(), "airflow", server.api, RunQuery(RUN), MAPPING).result == "(6)"
    rows = [{"dag_id": dag, "dag_run_id": run} for dag, run in (("a", RUN), ("b", RUN), ("c", f"{RUN}_2"))]
    server.answers["/api/v2/dags/~/dagRuns"] = (200, {"dag_runs": rows, "total_entries": 3})
    code, said = refusal(lambda: collect(doubled.ir(), "airflow", server.api, RunQuery(RUN)))
    assert (code, said) == ("PG372", f"2 DAGs have a run {RUN!r}")
    assert refusal(lambda: collect(doubled.ir(), "airflow", server.api, RunQuery("no_run")))[0] == "PG372"
    assert refusal(lambda: collect(doubled.ir(), "airflow", server.api, RunQuery("no_run", "nightly")))[0] == "PG372"


@pytest.mark.parametrize("broken", [{"items": []}, [], "text", None, {"task_instances": [{"task_id": "a"}]}])
def test_an_answer_without_its_fields_is_named(serve: Serve, broken: Any) -> None:
    body = {"total_entries": 1, **broken} if isinstance(broken, dict) else broken
    server = serve({**airflow([]), f"{BASE}/taskInstances": (200, body)})
    assert refusal(lambda: collect(doubled.ir(), "airflow", server.api, RunQuery(RUN, "nightly")))[0] == "PG373"


def test_the_params_are_those_of_the_pipeline_or_it_is_said(serve: Serve) -> None:
    server = serve(airflow(*nightly(), run={"conf": {"n": "three", "region": "eu"}}))
    code, said = refusal(lambda: collect(doubled.ir(), "airflow", server.api, RunQuery(RUN, "nightly"), MAPPING))
    assert code == "PG352"
    assert RUN in said
    found = collect(doubled.ir(), "airflow", server.api, RunQuery(RUN, "nightly"), MAPPING, {"n": 3})
    assert found.params["n"] == 3
    assert "params of the run that the pipeline does not have: region" in found.notes


def test_tries_and_the_error_of_the_last_are_those_of_the_engine(serve: Serve) -> None:
    @pipeline
    def one() -> int:
        return double(1)

    earlier = {"start_date": "2026-03-02T02:00:00Z"}
    lines = [{"event": "hello"}, {"event": "failed", "error_detail": [{"exc_type": "ValueError", "exc_value": "odd"}]}]
    server = serve(
        {
            **airflow([instance("double", "failed", tries=2)], run={"state": "failed"}),
            f"{BASE}/taskInstances/double/tries": (200, {"task_instances": [earlier, {"start_date": STARTED}]}),
            f"{BASE}/taskInstances/double/logs/2": (200, {"content": lines, "continuation_token": None}),
        }
    )
    (call,) = collect(one.ir(), "airflow", server.api, RunQuery(RUN, "nightly")).calls
    assert (call.state, call.attempts, call.started) == ("failed", 2, execute_time(earlier["start_date"]))
    assert (call.error.type, call.error.message) == ("ValueError", "odd") if call.error else False
    server.answers[f"{BASE}/taskInstances/double/logs/2"] = (200, {"content": ["text of a log that is gone"]})
    assert collect(one.ir(), "airflow", server.api, RunQuery(RUN, "nightly")).calls[0].error is None


def test_a_task_that_was_cleared_was_executed_more_than_once(serve: Serve) -> None:
    """Airflow counts tries on; how many more it may have grows when it is cleared."""

    @pipeline
    def one() -> int:
        return double(1)

    rows = [
        {"try_number": 1, "max_tries": 1, "state": "failed", "start_date": "2026-03-02T02:00:00Z", "end_date": STARTED},
        {"try_number": 2, "max_tries": 1, "state": "success", "start_date": STARTED, "end_date": STARTED},
        {"try_number": 3, "max_tries": 3, "state": "success", "start_date": ENDED, "end_date": ENDED},
    ]
    server = serve(
        {
            **airflow([instance("double", tries=3)], {("double", -1): 2}),
            f"{BASE}/taskInstances/double/tries": (200, {"task_instances": rows}),
        }
    )
    found = collect(one.ir(), "airflow", server.api, RunQuery(RUN, "nightly"))
    assert [(call.id, call.state, call.attempts, call.output_known) for call in found.calls] == [
        ("double", "succeeded", 2, False),
        ("double", "succeeded", 1, True),
    ]
    assert found.attempts == 2


def test_what_is_handed_on_by_key_is_collected(serve: Serve) -> None:
    @pipeline
    def one() -> int:
        return double(1)

    answers = airflow([instance("double")])
    rows = [{"key": key, "task_id": "double", "map_index": -1} for key in ("twice", "skipmixin_key", "_link")]
    answers[f"{BASE}/taskInstances/~/xcomEntries"] = (200, {"xcom_entries": rows, "total_entries": 3})
    answers[f"{BASE}/taskInstances/double/xcomEntries/twice"] = (200, {"value": 2})
    found = collect(one.ir(), "airflow", serve(answers).api, RunQuery(RUN, "nightly"))
    assert [call.output for call in found.calls] == [2]


def execute_time(text: str) -> Any:
    return CallRecord.model_validate({"id": "a", "state": "failed", "started": text}).started


def test_a_run_without_a_logical_date_says_which_time_stands_for_it(serve: Serve) -> None:
    server = serve(airflow(*nightly(), run={"logical_date": None}))
    found = collect(doubled.ir(), "airflow", server.api, RunQuery(RUN, "nightly"), MAPPING)
    assert found.logical_date == "2026-03-02T02:00:01Z"
    assert any("no logical date" in note for note in found.notes)


# ---------------------------------------------------------------- what the engine did not keep


def lost(kept: Pipeline[..., Any]) -> Record:
    """A record whose outputs the engine did not keep."""
    record = execute(kept.ir())
    calls = [CallRecord.model_validate(call.model_dump(exclude={"output"})) for call in record.calls]
    return Record.model_validate({**record.model_dump(exclude={"result", "calls"}), "calls": calls, "engine": "kfp"})


def test_what_was_not_kept_stays_unknown_in_a_file() -> None:
    before = lost(doubled)
    after = Record.from_json(before.to_json())
    assert (after.result_known, {call.output_known for call in after.calls if call.state == "succeeded"}) == (
        False,
        {False},
    )
    assert after.to_json() == before.to_json()
    assert "output" not in json.loads(before.to_json())["calls"][0]


def test_what_was_not_kept_is_not_compared_and_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(lost(doubled).to_json())
    sides = side(f"record:{tmp_path / 'old.json'}"), side("local")
    found = dry_run(doubled.ir(), *sides, DryRunOptions())
    assert (found.verdict, found.differences) == ("inconclusive", ()), "no output was compared"
    assert found.coverage.output.unknown == found.coverage.output.total > 0
    assert dry_run(doubled.ir(), *sides, DryRunOptions(required="states")).verdict == "equivalent"
    gaps = {gap.what: gap for gap in found.not_compared}
    assert "double[0]" in gaps["outputs on the old side"].calls


# ---------------------------------------------------------------- the command


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "doubled.json").write_text(doubled.ir().to_json())
    (tmp_path / "map.toml").write_text('[tasks]\n"get_numbers" = "numbers"\n"start" = ""\n"choose" = ""\n')
    return str(tmp_path / "doubled.json")


def command(source: str, url: str, *more: str) -> int:
    arguments = ["migrate", "collect", source, "--from", "airflow", "--url", url, "--run", RUN, "--dag", "nightly"]
    return main([*arguments, *more])


def test_the_command_writes_a_record_that_is_a_side_of_a_dry_run(
    serve: Serve, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks, outputs = nightly()
    server = serve(airflow(tasks, {**outputs, ("start", -1): f"token {TOKEN}"}))
    monkeypatch.setenv("NIGHTLY", TOKEN)
    out = tmp_path / "old.json"
    assert (
        command(source, server.url, "--token-env", "NIGHTLY", "--map", str(tmp_path / "map.toml"), "-o", str(out)) == 0
    )
    said = capsys.readouterr().out
    assert "doubled: airflow 3.3.2 succeeded, 7 call instances" in said
    assert f"wrote {out}" in said
    assert server.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    monkeypatch.chdir(tmp_path)
    assert main(["migrate", "dry-run", source, "--old", f"record:{out}", "--new", "local", "--out", "report"]) == 0
    assert command(source, server.url, "--token-env", "NIGHTLY", "-o", "-") == 0
    printed = capsys.readouterr().out
    assert TOKEN not in printed, "what a task gave is the token itself"
    assert json.loads(printed[printed.index("{") :])["schema"] == "pipeglot.record/1"


def test_credentials_come_from_the_environment_alone(
    source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELD", PASSWORD)
    monkeypatch.setenv("EMPTY", "")
    for wrong in (
        ["--token-env", TOKEN],
        ["--token-env", "EMPTY"],
        ["--user", "ada"],
        ["--password-env", "HELD"],
        ["--user", "ada", "--password-env", "HELD", "--token-env", "HELD"],
    ):
        assert command(source, "http://127.0.0.1:9", *wrong) == 2
    said = "".join(capsys.readouterr())
    assert said.count("PG342") == 5
    assert not {TOKEN, PASSWORD} & set(said.split())
    assert TOKEN not in said


def test_exit_codes_tell_a_wrong_question_from_a_server_that_fails(serve: Serve, source: str, tmp_path: Path) -> None:
    out = ["-o", str(tmp_path / "old.json")]
    assert command(source, "http://127.0.0.1:9", *out) == 3
    assert command(source, serve({}).url, *out) == 2
    assert command(source, serve({"/api/v2/version": (200, b"<html>")}).url, *out) == 3
    assert command(source, "no url", *out) == 2
    assert command(source, "http://127.0.0.1:9", "-o", source) == 2
    assert not (tmp_path / "old.json").exists()
