"""The pipeline failing_item as a Prefect flow."""

# Made by pipeglot from pipeline "failing_item", digest 73a49417f556.

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


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


def total(xs: list[int]) -> int:
    return sum(xs)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


total_task = task(json_io(total), name="total")
say_task = task(json_io(say), name="say")


@task(name="fails_on", task_run_name="fails_on[{index}]")
def fails_on_task(x, index):
    return json_io(fails_on)(x=x)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@flow(name="failing_item")
def failing_item():
    each_x_items = [0, 1, 2]
    fails_on = fails_on_task.map(each_x_items, index=range(len(each_x_items)))
    double = double_task.map(fails_on, index=range(len(each_x_items)))
    total = total_task.submit(double)
    say = say_task.submit(text="beside")
    runs = [fails_on, double, total, say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    failing_item()
