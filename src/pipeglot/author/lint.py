"""What Python lets pass in silence on a traced value: found in the pipeline function's own source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from pipeglot.author import caller, syntax
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import At

_MAKERS = {"pipeglot.author.pipeline", "pipeglot.author.steps", "pipeglot.author.branches", "pipeglot.author.loops"}
_MAKERS |= {"pipeglot.author.blocks", "pipeglot.author.conditions"}

_UNSEEN = (ast.MatchSingleton, ast.MatchSequence, ast.MatchMapping)
"""Patterns that Python finds not to match, without asking the value: the others ask it."""

_BINDS = (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem, ast.For, ast.comprehension)
"""What binds names."""


def lint(fn: Callable[..., Any], folder: str) -> list[Diagnostic]:
    """Tests for identity, patterns, and texts that are changed after a traced value was written into them.

    What may be traced is followed through the function's assignments; names of plain Python values are left alone.
    """
    if (own := syntax.own(fn)) is None:
        return []
    tree, above = own
    nodes = [*ast.walk(tree)]
    wrong = []
    for node, code, message, help in _silent(nodes, _ValueNames(fn, nodes)):
        at = caller.place(fn.__code__.co_filename, above + node.lineno, folder)
        wrong.append(Diagnostic(code, "error", message, at, help))
    return wrong


def return_place(fn: Callable[..., Any], folder: str) -> At | None:
    """The line of a function's one `return` of a value; None when it has several."""
    if (own := syntax.own(fn)) is None:
        return None
    tree, above = own
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
    return caller.place(fn.__code__.co_filename, above + found[0].lineno, folder) if len(found) == 1 else None


def _silent(nodes: list[ast.AST], values: _ValueNames) -> Iterator[tuple[ast.expr | ast.pattern, str, str, str]]:
    decide = "let a step decide, and return a bool"
    for node in nodes:
        match node:
            case ast.Compare() if any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
                if any(values.traced(side) for side in (node.left, *node.comparators)):
                    message = "`is` is decided while tracing, and a value that exists only at run time is never None"
                    yield node, "PG101", message, decide
            case ast.Compare(left=left, comparators=others) if any(values.text(side) for side in (left, *others)):
                yield node, "PG103", "a text made of traced values is compared while tracing", decide
            case ast.Match(subject=subject, cases=cases) if values.traced(subject):
                for case in cases:
                    if any(isinstance(part, _UNSEEN) for part in ast.walk(case.pattern)):
                        message = (
                            "`match` is decided while tracing, and a value that exists only at run time has no shape"
                        )
                        yield case.pattern, "PG101", message, caller.HELP["If"]
            case ast.Call(func=ast.Name(id="type" | "id" | "callable" as name), args=[given]) if values.traced(given):
                if not values.own(name):
                    yield (
                        node,
                        "PG101",
                        f"{name}() of a value that exists only at run time says nothing about it",
                        decide,
                    )
            case ast.Subscript(value=base) | ast.Call(func=ast.Attribute(value=base)) if values.text(base):
                help = "pass an f-string to a step as it is; change text inside a step"
                yield node, "PG103", "a text made of traced values is changed while tracing", help


def _parameters(nodes: list[ast.AST]) -> Iterator[str]:
    """The parameters that may be traced values: those of the function, and of functions in it where no default says that
    they may be missing.
    """
    outermost = True
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            given = node.args
            plain = [*given.posonlyargs, *given.args]
            optional = {id(each) for each in plain[len(plain) - len(given.defaults) :]}
            named = zip(given.kwonlyargs, given.kw_defaults, strict=True)
            optional |= {id(each) for each, default in named if default is not None}
            for each in (*plain, *given.kwonlyargs):
                if outermost or id(each) not in optional:
                    yield each.arg
            outermost = False


class _ValueNames:
    """The names of a function that may hold traced values, or text made of them."""

    def __init__(self, fn: Callable[..., Any], nodes: list[ast.AST]) -> None:
        self._globals = getattr(fn, "__globals__", {})
        self._names = set(_parameters(nodes))
        self._texts: set[str] = set()
        binding = [node for node in nodes if isinstance(node, _BINDS)]
        size = -1
        while size != len(self._names) + len(self._texts):
            size = len(self._names) + len(self._texts)
            for node in binding:
                self._follow(node)

    def _follow(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                self._bind(target, value)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._bind(target, value)
            case ast.For(iter=value, target=target) | ast.comprehension(iter=value, target=target):
                self._bind(target, value)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        names = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
        if self.traced(value):
            self._names |= names
        if self.text(value):
            self._texts |= names

    def traced(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self._names
            case ast.Attribute(value=base) | ast.Subscript(value=base):
                return self.traced(base) or (isinstance(base, ast.Name) and self._is_run(base))
            case ast.Call(func=func):
                return self._makes(func)
            case ast.Compare(left=left, comparators=others):
                return any(self.traced(side) for side in (left, *others))
            case ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self.traced(value)
            case ast.IfExp(body=body, orelse=orelse):
                return self.traced(body) or self.traced(orelse)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return any(map(self.traced, parts))
        return False

    def text(self, node: ast.expr) -> bool:
        match node:
            case ast.JoinedStr(values=parts):
                return any(self.traced(part.value) for part in parts if isinstance(part, ast.FormattedValue))
            case ast.Name(id=name):
                return name in self._texts
        return False

    def own(self, name: str) -> bool:
        """Whether a name is one of the author's file, and so no builtin."""
        return name in self._globals

    def _is_run(self, node: ast.Name) -> bool:
        return type(self._globals.get(node.id)).__module__ == "pipeglot.author.pipeline"

    def _makes(self, func: ast.expr) -> bool:
        """Whether a call of this gives a traced value: a step's, with or without `.options(...)`, or one of ours."""
        while isinstance(func, ast.Call | ast.Attribute):
            func = func.func if isinstance(func, ast.Call) else func.value
        made = self._globals.get(func.id) if isinstance(func, ast.Name) else None
        return type(made).__module__ in _MAKERS or getattr(made, "__module__", None) in _MAKERS
