"""What a command costs from its start to its end: compiling small pipelines against KFP's SDK, and telling the version.

    python -m benchmarks.compile_speed

`kfp dsl compile` compiles the same pipelines, from the DSL that one would write or that `emit=dsl` gives. It is that of
the engine's environment (`./dev engines`). What compiles nothing is held against importing pydantic.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.measure import BUILD, ROOT, Options, Row, by_turns, run, used
from pipeglot import engines

CREDIT = ROOT / "examples" / "credit_scoring.py"
PROGRAM = Path(sys.executable).with_name("pipeglot")
AIMS = {"4 steps": 0.25, "credit scoring": 0.35}
FUNCTIONS = {"4 steps": "four_steps", "credit scoring": "credit_scoring"}

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


def rows(options: Options) -> Iterator[Row]:
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "ours.py").write_text(OURS)
    (BUILD / "theirs.py").write_text(THEIRS)
    dsl = BUILD / "credit"
    used([PROGRAM, "compile", CREDIT, "--target", "kfp", "--option", "emit=dsl", "--out", dsl])
    kfp = engines.find("kfp").python.with_name("kfp")
    sources = {"4 steps": ("ours.py", "theirs.py"), "credit scoring": (CREDIT, dsl / "credit_scoring_pipeline.py")}
    for name, (source, theirs) in sources.items():
        compiling = [PROGRAM, "compile", source, "--target", "airflow", "--out", "out"]
        sdk = [kfp, "dsl", "compile", "--py", theirs, "--output", "theirs.yaml", "--function", FUNCTIONS[name]]
        yield beside(f"cold compile, {name}", compiling, sdk, "kfp dsl compile", AIMS[name], options)
    for arguments in ("--version", "--help", "compile --help"):
        importing = [sys.executable, "-c", "import pydantic"]
        ours = [PROGRAM, *arguments.split()]
        yield beside(f"pipeglot {arguments}", ours, importing, "import pydantic", 0.8, options)


def beside(
    name: str, ours: Sequence[object], other: Sequence[object], against: str, aim: float, options: Options
) -> Row:
    """Two commands by turns."""
    sides = {"ours": partial(used, ours, BUILD), "other": partial(used, other, BUILD)}
    found = by_turns(sides, options.runs)
    return Row(name, found["ours"].seconds, found["other"].seconds, against, aim, memory=found["ours"].memory)


if __name__ == "__main__":
    run(rows)
