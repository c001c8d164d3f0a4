"""What a dry-run costs: its wall time against that of its slower side alone, on a pipeline that mostly sleeps.

    python benchmarks/dryrun_time.py [--pairs airflow:prefect dagster:kfp ...] [--runs 3]

All by the command line, from its start to its end, by turns: the old side alone (`pipeglot run --on OLD`), the new one
alone, and the dry-run of both. At most 1.15 times the slower one. Exits with 1 when that is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

LIMIT = 1.15
PIPELINE = """
import time
from pipeglot import pipeline, step

@step
def wait(n: int) -> int:
    time.sleep(5.0)
    return n + 1

@pipeline
def sleepy() -> int:
    return wait(wait.options(id="second")(wait.options(id="first")(0)))
"""


def seconds(folder: Path, *arguments: str) -> float:
    """How long a command takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pipeglot", *arguments], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begun


def measure(old: str, new: str, runs: int) -> bool:
    """Whether a dry-run of the pair is within the limit."""
    commands = {
        old: ("run", "p.py", "--on", old),
        new: ("run", "p.py", "--on", new),
        "both": ("migrate", "dry-run", "p.py", "--old", old, "--new", new),
    }
    took: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as text:
        Path(text, "p.py").write_text(PIPELINE, encoding="utf-8")
        for turn in range(runs):
            for name in commands if turn % 2 else reversed(commands):
                took[name].append(seconds(Path(text), *commands[name]))
    ratios = [both / max(a, b) for a, b, both in zip(*(took[name] for name in commands), strict=True)]
    ratio = statistics.median(ratios)
    said = ", ".join(f"{name} {statistics.median(values):.1f} s" for name, values in took.items())
    print(f"{old} -> {new}: {said}, ratio {ratio:.3f} (at most {LIMIT}){'' if ratio <= LIMIT else '  MISSED'}")
    return bool(ratio <= LIMIT)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="*", default=["airflow:prefect", "prefect:dagster", "dagster:kfp"])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args(arguments)
    pairs = [pair.partition(":") for pair in given.pairs]
    return 0 if all([measure(old, new, given.runs) for old, _, new in pairs]) else 1


if __name__ == "__main__":
    sys.exit(main())
