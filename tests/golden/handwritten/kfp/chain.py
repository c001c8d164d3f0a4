from kfp import dsl


@dsl.component(base_image="python:3.12")
def extract(n: int) -> int:
    return n


@dsl.component(base_image="python:3.12")
def clean(x: int) -> int:
    return x


@dsl.pipeline(name="chain")
def chain(n: int = 3):
    clean(x=extract(n=n).output)
