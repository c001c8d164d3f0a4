"""What generated Python files share, whatever their engine: the author's code, and how a call invokes its step."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from pipeglot.core import boundary
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import (
    Call,
    Container,
    Ctx,
    Imported,
    Inlined,
    Item,
    Out,
    ParamRef,
    Pipeline,
    Shell,
    Step,
    Value,
    parts,
)
from pipeglot.core.pysource import Atom, Code, Doc, Imports, RootNames, call, expression, literal, root, string

STANDARD = frozenset(sys.stdlib_module_names)
_BOUNDARY_NAMES = frozenset({"functools", "json", "os", "subprocess", "typing", "Any", "Callable", "TypeAdapter"}) | {
    "to_jsonable_python",
    "json_io",
    "run_command",
}


def header(pipeline: Pipeline) -> Code:
    """The comment that says what a file was made from; it holds no version, time or path."""
    return Code(f"# Made by pipeglot from pipeline {string(pipeline.name)}, digest {pipeline.digest()}.")


def roots(values: Iterable[Value]) -> tuple[Out | Item | ParamRef | Ctx, ...]:
    """The distinct references in values, paths dropped, in order: what a call's wrapper must be handed."""
    found: dict[str, Out | Item | ParamRef | Ctx] = {}
    for value in values:
        for part in parts(value):
            if isinstance(part, Out | Item | ParamRef | Ctx):
                bare = root(part)
                found.setdefault(bare.model_dump_json(), bare)
    return tuple(found.values())


def invocation(pipeline: Pipeline, node: Call, names: RootNames, imports: Imports) -> Doc:
    """The expression that runs a call's step on its arguments and gives its JSON output."""
    step = pipeline.step(node.step)
    args = {name: expression(value, names) for name, value in node.args.items()}
    match step.run:
        case Imported(module=module, attr=attr):
            imports.module(module)
            return call(f"json_io({module}.{attr})", **args)
        case Inlined(name=name):
            return call(f"json_io({name})", **args)
        case Shell(script=script):
            return call("run_command", boundary.shell_words(script), literal_dict(args))
        case Container(image=image, command=command):
            return call("run_command", boundary.container_words(image, command, args), literal_dict(args))


def literal_dict(entries: dict[str, Doc]) -> Doc:
    """A dict display with text keys."""
    return literal(entries)


@dataclass(frozen=True)
class AuthorCode:
    """The author's own source that a file carries: `text` holds definitions in their order, `names` all it binds."""

    text: Code
    names: frozenset[str]
    diagnostics: tuple[Diagnostic, ...]


def author_code(pipeline: Pipeline, imports: Imports) -> AuthorCode:
    """The source chunks of inlined steps: imports go to `imports`, the rest is kept byte for byte."""
    text: list[str] = []
    names: set[str] = set()
    diagnostics: list[Diagnostic] = []
    for chunk in pipeline.code:
        names.update(chunk.names)
        if chunk.kind == "import":
            for node in ast.parse(chunk.text).body:
                _import(node, imports)
            continue
        for name in sorted(_BOUNDARY_NAMES & set(chunk.names)):
            message = f"the name {name!r} of your file is also used by the code around it"
            diagnostics.append(Diagnostic("PG200", "error", message, chunk.at, f"rename {name!r} in your file"))
        text.append(chunk.text.rstrip("\n"))
    return AuthorCode(Code("\n\n\n".join(text)), frozenset(names), tuple(diagnostics))


def _import(node: ast.stmt, imports: Imports) -> None:
    match node:
        case ast.Import(names=aliases):
            for alias in aliases:
                imports.module(alias.name, alias.asname)
        case ast.ImportFrom(module=str(module), names=aliases):
            for alias in aliases:
                imports.name(module, alias.name, alias.asname)
        case _:
            raise ValueError(f"not an import: {ast.unparse(node)}")


def boundary_code(steps: Iterable[Step], imports: Imports) -> Code:
    """The helpers that the used kinds of steps need, with their imports: `json_io`, `run_command`, or both."""
    kinds = {type(step.run) for step in steps}
    text: list[str] = []
    if kinds & {Imported, Inlined}:
        for module in ("functools", "json", "typing"):
            imports.module(module)
        imports.name("collections.abc", "Callable")
        imports.name("typing", "Any")
        imports.name("pydantic", "TypeAdapter")
        imports.name("pydantic_core", "to_jsonable_python")
        text.append(boundary.source(boundary.json_io))
    if kinds & {Shell, Container}:
        for module in ("json", "os", "subprocess"):
            imports.module(module)
        imports.name("typing", "Any")
        text.append(boundary.source(boundary.run_command))
    return Code("\n\n\n".join(part.rstrip("\n") for part in text))


__all__ = ["Atom", "AuthorCode", "author_code", "boundary_code", "invocation", "roots"]
