"""Ten pipelines of which `golden/handwritten/kfp` has what one would write in KFP's own DSL."""

from __future__ import annotations

from typing import Any

from pipeglot import Resources, collect, each, elsewhen, finally_, merge, otherwise, pipeline, step, when


@step
def extract(n: int) -> int:
    return n


@step
def clean(x: int) -> int:
    return x


@step
def add(x: int, y: int) -> int:
    return x + y


@step
def numbers(n: int) -> list[int]:
    return list(range(n))


@step
def double(x: int) -> int:
    return 2 * x


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def score(auc: float) -> float:
    return auc


@step
def say(text: str) -> str:
    return text


@step
def notify(text: str, state: str) -> str:
    return f"{text}: {state}"


@pipeline
def chain(n: int = 3) -> int:
    return clean(extract(n))


@pipeline
def fan_out(n: int = 3) -> int:
    a = extract(n)
    b = clean.options(id="left")(a)
    c = clean.options(id="right")(a)
    return add(b, c)


@pipeline
def if_else(auc: float = 0.7) -> str:
    s = score(auc)
    with when(s > 0.6):
        new = say.options(id="promote")("promoted")
    with otherwise():
        old = say.options(id="keep")("kept")
    return say.options(id="report")(merge(new, old))


@pipeline
def elif_chain(auc: float = 0.7) -> None:
    s = score(auc)
    with when(s > 0.9):
        say.options(id="great")("great")
    with elsewhen(s > 0.6):
        say.options(id="fine")("fine")
    with elsewhen(s >= 0.3):
        say.options(id="poor")("poor")
    with otherwise():
        say.options(id="bad")("bad")


@pipeline
def loop_static() -> int:
    with each([1, 2, 3], max_parallel=2) as x:
        d = double(x)
        c = clean(d)
    return total(collect(c))


@pipeline
def loop_collect(n: int = 3) -> int:
    with each(numbers(n)) as x:
        d = double(x)
    return total(collect(d))


@pipeline
def nested_loop() -> None:
    with each([1, 2]) as x:
        d = double(x)
        with each([10, 20]) as y:
            add(d, y)


@pipeline
def exit_handler(n: int = 3) -> None:
    a = extract(n)
    clean(a)
    with finally_() as outcome:
        notify("the run", outcome.state)


@pipeline
def retries_resources(n: int = 3) -> None:
    a = extract.options(retries=2, retry_delay="10s")(n)
    clean.options(resources=Resources(cpu=0.5, memory="1Gi", gpus=1))(a)
    say.options(id="after", after=[a])("done")


@pipeline
def sub_dag(n: int = 3, m: int = 2) -> None:
    a = extract(n)
    with each([1, 2]) as x:
        b = add(x, a)
        add.options(id="again")(b, m)


PAIRS: dict[str, Any] = {
    each_.ir().name: each_
    for each_ in (
        chain,
        fan_out,
        if_else,
        elif_chain,
        loop_static,
        loop_collect,
        nested_loop,
        exit_handler,
        retries_resources,
        sub_dag,
    )
}
