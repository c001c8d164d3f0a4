"""Which lines of a text are there for one reason: those that another text, made without it, does not have."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_SMALL = 400
"""Lines of a segment that are compared one by one; larger ones without a common line that is unique are all different."""


def only_in(text: Sequence[str], other: Sequence[str]) -> list[int]:
    """The indices of the lines of `text` that say something which `other` does not say there.

    A line that merely moved, or was joined with its neighbours, says nothing new.

    >>> only_in(["f(", "    x,", "    retries=2,", ")"], ["f(x)"])
    [2]
    """
    have, had = (Counter(line.strip() for line in lines) for lines in (text, other))
    found = []
    for start, end, left, right in _segments(text, other, 0, len(text), 0, len(other)):
        instead = " ".join(line.strip() for line in other[left:right])
        for number in range(start, end):
            line = text[number].strip()
            core = line.rstrip(",")
            if any(c.isalnum() for c in core) and core not in instead and have[line] > had[line]:
                found.append(number)
    return found


def _segments(
    a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int
) -> Iterator[tuple[int, int, int, int]]:
    """The stretches in which two texts differ. Lines that are unique in both are what they are aligned by, so that this
    takes hardly longer than reading them."""
    while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
        a0, b0 = a0 + 1, b0 + 1
    while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
        a1, b1 = a1 - 1, b1 - 1
    if a0 == a1 and b0 == b1:
        return
    anchors = _anchors(a, b, a0, a1, b0, b1) if a0 < a1 and b0 < b1 else []
    if anchors:
        for left, right in [*anchors, (a1, b1)]:
            yield from _segments(a, b, a0, left, b0, right)
            a0, b0 = left, right
        return
    if a1 - a0 > _SMALL or b1 - b0 > _SMALL:
        yield a0, a1, b0, b1
        return
    matcher = SequenceMatcher(None, a[a0:a1], b[b0:b1], autojunk=False)
    for tag, left, right, low, high in matcher.get_opcodes():
        if tag != "equal":
            yield a0 + left, a0 + right, b0 + low, b0 + high


def _anchors(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> list[tuple[int, int]]:
    """Pairs of equal lines, unique on either side, in the longest rising order (patience)."""
    once_a, once_b = _unique(a, a0, a1), _unique(b, b0, b1)
    pairs = sorted((once_a[line], once_b[line]) for line in once_a.keys() & once_b.keys())
    ends: list[int] = []
    piles: list[int] = []
    before: list[int] = [-1] * len(pairs)
    for number, (_, right) in enumerate(pairs):
        at = bisect_left(ends, right)
        before[number] = piles[at - 1] if at else -1
        ends[at : at + 1] = [right]
        piles[at : at + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = piles[-1] if piles else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _unique(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    count = Counter(lines[start:end])
    return {lines[number]: number for number in range(start, end) if count[lines[number]] == 1}
