"""What the readers' tests share: files of every engine read in one process per engine."""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from pipeglot import backends
from pipeglot.backends.base import Compiled
from pipeglot.conformance.corpus import cases
from pipeglot.core import ir
from pipeglot.core.diagnostic import EngineError
from pipeglot.engines.native import Native
from pipeglot.engines.process import Job
from pipeglot.engines.reader import read_many
from tests.declared import declared as random_declarations
from tests.random_pipelines import random_pipeline
from tests.test_engines import installed
from tests.test_no_silent_loss import mutants

DATA = Path(__file__).parent / "data"
EVERY_CODE = [f"PG{number}" for number in range(100, 500)]
TARGETS = tuple(backends.TARGETS)
COUNT = 8
NESTED = (33, 38, 49, 59, 70, 77, 78)
"""Random pipelines with loops in loops and bounds on either."""

WRITTEN: dict[str, list[tuple[Path, str]]] = {
    "airflow": [
        (DATA / "native" / "airflow_rich.py", "rich"),
        (DATA / "cases" / "native" / "p1" / "legacy.py", "nightly"),
    ],
    "prefect": [
        (DATA / "native" / "prefect_rich.py", "sums"),
        (DATA / "cases" / "native" / "flow_retries" / "nat3.py", "flok"),
    ],
    "dagster": [(DATA / "native" / "dagster_rich.py", "sums"), (DATA / "native" / "dagster_rich.py", "refresh")],
    "kfp": [(DATA / "native" / "kfp_rich.py", "rich")],
}
"""Native files that nobody compiled, and the names of what is in them."""

CHANGED = (
    "Retry.count",
    "Retry.delay",
    "Retry.backoff",
    "Retry.max_delay",
    "Policy.timeout",
    "Each.max_parallel",
    "Cron.expression",
    "Cron.timezone",
    "Interval.seconds",
    "Schedule.start",
    "Schedule.catch_up",
    "Pipeline.max_active_runs",
    "Pipeline.run_timeout",
    "Param.default",
    "Resources.cpu",
    "Resources.memory",
)
"""Attributes that are taken back before a pipeline is compiled, to see that it is noticed."""


class Read:
    """All that is read of one engine."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.folder = Path(tempfile.mkdtemp(prefix="readings-")).resolve()
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.jobs = [Job(file.parent, file.name, name) for file, name in WRITTEN[target]]
        self.jobs += [self._bad("broken", "raise ValueError('no such luck')\n"), self._bad("empty", "x = 1\n")]
        self.pipelines: list[tuple[ir.Pipeline, Compiled]] = []
        self.mutants: list[tuple[str, ir.Pipeline, Compiled]] = []
        for pipeline in _corpus():
            self.pipelines.append((pipeline, self._compiled(pipeline)))
        for name in CHANGED:
            for pipeline, mutated in [pair for pair, _ in zip(mutants(target, name), range(1), strict=False)]:
                self.mutants.append((name, pipeline, self._compiled(mutated)))
        told = read_many(target, self.jobs)
        count = len(self.jobs) - len(self.pipelines) - len(self.mutants)
        self.written = {job.name: found for job, found in zip(self.jobs[:count], told, strict=False)}
        self.ours, self.theirs = told[count : count + len(self.pipelines)], told[count + len(self.pipelines) :]

    def _bad(self, name: str, text: str) -> Job:
        (self.folder / f"{name}.py").write_text(text)
        return Job(self.folder, f"{name}.py", name)

    def _compiled(self, pipeline: ir.Pipeline) -> Compiled:
        compiled = backends.compile(pipeline, self.target, allow=EVERY_CODE)
        folder = self.folder / str(len(self.jobs))
        for name, text in compiled.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        self.jobs.append(Job(folder, compiled.entry, compiled.name))
        return compiled

    def native(self, name: str) -> Native:
        found = self.written[name]
        assert isinstance(found, Native), found
        return found


def _corpus() -> list[ir.Pipeline]:
    found = {case.ir.digest(): case.ir for case in cases()}
    declarations = [random_declarations(1, number) for number in range(COUNT)]
    return [*found.values(), *declarations, *(random_pipeline(random.Random(f"x{number}")) for number in NESTED)]


@cache
def readings(target: str) -> Read:
    """Everything of an engine, read once."""
    installed(target)
    return Read(target)


def partners(compiled: Compiled) -> dict[str, tuple[str, ...]]:
    """Which calls the tasks of a compiled file stand for."""
    return {name: (id,) for name, id in compiled.names.items()}


def lines(found: Any) -> dict[str, int]:
    """Where settings, hooks or fields are written, by name."""
    return {one.name if hasattr(one, "name") else one.event: one.at.line for one in found if one.at}


def error(found: Native | EngineError) -> str:
    assert isinstance(found, EngineError)
    return f"{found.diagnostics[0].code} {found.diagnostics[0].message}"
