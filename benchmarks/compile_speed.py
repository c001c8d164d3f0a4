"""How long compiling takes, as ratios measured side by side in one run.

    python benchmarks/compile_speed.py [--runs 5]

1. The CLI, cold, on a pipeline of four steps, against `kfp dsl compile` on the same shape: at most 0.25 of its time.
2. Compiling 10,000 calls against 1,000, in one process: at most 11 times.

Exits with 1 when a ratio is missed. kfp is installed by uv into `build/benchmarks`, outside the project's environment.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import uv

from pipeglot.backends import compile as compile_pipeline
from pipeglot.core.ir import Call, Const, Inlined, ListOf, Out, Parameter, Pipeline, SourceFragment, Step

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "benchmarks"
KFP = "kfp==2.17.0"

OURS = """
from pipeglot import pipeline, step


@step
def ingest(day: str) -> str:
    return f"raw/{day}"


@step
def features(raw: str) -> str:
    return raw + "/features"


@step
def train(data: str, depth: int) -> float:
    return len(data) / depth


@step
def report(score: float) -> str:
    return f"score {score}"


@pipeline
def four_steps(day: str = "2026-01-01", depth: int = 3) -> str:
    return report(train(features(ingest(day)), depth))
"""

THEIRS = """
from kfp import dsl


@dsl.component
def ingest(day: str) -> str:
    return f"raw/{day}"


@dsl.component
def features(raw: str) -> str:
    return raw + "/features"


@dsl.component
def train(data: str, depth: int) -> float:
    return len(data) / depth


@dsl.component
def report(score: float) -> str:
    return f"score {score}"


@dsl.pipeline
def four_steps(day: str = "2026-01-01", depth: int = 3) -> str:
    raw = ingest(day=day)
    made = features(raw=raw.output)
    score = train(data=made.output, depth=depth)
    return report(score=score.output).output
"""


def timed(command: list[str]) -> float:
    """A new process with byte code at hand, as after an installation by pip: both sides, whatever the caller's
    environment says of it and whatever their installers left."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(BUILD / "bytecode")
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=BUILD, env=env)
    return time.perf_counter() - start


def kfp_program() -> Path:
    venv = BUILD / "kfp"
    program = venv / "bin" / "kfp"
    if not program.exists():
        env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        find = uv.find_uv_bin()
        subprocess.run([find, "venv", "--quiet", "--python", sys.executable, venv], check=True, env=env)
        install: list[str | Path] = [find, "pip", "install", "--quiet", "--python", venv / "bin" / "python", KFP]
        subprocess.run(install, check=True, env=env)
    return program


def cold_start(runs: int) -> float:
    """The CLI against kfp's, in turn; the median of the pairwise ratios."""
    (BUILD / "ours.py").write_text(OURS)
    (BUILD / "theirs.py").write_text(THEIRS)
    pipeglot = [
        str(Path(sys.executable).parent / "pipeglot"),
        "compile",
        "ours.py",
        "--target",
        "airflow",
        "--out",
        "out",
    ]
    kfp = [str(kfp_program()), "dsl", "compile", "--py", "theirs.py", "--output", "theirs.yaml"]
    timed(pipeglot), timed(kfp)  # byte code and disk caches
    pairs = [(timed(pipeglot), timed(kfp)) for _ in range(runs)]
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"cold compile of 4 steps: pipeglot {ours:.2f} s, kfp {theirs:.2f} s, ratio {ratio:.2f} (at most 0.25)")
    return ratio


def wide(calls: int) -> Pipeline:
    """Calls in ladders of ten: each takes the one before."""
    code = SourceFragment(kind="function", names=("f",), text="def f(x: list[int]) -> int:\n    return sum(x)")
    step = Step(name="f", run=Inlined(name="f"), parameters=(Parameter(name="x"),), returns={"type": "integer"})
    body = tuple(
        Call(
            id=f"call_{n}",
            step="f",
            args={"x": ListOf(items=(Const(value=n), *((Out(ref=f"call_{n - 1}"),) if n % 10 else ())))},
        )
        for n in range(calls)
    )
    return Pipeline(name="wide", code=(code,), steps=(step,), body=body)


def scaling(target: str, runs: int) -> float:
    """Compiling 10,000 calls against 1,000; the ratio of the shortest times, to which other work adds least."""
    small, large = wide(1_000), wide(10_000)
    compile_pipeline(wide(10), target)

    def once(pipeline: Pipeline) -> float:
        start = time.perf_counter()
        compile_pipeline(pipeline, target)
        return time.perf_counter() - start

    pairs = [(once(large), once(small)) for _ in range(runs)]
    a, b = (min(side) for side in zip(*pairs, strict=True))
    print(f"{target}: 10,000 calls {a:.2f} s, 1,000 calls {b:.3f} s, ratio {a / b:.1f} (at most 11)")
    return float(a / b)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    BUILD.mkdir(parents=True, exist_ok=True)
    missed = cold_start(runs) > 0.25
    for target in ("airflow", "prefect"):
        missed |= scaling(target, runs) > 11
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
