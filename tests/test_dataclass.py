"""Our data classes are those of the standard library, made later: whatever is asked of both has the same answer."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar

import pytest

from pipeglot.core import dataclass as ours


def classes(kind: ModuleType) -> dict[str, type]:
    """The same classes, declared with one decorator or the other."""
    make: Any = kind.dataclass

    @make(frozen=True)
    class Plain:
        a: int
        b: str = "b"

    @make(frozen=True)
    class Empty: ...

    @make(frozen=True)
    class One:
        a: tuple[int, ...] = ()

    @make(frozen=True)
    class Below(Plain):
        c: int = kind.field(default=3, repr=False)
        shared: ClassVar[int] = 5

        @property
        def double(self) -> int:
            return 2 * self.a

    @make
    class Changing:
        a: int
        kept: dict[str, int] = kind.field(default_factory=dict, compare=False)
        made: list[int] = kind.field(default_factory=list, init=False)
        asked: int = kind.field(default=7, init=False, repr=False)

        def __post_init__(self) -> None:
            self.made.append(self.a)

    @make(eq=False)
    class ByIdentity:
        a: int

    @make(frozen=True, eq=False)
    class FrozenByIdentity:
        a: int

    @make(frozen=True)
    class Own:
        a: int
        b: int = 0

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and other.a == self.a

        def __hash__(self) -> int:
            return 1

    @make(frozen=True)
    class OwnEquality:
        a: int

        def __eq__(self, other: object) -> bool:
            return True

    found = {value.__name__: value for value in list(locals().values()) if isinstance(value, type)}
    return {name: cls for name, cls in found.items() if dataclasses.is_dataclass(cls)}


OURS, THEIRS = classes(ours), classes(dataclasses)
ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1,), {}),
    ((1, 2), {}),
    ((1,), {"b": "x"}),
    ((), {"a": (1, 2)}),
    ((1,), {"kept": {"k": 1}}),
    ((1,), {"c": 4}),
    ((1,), {"nothing": 4}),
    ((1, 2, 3, 4, 5), {}),
]


def told(ask: Callable[[], Any]) -> Any:
    """What a question gives, or what it raises."""
    try:
        found = ask()
    except Exception as error:
        return type(error), str(error)
    return (type(found).__name__, vars(found)) if hasattr(found, "__dict__") else found


def answers(cls: Any, args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """All that can be asked of an instance, made anew so that each question is the first."""

    def one() -> Any:
        return cls(*args, **named)

    try:
        one()
    except TypeError as error:
        return [str(error)]
    return [
        told(one),
        told(lambda: repr(one()).replace("their", "our")),
        told(lambda: one() == one()),
        told(lambda: one() == cls(*[9 for _ in args or "a"])),
        told(lambda: one() == "other"),
        told(lambda: len({hash(each) for each in [one(), one()]})),
        told(lambda: isinstance(hash(one()), int)),
        told(lambda: dataclasses.replace(one())),
        told(lambda: dataclasses.replace(one(), a=5)),
        told(lambda: dataclasses.asdict(one())),
        told(lambda: setattr(one(), "a", 3)),
        told(lambda: delattr(one(), "a")),
        told(lambda: copy.deepcopy(one())),
    ]


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("given", ARGUMENTS, ids=str)
def test_an_instance_is_as_the_standard_library_makes_it(
    name: str, given: tuple[tuple[Any, ...], dict[str, Any]]
) -> None:
    assert OURS.keys() == THEIRS.keys()
    fresh = classes(ours)[name]
    assert answers(fresh, *given) == answers(THEIRS[name], *given)


@pytest.mark.parametrize("name", THEIRS)
def test_a_class_is_described_as_the_standard_library_describes_it(name: str) -> None:
    mine, theirs = OURS[name], THEIRS[name]

    def said(cls: Any) -> list[tuple[Any, ...]]:
        return [(one.name, one.type, one.default, one.init, one.repr, one.compare) for one in dataclasses.fields(cls)]

    assert said(mine) == said(theirs)
    assert mine.__match_args__ == theirs.__match_args__  # type: ignore[attr-defined]
    assert str(inspect.signature(mine)) == str(inspect.signature(theirs))
    assert told(lambda: mine.a) == told(lambda: theirs.a) or "no attribute" in str(told(lambda: theirs.a))  # type: ignore[attr-defined]
    assert (mine.__hash__ is None) == (theirs.__hash__ is None)


@ours.dataclass(frozen=True)
class Sent:
    a: int
    b: tuple[int, ...] = ours.field(default=(1,))


def test_what_nobody_made_here_can_be_used() -> None:
    # In another process the first instance may come out of a pickle: nothing has called its class there.
    @ours.dataclass(frozen=True)
    class Arrived:
        a: int
        b: int = 2

    found = object.__new__(Arrived)
    found.__dict__.update(a=1, b=3)
    assert found == Arrived(1, 3) and hash(found) == hash(Arrived(1, 3)) and repr(found).endswith("(a=1, b=3)")
    match found:
        case Arrived(a, b):
            assert (a, b) == (1, 3)
    assert pickle.loads(pickle.dumps(Sent(1))) == Sent(1)


def test_replace_makes_a_new_instance() -> None:
    sent = Sent(1)
    assert ours.replace(sent, a=2) == Sent(2) and sent.a == 1
    assert ours.replace(classes(ours)["Changing"](1), a=2).made == [2]
    foreign: Any = object()
    with pytest.raises(TypeError, match="no data class"):
        ours.replace(foreign, a=2)


def test_a_class_costs_nothing_before_there_is_an_instance() -> None:
    @ours.dataclass(frozen=True)
    class Unused:
        a: int

    assert type(vars(Unused)["__init__"]).__name__ == "_Late"
    Unused(1)
    assert inspect.isfunction(vars(Unused)["__init__"])
