"""How a target spells an attribute, seen by compiling the pipeline with and without it: this holds for any backend, and
there is no table that could be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pipeglot import backends
from pipeglot.backends.base import Compiled
from pipeglot.compare.model import CallSource
from pipeglot.core.check import check
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Pipeline
from pipeglot.core.shape import Shape
from pipeglot.migrate.planning.attributes import Attribute, Variant, without
from pipeglot.migrate.planning.difference import only_in
from pipeglot.migrate.planning.model import Found
from pipeglot.migrate.sides import sources

SHOWN = 4
"""Lines of a spelling that are shown."""
WIDEST = 200
"""Characters of a line that are shown."""
TRIES = 8
"""Pipelines without an attribute that are looked at, and VALID those of them that are compiled, at most."""
VALID = 2

_HEADER = re.compile(r"Made by pipeglot from pipeline")
_IMPORT = re.compile(r"(from|import)\s")


@dataclass(frozen=True)
class Spelling:
    """Lines of the generated files that are there for an attribute, and the diagnostics that are."""

    found: Found = "none"
    lines: tuple[CallSource, ...] = ()
    more: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()


class Speller:
    """One target and one pipeline: `whole` is what is compiled of it, whatever is lost.

    `pipeline` has its Includes inlined. `compilations` counts how often the target was asked.
    """

    def __init__(self, target: str, pipeline: Pipeline, given: Pipeline) -> None:
        self.target = target
        self.pipeline = pipeline
        self.compilations = 0
        self.whole = self._compile(given)
        self._shape = Shape(pipeline)
        self._calls = sources(self.whole, pipeline)
        self._digests = (given.digest(), pipeline.digest())
        self._lines = {
            file: self._plain(text, self._digests) for file, text in self.whole.files.items() if file.strip()
        }

    def _compile(self, pipeline: Pipeline) -> Compiled:
        self.compilations += 1
        return backends.get(self.target).compile(pipeline)

    def spell(self, attribute: Attribute, variants: Iterable[Variant]) -> Spelling:
        """The spelling of an attribute, by the first of `variants` that shows it."""
        for variant in variants:
            try:
                other = self._compile(variant.pipeline)
            except (ValueError, LookupError, TypeError, AssertionError):
                continue  # valid by the rules of the language, and yet nothing an author could write
            if self.whole.files and not other.files:
                continue
            kept = set(other.diagnostics)
            said = tuple(d for d in self.whole.diagnostics if d not in kept)
            lines = list(self._only_here(other, variant.pipeline))
            if lines or said or variant.removed:
                shown, more = _best(lines, attribute)
                return Spelling("removed" if variant.removed else "changed", shown, more, said)
        return self._where(attribute)

    def _only_here(self, other: Compiled, pipeline: Pipeline) -> Iterator[CallSource]:
        for file, lines in self._lines.items():
            changed = self._plain(other.files.get(file, ""), (*self._digests, pipeline.digest()))
            told = self.whole.files[file].splitlines()
            for number in only_in(lines, changed):
                yield CallSource(file=file, line=number + 1, text=told[number].strip()[:WIDEST])

    def _where(self, attribute: Attribute) -> Spelling:
        """Where the first of the calls that it is about stands."""
        for use in attribute.uses:
            for call in self._calls_of(use.name):
                if call in self._calls:
                    return Spelling("call", (self._calls[call],))
        return Spelling()

    def _calls_of(self, name: str) -> Iterator[str]:
        """The call of a name, those inside the region of that name, those of the step, or of the pipeline used inside."""
        yield name
        shape = self._shape
        region = shape.owner.get(name, name)
        if region in shape.nodes:
            yield from (node.id for node in shape.inside(region))
        yield from (call.id for call in shape.calls if call.step == name or call.id.startswith(f"{name}."))

    def _plain(self, text: str, digests: Iterable[str]) -> list[str]:
        """The lines without what names the pipeline's content as a whole."""
        for digest in digests:
            text = text.replace(digest, "")
        return ["" if _HEADER.search(line) else line for line in text.splitlines()]


def variants(pipeline: Pipeline, attribute: Attribute) -> Iterator[Variant]:
    """Valid pipelines without an attribute, the likeliest first; each is made when it is asked for."""
    tried = islice(without(pipeline, attribute), TRIES)
    valid = (one for one in tried if not any(d.severity == "error" for d in check(one.pipeline)))
    return islice(valid, VALID)


def _best(lines: list[CallSource], attribute: Attribute) -> tuple[tuple[CallSource, ...], int]:
    """The lines that say most, those first, and how many others there are."""
    value = attribute.uses[0].value
    words = [part[:5] for part in re.split(r"[._]", attribute.field.lower()) if len(part) >= 4]
    names = [use.name.lower() for use in attribute.uses[:20] if use.name]
    number = f"{value:g}" if isinstance(value, int | float) else None
    token = re.compile(rf"(?<![\w.]){re.escape(number)}(?![\w])") if number else None

    def weight(line: CallSource) -> int:
        text = line.text.lower()
        held = bool(token.search(text)) if token else isinstance(value, str) and value.lower() in text
        idle = bool(_IMPORT.match(text)) or text.startswith("#")
        return 2 * held + sum(word in text for word in words) + any(name in text for name in names) - 2 * idle

    distinct = list({(line.file, line.text): line for line in reversed(lines)}.values())[::-1]
    shown = tuple(sorted(distinct, key=lambda line: -weight(line))[:SHOWN])
    return shown, len(lines) - len(shown)
