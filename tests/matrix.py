"""Measure anew what the engines do: run the conformance suite on every installed one, and write the matrix.

    python -m tests.matrix                     # every target whose engine is installed
    python -m tests.matrix prefect --mode server
    python -m tests.matrix --page              # docs/targets.md alone, from the results that are there

Nothing is written of a target whose report is not clean; then it exits with 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from pipeglot import backends, engines
from pipeglot.backends.base import Mode
from pipeglot.cli import files
from pipeglot.conformance import matrix, suite
from pipeglot.conformance.report import findings

PAGE = Path(__file__).parents[1] / "docs" / "targets.md"


def measure(target: str, mode: Mode) -> bool:
    """Run the suite and keep its report when it is clean."""
    begun = time.monotonic()
    report = suite.run(target, mode=mode).measured()
    wrong = list(findings(report, backends.get(target).support))
    for finding in wrong:
        print(f"{target}: {finding.kind} {finding.case or finding.feature}: {finding.text}", file=sys.stderr)
    if not wrong:
        files.write({matrix.RESULTS / matrix.file_name(report): report.to_json()})
    print(f"{matrix.title(report)}: {len(report.cases)} cases, {time.monotonic() - begun:.0f} s, {len(wrong)} wrong")
    return not wrong


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--mode", choices=get_args(Mode), default="test", help="others take many times as long")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    given = parser.parse_args(arguments)
    installed = [one.name for one in engines.list_engines() if one.python is not None and one.name in backends.TARGETS]
    chosen = [] if given.page else given.targets or installed
    clean = [measure(target, given.mode) for target in chosen]
    files.write({PAGE: matrix.markdown(matrix.results())})
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main())
