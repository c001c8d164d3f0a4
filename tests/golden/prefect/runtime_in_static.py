"""The pipeline runtime_in_static as a Prefect flow."""

# Made by pipeglot from pipeline "runtime_in_static", digest 51b489a937e8.

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


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


# golden: shared/for_each.py


outer_task = task(json_io(total), name="outer", cache_policy=NO_CACHE)


@task(name="numbers", task_run_name="numbers[{index}]")
def numbers_task(n, index):
    return json_io(numbers)(n=n)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, plus, index):
    return json_io(double)(x=x, plus=plus)


@task(name="inner", task_run_name="inner[{index}]")
def inner_task(xs, index):
    return json_io(total)(xs=xs)


@flow(name="runtime_in_static")
def runtime_in_static():
    runs: list[Any] = []
    each_n_items = [1, 3]

    def each_n_item(index, item):
        numbers = numbers_task.submit(item, index=index)
        if stopped := unfinished(numbers):
            double = stopped
        else:
            each_y_items = numbers.result()
            double = double_task.map(
                each_y_items,
                unmapped(item),
                index=[f"{index}.{n}" for n in range(len(each_y_items))],
            )
            runs.extend([double])
        inner = inner_task.submit(double, index=index)
        runs.extend([numbers, inner])
        return inner

    inner_list = for_each(each_n_item, each_n_items)
    outer = outer_task.submit(inner_list)
    runs += [outer]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return outer.result()


if __name__ == "__main__":
    runtime_in_static()
