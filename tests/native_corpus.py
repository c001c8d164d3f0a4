"""The corpus as native code: every case is compiled and written to files, its files are run on their engine as a native
side is, and the run is read as one of the pipeline by names alone. It must be the reference run.

`python -m tests.native_corpus [TARGET ...]` runs all cases, on all engines; `--only WORD` those whose id has the word.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeglot import backends, engines
from pipeglot.backends.base import EngineRun
from pipeglot.compare.records import compare
from pipeglot.conformance import corpus
from pipeglot.conformance.judge import STATE, reference
from pipeglot.conformance.suite import can_run, trial
from pipeglot.core import secrets
from pipeglot.core.diagnostic import CompileError
from pipeglot.core.params import resolve_params
from pipeglot.core.shape import inline
from pipeglot.engines.process import Job, execute
from pipeglot.migrate.native import as_record

TARGETS = tuple(backends.TARGETS)


def chosen(target: str, share: int = 1) -> list[corpus.Case]:
    """The cases that can run here, or one of `share`: on each target others."""
    cases = [case for case in corpus.cases() if can_run(case)]
    return cases[TARGETS.index(target) % share :: share]


def differences(target: str, cases: Sequence[corpus.Case]) -> Iterator[tuple[str, list[str], EngineRun | None]]:
    """For each case that the target compiles: its id, what differs from the reference run, and what the engine told."""
    with tempfile.TemporaryDirectory(prefix="pipeglot-") as folder:
        jobs, kept = [], []
        for number, case in enumerate(cases):
            one = trial(case)
            try:
                compiled = backends.compile(case.ir, target)
            except CompileError:
                continue
            own, state = Path(folder, str(number)), Path(folder, f"state{number}")
            state.mkdir()
            for name, text in compiled.files.items():
                path = own / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            env = {STATE: str(state), **one.env}
            told = secrets.values(case.ir, env)
            jobs.append(
                Job(
                    folder=own,
                    entry=compiled.entry,
                    name=compiled.name,
                    params=one.params,
                    defaults=resolve_params(case.ir, one.params),
                    logical_date=one.instant,
                    env={name: value for name, value in env.items() if name not in told},
                    secrets=told,
                )
            )
            kept.append(one)
        python = engines.find(target).python
        for one, run in zip(kept, execute(target, jobs, python=python, timeout=120), strict=True):
            if not isinstance(run, EngineRun):
                yield one.name, [str(run)], None
                continue
            found = as_record(one.pipeline, run, one.params, one.instant)
            wrong = [str(each) for each in compare(reference(one), found.record, inline(one.pipeline))]
            yield one.name, [*wrong, *(f"no call: {name}" for name in found.matched.tasks_alone)], run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=TARGETS)
    parser.add_argument("--only", default="")
    told = parser.parse_args()
    for target in told.targets:
        count = 0
        for name, wrong, _ in differences(target, [case for case in chosen(target) if told.only in case.id]):
            count += 1
            for each in wrong:
                print(f"{target} {name}: {each}")
        print(f"{target}: {count} cases")


if __name__ == "__main__":
    main()
