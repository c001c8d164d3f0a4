"""The pipeline include_in_static_loop as a Prefect flow."""

# Made by pipeglot from pipeline "include_in_static_loop", digest 38bcdd72ad07.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def total(xs: list[int]) -> int:
    return sum(xs)


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


# golden: shared/json_io.py


# golden: shared/unfinished.py


# golden: shared/for_each.py


total_task = task(json_io(total), name="total", cache_policy=NO_CACHE)


@task(name="inner.numbers", task_run_name="inner.numbers[{index}]")
def inner_numbers_task(n, index):
    return json_io(numbers)(n=n)


@task(name="inner.double", task_run_name="inner.double[{index}]")
def inner_double_task(x, index):
    return json_io(double)(x=x)


@task(name="inner.total", task_run_name="inner.total[{index}]")
def inner_total_task(xs, index):
    return json_io(total)(xs=xs)


@flow(name="include_in_static_loop")
def include_in_static_loop():
    runs: list[Any] = []
    each_n_items = [2, 3]

    def each_n_item(index, item):
        inner_numbers = inner_numbers_task.submit(item, index=index)
        if stopped := unfinished(inner_numbers):
            inner_double = stopped
        else:
            inner_each_x_items = inner_numbers.result()
            inner_double = inner_double_task.map(
                inner_each_x_items,
                index=[f"{index}.{n}" for n in range(len(inner_each_x_items))],
            )
            runs.extend([inner_double])
        inner_total = inner_total_task.submit(inner_double, index=index)
        runs.extend([inner_numbers, inner_total])
        return inner_total

    inner_list = for_each(each_n_item, each_n_items)
    total = total_task.submit(inner_list)
    runs += [total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    include_in_static_loop()
