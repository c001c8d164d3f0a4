"""The dry-runs of pipelines over time, in one SQLite file that several processes may write, and what they say about
cutting over."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from pipeglot.compare.model import Report, Side, Verdict
from pipeglot.core.dataclass import dataclass
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError

_PATIENCE = 30.0
_VERSION = 2
"""The `user_version` of the file: in the first version there was none, and specs stood for engines."""

_SCHEMA = """
create table if not exists dry_run (
    id integer primary key,
    pipeline text not null,
    digest text not null,
    old text not null,
    new text not null,
    started text not null,
    logical_date text not null,
    verdict text not null check (verdict in ('equivalent', 'diverged', 'inconclusive')),
    why text not null,
    differences integer not null,
    report text not null,
    old_engine text not null default '',
    new_engine text not null default '',
    day text not null default '',
    counts integer not null default 1
);
create index if not exists by_pipeline on dry_run (pipeline, old, new, id);
"""
_FROM_1 = """
alter table dry_run add column old_engine text not null default '';
alter table dry_run add column new_engine text not null default '';
alter table dry_run add column day text not null default '';
alter table dry_run add column counts integer not null default 1;
update dry_run set day = substr(logical_date, 1, 10), counts = old <> new,
    old_engine = case when instr(old, ':') then substr(old, 1, instr(old, ':') - 1) else old end,
    new_engine = case when instr(new, ':') then substr(new, 1, instr(new, ':') - 1) else new end;
"""


@dataclass(frozen=True)
class HistoryEntry:
    """One dry-run of the past: `report` is where its JSON was written, `started` and `logical_date` are ISO 8601 UTC.

    `day` is the date of the logical date in the time zone of the pipeline's schedule. `counts` is 0 where an
    *equivalent* says nothing of a move: a side was compared with itself, or not one output was.
    """

    pipeline: str
    digest: str
    old: str
    new: str
    started: str
    logical_date: str
    verdict: Verdict
    why: str
    differences: int
    report: str
    old_engine: str
    new_engine: str
    day: str
    counts: int = 1


_COLUMNS = tuple(HistoryEntry.__dataclass_fields__)


@contextmanager
def _open(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and _empty(file):
            raise sqlite3.DatabaseError("the file is empty, what was in it is lost; remove it to begin a new one")
        with closing(sqlite3.connect(file, timeout=_PATIENCE)) as connection:
            connection.execute("pragma journal_mode = wal")
            with connection:
                connection.execute("begin immediate")
                _upgrade(connection)
            yield connection
    except (sqlite3.Error, OSError) as error:
        message = f"the history in {file} cannot be used: {error}"
        if _no_room(error):
            told = Diagnostic("PG340", "error", message, None, "make room, or name another file with --history")
            raise EngineError([told]) from None
        raise AuthoringError(
            [Diagnostic("PG364", "error", message, None, "name another file with --history")]
        ) from None


def _no_room(error: Exception) -> bool:
    """Whether the disk is full, which is no mistake in what was asked for: SQLite's words, for its codes need Python 3.11."""
    return isinstance(error, sqlite3.OperationalError) and ("full" in str(error) or "disk I/O" in str(error))


def _empty(file: Path) -> bool:
    """Whether a file has nothing in it, and does not get anything: another process may be about to make it."""
    for _ in range(10):
        if file.stat().st_size:
            return False
        time.sleep(0.1)
    return True


def _upgrade(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("pragma user_version").fetchone()
    if version > _VERSION:
        raise sqlite3.DatabaseError(f"its version {version} is newer than this pipeglot knows ({_VERSION})")
    columns = [row[1] for row in connection.execute("pragma table_info(dry_run)")]
    tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
    if tables and not columns:
        raise sqlite3.DatabaseError(f"it is a database of something else, with the table {tables[0]!r}")
    if version == 0 and columns:
        _all(connection, _FROM_1)
    elif not columns:
        _all(connection, _SCHEMA)
    elif missing := set(_COLUMNS) - set(columns):
        raise sqlite3.DatabaseError(f"its table has no column {min(missing)!r}")
    connection.execute(f"pragma user_version = {_VERSION}")


def _all(connection: sqlite3.Connection, script: str) -> None:
    """Statements in the transaction that is open, which `executescript` would end."""
    for statement in filter(str.strip, script.split(";")):
        connection.execute(statement)


def usable(file: Path) -> None:
    """Nothing, when dry-runs can be remembered in this file; it is made when there is none.

    Raises:
        AuthoringError: PG364 when it is no history, damaged, of a newer version, or cannot be written.
    """
    with _open(file) as connection:
        problem = connection.execute("pragma quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise sqlite3.DatabaseError(f"it is damaged: {problem}")


def remember(file: Path, found: Report, report: Path | str = "", *, timezone: str = "UTC") -> None:
    """Add a dry-run. It is there as a whole or not at all, whoever else writes.

    Args:
        file: the history.
        found: the dry-run.
        report: where its JSON was written.
        timezone: that of the pipeline's schedule, in which its logical date is a day.

    Raises:
        AuthoringError: PG364 when the file cannot be used.
        EngineError: PG340 when the disk is full.
    """
    entry = HistoryEntry(
        pipeline=found.pipeline,
        digest=found.digest,
        old=found.old.spec,
        new=found.new.spec,
        started=found.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        logical_date=found.logical_date or "",
        verdict=found.verdict,
        why=found.why,
        differences=len(found.differences),
        report=str(report),
        old_engine=found.old.engine,
        new_engine=found.new.engine,
        day=_day(found.logical_date, timezone),
        counts=int(not _itself(found.old, found.new) and _tells(found)),
    )
    marks = ", ".join("?" for _ in _COLUMNS)
    values = [getattr(entry, name) for name in _COLUMNS]
    with _open(file) as connection, connection:
        connection.execute(f"insert into dry_run ({', '.join(_COLUMNS)}) values ({marks})", values)


def _day(logical_date: str | None, timezone: str) -> str:
    if not logical_date:
        return ""
    instant = datetime.fromisoformat(logical_date.replace("Z", "+00:00"))
    return instant.astimezone(ZoneInfo(timezone)).date().isoformat()


def _itself(old: Side, new: Side) -> bool:
    """Whether both sides are one: the same target, the reference twice, or one run."""
    if old.spec == new.spec or old.engine == new.engine == "local":
        return True
    same = old.record is not None and new.record is not None and old.record.run_id == new.record.run_id
    return same and old.engine == new.engine and old.record is not None and old.record.run_id is not None


def _tells(found: Report) -> bool:
    """Whether an output was compared, if there was one to compare."""
    outputs = found.coverage.output
    return outputs.agree > 0 or outputs.total == 0


def read_history(file: Path, pipeline: str | None = None) -> list[HistoryEntry]:
    """The dry-runs of a pipeline, or of all, oldest first.

    Raises:
        AuthoringError: PG364 when there is no such file or it cannot be used.
    """
    if not file.exists():
        message = f"there is no history in {file}"
        raise AuthoringError(
            [Diagnostic("PG364", "error", message, None, "a dry-run writes it; name it with --history")]
        )
    query = f"select {', '.join(_COLUMNS)} from dry_run where :pipeline is null or pipeline = :pipeline order by id"
    with _open(file) as connection:
        return [HistoryEntry(*row) for row in connection.execute(query, {"pipeline": pipeline})]


@dataclass(frozen=True)
class Readiness:
    """How far a pipeline is from being cut over: the last `streak` dry-runs in a row were equivalent, for `dates`
    different days of the logical date; it is `ready` when these are as many as it `need`s. `old` and `new` are engines.
    `passed_over` dry-runs do not count either way."""

    pipeline: str
    old: str
    new: str
    streak: int
    dates: int
    need: int
    last: Verdict
    passed_over: int
    ready: bool

    def __str__(self) -> str:
        said = f"{self.dates} of {self.need} dates in a row equivalent"
        if not self.ready:
            said += f", the last dry-run {self.last}"
        if self.passed_over:
            said += f"; {self.passed_over} not counted: a side against itself, or no output compared"
        word = "ready to cut over" if self.ready else "not ready"
        return f"{self.pipeline} {self.old} -> {self.new}: {word}: {said}"


class History(TypedDict):
    """What `migrate history --json` prints."""

    schema: Literal["pipeglot.history/1"]
    dry_runs: list[HistoryEntry]
    readiness: list[Readiness]


def readiness(entries: Sequence[HistoryEntry], need: int = 5) -> list[Readiness]:
    """What the history says about cutting over, for every pipeline and pair of engines, whatever files stood for them.

    A dry-run of a pipeline that was changed since (another digest) does not count, nor what came before one that was
    not equivalent.

    >>> one = HistoryEntry("p", "d1", "airflow:dags/p.py", "prefect", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z",
    ...     "equivalent", "", 0, "", "airflow", "prefect", "2026-01-01")
    >>> print(readiness([one], need=1)[0])
    p airflow -> prefect: ready to cut over: 1 of 1 dates in a row equivalent
    """
    kept: dict[tuple[str, str, str], list[HistoryEntry]] = {}
    for entry in entries:
        kept.setdefault((entry.pipeline, entry.old_engine, entry.new_engine), []).append(entry)
    found = []
    for (pipeline, old, new), runs in sorted(kept.items()):
        streak: list[HistoryEntry] = []
        for entry in reversed(runs):
            if entry.verdict != "equivalent" or entry.digest != runs[-1].digest:
                break
            streak.append(entry)
        counted = [entry for entry in streak if entry.counts]
        dates = len({entry.day for entry in counted})
        over = len(streak) - len(counted)
        found.append(Readiness(pipeline, old, new, len(counted), dates, need, runs[-1].verdict, over, dates >= need))
    return found
