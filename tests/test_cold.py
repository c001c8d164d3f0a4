"""What a cold start does and loads: counted, for seconds depend on who else is running."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeglot.author.read import read
from pipeglot.backends import TARGETS
from pipeglot.core import free_variables
from pipeglot.core.diagnostic import CODES

PIPELINE = """
from pipeglot import all_, pipeline, step, when

LIMITS = {"low": 1}
OTHER = {"high": 2}


def helper(x: int) -> int:
    return x + LIMITS["low"]


def unused(x: int) -> int:
    OTHER["high"] = x
    return far(x)


def far(x: int) -> int:
    return x


@step
def first(x: int) -> int:
    return helper(x)


@step
def second(x):
    return x + 1


@pipeline
def numbers(x: int = 1) -> int:
    with when(x > 1):
        a = first(x)
        second(a)
    return first(x)
"""


def test_the_authors_file_is_parsed_once_and_only_what_travels_is_analysed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    analysed: list[str] = []
    parse, uses = ast.parse, free_variables.uses

    def counting(source: Any, *args: Any, **named: Any) -> Any:
        parsed.append(source)
        return parse(source, *args, **named)

    def noting(node: ast.stmt, text: str, file: str) -> Any:
        analysed.append(text.split("(")[0].split(" =")[0])
        return uses(node, text, file)

    monkeypatch.setattr(ast, "parse", counting)
    monkeypatch.setattr("pipeglot.author.module_index.uses", noting)
    file = tmp_path / "numbers_once.py"
    file.write_text(PIPELINE)
    assert len(read(str(file)).pipeline.code) == 4
    assert parsed == [PIPELINE]
    assert sorted(analysed) == ["LIMITS", "def first", "def helper", "def second"]


def loaded_by(*arguments: str, folder: Path, code: int = 0) -> set[str]:
    """The modules that the program holds when a command has ended, without those of a bare interpreter."""
    bare = "import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    told = f"""
import sys
from pipeglot.cli import script
try:
    code = script()
except SystemExit as left:
    code = left.code or 0
{bare}
sys.exit(code)
"""
    found = []
    for text in (told, bare):
        done = subprocess.run([sys.executable, "-c", text, *arguments], capture_output=True, text=True, cwd=folder)
        assert done.returncode == (code if text is told else 0), done.stderr
        found.append({line for line in done.stderr.splitlines() if line.replace(".", "").isidentifier()})
    return found[0] - found[1]


HEAVY = {
    "asyncio",
    "croniter",
    "dataclasses",
    "difflib",
    "email",
    "hypothesis",
    "importlib.metadata",
    "jinja2",
    "logging",
    "pkgutil",
    "pydantic",
    "pydantic_core",
    "random",
    "rich",
    "shutil",
    "subprocess",
    "tempfile",
    "typing_extensions",
    "unittest",
    "urllib.request",
    "uuid",
    "zipfile",
}
"""What takes milliseconds to import, and what only some other command, input or failure needs."""
if sys.version_info < (3, 11):
    HEAVY -= {"typing_extensions"}  # reads annotations as later versions do

SPEAKS = {"--version": 0, "--help": 0, "compile --help": 0, "migrate --help": 0, "nonsense": 2}


@pytest.mark.parametrize("arguments", SPEAKS)
def test_what_compiles_nothing_loads_the_command_line_alone(arguments: str, tmp_path: Path) -> None:
    loaded = loaded_by(*arguments.split(), folder=tmp_path, code=SPEAKS[arguments])
    ours = {name for name in loaded if name.startswith("pipeglot")}
    assert ours == {
        "pipeglot",
        "pipeglot.cli",
        "pipeglot.cli.argument_types",
        "pipeglot.cli.arguments",
        "pipeglot.cli.formats",
        "pipeglot.core",
        "pipeglot.core.version",
    }
    assert loaded & (HEAVY | {"ast", "inspect", "json", "pathlib", "typing"}) == set()
    # argparse and what it imports; `import pydantic`, which takes longer, holds two hundred.
    assert len(loaded - ours) < 40


SOURCE = PIPELINE.replace("def second(x):", "def second(x: int | None) -> list[dict[str, float]]:").replace(
    "return x + 1", "return []"
)


@pytest.mark.parametrize("command", ["check", "graph", "ir"])
def test_looking_at_a_plain_pipeline_loads_no_backend_and_nothing_heavy(command: str, tmp_path: Path) -> None:
    file = tmp_path / "numbers.py"
    file.write_text(SOURCE)
    loaded = loaded_by(command, str(file), folder=tmp_path)
    assert loaded & HEAVY == set()
    rooms = {name.split(".")[1] for name in loaded if name.startswith("pipeglot.")}
    assert rooms & {"compare", "migrate", "conformance", "redact", "engines"} == set()
    assert {name for name in loaded if name.startswith(tuple(f"{module}." for module in TARGETS.values()))} == set()


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_compile_loads_its_own_backend_and_nothing_heavy(target: str, tmp_path: Path) -> None:
    file = tmp_path / "numbers.py"
    file.write_text(SOURCE)
    allowed = [word for code in CODES for word in ("--allow", code)]
    loaded = loaded_by("compile", str(file), "--target", target, "--out", "out", *allowed, folder=tmp_path)
    assert list((tmp_path / "out").iterdir())
    assert loaded & HEAVY == set()
    others = {name for other, name in TARGETS.items() if other != target}
    assert {name for name in loaded if name.startswith(tuple(others))} == set()
    rooms = {name.split(".")[1] for name in loaded if name.startswith("pipeglot.")}
    assert rooms == {"author", "backends", "cli", "codegen", "core", "meaning"}
    assert loaded & {"pipeglot.meaning.run", "pipeglot.meaning.machine", "pipeglot.core.record"} == set()
