"""How the cost of every stage grows with the pipeline, for pipelines of many shapes: trace, read, check and each target.

    python -m benchmarks.shapes [--only "ifs, kfp"]

A row is a stage of one shape: its cost with 10,000 calls beside that with 1,000, and the exponent over three sizes. Then
100,000 calls against an earlier build. Each is a process of its own, of which only the stage is timed; the memory is that
of the process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

from benchmarks.measure import BUILD, Options, Row, Usage, by_turns, earlier, exponent, run, stage
from pipeglot import backends
from pipeglot.author.read import read

SIZES = (1_000, 3_000, 10_000)
LARGE = 100_000
LINEAR = 1.1
STAGES = ("trace", "read", "check", *backends.TARGETS)

Shape: TypeAlias = Callable[[int], str]
"""The text of a pipeline with as many calls."""

HEAD = """
from pipeglot import collect, each, merge, otherwise, pipeline, step, when

@step
def first(n: int) -> int:
    return n

@step
def work(x: int) -> int:
    return x + 1

@step
def total(xs: list[int]) -> int:
    return sum(xs)
"""


def chain(calls: int) -> str:
    """Each call takes the one before, written out line by line."""
    lines = "".join("    x = work(x)\n" for _ in range(calls))
    return f"@pipeline\ndef shape() -> int:\n    x = first(1)\n{lines}    return x\n"


def ladders(calls: int) -> str:
    """Lines of ten calls side by side, made by a loop of Python's."""
    return f"""
@pipeline
def shape() -> None:
    for n in range({calls // 10}):
        x = first(n)
        for _ in range(9):
            x = work(x)
"""


def fan(calls: int) -> str:
    """All calls take one value, and one takes all of theirs."""
    return f"""
@pipeline
def shape() -> int:
    x = first(1)
    return total([work(x) for _ in range({calls})])
"""


def ifs(calls: int) -> str:
    """Ifs in Ifs, one after the other, each with what the one before it has merged."""
    return f"""
@pipeline
def shape() -> int:
    x = first(1)
    for _ in range({calls // 4}):
        with when(x > 1):
            a = work(x)
            with when(a > 2):
                b = work(a)
            with otherwise():
                c = work(a)
            inner = merge(b, c)
        with otherwise():
            d = work(x)
        x = merge(inner, d)
    return x
"""


def loops(calls: int) -> str:
    """Loops one after the other, each over what the one before it has collected."""
    return f"""
@pipeline
def shape() -> int:
    xs = [1, 2, 3]
    for _ in range({calls // 3}):
        with each(xs) as x:
            y = work(work(x))
        out = total(collect(y))
        xs = [out, out]
    return out
"""


def includes(calls: int) -> str:
    """A pipeline of ten calls, included again and again."""
    return f"""
@pipeline
def part(x: int) -> int:
    for _ in range(10):
        x = work(x)
    return x

@pipeline
def shape() -> int:
    x = first(1)
    for _ in range({calls // 10}):
        x = part(x)
    return x
"""


def steps(calls: int) -> str:
    """A step of its own for every call, with a helper and a constant that it needs."""
    made = "".join(
        f"LIMIT_{n} = {n}\n\ndef helper_{n}(x: int) -> int:\n    return x % (LIMIT_{n} + 2)\n\n"
        f"@step\ndef step_{n}(x: int) -> int:\n    return helper_{n}(x) + 1\n\n"
        for n in range(calls)
    )
    lines = "".join(f"    x = step_{n}(x)\n" for n in range(calls))
    return f"{made}@pipeline\ndef shape() -> int:\n    x = first(1)\n{lines}    return x\n"


def params(calls: int) -> str:
    """As many params as calls, ten of which each call takes."""
    ten = [f"p{n}" for n in range(10)]
    taken = "".join(f"    ten({', '.join(f'p{(10 * n + k) % calls}' for k in range(10))})\n" for n in range(calls))
    return f"""
@step
def ten({", ".join(f"{name}: int" for name in ten)}) -> int:
    return {" + ".join(ten)}

@pipeline
def shape({", ".join(f"p{n}: int = {n}" for n in range(calls))}) -> None:
{taken}"""


SHAPES: tuple[Shape, ...] = (chain, ladders, fan, ifs, loops, includes, steps, params)


@cache
def source(shape: Shape, calls: int, json: bool) -> str:
    """A file of the shape: as an author writes it, or what is traced of that as JSON."""
    BUILD.mkdir(parents=True, exist_ok=True)
    file = BUILD / f"{shape.__name__}_{calls}.py"
    file.write_text(HEAD + shape(calls), encoding="utf-8")
    if not json:
        return f"{file}:shape"
    made = file.with_suffix(".json")
    made.write_text(read(f"{file}:shape").pipeline.to_json(), encoding="utf-8")
    return str(made)


JOB = """
import sys, time
from pathlib import Path
from pipeglot import backends
from pipeglot.core.check import check
from pipeglot.core.diagnostic import CODES
from pipeglot.core.ir import Pipeline
try:
    from pipeglot.author.read import read
except ImportError:  # an earlier revision
    from pipeglot.core.read import read

what, *sources, out = sys.argv[1:]
for source in sources:  # a small one first, so that imports are not timed
    pipeline = read(source).pipeline if what not in ("trace", "read") else None
    start = time.process_time()
    if what == "check":
        assert not [found for found in check(pipeline) if found.severity == "error"]
    elif pipeline is None:
        read(source)
    else:
        compiled = backends.compile(pipeline, what, allow=CODES)
        for name, text in compiled.files.items():
            Path(out, name).write_text(text, "utf-8")
print(time.process_time() - start)
"""


def cost(shape: Shape, what: str, calls: int, package: Path | None = None) -> Usage:
    """The processor time of a stage, and the memory of its process."""
    out = BUILD / "out"
    out.mkdir(parents=True, exist_ok=True)
    sources = [source(shape, size, what != "trace") for size in (10, calls)]
    return stage([sys.executable, "-c", JOB, what, *sources, out], package)


def growth(options: Options) -> Iterator[Row]:
    sizes = [options.size(size) for size in SIZES]
    for shape in SHAPES:
        for what in STAGES:
            name = f"{shape.__name__}, {what}"
            if options.wants(name):
                sides = {str(size): partial(cost, shape, what, size) for size in sizes}
                found = [*by_turns(sides, min(3, options.runs), warm=False).values()]
                yield Row(
                    name,
                    found[-1].seconds,
                    found[0].seconds,
                    f"{sizes[-1]:,} calls beside {sizes[0]:,}",
                    exponent=exponent(sizes, [usage.seconds for usage in found]),
                    most=LINEAR,
                    memory=found[-1].memory,
                )


def targets_beside(options: Options) -> Iterator[Row]:
    """Ifs for Kubeflow Pipelines, which has none that merge, cost at most twice what they cost for Airflow."""
    name, size = "ifs, kfp beside airflow", options.size(SIZES[-1])
    if options.wants(name):
        sides = {target: partial(cost, ifs, target, size) for target in ("kfp", "airflow")}
        found = by_turns(sides, min(3, options.runs), warm=False)
        yield Row(name, found["kfp"].seconds, found["airflow"].seconds, "airflow", 2, memory=found["kfp"].memory)


QUADRATIC = ("prefect",)
"""Before, what took hours with 100,000 calls: ten times what 10,000 took is less than that."""


def large(options: Options) -> Iterator[Row]:
    """Against an earlier build: at most a third of its time and of its memory."""
    before, size = earlier(options.before), options.size(LARGE)
    for what in STAGES:
        name = f"{size:,} calls, {what}"
        if options.wants(name):
            tenth = what in QUADRATIC
            ours = cost(ladders, what, size)
            other = cost(ladders, what, size // 10 if tenth else size, before)
            times, against = (10, f"{options.before}, 10 times a tenth of it") if tenth else (1, options.before)
            yield Row(name, ours.seconds, times * other.seconds, against, 1 / 3, memory=ours.memory)
            yield Row(f"{name}: memory", ours.memory, times * other.memory, against, 1 / 3, "MiB")


def rows(options: Options) -> Iterator[Row]:
    yield from growth(options)
    yield from targets_beside(options)
    yield from large(options)


if __name__ == "__main__":
    run(rows)
