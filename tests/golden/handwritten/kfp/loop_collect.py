"""No items must give an empty list: KFP cannot collect from a loop that had none."""

from typing import NamedTuple

from kfp import dsl


@dsl.component(base_image="python:3.12")
def numbers(n: int) -> NamedTuple("Numbers", [("Output", list[int]), ("count", int)]):
    found = list(range(n))
    return found, len(found)


@dsl.component(base_image="python:3.12")
def double(x: int) -> int:
    return 2 * x


@dsl.component(base_image="python:3.12")
def nothing() -> list[int]:
    return []


@dsl.component(base_image="python:3.12")
def total(xs: list[int]) -> int:
    return sum(xs)


@dsl.pipeline(name="doubled")
def doubled(items: list[int]) -> list[int]:
    with dsl.ParallelFor(items) as x:
        each = double(x=x)
    return dsl.Collected(each.output)


@dsl.pipeline(name="loop-collect")
def loop_collect(n: int = 3):
    made = numbers(n=n)
    with dsl.If(made.outputs["count"] > 0):
        some = doubled(items=made.outputs["Output"])
    with dsl.Else():
        none = nothing()
    total(xs=dsl.OneOf(some.output, none.output))
