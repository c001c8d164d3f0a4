"""The loop takes values from outside: a pipeline of its own, so that kfp.local runs it rightly too."""

from kfp import dsl


@dsl.component(base_image="python:3.12")
def extract(n: int) -> int:
    return n


@dsl.component(base_image="python:3.12")
def add(x: int, y: int) -> int:
    return x + y


@dsl.pipeline(name="over-two")
def over_two(extracted: int, m: int):
    with dsl.ParallelFor([1, 2]) as x:
        again = add(x=x, y=extracted)
        add(x=again.output, y=m)


@dsl.pipeline(name="sub-dag")
def sub_dag(n: int = 3, m: int = 2):
    over_two(extracted=extract(n=n).output, m=m)
