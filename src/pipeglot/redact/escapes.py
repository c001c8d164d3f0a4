"""A text found within another, whichever of its characters are written as escapes: `a`, `%61`, `\\u0061`, `\\x61`, `&#97;`.

Escapes are not undone, for what stands before one may belong to it or not (`%4` before `1`): at each place every reading
is followed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from html.entities import html5

_DEPTHS = range(4)
"""How often something is escaped once more: every depth is a reading of its own."""
_PERCENT = r"%(?:25){0,3}"
"""A percent sign, which is escaped itself where a URL stands within a URL."""
_BACK = rf"(?:\\|{_PERCENT}5[cC])"
_AMP = rf"(?:&|{_PERCENT}26|{_BACK}{{1,15}}u0026)"
_END = rf"(?:;|{_PERCENT}3[bB])"
_HASH = rf"(?:#|{_PERCENT}23)"
_ANDS = tuple(rf"{_AMP}(?:amp{_END}){{{depth}}}" for depth in _DEPTHS)

_OCTAL = re.compile(rf"{_BACK}{{1,15}}([0-3][0-7]{{2}})")
_BYTES = (
    *(re.compile(rf"%(?:25){{{depth}}}([0-9a-fA-F]{{2}})") for depth in _DEPTHS),
    re.compile(rf"{_BACK}{{1,15}}x([0-9a-fA-F]{{2}})"),
    _OCTAL,
)
"""Escapes of one byte: a character of its own, or a part of one in UTF-8."""
_HEXADECIMAL = (
    re.compile(rf"{_BACK}{{1,15}}u([0-9a-fA-F]{{4}})"),
    re.compile(rf"{_BACK}{{1,15}}u\{{0{{0,6}}([0-9a-fA-F]{{1,6}})\}}"),
    re.compile(rf"{_BACK}{{1,15}}U([0-9a-fA-F]{{8}})"),
    *(re.compile(rf"{also}{_HASH}[xX]0{{0,6}}([0-9a-fA-F]{{1,6}}){_END}") for also in _ANDS),
)
_DECIMAL = tuple(re.compile(rf"{also}{_HASH}0{{0,6}}([0-9]{{1,7}}){_END}") for also in _ANDS)
_NAMED = tuple(re.compile(rf"{also}([A-Za-z][A-Za-z0-9]{{1,31}}){_END}") for also in _ANDS)
_SIMPLE = re.compile(rf"{_BACK}{{1,15}}([\"'/nrtbfav0])")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "0": "\0"}
_PLAIN, _DIGITS = frozenset("\"'/nrtbfav"), frozenset("0123456789abcdefABCDEF")
_BACKSLASHES = re.compile(_BACK)
_PARTIAL = re.compile(
    rf"(?:%(?:25){{0,3}}(?:2|[0-9a-fA-F])?|{_BACK}{{1,15}}(?:u\{{?[0-9a-fA-F]{{0,6}}|U[0-9a-fA-F]{{0,7}}|x[0-9a-fA-F]?|[0-7]{{0,2}})"
    rf"|{_AMP}(?:amp{_END}){{0,3}}(?:{_HASH}[xX]?[0-9a-fA-F]{{0,8}}|[A-Za-z0-9]{{0,31}}))"
)
"""What may become an escape when more of it comes."""

LONGEST = 40
"""Characters that one character takes as an escape, more than which nobody writes."""


def found(text: str, wanted: Iterable[str]) -> list[tuple[str, int, int]]:
    """Where any of some texts stands with at least one character escaped: which, its first character, and the one behind
    its last.

    >>> found("https://x.org/?key=%61b&#99; and abc", ["abc"])
    [('abc', 19, 28)]
    """
    wanted = list(wanted)
    read = _Read(text, {letter for one in wanted for letter in one})
    return [(one, *span) for one in wanted for span in read.spans(one)] if read.escapes else []


def begun(text: str, wanted: Iterable[str]) -> int:
    """How many characters at the end of a text may be the beginning of any of some texts, written with escapes.

    >>> begun("it is %61b%6", ["abc"])
    6
    """
    if not any(mark in text for mark in "%\\&+"):
        return 0
    wanted = list(wanted)
    read = _Read(text, {letter for one in wanted for letter in one})
    return max(map(read.begun, wanted), default=0)


def _escapes(text: str, letters: Collection[str]) -> dict[int, list[tuple[str, int]]]:
    """All readings of what may be an escape of any of some characters, by place: the character, and the place behind it."""
    needless = {f"\\{after}" for after in _PLAIN if _LETTERS.get(after, after) not in letters}  # what JSON is full of
    found: dict[int, list[tuple[str, int]]] = {}
    for mark in "%\\&" + "+" * (" " in letters):
        at = text.find(mark)
        while at >= 0:
            if text[at : at + 2] not in needless and (
                readings := [one for one in _readings(text, at) if one[0] in letters]
            ):
                found[at] = readings
            at = text.find(mark, at + 1)
    return found


def _readings(text: str, at: int) -> Iterator[tuple[str, int]]:
    after = text[at + 1 : at + 2]
    if text[at] == "+":  # of a form
        yield " ", at + 1
        return
    if text[at] == "\\" and after in _PLAIN:
        yield _LETTERS.get(after, after), at + 2
        return
    if (text[at] == "%" and after not in _DIGITS) or not after:
        return
    if text[at] in "%\\":
        for pattern in _BYTES:
            yield from _of_bytes(pattern, text, at)
        if match := _SIMPLE.match(text, at):
            yield _LETTERS.get(match[1], match[1]), match.end()
        yield from _backslashes(text, at)
    yield from _numbers(text, at)
    for pattern in _NAMED:
        if (match := pattern.match(text, at)) and len(said := html5.get(f"{match[1]};", "")) == 1:
            yield said, match.end()


def _of_bytes(pattern: re.Pattern[str], text: str, at: int) -> Iterator[tuple[str, int]]:
    base = 8 if pattern is _OCTAL else 16
    data, end = b"", at
    while len(data) < 4 and (match := pattern.match(text, end)):
        data, end = data + bytes([int(match[1], base)]), match.end()
        if len(data) == 1:
            yield chr(data[0]), end
        else:
            try:
                said = data.decode()
            except UnicodeDecodeError:
                continue
            if len(said) == 1:
                yield said, end
        if data[0] < 0xC2:
            return


def _numbers(text: str, at: int) -> Iterator[tuple[str, int]]:
    for pattern in _HEXADECIMAL:
        if match := pattern.match(text, at):
            yield from _of_number(pattern, text, int(match[1], 16), match.end())
    for pattern in _DECIMAL:
        if match := pattern.match(text, at):
            yield from _of_number(None, text, int(match[1]), match.end())


def _of_number(pattern: re.Pattern[str] | None, text: str, number: int, end: int) -> Iterator[tuple[str, int]]:
    if number > 0x10FFFF:
        return
    yield chr(number), end
    if pattern and 0xD800 <= number < 0xDC00 and (match := pattern.match(text, end)):
        low = int(match[1], 16)
        if 0xDC00 <= low < 0xE000:
            yield chr(0x10000 + ((number - 0xD800) << 10) + low - 0xDC00), match.end()


def _backslashes(text: str, at: int) -> Iterator[tuple[str, int]]:
    """One backslash: two where it is escaped, four where that is escaped again."""
    count, end = 0, at
    while count < 8 and (match := _BACKSLASHES.match(text, end)):
        count, end = count + 1, match.end()
        if count in (2, 4, 8) or (count == 1 and end > at + 1):
            yield "\\", end


class _Read:
    """A text with all its readings, in which others are looked for."""

    def __init__(self, text: str, letters: Collection[str]) -> None:
        self._text = text
        self.escapes = _escapes(text, letters)
        self._places: dict[str, list[int]] = {}
        for at, readings in self.escapes.items():
            for said, _ in readings:
                self._places.setdefault(said, []).append(at)

    def spans(self, wanted: str) -> Iterator[tuple[int, int]]:
        behind = 0
        for start in self._starts(wanted):
            if start >= behind and (end := self._end(start, wanted)) is not None:
                yield start, end
                behind = end

    def begun(self, wanted: str) -> int:
        text = self._text
        for start in range(max(0, len(text) - LONGEST * len(wanted)), len(text)):
            if (text[start] == wanted[0] or text[start] in "%\\&+") and self._reaches_end(start, wanted):
                return len(text) - start
        return 0

    def _starts(self, wanted: str) -> list[int]:
        """Where it may begin: within reach of an escape that stands for a character of it."""
        near = sorted({at for letter in set(wanted) for at in self._places.get(letter, ())})
        starts = set(self._places.get(wanted[0], ())) if near else set()
        looked = 0
        for at in near:
            here = max(looked, at - LONGEST * len(wanted))
            while (here := self._text.find(wanted[0], here, at)) >= 0:
                starts.add(here)
                here += 1
            looked = at
        return sorted(starts)

    def _ahead(self, places: set[int], letter: str) -> set[int]:
        text = self._text
        ahead = {at + 1 for at in places if at < len(text) and text[at] == letter}
        return ahead | {end for at in places for said, end in self.escapes.get(at, ()) if said == letter}

    def _end(self, start: int, wanted: str) -> int | None:
        places = {start}
        for letter in wanted:
            places = self._ahead(places, letter)
            if not places:
                return None
        return max(places)

    def _reaches_end(self, start: int, wanted: str) -> bool:
        places = {start}
        for letter in wanted:
            if any(at == len(self._text) or _PARTIAL.fullmatch(self._text, at) for at in places):
                return True
            places = self._ahead(places, letter)
            if not places:
                return False
        return False
