"""What it costs that a step is given JSON and gives JSON: the boundary that stands in every generated file, call by call.

    python -m benchmarks.boundary

A task wraps its function and calls it, as generated code does, with steps that do nothing. Beside each figure stands what
it may be at most, and what it was in the earlier build.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.measure import ROOT, Options, Row, by_turns, earlier, run, stage

MOST = 0.08
"""Milliseconds of the processor for a call."""

STEPS = """
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from annotated_types import Gt
from pydantic import BaseModel
from typing_extensions import TypedDict

class Row(TypedDict):
    name: str
    score: float
    tags: list[str]

@dataclass
class Batch:
    day: date
    rows: list[Row]
    weights: dict[str, float]

class Model(BaseModel):
    depth: Annotated[int, Gt(0)]
    batch: Batch

def an_integer(x: int) -> int: return x
def no_annotations(x): return x
def rows(rows: list[Row], kind: Literal["a", "b"]) -> list[Row]: return rows
def a_dataclass(batch: Batch, day: date) -> Batch: return batch
def a_model(model: Model) -> Model: return model

ROWS = [{"name": "x", "score": 1.5, "tags": ["a"]}] * 3
BATCH = {"day": "2026-01-01", "rows": ROWS, "weights": {"a": 1.0}}
GIVEN = {
    "an_integer": {"x": 1},
    "no_annotations": {"x": {"a": 1}},
    "rows": {"rows": ROWS, "kind": "a"},
    "a_dataclass": {"batch": BATCH, "day": "2026-01-01"},
    "a_model": {"model": {"depth": 1, "batch": BATCH}},
}
"""

CALLS = """
import functools, inspect, json, sys, time, traceback, typing
from collections.abc import Callable
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
try:
    from pipeglot.meaning import boundary
except ImportError:  # the earlier build
    from pipeglot.core import boundary

exec(inspect.getsource(boundary.json_io))  # as it is printed
function, given, calls = globals()[sys.argv[1]], GIVEN[sys.argv[1]], int(sys.argv[2])
json_io(function)(**given)
start = time.process_time()
for _ in range(calls):
    json_io(function)(**given)
print((time.process_time() - start) / calls * 1000)
"""


def rows(options: Options) -> Iterator[Row]:
    names: dict[str, object] = {}
    exec(STEPS, names)
    given = names["GIVEN"]
    assert isinstance(given, dict)
    for step in given:
        command = [sys.executable, "-c", STEPS + CALLS, step, options.size(2_000)]
        sides = {"now": ROOT / "src", "before": earlier(options.before)}
        found = by_turns({name: partial(stage, command, source) for name, source in sides.items()}, options.runs)
        before = f"at most; {found['before'].seconds:.3g} ms in {options.before}"
        yield Row(f"boundary, {step.replace('_', ' ')}", found["now"].seconds, MOST, before, 1, "CPU ms")


if __name__ == "__main__":
    run(rows)
