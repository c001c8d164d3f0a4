"""The pipeline one_item as a Prefect flow."""

# Made by pipeglot from pipeline "one_item", digest 7403a8d8a20a.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
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
total_task = task(json_io(total), name="total", cache_policy=NO_CACHE)
sum_task = task(json_io(total), name="sum", cache_policy=NO_CACHE)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@flow(name="one_item")
def one_item(n: StrictInt = 4):
    runs: list[Any] = []
    numbers = numbers_task.submit(n)
    total = total_task.submit(numbers)
    if stopped := unfinished(total):
        double = stopped
    else:
        each_v_items = [total.result()]
        double = double_task.map(each_v_items, index=range(len(each_v_items)))
        runs += [double]
    sum_2 = sum_task.submit(double)
    runs += [numbers, total, sum_2]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return sum_2.result()


if __name__ == "__main__":
    one_item()
