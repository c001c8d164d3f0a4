"""Where the author's code stands right now: the line that called us, and what its syntax says about the call."""

from __future__ import annotations

import ast
import linecache
import os
import sys
import types
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pipeglot.core.ir import At

_OURS = str(Path(__file__).parent) + os.sep

HELP = {
    "If": "write `with when(condition):` and `with otherwise():`",
    "While": "a loop over a run-time condition cannot be carried; loop inside a step",
    "IfExp": "write `with when(condition):`, `with otherwise():` and `merge(a, b)`",
    "And": "write `all_(a, b)`",
    "Or": "write `any_(a, b)`",
    "Not": "write `not_(a)`",
    "Chain": "write `all_(low < x, x < high)`",
    "In": "write `is_in(x, [...])`",
    "For": "write `with each(values) as value:` and `collect(...)`",
    "Assert": "check it inside a step",
}


def author_frame() -> types.FrameType:
    """The innermost frame outside pipeglot's core and the standard library: the author's line."""
    frame: types.FrameType | None = sys._getframe(1)
    fallback = None
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_OURS):
            fallback = fallback or frame
            if not name.startswith(_STANDARD) and not name.startswith("<frozen"):
                return frame
        frame = frame.f_back
    assert fallback is not None
    return fallback


_STANDARD = os.path.dirname(os.__file__) + os.sep


def at(frame: types.FrameType, folder: str) -> At:
    """The place of a frame, relative to the folder of the pipeline's own file."""
    return place(frame.f_code.co_filename, frame.f_lineno, folder)


@lru_cache(maxsize=4096)
def _relative(filename: str, folder: str) -> str:
    try:
        path = os.path.relpath(filename, folder)
    except ValueError:  # another drive
        path = ".."
    return os.path.basename(filename) if path.startswith("..") else Path(path).as_posix()


def place(filename: str, line: int, folder: str) -> At:
    """A place by file and line, relative to a folder where it lies below it, else by the file's name."""
    return At(file=_relative(filename, folder), line=max(line, 1))


# ---------------------------------------------------------------- what the syntax at a position says

_Position = tuple[int, int]


@dataclass
class _Syntax:
    """What a file says at the position where an expression starts (line from 1, column from 0)."""

    bound: dict[_Position, str] = field(default_factory=dict)
    """The one name an expression is assigned to, or a with-item's `as` name."""
    bound_lines: dict[int, str] = field(default_factory=dict)
    tests: list[tuple[_Position, _Position, str]] = field(default_factory=list)
    """Expressions that Python itself asks for their truth, or iterates: start, end, what asks."""


@lru_cache(maxsize=256)
def _syntax(filename: str, stamp: int) -> _Syntax:
    syntax = _Syntax()
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return syntax
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                _bind(syntax, value, name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                _bind(syntax, value, name)
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                _bind(syntax, value, name)
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
                _test(syntax, node.test, type(node).__name__)
            case ast.BoolOp():
                for value in node.values:
                    _test(syntax, value, type(node.op).__name__)
            case ast.UnaryOp(op=ast.Not()):
                _test(syntax, node, "Not")
            case ast.Compare(ops=[ast.In() | ast.NotIn(), *_]):
                _test(syntax, node, "In")
            case ast.Compare(ops=[_, _, *_]):
                _test(syntax, node, "Chain")
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
                _test(syntax, iterated, "For")
    return syntax


def _bind(syntax: _Syntax, value: ast.expr, name: str) -> None:
    syntax.bound[value.lineno, value.col_offset] = name
    syntax.bound_lines[value.lineno] = "" if value.lineno in syntax.bound_lines else name


def _test(syntax: _Syntax, node: ast.expr, what: str) -> None:
    end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    syntax.tests.append(((node.lineno, node.col_offset), end, what))


def _syntax_of(frame: types.FrameType) -> _Syntax:
    name = frame.f_code.co_filename
    return _syntax(name, len(linecache.getlines(name)))


@lru_cache(maxsize=1024)
def _positions(code: types.CodeType) -> tuple[tuple[int | None, int | None, int | None, int | None], ...]:
    return tuple(code.co_positions()) if sys.version_info >= (3, 11) else ()


def _position(frame: types.FrameType) -> _Position | None:
    """Where the expression being evaluated starts; None before Python 3.11."""
    positions = _positions(frame.f_code)
    if not positions:
        return None
    line, _, column, _ = positions[frame.f_lasti // 2]
    return None if line is None or column is None else (line, column)


def assigned_name(frame: types.FrameType) -> str | None:
    """The variable that the value of the call being evaluated is assigned to (or `as` which it is entered)."""
    syntax, position = _syntax_of(frame), _position(frame)
    if position is not None:
        return syntax.bound.get(position)
    return syntax.bound_lines.get(frame.f_lineno) or None


def truth_asked_by(frame: types.FrameType) -> str | None:
    """The help for the innermost syntax that asks for the truth or the items of what is being evaluated."""
    position = _position(frame) or (frame.f_lineno, 1_000_000)
    best: tuple[_Position, str] | None = None
    for start, end, what in _syntax_of(frame).tests:
        inside = start <= position <= end if sys.version_info >= (3, 11) else start[0] <= position[0] <= end[0]
        if inside and (best is None or start >= best[0]):
            best = (start, what)
    return None if best is None else HELP[best[1]]


def author_line(error: BaseException, filename: str) -> int | None:
    """The innermost line of a file in an exception's traceback."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def is_ours(error: BaseException) -> bool:
    """Whether an exception was raised by pipeglot's own code: then it is a bug of ours, not the author's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS)
