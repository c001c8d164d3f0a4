"""What the author's function sees while it is traced: stand-ins for values that exist only at run time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from pipeglot.author import caller, hints
from pipeglot.author.hints import Hint, bare
from pipeglot.author.trace import Block, current, fail
from pipeglot.core import ir
from pipeglot.core.ir import Out, Value

OPEN, CLOSE, CASE = "\U0010f7fe", "\U0010f7ff", "xX"
"""Around the number of a traced value in text that the author builds. A change of case spoils CASE."""

DIGITS = "".join(chr(0x10F7F0 + digit) for digit in range(10))


class Traced:
    """A value that exists only at run time. What cannot be carried to an engine stops the trace, with the way out."""

    __slots__ = ("_block", "_name", "_type", "_value")
    _block: Block
    _name: str
    _type: Hint
    _value: Value

    def __init__(self, value: Value, type: Hint, block: Block, name: str) -> None:
        for slot, content in (("_value", value), ("_type", type), ("_block", block), ("_name", name)):
            object.__setattr__(self, slot, content)

    # -- fields

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        hint = bare(self._type)
        found = [hints.record(member) for member in hints.members(hint)]
        if not found or None in found:
            fail(
                "PG106",
                f".{key} on {self._name}, which exists only at run time",
                "do it inside a step; give fields to a step's result by a dataclass or TypedDict return type",
            )
        return self._field(key, [one for one in found if one is not None], attribute=True)

    def __getitem__(self, key: Any) -> Any:
        hint = bare(self._type)
        if isinstance(key, Traced):
            self._refuse(f"{self._name} taken at {key._name}", "select it inside a step")
        found = [hints.record(member) for member in hints.members(hint)]
        by_item = [one for one in found if one is not None and (one.by_item or isinstance(key, str))]
        if by_item and len(by_item) == len(found):
            return self._field(key, by_item, attribute=False)
        at = [hints.item(member, key) for member in hints.members(hint)]
        if None in at or not at:
            fail(
                "PG105", f"{self._name} ({hints.type_name(hint)}) cannot be taken at {key!r}", "select it inside a step"
            )
        steps = [one for one in at if one is not None]
        return self._at(steps[0][0], hints.union(inner for _, inner in steps), f"[{key!r}]")

    def _field(self, key: Any, records: list[hints.Record], *, attribute: bool) -> Traced:
        for record in records:
            if attribute == record.by_item:
                spelling = "[...]" if record.by_item else ".name"
                fail("PG105", f"{self._name} is a {record.name}", f"take its fields by {spelling}")
            if key not in record.fields:
                known = ", ".join(record.fields) or "none"
                fail("PG105", f"{self._name} ({record.name}) has no field {key!r}", f"its fields: {known}")
        found = [record.fields[key] for record in records]
        if len({step for step, _ in found}) > 1:
            self._refuse(f"the field {key!r} of {self._name} lies at different places", "select it inside a step")
        text = f".{key}" if attribute else f"[{key!r}]"
        return self._at(found[0][0], hints.union(inner for _, inner in found), text)

    def _at(self, step: str | int, hint: Hint, text: str) -> Traced:
        value = self._value
        if isinstance(value, Out | ir.Item | ir.ParamRef):
            return Traced(value.model_copy(update={"path": (*value.path, step)}), hint, self._block, self._name + text)
        self._refuse(f"a field of {self._name}", "select it inside a step")

    def __iter__(self) -> Iterator[Any]:
        hint = bare(self._type)
        record, args = hints.record(hint), hints.arguments(hint)
        if issubclass(hints.kind(hint), tuple) and record is not None:
            return iter([getattr(self, name) for name in record.fields])
        if issubclass(hints.kind(hint), tuple) and args and args[-1] is not Ellipsis:
            return iter([self[number] for number in range(len(args))])
        fail(
            "PG101",
            f"the items of {self._name} exist only at run time; Python cannot loop over them here",
            caller.HELP["For"],
        )

    # -- what has a meaning: conditions and text

    def _compare(self, op: ir.CompareOp, other: Any) -> Any:
        from pipeglot.author.conditions import compare

        return compare(op, self, other)

    def __eq__(self, other: Any) -> Any:
        return self._compare("==", other)

    def __ne__(self, other: Any) -> Any:
        return self._compare("!=", other)

    def __lt__(self, other: Any) -> Any:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Any:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Any:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Any:
        return self._compare(">=", other)

    def __format__(self, spec: str) -> str:
        if spec:
            fail("PG103", f"the format {spec!r} of {self._name} cannot be carried", "format it inside a step")
        trace = current("a traced value")
        trace.tokens.append((self, trace.at()))
        number = str(len(trace.tokens) - 1)
        return OPEN + CASE + "".join(DIGITS[int(digit)] for digit in number) + CLOSE

    def __str__(self) -> str:
        return format(self)

    def __repr__(self) -> str:
        if caller.asked_by_author():
            fail(
                "PG103",
                f"the repr of {self._name} exists only at run time",
                "write {value} without !r, or print it in a step",
            )
        return f"<{self._name}, known at run time>"

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # isinstance() asks for it
        if caller.asked_by_author():
            fail(
                "PG101", f"the type of {self._name} is asked for while tracing", "let a step decide, and return a bool"
            )
        return Traced

    # -- what has none

    def __bool__(self) -> bool:
        frame = caller.author_frame()
        way_out = caller.truth_asked_by(frame) or caller.HELP["If"] + "; all_, any_, not_ for and, or, not"
        fail("PG101", f"{self._name} has its value only at run time; Python cannot decide on it here", way_out)

    def __contains__(self, _: Any) -> bool:
        fail("PG101", f"`in` on {self._name}, whose value exists only at run time", caller.HELP["In"])

    def _refuse(self, what: str, way_out: str) -> NoReturn:
        fail("PG102", f"{what}: it has its value only at run time", way_out)

    def _operation(self, *_: Any, **__: Any) -> Any:
        self._refuse(
            f"an operation on {self._name}", "do it inside a step; text can be built by an f-string, keys are constants"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _operation
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _operation
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = _operation
    __neg__ = __pos__ = __abs__ = __invert__ = __round__ = __int__ = __float__ = __complex__ = __index__ = _operation
    __len__ = __call__ = __array__ = __reversed__ = __enter__ = __exit__ = __await__ = __bytes__ = _operation
    __copy__ = __deepcopy__ = __reduce_ex__ = __fspath__ = __next__ = __trunc__ = __divmod__ = _operation
    __rdivmod__ = __floor__ = __ceil__ = __aiter__ = __anext__ = __aenter__ = __aexit__ = _operation

    def __hash__(self) -> int:
        self._operation()
        raise AssertionError

    def __setattr__(self, key: str, value: Any) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")

    def __setitem__(self, key: Any, value: Any) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")

    def __delitem__(self, key: Any) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")

    def __delattr__(self, key: str) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")
