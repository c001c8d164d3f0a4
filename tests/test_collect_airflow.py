"""A run on the real server of Airflow, read through its REST API, is the run that the probe saw."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import pytest

from pipeglot import Param, collect, continue_, each, finally_, merge, otherwise, pipeline, step, when
from pipeglot.cli import main
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import AuthoringError
from pipeglot.core.record import Record
from pipeglot.engines import sandbox
from pipeglot.engines.run import Request, run_many
from pipeglot.migrate.collect import collect as collected
from pipeglot.migrate.collect import with_password
from pipeglot.migrate.collect.airflow import collect as asked_of_airflow
from pipeglot.migrate.collect.api import Api, RunQuery
from tests.test_engines import installed

DATE = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)


@step
def sizes(n: int) -> list[int]:
    return list(range(n))


@step
def shaky(folder: str) -> float:
    """Fails once."""
    tried = Path(folder, "tried")
    if not tried.exists():
        tried.touch()
        raise RuntimeError("not yet")
    return 2.0


@step
def square(n: int, odd_ones: bool) -> int:
    if n % 2 and not odd_ones:
        raise ValueError(f"{n} is odd")
    return n * n


@step
def total(squares: list[int], more: float) -> dict[str, float]:
    return {"total": sum(squares) + more, "count": len(squares)}


@step
def large(sum: float) -> str:
    return f"large: {sum}"


@step
def small(sum: float) -> str:
    return f"small: {sum}"


@step
def tell(text: str) -> None:
    print(text)


@pipeline
def from_production(folder: str, n: Annotated[int, Param(ge=0)] = 3, odd_ones: bool = True) -> str:
    more = shaky.options(retries=1)(folder)
    with each(sizes(n)) as number:
        one = square(number, odd_ones)
    sum = total(collect(one), more)
    with when(sum["total"] > 5):
        much = large(sum["total"])
    with otherwise():
        little = small(sum["total"])
    shaky.options(id="tolerated", on_failure=continue_(default=0.5))("/nowhere")
    with finally_() as outcome:
        tell(outcome.state)
    return merge(much, little)


@pytest.mark.engine("airflow")
@pytest.mark.slow
def test_what_the_server_tells_is_what_the_probe_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that succeeds after a retry, and one with a failed item, whose error is in a log alone."""
    python = installed("airflow")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    state = tmp_path / "state"
    state.mkdir()
    good = from_production.ir()
    bad = replace(good, name="from_production_bad")
    requests = [
        Request(good, {"folder": str(state), "n": 4}, DATE),
        Request(bad, {"folder": str(state), "odd_ones": False}, DATE),
    ]
    outcomes = run_many(requests, "airflow", python=python, mode="server", timeout=150)
    try:
        seen = [next(outcomes), next(outcomes)]
        # As long as the next outcome is not asked for, the server stays up.
        url, password = _server(tmp_path)
        api = with_password("airflow", Api(url), "pipeglot", password)
        for pipeline_, record in zip((good, bad), seen, strict=True):
            assert isinstance(record, Record), record
            assert record.run_id
            found = collected(pipeline_, "airflow", api, RunQuery(record.run_id, pipeline_.name))
            assert found == record
            assert Record.from_json(found.to_json()) == record
        assert isinstance(seen[1], Record)
        assert asked_of_airflow(api, RunQuery(str(seen[1].run_id))).params["odd_ones"] is False, "found by its id alone"
        with pytest.raises(AuthoringError, match="PG372"):
            asked_of_airflow(api, RunQuery("manual__2026%"))
        states = {(call.id, call.index): call.state for call in seen[1].calls}
        assert (states["square", (1,)], states["square", (2,)]) == ("failed", "succeeded")
        _by_command(tmp_path, url, password, bad.to_json(), seen[1], monkeypatch)
        assert password not in "".join(capsys.readouterr())
    finally:
        outcomes.close()  # type: ignore[attr-defined]


def _by_command(
    folder: Path, url: str, password: str, source: str, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_AIRFLOW", password)
    (folder / "pipeline.json").write_text(source)
    arguments = ["migrate", "collect", str(folder / "pipeline.json"), "--from", "airflow", "--url", url]
    arguments += ["--run", str(record.run_id), "--dag", record.pipeline, "--out", str(folder / "collected.json")]
    assert main([*arguments, "--user", "pipeglot", "--password-env", "OUR_AIRFLOW"]) == 0
    assert Record.from_json((folder / "collected.json").read_text()) == record
    assert main(arguments) == 2, "nobody reads a run without credentials"


def _server(folder: Path) -> tuple[str, str]:
    """The address of the server whose state lies somewhere in a folder, and the password of its one user."""
    passwords = next(folder.glob("pipeglot-*/home/passwords.json"))
    for pid in sandbox._marked(passwords.parents[1].name):
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:  # it has just ended
            continue
        for line in environ.split(b"\0"):
            if line.startswith(b"AIRFLOW__API__BASE_URL="):
                return os.fsdecode(line.partition(b"=")[2]), json.loads(passwords.read_text())["pipeglot"]
    raise AssertionError("no server is up")
