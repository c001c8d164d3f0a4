"""The pipeline one_at_a_time as a Prefect flow."""

# Made by pipeglot from pipeline "one_at_a_time", digest 2d34a73bab30.

import functools
import json
import time
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import allow_failure, flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def total(xs: list[int]) -> int:
    return sum(xs)


def nap(x: int, seconds: float) -> int:
    """Long enough to meet another one that may run at the same time."""
    time.sleep(seconds)
    return x


# golden: shared/json_io.py


# golden: shared/unfinished.py


def lane(runs, width):
    """The run `width` places back, however it ended: at most `width` run at once."""
    return [allow_failure(run) for run in runs[-width:][:1] if len(runs) >= width]


total_task = task(json_io(total), name="total")


@task(name="nap", task_run_name="nap[{index}]")
def nap_task(x, index):
    """Long enough to meet another one that may run at the same time."""
    return json_io(nap)(x=x, seconds=0.2)


@flow(name="one_at_a_time")
def one_at_a_time():
    runs: list[Any] = []
    each_x_items = [1, 2, 3]
    nap_runs: list[Any] = []
    nap_list = []
    for index, item in enumerate(each_x_items):
        nap = nap_task.submit(item, index=index, wait_for=lane(nap_runs, 1))
        nap_runs.append(nap)
        nap_list.append(nap)
        runs += [nap]
    total = total_task.submit(nap_list)
    runs += [total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    one_at_a_time()
