"""Draw mutants, judge them, and say what was missed."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from pipeglot import backends
from tests.mutants.draw import drawn
from tests.mutants.judging import judged

ENGINES = (*backends.TARGETS, "local", "records")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--harmless", action="store_true", help="variations that must not be reported")
    parser.add_argument("--only", metavar="NAME", default="", help="those whose name has this in it")
    parser.add_argument("--verbose", "-v", action="store_true", help="every mutant, not only those that are wrong")
    args = parser.parse_args()
    since = time.monotonic()
    mutants = drawn(args.engine, args.count, args.seed, harmless_ones=args.harmless)
    mutants = [one for one in mutants if args.only in one.name]
    tally: Counter[str] = Counter()
    wrong = ("right", "elsewhere", "broken") if args.harmless else ("elsewhere", "missed", "broken")
    for one in judged(args.engine, mutants):
        outcome = {"missed": "silent"}.get(one.outcome, one.outcome) if args.harmless else one.outcome
        tally[outcome] += 1
        if args.verbose or one.outcome in wrong:
            print(one, flush=True)
    operators = len({mutant.name.split()[0] for mutant in mutants})
    said = ", ".join(f"{count} {word}" for word, count in tally.most_common())
    print(
        f"{args.engine}, seed {args.seed}: {len(mutants)} of {operators} operators: {said} ({time.monotonic() - since:.0f} s)"
    )
    reported = sum(tally[word] for word in ("right", "elsewhere", "broken"))
    return int(bool(reported if args.harmless else tally["missed"]))


if __name__ == "__main__":
    sys.exit(main())
