"""The pipeline runtime_in_runtime as a Prefect flow."""

# Made by pipeglot from pipeline "runtime_in_runtime", digest 180506041db3.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


# golden: shared/json_io.py


# golden: shared/unfinished.py


# golden: shared/for_each.py


numbers_task = task(json_io(numbers), name="numbers", cache_policy=NO_CACHE)


@task(name="inner_numbers", task_run_name="inner_numbers[{index}]")
def inner_numbers_task(n, index):
    return json_io(numbers)(n=n)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, plus, index):
    return json_io(double)(x=x, plus=plus)


@task(name="twice", task_run_name="twice[{index}]")
def twice_task(x, index):
    return json_io(double)(x=x)


@flow(name="runtime_in_runtime")
def runtime_in_runtime():
    runs: list[Any] = []
    numbers = numbers_task.submit(n=3)
    if not unfinished(numbers):
        each_n_items = numbers.result()

        def each_n_item(index, item):
            inner_numbers = inner_numbers_task.submit(item, index=index)
            if not unfinished(inner_numbers):
                each_y_items = inner_numbers.result()
                double = double_task.map(
                    each_y_items,
                    unmapped(item),
                    index=[f"{index}.{n}" for n in range(len(each_y_items))],
                )
                twice = twice_task.map(
                    double,
                    index=[f"{index}.{n}" for n in range(len(each_y_items))],
                )
                runs.extend([double, twice])
            runs.extend([inner_numbers])

        for_each(each_n_item, each_n_items)
    runs += [numbers]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    runtime_in_runtime()
