"""The pipeline zero_items_then_more as a Prefect flow."""

# Made by pipeglot from pipeline "zero_items_then_more", digest e71c8199222e.

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


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


numbers_task = task(json_io(numbers), name="numbers")
total_task = task(json_io(total), name="total")
after_loop_task = task(json_io(say), name="after_loop", cache_policy=NO_CACHE)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="again", task_run_name="again[{index}]")
def again_task(x, index):
    return json_io(double)(x=x)


@task(name="end")
def end_task(total_2):
    return json_io(say)(text=f"total {total_2}")


@flow(name="zero_items_then_more")
def zero_items_then_more(n: StrictInt = 0):
    numbers = numbers_task.submit(n)
    each_x_runs: list[Any] = []
    if stopped := unfinished(numbers):
        again = stopped
        each_x_runs = stopped
    else:
        each_x_items = numbers.result()
        double = double_task.map(each_x_items, index=range(len(each_x_items)))
        again = again_task.map(double, index=range(len(each_x_items)))
        each_x_runs += [double, again]
    total = total_task.submit(again)
    after_loop = after_loop_task.submit(text="after", wait_for=[each_x_runs])
    end = end_task.submit(total)
    runs = [numbers, each_x_runs, total, after_loop, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return end.result()


if __name__ == "__main__":
    zero_items_then_more()
