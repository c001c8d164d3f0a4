"""That each stage of a compile is work in proportion to the pipeline: lines of Python, counted, for pipelines of each shape."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from benchmarks.shapes import HEAD, SHAPES

from pipeglot import backends
from pipeglot.author.read import read
from pipeglot.core.check import check
from pipeglot.core.diagnostic import CODES
from tests.operations import operations

SIZE = 20
MOST = 1.03
"""The counts are exact. What is left are steps of a whole: a list that does not fit on its line any more, a name that is longer."""

Stage: TypeAlias = Callable[[Path], Callable[[], object]]


def traced(file: Path) -> Callable[[], object]:
    return lambda: read(f"{file}:shape")


def read_as_json(file: Path) -> Callable[[], object]:
    made = file.with_suffix(".json")
    made.write_text(read(f"{file}:shape").pipeline.to_json(), encoding="utf-8")
    return lambda: read(str(made))


def checked(file: Path) -> Callable[[], object]:
    pipeline = read(f"{file}:shape").pipeline
    return lambda: check(pipeline)


def compiled(target: str) -> Stage:
    def stage(file: Path) -> Callable[[], object]:
        pipeline = read(f"{file}:shape").pipeline
        return lambda: backends.compile(pipeline, target, allow=CODES)

    return stage


STAGES: dict[str, Stage] = {"trace": traced, "read": read_as_json, "check": checked}
STAGES |= {target: compiled(target) for target in backends.TARGETS}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_twice_the_calls_more_is_twice_the_work_more(tmp_path: Path, shape: Callable[[int], str], stage: str) -> None:
    def work(calls: int) -> int:
        file = tmp_path / f"{shape.__name__}_{calls}.py"
        file.write_text(HEAD + shape(calls), encoding="utf-8")
        return operations(STAGES[stage](file))

    assert growth(work) < MOST


def growth(work: Callable[[int], int]) -> float:
    """The work of the second half of the calls as a multiple of that of the first half, with what comes once left out. A step
    that looks at all calls for each, one line a time, shows as 1.03 where a call is 4,000 lines of work."""
    work(SIZE)  # what is made once
    few, more, many = work(SIZE), work(2 * SIZE), work(4 * SIZE)
    return (many - more) / (2 * (more - few))


def test_one_look_at_all_calls_for_each_is_seen() -> None:
    def quadratic(calls: int) -> int:
        def action() -> None:
            for _ in range(calls):
                for _ in range(50):
                    pass
                for _ in range(calls):
                    pass

        return operations(action)

    assert growth(quadratic) > MOST
