"""The pipeline failing_item_last_call as a Prefect flow."""

# Made by pipeglot from pipeline "failing_item_last_call", digest 7d1ffad10589.

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
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


numbers_task = task(json_io(numbers), name="numbers")
of_a_task = task(json_io(total), name="of_a", cache_policy=NO_CACHE)
of_b_task = task(json_io(total), name="of_b", cache_policy=NO_CACHE)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="fails_on", task_run_name="fails_on[{index}]")
def fails_on_task(x, index):
    return json_io(fails_on)(x=x, bad=2)


@flow(name="failing_item_last_call")
def failing_item_last_call():
    runs: list[Any] = []
    numbers = numbers_task.submit(n=3)
    if stopped := unfinished(numbers):
        double = stopped
        fails_on = stopped
    else:
        each_x_items = numbers.result()
        double = double_task.map(each_x_items, index=range(len(each_x_items)))
        fails_on = fails_on_task.map(double, index=range(len(each_x_items)))
        runs += [double, fails_on]
    of_a = of_a_task.submit(double)
    of_b = of_b_task.submit(fails_on)
    runs += [numbers, of_a, of_b]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    failing_item_last_call()
