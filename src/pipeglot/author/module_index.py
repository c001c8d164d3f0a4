"""The top-level statements of an author's file: what each binds, its own text, and whether it can travel."""

from __future__ import annotations

import ast
import itertools
import os
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

from pipeglot.author.syntax import first_line, parsed
from pipeglot.core.dataclass import dataclass
from pipeglot.core.free_variables import Uses, assignments, changes, last_name, mutations, uses

Kind: TypeAlias = Literal["import", "value", "class", "function"]

_CONTAINERS = frozenset({"list", "dict", "set", "defaultdict", "OrderedDict", "Counter", "deque", "bytearray"})
_CONTAINER_NODES = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


@dataclass
class Statement:
    """A top-level statement (or one name of an import) that can travel, or the reason why it cannot."""

    names: tuple[str, ...]
    kind: Kind
    node: ast.stmt
    number: int
    line: int
    text: str
    module: str = ""
    original: str = ""
    refusal: tuple[str, str, str] | None = None

    @cached_property
    def uses(self) -> Uses:
        if self.kind == "import" or self.refusal:
            return Uses()
        return uses(self.node, self.text, "<step>")

    @property
    def pipeglot(self) -> bool:
        """Whether it imports something of pipeglot."""
        return self.kind == "import" and self.module.split(".")[0] == "pipeglot"

    @property
    def container(self) -> bool:
        """Whether it makes a list, dict or set, which a method such as `append` can change."""
        match self.node:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                if isinstance(value, ast.Call):
                    return last_name(value.func) in _CONTAINERS
                return isinstance(value, _CONTAINER_NODES)
            case _:
                return False

    @property
    def full_name(self) -> str:
        """What an import binds its name to, such as `datetime.datetime`."""
        if self.original:
            return f"{self.module}.{self.original}"
        return self.module if " as " in self.text else self.names[0]

    def line_of(self, name: str) -> int:
        """The line where it uses a name."""
        for node in ast.walk(self.node):
            if isinstance(node, ast.Name) and node.id == name:
                return node.lineno
        return self.line


def open_file(path: str) -> ModuleIndex:
    """The analysed file; ValueError when it is not UTF-8 or not Python."""
    status = os.stat(path)
    return _parsed(os.path.realpath(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _parsed(path: str, changed: int, size: int) -> ModuleIndex:
    try:
        text = Path(path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        return ModuleIndex(path, text)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from error


class ModuleIndex:
    """One author's file: what binds every top-level name."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = [line.encode() for line in text.split("\n")]
        self.items: dict[str, list[Statement]] = {}
        self._numbers = itertools.count()
        self.star: tuple[str, int] | None = None
        self.future = 0
        self.outside: dict[str, int] = {}
        tree = parsed(text)
        for node in tree.body:
            self._index(node)
        self._touched: set[str] = set()
        for inner in ast.walk(tree):
            self._note(inner)

    def _note(self, node: ast.AST) -> None:
        """What a part of the file, at any depth, says of names of the module."""
        match node:
            case ast.Global(names=names):
                for name in names:
                    self.outside.setdefault(name, node.lineno)
            case ast.ImportFrom(module=module, names=[ast.alias(name="*")], level=level):
                self.star = ("." * level + (module or ""), node.lineno)
            case ast.Subscript() | ast.Attribute() | ast.Call():
                self._touched.update(name for name, _ in changes(node))

    def changed(self, item: Statement, name: str) -> int | None:
        """A line that changes the value of a name after `item` made it."""
        if name in self.outside or name not in self._touched:
            return self.outside.get(name)
        assigned: int | None = None
        mutated: int | None = None
        for other in self._all():
            if name in other.text or not other.text.isascii():  # Python reads names by their normal form
                assigned = other.uses.assigned.get(name, assigned)
                mutated = other.uses.mutated.get(name, mutated)
        return assigned or (mutated if item.container else None)

    def _all(self) -> Iterator[Statement]:
        return (item for items in self.items.values() for item in items)

    def _index(self, node: ast.stmt) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self._assign(node)
            case ast.FunctionDef(decorator_list=[*_, last]) if last_name(last) == "overload":
                pass  # for type checkers alone
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self._bind((name,), "function", node, self._function(node))
            case ast.ClassDef(name=name):
                self._bind((name,), "class", node, self._text(node, first_line(node)))
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                pass  # only what a script does
            case ast.If(test=test, body=body, orelse=[]) if last_name(test) == "TYPE_CHECKING" and _only_imports(body):
                for line in body:
                    self._index(line)
            case ast.Try() if _optional_import(node):
                self._bind(tuple(dict.fromkeys(_stored(node))), "value", node, self._text(node))
            case _ if type(node).__name__ == "TypeAlias":
                self._bind(tuple(_stored(node)), "value", node, self._text(node))
            case _:
                self._loose(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                text = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                bound = alias.asname or alias.name.split(".")[0]
                self._bind((bound,), "import", node, text, module=alias.name)
            elif node.module != "__future__":
                self._from("." * node.level + (node.module or ""), alias, node)
            elif alias.name == "annotations":
                self.future = node.lineno

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Call(args=[ast.Name(id=name)]) as call) if (
                target == name and self._is_step(call.func)
            ):
                pass  # `train = step(train)`: the function stays what it is
            case ast.Assign(targets=targets) if all(map(_is_plain, targets)):
                names = [name for target in targets for name in _stored(target)]
                self._bind(tuple(names), "value", node, self._text(node))
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                if value is not None:
                    self._bind((name,), "value", node, self._text(node))
            case ast.AugAssign(target=ast.Name(id=name)):
                self.outside.setdefault(name, node.lineno)
            case _:
                self._loose(node)

    def _loose(self, node: ast.stmt) -> None:
        """A statement that does not travel; the names it binds or changes do not either."""
        why = f"which the `{_keyword(node)}` of line {node.lineno} binds"
        help = "bind it once, at the top level of the file"
        for name in [] if isinstance(node, ast.Delete) else dict.fromkeys(_stored(node)):
            self._bind((name,), "value", node, "", refusal=("PG158", why, help))
        for name, line in (*assignments(node), *mutations(node)):
            self.outside.setdefault(name, line)
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=base))) if last_name(_root(base)):
                self.outside.setdefault(last_name(_root(base)), node.lineno)
            case ast.Delete(targets=targets):
                for target in targets:
                    self.outside.setdefault(last_name(target), node.lineno)

    def _from(self, module: str, alias: ast.alias, node: ast.stmt) -> None:
        bound = alias.asname or alias.name
        if alias.name == "*":
            return
        text = f"from {module} import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
        refusal = None
        if module.startswith("."):
            why = f"which the relative import of line {node.lineno} binds"
            refusal = ("PG159", why, f"write the module's full name: from <package>.{text[6:].lstrip('.')}")
        self._bind((bound,), "import", node, text, module=module, original=alias.name, refusal=refusal)

    def _bind(
        self,
        names: tuple[str, ...],
        kind: Kind,
        node: ast.stmt,
        text: str,
        *,
        module: str = "",
        original: str = "",
        refusal: tuple[str, str, str] | None = None,
    ) -> None:
        if kind in ("function", "class") and node.end_lineno is not None:
            line = node.end_lineno - text.count("\n")  # of the first decorator that was kept
        else:
            line = node.lineno
        item = Statement(names, kind, node, next(self._numbers), line, text, module, original, refusal)
        for name in names:
            self.items.setdefault(name, []).append(item)

    def _is_step(self, node: ast.expr) -> bool:
        """Whether an expression is pipeglot's `step`, or a name for a use of it: `ml = step(retries=2)`."""
        seen: set[str] = set()
        while True:
            last = ""
            while isinstance(node, (ast.Call, ast.Attribute)):
                last = last or getattr(node, "attr", "")
                node = node.func if isinstance(node, ast.Call) else node.value
            name = last_name(node)
            if name in seen or not self.items.get(name):
                return False
            seen.add(name)
            item = self.items[name][0]
            if item.pipeglot:
                return "step" in (item.original, last if not item.original else "")
            if not isinstance(item.node, ast.Assign) or not isinstance(item.node.value, ast.Call):
                return False
            node = item.node.value

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        """The function without pipeglot's `step` and what stands above that: it decorates the step."""
        steps = [number for number, each in enumerate(node.decorator_list) if self._is_step(each)]
        kept = node.decorator_list[steps[-1] + 1 :] if steps else node.decorator_list
        return self._text(node, self._at_sign(kept[0].lineno) if kept else node.lineno)

    def _at_sign(self, line: int) -> int:
        while not self.lines[line - 1].lstrip().startswith(b"@"):
            line -= 1
        return line

    def _text(self, node: ast.stmt, first: int = 0) -> str:
        """The statement's own bytes from line `first`, and a comment at its end."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        lines = self.lines[(first or node.lineno) - 1 : node.end_lineno]
        tail = lines[-1][node.end_col_offset :]
        if not tail.strip().startswith(b"#"):
            lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :] if not first or first == node.lineno else lines[0]
        return b"\n".join(lines).decode().rstrip()


def _is_plain(node: ast.expr) -> bool:
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(map(_is_plain, parts))
        case ast.Starred(value=value):
            return _is_plain(value)
        case _:
            return isinstance(node, ast.Name)


def _stored(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds in its own scope."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
            return
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return
        case (
            ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name))
        ):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.split(".")[0]
        case ast.ExceptHandler(name=str(name)):
            yield name
    for child in ast.iter_child_nodes(node):
        yield from _stored(child)


def _only_imports(body: Sequence[ast.stmt]) -> bool:
    return all(isinstance(line, (ast.Import, ast.ImportFrom)) for line in body)


def _optional_import(node: ast.Try) -> bool:
    """`try: import a` / `except ImportError: a = None`, which travels whole."""
    errors = [last_name(handler.type) if handler.type else "" for handler in node.handlers]
    simple = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Pass)
    lines = [
        *node.body,
        *node.orelse,
        *node.finalbody,
        *(line for each in node.handlers for line in each.body),
    ]
    return (
        len(errors) == len(node.handlers)
        and set(errors) <= {"ImportError", "ModuleNotFoundError"}
        and any(isinstance(line, (ast.Import, ast.ImportFrom)) for line in node.body)
        and all(isinstance(line, simple) for line in lines)
        and "*" not in _stored(node)
    )


def _keyword(node: ast.stmt) -> str:
    return "expression" if isinstance(node, ast.Expr) else type(node).__name__.lower()


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node
