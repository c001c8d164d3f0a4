"""The corpus run on one target: cases chosen, run in one engine process, judged, and reported."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pipeglot import backends, engines
from pipeglot.backends.base import NO_OPTIONS, Mode
from pipeglot.conformance import corpus
from pipeglot.conformance.corpus import Case
from pipeglot.conformance.judge import Trial, Verdict, compiled, judge, spec_checked
from pipeglot.conformance.report import CaseResult, ConformanceReport, Evidence, Outcome, Reason
from pipeglot.core.features import FEATURES, features_of
from pipeglot.core.version import __version__

_NEEDS_TIMEOUT = 120

TIMEOUT = 600.0
"""Seconds one case may take on an engine: all are done in a few."""


def select(words: Sequence[str]) -> list[Case]:
    """The cases whose id contains one of the words or that use the feature one of them names; all without words.

    >>> [case.id for case in select(["diamond"])]
    ['diamond']
    """
    return [
        case
        for case in corpus.cases()
        if not words or any(word in case.id or word in features_of(case.ir) for word in words)
    ]


def run(
    target: str,
    *,
    words: Sequence[str] = (),
    mode: Mode = "test",
    python: Path | None = None,
    options: Mapping[str, str] = NO_OPTIONS,
    timeout: float = TIMEOUT,
    on_verdict: Callable[[Verdict], None] = lambda verdict: None,
) -> ConformanceReport:
    """Run the corpus on a target and report.

    Args:
        target: a name of `pipeglot.backends.targets()`, or a measured release of its engine (`dagster@1.11`).
        words: run only the cases that `select` gives.
        mode: the engine's quick way to run, or its real server.
        python: an environment with the engine; by default the one pipeglot made.
        options: what the target lets one choose.
        timeout: seconds one case may take.
        on_verdict: called with every verdict as soon as it is known.

    Raises:
        CompileError: there is no such target.
        EngineError: the engine is not there, or does not start.
    """
    engine = engines.find(target, python=python)
    target, on = engine.target, engine.name
    engines.for_compiled(on)
    support = backends.get(target).support
    chosen = select(words)
    running = [case for case in chosen if can_run(case)]
    verdicts: dict[str, Verdict] = {}
    trials = [trial(case) for case in running]
    for verdict in judge(trials, on, mode=mode, python=engine.python, options=options, timeout=timeout):
        verdicts[verdict.trial.name] = verdict
        on_verdict(verdict)
    for case in chosen:
        if case.id not in verdicts:
            verdicts[case.id] = compiled(trial(case), target, options)
            on_verdict(verdicts[case.id])
    records = [verdict.record for verdict in verdicts.values() if verdict.record is not None]
    return ConformanceReport(
        target=target,
        engine=records[0].engine if records else target,
        engine_version=engine.version,
        mode=mode,
        python=".".join(map(str, engines.python_version(engine.python))),
        pipeglot=__version__,
        selected=tuple(words),
        support={feature: support[feature].ability for feature in FEATURES},
        cases=tuple(result(case, verdicts[case.id]) for case in chosen),
    )


def trial(case: Case) -> Trial:
    """A case as what the judge runs."""
    return Trial(case.id, case.ir, case.params, case.logical_date, case.env)


def digest(case: Case) -> str:
    """Twelve hex digits that name what a case runs: the pipeline and what it is given."""
    told = [case.ir.digest(), case.params, case.logical_date, *([case.env] if case.env else [])]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def result(case: Case, verdict: Verdict) -> CaseResult:
    """A verdict as a line of the report."""
    outcome: Outcome
    evidence: Evidence = "none"
    notes = () if verdict.record is None else verdict.record.notes
    if verdict.problems:
        outcome = "diverged"
    elif verdict.refusals:
        outcome = "refused"
    elif verdict.record is None:
        outcome = evidence = "compiled"
    else:
        outcome = "agreed"
        evidence = "spec-checked" if spec_checked(verdict.record) else "executed"
    reasons = dict.fromkeys((d.code, d.message) for d in verdict.refusals)
    return CaseResult(
        id=case.id,
        digest=digest(case),
        features=tuple(sorted(features_of(case.ir))),
        outcome=outcome,
        evidence=evidence,
        refused=tuple(Reason(code=code, message=message) for code, message in reasons),
        named=tuple(sorted({d.code for d in verdict.said} - set(verdict.refused))),
        problems=verdict.problems,
        notes=notes,
    )


def can_run(case: Case) -> bool:
    """Whether what a case needs beside the engine is here."""
    return not case.needs or _succeeds(case.needs)


@lru_cache
def _succeeds(command: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_NEEDS_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
