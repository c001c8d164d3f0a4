"""The dry-runs of pipelines over time, in one SQLite file that several processes may write, and what they say about
cutting over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError
from pipeglot.migrate.model import DryRun, Verdict

_PATIENCE = 30.0
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
    report text not null
);
create index if not exists by_pipeline on dry_run (pipeline, old, new, id);
"""


@dataclass(frozen=True)
class Entry:
    """One dry-run of the past: `report` is where its JSON was written, `started` and `logical_date` are ISO 8601 UTC."""

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


_COLUMNS = tuple(Entry.__dataclass_fields__)


@contextmanager
def _open(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=_PATIENCE)) as connection:
            connection.execute("pragma journal_mode = wal")
            with connection:
                connection.executescript(_SCHEMA)
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


def remember(file: Path, found: DryRun, report: Path | str = "") -> None:
    """Add a dry-run. It is there as a whole or not at all, whoever else writes.

    Raises:
        AuthoringError: PG364 when the file cannot be used.
        EngineError: PG340 when the disk is full.
    """
    entry = Entry(
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
    )
    marks = ", ".join("?" for _ in _COLUMNS)
    values = [getattr(entry, name) for name in _COLUMNS]
    with _open(file) as connection, connection:
        connection.execute(f"insert into dry_run ({', '.join(_COLUMNS)}) values ({marks})", values)


def read_history(file: Path, pipeline: str | None = None) -> list[Entry]:
    """The dry-runs of a pipeline, or of all, oldest first.

    Raises:
        AuthoringError: PG364 when there is no such file or it cannot be used.
    """
    if not file.exists():
        message = f"there is no history in {file}"
        raise AuthoringError(
            [Diagnostic("PG364", "error", message, None, "a dry-run writes it; name it with --history")]
        )
    query = f"select {', '.join(_COLUMNS)} from dry_run where ?1 is null or pipeline = ?1 order by id"
    with _open(file) as connection:
        return [Entry(*row) for row in connection.execute(query, (pipeline,))]


@dataclass(frozen=True)
class Readiness:
    """How far a pipeline is from being cut over: the last `streak` dry-runs in a row were equivalent, for `dates`
    different logical dates; `need` of these are wanted."""

    pipeline: str
    old: str
    new: str
    streak: int
    dates: int
    need: int
    last: Verdict

    @property
    def ready(self) -> bool:
        """Whether enough dates in a row were equivalent."""
        return self.dates >= self.need

    def __str__(self) -> str:
        so_far = f"{self.dates} of {self.need} dates in a row equivalent"
        if self.ready:
            return f"{self.pipeline} {self.old} -> {self.new}: ready to cut over: {so_far}"
        return f"{self.pipeline} {self.old} -> {self.new}: not ready: {so_far}, the last dry-run {self.last}"


def readiness(entries: Sequence[Entry], need: int = 5) -> list[Readiness]:
    """What the history says about cutting over, for every pipeline and pair of sides.

    A dry-run of a pipeline that was changed since (another digest) does not count, nor what came before one that was
    not equivalent.

    >>> one = Entry("p", "d1", "airflow", "prefect", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "equivalent", "", 0, "")
    >>> print(readiness([one], need=1)[0])
    p airflow -> prefect: ready to cut over: 1 of 1 dates in a row equivalent
    """
    kept: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        kept.setdefault((entry.pipeline, entry.old, entry.new), []).append(entry)
    found = []
    for (pipeline, old, new), runs in sorted(kept.items()):
        streak: list[Entry] = []
        for entry in reversed(runs):
            if entry.verdict != "equivalent" or entry.digest != runs[-1].digest:
                break
            streak.append(entry)
        dates = len({entry.logical_date for entry in streak})
        found.append(Readiness(pipeline, old, new, len(streak), dates, need, runs[-1].verdict))
    return found
