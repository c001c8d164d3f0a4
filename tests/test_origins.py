"""Where generated lines come from: every call and every line of task code has an origin, with the author's line."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pipeglot import backends
from pipeglot.author.read import read
from pipeglot.cli import main
from pipeglot.codegen.code import Code, Mark, joined
from pipeglot.codegen.origin import behind
from pipeglot.codegen.pysource import Spelling, call, literal, spelled, statement
from pipeglot.conformance import corpus
from pipeglot.core import ir
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.shape import Shape, inline
from pipeglot.engines.run import _written
from tests.conftest import THOROUGH

TARGETS = sorted(backends.TARGETS)
FIELDS: set[str | None] = {None} | {
    f"{model.__name__}.{field}"
    for model in vars(ir).values()
    if isinstance(model, type) and issubclass(model, ir.Node)
    for field in model.__fields__
}
CREDIT = Path(__file__).parent.parent / "examples" / "credit_scoring.py"


@pytest.mark.parametrize("target", TARGETS)
def test_every_call_has_an_origin_and_so_has_every_line_that_is_not_a_helpers(target: str) -> None:
    for case in list(corpus.cases())[:: 1 if THOROUGH else 3]:
        made = backends.get(target).compile(case.ir)
        flat = inline(case.ir)
        calls = [*Shape(flat).calls, *([flat.final.call] if flat.final else [])]
        if made.files and not (target == "kfp" and case.id.startswith("empty_loop")):  # whose body KFP leaves out
            assert {one.id for one in calls} <= {one.node for one in made.origins}, case.id
        for file, text in made.files.items():
            lines = text.splitlines()
            known = {number for one in made.origins if one.file == file for number in range(one.first, one.last + 1)}
            assert not known or max(known) <= len(lines)
            assert {one.attribute for one in made.origins} <= FIELDS
            for node in ast.parse(text).body if file.endswith(".py") else ():
                own = {n for n in range(_first(node), (node.end_lineno or 0) + 1) if lines[n - 1].strip()}
                outside = isinstance(node, ast.Import | ast.ImportFrom | ast.If | ast.Expr) or (
                    isinstance(node, ast.FunctionDef) and not own & known
                )
                assert outside or own <= known, (case.id, [lines[n - 1] for n in own - known])


def _first(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


@pytest.mark.parametrize("target", TARGETS)
def test_a_line_leads_to_the_line_that_the_author_wrote(target: str) -> None:
    author = CREDIT.read_text("utf-8").splitlines()
    made = backends.get(target).compile(read(str(CREDIT)).pipeline)
    lines = made.files[made.entry].splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "retries=" in line or "maxRetryCount" in line)
    retried = next(one for one in behind(made.origins, made.entry, number) if one.attribute == "Retry.count")
    assert retried.at is not None and f"{retried.node}(" in author[retried.at.line - 1]
    for number, line in enumerate(lines, 1):
        for one in behind(made.origins, made.entry, number):
            if one.attribute == "SourceFragment.text" and line.strip():
                at = one.author(number)
                assert at is not None and author[at.line - 1].strip() == line.strip()


def test_lines_keep_their_marks_however_a_document_is_broken() -> None:
    spells: Spelling = {"retries": "Retry.count", "tags": {"team": "Pipeline.tags"}}
    short = statement("@", spelled(call("task", retries=2, tags={"team": "risk"}), spells))
    assert {(mark.first, mark.attribute) for mark in short.marks} == {(0, "Retry.count"), (0, "Pipeline.tags")}
    wide = call("task", name="x" * 60, retries=2, tags={"team": "risk", "more": "y" * 60})
    broken = statement("@", spelled(wide, spells))
    told = {mark.attribute: broken.splitlines()[mark.first].strip() for mark in broken.marks}
    assert told == {"Retry.count": "retries=2,", "Pipeline.tags": '"team": "risk",'}


def test_text_put_together_keeps_marks_and_fills_in_the_node() -> None:
    line = statement("x = ", literal(1)).of(attribute="Policy.timeout")
    whole = ("head\n" + line + "\ntail").of("load")
    assert whole.marks == (Mark(0, 2, "load"), Mark(1, 1, "load", "Policy.timeout"))
    assert joined(["a", whole, Code("b").of("")]).marks == (
        Mark(1, 3, "load"),
        Mark(2, 2, "load", "Policy.timeout"),
        Mark(4, 4, ""),
    )


def test_text_that_several_nodes_share_is_there_for_each_of_them() -> None:
    line = statement("x = ", literal(1)).of(attribute="Policy.timeout")
    whole = ("head\n" + line + "\n" + Code("step").of("work", "Step.run")).of_all([("first", None), ("again", None)])
    assert {(mark.first, mark.node, mark.attribute) for mark in whole.marks} == {
        *((0, node, None) for node in ("first", "again")),
        *((1, node, "Policy.timeout") for node in ("first", "again")),
        (2, "work", "Step.run"),
    }


# ---------------------------------------------------------------- pipeglot explain, and what an engine says


NIGHTLY = """\
from pipeglot import pipeline, step


@step
def load(day: str) -> int:
    return len(day)


@pipeline
def nightly(day: str = "monday") -> int:
    return load.options(retries=2)(day)
"""


@pytest.fixture
def nightly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("nightly.py").write_text(NIGHTLY)
    assert main(["compile", "nightly.py", *(f"--target={target}" for target in TARGETS), "-o", "out"]) == 0
    return tmp_path


@pytest.mark.parametrize("target", TARGETS)
def test_a_generated_line_is_explained_by_what_the_author_wrote(
    target: str, nightly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = next(file for file in Path("out", target).iterdir() if file.stem == "nightly")
    lines = file.read_text().splitlines()
    retries = "maxRetryCount: 2" if target == "kfp" else "retries=2"
    for written, generated in (("load.options", retries), ("return len(day)", "return len(day)")):
        number = next(n for n, line in enumerate(lines, 1) if generated in line)
        capsys.readouterr()
        assert main(["explain", "nightly.py", f"{file}:{number}"]) == 0
        shown = capsys.readouterr().out
        at = next(n for n, line in enumerate(NIGHTLY.splitlines(), 1) if written in line)
        assert f"nightly.py:{at}: {NIGHTLY.splitlines()[at - 1].strip()}" in shown
    assert "the author's own code" in shown


def test_a_file_that_was_changed_since_is_called_stale_and_still_explained(
    nightly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path("out/airflow/nightly.py")
    file.write_text("# mine\n" + file.read_text())
    number = next(n for n, line in enumerate(file.read_text().splitlines(), 1) if "retries=2" in line)
    assert main(["explain", "nightly.py", f"{file}:{number}", "--target", "airflow"]) == 0
    shown = capsys.readouterr()
    assert "PG343" in shown.err and "load: retries, nightly.py:11" in shown.out
    assert main(["explain", "nightly.py", f"{file}:1", "--target", "airflow"]) == 2


def test_of_a_line_that_many_calls_share_the_first_are_told(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("nightly.py").write_text(
        NIGHTLY.replace("    return load.", "    for _ in range(40):\n        load(day)\n    return load.")
    )
    assert main(["compile", "nightly.py", "--target=kfp", "-o", "out"]) == 0
    file = Path("out/kfp/nightly.yaml")
    lines = file.read_text().splitlines()
    assert len([line for line in lines if "def load_component(" in line]) == 1
    number = next(n for n, line in enumerate(lines, 1) if "def load_component(" in line)
    capsys.readouterr()
    assert main(["explain", "nightly.py", f"{file}:{number}"]) == 0
    told = capsys.readouterr().out.splitlines()[1:]
    assert len(told) == 21 and told[-1] == "  and 21 more"


def test_what_explain_cannot_answer_is_an_error(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("other.py").write_text("x = 1\n")
    for wrong in ("out/airflow/nightly.py", "out/airflow/nightly.py:0", "out/airflow/nightly.py:999", "other.py:1"):
        assert main(["explain", "nightly.py", wrong]) == 2
        assert "PG342" in capsys.readouterr().err


def test_an_engines_error_that_names_a_compiled_line_names_the_authors_too(nightly: Path) -> None:
    made = backends.compile(read("nightly.py").pipeline, "airflow")
    number = next(n for n, line in enumerate(made.files["nightly.py"].splitlines(), 1) if "return len(day)" in line)
    found = Diagnostic("PG322", "error", f"Airflow cannot load the DAG: NameError: no (nightly.py:{number})")
    told = _written(found, made).at
    assert told is not None and (told.file, told.line) == ("nightly.py", 6)
    assert _written(Diagnostic("PG322", "error", "no (wire.py:7)"), made).at is None
