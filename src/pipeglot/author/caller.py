"""Where the author's code stands right now: the line that called us, and what its syntax says about the call."""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
import types
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pipeglot.author import bytecode, syntax
from pipeglot.core.ir import At

_OURS = tuple(str(Path(__file__).parents[1] / room) + os.sep for room in ("author", "core", "meaning"))

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


def _libraries() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {sysconfig.get_path(name) for name in names} | {os.path.dirname(os.__file__)}
    return tuple(sorted(path + os.sep for path in paths if path))


_LIBRARIES = (*_libraries(), "<frozen")

_PIPELINES: set[str] = set()
"""The files that declare pipelines: the author's own wherever they lie, an installed package too."""


def declares(fn: object) -> None:
    """Remember that a pipeline function's file is an author's."""
    if isinstance(fn, types.FunctionType):
        _PIPELINES.add(fn.__code__.co_filename)


def is_author(filename: str) -> bool:
    """Whether a file is the author's: neither pipeglot's nor a library's, or one that declares pipelines."""
    return filename in _PIPELINES or not (filename.startswith(_OURS) or filename.startswith(_LIBRARIES))


def author_frame() -> types.FrameType:
    """The innermost frame outside pipeglot and all libraries: the author's line."""
    frame: types.FrameType | None = sys._getframe(1)
    outside = None
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_OURS):
            outside = outside or frame
            if is_author(name):
                return frame
        frame = frame.f_back
    assert outside is not None
    return outside


def asked_by_author() -> bool:
    """Whether the author's own line called the function that asks, and not a debugger or a library."""
    return is_author(sys._getframe(2).f_code.co_filename)


def line(frame: types.FrameType) -> int:
    """The line of a frame, as `f_lineno` says it, which takes as long as its function is long."""
    return bytecode.of(frame.f_code).line(frame.f_lasti)


def at(frame: types.FrameType, folder: str) -> At:
    """The place of a frame, relative to the folder of the pipeline's own file."""
    return place(frame.f_code.co_filename, line(frame), folder)


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


def author_place(error: BaseException, filename: str | None) -> tuple[str, int] | None:
    """The file and line where an exception left the author's code; `filename` is the author's in any case."""
    found, trace = None, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name == filename or (is_author(name) and not name.startswith("<")):
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    return found


# ---------------------------------------------------------------- the variable a value goes to


def assigned_name(frame: types.FrameType) -> str | None:
    """The one variable that the value of the call being evaluated is bound to, also as `with call as name`.

    The byte code says it exactly and on every version; the source might not be there.
    """
    return bytecode.of(frame.f_code).stored_after(frame.f_lasti)


# ---------------------------------------------------------------- what asks for the truth of a value

_Position = tuple[int, int]


def truth_asked_by(frame: types.FrameType) -> str | None:
    """The help for the innermost syntax that asks for the truth or the items of what is being evaluated."""
    if (tree := syntax.of_file(frame.f_code.co_filename)) is None:
        return None
    line, column = position(frame)
    best: tuple[_Position, str] | None = None
    for node, what in (found for inner in ast.walk(tree) for found in _asking(inner)):
        start, end = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
        if column is None:
            inside = start[0] <= line <= end[0]
        elif isinstance(node, ast.stmt):
            inside = (line, column) == start
        else:
            inside = start <= (line, column) <= end
        if inside and (best is None or start >= best[0]):
            best = (start, what)
    return None if best is None else HELP[best[1]]


def position(frame: types.FrameType) -> tuple[int, int | None]:
    """Line and column of the expression being evaluated; no column before Python 3.11."""
    return bytecode.of(frame.f_code).position(frame.f_lasti) or (line(frame), None)


def _asking(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    match node:
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
            yield node.test, type(node).__name__
            if isinstance(node, ast.While):  # the byte code of `while not` stands at the statement
                yield node, "While"
        case ast.BoolOp():
            yield from ((value, type(node.op).__name__) for value in node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node, "Not"
        case ast.Compare(ops=[ast.In() | ast.NotIn(), *_]):
            yield node, "In"
        case ast.Compare(ops=[_, _, *_]):
            yield node, "Chain"
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            yield iterated, "For"


def has_entered(frame: types.FrameType, line: int) -> bool:
    """Whether a function is past the head of a `with` on a line. Python 3.10 knows no columns, but its byte code says it."""
    return bytecode.of(frame.f_code).entered_by(line) < frame.f_lasti


def is_ours(error: BaseException) -> bool:
    """Whether an exception was raised by pipeglot's own code: then it may be a bug of ours, not the author's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS)
