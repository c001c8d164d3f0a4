"""What a dry-run says of mutants: all of an engine's run in one process, each compared with the pipeline as it was."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pipeglot import engines
from pipeglot.backends.base import EngineRun
from pipeglot.compare.judge import judge
from pipeglot.compare.model import Report, Side
from pipeglot.compare.weight import Declared
from pipeglot.core.diagnostic import EngineError
from pipeglot.core.record import Record
from pipeglot.engines.native import Native
from pipeglot.engines.process import Job, execute
from pipeglot.engines.reader import read_many
from pipeglot.migrate.declared import declared
from pipeglot.migrate.declaring import _gaps, partners
from pipeglot.migrate.native import NativeSide, as_record
from tests.mutants.bases import BASES, WHEN
from tests.mutants.draw import Mutant, told

Outcome: TypeAlias = Literal["right", "elsewhere", "said", "missed", "broken"]
"""`broken`: the engine could not run it at all, which a dry-run says too."""

LIMIT = 120.0
"""Seconds that one mutant may run."""


@dataclass(frozen=True)
class Judged:
    """A mutant, and what a dry-run says of it."""

    mutant: Mutant
    outcome: Outcome
    said: str

    def __str__(self) -> str:
        return f"{self.outcome:9} {self.mutant.name}: {self.said}"


def judged(engine: str, mutants: Sequence[Mutant]) -> Iterator[Judged]:
    """What a dry-run says of each; without an engine for those of records, and those that ran here."""
    if engine in ("local", "records"):
        for mutant in mutants:
            assert mutant.record is not None
            yield _judged(mutant, Side(spec="record:old.json", engine=mutant.record.engine, records=(mutant.record,)))
        return
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        jobs = [_job(mutant, Path(folder, str(number))) for number, mutant in enumerate(mutants)]
        python = engines.find(engine).python
        read = read_many(engine, jobs, python=python)
        runs = execute(engine, jobs, python=python, timeout=LIMIT)
        for mutant, job, native, run in zip(mutants, jobs, read, runs, strict=True):
            if isinstance(run, EngineError):
                yield Judged(mutant, "broken", str(run)[:300])
                continue
            yield _judged(mutant, *_sides(job, engine, mutant, native, run))


def _job(mutant: Mutant, folder: Path) -> Job:
    assert mutant.files is not None
    for name, text in mutant.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Job(folder, mutant.entry, mutant.job, logical_date=WHEN)


def _sides(
    job: Job, engine: str, mutant: Mutant, native: Native | EngineError, run: EngineRun
) -> tuple[Side, Sequence[Declared]]:
    pipeline = BASES[mutant.base]
    record = as_record(pipeline, run, {}, WHEN).record
    side = Side(spec=f"{engine}:old", engine=engine, engine_version=run.engine_version, records=(record,))
    if isinstance(native, EngineError):
        return side, ()
    as_side = NativeSide(f"{engine}:old", engine, job.folder / job.entry, job.name)
    return side, declared(pipeline, (native, partners(pipeline, native, as_side)), now=WHEN)


def _judged(mutant: Mutant, old: Side, said: Sequence[Declared] = ()) -> Judged:
    record: Record = told(mutant.base)
    found = judge(
        BASES[mutant.base],
        old,
        Side(spec="local", engine="local", engine_version=record.engine_version, records=(record,)),
        params=record.params,
        logical_date=WHEN,
        started=WHEN,
        declared=said,
        gaps=list(_gaps(said)),
    )
    return Judged(mutant, *_outcome(mutant, found))


def _outcome(mutant: Mutant, found: Report) -> tuple[Outcome, str]:
    shown = "; ".join(str(one)[:80] for one in found.differences[:3])
    if found.differences:
        named = [one.call for one in found.findings] or [one.call for one in found.differences[:1]]
        right = any(_names(mutant, call) for call in named)
        return ("right" if right else "elsewhere"), f"{named[:3]} {shown}"
    listed = _listed(mutant, found)
    if listed:
        return "said", listed
    return "missed", f"{found.verdict}: {found.why[:200]}"


def _names(mutant: Mutant, call: str | None) -> bool:
    # What the pipeline has not is told by the engine's name for it.
    return (call or "").replace("-", "_") in (mutant.calls or {""}) or call in mutant.calls


def _listed(mutant: Mutant, found: Report) -> str:
    """Where it is said that what was changed could not show."""
    for name, what, calls in (
        *(("not exercised", f"{one.what} {one.why}", one.calls) for one in found.not_exercised),
        *(("not compared", f"{one.what} {one.why}", one.calls) for one in found.not_compared),
        *(
            (f"declared, {one.verdict}", f"{one.name} {one.note}", (one.call,) if one.call else ())
            for one in found.declared
            if one.verdict == "unknown"
        ),
    ):
        about = {re.sub(r"\[\d+\]", "", call) for call in calls}
        hits = not mutant.calls or "" in mutant.calls or bool(about & mutant.calls) or not about
        if mutant.aspect and hits and re.search(mutant.aspect, what, re.IGNORECASE):
            return f"{name}: {what[:120]}"
    return ""


def reported(mutant: Mutant, found: Judged) -> bool:
    """Whether something is reported of a harmless variation."""
    return found.outcome in ("right", "elsewhere", "broken")
