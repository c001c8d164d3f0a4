"""The inner loop takes a value of the outer one: a pipeline of its own, so that kfp.local runs it rightly too."""

from kfp import dsl


@dsl.component(base_image="python:3.12")
def double(x: int) -> int:
    return 2 * x


@dsl.component(base_image="python:3.12")
def add(x: int, y: int) -> int:
    return x + y


@dsl.pipeline(name="inner")
def inner(doubled: int):
    with dsl.ParallelFor([10, 20]) as y:
        add(x=doubled, y=y)


@dsl.pipeline(name="nested-loop")
def nested_loop():
    with dsl.ParallelFor([1, 2]) as x:
        inner(doubled=double(x=x).output)
