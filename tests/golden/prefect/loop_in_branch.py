"""The pipeline loop_in_branch as a Prefect flow."""

# Made by pipeglot from pipeline "loop_in_branch", digest 650e071b3da8.

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
from pydantic import StrictBool, StrictInt, TypeAdapter
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


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="other")
def other_task():
    return json_io(total)(xs=[100])


@task(name="end")
def end_task(x):
    return json_io(double)(x=x)


@flow(name="loop_in_branch")
def loop_in_branch(n: StrictInt = 2, go: StrictBool = True):
    runs: list[Any] = []
    numbers = numbers_task.submit(n)
    if stopped := unfinished(numbers):
        total_merged = stopped
    elif go:
        each_x_items = numbers.result()
        double = double_task.map(each_x_items, index=range(len(each_x_items)))
        total = total_task.submit(double)
        total_merged = total
        runs += [double, total]
    else:
        other = other_task.submit()
        total_merged = other
        runs += [other]
    end = end_task.submit(total_merged)
    runs += [numbers, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return end.result()


if __name__ == "__main__":
    loop_in_branch()
