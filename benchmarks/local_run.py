"""What a local run costs a call: every shape of pipeline against an earlier build, and its growth.

    python -m benchmarks.local_run [--only chain]

A row is the run of 10,000 calls of one line of Python each beside that of the earlier build, with the exponent over three
sizes up to 100,000 calls. Each is a process of its own, of which only the run is timed; the memory is that of the process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Options, Row, Usage, by_turns, earlier, exponent, run, stage
from benchmarks.shapes import Shape, chain, fan, ifs, includes, source

SIZES = (10_000, 30_000, 100_000)
TIME, LINEAR = 1 / 3, 1.1

JOB = """
import sys, time
from pathlib import Path
from pipeglot.core.ir import Pipeline
try:
    from pipeglot.meaning.run import execute
except ImportError:  # an earlier revision
    from pipeglot.core.run import execute

for source in sys.argv[1:]:  # a small one first, so that imports are not timed
    pipeline = Pipeline.from_json(Path(source).read_text("utf-8"))
    start = time.process_time()
    assert execute(pipeline).state == "succeeded"
print(time.process_time() - start)
"""


def items(calls: int) -> str:
    """One loop over half as many items, with two calls for each."""
    return f"""
@pipeline
def shape() -> list[int]:
    with each(list(range({calls // 2}))) as x:
        y = work(work(x))
    return collect(y)
"""


def executed(shape: Shape, calls: int, package: Path | None = None) -> Usage:
    """What the run takes, with an earlier package at `package`."""
    return stage([sys.executable, "-c", JOB, *(source(shape, size, True) for size in (10, calls))], package)


def rows(options: Options) -> Iterator[Row]:
    sizes = [options.size(size) for size in SIZES]
    before = earlier(options.before)
    for shape in (chain, fan, ifs, items, includes):
        name = f"local run, {shape.__name__}"
        if options.wants(name):
            sides = {"ours": partial(executed, shape, sizes[0]), "before": partial(executed, shape, sizes[0], before)}
            found = by_turns(sides, min(3, options.runs), warm=False)
            ours = found["ours"]
            larger = [executed(shape, size) for size in sizes[1:]]
            yield Row(
                f"{name}, {sizes[0]:,} calls",
                ours.seconds,
                found["before"].seconds,
                options.before,
                TIME,
                exponent=exponent(sizes, [usage.seconds for usage in (ours, *larger)]),
                most=LINEAR,
                memory=ours.memory,
            )


if __name__ == "__main__":
    run(rows)
