"""Statements of Python around the calls of a pipeline that no engine would keep.

A pipeline's function runs once, while it is traced: a `try` around a step sees no step fail, a `with` of another library is
left before any step runs, a `return` inside a block leaves out what stands below it. Each would be dropped in silence, so
that each is refused where it stands. What only computes constants is left alone. All functions of the author's between the
pipeline's and the call are looked at, as far as their source is there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType
from typing import NamedTuple, NoReturn

from pipeglot.author import caller, syntax
from pipeglot.author.trace import Trace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic

_HARMLESS = frozenset({"nullcontext", "ExitStack"})
"""Context managers of Python that do nothing by themselves."""

_CAUGHT = "tolerate the failure by on_failure=continue_(...) and go on from that value, or catch it inside the step"
_FINALLY = "what is to run whatever happened is the call of `with finally_():`"
_LEAVE = "let the block end; take its value out by merge() or collect(), and return at the end of the function"
_FOREIGN = "open it inside the step; a pipeline's own blocks are when, elsewhen, otherwise, each, group and finally_"


class Endless(BaseException):
    """Ends a trace that would not end; what is wrong is noted. No `Exception`, for an author may catch those."""


class EnclosingStatement(NamedTuple):
    """A statement of a function while it runs; the same line of a recursive call is another one."""

    frame: int
    node: ast.stmt


def unkept(trace: Trace) -> None:
    """Note as errors the statements around the author's line that would be lost."""
    for frame in _frames(trace):
        for node in _around(frame):
            if _inside(node, frame) and (wrong := _wrong(trace, node, frame)):
                _note(trace, frame, node, *wrong)
                if isinstance(node, ast.While):
                    trace.rounds += 1
                    if trace.rounds > 100:
                        raise Endless


def in_a_thread(trace: Trace, name: str) -> NoReturn:
    """Stop a call in a thread that the pipeline's function started: it would run the step now, and not in the pipeline."""
    message = f"{name} is called in another thread while the pipeline is traced, and would run at once"
    found = Diagnostic(
        "PG118", "error", message, trace.at(), "call it in the function itself: calls run side by side anyway"
    )
    trace.errors.append(found)
    raise AuthoringError([found])


def opened(trace: Trace, what: str, *, transparent: bool) -> set[EnclosingStatement]:
    """The `with` statements by which a block of the pipeline was opened; what leaves it early is noted as an error.

    A group is transparent: to return from it is plain Python.
    """
    statements = set()
    for frame in _frames(trace):
        for node in _around(frame):
            if isinstance(node, ast.With) and caller.line(frame) <= _header_end(node):
                statements.add(EnclosingStatement(id(frame), node))
                for left in () if transparent else _leaves(node):
                    word = type(left).__name__.lower()
                    message = f"`{word}` inside the block of {what} leaves out what stands below, whatever is decided"
                    _note(trace, frame, left, message, _LEAVE)
    return statements


def _note(trace: Trace, frame: FrameType, node: ast.stmt, message: str, help: str) -> None:
    at = caller.place(frame.f_code.co_filename, node.lineno, trace.folder)
    found = Diagnostic("PG101" if isinstance(node, ast.While) else "PG118", "error", message, at, help)
    if found not in trace.errors:
        trace.errors.append(found)


def _frames(trace: Trace) -> list[FrameType]:
    """The author's functions that are running, from the line that called us to the pipeline's; none when another thread
    or loop runs them."""
    frame: FrameType | None = caller.author_frame()
    found = []
    while frame is not None:
        if caller.is_author(frame.f_code.co_filename):
            found.append(frame)
        if frame.f_code is trace.code:
            return found
        frame = frame.f_back
    return []


def _wrong(trace: Trace, node: ast.stmt, frame: FrameType) -> tuple[str, str] | None:
    """What is wrong with a statement around a call, and the way out."""
    match node:
        case ast.With(items=items) | ast.AsyncWith(items=items):
            here = EnclosingStatement(id(frame), node)
            ours = sum(here in within.statements for within in trace.open)
            foreign = [item.context_expr for item in items if not _harmless(item.context_expr)]
            if ours >= len(foreign):
                return None
            shown = ", ".join(f"`{ast.unparse(_head(each))}`" for each in foreign if not _pipeglots(each, frame))
            return f"`with` of {shown or 'something else'} is over before any step runs", _FOREIGN
        case ast.While():
            return "a `while` around steps turns while the pipeline is traced, when no step has run", caller.HELP[
                "While"
            ]
        case ast.Assign() | ast.AnnAssign():
            return (
                "a value of the run is kept in a global variable, which no step sees when it runs",
                "pass it to the step",
            )
        case _:
            clauses = "/".join(
                ("try", *["except"] * bool(getattr(node, "handlers", ())), *["finally"] * _finally(node))
            )
            way_out = "; ".join([_CAUGHT] * bool(getattr(node, "handlers", ())) + [_FINALLY] * _finally(node))
            return f"`{clauses}` acts while the pipeline is traced, when no step has run and none can fail", way_out


def _finally(node: ast.stmt) -> bool:
    return bool(getattr(node, "finalbody", ()))


def _harmless(manager: ast.expr) -> bool:
    names = (each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in ast.walk(manager))
    return not _HARMLESS.isdisjoint(names)


def _head(manager: ast.expr) -> ast.expr:
    return manager.func if isinstance(manager, ast.Call) else manager


def _pipeglots(manager: ast.expr, frame: FrameType) -> bool:
    """Whether it is a call of ours, by its name in the author's file."""
    head = _head(manager)
    made = frame.f_globals.get(head.id) if isinstance(head, ast.Name) else None
    return str(getattr(made, "__module__", "")).startswith("pipeglot.")


def _inside(node: ast.stmt, frame: FrameType) -> bool:
    """Whether a function is in that part of a statement around its line that would be lost."""
    match node:
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return _between(body, _header_end(node), frame)
        case ast.While(test=test, body=body):
            # What computes constants may turn as often as it likes.
            if isinstance(test, ast.Constant):
                return bool(test.value)
            return any(isinstance(each, ast.Call) for each in ast.walk(test)) and not _between(
                body, test.end_lineno or 0, frame
            )
        case ast.Assign() | ast.AnnAssign():
            return True
    body = node.body if isinstance(node, ast.Try) else getattr(node, "body", [])
    # In a generator that is a context manager, what runs inside is elsewhere.
    yields = any(isinstance(each, ast.Yield) for part in body for each in ast.walk(part))
    return yields or body[0].lineno <= caller.line(frame) <= (body[-1].end_lineno or 0)


def _between(body: list[ast.stmt], header: int, frame: FrameType) -> bool:
    """Whether a function is in the body of a statement, and not in its head."""
    first, last = body[0], body[-1].end_lineno or 0
    if first.lineno > header:
        return first.lineno <= caller.line(frame) <= last
    line, column = caller.position(frame)  # all on one line
    if column is None:
        return first.lineno == line and caller.has_entered(frame, line)
    return first.lineno <= line <= last and (line, column) >= (first.lineno, first.col_offset)


def _header_end(node: ast.With | ast.AsyncWith) -> int:
    last = node.items[-1]
    return max(last.context_expr.end_lineno or 0, (last.optional_vars or last.context_expr).end_lineno or 0)


def _leaves(block: ast.With) -> Iterator[ast.stmt]:
    """What leaves the body of a block before its end."""
    stack: list[tuple[ast.AST, bool]] = [(each, False) for each in block.body]
    while stack:
        node, looping = stack.pop()
        if isinstance(node, ast.Return) or (isinstance(node, ast.Break | ast.Continue) and not looping):
            yield node
        stack += [(each, looping or isinstance(node, ast.For | ast.While)) for each in _inner(node)]


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that run with it: no functions and classes defined there."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        yield from ast.iter_child_nodes(node)


# ---------------------------------------------------------------- the statements of a function

_known: dict[int, tuple[CodeType, dict[int, list[ast.stmt]]]] = {}
"""By id of a code object, as in `bytecode`."""


def _around(frame: FrameType) -> Iterable[ast.stmt]:
    """The statements around a function's line that may be lost around a call, the outermost first; none without its source."""
    code = frame.f_code
    if id(code) not in _known:
        if len(_known) > 512:
            _known.clear()
        by_line: dict[int, list[ast.stmt]] = {}
        for node in _found(code):
            for line in range(node.lineno, (node.end_lineno or 0) + 1):
                by_line.setdefault(line, []).append(node)
        _known[id(code)] = (code, by_line)
    return _known[id(code)][1].get(caller.line(frame), ())


def _found(code: CodeType) -> Iterator[ast.stmt]:
    """The statements of a function that may be lost around a call, the outermost first."""
    function = syntax.function(code)
    if function is None:
        return
    shared = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    stack: list[ast.AST] = [*reversed(function.body)]
    while stack:
        node = stack.pop()
        match node:
            case ast.With() | ast.AsyncWith() | ast.While() | ast.Try():
                yield node
            case ast.stmt() if type(node).__name__ == "TryStar":  # from Python 3.11 on
                yield node
            case ast.Assign(targets=targets) if any(isinstance(t, ast.Name) and t.id in shared for t in targets):
                yield node
            case ast.AnnAssign(target=ast.Name(id=name)) if name in shared:
                yield node
        stack += reversed([*_inner(node)])
