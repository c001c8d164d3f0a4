"""The Python source of components: the author's code, the boundary, and a function KFP can call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from pipeglot.codegen.pysource import (
    WIDTH,
    Atom,
    Bracket,
    Doc,
    Entry,
    Imports,
    Names,
    call,
    flat,
    identifier,
    literal,
    statement,
    width,
)
from pipeglot.codegen.python import STANDARD, AuthorCode, author_code, boundary_code
from pipeglot.codegen.shadowing import Hidden, boundary_names, reads_before_binding
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Imported, Inlined, Pipeline, SourceFragment, Step

from .helpers import ENGINE_NAMES, HELPERS, USES_JSON
from .pickles import PICKLERS, pickled
from .plain import Plain, without_extensions
from .spec import Program
from .types import ANNOTATION, Form

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DECODED: dict[Form, str] = {
    "json": "json.loads({})",
    "texts": "[json.loads(each) for each in {}]",
    "ints": "[int(each) for each in {}]",
    "floats": "[float(each) for each in {}]",
    "float": "float({})",
    "outcome": 'json.loads({})["value"]',
}
"""How a component reads what it is given; KFP gives the numbers of a list as floats, and whole floats as ints."""
ENCODED: dict[Form, str] = {"json": "dump({})", "outcome": "dump({})", "texts": "[dump(each) for each in {}]"}


class Sources:
    """Writes the modules of one pipeline's components; what they share is made once."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.diagnostics: list[Diagnostic] = []
        self._chunks: dict[str, tuple[SourceFragment, ...]] = {}
        self._plain = Plain(pipeline)
        self._are_plain: dict[str, bool] = {}
        self._hidden: dict[str, Hidden] = {}
        self._heads: dict[tuple[str, frozenset[str], bool, bool], tuple[str, bool]] = {}
        self._bound = {name: chunk for chunk in pipeline.code for name in chunk.names}
        self._words = [(chunk, frozenset(_WORD.findall(chunk.text))) for chunk in pipeline.code]
        self._pickled = pickled(pipeline)
        modules = {s.run.module.split(".")[0] for s in pipeline.steps if isinstance(s.run, Imported)}
        self.taken = {*self._bound, *modules, *boundary_names(), *ENGINE_NAMES, "kfp"}
        self.helper: dict[str, str] = {}
        """What each helper is called: the author's file may have a function of its name."""
        for name in (*HELPERS, "work"):
            self.helper[name] = name
            while self.helper[name] in self.taken:
                self.helper[name] += "_"
        self.taken |= set(self.helper.values())
        self.instead: frozenset[str] = frozenset()
        """What stands for names that the author's file hides."""
        if pipeline.code:
            author = author_code(pipeline, Imports())
            self.diagnostics += author.diagnostics
            self.instead = author.hidden.instead
            for name in sorted(author.names & ENGINE_NAMES.keys()):
                if author.imported.get(name) != f"{ENGINE_NAMES[name]}.{name}":
                    message = f"the name {name!r} of your file is also used by the code around it"
                    way_out, at = f"rename {name!r} in your file", self._bound[name].at
                    self.diagnostics.append(Diagnostic("PG200", "error", message, at, way_out, "kfp"))

    def names(self, step: Step | None) -> Names:
        """Names for the parameters of one function; they may hide what the function itself does not use."""
        used = {"self", "outcome", "value", "found", "status", "state", *self.helper.values()}
        used |= boundary_names().keys() | ENGINE_NAMES.keys() | self.instead
        if step is not None and isinstance(step.run, Imported | Inlined):
            used.add(step.run.name if isinstance(step.run, Inlined) else step.run.module.split(".")[0])
        return Names(used, _keep)

    def needed(self, step: Step) -> tuple[SourceFragment, ...]:
        """The chunks of the author's file that a step's function needs, in their order."""
        if not isinstance(step.run, Inlined):
            return ()
        if step.run.name not in self._chunks:
            known = self._closure({step.run.name, "annotations"})
            if self.pickles(step):
                known = self._closure(known | self._pickled)
            found = (c for c in self.pipeline.code if known.intersection(c.names))
            self._chunks[step.run.name] = tuple(without_extensions(c) if self.plain(step) else c for c in found)
        return self._chunks[step.run.name]

    def _closure(self, wanted: set[str]) -> set[str]:
        """Names of the file, with all that they use."""
        wanted, known = set(wanted), set[str]()
        while wanted - known:
            known |= wanted
            for chunk, words in self._words:
                if known.intersection(chunk.names):
                    wanted |= words & self._bound.keys()
        return known

    def pickles(self, step: Step) -> bool:
        """Whether a step may read a pickle that holds something of the author's file."""
        if not isinstance(step.run, Inlined) or not self._pickled:
            return False
        known = self._closure({step.run.name})
        return any(words & PICKLERS for chunk, words in self._words if known.intersection(chunk.names))

    def plain(self, step: Step) -> bool:
        """Whether a step's boundary needs no pydantic."""
        if step.name not in self._are_plain:
            self._are_plain[step.name] = self._plain.step(step)
        return self._are_plain[step.name]

    def hidden(self, step: Step | None) -> Hidden:
        """What the author's code hides in the components of a step."""
        name = "" if step is None else step.name
        if name not in self._hidden:
            self._hidden[name] = self._author(step, Imports()).hidden
        return self._hidden[name]

    def _author(self, step: Step | None, imports: Imports) -> AuthorCode:
        code = () if step is None else self.needed(step)
        return author_code(self.pipeline.model_copy(update={"code": code}), imports)

    def head(self, step: Step | None, helpers: frozenset[str], whole: bool, builtins: bool) -> tuple[str, bool]:
        """All above the function, and whether annotations are text there. Not `whole`: but for the helpers; `builtins`:
        the function needs the module of that name."""
        key = ("" if step is None else step.name, helpers, whole, builtins)
        if key not in self._heads:
            self._heads[key] = self._head(step, helpers, whole, builtins)
        return self._heads[key]

    def _head(self, step: Step | None, helpers: frozenset[str], whole: bool, builtins: bool) -> tuple[str, bool]:
        imports = Imports()
        author, own = self._author(step, imports), self.hidden(step)
        if "json" in helpers or (whole and helpers & USES_JSON):
            imports.module("json")
        for name in sorted(helpers & ENGINE_NAMES.keys()):
            imports.name(ENGINE_NAMES[name], name)
        if builtins:
            own.need_builtins(imports)
        parts: list[str] = [author.text]
        if step is not None:
            if whole and not self.plain(step):
                parts.append(own.immune(boundary_code([step], imports), imports))
            if isinstance(step.run, Imported):
                imports.module(step.run.module)
        if whole:
            parts += [own.immune(self._helper(name), imports) for name in HELPERS if name in helpers]
        eager = "from __future__ import annotations" in imports.text(STANDARD)
        if eager and whole:
            imports.module("typing")
        text = imports.text(STANDARD)
        found = "\n\n\n".join(part for part in parts if part)
        return (text + "\n\n\n" + found if text and found else text or found), eager

    def shared(self, step: Step | None, helpers: Iterable[str]) -> dict[str, str]:
        """The helpers of a component as functions that import what they need: name and source."""
        found: dict[str, str] = {}
        if step is not None and not self.plain(step):
            imports = Imports()
            text = boundary_code([step], imports)
            name = "json_io" if isinstance(step.run, Imported | Inlined) else "run_command"
            # What annotations name is known where KFP puts a component.
            lines = [line for line in imports.text(STANDARD).split("\n") if not line.endswith(("Callable", "Any"))]
            known = self.hidden(step).names.get(name, name)
            found[known] = _with_imports(text.replace(name, known, 1), [line for line in lines if line])
        for each in (each for each in HELPERS if each in helpers):
            found[self.helper[each]] = _with_imports(self._helper(each), ["import json"] if each in USES_JSON else [])
        return found

    def _helper(self, name: str) -> str:
        text = HELPERS[name]
        for each, known in self.helper.items():
            text = text if each == known or each == "work" else re.sub(rf"\b{each}\b", known, text)
        return text


class Writing:
    """One component being written: parameters as they are taken, helpers as they are used."""

    def __init__(self, sources: Sources, function: str, step: Step | None = None) -> None:
        self.program = Program(function, description="" if step is None else step.description)
        self.sources = sources
        self._names = sources.names(step)
        self.helpers: set[str] = set()
        self.step = step
        self._before: list[str] = []
        self._value: Doc = Atom("None")
        self._variable = "value"
        self.imports = Imports()

    def use(self, helper: str) -> str:
        """A helper's name; it is printed, and what it needs imported."""
        self.helpers.add(helper)
        return self.sources.helper.get(helper, helper)

    def boundary(self) -> str:
        """What wraps the step's function."""
        return self.use("plain_io") if self.step is not None and self.sources.plain(self.step) else "json_io"

    def parameter(self, key: object, wanted: str, form: Form) -> str:
        """The name of a new parameter."""
        name = self._names(key, wanted)
        self.program.inputs[name] = form
        return name

    def read(self, name: str) -> str:
        """How the value of a parameter is read."""
        form = self.program.inputs[name]
        text = DECODED.get(form, "{}").format(name)
        if "json." in text:
            self.use("json")
        return text

    def work(self, lines: Iterable[str]) -> Doc:
        """A function within, that does the work; its name."""
        name = self.sources.helper["work"]
        self._before += [f"    def {name}():", *lines, ""]
        return Atom(name)

    def line(self, text: str) -> None:
        """A line of the function, before what it returns."""
        self._before.append(text)

    def value(self, doc: Doc, *, outcome: bool = False, variable: str = "value") -> None:
        """What the function is about: a value, or an outcome (`attempt`)."""
        self._value, self._variable = doc, "outcome" if outcome else variable

    def gives(self, key: str, form: Form, expression: str = "{}") -> None:
        """An output: `expression` of the value, in a form."""
        text = ENCODED.get(form, "{}").format(expression)
        if "dump(" in text:
            text = text.replace("dump(", self.use("dump") + "(")
        self.program.outputs[key] = form
        self.program.results[key] = text

    def text(self) -> str:
        """The module."""
        program, own, more = self.program, self.sources.hidden(self.step), Imports()
        about = _docstring(program.description)
        lines = [self._signature(), *about, *([""] if about and self._before else []), *self._before, *self._return()]
        printed = "\n".join(lines)
        body = "\n\n\n".join(filter(None, [own.again([printed]), own.immune(printed, more)]))
        head, eager = self._above(builtins=more.any())
        text = "\n" + head + ("\n\n\n" if head else "") + body + "\n"
        if eager:
            self_types = f"{program.function}.__annotations__ = typing.get_type_hints({program.function})"
            text += f"\n\n# KFP reads types, not their text.\n{own.immune(self_types, more)}\n"
        return text

    def nested(self, name: str) -> str | None:
        """One function of a given name that holds all it needs but for helpers; None where that cannot be moved into one."""
        own, more = self.sources.hidden(self.step), Imports()
        printed = "\n".join(["def body():", *self._before, *self._return()])
        again = [f"    {line}" for line in own.again([printed]).split("\n") if line]
        body = [*again, *own.immune(printed, more).split("\n")[1:]]
        above = self._above(False, more.any())[0].replace("from __future__ import annotations", "").strip("\n")
        lines = [line for line in above.split("\n") if not line.startswith("from kfp.dsl import")]
        lines = [line.replace(", NamedTuple", "") for line in lines if line != "from typing import NamedTuple"]
        above = "\n".join(lines).strip("\n")
        lines = above.split("\n")
        start = [self._signature(name), *_docstring(self.program.description)]
        inner = re.sub(r"\n{3,}", "\n\n", "\n".join("    " + line if line else "" for line in lines))
        text = "\n".join([*start, *([inner, ""] if inner.strip() else []), *body])
        return text + "\n" if not above or (_same_inside(above, inner) and not reads_before_binding(above)) else None

    def shared(self) -> dict[str, str]:
        """The helpers it uses, as functions of their own: name and source."""
        return self.sources.shared(self.step, self.helpers)

    def _above(self, whole: bool = True, builtins: bool = False) -> tuple[str, bool]:
        program = self.program
        helpers = set(self.helpers)
        if program.outputs.keys() - {"Output"}:
            helpers.add("NamedTuple")
        if program.final_status:
            helpers.add("PipelineTaskFinalStatus")
        return self.sources.head(self.step, frozenset(helpers), whole, builtins)

    def _signature(self, name: str | None = None) -> str:
        program = self.program
        entries = [Entry("", Atom(f"{name}: {ANNOTATION[form]}")) for name, form in program.inputs.items()]
        if program.final_status:
            entries.append(Entry("", Atom(f"{program.final_status}: PipelineTaskFinalStatus")))
        returns = ""
        if program.outputs.keys() == {"Output"}:
            returns = " -> " + ANNOTATION[next(iter(program.outputs.values()))]
        elif program.outputs:
            pairs = [Atom(f'("{key}", {ANNOTATION[form]})') for key, form in program.outputs.items()]
            returns = " -> " + flat(
                call("NamedTuple", "Outputs", Bracket("[", tuple(Entry("", p) for p in pairs), "]"))
            )
        head = f"def {name or program.function}("
        flat_head = f"{head}{', '.join(flat(entry.value) for entry in entries)}) -> NamedTuple("
        whole = f"{flat_head.removesuffix(' -> NamedTuple(')}{returns}:"
        if len(entries) < 2 and " -> NamedTuple(" in returns and width(whole) > WIDTH >= width(flat_head):
            inner = returns.removeprefix(" -> NamedTuple(").removesuffix(")")
            return f"{flat_head}\n    {inner}\n):"
        return statement("", Bracket(head, tuple(entries), ")"), returns + ":")

    def _return(self) -> list[str]:
        results = list(self.program.results.values())
        if not results:
            return [statement("", self._value, indent=4)]
        if self.program.outputs.keys() == {"Output"} and results[0].count("{}") == 1:
            before, after = results[0].split("{}")
            if before.endswith("(") and after.strip(")") == "":
                return [statement("return ", Bracket(before, (Entry("", self._value),), after), indent=4)]
            if not before and not after:
                return [statement("return ", self._value, indent=4)]
        docs = [Atom(text.replace("{}", self._variable)) for text in results]
        returned: Doc = docs[0]
        if self.program.outputs.keys() != {"Output"}:
            returned = Bracket("(", tuple(Entry("", doc) for doc in docs), ")", comma=len(docs) == 1)
        if not any("{}" in text for text in results):
            return [statement("return ", returned, indent=4)]
        made = statement(f"{self._variable} = ", self._value, indent=4)
        return [made, statement("return ", returned, indent=4)]


def _with_imports(source: str, imports: list[str]) -> str:
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


def subscripts(path: Iterable[str | int]) -> str:
    """A path as Python subscripts."""
    return "".join(f"[{flat(literal(key))}]" for key in path)


def _keep(text: str) -> str:
    return text if text.isidentifier() and text.isascii() and not text.startswith("_") else identifier(text)


def _docstring(text: str) -> list[str]:
    return [f'    """{text}"""'] if fits_docstring(text) else []


def fits_docstring(text: str) -> bool:
    """Whether a description can be the docstring of a component: one line that means itself there."""
    plain = text.isprintable() and text == text.strip() and not any(c in text for c in '\\"{')
    return bool(text) and plain and len(text) <= 78


def without_placeholders(text: str) -> str | None:
    """The same Python without the two braces and dollar that KFP replaces; None when they are no part of a literal."""
    if "{{$" not in text:
        return text
    changed = text.replace("{{$", "{\\x7b$")
    try:
        same = ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text))
    except SyntaxError:
        return None
    return changed if same and "{{$" not in changed else None
