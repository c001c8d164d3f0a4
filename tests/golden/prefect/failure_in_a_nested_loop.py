"""The pipeline failure_in_a_nested_loop as a Prefect flow."""

# Made by pipeglot from pipeline "failure_in_a_nested_loop", digest d9359e9ba9e0.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task, unmapped
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


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="fails_on", task_run_name="fails_on[{index}]")
def fails_on_task(x, bad, index):
    return json_io(fails_on)(x=x, bad=bad)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="beside", task_run_name="beside[{index}]")
def beside_task(each_x_item, index):
    return json_io(say)(text=f"{each_x_item}")


@flow(name="failure_in_a_nested_loop")
def failure_in_a_nested_loop():
    runs: list[Any] = []
    each_x_items = [0, 1]
    for index, item in enumerate(each_x_items):
        each_y_items = [0, 1, 2]
        fails_on = fails_on_task.map(
            each_y_items,
            unmapped(item),
            index=[f"{index}.{n}" for n in range(len(each_y_items))],
        )
        double = double_task.map(
            fails_on,
            index=[f"{index}.{n}" for n in range(len(each_y_items))],
        )
        beside = beside_task.submit(item, index=index)
        runs += [fails_on, double, beside]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    failure_in_a_nested_loop()
