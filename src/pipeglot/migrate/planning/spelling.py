"""How a target spells an attribute: the lines of its files that are there for it, as their origins say."""

from __future__ import annotations

from collections.abc import Iterator

from pipeglot import backends
from pipeglot.codegen.origin import Origin, named
from pipeglot.compare.model import CallSource
from pipeglot.core.dataclass import dataclass, replace
from pipeglot.core.ir import If, Pipeline
from pipeglot.core.shape import Shape, out_refs, sources
from pipeglot.migrate.planning.attributes import Attribute, Use, option_name
from pipeglot.migrate.planning.model import Found

SHOWN = 4
"""Lines of a spelling that are shown."""
WIDEST = 200
"""Characters of a line that are shown."""


@dataclass(frozen=True)
class Spelling:
    """Lines of the generated files that are there for an attribute, of which `more` are not shown."""

    found: Found = "none"
    lines: tuple[CallSource, ...] = ()
    more: int = 0


class Speller:
    """One target and one pipeline: `whole` is what is compiled of it, whatever is lost.

    `flat` has the pipeline's Includes inlined.
    """

    def __init__(self, target: str, flat: Pipeline, given: Pipeline) -> None:
        self.whole = backends.get(target).compile(given)
        self._shape = Shape(flat)
        self._text = {file: text.split("\n") for file, text in self.whole.files.items()}
        self._named = named(self.whole.origins)
        self._known: dict[tuple[str, str | None], list[Origin]] = {}
        for origin in self.whole.origins:
            self._known.setdefault((origin.node, origin.attribute), []).append(origin)

    def spell(self, attribute: Attribute) -> Spelling:
        """The lines that say an attribute, or else the first of the call that it is about."""
        option = attribute.field == "Pipeline.options"
        names = dict.fromkeys(option_name(use) if option else use.name for use in attribute.uses)
        if attribute.field == "Arm.when":
            said = [one for use in attribute.uses for one in self._of_arm(use)]
        else:
            said = [one for name in names for one in self._known.get((name, attribute.field), ())]
        if said:
            return self._shown("attribute", said, attribute.text)
        where = (self._named.get(id) for name in names for id in self._about(name))
        found = next((self._shown("call", [found]) for found in where if found), Spelling())
        return replace(found, lines=found.lines[:1], more=0)

    def _of_arm(self, use: Use) -> list[Origin]:
        """The lines of one condition, where there is one for each: they stand in the order of the arms."""
        found = self._known.get((use.name, "Arm.when"), [])
        number = use.path[-2]
        node = self._shape.nodes[use.name]
        alike = isinstance(node, If) and len(found) == sum(arm.when is not None for arm in node.arms)
        return [found[number]] if alike and isinstance(number, int) else found

    def _shown(self, found: Found, origins: list[Origin], value: str = "") -> Spelling:
        """Lines for people: those that hold the value first, then those that are there for little else."""
        lines: dict[tuple[str, str], CallSource] = {}
        for one in sorted(origins, key=lambda one: one.last - one.first):
            for number in range(one.first, one.last + 1):
                text = self._text[one.file][number - 1].strip()[:WIDEST]
                if any(char.isalnum() for char in text):
                    lines.setdefault((one.file, text), CallSource(file=one.file, line=number, text=text))
        told = sorted(lines.values(), key=lambda line: value not in line.text)
        return Spelling(found, tuple(told[:SHOWN]), len(told[SHOWN:]))

    def _about(self, name: str) -> Iterator[str]:
        """What is meant by a name: of a value, the calls that it is made of; a node, or the region that the value leaves, and
        what is inside it; the calls of a step, or of a pipeline used inside."""
        shape = self._shape
        if name in shape.values:
            yield from out_refs(*sources(shape.values[name]))
        region = shape.owner.get(name, name)
        if region:
            yield region
        if region in shape.nodes:
            yield from (node.id for node in shape.inside(region))
        yield from (call.id for call in shape.calls if call.step == name or call.id.startswith(f"{name}."))
