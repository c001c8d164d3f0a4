"""The pipeline branch_without_merge_in_loop as a Prefect flow."""

# Made by pipeglot from pipeline "branch_without_merge_in_loop", digest 2c5d026a960f.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
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


# golden: shared/json_io.py


# golden: shared/unfinished.py


# golden: shared/for_each.py


total_task = task(json_io(total), name="total")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="anyway", task_run_name="anyway[{index}]")
def anyway_task(x, index):
    return json_io(double)(x=x)


@task(name="only_two", task_run_name="only_two[{index}]")
def only_two_task(x, index):
    return json_io(fails_on)(x=x, bad=2)


@flow(name="branch_without_merge_in_loop")
def branch_without_merge_in_loop():
    runs: list[Any] = []
    each_x_items = [0, 1, 2]

    def each_x_item(index, item):
        double = double_task.submit(item, index=index)
        anyway = anyway_task.submit(item, index=index)
        if not unfinished(double) and double.result() == 2:
            only_two = only_two_task.submit(double, index=index)
            runs.extend([only_two])
        runs.extend([double, anyway])
        return anyway

    anyway_list = for_each(each_x_item, each_x_items)
    total = total_task.submit(anyway_list)
    runs += [total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    branch_without_merge_in_loop()
