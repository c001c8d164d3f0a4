"""Where generated lines come from: each line of a file, the node or attribute it is there for, and the author's line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import overload

from pipeglot.codegen.code import marks_of
from pipeglot.core.dataclass import dataclass
from pipeglot.core.ir import At, Collected, Merged, Pipeline, walk
from pipeglot.core.shape import outputs


@dataclass(frozen=True)
class Origin:
    """What lines `first` to `last` (from 1) of a generated file are there for.

    Attributes:
        node: the id of a node; a param, step or function of the author's by its name; an option as it is written
            (`airflow.dag.fail_fast`); empty for the pipeline itself.
        attribute: the field of the IR that they spell (`Retry.count`), None for what is there for the node as a whole.
        at: the author's line; that of the first of the lines where they are the author's own (`SourceFragment.text`).
    """

    file: str
    first: int
    last: int
    node: str
    attribute: str | None = None
    at: At | None = None

    def author(self, line: int) -> At | None:
        """The author's line behind one of the lines."""
        if self.at is None or self.attribute != "SourceFragment.text":
            return self.at
        return At(file=self.at.file, line=self.at.line + line - self.first)


class Origins(Sequence[Origin]):
    """The origins of all lines that have one, the widest first where they begin alike; made when one is asked for, since
    what is only written to files needs none."""

    def __init__(self, files: Mapping[str, str], pipeline: Pipeline) -> None:
        """`files`: what was printed, as Code; `pipeline`: what it was printed from, its Includes inlined."""
        self._files, self._pipeline = files, pipeline

    @cached_property
    def _made(self) -> tuple[Origin, ...]:
        places, pipeline = dict(_places(self._pipeline)), self._pipeline
        found = []
        for file, text in self._files.items():
            for mark in marks_of(text):
                node = mark.node or ""
                at = places.get((_KIND.get(mark.attribute or ""), node)) or places.get((None, node), pipeline.at)
                found.append(Origin(file, mark.first + 1, mark.last + 1, node, mark.attribute, at))
        return tuple(sorted(found, key=lambda one: (one.file, one.first, -one.last)))

    @overload
    def __getitem__(self, place: int) -> Origin: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Origin]: ...
    def __getitem__(self, place: int | slice) -> Origin | Sequence[Origin]:
        return self._made[place]

    def __iter__(self) -> Iterator[Origin]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def behind(origins: Iterable[Origin], file: str, line: int) -> list[Origin]:
    """The origins of one line, the closest first."""
    found = [one for one in origins if one.file == file and one.first <= line <= one.last]
    return sorted(reversed(found), key=lambda one: (one.last - one.first, one.attribute is None))


def orders(pipeline: Pipeline) -> dict[str, str]:
    """Of the nodes that come after others, the field of the IR that says so."""
    return {node.id: f"{type(node).__name__}.after" for node in walk(pipeline.body) if getattr(node, "after", ())}


def leaving(pipeline: Pipeline) -> dict[str, str]:
    """Of the values that leave branches and loops, the field of the IR that says what they are."""
    values = (value for node in walk(pipeline.body) for value in outputs(node))
    return {one.id: "Merged.values" if isinstance(one, Merged) else "Collected.value" for one in values}


def named(origins: Iterable[Origin]) -> dict[str, Origin]:
    """Where each node is named: by the argument that says its name to the engine, else by the fewest lines."""
    found: dict[str, Origin] = {}
    rank = {"Call.id": 0, None: 1}
    told = [one for one in origins if one.node and one.attribute in rank]
    for one in sorted(told, key=lambda one: (rank[one.attribute], one.last - one.first)):
        found.setdefault(one.node, one)
    return found


_KIND = {"Pipeline.params": "param", "Step.run": "step", "Step.description": "step", "SourceFragment.text": "code"}
"""The attributes of what is no node: names of params, steps, functions and nodes may be the same."""


def _places(pipeline: Pipeline) -> Iterator[tuple[tuple[str | None, str], At | None]]:
    for node in walk(pipeline.body):
        yield (None, node.id), node.at
        for value in outputs(node):
            assert isinstance(value, Merged | Collected)
            yield (None, value.id), node.at
    if pipeline.final is not None:
        yield (None, pipeline.final.call.id), pipeline.final.call.at
    yield from ((("param", param.name), param.at) for param in pipeline.params)
    yield from ((("step", step.name), step.at) for step in pipeline.steps)
    yield from ((("code", chunk.names[0]), chunk.at) for chunk in pipeline.code if chunk.names)
