"""A step's own source: where a function lives, and the statements of its file that travel with it."""

from __future__ import annotations

import ast
import builtins
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Literal, TypeAlias

from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.ir import At, Chunk, Imported, Inlined
from pipeglot.core.names import Uses, changes, uses

_BUILTINS = frozenset(dir(builtins)) | {"__name__"}
_OWN_FILE = frozenset({"__file__", "__spec__", "__path__", "__package__", "__loader__", "__doc__", "globals"})
"""What means something else in another file."""

_MADE_ONCE = frozenset(
    "open input iter next read readlines read_text read_bytes now utcnow today time monotonic perf_counter "
    "random randint uuid1 uuid4 cwd connect create_engine socket Lock RLock Semaphore Event Condition Queue "
    "Thread ThreadPoolExecutor ProcessPoolExecutor Pool Popen run check_output urlopen TemporaryDirectory "
    "NamedTemporaryFile mkdtemp mkstemp count cycle globals locals".split()
)
"""Calls whose value is an open resource or another one in every process."""

_FUTURE = "from __future__ import annotations"

Kind: TypeAlias = Literal["import", "value", "class", "function"]


@dataclass
class _Item:
    """A top-level statement (or one name of an import) that can travel, or the reason why it cannot."""

    names: tuple[str, ...]
    kind: Kind
    node: ast.stmt
    line: int
    text: str
    module: str = ""
    original: str = ""
    refusal: tuple[str, str, str] | None = None

    @cached_property
    def uses(self) -> Uses:
        if self.kind == "import" or self.refusal:
            return Uses(frozenset(), frozenset(), {})
        return uses(self.node, self.text, "<step>")

    @property
    def pipeglot(self) -> bool:
        return self.kind == "import" and self.module.split(".")[0] == "pipeglot"


def place_step(fn: Callable[..., Any], *, main_file: str, decorated: bool) -> Imported | Inlined:
    """Whether generated code imports a step's function or carries its source.

    A plain function (`decorated` is False) of an importable module is imported; one of the pipeline's own file
    `main_file`, of a module that itself needs pipeglot, or decorated with `@step`, is inlined. Raises
    AuthoringError (PG150-PG153, PG163) when it can be neither.

    >>> import textwrap
    >>> place_step(textwrap.dedent, main_file="pipeline.py", decorated=False)
    Imported(kind='imported', module='textwrap', attr='dedent')
    """
    function = inspect.unwrap(fn)
    name = str(getattr(function, "__qualname__", ""))
    code = getattr(function, "__code__", None)
    at = _at(code.co_filename, main_file, code.co_firstlineno) if code else None

    def refuse(number: str, message: str, help: str) -> AuthoringError:
        return AuthoringError([Diagnostic(number, "error", message, at, help)])

    if "<lambda>" in name.rpartition(".")[2]:
        raise refuse("PG151", "a lambda cannot be a step", "write it as a function with a name")
    if getattr(function, "__closure__", None):
        free = ", ".join(repr(each) for each in function.__code__.co_freevars)
        raise refuse(
            "PG153",
            f"{name!r} keeps {free} of the function it was made in, which cannot travel",
            "move it to the top level of the file and pass those as arguments "
            "(a decorator needs functools.wraps)",
        )
    if not name or "." in name:
        what = f"{name!r} is a method or stands inside a function" if name else f"{fn!r} has no name"
        raise refuse(
            "PG152", f"{what}: it cannot be a step", "make it a function at the top level of its file"
        )
    own = code is not None and _same(code.co_filename, main_file)
    module = str(getattr(fn, "__module__", None) or "")
    if own or decorated or module == "__main__" or (code is not None and _needs_pipeglot(module)):
        if code is None:
            raise refuse("PG150", f"{name!r} has no Python source", "wrap it in a function of your own")
        return Inlined(name=name)
    found = getattr(sys.modules.get(module), name, None)
    if found is not fn:
        raise refuse(
            "PG163",
            f"{name!r} cannot be imported from module {module!r}",
            "make it a function at the top level of an importable module",
        )
    return Imported(module=module, attr=name)


def collect_code(
    functions: Sequence[FunctionType], *, main_file: str
) -> tuple[tuple[Chunk, ...], list[Diagnostic]]:
    """The source of inlined steps: each function and exactly the imports, constants, classes and helpers it uses.

    Chunks are in the order of their file, each once, files in the order of `functions`. Whatever cannot travel is
    an error of PG150-PG164, at the line of its use.
    """
    collector = _Collector(main_file)
    for function in functions:
        collector.add(inspect.unwrap(function))
    return collector.chunks(), collector.diagnostics


class _Collector:
    """The items needed so far, per file."""

    def __init__(self, main_file: str) -> None:
        self.main_file = main_file
        self.files: dict[str, _File] = {}
        self.taken: dict[str, dict[int, _Item]] = {}
        self.builtins: dict[str, set[str]] = {}
        self.diagnostics: list[Diagnostic] = []

    def error(self, code: str, message: str, file: str, line: int, help: str) -> None:
        found = Diagnostic(code, "error", message, _at(file, self.main_file, line), help)
        if found not in self.diagnostics:
            self.diagnostics.append(found)

    def add(self, function: FunctionType) -> None:
        code = function.__code__
        name, path, line = code.co_name, os.path.realpath(code.co_filename), code.co_firstlineno
        if path not in self.files:
            try:
                self.files[path] = _open(path)
            except (OSError, ValueError) as error:
                message = f"the source of step {name!r} cannot be read: {error}"
                self.error("PG150", message, path, line, "write the step in a file of UTF-8 text")
                return
        file = self.files[path]
        items = file.items.get(name, [])
        if not any(item.refusal or _first_line(item.node) == line for item in items):
            message = f"the source of step {name!r} is not at {os.path.basename(path)}:{line}"
            help = "define it at the top level of a file that has not changed since"
            self.error("PG150", message, path, line, help)
            return
        self._take(file, name, line)

    def _take(self, file: _File, step: str, line: int) -> None:
        """Take a step and everything it uses; a list instead of recursion, for long chains."""
        todo = [(step, "the pipeline", line, True)]
        while todo:
            name, who, line, hard = todo.pop()
            for item in self._bound(file, name, who, line, hard):
                taken = self.taken.setdefault(file.path, {})
                if id(item) in taken:
                    continue
                taken[id(item)] = item
                label = f"step {name!r}" if name == step else repr(name)
                self._check(file, item, label)
                for used in sorted(item.uses.needed | item.uses.wanted, reverse=True):
                    if used not in item.names:
                        at = _line_of(item, used)
                        todo.append((used, label, at, used in item.uses.needed))

    def _bound(self, file: _File, name: str, who: str, line: int, hard: bool) -> list[_Item]:
        """The items that bind a name; none, with a diagnostic, when they cannot travel."""
        items = file.items.get(name, [])
        if not items:
            if hard:
                self._unbound(file, name, who, line)
            return []
        roots = all(item.kind == "import" and item.text == f"import {item.module}" for item in items)
        refused = next((item.refusal for item in items if item.refusal), None)
        changed = file.changed.get(name)
        if any(item.pipeglot for item in items):
            help = "pass what it needs as an argument; Param belongs to the pipeline's own signature"
            self.error(
                "PG161",
                f"{who} uses {name!r} of pipeglot, which is not there when it runs",
                file.path,
                line,
                help,
            )
        elif refused:
            code, why, help = refused
            self.error(code, f"{who} uses {name!r}, {why}", file.path, line, help)
        elif len({item.text for item in items}) > 1 and not roots:
            lines = " and ".join(str(item.line) for item in items[:2])
            message = f"{who} uses {name!r}, which lines {lines} both define"
            self.error("PG154", message, file.path, line, "give each its own name")
        elif changed and items[0].kind != "import":
            message = f"{who} uses {name!r}, which line {changed} changes: that change is not there when it runs elsewhere"
            self.error(
                "PG154", message, file.path, line, "keep it constant, and pass what changes as an argument"
            )
        else:
            return items if roots else items[:1]
        return []

    def _unbound(self, file: _File, name: str, who: str, line: int) -> None:
        if name in _OWN_FILE:
            message = f"{who} uses {name!r}, which means something else in another file"
            self.error("PG164", message, file.path, line, "pass what it needs as an argument")
        elif name in _BUILTINS:
            self.builtins.setdefault(file.path, set()).add(name)
        elif file.star:
            module, at = file.star
            message = f"{who} uses {name!r}, which may come from the star import of line {at}"
            self.error("PG157", message, file.path, line, f"from {module} import {name}")
        else:
            message = f"{who} uses {name!r}, which its file does not define"
            self.error("PG156", message, file.path, line, "define or import it at the top level of the file")

    def _check(self, file: _File, item: _Item, label: str) -> None:
        """What an item does that cannot travel, beside the names it uses."""
        if item.kind == "import" and (needs := _drags(item)):
            message = f"{needs!r} needs pipeglot, and {item.text!r} would bring it along"
            help = "move what you import to a module that does not import pipeglot"
            self.error("PG162", message, file.path, item.line, help)
        if item.kind == "import":
            return
        for node in ast.walk(item.node):
            match node:
                case ast.ImportFrom(level=level, lineno=line) if level:
                    message = f"{label} holds a relative import, which has no meaning elsewhere"
                    self.error("PG159", message, file.path, line, "write the module's full name")
                case (
                    ast.Import(names=[ast.alias(name=module), *_], lineno=line)
                    | ast.ImportFrom(module=str(module), lineno=line)
                ) if module.split(".")[0] == "pipeglot":
                    message = f"{label} imports pipeglot, which is not there when it runs"
                    self.error("PG161", message, file.path, line, "pass what it needs as an argument")
                case ast.Call(func=func, lineno=line) if item.kind == "value" and _name(func) in _MADE_ONCE:
                    message = f"{label} is made by {ast.unparse(func)}(), whose value is another one in every process"
                    self.error("PG155", message, file.path, line, "make it inside the step, or pass it in")

    def chunks(self) -> tuple[Chunk, ...]:
        found: list[Chunk] = []
        owners: dict[str, tuple[Chunk, str]] = {}
        for path, taken in self.taken.items():
            for item in sorted(
                taken.values(), key=lambda each: (each.line, self.files[path].order[id(each)])
            ):
                chunk = Chunk(
                    kind=item.kind, names=item.names, text=item.text, at=_at(path, self.main_file, item.line)
                )
                twins = [owners[name] for name in item.names if name in owners]
                strangers = [twin for twin, owner in twins if twin.text != item.text and owner != path]
                for twin in strangers[:1]:
                    self._clash(twin, item, path)
                if not any(twin.text == item.text for twin, _ in twins):
                    found.append(chunk)
                for name in item.names:
                    owners.setdefault(name, (chunk, path))
        self._hidden_builtins(owners)
        if any(self.files[path].future for path in self.taken):
            path = next(path for path in self.taken if self.files[path].future)
            at = _at(path, self.main_file, self.files[path].future)
            found.insert(0, Chunk(kind="import", names=("annotations",), text=_FUTURE, at=at))
        return tuple(found)

    def _clash(self, twin: Chunk, item: _Item, path: str) -> None:
        if twin.kind == "import" and twin.text.startswith("import ") and item.text.startswith("import "):
            if " as " not in twin.text + item.text:
                return  # `import a.b` and `import a.c` bind the same `a`
        place = f"{twin.at.file}:{twin.at.line}" if twin.at else "another file"
        name = next(each for each in item.names if each in twin.names)
        message = f"{name!r} is something else in {place}, and both must stand in one file"
        self.error("PG160", message, path, item.line, "give one of them another name")

    def _hidden_builtins(self, owners: dict[str, tuple[Chunk, str]]) -> None:
        for path, names in self.builtins.items():
            for name in sorted(names & owners.keys()):
                chunk, owner = owners[name]
                if owner != path and chunk.at:
                    message = f"{name!r} hides the builtin that steps of {os.path.basename(path)} use"
                    self.error("PG160", message, owner, chunk.at.line, "give it another name")


# ---------------------------------------------------------------- files


def _open(path: str) -> _File:
    """The analysed file; ValueError when it is not UTF-8 or not Python."""
    status = os.stat(path)
    return _parsed(os.path.realpath(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _parsed(path: str, changed: int, size: int) -> _File:
    try:
        text = Path(path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        return _File(path, text)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from error


class _File:
    """One author's file: what binds every top-level name."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = [line.encode() for line in text.split("\n")]
        self.items: dict[str, list[_Item]] = {}
        self.order: dict[int, int] = {}
        self.star: tuple[str, int] | None = None
        self.future = 0
        self.outside: dict[str, int] = {}
        self.tree = ast.parse(text, path)
        for node in self.tree.body:
            self._index(node)
        for inner in ast.walk(self.tree):
            if isinstance(inner, ast.Global):
                for name in inner.names:
                    self.outside.setdefault(name, inner.lineno)
        for number, item in enumerate(item for items in self.items.values() for item in items):
            self.order[id(item)] = number

    @cached_property
    def changed(self) -> dict[str, int]:
        """Names whose value changes after it was made, with a line that does it."""
        found = dict(self.outside)
        for items in self.items.values():
            for item in items:
                for name, line in item.uses.changed.items():
                    found.setdefault(name, line)
        return found

    def _index(self, node: ast.stmt) -> None:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    text = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                    bound = alias.asname or alias.name.split(".")[0]
                    self._bind((bound,), "import", node, text, module=alias.name)
            case ast.ImportFrom(module="__future__", names=aliases):
                if any(alias.name == "annotations" for alias in aliases):
                    self.future = node.lineno
            case ast.ImportFrom(module=module, names=aliases, level=level):
                for alias in aliases:
                    self._from("." * level + (module or ""), alias, node)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self._bind((name,), "function", node, self._function(node))
            case ast.ClassDef(name=name):
                self._bind((name,), "class", node, self._text(node, _first_line(node)))
            case ast.Assign(
                targets=[ast.Name(id=target)], value=ast.Call(args=[ast.Name(id=name)]) as call
            ) if target == name and self._is_step(call.func):
                pass  # `train = step(train)`: the function stays what it is
            case ast.Assign(targets=targets) if all(map(_is_plain, targets)):
                names = [name for target in targets for name in _stored(target)]
                self._bind(tuple(names), "value", node, self._text(node))
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                if value is not None:
                    self._bind((name,), "value", node, self._text(node))
            case ast.If(test=test, body=body, orelse=[]) if _name(test) == "TYPE_CHECKING" and _only_imports(
                body
            ):
                for line in body:
                    self._index(line)
            case ast.Try() if _optional_import(node):
                self._bind(tuple(dict.fromkeys(_stored(node))), "value", node, self._text(node))
            case ast.AugAssign(target=ast.Name(id=name)):
                self.outside.setdefault(name, node.lineno)
            case _ if type(node).__name__ == "TypeAlias":
                self._bind(tuple(_stored(node)), "value", node, self._text(node))
            case _:
                self._loose(node)

    def _loose(self, node: ast.stmt) -> None:
        """A statement that does not travel; the names it binds or changes do not either."""
        why = f"which the `{_keyword(node)}` of line {node.lineno} binds"
        help = "bind it once, at the top level of the file"
        for name in [] if isinstance(node, ast.Delete) else dict.fromkeys(_stored(node)):
            self._bind((name,), "value", node, "", refusal=("PG158", why, help))
        for name, line in changes(node):
            self.outside.setdefault(name, line)
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=base))) if _name(_root(base)):
                self.outside.setdefault(_name(_root(base)), node.lineno)
            case ast.Delete(targets=targets):
                for target in targets:
                    self.outside.setdefault(_name(target), node.lineno)

    def _from(self, module: str, alias: ast.alias, node: ast.stmt) -> None:
        bound = alias.asname or alias.name
        if alias.name == "*":
            self.star = (module, node.lineno)
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
            line = node.end_lineno - text.count("\n") + 1  # of the first decorator that was kept
        else:
            line = node.lineno
        item = _Item(names, kind, node, line, text, module, original, refusal)
        for name in names:
            self.items.setdefault(name, []).append(item)

    def _is_step(self, node: ast.expr) -> bool:
        """Whether an expression is pipeglot's `step`, or a name for a use of it such as `ml = step(retries=2)`."""
        last = ""
        while True:
            match node:
                case ast.Call(func=node):
                    pass
                case ast.Attribute(value=node, attr=attr):
                    last = last or attr
                case _:
                    break
        for item in self.items.get(_name(node), []) if isinstance(node, ast.Name) else []:
            if item.pipeglot:
                return "step" in (item.original, last if not item.original else "")
            if isinstance(item.node, ast.Assign) and isinstance(item.node.value, ast.Call):
                return self._is_step(item.node.value.func)
        return False

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        """The function without pipeglot's `step` and what stands above it: that is about the step, not about it."""
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
        return b"\n".join(lines).decode().rstrip() + "\n"


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


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
            ast.Name(id=name, ctx=ast.Store() | ast.Del())
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
        ):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.split(".")[0]
    for child in ast.iter_child_nodes(node):
        yield from _stored(child)


def _only_imports(body: Sequence[ast.stmt]) -> bool:
    return all(isinstance(line, (ast.Import, ast.ImportFrom)) for line in body)


def _optional_import(node: ast.Try) -> bool:
    """`try: import a` / `except ImportError: a = None`, which travels whole."""
    errors = [_name(handler.type) if handler.type else "" for handler in node.handlers]
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
    )


def _keyword(node: ast.stmt) -> str:
    return "expression" if isinstance(node, ast.Expr) else type(node).__name__.lower()


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node


def _name(node: ast.expr) -> str:
    """The last name of `a.b.c`, or nothing."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _line_of(item: _Item, name: str) -> int:
    for node in ast.walk(item.node):
        if isinstance(node, ast.Name) and node.id == name:
            return node.lineno
    return item.line


# ---------------------------------------------------------------- places and modules


@lru_cache(maxsize=4096)
def _relative(file: str, main_file: str) -> str:
    folder, path = Path(main_file).resolve().parent, Path(file).resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _at(file: str, main_file: str, line: int) -> At:
    return At(file=_relative(file, main_file), line=max(line, 1))


def _same(file: str, other: str) -> bool:
    return os.path.realpath(file) == os.path.realpath(other)


def _needs_pipeglot(module: str) -> bool:
    """Whether an imported module has something of pipeglot's among its names."""
    for value in list(vars(sys.modules[module]).values()) if module in sys.modules else []:
        owner: object = type(value).__module__
        if isinstance(value, ModuleType):
            owner = value.__name__
        elif isinstance(value, (FunctionType, type)):
            owner = value.__module__
        if isinstance(owner, str) and owner.split(".")[0] == "pipeglot":
            return True
    return False


def _drags(item: _Item) -> str:
    """The first module that an import loads and that needs pipeglot."""
    full = f"{item.module}.{item.original}" if item.original else item.module
    words = full.split(".")
    names = (".".join(words[: end + 1]) for end in range(len(words)))
    return next((name for name in names if _needs_pipeglot(name)), "")
