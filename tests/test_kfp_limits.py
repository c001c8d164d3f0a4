"""What KFP cannot pass between tasks is named, and what pickles need travels."""

from __future__ import annotations

import math
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import pytest

from pipeglot import collect, each, pipeline, step
from pipeglot.backends import compile as compile_for
from pipeglot.core.diagnostic import CompileError
from pipeglot.core.record import Record
from pipeglot.engines.run import Request, run_many
from tests.test_engines import installed


@step
def table(n: int) -> list[dict[str, int]]:
    return [{"id": i, "value": i * i} for i in range(n)]


@step
def text(n: int) -> str:
    return "x" * n


@step
def size(rows: list[dict[str, int]]) -> int:
    return len(rows)


@step
def sizes(one: str, other: str) -> int:
    return len(one) + len(other)


@pipeline
def passed(n: int = 6000) -> int:
    return size(table(n))


@pipeline
def kept(n: int = 6000) -> list[dict[str, int]]:
    return table(n)


@pipeline
def together(n: int = 80_000) -> int:
    return sizes(text(n), text.options(id="again")(n))


@pipeline
def given(rows: list[dict[str, int]]) -> int:
    return size(rows)


@step
def long_rows() -> list[dict[str, str]]:
    return [{"text": "x" * 60_000} for _ in range(3)]


@step
def length(row: dict[str, str]) -> int:
    return len(row["text"])


@pipeline
def looped() -> list[int]:
    with each(long_rows()) as row:
        found = length(row)
    return collect(found)


class Scaler:
    def __init__(self, mean: float) -> None:
        self.mean = mean

    def scale(self, x: float) -> float:
        return x - self.mean


def twice(x: float) -> float:
    return 2 * x


@step
def fit(mean: float) -> str:
    path = Path(tempfile.mkdtemp(), "scaler.pkl")
    path.write_bytes(pickle.dumps((Scaler(mean), twice)))
    return str(path)


@step
def predict(path: str, x: float) -> float:
    model, change = pickle.loads(Path(path).read_bytes())
    return float(change(model.scale(x)))


@step
def names(path: str) -> str:
    return os.path.basename(path)


@pipeline
def scaled(x: float = 10.0) -> float:
    path = fit(2.0)
    names(path)
    return predict(path, x)


@step
def signed(x: float) -> float:
    return math.copysign(1.0, x)


@pipeline
def zeros() -> float:
    return signed(-0.0)


@pytest.mark.engine("kfp")
def test_on_kfp_what_is_too_long_is_named_and_pickled_classes_are_found() -> None:
    rows = [{"id": n, "value": n} for n in range(9000)]
    requests = [Request(one.ir()) for one in (passed, kept, together, scaled, zeros, looped)]
    requests += [Request(passed.ir(), params={"n": 3000}), Request(given.ir(), params={"rows": rows})]
    found = list(run_many(requests, "kfp", python=installed("kfp"), timeout=100))
    records = [each for each in found if isinstance(each, Record)]
    assert len(records) == len(found), found
    long, whole, both, pickled, zero, loop, short, asked = records
    errors = [[(c.id, c.error.message) for c in each.calls if c.error] for each in (long, both, asked)]
    assert [[id for id, _ in each] for each in errors] == [["table"], ["sizes"], ["size"]]
    assert all("128 KiB" in message for each in errors for _, message in each)
    assert (whole.state, short.result, pickled.result, zero.result) == ("succeeded", 3000, 16.0, -1.0)
    assert len(whole.result) == 6000
    assert loop.result == [60_000] * 3, "the list that a loop runs over is no input of a component"


def test_a_default_that_kfp_cannot_pass_is_refused() -> None:
    many = [{"id": n} for n in range(20_000)]

    @pipeline
    def long(rows: list[dict[str, int]] = many) -> int:
        return size(rows)

    with pytest.raises(CompileError) as refused:
        compile_for(long.ir(), "kfp")
    assert [each.code for each in refused.value.diagnostics if each.severity == "error"] == ["PG299"]


def sources(made: Any) -> dict[str, str]:
    yaml = pytest.importorskip("yaml")
    compiled = compile_for(made.ir(), "kfp")
    executors = yaml.safe_load(compiled.files[compiled.entry])["deploymentSpec"]["executors"]
    return {name: each["container"]["command"][-1] for name, each in executors.items()}


def test_only_what_reads_pickles_holds_what_it_does_not_speak_of() -> None:
    found = sources(scaled)
    assert "class Scaler" in found["exec-predict"] and "def twice" in found["exec-predict"]
    assert "class Scaler" not in found["exec-names"]


def test_what_reads_pickles_is_not_put_into_a_function() -> None:
    with pytest.raises(CompileError) as refused:
        compile_for(scaled.ir(), "kfp", options={"emit": "dsl"})
    assert "PG287" in [each.code for each in refused.value.diagnostics]
