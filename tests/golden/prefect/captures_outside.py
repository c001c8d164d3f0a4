"""The pipeline captures_outside as a Prefect flow."""

# Made by pipeglot from pipeline "captures_outside", digest 10efcb521b87.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task, unmapped
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


numbers_task = task(json_io(numbers), name="numbers")
total_task = task(json_io(total), name="total")


@task(name="base")
def base_task(x):
    return json_io(double)(x=x)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, plus, index):
    return json_io(double)(x=x, plus=plus)


@flow(name="captures_outside")
def captures_outside(base: StrictInt = 5):
    runs: list[Any] = []
    base_2 = base_task.submit(base)
    numbers = numbers_task.submit(n=2)
    if stopped := unfinished(numbers, base_2):
        double = stopped
    else:
        each_x_items = numbers.result()
        double = double_task.map(
            each_x_items,
            unmapped(base_2),
            index=range(len(each_x_items)),
        )
        runs += [double]
    total = total_task.submit(double)
    runs += [base_2, numbers, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    captures_outside()
