"""The history of dry-runs: every writer's entry is kept, and readiness counts what may be counted."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeglot.cli import main
from pipeglot.compare.model import Report, Side, Verdict
from pipeglot.compare.weight import Coverage, Tally
from pipeglot.core.diagnostic import AuthoringError
from pipeglot.core.record import Record
from pipeglot.migrate.history import HistoryEntry, read_history, readiness, remember, usable
from tests.conftest import THOROUGH

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def found(verdict: Verdict = "equivalent", date: str = "2026-03-01T00:00:00Z", pipeline: str = "p") -> Report:
    return Report(
        pipeline=pipeline,
        digest="d",
        pipeglot="0",
        verdict=verdict,
        why="because",
        logical_date=date,
        started=NOON,
        ended=NOON,
        old=Side(spec="airflow", engine="airflow"),
        new=Side(spec="prefect", engine="prefect"),
    )


def test_what_is_remembered_is_read_back_in_order(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "history.sqlite"
    remember(file, found("diverged"), "a.json")
    remember(file, found(pipeline="q"))
    remember(file, found())
    assert [(e.pipeline, e.verdict, e.report) for e in read_history(file)] == [
        ("p", "diverged", "a.json"),
        ("q", "equivalent", ""),
        ("p", "equivalent", ""),
    ]
    assert [e.verdict for e in read_history(file, "p")] == ["diverged", "equivalent"]


WRITER = """
import sys
from pathlib import Path
from tests.test_history import found
from pipeglot.migrate.history import remember
for number in range(20):
    remember(Path(sys.argv[1]), found(pipeline=sys.argv[2]))
"""


WRITERS = 4 if THOROUGH else 2


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    root = Path(__file__).parents[1]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), f"p{number}"], cwd=root) for number in range(WRITERS)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * WRITERS
    assert sorted(e.pipeline for e in read_history(file)) == sorted(f"p{n}" for n in range(WRITERS) for _ in range(20))


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be looked at", None])
def test_a_file_that_is_no_history_is_a_clear_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "history.sqlite"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AuthoringError, match="history"):
        read_history(file)
    assert content is None or file.read_bytes() == content


def entry(date: int, verdict: Verdict = "equivalent", digest: str = "d") -> HistoryEntry:
    day = f"2026-03-{date:02}"
    return HistoryEntry("p", digest, "airflow", "prefect", day, day, verdict, "", 0, "", "airflow", "prefect", day)


@pytest.mark.parametrize(
    ("runs", "dates", "ready"),
    [
        ([entry(1), entry(2), entry(3)], 3, True),
        ([entry(1), entry(1), entry(1)], 1, False),
        ([entry(1), entry(2), entry(3, "diverged")], 0, False),
        ([entry(1), entry(2, "inconclusive"), entry(3), entry(4)], 2, False),
        ([entry(1, digest="old"), entry(2), entry(3)], 2, False),
        ([entry(1, "diverged"), entry(2), entry(3), entry(4)], 3, True),
    ],
)
def test_only_equivalent_runs_in_a_row_of_different_dates_count(
    runs: list[HistoryEntry], dates: int, ready: bool
) -> None:
    (said,) = readiness(runs, need=3)
    assert (said.dates, said.ready) == (dates, ready)


def test_the_same_engines_count_together_whatever_their_files_are_called(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    for number, spec in enumerate(["record:monday.json", "record:tuesday.json", "airflow:dags/x.py"], 1):
        one = found(date=f"2026-03-0{number}T00:00:00Z")
        remember(file, one.model_copy(update={"old": Side(spec=spec, engine="airflow")}))
    (said,) = readiness(read_history(file), need=3)
    assert (said.old, said.new, said.dates, said.ready) == ("airflow", "prefect", 3, True)


@pytest.mark.parametrize(("timezone", "days"), [("UTC", 1), ("Europe/Berlin", 2), ("America/New_York", 1)])
def test_dates_are_days_in_the_zone_of_the_schedule(tmp_path: Path, timezone: str, days: int) -> None:
    file = tmp_path / "history.sqlite"
    for date in ("2026-03-01T12:00:00Z", "2026-03-01T23:30:00Z"):
        remember(file, found(date=date), timezone=timezone)
    (said,) = readiness(read_history(file), need=2)
    assert said.dates == days


def run(id: str) -> Record:
    return Record(pipeline="p", engine="airflow", engine_version="3", state="succeeded", run_id=id)


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        (Side(spec="local", engine="local"), Side(spec="local", engine="local"), False),
        (Side(spec="record:a.json", engine="local"), Side(spec="local", engine="local"), False),
        (Side(spec="airflow", engine="airflow"), Side(spec="airflow", engine="airflow"), False),
        (Side(spec="airflow:old.py", engine="airflow"), Side(spec="airflow", engine="airflow"), True),
        (Side(spec="local", engine="local"), Side(spec="airflow", engine="airflow"), True),
        (
            Side(spec="record:a.json", engine="airflow", records=(run("1"),)),
            Side(spec="record:copy.json", engine="airflow", records=(run("1"),)),
            False,
        ),
        (
            Side(spec="record:a.json", engine="airflow", records=(run("1"),)),
            Side(spec="record:b.json", engine="airflow", records=(run("2"),)),
            True,
        ),
    ],
)
def test_a_side_against_itself_does_not_count(tmp_path: Path, old: Side, new: Side, counts: bool) -> None:
    file = tmp_path / "history.sqlite"
    remember(file, found().model_copy(update={"old": old, "new": new}))
    (said,) = readiness(read_history(file), need=1)
    assert said.ready is counts
    assert ("1 not counted" in str(said)) is not counts


@pytest.mark.parametrize(
    ("outputs", "counts"),
    [(Tally(), True), (Tally(agree=1, unknown=9), True), (Tally(unknown=3), False), (Tally(masked=3), False)],
)
def test_a_dry_run_that_compared_no_output_does_not_count(tmp_path: Path, outputs: Tally, counts: bool) -> None:
    file = tmp_path / "history.sqlite"
    remember(file, found().model_copy(update={"coverage": Coverage(output=outputs)}))
    assert readiness(read_history(file), need=1)[0].ready is counts


FIRST_VERSION = """
create table dry_run (id integer primary key, pipeline text not null, digest text not null, old text not null,
    new text not null, started text not null, logical_date text not null, verdict text not null, why text not null,
    differences integer not null, report text not null);
insert into dry_run values
    (1, 'p', 'd', 'airflow:x.py', 'prefect', 't', '2026-03-01T06:00:00Z', 'equivalent', '', 0, ''),
    (2, 'p', 'd', 'airflow', 'prefect', 't', '2026-03-02T06:00:00Z', 'equivalent', '', 0, ''),
    (3, 'p', 'd', 'local', 'local', 't', '2026-03-02T06:00:00Z', 'equivalent', '', 0, '');
"""


def test_a_history_of_the_first_version_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(FIRST_VERSION)
    usable(file)
    remember(file, found(date="2026-03-03T06:00:00Z"))
    ready, itself = readiness(read_history(file), need=3)
    assert ready.ready and not itself.dates


def spoil(file: Path, kind: str) -> None:
    match kind:
        case "empty":
            file.touch()
        case "text":
            file.write_text("not a database, whatever its name says" * 20)
        case "folder":
            file.mkdir()
        case "another database":
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("create table accounts (id)")
        case "other columns":
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("create table dry_run (id)")
                connection.execute("pragma user_version = 2")
                connection.commit()
        case "newer":
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("pragma user_version = 99")
                connection.commit()
        case "cut off":
            for _ in range(60):
                remember(file, found())
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("pragma wal_checkpoint(truncate)")
            file.write_bytes(file.read_bytes()[:5000])


@pytest.mark.parametrize("kind", ["empty", "text", "folder", "another database", "other columns", "newer", "cut off"])
def test_a_history_that_cannot_be_used_is_found_before_anything_runs(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "history.sqlite"
    spoil(file, kind)
    with pytest.raises(AuthoringError, match="history") as error:
        usable(file)
    assert [d.code for d in error.value.diagnostics] == ["PG364"]
    ran = tmp_path / "ran"
    source = tmp_path / "p.py"
    source.write_text(
        "from pipeglot import pipeline, step\n\n\n@step\ndef go() -> None:\n"
        f"    open({str(ran)!r}, 'w').close()\n\n\n@pipeline\ndef p() -> None:\n    go()\n"
    )
    ask = ["migrate", "dry-run", str(source), "--old", "local", "--new", "local", "--history", str(file)]
    assert main([*ask, "--out", str(tmp_path / "out")]) == 2
    assert "PG364" in capsys.readouterr().err and not ran.exists()
