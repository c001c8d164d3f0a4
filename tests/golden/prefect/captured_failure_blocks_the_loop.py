"""The pipeline captured_failure_blocks_the_loop as a Prefect flow."""

# Made by pipeglot from pipeline "captured_failure_blocks_the_loop", digest 543f84c744eb.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
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


def fails() -> list[int]:
    raise ValueError("told to fail")


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


fails_task = task(json_io(fails), name="fails")
numbers_task = task(json_io(numbers), name="numbers")
total_task = task(json_io(total), name="total")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="say", task_run_name="say[{index}]")
def say_task(double_2, index):
    return json_io(say)(text=f"{double_2}")


@flow(name="captured_failure_blocks_the_loop")
def captured_failure_blocks_the_loop():
    runs: list[Any] = []
    fails = fails_task.submit()
    numbers = numbers_task.submit(n=2)
    if stopped := unfinished(numbers, fails):
        double = stopped
    else:
        each_x_items = numbers.result()
        double = double_task.map(each_x_items, index=range(len(each_x_items)))
        say = say_task.map(double, index=range(len(each_x_items)))
        runs += [double, say]
    total = total_task.submit(double)
    runs += [fails, numbers, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    captured_failure_blocks_the_loop()
