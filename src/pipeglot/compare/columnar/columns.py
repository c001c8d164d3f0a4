"""What two cells, or a key, say to the engine: the rules of `compare.tables` and `compare.values` as SQL.

A type is that of an Arrow column, or None for cells of text, as CSV has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipeglot.compare.columnar.source import Unsuited
from pipeglot.compare.tables import FLOAT, INT, LONGEST_NUMBER
from pipeglot.core.dataclass import dataclass

SAME, DIFFERENT, UNSURE = 0, 1, 2
"""What the engine says of two cells. What is unsure is asked of our own rules."""
KINDS = {1: "null", 2: "int", 4: "float", 8: "text"}
"""The types that a text may look like, as bits."""

_SIMPLE = {"float": "float", "double": "float", "string": "text", "large_string": "text"}
_SIMPLE |= {f"{sign}int{bits}": "int" for sign in ("", "u") for bits in (8, 16, 32, 64)}
_SIMPLE |= {name: name for name in ("bool", "date32[day]", "binary", "null")}
NUMBER = f"({INT})|{FLOAT}"
_EXACT = 2**53
"""A double below it that is whole is that number and no other."""


def quoted(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def _looks(value: str, pattern: str) -> str:
    return f"regexp_full_match({value}, {quoted(pattern)})"


def kind_of_text(value: str) -> str:
    """The bit of the type that a text looks like."""
    return (
        f"CASE WHEN {value} = '' THEN 1 WHEN {_looks(value, INT)} THEN 2 WHEN {_looks(value, FLOAT)} THEN 4 ELSE 8 END"
    )


def class_of(type: Any) -> str:
    """What Python makes of the values of a type: those of two classes are never the same. Empty for what only our own code
    compares.

    >>> class_of("int8"), class_of("double"), class_of("timestamp[us, tz=UTC]"), class_of("list<item: int64>")
    ('int', 'float', 'timestamp[us, tz=UTC]', '')
    """
    name = str(type)
    if packed := re.fullmatch(r"dictionary<values=(string|large_string), .*>", name):
        name = packed[1]
    exact = name.startswith("decimal128(") or (name.startswith("timestamp[") and not name.startswith("timestamp[ns, "))
    return name if exact else _SIMPLE.get(name, "")


def _classes(old: Any, new: Any) -> tuple[str, str]:
    """The classes of two types. Raises Unsuited where values of one may be equal to those of the other in Python alone."""
    one, other = class_of(old), class_of(new)
    unlike = one != other and one.partition("[")[0].partition("(")[0] == other.partition("[")[0].partition("(")[0]
    if not one or not other or unlike:
        raise Unsuited(f"columns of {old} and {new}")
    return one, other


def alike(types: tuple[Any, Any], old: str, new: str) -> str:
    """Whether two cells are the same to the letter, which is all that most pairs are asked. Raises Unsuited."""
    one, other = ("", "") if None in types else _classes(*types)
    return f"{old} IS NOT DISTINCT FROM {new}" if one == other else f"{old} IS NULL AND {new} IS NULL"


def cells(types: tuple[Any, Any], old: str, new: str, tolerance: float, folders: Sequence[str]) -> str:
    """The verdict on two cells. `folders` are names of which one may stand for another. Raises Unsuited."""
    named = " OR ".join(f"contains({side}, {quoted(name)})" for name in folders for side in (old, new))
    unsure = f"WHEN {named} THEN {UNSURE} " if named else ""
    if None in types:
        return (
            f"CASE WHEN {old} = {new} THEN {SAME} {unsure}"
            f"WHEN NOT ({_looks(old, NUMBER)} AND {_looks(new, NUMBER)}) THEN {DIFFERENT} "
            f"WHEN {_looks(old, INT)} AND {_looks(new, INT)} THEN {DIFFERENT} "
            f"WHEN {_close(old, new, tolerance)} THEN {SAME} ELSE {DIFFERENT} END"
        )
    one, other = _classes(*types)
    said = ""
    if one == other == "float":
        said = f"WHEN {_close(old, new, tolerance)} THEN {SAME} "
    elif one == other == "text":
        said = unsure
    return f"CASE WHEN {alike(types, old, new)} THEN {SAME} {said}ELSE {DIFFERENT} END"


def _close(old: str, new: str, tolerance: float) -> str:
    """`math.isclose` to the last bit, or neither a number. That the engine takes NaN for equal to itself helps."""
    a, b, most = f"{old}::DOUBLE", f"{new}::DOUBLE", f"'{tolerance!r}'::DOUBLE"
    gap = f"abs({b} - {a})"
    near = f"{gap} <= abs({most} * {b}) OR {gap} <= abs({most} * {a})"
    return f"{a} = {b} OR (isfinite({a}) AND isfinite({b}) AND ({near}))"


@dataclass(frozen=True)
class Key:
    """What names a row, as SQL.

    Attributes:
        sql: the name, equal for two rows just where Python takes them for the same.
        fails: whether NULL says that the engine cannot tell, and is not itself a name.
        whole: whether two cells that give one name are the same cell.
    """

    sql: str
    fails: bool = False
    whole: bool = False


def key(types: tuple[Any, Any], value: str, number: str, *, plain: bool) -> Key:
    """What names a row, in a column of the first of two types where the other table has the second. `number` names the row
    alone. A `plain` key of text knows only whole numbers that are written as numbers are, and is far quicker. Raises
    Unsuited."""
    if None in types:
        whole = f"TRY_CAST({value} AS BIGINT)"
        if plain:
            return Key(f"CASE WHEN {whole}::VARCHAR = {value} THEN {whole} END", fails=True, whole=True)
        numeric = f"length({value}) <= {LONGEST_NUMBER} AND {_looks(value, NUMBER)}"
        digits = f"CASE WHEN ltrim({value}, '+-') = '0' THEN '0' ELSE ltrim({value}, '+') END"
        sql = (
            f"CASE WHEN NOT ({numeric}) THEN 't' || {value} WHEN {_looks(value, INT)} THEN 'n' || {digits} "
            f"WHEN NOT isfinite({value}::DOUBLE) THEN 't' || {value} ELSE {_number(value)} END"
        )
        return Key(sql, fails=True)
    one, other = _classes(*types)
    if "float" in (one, other) and {one, other} <= {"int", "float"}:
        # A float that is no number is, in Python, no other row's name.
        floats = (
            f"WHEN isnan({value}) THEN {number} WHEN isinf({value}) THEN 'f' || {value}::VARCHAR ELSE {_number(value)}"
        )
        said = f"ELSE 'n' || {value}::VARCHAR" if one == "int" else floats
        return Key(f"CASE WHEN {value} IS NULL THEN 'null' {said} END", fails=True)
    if one != other or one in ("null", "binary"):
        raise Unsuited(f"a key of {types[0]} and {types[1]}")
    unlike = str(types[0]) != str(types[1])
    return Key(f"{value}::HUGEINT" if one == "int" and unlike else value, whole=not unlike)


def _number(value: str) -> str:
    """A finite number as text, a whole one as ints are written; NULL where digits are lost."""
    number = f"{value}::DOUBLE"
    return (
        f"CASE WHEN {number} <> trunc({number}) THEN 'f' || {number}::VARCHAR "
        f"WHEN abs({number}) < {_EXACT} THEN 'n' || {number}::BIGINT::VARCHAR END"
    )
