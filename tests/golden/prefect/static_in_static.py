"""The pipeline static_in_static as a Prefect flow."""

# Made by pipeglot from pipeline "static_in_static", digest 37f8648f94bf.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


outer_task = task(json_io(total), name="outer", cache_policy=NO_CACHE)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, plus, index):
    return json_io(double)(x=x, plus=plus)


@task(name="inner", task_run_name="inner[{index}]")
def inner_task(xs, index):
    return json_io(total)(xs=xs)


@flow(name="static_in_static")
def static_in_static():
    runs: list[Any] = []
    each_x_items = [1, 2]
    inner_list = []
    for index, item in enumerate(each_x_items):
        each_y_items = [10, 20]
        double = double_task.map(
            unmapped(item),
            each_y_items,
            index=[f"{index}.{n}" for n in range(len(each_y_items))],
        )
        inner = inner_task.submit(double, index=index)
        inner_list.append(inner)
        runs += [double, inner]
    outer = outer_task.submit(inner_list)
    runs += [outer]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return outer.result()


if __name__ == "__main__":
    static_in_static()
