"""What is to take the place of `more.py`."""

from typing_extensions import TypedDict
from pipeglot import collect, each, finally_, pipeline, step


class Split(TypedDict):
    low: int
    high: float
    names: list[str]


@step
def split(n: int) -> Split:
    return {"low": n - 1, "high": float(n + 1), "names": ["a", "b"]}


@step
def rows(n: int) -> list[dict[str, float]]:
    return [{"x": float(i)} for i in range(n)]


@step
def total(low: int, high: float, rows: list[dict[str, float]]) -> float:
    return low + high + sum(r["x"] for r in rows)


@step
def add(low: int, high: int) -> int:
    return low + high


@step
def path_out(text: str) -> str:
    return text + "!"


@step
def shout(text: str) -> str:
    return text.upper()


@step
def bye(state: str) -> None:
    print(state)


@step
def fails() -> int:
    raise ValueError("no")


@pipeline
def named(n: int = 3) -> None:
    s = split(n)
    r = rows(n)
    total(s["low"], s["high"], r)


@pipeline
def paths(text: str = "a") -> None:
    shout(f"<{path_out(text)}>")


@pipeline
def items() -> None:
    with each([{"low": 1, "high": 2}, {"low": 3, "high": 4}]) as item:
        add(item["low"], item["high"])


@pipeline
def ends() -> None:
    with finally_() as outcome:
        bye(outcome.state)
    f = fails()
    shout.options(after=f)("x")
