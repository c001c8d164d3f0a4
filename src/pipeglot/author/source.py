"""A step's own source: where a function lives, and the statements of its file that travel with it."""

from __future__ import annotations

import ast
import builtins
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from pipeglot.author.module_index import ModuleIndex, Statement, open_file
from pipeglot.author.syntax import first_line
from pipeglot.core.dataclass import dataclass
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.free_variables import last_name
from pipeglot.core.ir import At, Imported, Inlined, SourceFragment

_BUILTINS = frozenset(dir(builtins)) | {"__name__"}
_OWN_FILE = frozenset({"__file__", "__spec__", "__path__", "__package__", "__loader__", "__doc__", "globals"})
"""What means something else in another file."""

_READS = frozenset({"open", "read", "readlines"})
_USED_UP = frozenset({"iter", "map", "filter", "zip", "reversed", "enumerate"})
_LIVE_MODULES = frozenset(
    """asyncio concurrent.futures multiprocessing queue random secrets socket subprocess tempfile
    threading""".split()  # noqa: SIM905
)
_LIVE_CALLS = frozenset(
    """open input next datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today
    time.time time.time_ns time.monotonic time.perf_counter uuid.uuid1 uuid.uuid4 os.getcwd os.getpid os.urandom
    pathlib.Path.cwd itertools.count itertools.cycle sqlite3.connect""".split()  # noqa: SIM905
)
"""Calls whose value is open, used up, or another one in every process."""

_FUTURE = "from __future__ import annotations"


def place_step(fn: Callable[..., Any], *, main_file: str, decorated: bool) -> Imported | Inlined:
    """Whether generated code imports a step's function or carries its source.

    A plain function (`decorated` is False) of an importable module is imported; one that is decorated with `@step`,
    lives in the pipeline's own file `main_file`, or in a module that itself needs pipeglot, is inlined. Raises
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
            f"{name!r} uses {free} from the enclosing function: it is a closure and cannot be inlined",
            "move it to the top level of the file and pass those as arguments (a decorator needs functools.wraps)",
        )
    if not name or "." in name:
        what = f"{name!r} is a method or stands inside a function" if name else f"{fn!r} has no name"
        raise refuse("PG152", f"{what}: it cannot be a step", "make it a function at the top level of its file")
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
) -> tuple[tuple[SourceFragment, ...], list[Diagnostic]]:
    """The source of inlined steps: the functions and exactly the imports, constants, classes and helpers they use.

    Chunks stand in the order of their file, each once, files in the order of `functions`. Whatever cannot travel
    is an error (PG150, PG154-PG162, PG164) at the line of its use.
    """
    collector = _Collector(main_file)
    for function in functions:
        collector.add(inspect.unwrap(function))
    return collector.chunks(), collector.diagnostics


@dataclass(frozen=True)
class _NameUse:
    """A name that somebody uses, and the statement it stands in; `needed` as in Uses."""

    name: str
    who: str
    user: Statement | None
    line: int = 0
    needed: bool = True

    @property
    def at(self) -> int:
        return self.user.line_of(self.name) if self.user else self.line


class _Collector:
    """The items needed so far, per file."""

    def __init__(self, main_file: str) -> None:
        self.main_file = main_file
        self.files: dict[str, ModuleIndex] = {}
        self.taken: dict[str, dict[int, Statement]] = {}
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
                self.files[path] = open_file(path)
            except (OSError, ValueError) as error:
                message = f"the source of step {name!r} cannot be read: {error}"
                self.error("PG150", message, path, line, "write the step in a file of UTF-8 text")
                return
        file = self.files[path]
        items = file.items.get(name, [])
        if not any(item.refusal or first_line(item.node) == line for item in items):
            message = f"the source of step {name!r} is not at {os.path.basename(path)}:{line}"
            help = "define it at the top level of a file that has not changed since"
            self.error("PG150", message, path, line, help)
            return
        self._take(file, name, line)

    def _take(self, file: ModuleIndex, step: str, line: int) -> None:
        """Take a step and everything it uses; a list instead of recursion, for long chains."""
        todo: list[_NameUse] = [_NameUse(step, "the pipeline", None, line)]
        while todo:
            use = todo.pop()
            for item in self._bound(file, use):
                taken = self.taken.setdefault(file.path, {})
                if item.number in taken:
                    continue
                taken[item.number] = item
                who = f"step {use.name!r}" if use.name == step else repr(use.name)
                self._check(file, item, who)
                for name in sorted(item.uses.needed | item.uses.wanted, reverse=True):
                    if name not in item.names:
                        todo.append(_NameUse(name, who, item, needed=name in item.uses.needed))

    def _bound(self, file: ModuleIndex, use: _NameUse) -> list[Statement]:
        """The statements that bind a name; none, with a diagnostic, when they cannot travel."""
        name, items = use.name, file.items.get(use.name, [])
        if not items:
            if use.needed:
                self._unbound(file, use)
            return []
        what = f"{use.who} uses {name!r}"
        refused = next((item.refusal for item in items if item.refusal), None)
        changed = None if items[0].kind == "import" else file.changed(items[0], name)
        if any(item.pipeglot for item in items):
            help = "pass what it needs as an argument; Param belongs to the pipeline's own signature"
            self.error("PG161", f"{what} of pipeglot, which is not there when it runs", file.path, use.at, help)
        elif refused:
            code, why, help = refused
            self.error(code, f"{what}, {why}", file.path, use.at, help)
        elif all(item.text == f"import {item.module}" for item in items):
            return items  # `import a` and `import a.b` go together
        elif len({item.text for item in items}) > 1:
            lines = " and ".join(str(item.line) for item in items[:2])
            self.error("PG154", f"{what}, which lines {lines} both bind", file.path, use.at, "use two names")
        elif changed:
            message = f"{what}, which line {changed} changes: elsewhere that change is not there"
            help = "keep it constant, and pass what changes as an argument"
            self.error("PG154", message, file.path, use.at, help)
        else:
            return items[:1]
        return []

    def _unbound(self, file: ModuleIndex, use: _NameUse) -> None:
        what = f"{use.who} uses {use.name!r}"
        if use.name in _OWN_FILE:
            message = f"{what}, which means something else in another file"
            self.error("PG164", message, file.path, use.at, "pass what it needs as an argument")
        elif use.name in _BUILTINS:
            self.builtins.setdefault(file.path, set()).add(use.name)
        elif file.star:
            module, line = file.star
            message = f"{what}, which may come from the star import of line {line}"
            self.error("PG157", message, file.path, use.at, f"write: from {module} import {use.name}")
        else:
            help = "define or import it at the top level of the file"
            self.error("PG156", f"{what}, which its file does not bind", file.path, use.at, help)

    def _check(self, file: ModuleIndex, item: Statement, label: str) -> None:
        """What an item does that cannot travel, beside the names it uses."""
        if item.kind == "import" and (needs := _drags(item)):
            message = f"{needs!r} imports pipeglot, and {item.text!r} would import it transitively"
            help = "move what you import to a module that does not import pipeglot"
            self.error("PG162", message, file.path, item.line, help)
        if item.kind == "import":
            return
        if item.kind == "value" and (live := _live(file, item)):
            message = f"{label} comes from {ast.unparse(live)[:60]}, which is a live handle, an exhausted iterator or specific to this process"
            help = "make it inside the step, or pass it as an argument"
            self.error("PG155", message, file.path, live.lineno, help)
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

    def chunks(self) -> tuple[SourceFragment, ...]:
        found: list[SourceFragment] = []
        owners: dict[str, tuple[SourceFragment, str]] = {}
        for path, taken in self.taken.items():
            for _, item in sorted(taken.items()):
                at = _at(path, self.main_file, item.line)
                chunk = SourceFragment(kind=item.kind, names=item.names, text=item.text, at=at)
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
            found.insert(0, SourceFragment(kind="import", names=("annotations",), text=_FUTURE, at=at))
        return tuple(found)

    def _clash(self, twin: SourceFragment, item: Statement, path: str) -> None:
        if twin.kind == "import" and all(
            text.startswith(f"import {twin.names[0]}.") or text == f"import {twin.names[0]}"
            for text in (twin.text, item.text)
        ):
            return  # `import a.b` and `import a.c` bind the same `a`
        place = f"{twin.at.file}:{twin.at.line}" if twin.at else "another file"
        name = next(each for each in item.names if each in twin.names)
        message = f"{name!r} is something else in {place}, and both must stand in one file"
        self.error("PG160", message, path, item.line, "give one of them another name")

    def _hidden_builtins(self, owners: dict[str, tuple[SourceFragment, str]]) -> None:
        for path, names in self.builtins.items():
            for name in sorted(names & owners.keys()):
                chunk, owner = owners[name]
                if owner != path and chunk.at:
                    message = f"{name!r} hides the builtin that steps of {os.path.basename(path)} use"
                    self.error("PG160", message, owner, chunk.at.line, "give it another name")


def _live(file: ModuleIndex, item: Statement) -> ast.expr | None:
    """The part of a constant's value that would be open, used up, or another one in every process."""
    value = getattr(item.node, "value", None)
    if isinstance(value, ast.GeneratorExp):
        return value
    for node in _evaluated(value) if isinstance(value, ast.expr) else ():
        if not isinstance(node, ast.Call):
            continue
        name, last = _dotted(file, node.func), last_name(node.func)
        method = isinstance(node.func, ast.Attribute) and (last in _READS or last.startswith("read_"))
        inside = any(name.startswith(f"{module}.") for module in _LIVE_MODULES)
        if method or inside or name in _LIVE_CALLS or (name in _USED_UP and node is value):
            return node
    return None


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, but for what a lambda would only do when called."""
    yield node
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _evaluated(child)


def _dotted(file: ModuleIndex, node: ast.expr) -> str:
    """The full name of what `a.b.c` is, as the file's imports say; empty for anything of the file's own."""
    if isinstance(node, ast.Attribute):
        base = _dotted(file, node.value)
        return f"{base}.{node.attr}" if base else ""
    if not isinstance(node, ast.Name):
        return ""
    items = file.items.get(node.id)
    if not items:
        return node.id
    return items[0].full_name if items[0].kind == "import" else ""


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
    """Whether an imported module has something of pipeglot's among its names; `sys.stdout` may be, which is nobody's."""
    if module.partition(".")[0] in sys.stdlib_module_names:
        return False
    for value in list(vars(sys.modules[module]).values()) if module in sys.modules else []:
        owner: object = type(value).__module__
        if isinstance(value, ModuleType):
            owner = value.__name__
        elif isinstance(value, (FunctionType, type)):
            owner = value.__module__
        if isinstance(owner, str) and owner.split(".")[0] == "pipeglot":
            return True
    return False


def _drags(item: Statement) -> str:
    """The first module that an import loads and that needs pipeglot."""
    words = (f"{item.module}.{item.original}" if item.original else item.module).split(".")
    names = (".".join(words[: end + 1]) for end in range(len(words)))
    return next((name for name in names if _needs_pipeglot(name)), "")
