"""What the author's file is to components: which of it each needs, and which names it has taken."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeglot.codegen.names import RESERVED, Imports
from pipeglot.codegen.python import AuthorCode, author_code
from pipeglot.codegen.shadowing import Hidden, boundary_names
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Imported, Inlined, Pipeline, SourceFragment, Step

from .helpers import ENGINE_NAMES, HELPERS
from .pickles import PICKLERS, pickled
from .plain import Plain, without_extensions

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLES = frozenset({"self", "outcome", "value", "found", "status", "state"})


class AuthorFile:
    """The author's file, asked about one step at a time; what components share is found once.

    Attributes:
        taken: the names that no component's function can have.
        helper: what each helper is called, for the author's file may have a function of its name.
        diagnostics: names that the author has to change.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._pipeline = replace(pipeline, steps=(), body=())
        self._chunks: dict[str, list[int]] = {}
        for number, chunk in enumerate(pipeline.code):
            for name in chunk.names:
                self._chunks.setdefault(name, []).append(number)
        words = [frozenset(_WORD.findall(chunk.text)) for chunk in pipeline.code]
        self._uses = [each & self._chunks.keys() for each in words]
        self._unpickling = {number for number, each in enumerate(words) if each & PICKLERS}
        self._pickled = pickled(pipeline)
        self._needed: dict[str, tuple[SourceFragment, ...]] = {}
        self._plain, self._are_plain = Plain(pipeline), dict[str, bool]()
        self._hidden: dict[str, Hidden] = {}
        self._parameters: dict[str, frozenset[str]] = {}
        modules = {s.run.module.split(".")[0] for s in pipeline.steps if isinstance(s.run, Imported)}
        taken = {*self._chunks, *modules, *boundary_names(), *ENGINE_NAMES, "kfp"}
        self.helper: dict[str, str] = {}
        for name in (*HELPERS, "work"):
            self.helper[name] = name
            while self.helper[name] in taken:
                self.helper[name] += "_"
        self.taken = frozenset({*taken, *self.helper.values(), *RESERVED})
        self._instead: frozenset[str] = frozenset()
        if pipeline.code:
            self._check(pipeline)

    def _check(self, pipeline: Pipeline) -> None:
        author = author_code(pipeline, Imports())
        self.diagnostics += author.diagnostics
        self._instead = author.hidden.instead
        for name in sorted(author.names & ENGINE_NAMES.keys()):
            if author.imported.get(name) != f"{ENGINE_NAMES[name]}.{name}":
                message = f"the name {name!r} of your file is also used by the code around it"
                way_out, at = f"rename {name!r} in your file", pipeline.code[self._chunks[name][-1]].at
                self.diagnostics.append(Diagnostic("PG200", "error", message, at, way_out, "kfp"))

    def not_parameters(self, step: Step | None) -> frozenset[str]:
        """Names that no parameter of a component can have; those that it does not use itself, it may hide."""
        own = ""
        if step is not None and isinstance(step.run, Imported | Inlined):
            own = step.run.name if isinstance(step.run, Inlined) else step.run.module.split(".")[0]
        if own not in self._parameters:
            used = {*_VARIABLES, *self.helper.values(), *boundary_names(), *ENGINE_NAMES, *self._instead, *RESERVED}
            self._parameters[own] = frozenset(used | ({own} if own else set()))
        return self._parameters[own]

    def needed(self, step: Step) -> tuple[SourceFragment, ...]:
        """The chunks that a step's function needs, in their order."""
        if not isinstance(step.run, Inlined):
            return ()
        name = step.run.name
        if name not in self._needed:
            wanted = {name, "annotations"}
            found = self._closure(wanted | self._pickled if self.pickles(step) else wanted)
            chunks = (self._pipeline.code[number] for number in sorted(found))
            self._needed[name] = tuple(without_extensions(c) if self.plain(step) else c for c in chunks)
        return self._needed[name]

    def _closure(self, names: Iterable[str]) -> set[int]:
        """The chunks that bind names of the file, with all that they use."""
        waiting, found = [*names], set[int]()
        while waiting:
            for number in self._chunks.get(waiting.pop(), ()):
                if number not in found:
                    found.add(number)
                    waiting += self._uses[number]
        return found

    def pickles(self, step: Step) -> bool:
        """Whether a step may read a pickle that holds something of the author's file."""
        if not isinstance(step.run, Inlined) or not self._pickled:
            return False
        return not self._unpickling.isdisjoint(self._closure([step.run.name]))

    def plain(self, step: Step) -> bool:
        """Whether a step's boundary needs no pydantic."""
        if step.name not in self._are_plain:
            self._are_plain[step.name] = self._plain.step(step)
        return self._are_plain[step.name]

    def hidden(self, step: Step | None) -> Hidden:
        """What the author's code hides in the components of a step."""
        name = "" if step is None else step.name
        if name not in self._hidden:
            self._hidden[name] = self.code(step, Imports()).hidden
        return self._hidden[name]

    def code(self, step: Step | None, imports: Imports, *, inside: bool = False) -> AuthorCode:
        """The code that a step needs; `inside` a function, where annotations cannot be made text."""
        chunks = () if step is None else self.needed(step)
        if inside:
            chunks = tuple(chunk for chunk in chunks if not chunk.text.startswith("from __future__"))
        return author_code(replace(self._pipeline, code=chunks), imports)
