"""The history of dry-runs: every writer's entry is kept, and readiness counts what may be counted."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeglot.core.diagnostic import AuthoringError
from pipeglot.migrate.history import Entry, read_history, readiness, remember
from pipeglot.migrate.model import DryRun, Side, Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def found(verdict: Verdict = "equivalent", date: str = "2026-03-01T00:00:00Z", pipeline: str = "p") -> DryRun:
    return DryRun(
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


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    root = Path(__file__).parents[1]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), f"p{number}"], cwd=root) for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert sorted(e.pipeline for e in read_history(file)) == sorted(f"p{n}" for n in range(4) for _ in range(20))


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be looked at", None])
def test_a_file_that_is_no_history_is_a_clear_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "history.sqlite"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AuthoringError, match="history"):
        read_history(file)
    assert content is None or file.read_bytes() == content


def entry(date: int, verdict: Verdict = "equivalent", digest: str = "d") -> Entry:
    return Entry("p", digest, "airflow", "prefect", f"2026-03-{date:02}", f"2026-03-{date:02}", verdict, "", 0, "")


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
def test_only_equivalent_runs_in_a_row_of_different_dates_count(runs: list[Entry], dates: int, ready: bool) -> None:
    (said,) = readiness(runs, need=3)
    assert (said.dates, said.ready) == (dates, ready)
