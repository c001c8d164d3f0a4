"""Generated text that knows what of the pipeline its lines are there for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Mark(NamedTuple):
    """That lines `first` to `last` (from 0) are there for something of the pipeline: a `node` (its id; a param or step by its
    name; "" for the pipeline itself; None: whatever the lines around are there for) or one `attribute` of it, a field of
    the IR (`Retry.count`)."""

    first: int
    last: int
    node: str | None
    attribute: str | None = None


_new = tuple.__new__  # of a mark: a third of the time, and there are ten for each call of a pipeline


class Code(str):
    """Source text that may be printed into a generated file, with the marks of its lines.

    `+` and `joined` keep the marks; other methods of `str` give text without any.

    >>> (Code("a(") + "\\n" + Code("x=1").of(attribute="Retry.count") + "\\n)").of("load").marks
    (Mark(first=0, last=2, node='load', attribute=None), Mark(first=1, last=1, node='load', attribute='Retry.count'))
    """

    __slots__ = ("marks",)
    marks: tuple[Mark, ...]

    def __new__(cls, text: str, marks: Iterable[Mark] = ()) -> Code:
        """Text with marks; those that it has are kept."""
        made = super().__new__(cls, text)
        made.marks = (*marks_of(text), *marks)
        return made

    def __add__(self, other: str) -> Code:
        return joined((self, other), "")

    def __radd__(self, other: str) -> Code:
        return joined((other, self), "")

    def of(self, node: str | None = None, attribute: str | None = None) -> Code:
        """The same code, there for a node or an attribute; so are the marks in it that name no node."""
        return self.of_all([(node, attribute)])

    def of_all(self, told: Iterable[tuple[str | None, str | None]]) -> Code:
        """The same code, there for several nodes or attributes at once: a mark in it that names no node is then of each."""
        known, last = dict.fromkeys(told), self.count("\n") - self.endswith("\n")
        nodes = dict.fromkeys(node for node, _ in known if node is not None)
        marks = [Mark(0, last, node, attribute) for node, attribute in reversed(known)]
        for mark in self.marks:
            if mark.node is not None or not nodes:
                marks.append(mark)
            else:
                marks += [_new(Mark, (mark.first, mark.last, node, mark.attribute)) for node in nodes]
        return _marked(self, tuple(marks))


def marks_of(text: str) -> tuple[Mark, ...]:
    """The marks of a text: none unless it is Code."""
    return text.marks if isinstance(text, Code) else ()


def joined(parts: Iterable[str], separator: str = "\n") -> Code:
    """Parts put together, by default one below the other."""
    known = list(parts)
    marks: list[Mark] = []
    line, step = 0, separator.count("\n")
    for part in known:
        if isinstance(part, Code) and part.marks:
            marks += (
                [_new(Mark, (first + line, last + line, node, of)) for first, last, node, of in part.marks]
                if line
                else part.marks
            )
        line += part.count("\n") + step
    return _marked(separator.join(known), tuple(marks))


def around(before: str, code: Code, after: str = "") -> Code:
    """Code with text before and behind it on the same lines.

    >>> around("x = ", Code("1").of("load"), ";").marks
    (Mark(first=0, last=0, node='load', attribute=None),)
    """
    return _marked("".join((before, code, after)), code.marks)


def _marked(text: str, marks: tuple[Mark, ...]) -> Code:
    """Text with exactly these marks."""
    made = str.__new__(Code, text)
    made.marks = marks
    return made
