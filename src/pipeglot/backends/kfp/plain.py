"""Which steps have annotations of plain JSON types only: their boundary is `plain_io` of helpers.py.

A component is a process of its own: to import pydantic and to build its adapters takes longer there than all else
that a small step does.
"""

from __future__ import annotations

import ast

from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Inlined, Pipeline, SourceFragment, Step

SCALARS = frozenset({"bool", "int", "float", "str"})
TYPING = frozenset({"Any", "Dict", "List", "Literal", "Optional", "TypedDict", "Union"})
"""What `typing_extensions` and `typing` both have, of what annotations are made of."""


class Plain:
    """Knows which steps have plain types only: those whose values need no more than Python's own modules."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._chunks = {name: chunk for chunk in pipeline.code for name in chunk.names}

    def step(self, step: Step) -> bool:
        """Whether all annotations of a step's function are plain, that of its value too.

        >>> text = "def first(rows: list[float], limit=0) -> float | None:\\n    return rows[0] if rows else None"
        >>> chunk = SourceFragment(kind="function", names=("first",), text=text)
        >>> first = Step(name="first", run=Inlined(name="first"))
        >>> Plain(Pipeline(name="p", code=(chunk,), steps=(first,))).step(first)
        True
        """
        if not isinstance(step.run, Inlined):
            return False
        found = _statement(self._chunks.get(step.run.name))
        if not isinstance(found, ast.FunctionDef) or found.decorator_list or found.returns is None:
            return False
        given = found.args
        if given.vararg or given.kwarg:
            return False
        wanted = [each.annotation for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        arguments = all(each is None or self._plain(each, frozenset(), False) for each in wanted)
        return arguments and self._plain(found.returns, frozenset(), True)

    def _plain(self, hint: ast.expr, seen: frozenset[str], gives: bool) -> bool:
        """Whether a type is plain. What a function `gives` has to be so all through."""
        match hint:
            case ast.Constant(value=None):
                return True
            case ast.Name(id=name) if name not in self._chunks:
                return name in SCALARS or (name in ("list", "dict") and not gives)
            case ast.Name(id=name) if name not in seen:
                return self._bound(name, seen | {name}, gives)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return all(self._plain(each, seen, gives) for each in (left, right))
            case ast.Subscript(value=ast.Name(id=name), slice=inside):
                return self._generic(name, inside, seen, gives)
        return False

    def _generic(self, name: str, inside: ast.expr, seen: frozenset[str], gives: bool) -> bool:
        known = name if name not in self._chunks else self._imported(name)
        each = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
        match known, each:
            case "Literal", _:
                return all(isinstance(one, ast.Constant) and type(one.value) in (str, int) for one in each)
            case ("Optional" | "Union", _) | ("list" | "List", [_]):
                return all(self._plain(one, seen, gives) for one in each)
            case "dict" | "Dict", [ast.Name(id="str"), one] if "str" not in self._chunks:
                return self._plain(one, seen, gives)
        return False

    def _bound(self, name: str, seen: frozenset[str], gives: bool) -> bool:
        """Whether a name of the author's file is a plain type: another name for one, or a TypedDict of such."""
        match _statement(self._chunks[name]):
            case ast.Assign(targets=[ast.Name()], value=value):
                return self._plain(value, seen, gives)
            case ast.ClassDef(bases=[ast.Name(id=base)], keywords=[], decorator_list=[], body=body):
                if self._imported(base) != "TypedDict":
                    return False
                fields = [line for line in body if not isinstance(line, ast.Expr | ast.Pass)]
                return all(
                    isinstance(line, ast.AnnAssign) and line.value is None and self._plain(line.annotation, seen, gives)
                    for line in fields
                )
        return self._imported(name) == "Any" and not gives

    def _imported(self, name: str) -> str:
        """What a name is in `typing`; empty when it is not from there."""
        found = _statement(self._chunks.get(name))
        if isinstance(found, ast.ImportFrom) and found.module in ("typing", "typing_extensions"):
            names = {alias.asname or alias.name: alias.name for alias in found.names}
            return names.get(name, "")
        return ""


def without_extensions(chunk: SourceFragment) -> SourceFragment:
    """An import from `typing_extensions` as one from `typing`, where that is the same: for checks by `plain_io` it
    is, and only pydantic wants the newer TypedDict."""
    match _statement(chunk):
        case ast.ImportFrom(module="typing_extensions", names=names) as found if {n.name for n in names} <= TYPING:
            found.module = "typing"
            return replace(chunk, text=ast.unparse(found))
    return chunk


def _statement(chunk: SourceFragment | None) -> ast.stmt | None:
    return None if chunk is None else ast.parse(chunk.text).body[0]
