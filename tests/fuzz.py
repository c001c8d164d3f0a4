"""Random pipelines on the reference and on real engines, compared.

    python -m tests.fuzz --seed 7 --count 200 --targets airflow prefect
    python -m tests.fuzz --seed 7 --only 31 --targets airflow      # repeat one, and say all about it

Exits with 1 when a run diverged; each divergence is printed with the command that repeats it, and its IR is kept in
`build/fuzz`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.conformance import Trial, Verdict, judge
from tests.random_pipelines import Limits, numbered


def trials(seed: int, numbers: Sequence[int], limits: Limits) -> list[Trial]:
    return [Trial(f"{seed}/{number}", numbered(seed, number, limits)) for number in numbers]


def fuzz(seed: int, numbers: Sequence[int], target: str, limits: Limits, *, batch: int = 100) -> list[Verdict]:
    """The verdicts of pipelines `numbers` of a seed on one target, in batches of one engine process each."""
    verdicts: list[Verdict] = []
    for start in range(0, len(numbers), batch):
        verdicts += judge(trials(seed, numbers[start : start + batch], limits), target)
    return verdicts


def report(verdict: Verdict, target: str, seed: int, limits: Limits, folder: Path) -> None:
    """Say how a pipeline diverged and how to see it again."""
    number = verdict.trial.name.split("/")[1]
    folder.mkdir(parents=True, exist_ok=True)
    grown = f"--calls {limits.calls} --depth {limits.depth}"
    path = folder / f"{target}_{seed}_{number}.json"
    path.write_text(verdict.trial.pipeline.to_json())
    print(
        f"DIVERGED on {target}: python -m tests.fuzz --seed {seed} --only {number} {grown} --targets {target}  ({path})"
    )
    for problem in verdict.problems[:12]:
        print("   ", problem)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--only", type=int, help="one pipeline of the seed")
    parser.add_argument("--targets", nargs="+", default=["airflow", "prefect"])
    parser.add_argument("--calls", type=int, default=10, help="about how many calls a pipeline has")
    parser.add_argument("--depth", type=int, default=3)
    given = parser.parse_args(arguments)
    numbers = range(given.count) if given.only is None else [given.only]
    limits = Limits(calls=given.calls, depth=given.depth)
    diverged = 0
    for target in given.targets:
        start = time.monotonic()
        verdicts = fuzz(given.seed, numbers, target, limits)
        bad = [v for v in verdicts if v.problems]
        for verdict in bad:
            report(verdict, target, given.seed, limits, Path("build/fuzz"))
        refused = Counter(code for v in verdicts for code in v.refused)
        ran = sum(1 for v in verdicts if v.record is not None)
        seconds = time.monotonic() - start
        print(f"{target}: {ran} ran, {len(bad)} diverged, refused {dict(refused)}, {seconds:.0f} s")
        diverged += len(bad)
    return 1 if diverged else 0


if __name__ == "__main__":
    sys.exit(main())
