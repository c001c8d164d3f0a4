"""What a verdict rests on, as reports draw it: bars of coverage, causes with what follows from them, rules to write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from pipeglot.compare.model import Difference, Finding, Report, TableDifference
from pipeglot.compare.weight import Coverage, Tally
from pipeglot.core.dataclass import dataclass

LEAST = 1.2
"""Per cent of a bar that even one of a million takes: nothing that differs is too small to see."""
_KEY = re.compile(r"(?i)(.*[_ ])?(id|key|uuid|code|no|number|nr|name|date|day|month)|.*Id")


@dataclass(frozen=True)
class Bar:
    """One aspect of what was compared: `parts` are the class of each, where it begins and how wide it is, in per cent."""

    name: str
    words: str
    parts: tuple[tuple[str, float, float], ...]


def bars(coverage: Coverage) -> list[Bar]:
    """How much of two runs was compared, and what came of it, aspect by aspect; none for what the pipeline has not.

    >>> [bar] = bars(Coverage(instances=4, state=Tally(agree=3, differ=1)))
    >>> bar.words, bar.parts
    ('3 of 4 agree, 1 differs', (('agree', 0.0, 75.0), ('differ', 75.0, 25.0)))
    """
    aspects: dict[str, tuple[Tally, str]] = {
        "states": (coverage.state, "not known"),
        "attempts": (coverage.attempts, "not known"),
        "order": (coverage.order, "not known"),
        "outputs": (coverage.output, "not kept"),
        "result": (coverage.result, "not kept"),
    }
    return [
        Bar(name, _words(tally, lost), tuple(_parts(tally))) for name, (tally, lost) in aspects.items() if tally.total
    ]


def _words(tally: Tally, unknown: str) -> str:
    rest = tally.rest(unknown)
    return f"{tally.agree:,} of {tally.total:,} agree" + (f", {rest}" if rest else "")


def _parts(tally: Tally) -> Iterator[tuple[str, float, float]]:
    counts = {"agree": tally.agree, "differ": tally.differ, "masked": tally.masked, "unknown": tally.unknown}
    widths = {name: max(LEAST, 100 * count / tally.total) for name, count in counts.items() if count}
    begin = 0.0
    for name, width in widths.items():
        share = 100 * width / sum(widths.values())
        yield name, round(begin, 2), round(share, 2)
        begin += share


@dataclass(frozen=True)
class Cause:
    """A finding with its differences, each with its place among all of them."""

    finding: Finding
    own: Sequence[tuple[int, Difference]]
    follows: Sequence[tuple[int, Difference]]

    @property
    def diff(self) -> list[tuple[str, str]]:
        """The lines of the code diff, each with what it is."""
        kinds = {"+": "added", "-": "gone", "@": "hunk"}
        lines = self.finding.diff.splitlines()
        return [("hunk" if line.startswith(("+++", "---")) else kinds.get(line[:1], ""), line) for line in lines]


def causes(run: Report) -> list[Cause]:
    """The findings of a dry-run with their differences."""

    def pick(numbers: Iterable[int]) -> list[tuple[int, Difference]]:
        return [(number, run.differences[number]) for number in numbers]

    return [Cause(one, pick(one.cause), pick(one.consequences)) for one in run.findings]


def rule(difference: Difference) -> str:
    """The rule that would name the rows of a table that was compared in order, ready for the file of `--rules`; empty for
    any other difference.

    >>> table = TableDifference(old_rows=2, new_rows=2, matched=2, equal=1, columns={"amount": 0.5, "order_id": 1.0})
    >>> print(rule(Difference(kind="table", call="load", path="$.rows", table=table)), end="")
    [[table]]
    call = "load"
    path = "$.rows"
    key = ["order_id"]
    """
    table = difference.table
    if table is None or table.key or not table.columns:
        return ""
    lines = ["[[table]]"]
    if difference.call is not None:
        lines.append(f"call = {json.dumps(difference.call)}")
    lines += [f"path = {json.dumps(difference.path)}", f"key = [{json.dumps(_likely_key(table))}]"]
    return "\n".join(lines) + "\n"


def _likely_key(table: TableDifference) -> str:
    """The column that most likely names the rows: by its own name, then because all of it agrees; an author knows better."""
    named = [name for name in table.columns if _KEY.fullmatch(name)]
    same = [name for name, share in table.columns.items() if share == 1]
    return next(iter([*(name for name in named if name in same), *named, *same, *table.columns]))
