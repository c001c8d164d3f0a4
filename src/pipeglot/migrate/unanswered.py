"""What replayed calls were asked that no record answers: a difference where only one side was, else a note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeglot.compare.model import Difference, NotCompared
from pipeglot.core.dataclass import dataclass
from pipeglot.migrate.stub_code import canonical


@dataclass(frozen=True)
class Asked:
    """What a call was asked that nothing answers, so that its answer was made up."""

    call: str
    given: Mapping[str, Any]


def apart(old: Sequence[Asked], new: Sequence[Asked]) -> Iterator[Difference]:
    """What only one side asked.

    >>> print(*apart([Asked("a", {"n": 1})], [Asked("a", {"n": 1.0}), Asked("b", {})]))
    input b: absent -> {}
    """
    both = [{(one.call, canonical(one.given)) for one in side} for side in (old, new)]
    for one in old:
        if (one.call, canonical(one.given)) not in both[1]:
            yield Difference(kind="input", call=one.call, old=dict(one.given), absent="new")
    for one in new:
        if (one.call, canonical(one.given)) not in both[0]:
            yield Difference(kind="input", call=one.call, new=dict(one.given), absent="old")


def made_up(invented: Mapping[str, Sequence[str]]) -> Iterator[NotCompared]:
    """What is said of answers that were made up, by call and by what was going on: a failure that was made, or "" for a
    replay."""
    for call, names in invented.items():
        some = ", ".join(names[:3]) + f" and {len(names) - 3} more" * (len(names) > 3)
        when = f" when {some}" if any(names) else ""
        why = (
            f"it was called with arguments that no record has{when}, and gave a made-up answer, the same on both sides"
        )
        yield NotCompared(what=f"the output of {call}", why=why, calls=(call,))
