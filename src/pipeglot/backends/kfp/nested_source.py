"""Components as the functions that KFP's DSL wants: each holds all it needs."""

from __future__ import annotations

import ast
import re

from pipeglot.codegen.names import Imports
from pipeglot.codegen.pysource import Atom, Bracket, Entry, call, flat, literal, statement
from pipeglot.codegen.python import STANDARD
from pipeglot.codegen.shadowing import reads_before_binding
from pipeglot.core.ir import Imported

from .author import AuthorFile
from .component_source import ComponentPrinter, described, signature
from .plan import ComponentSource, ContainerComponent
from .spec import CONTAINER_SCRIPT
from .types import ANNOTATION


def nested(author: AuthorFile, printer: ComponentPrinter, component: ComponentSource) -> str | None:
    """The function but for its helpers, from behind its name on; None where its code cannot be moved into a function."""
    step = component.step
    own, more = author.hidden(step), Imports()
    printed = "\n".join(["def body():", *printer.body(component)])
    again = [f"    {line}" for line in own.again([printed]).split("\n") if line]
    body = [*again, *own.immune(printed, more).split("\n")[1:]]
    imports = Imports()
    code = author.code(step, imports, inside=True)
    if "json" in component.helpers:
        imports.module("json")
    if more.any():
        own.need_builtins(imports)
    if step is not None and isinstance(step.run, Imported):
        imports.module(step.run.module)
    above = "\n\n\n".join(part for part in (imports.text(STANDARD), code.text) if part)
    inner = re.sub(r"\n{3,}", "\n\n", "\n".join("    " + line if line else "" for line in above.split("\n")))
    if above and (not _same_inside(above, inner) or reads_before_binding(above)):
        return None
    # A function is called as its task is, and that is only known when all are written.
    head = signature(component, "f").removeprefix("def f")
    return "\n".join([head, *described(component.description), *([inner, ""] if above else []), *body]) + "\n"


def container_function(component: ContainerComponent) -> str:
    """The function of a container component, from behind its name on."""
    given = [
        Atom(flat(literal(f"{name}={text}")) if text is not None else f'f"{name}={{{name}}}"')
        for name, text in component.arguments.items()
    ]
    args = [Atom(component.output), *given, *(Atom(flat(literal(word))) for word in ("--", *component.words()))]
    script = '"""' + CONTAINER_SCRIPT.replace("\\", "\\\\") + '"""'
    made = call("dsl.ContainerSpec", image=component.image, command=["sh", "-c", Atom("script")], args=args)
    entries = [Entry("", Atom(f"{name}: {ANNOTATION[form]}")) for name, form in component.inputs.items()]
    head = Bracket("def f(", (*entries, Entry("", Atom(f"{component.output}: dsl.OutputPath(str)"))), "):")
    lines = [statement("", head).removeprefix("def f"), *described(component.description), f"    script = {script}"]
    return "\n".join([*lines, statement("return ", made, indent=4)]) + "\n"


def _same_inside(text: str, indented: str) -> bool:
    """Whether code still means the same, moved into a function: text over several lines would not."""
    function = ast.parse(f"def f():\n{indented}").body[0]
    assert isinstance(function, ast.FunctionDef)
    return ast.dump(_bare(ast.parse(text))) == ast.dump(_bare(ast.Module(function.body, [])))


def _bare(tree: ast.Module) -> ast.Module:
    """A module without its docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree
