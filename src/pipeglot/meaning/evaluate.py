"""Values at run time: the one place that says what a path, a text, a comparison or a condition gives.

Everything here works on canonical (JSON) values and knows nothing of engines or of running.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from pipeglot.core.compat import assert_never
from pipeglot.core.ir import (
    All,
    Any_,
    Compare,
    CompareOp,
    Const,
    Ctx,
    DictOf,
    IsIn,
    Item,
    Json,
    ListOf,
    Not,
    Out,
    ParamRef,
    Text,
    Value,
    parts,
)


class EvaluationError(Exception):
    """A value cannot be formed: a path that is not there, or operands that cannot be compared."""


class Unknown(Exception):
    """A value depends on an output nobody recorded (only when a run is read back from an engine)."""


class Bindings(Protocol):
    """Where the references of a value are looked up; each method may raise Unknown."""

    def out(self, ref: str) -> Json:
        """The value of a call, a merged or a collected value."""
        ...

    def param(self, name: str) -> Json:
        """The value of a pipeline parameter."""
        ...

    def item(self, loop: str) -> Json:
        """The current item of an enclosing Each."""
        ...

    def context(self, name: str) -> Json:
        """A fact of the run."""
        ...


def evaluate(value: Value, scope: Bindings) -> Json:  # noqa: C901 -- one case for each kind of value
    """The JSON value `value` stands for; raises EvaluationError when it cannot be formed.

    >>> evaluate(Text(parts=(Const(value="n = "), Const(value=0.5))), None)
    'n = 0.5'
    >>> evaluate(Compare(op="==", left=Const(value=True), right=Const(value=1)), None)
    False
    """
    match value:
        case Const():
            return value.value
        case Out():
            return select(scope.out(value.ref), value.path, value.ref)
        case ParamRef():
            return select(scope.param(value.name), value.path, value.name)
        case Item():
            return select(scope.item(value.loop), value.path, f"item of {value.loop}")
        case Ctx():
            return scope.context(value.name)
        case ListOf():
            return [evaluate(item, scope) for item in value.items]
        case DictOf():
            return {key: evaluate(item, scope) for key, item in value.items}
        case Text():
            return "".join(str(evaluate(part, scope)) for part in value.parts)
        case Compare():
            return compare(value.op, evaluate(value.left, scope), evaluate(value.right, scope))
        case IsIn():
            given = evaluate(value.value, scope)
            return any([compare("==", given, option) for option in value.options])
        case All():
            return all(truth(operand, scope) for operand in value.operands)
        case Any_():
            return any(truth(operand, scope) for operand in value.operands)
        case Not():
            return not truth(value.operand, scope)
        case _:
            assert_never(value)


def truth(condition: Value, scope: Bindings) -> bool:
    """The truth of a condition: a bool and nothing else; raises EvaluationError otherwise."""
    given = evaluate(condition, scope)
    if not isinstance(given, bool):
        raise EvaluationError(f"a condition is {_word(given)}, not a bool")
    return given


def select(value: Json, path: Sequence[str | int], name: str = "value") -> Json:
    """What lies at `path` inside `value`: text steps into dicts, numbers into lists and to a character of a text; else
    EvaluationError.

    >>> select({"rows": [1, 2]}, ("rows", 1)), select(["cat"], (0, -1))
    (2, 't')
    """
    for n, step in enumerate(path):
        try:
            if isinstance(value, dict if isinstance(step, str) else list | str):
                inside: Any = value
                value = inside[step]
                continue
        except LookupError:
            pass
        place = name + "".join(f"[{p!r}]" for p in path[:n])
        raise EvaluationError(f"{place} is {_word(value)} that has no {step!r}")
    return value


def compare(op: CompareOp, left: Json, right: Json) -> bool:
    """Two scalars compared as the language says; EvaluationError when they cannot be.

    >>> compare("<", 1, 1.5), compare("!=", "1", 1)
    (True, True)
    """
    a, b = _scalar_kind(left), _scalar_kind(right)
    if op == "==":
        return a == b and bool(left == right)
    if op == "!=":
        return not (a == b and left == right)
    if a != b or a == "a bool":
        raise EvaluationError(f"{a} and {b} have no order ({op})")
    if op == "<":
        return bool(left < right)
    if op == "<=":
        return bool(left <= right)
    if op == ">":
        return bool(left > right)
    return bool(left >= right)


def refs(value: Value) -> Iterator[str]:
    """The ids a value takes something from, in the order written, repeated ones included."""
    for part in parts(value):
        if isinstance(part, Out):
            yield part.ref


def _scalar_kind(value: Json) -> str:
    word = _word(value)
    if word not in ("a bool", "a number", "a text"):
        raise EvaluationError(f"{word} cannot be compared")
    return word


def _word(value: Json) -> str:
    match value:
        case None:
            return "None"
        case bool():
            return "a bool"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
    return "a dict"


class PlainBindings:
    """Bindings by plain mappings, for what has no frames: a Final, a result, a test.

    >>> evaluate(ParamRef(name="n"), PlainBindings(params={"n": 3}))
    3
    """

    def __init__(
        self,
        *,
        outs: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        items: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        self._outs, self._params = outs or {}, params or {}
        self._items, self._context = items or {}, context or {}

    def out(self, ref: str) -> Json:
        return self._outs[ref]

    def param(self, name: str) -> Json:
        return self._params[name]

    def item(self, loop: str) -> Json:
        return self._items[loop]

    def context(self, name: str) -> Json:
        return self._context[name]
