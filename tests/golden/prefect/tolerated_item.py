"""The pipeline tolerated_item as a Prefect flow."""

# Made by pipeglot from pipeline "tolerated_item", digest 8a1e4c4d54c9.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import allow_failure, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def fails_on_one(n: int) -> int:
    if n == 1:
        raise ValueError("one")
    return n


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


total_task = task(json_io(total), name="total")


@task(name="fails_on_one", task_run_name="fails_on_one[{index}]")
def fails_on_one_task(n, index):
    return json_io(fails_on_one)(n=n)


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@task(name="number", task_run_name="number[{index}]")
def number_task(n, index):
    return json_io(number)(n=n)


@flow(name="tolerated_item")
def tolerated_item():
    runs: list[Any] = []
    each_n_items = [0, 1, 2]
    number_list = []
    for index, item in enumerate(each_n_items):
        fails_on_one = fails_on_one_task.submit(item, index=index)
        fails_on_one = or_default.submit(allow_failure(fails_on_one), 100)
        number = number_task.submit(fails_on_one, index=index)
        number_list.append(number)
        runs += [fails_on_one, number]
    total = total_task.submit(number_list)
    runs += [total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    tolerated_item()
