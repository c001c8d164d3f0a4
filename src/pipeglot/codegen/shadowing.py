"""Generated code beside the author's: it reads builtins and imports of its own, whatever the author's file calls so."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from pipeglot.codegen.code import Code, marks_of
from pipeglot.codegen.names import Imports
from pipeglot.core.dataclass import dataclass, replace
from pipeglot.core.free_variables import uses
from pipeglot.meaning import printed

BUILTINS = frozenset(dir(builtins))
_WRAPPERS = {"json_io", "plain_io"}
"""What an author's function is handed to: the one place where generated code names it."""
_WRAPPED = re.compile(r"\b(?:json_io|plain_io)\((\w+)\)")
_WORD = re.compile(r"""(?<![\w"'])[^\W\d]\w*(?!["'])""")
"""Names, and what may be one: no quoted word, and nothing that stands before a quote."""
_FIELD = re.compile(r"\{\{|\}\}|\{[^{}]*\}")


@lru_cache(maxsize=1)
def boundary_names() -> Mapping[str, str]:
    """The names of the boundary's helpers, and of what they import: `module` or `module.name`; their own have none.

    >>> boundary_names()["TypeAdapter"], boundary_names()["json_io"]
    ('pydantic.TypeAdapter', '')
    """
    found = {"json_io": "", "run_command": ""}
    functions: tuple[printed.Printed, ...] = ("json_io", "run_command")
    for function in functions:
        imported = {name: what for node in printed.imports(function) for name, what in meanings(node).items()}
        text = printed.source(function)
        needed = uses(ast.parse(text).body[0], text, "boundary").needed
        found |= {name: imported[name] for name in sorted(needed - BUILTINS - found.keys())}
    return found


def meanings(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """What an import binds, to which `module` or `module.name`. `typing.Callable` is the newer one's old name.

    >>> meanings(ast.parse("from numpy import abs, all as every").body[0])
    {'abs': 'numpy.abs', 'every': 'numpy.all'}
    """
    if isinstance(node, ast.Import):
        tops = [(alias, alias.name.partition(".")[0]) for alias in node.names]
        return {alias.asname or top: alias.name if alias.asname else top for alias, top in tops}
    found = {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return {name: "collections.abc.Callable" if what == "typing.Callable" else what for name, what in found.items()}


@dataclass(frozen=True)
class Hidden:
    """How generated code says what it means where the author's file has a name otherwise: `builtins.abs`, `json_`."""

    names: Mapping[str, str]
    builtins: str = "builtins"
    """What the module of that name is imported as."""
    values: frozenset[str] = frozenset()
    """Parameters of the function, which the code around them never calls or catches: what it calls so is a builtin."""
    bound: frozenset[str] = frozenset()
    """What the author's file binds."""

    def within(self, parameters: Iterable[str]) -> Hidden:
        """The same in a function whose parameters may be called like builtins."""
        values = BUILTINS.intersection(parameters)
        return replace(
            self, names={**self.names, **{name: f"{self.builtins}.{name}" for name in values}}, values=values
        )

    def immune(self, text: str, imports: Imports) -> Code:
        """Generated code with every name that the author's file hides said in a way that it does not hide."""
        if not self._may_hide(text):
            return Code(text)
        finder = self._found(text)
        lines = [line.encode() for line in text.split("\n")]
        places = {place: self.names[place[-1]] for place in finder.found}
        places |= {place: self._again(place[-1]) for place in finder.steps}
        for (line, start, end, name), replaced in sorted(places.items(), reverse=True):
            old = lines[line - 1][start:end]
            new = replaced.encode() if old == name.encode() else _in_fields(old.decode(), name, replaced).encode()
            lines[line - 1] = lines[line - 1][:start] + new + lines[line - 1][end:]
            if "." in replaced:
                self.need_builtins(imports)
        return Code("\n".join(line.decode() for line in lines), marks_of(text))

    def again(self, parts: Iterable[str]) -> Code:
        """Second names for functions of the author's: those that generated code has a variable of the same name beside."""
        hiding = filter(self._may_hide, parts)
        names = {name for part in hiding for *_, name in self._found(part).steps}
        return Code("\n".join(f"{self._again(name)} = {name}" for name in sorted(names)))

    def _may_hide(self, text: str) -> bool:
        """Whether code may have a name that it has to say otherwise, as far as its words tell: most code has none, and to
        read all of it takes longer than to print it."""
        wrapped = Counter(_WRAPPED.findall(text))
        if not (wrapped or self.names or self.values):
            return False
        sought = {*wrapped, *self.names, *self.values}
        found = Counter(word[0] for word in _WORD.finditer(text) if word[0] in sought)
        return any(times > wrapped[word] or word in self.names for word, times in found.items())

    def _again(self, name: str) -> str:
        return _free(name, self.bound)

    def _found(self, text: str) -> _Finder:
        return _read(text, frozenset(self.names), self.values)

    def need_builtins(self, imports: Imports) -> None:
        """Import the builtins under the name that they have here."""
        imports.module("builtins", None if self.builtins == "builtins" else self.builtins)

    @property
    def instead(self) -> frozenset[str]:
        """The names that stand for hidden ones."""
        return frozenset({self.builtins, *(name.partition(".")[0] for name in self.names.values())})


@lru_cache(maxsize=64)
def _read(text: str, names: frozenset[str], values: frozenset[str]) -> _Finder:
    """What code reads of some names; helpers are the same in one component after another."""
    finder = _Finder(names, values)
    finder.visit(ast.parse(text))
    return finder


def hidden(bound: Mapping[str, str], taken: Iterable[str] = ()) -> Hidden:
    """What is hidden by names that the author's file binds, each to what it means (nothing: to something of its own).

    >>> hidden({"abs": "numpy.abs", "json": "json", "typing": "", "load": ""}).names
    {'abs': 'builtins.abs', 'typing': 'typing_'}
    """
    other = {*bound, *taken}
    known, found, module = boundary_names(), dict[str, str](), "builtins"
    if bound.get(module) != module:
        module = _free(module, other)
    for name, meaning in bound.items():
        if name in known and meaning != (known[name] or None):
            found[name] = _free(name, other)
        elif name in BUILTINS and meaning != f"builtins.{name}":
            found[name] = f"{module}.{name}"
    return Hidden(found, module, bound=frozenset(bound))


def reads_before_binding(text: str) -> bool:
    """Whether a module reads, while it is made, a builtin that it binds itself further down: within a function that name
    would be the function's from the start.

    >>> reads_before_binding("def dict(n) -> dict: ..."), reads_before_binding("def f(x): return abs(x)")
    (True, False)
    """
    read: set[str] = set()
    for statement in ast.parse(text).body:
        module = symtable.symtable(ast.unparse(statement), "above", "exec")
        made = [module, *(table for table in module.get_children() if table.get_type() == "class")]
        read |= {one.get_name() for table in made for one in table.get_symbols() if one.is_referenced()}
        bound = {one.get_name() for one in module.get_symbols() if one.is_assigned() or one.is_imported()}
        if read & bound & BUILTINS:
            return True
    return False


def _free(name: str, taken: Container[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _in_fields(text: str, name: str, replaced: str) -> str:
    """An f-string with a name of its fields replaced: up to Python 3.11 the parts of one have no places of their own."""
    word = re.compile(rf"(?<![\w.]){name}(?!\w)")
    return _FIELD.sub(lambda field: field[0] if len(field[0]) == 2 else word.sub(replaced, field[0]), text)


Place: TypeAlias = tuple[int, int, int, str]
"""A name: its line, first and last byte there, and what it is."""


def _place(node: ast.expr, name: str) -> Place:
    assert node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_col_offset, name


class _Finder(ast.NodeVisitor):
    """Where names of the module are read that are to be said otherwise. The author's function that a wrapper is handed is
    meant as it is: `steps` are those that a variable hides."""

    def __init__(self, names: frozenset[str], values: frozenset[str]) -> None:
        self.names, self.values = names, values
        self.found: set[Place] = set()
        self.steps: set[Place] = set()
        self.scopes: list[set[str]] = []
        self.text: ast.JoinedStr | None = None

    def visit_Name(self, node: ast.Name) -> None:
        if any(node.id in scope for scope in self.scopes):
            return
        self.add(node)

    def add(self, node: ast.Name) -> None:
        if node.id in self.names:
            self.found.add(_place(self.text or node, node.id))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        outer, self.text = self.text, self.text or node
        self.generic_visit(node)
        self.text = outer

    def code(self, node: ast.AST | None) -> None:
        """What is called or caught: no value."""
        for each in ast.walk(node) if node is not None else ():
            if isinstance(each, ast.Name) and each.id in self.values:
                self.add(each)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.code(node.type)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Name(id="isinstance") as function, args=[_, kinds]):
                self.code(kinds)
                self.code(function)
            case ast.Call(func=ast.Name() as function):
                self.code(function)
        self.visit(node.func)
        author = isinstance(node.func, ast.Name) and node.func.id in _WRAPPERS
        for value in [*node.args, *(keyword.value for keyword in node.keywords)]:
            if not (author and isinstance(value, ast.Name)):
                self.visit(value)
            elif any(value.id in scope for scope in self.scopes):
                self.steps.add(_place(value, value.id))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in self.names and not self.scopes:
            start = node.col_offset + len("def ")
            self.found.add((node.lineno, start, start + len(node.name.encode()), node.name))
        given = node.args
        arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        outside = [*node.decorator_list, *given.defaults, *given.kw_defaults, node.returns]
        outside += [argument.annotation for argument in arguments if argument is not None]
        for part in outside:
            if part is not None:
                self.visit(part)
        own = {argument.arg for argument in arguments if argument is not None}
        self.scopes.append(own | set(_bound(node.body)))
        for line in node.body:
            self.visit(line)
        self.scopes.pop()

    def visit_ListComp(self, node: ast.AST) -> None:
        stored = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        self.scopes.append(stored)
        self.generic_visit(node)
        self.scopes.pop()

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp


def _bound(body: Iterable[ast.AST]) -> Iterable[str]:
    """The names that a function's own statements bind."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                continue
            case ast.Import() | ast.ImportFrom():
                yield from meanings(node)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str(name)):
                yield name
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.Lambda():
                continue
        yield from _bound(ast.iter_child_nodes(node))
