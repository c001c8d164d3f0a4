"""The names of one generated file: what it imports and carries because something uses it."""

from __future__ import annotations

import re

from pipeglot.codegen.pysource import Code, Imports, Names, identifier
from pipeglot.codegen.python import AuthorCode
from pipeglot.codegen.shadowing import boundary_names
from pipeglot.core.ir import Pipeline

from .helpers import HELPERS, NEEDS

RESERVED_PARAMETERS = frozenset({"wait_for", "return_state", "deferred", "self", "index"})
"""What `Task.submit`, `Task.map` and our own loops take for themselves."""

ENGINE_NAMES: dict[str, str] = {
    "Annotated": "typing",
    "Any": "typing",
    "Literal": "typing",
    "Lock": "threading",
    "ThreadPoolExecutor": "concurrent.futures",
    "copy_context": "contextvars",
    "timezone": "datetime",
    "ZoneInfo": "zoneinfo",
    "TypedDict": "typing_extensions",
    "Field": "pydantic",
    "StrictBool": "pydantic",
    "StrictFloat": "pydantic",
    "StrictInt": "pydantic",
    "StrictStr": "pydantic",
    "allow_failure": "prefect",
    "flow": "prefect",
    "task": "prefect",
    "unmapped": "prefect",
    "NO_CACHE": "prefect.cache_policies",
    "PrefectFuture": "prefect.futures",
    "resolve_futures_to_results": "prefect.futures",
    "flow_run": "prefect.runtime",
    "Failed": "prefect.states",
}
"""Every name a generated file may import for itself, by module; a module itself has none."""

FLOW_VARIABLES = ("runs", "stopped", "failed", "result", "lock")
"""The variables of a flow that stand for nothing of the pipeline."""


def _keep(text: str) -> str:
    return text if text.isidentifier() else identifier(text)


class Module:
    """The names of one generated file: imports, helpers and tasks."""

    def __init__(self, pipeline: Pipeline, author: AuthorCode, imports: Imports) -> None:
        self.pipeline, self.author, self.imports = pipeline, author, imports
        params = {param.name for param in pipeline.params}
        modules = {step.run.module.split(".")[0] for step in pipeline.steps if step.run.kind == "imported"}
        self._fixed = {*(boundary_names().keys() - {"Any"}), *author.names, *modules}
        names = Names(self._fixed | params, _keep)
        meant = {name: f"{module}.{name}" if module else name for name, module in ENGINE_NAMES.items()}
        shared = {name for name, meaning in meant.items() if author.imported.get(name) == meaning}
        self._engine = {name: name if name in shared else names(name, name) for name in (*ENGINE_NAMES, *HELPERS)}
        if "Any" not in params:
            self._engine["Any"] = "Any"  # the boundary code has imported it, under this name
        self._tasks = Names(self._fixed | params | set(self._engine.values()), _keep)
        self._beside_parameters = frozenset({*self._fixed, *RESERVED_PARAMETERS, *self._engine.values()})
        self.flow = self._tasks("flow", identifier(pipeline.name))
        self._helpers: set[str] = set()
        self._named: set[str] = {self.flow}

    def use(self, name: str) -> str:
        """The file's name for something of the engine, or a helper; from now on it is imported or printed."""
        known = self._engine[name]
        if name in HELPERS:
            self._helpers.add(name)
            for need in NEEDS.get(name, ()):
                self.use(need)
        elif module := ENGINE_NAMES[name]:
            self.imports.name(module, name, None if known == name else known)
        else:
            self.imports.module(name, None if known == name else known)
        return known

    def name(self, key: object, text: str) -> str:
        """A name on module level; new for a new key."""
        name = self._tasks(key, text)
        self._named.add(name)
        return name

    def helpers(self) -> list[Code]:
        """The source of the helpers in use, with the names this file has for what they use."""
        return [self._helper(name) for name in HELPERS if name in self._helpers]

    def _helper(self, name: str) -> Code:
        text = HELPERS[name].strip("\n")
        for word in (name, *NEEDS.get(name, ())):
            if self._engine[word] != word:
                text = re.sub(rf"\b{word}\b", self._engine[word], text)
        return Code(text)

    def locals(self) -> Names:
        """Names for the flow's own variables, once all others are known.

        They may hide the author's functions, which a flow never calls.
        """
        params = {param.name for param in self.pipeline.params}
        return Names({*params, *self._engine.values(), *self._named, *self.author.hidden.instead, *FLOW_VARIABLES})

    def parameters(self) -> Names:
        """Names for the parameters of one task."""
        return Names(around=self._beside_parameters)
