"""Pipelines of the SDK: named outputs, output files, parts of items, an exit handler."""

from typing import Dict, List, NamedTuple
from kfp import dsl


@dsl.component
def split(n: int) -> NamedTuple("Outputs", [("low", int), ("high", float), ("names", List[str])]):
    from collections import namedtuple
    return namedtuple("Outputs", ["low", "high", "names"])(n - 1, float(n + 1), ["a", "b"])


@dsl.component
def rows(n: int) -> List[Dict[str, float]]:
    return [{"x": float(i)} for i in range(n)]


@dsl.component
def total(low: int, high: float, rows: List[Dict[str, float]]) -> float:
    return low + high + sum(r["x"] for r in rows)


@dsl.component
def add(low: int, high: int) -> int:
    return low + high


@dsl.component
def path_out(text: str, out: dsl.OutputPath(str)):
    with open(out, "w") as f:
        f.write(text + "!")


@dsl.component
def shout(text: str) -> str:
    return text.upper()


@dsl.component
def bye(status: dsl.PipelineTaskFinalStatus) -> None:
    print(status.state)


@dsl.component
def fails() -> int:
    raise ValueError("no")


@dsl.pipeline(name="named")
def named(n: int = 3):
    s = split(n=n)
    r = rows(n=n)
    total(low=s.outputs["low"], high=s.outputs["high"], rows=r.output)


@dsl.pipeline(name="paths")
def paths(text: str = "a"):
    p = path_out(text=text)
    shout(text=f"<{p.outputs['out']}>")


@dsl.pipeline(name="items")
def items():
    with dsl.ParallelFor([{"low": 1, "high": 2}, {"low": 3, "high": 4}]) as item:
        add(low=item.low, high=item.high)


@dsl.pipeline(name="ends")
def ends():
    b = bye()
    with dsl.ExitHandler(b):
        f = fails()
        shout(text="x").after(f)
