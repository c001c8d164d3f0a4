"""The benchmarks' frame: what it measures is the work in question, and a missed aim is said."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks import __main__ as collector
from benchmarks import shapes
from benchmarks.measure import Options, Row, Usage, by_turns, collect, exponent, parser, stage, used

from pipeglot.author.read import read
from pipeglot.core.check import check
from pipeglot.core.inline import inline
from pipeglot.core.ir import Call, walk


def python(text: str) -> list[str]:
    return [sys.executable, "-S", "-c", text]


def test_the_memory_of_a_process_is_its_own_and_not_that_of_who_started_it() -> None:
    held = bytearray(200 << 20)
    small, large = used(python("")), used(python("bytearray(80 << 20)"))
    assert len(held) and small.memory < 60
    assert 70 < large.memory - small.memory < 90


def test_the_time_of_a_process_is_that_of_the_processor_with_its_children() -> None:
    assert used(python("import time; time.sleep(1.0)")).seconds < 0.6
    work = "import time\nwhile time.process_time() < 0.3: pass"
    assert used(python(f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {work!r}])")).seconds > 0.3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody is handed the processes that others left")
def test_what_a_program_leaves_behind_is_counted_too() -> None:
    work = "import time\nwhile time.process_time() < 0.3: pass"
    # Its pipes are not the program's: whoever waits for their end would wait for it.
    left = f"subprocess.Popen([sys.executable, '-S', '-c', {work!r}], stdout=-3, stderr=-3)"
    assert used(python(f"import subprocess, sys; {left}")).seconds > 0.3


def test_a_stage_is_timed_by_the_program_itself() -> None:
    assert stage(python("print('made'); print(0.25)")).seconds == 0.25


def test_a_command_that_fails_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match=r"exited with 3:\nwhy"):
        used(python("import sys; print('why', file=sys.stderr); sys.exit(3)"))


def test_sides_are_measured_by_turns_and_give_medians() -> None:
    asked: list[str] = []
    figures = iter([99.0, 99.0, 1.0, 9.0, 3.0, 2.0, 4.0, 5.0])

    def side(name: str) -> Usage:
        asked.append(name)
        return Usage(next(figures), 1.0)

    found = by_turns({"a": lambda: side("a"), "b": lambda: side("b")}, 3)
    assert asked == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert (found["a"].seconds, found["b"].seconds) == (5.0, 2.0)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("r", 1, 4, aim=0.25), True),
        (Row("r", 1.1, 4, aim=0.25), False),
        (Row("r", 1, aim=0.25), False),  # nothing to hold it against
        (Row("r", 1, 4, exponent=1.1, most=1.1), True),
        (Row("r", 1, 4, aim=0.25, exponent=1.2, most=1.1), False),
        (Row("r", 9, 4), None),
    ],
)
def test_a_row_is_met_when_all_its_aims_are(row: Row, met: bool | None) -> None:
    assert row.met is met


def test_the_exponent_is_that_of_the_growth() -> None:
    assert exponent([10, 20, 40], [3, 12, 48]) == pytest.approx(2)


def test_what_fails_leaves_the_other_rows_and_what_misses_is_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: Options) -> Iterator[Row]:
        yield Row("one of its rows", 1)
        raise LookupError("no such engine")

    def good(options: Options) -> Iterator[Row]:
        yield Row("good", 1, 2, "other", 0.5)

    def missed(options: Options) -> Iterator[Row]:
        yield Row("missed", 2, 2, "other", 0.5)

    told = tmp_path / "bench.json"
    given = parser(None).parse_args(["--json", str(told)])
    assert collect({"broken": broken, "good": good, "missed": missed}, given) == 1
    assert "broken FAILED: LookupError: no such engine" in capsys.readouterr().out
    written = json.loads(told.read_text())
    assert [(row["benchmark"], row["name"], row["ratio"], row["met"]) for row in written["rows"]] == [
        ("broken", "one of its rows", None, None),
        ("good", "good", 0.5, True),
        ("missed", "missed", 1.0, False),
    ]
    assert collect({"good": good}, given) == 0
    assert collect({"missed": missed}, parser(None).parse_args(["--small"])) == 0  # small sizes have no aims
    assert collect({"broken": broken}, parser(None).parse_args(["--small"])) == 1


def test_benchmarks_are_found_by_their_rows() -> None:
    assert {"compile_speed", "shapes", "run_cost"} <= {*collector.NAMES}
    assert not {"measure", "etl", "__main__"} & {*collector.NAMES}


@pytest.mark.parametrize("shape", shapes.SHAPES, ids=lambda shape: shape.__name__)
def test_a_shape_is_a_pipeline_of_about_as_many_calls(shape: shapes.Shape) -> None:
    pipeline = read(shapes.source(shape, 60, True)).pipeline
    assert not [found for found in check(pipeline) if found.severity == "error"]
    calls = sum(isinstance(node, Call) for node in walk(inline(pipeline).body))
    assert 50 <= calls <= 70
