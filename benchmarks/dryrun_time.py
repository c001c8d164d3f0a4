"""What a dry-run costs: its wall time against that of its slower side alone, on a pipeline that mostly sleeps.

    python -m benchmarks.dryrun_time [--only "airflow -> prefect"]

By the command line, from its start to its end, by turns: the old side alone (`pipeglot run --on OLD`), the new one alone,
and the dry-run of both; the median of the ratios of the turns. Wall time, for that is what two sides at once are about: on a
machine with other work it says little.
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.measure import BUILD, Options, Row, run
from pipeglot import backends

LIMIT = 1.10
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


def seconds(*arguments: str) -> float:
    """How long a command takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pipeglot", *arguments], cwd=BUILD, check=True, capture_output=True)
    return time.perf_counter() - begun


def rows(options: Options) -> Iterator[Row]:
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "sleepy.py").write_text(PIPELINE, encoding="utf-8")
    for old, new in itertools.combinations(backends.TARGETS, 2):
        name = f"dry-run, {old} -> {new}"
        if options.wants(name):
            yield measured(name, old, new, 1 if options.small else options.runs)


def measured(name: str, old: str, new: str, runs: int) -> Row:
    commands = {
        old: ("run", "sleepy.py", "--on", old),
        new: ("run", "sleepy.py", "--on", new),
        "both": ("migrate", "dry-run", "sleepy.py", "--old", old, "--new", new),
    }
    took: dict[str, list[float]] = {each: [] for each in commands}
    for turn in range(runs):
        for each in commands if turn % 2 else reversed(commands):
            took[each].append(seconds(*commands[each]))
    slower = [max(pair) for pair in zip(took[old], took[new], strict=True)]
    ratio = statistics.median(both / one for both, one in zip(took["both"], slower, strict=True))
    beside = statistics.median(slower)
    return Row(name, ratio * beside, beside, "the slower side alone", LIMIT, "s")


if __name__ == "__main__":
    run(rows)
