"""One generated file: the names that are taken in it, and what it imports and carries because something uses it."""

from __future__ import annotations

import re

from pipeglot.codegen.pysource import Code, Imports, Names, identifier, string
from pipeglot.codegen.python import STANDARD, AuthorCode
from pipeglot.codegen.shadowing import boundary_names
from pipeglot.core.ir import Cron, Imported, Pipeline
from pipeglot.core.params import date_param

from .helpers import HELPERS, NEEDS

ENGINE_NAMES: dict[str, str] = {
    "dg": "dagster",
    "Any": "typing",
    "Literal": "typing",
    "Field": "pydantic",
    "ZoneInfo": "zoneinfo",
    "contextmanager": "contextlib",
    "datetime": "datetime",
    "signal": "",
    "suppress": "contextlib",
    "timedelta": "datetime",
    "timezone": "datetime",
}
"""Every name a generated file may import for itself, by module; a module itself has none."""


class Module:
    """Names of a file on module level.

    Attributes:
        engine_names: what stands in the file for generated code to use, whatever the author has.
        zone: where the pipeline's schedule has its days.
        params: the name of the class of the run's parameters.
    """

    def __init__(self, pipeline: Pipeline, author: AuthorCode, imports: Imports) -> None:
        self.author = author
        self.pipeline, self.imports = pipeline, imports
        timing = pipeline.schedule.timing if pipeline.schedule else None
        self.zone = timing.timezone if isinstance(timing, Cron) else "UTC"
        modules = {step.run.module.partition(".")[0] for step in pipeline.steps if isinstance(step.run, Imported)}
        taken = {*author.names, *boundary_names(), *modules, "context", "params"}
        # A name that the author imports from where we would is the same thing.
        shared = {
            name
            for name, module in ENGINE_NAMES.items()
            if name != "dg" and author.imported.get(name) == (f"{module}.{name}" if module else name)
        } | {"Any"}
        names = Names(taken, lambda text: text)
        self._engine = {name: name if name in shared else names(name, name) for name in (*ENGINE_NAMES, *HELPERS)}
        self._names = Names(taken | set(self._engine.values()), _keep)
        self.engine_names = frozenset({*boundary_names(), *author.hidden.instead, *self._engine.values()})
        self._given: set[str] = set()
        self.used: set[str] = set()
        self.params = self.name("params class", f"{_camel(pipeline.name)}Params")

    def use(self, name: str) -> str:
        """The file's name for something of the engine, or a helper; from now on it is imported or printed."""
        known = self._engine[name]
        if name in HELPERS:
            if name not in self.used:
                self.used.add(name)
                for need in NEEDS.get(name, ()):
                    self.use(need)
        elif name == "dg":
            self.imports.module("dagster", known)
        elif module := ENGINE_NAMES[name]:
            self.imports.name(module, name, None if known == name else known)
        else:
            self.imports.module(name, None if known == name else known)
        return known

    def dg(self, name: str) -> str:
        """Something of Dagster."""
        return f"{self.use('dg')}.{name}"

    def name(self, key: object, text: str) -> str:
        """A name on module level; a new one for a new key."""
        found = self._names(key, text)
        self._given.add(found)
        return found

    def locals(self, *taken: str) -> Names:
        """Names for the variables of one graph; they may hide the author's functions, which no graph calls."""
        return Names({*self.engine_names, *self._given, *taken}, _keep)

    def helpers(self) -> list[Code]:
        """The source of the helpers in use, with the names this file has for what they use."""
        return [self._helper(name) for name in HELPERS if name in self.used]

    def _helper(self, name: str) -> Code:
        text = HELPERS[name]
        if name == "run_day":
            text = text.replace('"here"', string(self.zone))
        if name == "run_moment":
            text = text.replace("params.logical_date", f"params.{date_param(self.pipeline)}")
        for word in (name, *NEEDS.get(name, ())):
            if self._engine[word] != word:
                text = re.sub(rf"(?<![.\"'])\b{word}\b(?!\")", self._engine[word], text)
        return Code(text)


def _keep(text: str) -> str:
    return text if text.isidentifier() else identifier(text)


def _camel(text: str) -> str:
    return "".join(word.capitalize() for word in identifier(text).split("_"))


__all__ = ["ENGINE_NAMES", "STANDARD", "Module"]
