"""What the byte code of a function says of one of its places: the line, the column, the variable that a value goes to.

A frame answers such questions too, by going through the table of the whole function each time: a function of 100,000 calls
would be gone through as often. Here each function is looked at once.
"""

from __future__ import annotations

import dis
import math
import sys
from bisect import bisect_right
from functools import cached_property
from types import CodeType

_WITH = frozenset(
    dis.opmap[name]
    for name in ("BEFORE_WITH", "SETUP_WITH", "BEFORE_ASYNC_WITH", "SETUP_ASYNC_WITH")
    if name in dis.opmap
)
_PASSED = frozenset(dis.opmap[name] for name in ("EXTENDED_ARG", "NOP", "CACHE") if name in dis.opmap)
"""What stands between an instruction and the next one that does something."""
_STORES = {
    code: name.removeprefix("STORE_")
    for name, code in dis.opmap.items()
    if name.startswith(("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF"))
}


class Bytecode:
    """One function's."""

    def __init__(self, code: CodeType) -> None:
        self.function = code
        self._code = code.co_code
        lines = [(start, line) for start, _, line in code.co_lines() if line is not None]
        self._starts, self._lines = [start for start, _ in lines], [line for _, line in lines]

    def line(self, offset: int) -> int:
        """The line of an instruction."""
        number = bisect_right(self._starts, offset)
        return self._lines[number - 1] if number else self.function.co_firstlineno

    def position(self, offset: int) -> tuple[int, int] | None:
        """Line and column of the expression that an instruction evaluates; None where they are not known."""
        return self._positions[offset // 2] if offset // 2 < len(self._positions) else None

    @cached_property
    def _positions(self) -> list[tuple[int, int] | None]:
        if sys.version_info >= (3, 11):
            found = ((line, column) for line, _, column, _ in self.function.co_positions())
            return [None if line is None or column is None else (line, column) for line, column in found]
        return []

    def entered_by(self, line: int) -> float:
        """The offset at which a function enters the first `with` of a line; infinity when it enters none."""
        return self._entered.get(line, math.inf)

    @cached_property
    def _entered(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for offset in range(0, len(self._code), 2):
            if self._code[offset] in _WITH:
                found.setdefault(self.line(offset), offset)
        return found

    def stored_after(self, offset: int) -> str | None:
        """The variable in which the instruction after this one stores a value, or the one after that enters a `with`."""
        at, argument = self._following(offset)
        if at is not None and self._code[at] in _WITH:
            at, argument = self._following(at)
        if at is None or self._code[at] not in _STORES:
            return None
        kind = _STORES[self._code[at]]
        if kind in ("NAME", "GLOBAL"):
            return self.function.co_names[argument]
        if kind in ("FAST_LOAD_FAST", "FAST_STORE_FAST"):  # two in one, from Python 3.13 on
            argument >>= 4
        if kind == "DEREF" and sys.version_info < (3, 11):
            return (self.function.co_cellvars + self.function.co_freevars)[argument]
        return self._variables[argument]

    def _following(self, offset: int) -> tuple[int | None, int]:
        """Where the next instruction stands that does something, and its argument."""
        high = 0
        for at in range(offset + 2, len(self._code), 2):
            if self._code[at] not in _PASSED:
                return at, high | self._code[at + 1]
            high = (high | self._code[at + 1]) << 8 if self._code[at] == dis.EXTENDED_ARG else high
        return None, 0

    @cached_property
    def _variables(self) -> tuple[str, ...]:
        """The variables by number: from Python 3.11 on those of inner functions have numbers of the same kind."""
        code = self.function
        cells = tuple(name for name in code.co_cellvars if name not in code.co_varnames)
        return code.co_varnames + cells + code.co_freevars


_known: dict[int, Bytecode] = {}
"""By id of a code object (hashing one reads all of it), which lives as long as its answer."""


def of(code: CodeType) -> Bytecode:
    """What is known of a function."""
    found = _known.get(id(code))
    if found is None:
        if len(_known) > 512:
            _known.clear()
        found = _known[id(code)] = Bytecode(code)
    return found
