from kfp import dsl


@dsl.component(base_image="python:3.12")
def extract(n: int) -> int:
    return n


@dsl.component(base_image="python:3.12")
def clean(x: int) -> int:
    return x


@dsl.component(base_image="python:3.12")
def add(x: int, y: int) -> int:
    return x + y


@dsl.pipeline(name="fan-out")
def fan_out(n: int = 3):
    extracted = extract(n=n)
    left = clean(x=extracted.output)
    right = clean(x=extracted.output)
    add(x=left.output, y=right.output)
