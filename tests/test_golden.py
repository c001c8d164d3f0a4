"""Generated code stays as it was last reviewed, and is code that a strict engineer of its engine would commit.

Every pipeline of the corpus and the examples is compiled for every target and compared with `golden/<target>/`;
`./dev golden` writes those files anew. Linter, formatter and type checker run over all of them at once.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import jsonschema
import pytest

from pipeglot.backends import get
from pipeglot.codegen.pysource import identifier
from pipeglot.conformance import corpus
from pipeglot.core.ir import Call, Chunk, Const, Inlined, Param, Parameter, ParamRef, Pipeline, Step
from tests import test_examples

TARGETS = ("airflow", "dagster", "prefect")
GOLDEN = Path(__file__).parent / "golden"
HANDWRITTEN = GOLDEN / "handwritten"
RUFF = ["ruff", "check", "--isolated", "--no-cache", "--target-version=py310", "--output-format=concise"]


@lru_cache
def pipelines() -> dict[str, Pipeline]:
    """Every distinct pipeline of the corpus and the examples, by the name of its golden files."""
    every = [case.ir for case in corpus.cases()]
    every += [test_examples.load(file, name).ir() for file, name in test_examples.PIPELINES]
    distinct = {pipeline.digest(): pipeline for pipeline in every}
    found = {identifier(pipeline.name): pipeline for pipeline in distinct.values()}
    assert len(found) == len(distinct), "two different pipelines would share golden files"
    return found


def compiled(pipeline: Pipeline, target: str) -> dict[str, str]:
    """A pipeline's files, whatever is lost. The names are distinct among all pipelines."""
    made = get(target).compile(pipeline)
    assert made.files, made.diagnostics
    stem = identifier(pipeline.name)
    return {f"{stem}.py" if path == made.entry else f"{stem}.{path}": text for path, text in made.files.items()}


@lru_cache
def everything(target: str) -> Mapping[str, str]:
    """The files of all pipelines for one target."""
    found: dict[str, str] = {}
    for pipeline in pipelines().values():
        found |= compiled(pipeline, target)
    return found


def digest() -> str:
    """One hash of everything that is generated."""
    text = repr([sorted(everything(target).items()) for target in TARGETS])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def tool(*command: str | Path, cwd: Path) -> str:
    """What a tool of the development environment has to say; nothing when it is content."""
    run = [sys.executable, "-m", *map(str, command)]
    done = subprocess.run(run, cwd=cwd, capture_output=True, text=True, encoding="utf-8")
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[:4_000]


# ---------------------------------------------------------------- what is generated


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("stem", pipelines())
def test_generated_files_are_the_golden_ones(stem: str, target: str, golden: bool) -> None:
    for name, text in compiled(pipelines()[stem], target).items():
        path = GOLDEN / target / name
        if golden:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"{path.name} is missing: write it with ./dev golden"
        assert path.read_bytes().decode() == text, f"{path.name} changed: look, then ./dev golden"


@pytest.mark.parametrize("target", TARGETS)
def test_no_golden_file_is_stale(target: str, golden: bool) -> None:
    stale = {path for path in (GOLDEN / target).iterdir() if path.is_file() and path.name not in everything(target)}
    if golden:
        for path in stale:
            path.unlink()
        return
    assert {path.name for path in stale} == set(), "no pipeline makes these any more: ./dev golden removes them"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("stem", pipelines())
def test_the_pipeline_as_json_compiles_to_the_same_files(stem: str, target: str) -> None:
    pipeline = pipelines()[stem]
    assert compiled(Pipeline.from_json(pipeline.to_json()), target) == compiled(pipeline, target)


@lru_cache
def schema() -> jsonschema.Draft202012Validator:
    published = Pipeline.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(published)
    return jsonschema.Draft202012Validator(published)


@pytest.mark.parametrize("stem", pipelines())
def test_the_pipeline_as_json_keeps_every_byte_and_fits_the_schema(stem: str) -> None:
    text = pipelines()[stem].to_json()
    read = Pipeline.from_json(text)
    assert read.to_json() == text
    assert read.digest() == pipelines()[stem].digest()
    schema().validate(read.model_dump(mode="json"))


def test_the_same_bytes_whatever_the_hash_seed_and_the_working_folder(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    found = {digest()}
    for seed, folder in (("0", root), ("1", tmp_path), ("4711", tmp_path)):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", "from tests.test_golden import digest; print(digest())"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        found.add(done.stdout.strip())
    assert len(found) == 1


# ---------------------------------------------------------------- its quality


@pytest.mark.parametrize("target", TARGETS)
def test_generated_code_passes_the_linter(target: str) -> None:
    # Beside a folder `prefect`, ruff would take the engine for a module of the project.
    rules = ["--select=E,F,I,UP,B", "--ignore=E501", "--config=src=[]"]
    assert tool(*RUFF, *rules, ".", cwd=GOLDEN / target) == ""


@pytest.mark.parametrize("target", TARGETS)
def test_generated_code_is_formatted(target: str) -> None:
    assert tool("ruff", "format", "--isolated", "--no-cache", "--diff", ".", cwd=GOLDEN / target) == ""


@pytest.mark.parametrize("target", TARGETS)
def test_generated_code_passes_the_type_checker(target: str, tmp_path: Path) -> None:
    options = ["--config-file=", f"--cache-dir={tmp_path}", "--python-version=3.10", "--ignore-missing-imports"]
    assert tool("mypy", *options, "--check-untyped-defs", ".", cwd=GOLDEN / target) == ""


@pytest.mark.parametrize("target", TARGETS)
def test_generated_code_is_python_3_10_and_stands_alone(target: str) -> None:
    for name, text in everything(target).items():
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(text, name, feature_version=(3, 10))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(module.split(".")[0] == "pipeglot" for module in modules), name


TRACES = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # a UUID
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"  # a moment
    r"|0x[0-9a-f]{6,}"  # an address in memory
    r"|(?<![\w.])(?:/[\w.-]+){2,}"  # an absolute path
)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("stem", pipelines())
def test_generated_code_shows_nothing_of_where_and_when_it_was_made(stem: str, target: str) -> None:
    pipeline = pipelines()[stem]
    said = pipeline.to_json() + "".join(chunk.text for chunk in pipeline.code)
    for name, text in compiled(pipeline, target).items():
        assert [found for found in TRACES.findall(text) if found not in said] == [], name
        assert str(Path.home()) not in text and str(GOLDEN.parents[1]) not in text, name


@pytest.mark.parametrize("target", TARGETS)
def test_generated_code_is_not_much_longer_than_written_by_hand(target: str) -> None:
    by_hand = (HANDWRITTEN / target / "credit_scoring.py").read_text(encoding="utf-8")
    generated = everything(target)["credit_scoring.py"]
    assert len(generated.splitlines()) <= 1.35 * len(by_hand.splitlines())


# ---------------------------------------------------------------- names that the author and the engine both want


def importing(*lines: str) -> Pipeline:
    """A pipeline of one step whose file imports something too, and that has a choice as a parameter."""
    chunks = []
    for line in lines:
        statement = ast.parse(line).body[0]
        assert isinstance(statement, ast.Import | ast.ImportFrom)
        names = tuple(alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        chunks.append(Chunk(kind="import", names=names, text=line))
    used = ", ".join(name for chunk in chunks for name in chunk.names)
    chunks.append(Chunk(kind="function", names=("show",), text=f"def show(value):\n    return [value, {used}][0]"))
    return Pipeline(
        name="importing",
        code=tuple(chunks),
        params=(Param(name="p", type={"enum": ["a", "b"]}, default="a"), Param(name="n", type={"type": "integer"})),
        steps=(Step(name="show", run=Inlined(name="show"), parameters=(Parameter(name="value"),)),),
        body=(
            Call(id="show", step="show", args={"value": ParamRef(name="p")}),
            Call(id="again", step="show", args={"value": ParamRef(name="n")}),
        ),
    )


SHARED = [
    "import functools",
    "import json",
    "import typing",
    "from collections.abc import Callable",
    "from typing import Any, Literal",
    "from pydantic import TypeAdapter",
]


@pytest.mark.parametrize("target", TARGETS)
def test_what_the_author_imports_too_is_imported_once(target: str) -> None:
    with_author = get(target).compile(importing(*SHARED))
    without = get(target).compile(importing("import zlib", "from typing import Literal"))
    text, other = (made.files[made.entry] for made in (with_author, without))

    def imported(text: str) -> list[str]:
        nodes = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
        return [ast.unparse(ast.alias(alias.name, alias.asname)) for node in nodes for alias in node.names]

    assert sorted(imported(text)) == sorted(set(imported(text)))
    assert set(imported(text)) == set(imported(other)) - {"zlib"}


@pytest.mark.parametrize("target", TARGETS)
def test_the_old_home_of_callable_is_the_new_one(target: str) -> None:
    made = get(target).compile(importing("from typing import Callable"))
    assert made.files[made.entry].count("import Callable") == 1


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("import simplejson as json", "import json as json_"),
        ("from mine import Any", "Any as Any_"),
        ("from mine import json_io", "def json_io_("),
        ("from numpy import abs", "import builtins"),
    ],
)
@pytest.mark.parametrize("target", TARGETS)
def test_another_meaning_of_a_name_that_the_helpers_need_stays_the_authors(
    target: str, line: str, printed: str
) -> None:
    made = get(target).compile(importing(line))
    text = made.files[made.entry]
    assert line in text and printed in text


@pytest.mark.parametrize("target", TARGETS)
def test_an_import_that_the_engine_needs_under_the_same_name_gives_way(target: str) -> None:
    made = get(target).compile(importing("from celery import task", "from mine import DAG, flow"))
    text = made.files[made.entry]
    assert "from celery import task\n" in text and "from mine import DAG, flow\n" in text
    taken = re.findall(r"\b(DAG|task|flow) as (\w+)", text)
    wanted = {"airflow": {"DAG", "task"}, "prefect": {"flow", "task"}}
    assert {name for name, _ in taken} == wanted.get(target, set())


def test_a_parameter_that_is_a_keyword_is_refused_by_prefect() -> None:
    step = Step(name="show", run=Inlined(name="show"), parameters=(Parameter(name="value"),))
    chunk = Chunk(kind="function", names=("show",), text="def show(value):\n    return value")
    pipeline = Pipeline(
        name="p",
        code=(chunk,),
        params=(Param(name="class", default=1),),
        steps=(step,),
        body=(Call(id="show", step="show", args={"value": Const(value=1)}),),
    )
    assert "PG243" in [d.code for d in get("prefect").compile(pipeline).diagnostics]
    assert get("airflow").compile(pipeline).files
