"""What a step without an annotation gives, as far as its source says it: a value that JSON cannot hold dies in the run."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from pipeglot.author import caller, syntax
from pipeglot.core import ir
from pipeglot.core.diagnostic import Diagnostic

_PLAIN = (str, int, float, list, dict, tuple, type(None))


def untyped(steps: Iterable[tuple[ir.Step, Callable[..., Any]]]) -> Iterator[Diagnostic]:
    """A warning for each step whose result is not annotated and is an object that JSON cannot hold.

    It follows what is returned through variables, calls of classes, and the annotations of functions it calls; of what it
    cannot follow it says nothing.
    """
    for step, fn in steps:
        if step.returns or not isinstance(step.run, ir.Inlined | ir.Imported):
            continue
        given = [*_given(inspect.unwrap(fn))]
        help = "write it to a file and return the path, or return its numbers and text"
        if found := next(filter(None, (_unfit(each) for each in given if isinstance(each, type))), None):
            message = f"{step.name!r} returns a {found}, which JSON cannot hold: its attempts will fail"
            yield Diagnostic("PG404", "warning", message, step.at, help)
        elif unsure := next((each for each in given if isinstance(each, str)), None):
            message = f"{step.name!r} returns what {unsure}() gives: only a run shows whether JSON can hold it"
            yield Diagnostic("PG404", "note", message, step.at, f"annotate what it returns; or {help}")


def _given(function: Callable[..., Any]) -> Iterator[type | str]:
    """The classes of what a function returns, or the name of a library's function that does not say what it gives."""
    if (own := syntax.own(function)) is None:
        return
    tree, _ = own
    known = _Classes(tree, getattr(function, "__globals__", {}))
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from known.of(node.value, 0)


class _Classes:
    """The classes of a function's expressions."""

    def __init__(self, tree: ast.AST, shared: dict[str, Any]) -> None:
        self._shared = shared
        self._bound: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    self._bound.setdefault(name, []).append(value)

    def of(self, node: ast.expr, depth: int) -> Iterator[type | str]:
        if depth > 5:
            return
        match node:
            case ast.Name(id=name):
                for value in self._bound.get(name, ()):
                    yield from self.of(value, depth + 1)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self.of(body, depth + 1)
                yield from self.of(orelse, depth + 1)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    yield from self.of(part, depth + 1)
            case ast.Dict(values=parts):
                for part in parts:
                    yield from self.of(part, depth + 1)
            case ast.Call(func=func):
                for called in self._objects(func, depth + 1):
                    yield from [called] if isinstance(called, type) else _returned(called)

    def _objects(self, node: ast.expr, depth: int) -> Iterator[Any]:
        """What is called: a name of the file, something of a module, or a method of an object whose class is known."""
        match node:
            case ast.Name(id=name) if name not in self._bound:
                yield self._shared.get(name, getattr(builtins, name, None))
            case ast.Attribute(value=base, attr=attr):
                owners = [*self._objects(base, depth)] if isinstance(base, ast.Name | ast.Attribute) else []
                made = [each for each in self.of(base, depth) if isinstance(each, type)]
                for owner in [*(each for each in owners if isinstance(each, ModuleType | type)), *made]:
                    yield inspect.getattr_static(owner, attr, None)


def _returned(called: Any) -> Iterator[type | str]:
    """The classes that a function's annotation names; the function's own name where a library's says none."""
    called = getattr(called, "__func__", called)
    said = getattr(called, "__annotations__", {})
    known = [*_named(said["return"], getattr(called, "__globals__", {}))] if "return" in said else []
    yield from known
    library = str(getattr(called, "__module__", None) or "").partition(".")[0]
    code = getattr(called, "__code__", None)
    own = code is not None and caller.is_author(code.co_filename)
    if not known and not own and callable(called) and library not in sys.stdlib_module_names | {"", "pipeglot"}:
        yield f"{library}.{getattr(called, '__name__', '?')}"


def _named(said: Any, shared: dict[str, Any]) -> Iterator[type]:
    """The classes in an annotation, as far as their names are known."""
    if said is None or isinstance(said, type):
        yield type(None) if said is None else said
    if not isinstance(said, str):
        return
    try:
        stack = [ast.parse(said, mode="eval").body]
    except SyntaxError:
        return
    while stack:
        match stack.pop():
            case ast.BinOp(left=left, right=right):
                stack += [right, left]
            case ast.Subscript(value=value):
                stack.append(value)
            case ast.Name(id=name):
                found = shared.get(name, getattr(builtins, name, None))
                if isinstance(found, type) and found is not Any:
                    yield found


def _unfit(found: type) -> str | None:
    """The name of a class whose objects JSON cannot hold."""
    if issubclass(found, _PLAIN) or found is object:
        return None
    from pydantic import TypeAdapter

    try:
        TypeAdapter(found)
    except Exception:
        return found.__name__
    return None
