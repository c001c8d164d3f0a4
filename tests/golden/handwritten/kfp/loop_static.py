from kfp import dsl


@dsl.component(base_image="python:3.12")
def double(x: int) -> int:
    return 2 * x


@dsl.component(base_image="python:3.12")
def clean(x: int) -> int:
    return x


@dsl.component(base_image="python:3.12")
def total(xs: list[int]) -> int:
    return sum(xs)


@dsl.pipeline(name="loop-static")
def loop_static():
    with dsl.ParallelFor([1, 2, 3], parallelism=2) as x:
        cleaned = clean(x=double(x=x).output)
    total(xs=dsl.Collected(cleaned.output))
