"""What a component installs when it starts: no more than its code can need, where that can be seen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from pipeglot.codegen.code import Code
from pipeglot.codegen.python import STANDARD
from pipeglot.core.ir import Imported, Inlined, Step

from .plan import ComponentSource, KfpPlan

_OURS = frozenset({"pydantic", "pydantic_core", "typing_extensions", "annotated_types", "__future__"})
"""What comes with the boundary."""
_BOUNDARY = _OURS - {"__future__"}
_HIDDEN = frozenset({"importlib", "runpy", "subprocess", "zoneinfo", "__import__", "exec", "eval", "system", "popen"})
"""Modules and names behind which code of any package can be."""
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Installs:
    """The requirements of each component of a pipeline. A component that imports some package gets all of the
    pipeline's, since one package may need another that no source names (a file format, a database driver)."""

    def __init__(self, plan: KfpPlan, options: Mapping[str, str]) -> None:
        self._plan, self._packages = plan, plan.pipeline.packages
        self._more = [each.strip() for each in options.get("packages", "").split(",") if each.strip()]
        self._found: dict[str, list[str]] = {}

    def of(self, component: ComponentSource) -> list[str]:
        """The requirement lines of one component; a component of ours alone has none."""
        step = component.step
        if step is None:
            zones = "context_of" in component.helpers
            return [each for each in self._packages if zones and distribution(each) == "tzdata"]
        if step.name not in self._found:
            boundary = ["pydantic>=2"] if self._checks(step) else []
            own = self._packages if self._may_need(step) else ()
            self._found[step.name] = list(dict.fromkeys([*boundary, *own, *self._more]))
        return self._found[step.name]

    def any_package(self) -> bool:
        """Whether a component installs a package of the pipeline's."""
        own = set(self._packages)
        return any(not own.isdisjoint(self.of(component)) for _, component in self._plan.sources())

    def _checks(self, step: Step) -> bool:
        """Whether a component needs pydantic, or what comes with it."""
        if not self._plan.author.plain(step):
            return isinstance(step.run, Imported | Inlined)
        return bool(_modules(c.text for c in self._plan.author.needed(step)) & (_BOUNDARY | _HIDDEN))

    def _may_need(self, step: Step) -> bool:
        if not self._packages:
            return False
        return not isinstance(step.run, Inlined) or uses_packages(c.text for c in self._plan.author.needed(step))


def uses_packages(source: Iterable[str]) -> bool:
    """Whether code may use more than Python's own modules and what comes with pydantic.

    >>> uses_packages(["import json, os"]), uses_packages(["def f():\\n    from sklearn import svm"])
    (False, True)
    """
    found = _modules(source)
    return bool(found & _HIDDEN) or not found <= STANDARD | _OURS


def _modules(source: Iterable[str]) -> set[str]:
    """The modules that code imports, and the names in it behind which any can be."""
    found: set[str] = set()
    for node in (node for text in source for node in ast.walk(ast.parse(text))):
        match node:
            case ast.Import(names=names):
                found.update(each.name.partition(".")[0] for each in names)
            case ast.ImportFrom(module=str(module)):
                found.add(module.partition(".")[0])
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _HIDDEN:
                found.add(name)
    return found


def distribution(requirement: str) -> str:
    """The name of the package that a requirement line wants."""
    found = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def command(wanted: list[str], sdk: str) -> list[str]:
    """The start of a component's command that installs KFP and what is wanted."""
    pip = "python3 -m pip install --quiet --no-warn-script-location"
    kfp = f"{pip} 'kfp=={sdk}' '--no-deps' 'typing-extensions>=3.7.4,<5; python_version<\"3.9\"' && \"$0\" \"$@\"\n"
    shown = " ".join("'" + each.replace("'", '"') + "'" for each in wanted)
    head = (
        '\nif ! [ -x "$(command -v pip)" ]; then\n'
        "    python3 -m ensurepip || python3 -m ensurepip --user || apt-get install python3-pip\n"
        "fi\n\n"
    )
    line = Code("PIP_DISABLE_PIP_VERSION_CHECK=1 " + (f"{pip} {shown}  &&  " if shown else "") + kfp.rstrip("\n"))
    return ["sh", "-c", head + (line.of("", "Pipeline.packages") if shown else line) + "\n"]
