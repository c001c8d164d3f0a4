"""What steps take from around them, read off their source: environment variables, connections, the old engine itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from pipeglot import engines
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass
from pipeglot.core.ir import At, Container, Imported, Inlined, Pipeline, Shell

_ENVIRON = frozenset({"os.environ", "environ"})
_GET = frozenset({"os.getenv", "getenv", "os.environ.get", "environ.get", "os.environ.pop", "os.environ.setdefault"})
_NAMED = {"Variable.get": "variable of the engine", "Secret.load": "secret of the engine", "EnvVar": "variable"}
_CALLS = {"get_connection": "connection", "get_hook": "connection"}
_SHELL = re.compile(r"\$(?:\{([A-Za-z_]\w*)|([A-Za-z_]\w*))")
_SET = re.compile(
    r"(?:^|[;&|\s(])(?:export\s+|local\s+|read\s+(?:-r\s+)?|for\s+)?([A-Za-z_]\w*)(?==|\s+in\b)", re.MULTILINE
)
_GIVEN = frozenset({"HOME", "PATH", "PWD", "USER", "SHELL", "TMPDIR", "LANG", "RANDOM", "SECONDS", "LINENO", "IFS"})


@cache
def _packages() -> frozenset[str]:
    return frozenset(spec.package for spec in engines.specs())


def package_of(engine: str) -> str | None:
    """The package of an engine's own API; None for what has none, `local` say."""
    return next((spec.package for spec in engines.specs() if spec.target == engine), None)


@dataclass(frozen=True)
class Need:
    """Something that code takes from around it: `kind` of thing, its name (None where it is computed), and where."""

    kind: str
    name: str | None
    at: At | None


def needs(pipeline: Pipeline) -> list[Need]:
    """What a pipeline's steps take from around them, as far as their source is in the pipeline, each once."""
    found: list[Need] = []
    for chunk in pipeline.code:
        found += in_python(chunk.text, chunk.at)
    for step in pipeline.steps:
        if isinstance(step.run, Shell):
            own = {parameter.name for parameter in step.parameters}
            found += _in_shell(step.run.script, own, step.at)
    unique: dict[tuple[str, str | None], Need] = {}
    for need in found:
        unique.setdefault((need.kind, need.name), need)
    return list(unique.values())


def in_python(text: str, at: At | None) -> list[Need]:
    """What Python code takes; `at` is the place of its first line. Code that does not parse takes nothing.

    >>> [(n.kind, n.name) for n in in_python("import os\\nkey = os.environ['API_KEY']", None)]
    [('variable', 'API_KEY')]
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for node in ast.walk(tree):
        for kind, name in _taken(node):
            line = getattr(node, "lineno", 1)
            place = None if at is None else At(file=at.file, line=at.line + line - 1)
            found.append((line, Need(kind, name, place)))
    return [need for _, need in sorted(found, key=lambda pair: pair[0])]


def _taken(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    match node:
        case ast.Subscript(value=value, slice=key, ctx=ast.Load()) if _dotted(value) in _ENVIRON:
            yield "variable", _text(key)
        case ast.Call():
            yield from _by_call(node)
        case ast.Import(names=names):
            for alias in names:
                if (top := alias.name.split(".")[0]) in _packages():
                    yield f"import of {top}", alias.name
        case ast.ImportFrom(module=str(module), level=0) if module.split(".")[0] in _packages():
            yield f"import of {module.split('.')[0]}", module
        case _:
            return


def _by_call(call: ast.Call) -> Iterator[tuple[str, str | None]]:
    if call.args:
        name, first = _dotted(call.func), _text(call.args[0])
        last = ".".join(name.split(".")[-2:])
        if name in _GET:
            yield "variable", first
        elif last in _NAMED or name in _NAMED:
            yield _NAMED.get(last) or _NAMED[name], first
        elif name.rpartition(".")[2] in _CALLS:
            yield "connection", first
    for keyword in call.keywords:
        if keyword.arg and (keyword.arg == "conn_id" or keyword.arg.endswith("_conn_id")):
            yield "connection", _text(keyword.value)
        if keyword.arg == "pool" and isinstance(keyword.value, ast.Constant):
            yield "pool", _text(keyword.value)


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr}"
    return "?"


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _in_shell(script: str, own: set[str], at: At | None) -> Iterator[Need]:
    """Variables that a script reads and neither gets as an argument nor sets itself."""
    known = own | _GIVEN | {found[1] for found in _SET.finditer(script)}
    for found in _SHELL.finditer(script):
        name = found[1] or found[2]
        if name not in known:
            yield Need("variable", name, at)


def unread(pipeline: Pipeline) -> list[str]:
    """Modules and images whose code is not in the pipeline, so that nobody looked for what it takes."""
    found = []
    for step in pipeline.steps:
        match step.run:
            case Imported(module=module):
                found.append(f"module {module}")
            case Container(image=image):
                found.append(f"image {image}")
            case Inlined() | Shell():
                pass
            case _:
                assert_never(step.run)
    return list(dict.fromkeys(found))
