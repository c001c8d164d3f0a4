"""Names of the author's that generated code reads in another meaning, or has for its own."""

from operator import add as len
from operator import mul as issubclass
from typing import Any

from typing_extensions import TypedDict

from pipeglot import collect, continue_, each, finally_, merge, otherwise, pipeline, run, step, when


class Exception(ValueError):
    pass


class Kept(TypedDict):
    n: int


@step
def type(n: int) -> Kept:
    return {"n": len(issubclass(n, 2), 1)}


@step
def all(ns: list[Kept]) -> list[int]:
    return [kept["n"] for kept in ns]


@step(retries=1)
def next(n: int) -> int:
    raise Exception("no more")


@step
def any(value: Any) -> dict[str, int]:
    return {"limit": value}


@step(timeout="1m")
def range(n: float) -> float:
    return n / 2


@step
def json_io(ns: list[int], text: Any) -> str:
    return f"{ns} {text}"


@step
def context(text: str, when: str) -> str:
    return f"{text} {when}"


@step
def params(state: str, day: str) -> str:
    return f"{state} {day}"


@step
def enumerate(n: int) -> int:
    return n


def list(n: int) -> int:
    return n


def abs(n: int) -> int:
    return n


json = typing = builtins = hasattr = sorted = print = zip = TypeAdapter = to_jsonable_python = "of the author"


@step
def dict(n: int) -> str:
    return f"{abs(list(n))} {json} {typing} {builtins} {TypeAdapter}"


@pipeline
def names(limit: int = 2, str: str = "text", isinstance: float = 3.0) -> str:
    with each([1, 2, 3]) as n:
        kept = type(n)
        with when(any(limit)["limit"] >= n):
            low = enumerate(n)
        with otherwise():
            high = next.options(on_failure=continue_(default=-1))(n)
        picked = merge(low, high)
    more = all(collect(kept))
    with each(more) as m:
        enumerate.options(id="again")(m)
    half = range(isinstance)
    text = json_io(collect(picked), f"{dict(limit)} {half} {str}")
    told = context(text, run.logical_date)
    with finally_() as outcome:
        params(outcome.state, run.day)
    return told
