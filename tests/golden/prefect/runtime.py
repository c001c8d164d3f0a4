"""The pipeline runtime as a Prefect flow."""

# Made by pipeglot from pipeline "runtime", digest dc01aa3353c5.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
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


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="then")
def then_task(x):
    return json_io(double)(x=x)


@flow(name="runtime")
def runtime(n: StrictInt = 3):
    runs: list[Any] = []
    numbers = numbers_task.submit(n)
    if stopped := unfinished(numbers):
        double = stopped
    else:
        each_x_items = numbers.result()
        double = double_task.map(each_x_items, index=range(len(each_x_items)))
        runs += [double]
    total = total_task.submit(double)
    then = then_task.submit(total)
    runs += [numbers, total, then]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return then.result()


if __name__ == "__main__":
    runtime()
