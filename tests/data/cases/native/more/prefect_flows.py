"""Flows of many kinds."""

import asyncio
from dataclasses import dataclass

from prefect import flow, task


@task
def sizes(n: int) -> list[int]:
    return list(range(n))


@task(task_run_name="twice-{n}")
def double(n: int) -> float:
    return 2 * n


@task
def odd(n: int) -> str:
    return f"odd {n}"


@task
def total(values: list[float]) -> float:
    return sum(values)


@flow
def loops(n: int = 4) -> float:
    first = double.map(sizes(n))
    second = double.map([10, 20])
    for k in [1, 2, 3, 5]:
        if k % 2:
            odd(k)
    return total([*[each.result() for each in first], *[each.result() for each in second]])


@task
def cell(a: int, b: int) -> int:
    return 10 * a + b


@flow
def table():
    futures = [cell.submit(a, b) for a in (1, 2) for b in (1, 2, 3)]
    return [future.result() for future in futures]


@task
async def fetch(n: int) -> int:
    await asyncio.sleep(0.01 * (3 - n))
    return n


@flow
async def gathered():
    return await asyncio.gather(*[fetch(n) for n in range(3)])


@dataclass
class Model:
    name: str
    auc: float


@task
def train(part: str) -> Model:
    return Model(part, 1)


@task
def rate(model: Model) -> float:
    return model.auc


@flow
def one_part(part: str):
    return rate(train(part))


@flow
def parts():
    return [one_part(part) for part in ["a", "b"]]


@task
def pick(n: int) -> str:
    return f"picked {n}"


@flow
def either(high: bool = True):
    return pick.submit(2) if high else pick.submit(1)


@task
def broken() -> int:
    raise ValueError("no")


@task
def after(n: int) -> int:
    return n


@flow
def failing():
    return after.submit(broken.submit()).result()


@task
def greet(name: str, times: int) -> str:
    return name * times


@flow
def required(name: str, times: int = 2):
    return greet(name, times)
