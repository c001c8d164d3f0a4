"""One generated file: the names that are taken in it, and what it imports and carries because something uses it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeglot.codegen.code import Code
from pipeglot.codegen.names import Imports, Names, identifier
from pipeglot.codegen.python import AuthorCode
from pipeglot.codegen.shadowing import boundary_names
from pipeglot.core.ir import Imported, Pipeline


class Module:
    """Names of a file on module level.

    Attributes:
        engine_names: what stands in the file for generated code to use, whatever the author has.
        taken: what the author's code and the boundary have.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        author: AuthorCode,
        imports: Imports,
        engine: Mapping[str, str],
        helpers: Mapping[str, str],
        needs: Mapping[str, Iterable[str]],
        taken: Iterable[str] = (),
    ) -> None:
        """`engine`: every name a file may import for itself, with the `module.name` or module it stands for; `helpers`: the
        source of its helpers, and which names each of them `needs`; `taken`: names that are none of these."""
        self.pipeline, self.author, self.imports = pipeline, author, imports
        self._meant, self._helpers, self._needs = engine, helpers, needs
        modules = {step.run.module.partition(".")[0] for step in pipeline.steps if isinstance(step.run, Imported)}
        boundary, taken = boundary_names(), frozenset(taken)
        self.taken = frozenset({*boundary, *author.names, *modules})
        names = Names(self.taken | taken, keep)
        # A name that the author imports from where we would is the same thing, and so is one of the boundary's.
        same = {name for name, meant in engine.items() if meant in (author.imported.get(name), boundary.get(name))}
        self._engine = {name: name if name in same - taken else names(name, name) for name in (*engine, *helpers)}
        self._names = Names(self.taken | taken | set(self._engine.values()), keep)
        self.engine_names = frozenset({*author.hidden.instead, *self._engine.values()})
        self._given: set[str] = set()
        self._used: set[str] = set()

    def use(self, name: str) -> str:
        """The file's name for something of the engine, or a helper; from now on it is imported or printed."""
        known = self._engine[name]
        if name in self._helpers:
            if name not in self._used:
                self._used.add(name)
                for need in self._needs.get(name, ()):
                    self.use(need)
            return known
        module, _, attribute = self._meant[name].rpartition(".")
        if attribute == name and module:
            self.imports.name(module, name, None if known == name else known)
        else:
            self.imports.module(self._meant[name], None if known == self._meant[name] else known)
        return known

    def name(self, key: object, text: str) -> str:
        """A name on module level; a new one for a new key."""
        found = self._names(key, text)
        self._given.add(found)
        return found

    @property
    def own_names(self) -> frozenset[str]:
        """What generated code has on module level: a function that calls nothing of the author's may hide all else."""
        return self.engine_names | self._given

    def helpers(self) -> list[Code]:
        """The source of the helpers in use, with the names this file has for what they use."""
        return [self._helper(name) for name in self._helpers if name in self._used]

    def _helper(self, name: str) -> Code:
        text = self._helpers[name].strip("\n")
        for word in (name, *self._needs.get(name, ())):
            if self._engine[word] != word:
                text = re.sub(rf"(?<![.\"'])\b{word}\b(?!\")", self._engine[word], text)
        return Code(text)


def keep(text: str) -> str:
    """A name as it is where it can be one."""
    return text if text.isidentifier() else identifier(text)
