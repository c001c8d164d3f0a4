"""The syntax of the author's files: each is parsed once, and whoever asks about a statement gets a part of that tree."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=32)
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def parsed(text: str) -> ast.Module:
    """The tree of a file's text, which nobody changes. Raises SyntaxError or ValueError.

    >>> parsed("a = 1") is parsed("a = 1\\n")
    True
    """
    return _parsed(text if text.endswith("\n") else f"{text}\n")


def of_file(filename: str) -> ast.Module | None:
    """The tree of a file as it is now; None without its source, or when that is no Python."""
    linecache.checkcache(filename)
    try:
        return parsed("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return None


def function(code: CodeType) -> Function | None:
    """The definition of a function, by its name and its first line; None without its source."""
    tree = of_file(code.co_filename)
    return None if tree is None else _functions(tree).get((code.co_name, code.co_firstlineno))


def own(fn: Callable[..., Any]) -> tuple[ast.AST, int] | None:
    """The tree of a function, and what its lines are short of those of its file; None without its source."""
    code = getattr(inspect.unwrap(fn), "__code__", None)
    if code is not None and (found := function(code)) is not None:
        return found, 0
    try:  # a lambda, or a function whose decorators are not where they were
        lines, first = inspect.getsourcelines(fn)
        return ast.parse(textwrap.dedent("".join(lines))), first - 1
    except (OSError, TypeError, SyntaxError):
        return None


@lru_cache(maxsize=32)
def _functions(tree: ast.Module) -> dict[tuple[str, int], Function]:
    """The functions of a file by name and first line, that of their first decorator."""
    found: dict[tuple[str, int], Function] = {}
    todo: list[ast.AST] = [*tree.body]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.expr):
            continue  # no definition stands in an expression
        if isinstance(node, Function):
            found[node.name, first_line(node)] = node
        todo += ast.iter_child_nodes(node)
    return found


def first_line(node: ast.stmt) -> int:
    """The line of the first decorator, or of the statement."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])
