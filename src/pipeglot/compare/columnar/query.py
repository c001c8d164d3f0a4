"""What an engine is asked of two tables, as SQL.

First both are joined, and rows that stand just so on both sides are only counted; the others are `odd`, with their numbers
`a` and `b`, of which one is absent where a row has no partner, their keys `k0`... and the cells `x0`, `y0`... of each compared
column. Then odd rows are `judged`: beside them stands the verdict `d0`... on the cells of each column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeglot.compare.columnar.columns import DIFFERENT, SAME, UNSURE, Key, kind_of_text
from pipeglot.compare.tables import SAMPLE
from pipeglot.core.dataclass import dataclass

FEW = 1_000
"""Odd rows that come of the first pass over both files; where there are more, it takes a second."""


@dataclass(frozen=True)
class Query:
    """What of two tables is joined and compared.

    Attributes:
        keys: what names a row of either side; nothing for its number.
        values: the columns of either side whose cells are compared, in one order.
        alike: whether two cells of each, `x0` and `y0` and so on, are the same to the letter.
        verdicts: the verdict on them.
        text: whether cells are text, whose types are to be found out.
    """

    keys: tuple[Sequence[Key], Sequence[Key]]
    values: tuple[Sequence[str], Sequence[str]]
    alike: Sequence[str]
    verdicts: Sequence[str]
    text: bool

    @property
    def names(self) -> list[str]:
        """The names of the keys."""
        return [f"k{number}" for number, _ in enumerate(self.keys[0])] or ["k0"]

    @property
    def _columns(self) -> list[str]:
        return ["a", "b", *self.names, *(f"{side}{number}" for number, _ in enumerate(self.verdicts) for side in "xy")]

    def equal(self, one: str, other: str) -> str:
        """That two rows have one key. In a table, what is absent is a key like any other."""
        return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in self.names)

    def keyed(self, side: int, relation: str) -> str:
        """The numbers and keys of one side."""
        keys = [key.sql for key in self.keys[side]] or ["n"]
        return f"(SELECT *, {_named(dict(zip(self.names, keys, strict=True)))} FROM {relation})"

    def several(self, side: int, relation: str) -> str:
        """The keys that several rows of one side have."""
        return f"SELECT {', '.join(self.names)} FROM {self.keyed(side, relation)} GROUP BY ALL HAVING count(*) > 1"

    def joined(self, old: str, new: str, without: str) -> str:
        """The rows of both sides; without those whose keys are in another table."""
        sides = []
        for side, (name, relation) in enumerate(zip("xy", (old, new), strict=True)):
            values = "".join(f", {place} AS {name}{number}" for number, place in enumerate(self.values[side]))
            rows = f"SELECT n, {', '.join(self.names)}{values} FROM {self.keyed(side, relation)} r"
            sides.append(f"({rows} ANTI JOIN {without} s ON {self.equal('r', 's')})" if without else f"({rows})")
        keys = _named({name: f"coalesce(o.{name}, p.{name})" for name in self.names})
        values = "".join(f", x{number}, y{number}" for number, _ in enumerate(self.verdicts))
        return f"(SELECT o.n AS a, p.n AS b, {keys}{values} FROM {sides[0]} o FULL JOIN {sides[1]} p ON {self.equal('o', 'p')})"

    def first_pass(self, joined: str) -> str:
        """Of joined rows: their number, how many of each side, how many stand just so on both, the first odd ones, and
        whether there are keys of which the engine cannot tell what they name."""
        rows = ", ".join(f"'{name}': {name}" for name in self._columns)
        fails = [f"{name} IS NULL" for name, key in zip(self.names, self.keys[0], strict=False) if key.fails]
        counted = {
            "joined": "count(*)",
            "old": "count(a)",
            "new": "count(b)",
            "alike": "count(*) FILTER (alike)",
            "untold": f"coalesce(bool_or({' OR '.join(fails) or 'false'}), false)",
            "odd": f"arg_min({{{rows}}}, coalesce(b, a), {FEW}) FILTER (NOT alike)",
        }
        return f"SELECT {_named(counted)} FROM (SELECT *, {self._alike()} AS alike FROM {joined})"

    def odd(self, joined: str) -> str:
        """All joined rows that do not stand just so on both sides."""
        return f"SELECT * FROM {joined} WHERE NOT ({self._alike()})"

    def _alike(self) -> str:
        return " AND ".join([*self.alike, "a IS NOT NULL AND b IS NOT NULL"])

    def judged(self, odd: str) -> str:
        """Odd rows, with the verdicts on their cells; none on a row without a partner."""
        verdicts = {
            f"d{number}": f"CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN {sql} END"
            for number, sql in enumerate(self.verdicts)
        }
        names = ", ".join([*self._columns, *verdicts])
        worst = f"greatest({', '.join(verdicts)})" if verdicts else f"CASE WHEN a = a AND b = b THEN {SAME} END"
        return f"SELECT {names}, {worst} AS worst FROM (SELECT *{_beside(verdicts)} FROM {odd})"

    def counts(self) -> str:
        """Of judged rows: how many pairs are the same, unsure, and differ in a column, of those that hold nothing unsure;
        both numbers and the verdicts of the first that differ; the first rows that have no partner; and, as bits, the types of
        cells in either."""
        verdicts = [f"d{number}" for number, _ in enumerate(self.verdicts)]
        counted = {
            "same": f"count(*) FILTER (worst = {SAME})",
            "unsure": f"count(*) FILTER (worst = {UNSURE})",
            "sample": f"arg_min([a, b, {', '.join(verdicts) or SAME}], b, {SAMPLE}) FILTER (worst = {DIFFERENT})",
            "first_old": f"min(a, {SAMPLE}) FILTER (b IS NULL)",
            "first_new": f"min(b, {SAMPLE}) FILTER (a IS NULL)",
        }
        for number, verdict in enumerate(verdicts):
            counted[f"unequal{number}"] = f"count(*) FILTER (worst = {DIFFERENT} AND {verdict} = {DIFFERENT})"
            for side, mine in zip(("old", "new"), "xy", strict=True) if self.text else ():
                as_there = f"{mine}{number} IS NULL OR x{number} = y{number}"
                bits = f"CASE WHEN {as_there} THEN 0 ELSE {kind_of_text(f'{mine}{number}')} END"
                counted[f"kind_{side}{number}"] = f"coalesce(bit_or({bits}), 0)"
        return f"SELECT {_named(counted)} FROM judged"


def _named(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())


def _beside(columns: Mapping[str, str]) -> str:
    return f", {_named(columns)}" if columns else ""
