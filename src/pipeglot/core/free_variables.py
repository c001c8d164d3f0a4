"""Which names a statement takes from the module it stands in."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Mapping

from pipeglot.core.dataclass import dataclass, field

_MUTATORS = frozenset(
    """append add appendleft clear discard extend insert pop popitem popleft remove reverse setdefault sort
    update""".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Uses:
    """`needed` must be there; `wanted` (names in quoted annotations, or hidden by a class's own) is taken when the
    module has it. `assigned` are needed names whose items or attributes the statement sets, `mutated` those with
    a call such as `.append()`, each with the line."""

    needed: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    assigned: Mapping[str, int] = field(default_factory=dict)
    mutated: Mapping[str, int] = field(default_factory=dict)


def uses(node: ast.stmt, text: str, file: str) -> Uses:
    """The module's names in a statement whose own text, starting at column 0, is `text`.

    Raises SyntaxError when `text` is not Python.

    >>> text = "def f(a, b=B): return [a + c + d for c in C]"
    >>> sorted(uses(ast.parse(text).body[0], text, "f.py").needed)
    ['B', 'C', 'd']
    """
    needed = frozenset(_global_names(symtable.symtable(text, file, "exec")))
    wanted = {name for note in _annotations(node) for name in _quoted(note)}
    for inner in ast.walk(node):
        if isinstance(inner, ast.ClassDef):
            wanted.update(_shadowed(inner))
    assigned = {name: line for name, line in assignments(node) if name in needed}
    mutated = {name: line for name, line in mutations(node) if name in needed}
    return Uses(needed, frozenset(wanted) - needed, assigned, mutated)


def _global_names(module: symtable.SymbolTable) -> Iterator[str]:
    """The statement is compiled alone, so that what it does not bind itself is the module's."""
    tables = [module]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        for symbol in table.get_symbols():
            if table is module:  # what is assigned here is its own, or a variable of an inlined comprehension
                used = symbol.is_referenced() and not symbol.is_assigned()
            else:
                used = symbol.is_global() and (symbol.is_referenced() or symbol.is_assigned())
            if used:
                yield symbol.get_name()


def _annotations(node: ast.stmt) -> Iterator[ast.expr]:
    for inner in ast.walk(node):
        match inner:
            case ast.arg(annotation=ast.expr() as note) | ast.AnnAssign(annotation=note):
                yield note
            case ast.FunctionDef(returns=ast.expr() as note) | ast.AsyncFunctionDef(returns=ast.expr() as note):
                yield note
            case ast.Assign(value=ast.Subscript(value=base) as note) if _is_type(last_name(base)):
                yield note  # an alias such as `Rows = list["Row"]`


def _quoted(note: ast.AST) -> Iterator[str]:
    """Names in the quoted parts of an annotation. Literal and the extras of Annotated hold no types."""
    match note:
        case ast.Constant(value=str(text)):
            try:
                inner = ast.parse(text.strip(), mode="eval")
            except (SyntaxError, ValueError):
                return
            yield from (each.id for each in ast.walk(inner) if isinstance(each, ast.Name))
            yield from _quoted(inner.body) if not isinstance(inner.body, ast.Constant) else ()
        case ast.Subscript(value=base) if last_name(base) == "Literal":
            return
        case ast.Subscript(value=base, slice=ast.Tuple(elts=[first, *_])) if last_name(base) == "Annotated":
            yield from _quoted(first)
        case _:
            for child in ast.iter_child_nodes(note):
                yield from _quoted(child)


def last_name(node: ast.expr) -> str:
    """The last name of `a.b.c`, or nothing."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _is_type(name: str) -> bool:
    """Whether a name is spelled as generic types are; `CONFIG["key"]` is none."""
    return name in ("list", "dict", "tuple", "set", "frozenset", "type") or (name[:1].isupper() and not name.isupper())


def _shadowed(cls: ast.ClassDef) -> Iterator[str]:
    """In `date: date` and `x = x` the class's own name hides that the right side is the module's."""
    for line in cls.body:
        match line:
            case ast.AnnAssign(annotation=note):
                yield from (each.id for each in ast.walk(note) if isinstance(each, ast.Name))
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                names = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
                yield from names & {target}
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for note in _annotations(line):
                    yield from (each.id for each in ast.walk(note) if isinstance(each, ast.Name))


def assignments(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Names, of whatever scope, whose items or attributes a statement sets or deletes, with the line."""
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Call):
            yield from changes(inner)


def mutations(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Names, of whatever scope, on which a statement calls what changes a list, dict or set, with the line."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            yield from changes(inner)


def changes(node: ast.AST) -> Iterator[tuple[str, int]]:
    """The name that an expression itself, and not what is in it, changes something of, with the line."""
    match node:
        case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            yield from _root(node.value)
        case ast.Call(func=ast.Attribute(value=base, attr=method)) if method in _MUTATORS:
            yield from _root(base)


def _root(node: ast.expr) -> Iterator[tuple[str, int]]:
    line = node.lineno
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id, line
