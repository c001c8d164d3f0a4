"""The pipeline items_are_missing as a Prefect flow."""

# Made by pipeglot from pipeline "items_are_missing", digest d76b8c95b3c1.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


def say(text: str) -> str:
    return text


def anything(kind: str) -> dict[str, list[int]]:
    return {} if kind == "missing" else {"items": [1, 2]}


# golden: shared/json_io.py


# golden: shared/unfinished.py


anything_task = task(json_io(anything), name="anything")
say_task = task(json_io(say), name="say")
total_task = task(json_io(total), name="total")


@task(name="each_x")
def each_x_items(anything_2):
    items = anything_2["items"]
    if not isinstance(items, list):
        raise TypeError(f"not a list: {items!r}")
    return items


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@flow(name="items_are_missing")
def items_are_missing(kind: StrictStr = "missing"):
    runs: list[Any] = []
    anything = anything_task.submit(kind)
    say = say_task.submit(text="beside")
    each_x = each_x_items.submit(anything)
    if stopped := unfinished(each_x):
        double = stopped
    else:
        each_x_items_2 = each_x.result()
        double = double_task.map(each_x_items_2, index=range(len(each_x_items_2)))
        runs += [double]
    total = total_task.submit(double)
    runs += [anything, say, each_x, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    items_are_missing()
