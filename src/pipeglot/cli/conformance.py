"""`pipeglot conformance` and `pipeglot targets`: run the suite on a target, and show what such runs have measured."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeglot import backends
from pipeglot.backends.base import Support
from pipeglot.cli import files
from pipeglot.cli.commands import options
from pipeglot.cli.engines import progress
from pipeglot.cli.run import terminable
from pipeglot.conformance import matrix, suite
from pipeglot.conformance.judge import Verdict
from pipeglot.conformance.report import ConformanceFinding, ConformanceReport, Reason, cell, findings
from pipeglot.core.diagnostic import EngineError
from pipeglot.core.features import FEATURES
from pipeglot.core.render import printable

_WHY, _SHOWN = 400, 6


def conformance(args: argparse.Namespace) -> int:
    """Run the corpus on a target, print what came of it, and write the report; exit code 1 when it is not clean."""
    with terminable():
        return _conformance(args)


def _conformance(args: argparse.Namespace) -> int:
    name = args.target.partition("@")[0]
    support = _support(args.target)
    alone = args.json == "-"
    people = sys.stderr if alone else sys.stdout
    target = None if alone or args.json is None else files.destination(args.json, [], option="--json")
    chosen = suite.select(args.k)
    if not chosen:
        raise files.fail("PG342", f"no case or feature is called {' or '.join(args.k)}")
    done = 0
    with progress(f"running {len(chosen)} cases on {args.target}") as on_line:

        def listen(verdict: Verdict) -> None:
            nonlocal done
            done += 1
            on_line(f"{done} of {len(chosen)}, {verdict.trial.name}")

        report = suite.run(
            args.target,
            words=args.k,
            mode=args.mode or "test",
            timeout=args.timeout or suite.TIMEOUT,
            python=Path(args.engine_python) if args.engine_python else None,
            options=options([name], args.option, name),
            on_verdict=listen,
        )
    wrong = list(findings(report, support))
    people.writelines(f"{line}\n" for line in _lines(report, support, wrong))
    if alone:
        sys.stdout.write(report.to_json())
    elif target:
        files.write({target: report.to_json()})
        print(f"report: {args.json}")
    return 1 if wrong else 0


def _support(target: str) -> Mapping[str, Support]:
    """A target's support table. Raises InputError when it cannot be run."""
    from pipeglot import engines

    backend = backends.get(engines.target_of(target))
    try:
        engines.spec(target)
    except EngineError as error:
        raise files.InputError(error.diagnostics) from None
    return backend.support


def _lines(report: ConformanceReport, support: Mapping[str, Support], wrong: list[ConformanceFinding]) -> Iterator[str]:
    """The table of features, then every refusal and everything that is wrong, then the sum."""
    wide = max(len(about) for about in FEATURES.values())
    yield f"{'feature':<{wide}}  {'claim':<8} agreed refused diverged"
    for feature, about in FEATURES.items():
        found = cell(report.cases, feature, support[feature])
        if report.selected and not (found.agreed or found.refused or found.diverged):
            continue
        shown = f"  {found.evidence}" if found.evidence in ("inspected", "compiled") else ""
        shown += f"  {found.checked} spec-checked" if found.checked else ""
        counts = f"{found.agreed or '-':>6} {found.refused or '-':>7} {found.diverged or '-':>8}"
        yield f"{about:<{wide}}  {support[feature].ability:<8} {counts}{shown}"
    if refused := _refused(report):
        yield "\nrefused:"
        for reason, cases in refused.items():
            more = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
            yield f"  {reason.code} {printable(reason.message, _WHY)}"
            yield f"        {len(cases)}: {', '.join(map(printable, cases[:_SHOWN]))}{more}"
    if wrong:
        yield "\nwrong:"
        for finding in wrong:
            yield f"  {finding.kind} {printable(finding.case or finding.feature)}: {printable(finding.text, _WHY)}"
    sums = Counter(case.outcome for case in report.cases)
    told = ", ".join(f"{sums[kind]} {kind}" for kind in ("agreed", "refused", "diverged", "compiled") if sums[kind])
    heading = f"{report.engine} {report.engine_version} on Python {report.python}"
    yield f"\n{report.target} ({heading}): {len(report.cases)} cases, {told}"


def _refused(report: ConformanceReport) -> dict[Reason, list[str]]:
    """The cases that were refused for each reason."""
    found: dict[Reason, list[str]] = {}
    for case in report.cases:
        for reason in case.refused:
            found.setdefault(reason, []).append(case.id)
    return found


def targets(args: argparse.Namespace) -> int:
    """The measured matrix, or what each target lets one choose."""
    if args.options:
        for name in sorted(backends.targets()):
            for option, about in backends.get(name).options.items():
                print(f"{name}.{option}: {about}")
        return 0
    reports = matrix.results()
    if args.json:
        print(json.dumps(matrix.as_json(reports), indent=2, ensure_ascii=False, default=vars))
    else:
        sys.stdout.write(matrix.markdown(reports) if args.markdown else matrix.text(reports))
    return 0
