"""The pipeline items_failed as a Prefect flow."""

# Made by pipeglot from pipeline "items_failed", digest c496e8222859.

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
say_task = task(json_io(say), name="say")
total_task = task(json_io(total), name="total")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="second", task_run_name="second[{index}]")
def second_task(x, index):
    return json_io(double)(x=x)


@flow(name="items_failed")
def items_failed():
    runs: list[Any] = []
    fails = fails_task.submit()
    say = say_task.submit(text="beside")
    if stopped := unfinished(fails):
        double = stopped
    else:
        each_x_items = fails.result()
        double = double_task.map(each_x_items, index=range(len(each_x_items)))
        second = second_task.map(double, index=range(len(each_x_items)))
        runs += [double, second]
    total = total_task.submit(double)
    runs += [fails, say, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    items_failed()
