"""What generated Python files share, whatever their engine: the author's code, and how a call invokes its step."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.expressions import RootNames, expression, root
from pipeglot.codegen.names import Imports, identifier
from pipeglot.codegen.pysource import Bracket, call, literal, spelled, string
from pipeglot.codegen.shadowing import Hidden, hidden, meanings
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, replace
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import (
    Call,
    Container,
    Ctx,
    Group,
    Imported,
    Inlined,
    Item,
    Out,
    ParamRef,
    Pipeline,
    Shell,
    SourceFragment,
    Step,
    Value,
    parts,
    walk,
)
from pipeglot.meaning import printed
from pipeglot.meaning.words import container_words, shell_words

STANDARD = frozenset(sys.stdlib_module_names) | frozenset(
    # Not those of every Python that may run this: what is written must not depend on it.
    [
        "aifc",
        "asynchat",
        "asyncore",
        "audioop",
        "binhex",
        "cgi",
        "cgitb",
        "chunk",
        "crypt",
        "distutils",
        "imghdr",
        "imp",
        "lib2to3",
        "mailcap",
        "msilib",
        "nis",
        "nntplib",
        "ossaudiodev",
        "pipes",
        "smtpd",
        "sndhdr",
        "spwd",
        "sunau",
        "telnetlib",
        "tomllib",
        "uu",
        "xdrlib",
    ]
)
"""Modules of Python itself."""
_LIBRARIES = frozenset({"kubernetes", "pydantic", "pydantic_core"})
"""Modules that generated code imports."""
_IMPORT = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)


def header(pipeline: Pipeline) -> Code:
    """The comment that says what a file was made from; it holds no version, time or path."""
    return Code(f"# Made by pipeglot from pipeline {string(pipeline.name)}, digest {pipeline.digest()}.")


def packages_note(pipeline: Pipeline, target: str) -> list[Diagnostic]:
    """A note of the packages that the output does not install: on engines where that is not the code's to do."""
    if not pipeline.packages:
        return []
    message = f"install beside {target} what the steps need: {', '.join(pipeline.packages)}"
    return [Diagnostic("PG204", "note", message, pipeline.at, target=target)]


def group_notes(pipeline: Pipeline, target: str) -> list[Diagnostic]:
    """A note of every group's description, on engines that have no place for it."""
    return [
        Diagnostic("PG205", "note", f"the description of group {node.id!r} is not shown there", node.at, target=target)
        for node in walk(pipeline.body)
        if isinstance(node, Group) and node.description
    ]


def deaf_to_time_limits(pipeline: Pipeline, target: str) -> Iterator[Diagnostic]:
    """A warning of every call with a time limit whose step catches whatever interrupts it, on engines that raise that in the
    step and believe what it gives then."""
    calls = [node for node in walk(pipeline.body) if isinstance(node, Call)]
    calls += [pipeline.final.call] if pipeline.final else []
    steps, code = {step.name: step.run for step in pipeline.steps}, functions(pipeline)
    for node in calls:
        run = steps[node.step]
        if node.policy.timeout is None or not isinstance(run, Inlined):
            continue
        chunk = code.get(run.name)
        if chunk is not None and any(map(_catches_all, ast.walk(ast.parse(chunk.text)))):
            message = (
                f"{node.id!r} catches what interrupts it at its time limit, and succeeds there with what it gives then"
            )
            yield Diagnostic("PG216", "warning", message, node.at, "catch Exception, or raise again", target)


def _catches_all(node: ast.AST) -> bool:
    match node:
        case ast.ExceptHandler(type=kind, body=body):
            named = [kind] if not isinstance(kind, ast.Tuple) else kind.elts
            everything = any(
                each is None or (isinstance(each, ast.Name) and each.id == "BaseException") for each in named
            )
            return everything and not any(isinstance(each, ast.Raise) for line in body for each in ast.walk(line))
    return False


def roots(values: Iterable[Value]) -> tuple[Out | Item | ParamRef | Ctx, ...]:
    """The distinct references in values, paths dropped, in order: what a call's wrapper must be handed."""
    inner = (part for value in values for part in parts(value))
    return tuple(dict.fromkeys(root(part) for part in inner if isinstance(part, Out | Item | ParamRef | Ctx)))


def invocation(step: Step, node: Call, names: RootNames, imports: Imports, boundary_name: str = "json_io") -> Bracket:
    """The expression that runs a call's step on its arguments and gives its JSON output.

    `boundary_name`: the function that wraps those in Python.
    """
    args = {name: expression(value, names) for name, value in node.args.items()}
    facts = {name: "Ctx.name" for name, value in node.args.items() if any(isinstance(p, Ctx) for p in parts(value))}
    match step.run:
        case Imported(module=module, attr=attr):
            imports.module(module)
            made = spelled(call(f"{boundary_name}({module}.{attr})", **args), facts)
        case Inlined(name=name):
            made = spelled(call(f"{boundary_name}({name})", **args), facts)
        case Shell(script=script):
            made = spelled(call("run_command", shell_words(script), literal(args)), {"": facts})
        case Container(image=image, command=command):
            variables = [*args, *(secret.env for secret in node.policy.secrets)]
            words = container_words(image, command, variables)
            made = spelled(call("run_command", words, literal(args)), {"": facts})
        case _:
            assert_never(step.run)
    return replace(made, spelled=((step.name, "Step.run"), (None, "Call.step")))


def module_stem(pipeline: Pipeline, engines: Collection[str] = ()) -> str:
    """The name of the module that a pipeline becomes: its own, unless that would hide a module which is imported.

    >>> module_stem(Pipeline(name="nightly")), module_stem(Pipeline(name="secrets"))
    ('nightly', 'secrets_')
    """
    stem = identifier(pipeline.name)
    imported = {step.run.module.partition(".")[0] for step in pipeline.steps if isinstance(step.run, Imported)}
    imported.update(name for chunk in pipeline.code for name in _IMPORT.findall(chunk.text))
    return f"{stem}_" if stem in imported | STANDARD | _LIBRARIES | {*engines} else stem


@dataclass(frozen=True)
class AuthorCode:
    """The author's own source that a file carries: `text` holds definitions in their order, `names` all it binds and what
    stands in for what it hides, and `imported` the `module` or `module.name` behind each name that an import binds."""

    text: Code
    names: frozenset[str]
    imported: Mapping[str, str]
    hidden: Hidden
    diagnostics: tuple[Diagnostic, ...] = ()


def author_code(pipeline: Pipeline, imports: Imports) -> AuthorCode:
    """The source chunks of inlined steps: imports go to `imports`, the rest is kept byte for byte."""
    text: list[str] = [""]
    before = ""
    bound: dict[str, str] = {}
    imported: dict[str, str] = {}
    for chunk in pipeline.code:
        if chunk.kind == "import":
            imported |= _import(chunk.text, imports)
        else:
            bound |= dict.fromkeys(chunk.names, "")
            together = chunk.kind == before == "value" and "\n" not in chunk.text + text[-1]
            text += [
                "\n" if together else "\n\n\n",
                Code(chunk.text.rstrip("\n")).of(chunk.names[0], "SourceFragment.text"),
            ]
            before = chunk.kind
    bound = imported | bound
    own = hidden(bound, {param.name for param in pipeline.params})
    imports.rename(own.names)
    diagnostics = tuple(_modules_hidden(pipeline, bound))
    return AuthorCode(joined(text[2:], ""), frozenset(bound) | own.instead, imported, own, diagnostics)


def _modules_hidden(pipeline: Pipeline, bound: Mapping[str, str]) -> Iterator[Diagnostic]:
    """What is wrong where the file has a name that the module of an imported step has too."""
    modules = {step.run.module.partition(".")[0] for step in pipeline.steps if isinstance(step.run, Imported)}
    for name in sorted(modules & bound.keys()):
        if bound[name] != name:
            at = next(chunk.at for chunk in pipeline.code if name in chunk.names)
            message = f"the name {name!r} of your file is also that of a module with steps"
            yield Diagnostic("PG200", "error", message, at, f"rename {name!r} in your file")


def _import(text: str, imports: Imports) -> dict[str, str]:
    """Take over an import statement: what it binds, to what."""
    bound: dict[str, str] = {}
    for node in ast.parse(text).body:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    imports.module(alias.name, alias.asname)
            case ast.ImportFrom(module=str(module), names=aliases):
                for alias in aliases:
                    if (module, alias.name) == ("typing", "Callable"):
                        module = "collections.abc"
                    imports.name(module, alias.name, alias.asname)
            case _:
                raise ValueError(f"not an import: {ast.unparse(node)}")
        bound |= meanings(node)
    return bound


_DEFINITION = re.compile(r"(?:\s*(?:#.*)?\n)*(?:@|(?:async\s+)?def\s|class\s)")
"""The beginning of text that defines a function or class first."""


def spaced(parts: Iterable[Code]) -> Code:
    """The parts of a file after its imports, with the empty lines that belong before each: isort wants one after
    the imports unless a definition follows."""
    found = [part for part in parts if part]
    definition = _DEFINITION.match(found[0]) is not None
    return ("\n\n" if definition else "\n") + joined(found, "\n\n\n")


def boundary_code(steps: Iterable[Step], imports: Imports) -> Code:
    """The helpers that the used kinds of steps need, with their imports: `json_io`, `run_command`, or both."""
    kinds = {type(step.run) for step in steps}
    text: list[str] = []
    if kinds & {Imported, Inlined}:
        for module in ("functools", "json", "traceback", "typing"):
            imports.module(module)
        imports.name("collections.abc", "Callable")
        imports.name("typing", "Any")
        imports.name("pydantic", "TypeAdapter")
        imports.name("pydantic_core", "to_jsonable_python")
        text.append(printed.source("json_io"))
    if kinds & {Shell, Container}:
        for module in ("json", "os", "subprocess"):
            imports.module(module)
        imports.name("typing", "Any")
        text.append(printed.source("run_command"))
    return Code("\n\n\n".join(part.rstrip("\n") for part in text))


__all__ = ["AuthorCode", "author_code", "boundary_code", "invocation", "roots", "spaced"]


def functions(pipeline: Pipeline) -> dict[str, SourceFragment]:
    """The source of each of the author's functions that a pipeline carries."""
    return {name: chunk for chunk in pipeline.code if chunk.kind == "function" for name in chunk.names}


def own_docstring(code: Mapping[str, SourceFragment], function: str) -> str | None:
    """The docstring of an inlined function."""
    return _docstring(code[function].text, function) if function in code else None


@lru_cache(maxsize=1024)
def _docstring(text: str, function: str) -> str | None:
    """That of a function which a text defines: many calls have the same."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            return ast.get_docstring(node)
    return None
