"""No two modules need one another, wherever in them an import stands: within `if TYPE_CHECKING:` and in functions, too.

Import-linter holds the rooms apart; here it is the modules within them. Probes are scripts of their own, tests/test_layers.py
says what they may import.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.test_layers import PROBES, SOURCE


def dotted(path: Path, source: Path) -> str:
    parts = path.relative_to(source.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, module: str, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules of the package that one imports, a package's `__init__` where only its names are taken."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            yield from (full if (full := f"{base}.{alias.name}") in known else base for alias in node.names)


def graph(paths: list[Path], source: Path) -> dict[str, set[str]]:
    known = {dotted(path, source): path for path in paths}
    return {module: (set(imported(path, module, known)) & known.keys()) - {module} for module, path in known.items()}


def circling(edges: Mapping[str, set[str]]) -> list[str]:
    """The modules that need themselves by way of others."""

    def needed(module: str) -> set[str]:
        found: set[str] = set()
        todo = [module]
        while todo:
            new = edges[todo.pop()] - found
            found |= new
            todo += new
        return found

    return [module for module in edges if module in needed(module)]


def test_no_modules_need_one_another() -> None:
    modules = [path for path in sorted(SOURCE.rglob("*.py")) if PROBES not in path.parents]
    assert circling(graph(modules, SOURCE)) == []


def test_the_check_above_would_notice(tmp_path: Path) -> None:
    files = {
        "__init__.py": "from p import low",
        "low.py": "",
        "a.py": "def f():\n    from p.b import g",
        "b.py": "if TYPE_CHECKING:\n    from .c import h",
        "c.py": "import p.a, p.low",
        "d.py": "import p.a",
    }
    source = tmp_path / "p"
    source.mkdir()
    for name, text in files.items():
        (source / name).write_text(text)
    assert circling(graph(sorted(source.glob("*.py")), source)) == ["p.a", "p.b", "p.c"]
