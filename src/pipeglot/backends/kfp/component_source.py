"""The Python source of components: the author's code, the boundary, and a function KFP can call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from pipeglot.codegen.code import Code, joined, marks_of
from pipeglot.codegen.docstrings import docstring
from pipeglot.codegen.names import Imports
from pipeglot.codegen.pysource import WIDTH, Atom, Bracket, Doc, Entry, flat, statement, width
from pipeglot.codegen.python import STANDARD, boundary_code
from pipeglot.core.ir import Imported, Inlined, Step

from .author import AuthorFile
from .helpers import ENGINE_NAMES, HELPERS, USES_JSON
from .plan import CodeLine, ComponentSource
from .types import ANNOTATION


class ComponentPrinter:
    """Prints the modules of one pipeline's components."""

    def __init__(self, author: AuthorFile) -> None:
        self._author = author
        self._heads: dict[tuple[str, frozenset[str], bool], tuple[Code, bool]] = {}

    def module(self, component: ComponentSource) -> Code:
        """The module of a component."""
        own, more = self._author.hidden(component.step), Imports()
        about, before = described(component.description), self._before(component)
        signed = [signature(component, component.function), *about, *([""] if about and before else [])]
        printed = joined([*signed, *before, *_returned(component)])
        body = joined(filter(None, [own.again([printed]), own.immune(printed, more)]), "\n\n\n")
        head, eager = self._head(component, more.any())
        text = "\n" + head + ("\n\n\n" if head else "") + body + "\n"
        if eager:
            types = f"{component.function}.__annotations__ = typing.get_type_hints({component.function})"
            text = text + f"\n\n# KFP reads types, not their text.\n{own.immune(types, more)}\n"
        return text

    def body(self, component: ComponentSource) -> list[str]:
        """The statements of the function."""
        return [*self._before(component), *_returned(component)]

    def _before(self, component: ComponentSource) -> list[str]:
        lines: list[str] = [_line(each, 4) for each in component.lines]
        if component.work:
            name = self._author.helper["work"]
            lines += [f"    def {name}():", *(_line(each, 8) for each in component.work), ""]
        return lines

    def _head(self, component: ComponentSource, builtins: bool) -> tuple[Code, bool]:
        """All above the function, and whether annotations are text there; `builtins`: that module is needed too."""
        step, helpers = component.step, component.helpers | engine_names(component)
        key = ("" if step is None else step.name, helpers, builtins)
        if key not in self._heads:
            self._heads[key] = self._made_head(step, helpers, builtins)
        return self._heads[key]

    def _made_head(self, step: Step | None, helpers: frozenset[str], builtins: bool) -> tuple[Code, bool]:
        imports = Imports()
        author, own = self._author.code(step, imports), self._author.hidden(step)
        if "json" in helpers or helpers & USES_JSON:
            imports.module("json")
        for name in sorted(helpers & ENGINE_NAMES.keys()):
            imports.name(ENGINE_NAMES[name], name)
        if builtins:
            own.need_builtins(imports)
        parts: list[str] = [author.text]
        if step is not None and not self._author.plain(step):
            parts.append(own.immune(boundary_code([step], imports), imports))
        if step is not None and isinstance(step.run, Imported):
            imports.module(step.run.module)
        parts += [own.immune(self._helper(name), imports) for name in HELPERS if name in helpers]
        eager = "from __future__ import annotations" in imports.text(STANDARD)
        if eager:
            imports.module("typing")
        return joined((part for part in (imports.text(STANDARD), *parts) if part), "\n\n\n"), eager

    def shared(self, component: ComponentSource) -> Iterator[tuple[str, str]]:
        """The helpers of a component as functions that import what they need: name and source."""
        step = component.step
        if step is not None and not self._author.plain(step):
            imports = Imports()
            text: str = boundary_code([step], imports)
            name = "json_io" if isinstance(step.run, Imported | Inlined) else "run_command"
            # What annotations name is known where KFP puts a component.
            lines = [line for line in imports.text(STANDARD).split("\n") if not line.endswith(("Callable", "Any"))]
            known = self._author.hidden(step).names.get(name, name)
            text = re.sub(rf"\b{name}\b", known, text)
            yield known, _with_imports(text, [line for line in lines if line])
        for each in (each for each in HELPERS if each in component.helpers):
            needed = ["import json"] if each in USES_JSON else []
            yield self._author.helper[each], _with_imports(self._helper(each), needed)

    def _helper(self, name: str) -> str:
        text = HELPERS[name]
        for each, known in self._author.helper.items():
            text = text if each == known or each == "work" else re.sub(rf"\b{each}\b", known, text)
        return text


def engine_names(component: ComponentSource) -> set[str]:
    """What the function is annotated with."""
    found = {"NamedTuple"} if component.outputs.keys() - {"Output"} else set()
    return found | ({"PipelineTaskFinalStatus"} if component.final_status else set())


def signature(component: ComponentSource, name: str) -> str:
    """The head of a component's function."""
    entries = [Entry("", Atom(f"{name}: {ANNOTATION[form]}")) for name, form in component.inputs.items()]
    if component.final_status:
        entries.append(Entry("", Atom(f"{component.final_status}: PipelineTaskFinalStatus")))
    head, returns = f"def {name}(", ""
    outputs = {key: ANNOTATION[output.form] for key, output in component.outputs.items()}
    if outputs.keys() == {"Output"}:
        returns = f" -> {outputs['Output']}"
    elif outputs:
        fields = ", ".join(f'("{key}", {annotation})' for key, annotation in outputs.items())
        inner = f'"Outputs", [{fields}]'
        returns = f" -> NamedTuple({inner})"
        opened = f"{head}{', '.join(flat(entry.value) for entry in entries)}) -> NamedTuple("
        if len(entries) < 2 and width(f"{opened}{inner}):") > WIDTH >= width(opened):
            return f"{opened}\n    {inner}\n):"
    return statement("", Bracket(head, tuple(entries), ")"), returns + ":")


def described(text: str) -> list[Code]:
    """A component's description as lines of its function. KFP may find a placeholder in braces."""
    return docstring(text) if "{" not in text else []


def without_placeholders(text: str) -> str | None:
    """The same Python without the two braces and dollar that KFP replaces; None when they are no part of a literal."""
    if "{{$" not in text:
        return text
    changed = text.replace("{{$", "{\\x7b$")
    try:
        same = ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text))
    except SyntaxError:
        return None
    return Code(changed, marks_of(text)) if same and "{{$" not in changed else None


def _line(line: CodeLine, indent: int) -> Code:
    printed = statement(line.prefix, line.doc, line.suffix, indent + 4 * line.depth)
    return printed if line.attribute is None else printed.of(attribute=line.attribute)


def _returned(component: ComponentSource) -> list[str]:
    """The last statements: they give the outputs."""
    outputs, value = component.outputs, component.value
    if value is not None and not outputs:
        return [statement("", value, indent=4)]
    made: list[str] = [] if value is None else [statement(f"{component.variable} = ", value, indent=4)]
    if outputs.keys() == {"Output"}:
        [output] = outputs.values()
        if value is not None and output.expression == component.variable:
            return [statement("return ", _wrapped(output.wrappers, value), indent=4)]
        return [*made, statement("return ", Atom(output.text()), indent=4)]
    entries = tuple(Entry("", Atom(output.text())) for output in outputs.values())
    return [*made, statement("return ", Bracket("(", entries, ")", comma=len(entries) == 1), indent=4)]


def _wrapped(wrappers: tuple[str, ...], value: Doc) -> Doc:
    if not wrappers:
        return value
    return Bracket("(".join(wrappers) + "(", (Entry("", value),), ")" * len(wrappers))


def _with_imports(source: str, imports: Iterable[str]) -> str:
    """A function with imports at its start, behind its docstring."""
    lines = source.strip("\n").split("\n")
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    first = function.body[0]
    end = (first.end_lineno or first.lineno) if ast.get_docstring(function) is not None else first.lineno - 1
    added = ["    " + line for line in imports]
    rest = lines[end:]
    gap = [""] if added and rest[0] and not rest[0].startswith("    from ") else []
    return "\n".join([*lines[:end], *added, *gap, *rest]) + "\n"
