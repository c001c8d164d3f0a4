"""Mutants drawn by seed: of every operator alike, of all pipelines."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import Any, TypeVar

from pipeglot import backends
from pipeglot.backends.base import Compiled
from pipeglot.core.check import check
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.meaning.run import execute
from tests.mutants import harmless, native_code, policies, records, structure, values
from tests.mutants.bases import BASES, WHEN
from tests.mutants.change import Change

ALLOWED = [f"PG{number}" for number in range(100, 500)]
T = TypeVar("T")


@dataclass(frozen=True)
class Mutant:
    """One changed old side: files of an engine, or a record.

    Attributes:
        name: the operator, the pipeline and the number among all that the operator makes of it.
        base: the pipeline that it was.
        calls: what was changed; empty: the run.
        aspect: what has to be listed where it does not show (`Change.aspect`).
        files: the compiled files, changed.
        record: the changed record.
    """

    name: str
    base: str
    calls: frozenset[str] = frozenset()
    aspect: str = ""
    files: Mapping[str, str] | None = None
    entry: str = ""
    job: str = ""
    record: Record | None = None


@contextmanager
def _elsewhere() -> Iterator[None]:
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def reference(pipeline: Pipeline) -> Record:
    """What a pipeline does here, in an empty folder."""
    with _elsewhere(), redirect_stdout(StringIO()):
        return execute(pipeline, logical_date=WHEN)


@cache
def told(base: str) -> Record:
    """What a base does here."""
    return reference(BASES[base])


def behaviour(record: Record) -> Any:
    """All that a record says of what happened, without times and words: by no rule of comparison but this one."""
    return (
        record.state,
        record.result,
        [(c.id, c.index, c.state, c.attempts, c.tolerated, c.output) for c in record.calls],
    )


def drawn(engine: str, count: int, seed: int, *, harmless_ones: bool = False) -> list[Mutant]:
    """Mutants for an engine, for `local`, or of records; the same for the same seed, each operator as often as it can be had."""
    rng = random.Random(f"{engine} {seed} {harmless_ones}")
    queues = {name: _shuffled(rng, made) for name, made in sources(engine, harmless_ones).items()}
    found: list[Mutant] = []
    while len(found) < count and queues:
        for name in rng.sample(sorted(queues), len(queues)):
            mutant = next(queues[name], None)
            if mutant is None:
                del queues[name]
            elif len(found) < count:
                found.append(mutant)
    return found


def _shuffled(rng: random.Random, made: Sequence[Callable[[], Mutant | None]]) -> Iterator[Mutant]:
    for one in rng.sample(list(made), len(made)):
        if (mutant := one()) is not None:
            yield mutant


def sources(engine: str, harmless_ones: bool) -> dict[str, list[Callable[[], Mutant | None]]]:
    """By operator, what makes each of its mutants: most are never made."""
    found: dict[str, list[Callable[[], Mutant | None]]] = {}
    for base, pipeline in BASES.items():
        if engine == "records":
            for edit in records.OPERATORS:
                found.setdefault(edit.__name__, []).extend(
                    lambda edit=edit, base=base, one=one, n=n: _recorded(f"{edit.__name__} {base} {n}", base, one)  # type: ignore[misc]
                    for n, one in enumerate(edit(told(base)))
                )
            continue
        declared = () if engine == "local" else policies.OPERATORS  # nothing is declared by what has run here
        meaning = harmless.OPERATORS if harmless_ones else (*values.OPERATORS, *structure.OPERATORS, *declared)
        for operator in meaning:
            area = operator.__module__.rpartition(".")[2]
            found.setdefault(operator.__name__, []).extend(
                lambda name=f"{operator.__name__} {base} {n}", base=base, one=one, area=area: _compiled(  # type: ignore[misc]
                    name, engine, base, one, area
                )
                for n, one in enumerate(operator(pipeline))
            )
        if engine == "local":
            continue
        compiled = backends.compile(pipeline, engine, allow=ALLOWED)
        written = harmless.WRITTEN if harmless_ones else native_code.OPERATORS[engine]
        for writer in written:
            if compiled.entry.endswith(".py") or writer in native_code.OPERATORS["kfp"]:
                for n, text in enumerate(writer(compiled.files[compiled.entry])):
                    mutant = Mutant(
                        f"{writer.__name__} {base} {n}",
                        base,
                        text.calls,
                        text.aspect,
                        {**compiled.files, compiled.entry: text.text},
                        compiled.entry,
                        compiled.name,
                    )
                    found.setdefault(writer.__name__, []).append(lambda mutant=mutant: mutant)  # type: ignore[misc]
    return found


def _recorded(name: str, base: str, edit: records.Edit) -> Mutant:
    return Mutant(name, base, edit.calls, record=edit.record)


def _compiled(name: str, engine: str, base: str, change: Change, area: str) -> Mutant | None:
    """A changed pipeline, compiled; None where that is refused, is the same text on this engine, or where what the steps do
    comes to the same."""
    try:
        if any(one.severity == "error" for one in check(change.pipeline)):
            return None
        if engine == "local" or area == "values" or "result" in name:
            record = reference(change.pipeline)
            if (area == "values" or "result" in name) and behaviour(record) == behaviour(told(base)):
                return None
            if engine == "local":
                return Mutant(name, base, change.calls, change.aspect, record=record)
        compiled = backends.compile(change.pipeline, engine, allow=ALLOWED)
        if _text(compiled) == _unchanged(engine, base):
            return None
    except PipeglotError:
        return None
    return Mutant(name, base, change.calls, change.aspect, compiled.files, compiled.entry, compiled.name)


def _text(compiled: Compiled) -> list[str]:
    """The lines of the file that runs, without the one that names the pipeline's digest."""
    return [line for line in compiled.files[compiled.entry].splitlines() if "Made by pipeglot" not in line]


@cache
def _unchanged(engine: str, base: str) -> list[str]:
    return _text(backends.compile(BASES[base], engine, allow=ALLOWED))
