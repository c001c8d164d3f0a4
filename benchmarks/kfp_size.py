"""How large the specs for Kubeflow Pipelines are: ours beside what KFP's SDK makes of the same pipeline written by hand.

    python -m benchmarks.kfp_size

A server limits a spec, and keeps it with every run. A row is a pipeline of 100 calls in one shape. Nothing is aimed at for
loops that may be empty, which take DAGs that the SDK's do not have (and fail there without), nor for the example, whose
steps are all different: each carries what checks its values.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import BUILD, ROOT, Options, Row, earlier, run, used
from pipeglot import engines

AIMS = {"a line": 1.2, "side by side": 1.2, "branches": 1.2}
CALLS = 100

OURS = """
import sys
from pathlib import Path
from pipeglot.backends import compile
from pipeglot.core.diagnostic import CODES
try:
    from pipeglot.author.read import read
except ImportError:  # an earlier revision
    from pipeglot.core.read import read
made = compile(read(sys.argv[1]).pipeline, "kfp", allow=CODES)
print(len(made.files[made.entry].encode()))
"""
THEIRS = """
import runpy, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from kfp import compiler
compiler.Compiler().compile(runpy.run_path(sys.argv[1])[sys.argv[2]], sys.argv[3])
print(len(Path(sys.argv[3]).read_bytes()))
"""

STEPS = """
{step}
def begin(n: int) -> {ints}:
    return [*range(n)]


{step}
def work(x: int) -> int:
    return x + 1


{step}
def more(xs: {ints}) -> {ints}:
    return [x + 1 for x in xs]

"""
HEAD = "from pipeglot import collect, each, merge, otherwise, pipeline, step, when\n\n" + STEPS.format(
    step="@step", ints="list[int]"
)
BY_HAND = "from kfp import dsl\n\n" + STEPS.format(step="@dsl.component", ints="list")
"""The author's functions are the same. The SDK's `list` says nothing of the items."""

SHAPES = {
    "a line": (
        f"""
@pipeline
def shape() -> int:
    x = work(1)
    for _ in range({CALLS - 1}):
        x = work(x)
    return x
""",
        f"""
@dsl.pipeline
def shape() -> int:
    x = work(x=1).output
    for _ in range({CALLS - 1}):
        x = work(x=x).output
    return x
""",
    ),
    "side by side": (
        f"""
@pipeline
def shape() -> None:
    for n in range({CALLS}):
        work(n)
""",
        f"""
@dsl.pipeline
def shape():
    for n in range({CALLS}):
        work(x=n)
""",
    ),
    "branches": (
        f"""
@pipeline
def shape() -> int:
    x = work(1)
    for _ in range({CALLS // 2}):
        with when(x > 1):
            a = work(x)
        with otherwise():
            b = work(x)
        x = merge(a, b)
    return x
""",
        f"""
@dsl.pipeline
def shape() -> int:
    x = work(x=1).output
    for _ in range({CALLS // 2}):
        with dsl.If(x > 1):
            a = work(x=x)
        with dsl.Else():
            b = work(x=x)
        x = dsl.OneOf(a.output, b.output)
    return x
""",
    ),
    "loops": (
        f"""
@pipeline
def shape() -> list[int]:
    xs = begin(3)
    for _ in range({CALLS // 2}):
        with each(xs) as x:
            y = work(x)
        xs = more(collect(y))
    return xs
""",
        f"""
@dsl.pipeline
def shape() -> list:
    xs = begin(n=3).output
    for _ in range({CALLS // 2}):
        with dsl.ParallelFor(xs) as x:
            y = work(x=x)
        xs = more(xs=dsl.Collected(y.output)).output
    return xs
""",
    ),
}


def rows(options: Options) -> Iterator[Row]:
    sdk = engines.find("kfp").python
    BUILD.mkdir(parents=True, exist_ok=True)
    sources: list[tuple[str, Path, Path, str, float | None]] = []
    for name, (ours, theirs) in SHAPES.items():
        texts = {"ours": HEAD + ours, "by_hand": BY_HAND + theirs}
        files = {side: BUILD / f"size_{name.replace(' ', '_')}_{side}.py" for side in texts}
        for side, text in texts.items():
            files[side].write_text(text, encoding="utf-8")
        sources.append((f"{CALLS} calls, {name}", files["ours"], files["by_hand"], "shape", AIMS.get(name)))
    example, by_hand = ROOT / "examples/credit_scoring.py", ROOT / "tests/golden/handwritten/kfp/credit_scoring.py"
    sources.append(("credit scoring", example, by_hand, "credit_scoring", None))
    for name, mine, hand, pipeline, aim in sources:
        if options.wants(name):
            size = _kilobytes([sys.executable, "-c", OURS, mine])
            before = _kilobytes([sys.executable, "-c", OURS, mine], earlier(options.before))
            sdks = _kilobytes([sdk, "-c", THEIRS, hand, pipeline, BUILD / "size.yaml"])
            against = f"by hand with KFP's SDK; {before:.0f} kB in {options.before}"
            yield Row(f"spec for kfp, {name}", size, sdks, against, aim, "kB")


def _kilobytes(command: list[object], source: Path | None = None) -> float:
    return int(used(command, source=source).output.split()[-1]) / 1000


if __name__ == "__main__":
    run(rows)
