"""The house: what may import what, and who may print or write.

The import contracts proper are in pyproject.toml; here stands what import-linter cannot see.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from pipeglot import backends, engines
from pipeglot.core.diagnostic import CODES

STANDARD = {*sys.stdlib_module_names, "tomllib"}
"""Of the newest Python: `tomllib` came with 3.11, and before is imported nowhere."""

SOURCE = Path(__file__).parents[1] / "src" / "pipeglot"
PROBES = SOURCE / "engines" / "probes"
MODULES = [path for path in sorted(SOURCE.rglob("*.py")) if PROBES not in path.parents and path.parent.name != "corpus"]
ENGINES = {spec.package for spec in engines.specs()}

WRITES_ITS_OWN = {
    # Keep state of their own (environments, the temporary files of an engine's run), never a user's files.
    "engines/environment.py",
    "engines/process.py",
    "engines/sandbox.py",
    "migrate/stub.py",
    "compare/tables.py",
    # The history of dry-runs, which the user names.
    "migrate/history.py",
    # Runs within an engine's tasks.
    "migrate/stub_code.py",
}


@lru_cache(maxsize=4)
def tree(path: Path) -> tuple[ast.AST, ...]:
    """All of a module's syntax; `of_modules` lets the tests of one follow each other."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[str]:
    """The top-level names a file imports, wherever the import stands."""
    for node in tree(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def name(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


of_modules = pytest.mark.parametrize("path", MODULES, ids=name, scope="module")


@of_modules
def test_a_room_needs_only_the_libraries_that_it_may(path: Path) -> None:
    # `tomli` is `tomllib` before Python 3.11.
    allowed = {
        "core": {"pydantic", "pydantic_core", "croniter"},
        "meaning": {"pydantic", "pydantic_core"},
        "author": {"pydantic", "pydantic_core", "croniter"},
        "codegen": set[str](),
        "backends": {"pydantic", "croniter"},
        "engines": {"pydantic", "uv"},
        "compare": {"pydantic", "tomli"},
        "redact": {"pydantic"},
        "conformance": {"pydantic"},
        "migrate": {"pydantic", "pydantic_core", "jinja2", "tomli"},
        "cli": {"pydantic", "rich"},
    }.get(name(path).split("/")[0], set[str]())
    assert set(imports(path)) - STANDARD <= allowed | {"pipeglot", "typing_extensions"}


@pytest.mark.parametrize("path", sorted(PROBES.glob("*.py")), ids=lambda path: path.name)
def test_a_probe_needs_the_standard_library_and_its_own_engine_alone(path: Path) -> None:
    foreign = set(imports(path)) - STANDARD
    assert "pipeglot" not in foreign
    assert len(foreign & ENGINES) <= 1


@of_modules
def test_a_target_is_known_by_the_registry_alone(path: Path) -> None:
    own = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
    of_targets = tuple(f"{module}." for target, module in backends.TARGETS.items() if not own.startswith(module))
    found = [node for node in tree(path) if isinstance(node, ast.ImportFrom | ast.Import)]
    named = [f"{one.module}." for one in found if isinstance(one, ast.ImportFrom) and one.module]
    named += [f"{one.module}.{alias.name}." for one in found if isinstance(one, ast.ImportFrom) for alias in one.names]
    named += [f"{alias.name}." for one in found if isinstance(one, ast.Import) for alias in one.names]
    assert [one for one in named if one.startswith(of_targets)] == []


def listed(path: Path, tables: bool) -> Iterator[int]:
    """The lines of lists, and of tables where they count too, of three targets or more."""
    for node in tree(path):
        match node:
            case ast.List(elts=names) | ast.Tuple(elts=names) | ast.Set(elts=names):
                pass
            case ast.Dict(keys=keys) if tables:
                names = [key for key in keys if key is not None]
            case _:
                continue
        texts = {one.value if isinstance(one, ast.Constant) else None for one in names}
        if len(texts & backends.TARGETS.keys()) > 2 and texts <= {*backends.TARGETS, "local", "records"}:
            yield node.lineno


@of_modules
def test_targets_are_listed_by_the_registry_alone(path: Path) -> None:
    assert list(listed(path, tables=True)) == []


def test_tests_and_tasks_take_the_targets_from_the_registry(repository: Path) -> None:
    # What a test wants of each target may stand in a table of its own.
    files = [path for path in (repository / "tests").rglob("*.py") if not {"golden", "data"} & {*path.parts}]
    found = {path.name: list(listed(path, tables=False)) for path in files}
    assert {file: lines for file, lines in found.items() if lines} == {}
    lines = (repository / "dev").read_text("utf-8").splitlines()
    assert [line for line in lines if len(backends.TARGETS.keys() & set(re.findall(r"\w+", line))) > 2] == []


def speaks_or_writes(path: Path) -> Iterator[str]:
    """Calls that print, or open something for writing."""
    for node in tree(path):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id="print"):
                yield f"{node.lineno}: print"
            case ast.Name(id="open") | ast.Attribute(attr="open"):
                modes = [*node.args, *(k.value for k in node.keywords if k.arg == "mode")]
                texts = [m.value for m in modes if isinstance(m, ast.Constant) and isinstance(m.value, str)]
                if any(set(text) <= set("rwaxbt+") and set(text) & set("wax+") for text in texts):
                    yield f"{node.lineno}: open for writing"
            case ast.Attribute(attr="connect", value=ast.Name(id="sqlite3")):
                yield f"{node.lineno}: open a database"
            case ast.Attribute(attr="write_text" | "write_bytes"):
                yield f"{node.lineno}: {node.func.attr}"
            case ast.Attribute(attr="write", value=ast.Attribute(attr="stdout" | "stderr")):
                yield f"{node.lineno}: write to a standard stream"


@of_modules
def test_only_the_command_line_prints_or_writes(path: Path) -> None:
    found = [] if name(path).startswith("cli/") else list(speaks_or_writes(path))
    if name(path) in WRITES_ITS_OWN:
        found = [one for one in found if one.endswith(("print", "stream"))]
    assert found == []


def test_the_check_above_would_notice(tmp_path: Path) -> None:
    module = tmp_path / "bad.py"
    module.write_text(
        "import sys\nprint(1)\nopen('x', 'w')\np.write_text('')\nsys.stdout.write('')\np.open()\nsqlite3.connect('x')\n"
    )
    assert [line.split(":")[0] for line in speaks_or_writes(module)] == ["2", "3", "4", "5", "7"]


def loaded_by(statement: str) -> set[str]:
    """The modules a fresh interpreter holds after a statement."""
    code = f"{statement}; import sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_no_engine_and_no_template() -> None:
    assert loaded_by("import pipeglot") & {*ENGINES, "jinja2", "rich", "croniter"} == set()


def test_help_loads_no_more_than_the_package_itself() -> None:
    loaded = loaded_by("from pipeglot.cli.arguments import parser; parser().format_help()")
    assert loaded & {*ENGINES, "jinja2", "rich", "croniter", "pipeglot.backends"} == set()


PLAIN = """
from pipeglot import Cron, Resources, each, merge, otherwise, pipeline, step, when

@step(retries=2, retry_delay="1m", backoff=2, resources=Resources(cpu=1, memory="1Gi"), secrets={"TOKEN": "kept/token"})
def rows(day: str, most: int | None = None) -> list[dict[str, float]]:
    return [{"x": 1.0}] * (most or 1)

@step
def size(row: dict[str, float]) -> int:
    return len(row)

@pipeline(schedule=Cron("0 2 * * *", tz="Europe/Berlin"), start="2026-01-01", tags=["a"], run_timeout="2h")
def nightly(day: str = "2026-01-01", most: int = 3) -> int:
    found = rows(day, most)
    with each(found) as row:
        size(row)
    with when(most > 1) as one:
        a = size({"x": 1.0})
    with otherwise():
        b = size({})
    return merge(a, b)
"""


@pytest.mark.parametrize("target", sorted(backends.TARGETS))
def test_compiling_plain_python_needs_no_pydantic(target: str, tmp_path: Path) -> None:
    (tmp_path / "nightly.py").write_text("from __future__ import annotations\n" + PLAIN)
    command = ["compile", str(tmp_path / "nightly.py"), "--target", target, "--out", str(tmp_path / "out")]
    command += [word for code in CODES for word in ("--allow", code)]
    loaded = loaded_by(f"from pipeglot.cli import main; assert main({command}) == 0")
    assert "pipeglot.core.border" in loaded and list((tmp_path / "out").iterdir())
    assert loaded & {"pydantic", "pydantic_core", "jinja2", "pipeglot.core.record"} == set()


def test_the_package_is_typed_and_ships_what_it_reads() -> None:
    assert (SOURCE / "py.typed").is_file()
