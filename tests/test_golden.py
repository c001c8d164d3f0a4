"""Generated code stays as it was last reviewed, and is code that a strict engineer of its engine would commit.

Every pipeline of the corpus and the examples is compiled for every target and compared with `golden/<target>/`, byte for
byte; what many files share, the helpers above all, stands once in `golden/<target>/shared/` (`folded.py`). `./dev golden`
writes those files anew. Linter, formatter and type checker run over all that is generated, at once.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import jsonschema
import pytest

from pipeglot import backends
from pipeglot.backends import get
from pipeglot.cli.formats import json_schema
from pipeglot.codegen.names import identifier
from pipeglot.conformance import corpus
from pipeglot.core.ir import Call, Const, Inlined, Param, Parameter, ParamRef, Pipeline, SourceFragment, Step
from pipeglot.core.written import written as data
from tests import folded, test_examples
from tests.conftest import THOROUGH, some_of
from tests.printed import carried
from tests.toys import in_python

TARGETS = tuple(backends.TARGETS)
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
    refused = {d.code for d in made.diagnostics} == {"PG217"}  # by the support table: there is nothing to review
    assert made.files or refused, made.diagnostics
    stem = identifier(pipeline.name)
    entry = f"{stem}{Path(made.entry).suffix}"
    return {entry if path == made.entry else f"{stem}.{path}": text for path, text in made.files.items()}


@lru_cache(None)
def files(stem: str, target: str) -> Mapping[str, str]:
    """The files of one pipeline of `pipelines()`, compiled once."""
    return compiled(pipelines()[stem], target)


@lru_cache
def everything(target: str) -> Mapping[str, str]:
    """The files of all pipelines for one target."""
    return {name: text for stem in pipelines() for name, text in files(stem, target).items()}


@lru_cache
def shared(target: str) -> Mapping[str, str]:
    """The golden files of what many files of a target share, as they are committed."""
    return {path.name: path.read_bytes().decode() for path in (GOLDEN / target / "shared").iterdir()}


PYTHON = tuple(in_python())
"""The targets whose pipelines are Python files. What Kubeflow Pipelines gets is a spec, with the source of components in it."""


def digest(step: int) -> str:
    """One hash of what is generated, of every pipeline or of some."""
    text = repr([sorted(files(stem, target).items()) for target in TARGETS for stem in list(pipelines())[::step]])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def tool(*command: str | Path, cwd: Path) -> str:
    """What a tool of the development environment has to say; nothing when it is content."""
    run = [sys.executable, "-m", *map(str, command)]
    done = subprocess.run(run, cwd=cwd, capture_output=True, text=True, encoding="utf-8")
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[:4_000]


# ---------------------------------------------------------------- what is generated


@pytest.fixture(scope="session")
def written(golden: bool) -> None:
    """With `--golden`, all golden files are those of today."""
    for target in TARGETS if golden else ():
        folder = GOLDEN / target
        (folder / "shared").mkdir(parents=True, exist_ok=True)
        pieces = folded.shared(everything(target).values())
        texts = {name: folded.fold(text, pieces) for name, text in everything(target).items()}
        texts |= {f"shared/{name}": text for name, text in pieces.items()}
        for path in folder.rglob("*"):
            if path.is_file() and str(path.relative_to(folder)) not in texts:
                path.unlink()
        for name, text in texts.items():
            (folder / name).write_bytes(text.encode())


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("stem", pipelines())
def test_generated_files_are_the_golden_ones(stem: str, target: str) -> None:
    for name, text in files(stem, target).items():
        path = GOLDEN / target / name
        assert path.exists(), f"{path.name} is missing: write it with ./dev golden"
        reviewed = folded.unfold(path.read_bytes().decode(), shared(target))
        assert reviewed == text, f"{path.name} changed: look, then ./dev golden"


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("target", TARGETS)
def test_no_golden_file_is_stale(target: str) -> None:
    there = {path.name: path.read_text() for path in (GOLDEN / target).iterdir() if path.is_file()}
    assert there.keys() - everything(target).keys() == set(), "no pipeline makes these any more: ./dev golden"
    used = {name for text in there.values() for name in folded.references(text)}
    assert shared(target).keys() - used == set(), "no golden file refers to these any more: ./dev golden"


@pytest.mark.parametrize("target", TARGETS)
def test_a_change_of_a_helper_is_a_change_of_one_golden_file(target: str) -> None:
    def golden_files(texts: dict[str, str]) -> dict[str, str]:
        pieces = folded.shared(texts.values())
        assert all(folded.unfold(folded.fold(text, pieces), pieces) == text for text in texts.values())
        return pieces | {name: folded.fold(text, pieces) for name, text in texts.items()}

    some = dict(list(everything(target).items())[:40])
    before = golden_files(some)
    after = golden_files(
        {name: text.replace(" is beyond the 2**53 that ", " is more than ") for name, text in some.items()}
    )
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {name for name, text in before.items() if "2**53" in text}
    assert len(changed) <= 3 < sum("2**53" in text for text in some.values())


@some_of("stem", list(pipelines()), "target", TARGETS, one_in=4)
def test_the_pipeline_as_json_compiles_to_the_same_files(stem: str, target: str) -> None:
    read = Pipeline.from_json(pipelines()[stem].to_json())
    assert compiled(read, target) == files(stem, target)


@lru_cache
def schema() -> jsonschema.Draft202012Validator:
    published = json.loads(json_schema("pipeline"))
    jsonschema.Draft202012Validator.check_schema(published)
    return jsonschema.Draft202012Validator(published)


@pytest.mark.parametrize("stem", pipelines())
def test_the_pipeline_as_json_keeps_every_byte_and_fits_the_schema(stem: str) -> None:
    text = pipelines()[stem].to_json()
    read = Pipeline.from_json(text)
    assert read.to_json() == text
    assert read.digest() == pipelines()[stem].digest()
    schema().validate(data(read))


def test_the_same_bytes_whatever_the_hash_seed_and_the_working_folder(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    step = 1 if THOROUGH else 12
    found = {digest(step)}
    for seed, folder in (("1", tmp_path), ("0", root), ("4711", tmp_path))[: 3 if THOROUGH else 1]:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", f"from tests.test_golden import digest; print(digest({step}))"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        found.add(done.stdout.strip())
    assert len(found) == 1


# ---------------------------------------------------------------- its quality


@lru_cache
def sources(target: str) -> Mapping[str, str]:
    """Every distinct Python module that is generated for a target: files, and what a spec has in it, in `carried/`."""
    found = {text: name for name, text in everything(target).items() if name.endswith(".py")}
    for stem in () if target in PYTHON else pipelines():
        modules = carried(files(stem, target)[f"{stem}.yaml"])
        found |= {text: f"carried/{stem}_{number}.py" for number, text in enumerate(modules)}
    return {name: text for text, name in found.items()}


@pytest.fixture(scope="module")
def folder(target: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those modules as files."""
    made = tmp_path_factory.mktemp("generated") / target
    (made / "carried").mkdir(parents=True)
    for name, text in sources(target).items():
        (made / name).write_bytes(text.encode())
    return made


in_the_folder = pytest.mark.parametrize("target", TARGETS, scope="module")


@in_the_folder
def test_generated_code_passes_the_linter(folder: Path) -> None:
    # Beside a folder `prefect`, ruff would take the engine for a module of the project.
    rules = ["--select=E,F,I,UP,B", "--ignore=E501", "--config=src=[]", "--exclude=carried"]
    assert tool(*RUFF, *rules, ".", cwd=folder) == ""
    # Components bring the imports of the author's file along, and are nobody's file.
    assert tool(*RUFF, "--select=E,F", "--ignore=E501,F401", "carried", cwd=folder) == ""


@in_the_folder
def test_generated_code_is_formatted(folder: Path, target: str) -> None:
    # What is beside a spec is a script, of this project's line length.
    width = f"--line-length={88 if target in PYTHON else 120}"
    assert (
        tool("ruff", "format", "--isolated", "--no-cache", "--diff", width, "--exclude=carried", ".", cwd=folder) == ""
    )


@pytest.mark.slow
@in_the_folder
def test_generated_code_passes_the_type_checker(folder: Path, tmp_path: Path) -> None:
    options = ["--config-file=", f"--cache-dir={tmp_path}", "--python-version=3.10", "--ignore-missing-imports"]
    assert tool("mypy", *options, "--check-untyped-defs", "--exclude=carried", ".", cwd=folder) == ""


@pytest.mark.parametrize("target", TARGETS)
def test_generated_code_is_python_3_10_and_stands_alone(target: str) -> None:
    for name, text in sources(target).items():
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


GO_LAYOUT = "2006-01-02T15:04"
"""How KFP, which is written in Go, is told the form of a time."""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("stem", pipelines())
def test_generated_code_shows_nothing_of_where_and_when_it_was_made(stem: str, target: str) -> None:
    pipeline = pipelines()[stem]
    said = pipeline.to_json() + "".join(chunk.text for chunk in pipeline.code) + GO_LAYOUT
    if pipeline.schedule is not None and (start := pipeline.schedule.start) is not None:
        # KFP's own start is before the first tick: by a minute, or by the interval.
        said += "".join(f"{start - timedelta(seconds=by):%Y-%m-%dT%H:%M}" for by in (60, 3600))
    for name, text in files(stem, target).items():
        assert [found for found in TRACES.findall(text) if found not in said] == [], name
        assert str(Path.home()) not in text and str(GOLDEN.parents[1]) not in text, name


@pytest.mark.parametrize("target", PYTHON)
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
        chunks.append(SourceFragment(kind="import", names=names, text=line))
    used = ", ".join(name for chunk in chunks for name in chunk.names)
    chunks.append(
        SourceFragment(kind="function", names=("show",), text=f"def show(value):\n    return [value, {used}][0]")
    )
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


@pytest.mark.parametrize("target", PYTHON)
def test_what_the_author_imports_too_is_imported_once(target: str) -> None:
    with_author = get(target).compile(importing(*SHARED))
    without = get(target).compile(importing("import zlib", "from typing import Literal"))
    text, other = (made.files[made.entry] for made in (with_author, without))

    def imported(text: str) -> list[str]:
        nodes = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
        return [ast.unparse(ast.alias(alias.name, alias.asname)) for node in nodes for alias in node.names]

    assert sorted(imported(text)) == sorted(set(imported(text)))
    assert set(imported(text)) == set(imported(other)) - {"zlib"}


@pytest.mark.parametrize("target", PYTHON)
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
@pytest.mark.parametrize("target", PYTHON)
def test_another_meaning_of_a_name_that_the_helpers_need_stays_the_authors(
    target: str, line: str, printed: str
) -> None:
    made = get(target).compile(importing(line))
    text = made.files[made.entry]
    assert line in text and printed in text


@pytest.mark.parametrize("target", PYTHON)
def test_an_import_that_the_engine_needs_under_the_same_name_gives_way(target: str) -> None:
    made = get(target).compile(importing("from celery import task", "from mine import DAG, flow"))
    text = made.files[made.entry]
    assert "from celery import task\n" in text and "from mine import DAG, flow\n" in text
    taken = re.findall(r"\b(DAG|task|flow) as (\w+)", text)
    wanted = {"airflow": {"DAG", "task"}, "prefect": {"flow", "task"}}
    assert {name for name, _ in taken} == wanted.get(target, set())


def test_a_parameter_that_is_a_keyword_is_refused_by_prefect() -> None:
    step = Step(name="show", run=Inlined(name="show"), parameters=(Parameter(name="value"),))
    chunk = SourceFragment(kind="function", names=("show",), text="def show(value):\n    return value")
    pipeline = Pipeline(
        name="p",
        code=(chunk,),
        params=(Param(name="class", default=1),),
        steps=(step,),
        body=(Call(id="show", step="show", args={"value": Const(value=1)}),),
    )
    assert "PG200" in [d.code for d in get("prefect").compile(pipeline).diagnostics]
    assert get("airflow").compile(pipeline).files
