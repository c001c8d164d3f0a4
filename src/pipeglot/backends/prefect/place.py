"""Where a statement of the flow stands, and what the flow has under its names."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeglot.codegen.pysource import Atom, Bracket, Doc, Entry, Infix, Parens

Kind: TypeAlias = Literal["plain", "future", "futures", "mixed"]


@dataclass(frozen=True)
class Var:
    """What the flow has under a name: a plain value, a future, a list of futures, or any mix of them.

    `open`: it may hold a future that has not completed, or never will.
    """

    text: str
    kind: Kind = "plain"
    open: bool = False


@dataclass(frozen=True)
class Place:
    """Where a statement stands.

    Attributes:
        outs, items: the variables in scope, of ids and of the items of loops.
        known: ids that have completed whenever this place is reached.
        entry: ids that a call must wait for when it waits for nothing else in its block.
        runs: the list that every run is put into; `own` when it belongs to the function written here.
        index: the position variables of the loops around.
        threaded: whether other threads write at the same time.
    """

    indent: int
    outs: ChainMap[str, Var]
    items: ChainMap[str, Var]
    known: frozenset[str] = frozenset()
    entry: tuple[str, ...] = ()
    runs: str = "runs"
    own: bool = True
    index: tuple[str, ...] = ()
    threaded: bool = False


def listed(texts: Iterable[str]) -> Doc:
    """A list of variables."""
    return Bracket("[", tuple(Entry("", Atom(text)) for text in texts), "]")


def both(first: Doc, second: Doc) -> Doc:
    """`first and second`."""
    if not isinstance(second, Infix) or second.op not in ("and", "or"):
        return Infix("and", (first, second))
    if second.op == "or":
        return Infix("and", (first, Parens(second)))
    return Infix("and", (first, *second.operands))
