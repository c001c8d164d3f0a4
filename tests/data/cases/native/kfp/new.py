"""What is to take the place of `defs.py`."""

import os

from pipeglot import each, pipeline, shell, step, when


@step
def one() -> int:
    return 1


@step
def twice(n: int) -> int:
    return 2 * n


@step
def write() -> str:
    path = os.path.join(os.environ["ARTIFACT_ROOT"], "data")
    with open(path, "w") as f:
        f.write("1,2")
    return path


@step
def read(data: str) -> str:
    with open(data) as f:
        return f.read()


@shell("echo $text")
def say(text: str) -> None: ...


@step
def moo() -> str:
    return "moo"


@pipeline
def single() -> None:
    twice(one())


@pipeline
def gate() -> None:
    a = one()
    with when(a == 2):
        twice(a)


@pipeline
def files() -> None:
    read(write())


@pipeline
def boxes() -> None:
    say("hi")


@pipeline
def extras() -> None:
    moo()


@pipeline
def loop() -> None:
    with each([1, 2, 3]) as n:
        twice(n)
