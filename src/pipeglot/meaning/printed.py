"""The text of `json_io` and `run_command`, as it stands in generated files: read from their modules, which it does not import, for
pydantic takes longer to import than all else of a compile.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

Printed: TypeAlias = Literal["json_io", "run_command"]

_MODULES: dict[Printed, str] = {"json_io": "boundary.py", "run_command": "commands.py"}


@cache
def _module(name: Printed) -> tuple[str, ast.Module]:
    text = Path(__file__).with_name(_MODULES[name]).read_text("utf-8")
    return text, ast.parse(text)


def source(name: Printed) -> str:
    """The text of a function.

    >>> source("run_command").splitlines()[0]
    'def run_command(words: list[str], given: dict[str, Any]) -> str:'
    """
    text, tree = _module(name)
    [found] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    return "".join(text.splitlines(keepends=True)[found.lineno - 1 : found.end_lineno])


def imports(name: Printed) -> Iterator[ast.Import | ast.ImportFrom]:
    """What its module imports."""
    return (node for node in _module(name)[1].body if isinstance(node, ast.Import | ast.ImportFrom))
