"""Small pipelines written as data, for tests of the meaning."""

from __future__ import annotations

from typing import Any

from pipeglot.core.ir import (
    AnyNode,
    Arm,
    Call,
    Collected,
    Compare,
    Const,
    Each,
    If,
    Inlined,
    Item,
    Merged,
    Out,
    Parameter,
    Pipeline,
    Policy,
    SourceFragment,
    Step,
    Value,
)
from pipeglot.core.record import Record

FUNCTIONS = {
    "num": "def num(x: int = 0) -> int:\n    return x",
    "give": "def give(x: Any = None) -> Any:\n    return x",
    "flag": "def flag(x: bool) -> bool:\n    return x",
    "bad": 'def bad(x: Any = None) -> int:\n    raise ValueError("told to fail")',
    "odd": 'def odd(x: int) -> int:\n    if x % 2 == 0:\n        raise ValueError("even")\n    return x',
    "wrong": 'def wrong() -> int:\n    return "text"  # type: ignore',
    "flaky": "def flaky(times: int) -> int:\n    COUNT.append(1)\n    if len(COUNT) <= times:\n"
    '        raise RuntimeError("not yet")\n    return len(COUNT)',
    "slow": "def slow(seconds: float, x: Any = None) -> float:\n    time.sleep(seconds)\n    return seconds",
    "crowd": "def crowd(x: int) -> int:\n    with LOCK:\n        BUSY.append(x)\n        most = len(BUSY)\n"
    "    time.sleep(0.02)\n    with LOCK:\n        BUSY.remove(x)\n    return most",
    "leave": "def leave() -> int:\n    sys.exit(3)",
}
CODE = (
    SourceFragment(
        kind="import",
        names=("threading", "time", "sys"),
        text="import sys\nimport threading\nimport time\nfrom typing import Any",
    ),
    SourceFragment(kind="value", names=("COUNT",), text="COUNT: list[int] = []"),
    SourceFragment(kind="value", names=("LOCK", "BUSY"), text="LOCK, BUSY = threading.Lock(), []"),
    *(SourceFragment(kind="function", names=(name,), text=text) for name, text in FUNCTIONS.items()),
)
INT, BOOL, ANY = {"type": "integer"}, {"type": "boolean"}, dict[str, Any]()
SIGNATURES = {
    "num": ([("x", INT, True)], INT),
    "give": ([("x", ANY, True)], ANY),
    "flag": ([("x", BOOL, False)], BOOL),
    "bad": ([("x", ANY, True)], INT),
    "odd": ([("x", INT, False)], INT),
    "wrong": ([], INT),
    "flaky": ([("times", INT, False)], INT),
    "slow": ([("seconds", {"type": "number"}, False), ("x", ANY, True)], {"type": "number"}),
    "crowd": ([("x", INT, False)], INT),
    "leave": ([], INT),
}
STEPS = tuple(
    Step(
        name=name,
        run=Inlined(name=name),
        parameters=tuple(Parameter(name=n, type=t, has_default=d) for n, t, d in takes),
        returns=gives,
    )
    for name, (takes, gives) in SIGNATURES.items()
)


def value(given: Any) -> Value:
    """A value: itself, `$id` for the output of a call, or a constant."""
    if isinstance(given, str) and given.startswith("$"):
        return Out(ref=given[1:])
    return Const(value=given) if given is None or isinstance(given, bool | int | float | str | list | dict) else given


def call(id: str, step: str = "num", *, after: tuple[str, ...] = (), policy: Policy | None = None, **args: Any) -> Call:
    given = {name: value(arg) for name, arg in args.items()}
    return Call(id=id, step=step, args=given, after=after, policy=policy or Policy())


def when(id: str, *arms: tuple[Any, list[AnyNode]], after: tuple[str, ...] = (), **merged: list[Any]) -> If:
    """An If; each arm is a condition (or None) with its body."""
    return If(
        id=id,
        arms=tuple(Arm(when=None if c is None else value(c), body=tuple(body)) for c, body in arms),
        merged=tuple(Merged(id=m, values=tuple(map(value, values))) for m, values in merged.items()),
        after=after,
    )


def each(
    id: str,
    items: Any,
    *body: AnyNode,
    after: tuple[str, ...] = (),
    limit: int | None = None,
    **collected: Any,
) -> Each:
    return Each(
        id=id,
        items=value(items),
        body=body,
        after=after,
        max_parallel=limit,
        collected=tuple(Collected(id=c, value=value(v)) for c, v in collected.items()),
    )


def item(loop: str, *path: str | int) -> Item:
    return Item(loop=loop, path=path)


def less(left: Any, right: Any) -> Compare:
    return Compare(op="<", left=value(left), right=value(right))


def pipeline(*body: AnyNode, result: Any = None, **fields: Any) -> Pipeline:
    made: dict[str, Any] = {"name": "p", "code": CODE, "steps": STEPS, "body": body, **fields}
    return Pipeline(result=None if result is None else value(result), **made)


def states(record: Record) -> dict[str, str]:
    """`call[0]` to its state, with `~` when tolerated and the attempts when not 0 or 1."""
    return {
        call.id + "".join(f"[{i}]" for i in call.index): call.state
        + ("~" if call.tolerated else "")
        + (f"*{call.attempts}" if call.attempts > 1 else "")
        for call in record.calls
    }


def spell(text: str) -> dict[str, str]:
    """What `states` gives, written short: `a ok, b[0] failed, c skipped`.

    >>> spell("a ok, b[0] failed~")
    {'a': 'succeeded', 'b[0]': 'failed~'}
    """
    pairs = (entry.split() for entry in text.split(",") if entry.strip())
    return {id: state.replace("ok", "succeeded") for id, state in pairs}
