"""The pipeline empty_loop_in_an_arm as a Prefect flow."""

# Made by pipeglot from pipeline "empty_loop_in_an_arm", digest 46ecc8a0fa41.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictBool, TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="never", task_run_name="never[{index}]")
def never_task(x, index):
    return json_io(double)(x=x)


@task(name="last")
def last_task():
    return json_io(double)(x=2)


@flow(name="empty_loop_in_an_arm")
def empty_loop_in_an_arm(go: StrictBool = True):
    if_never_runs: list[Any] = []
    if go:
        each_n_items: list[Any] = []
        never = never_task.map(each_n_items, index=range(len(each_n_items)))
        if_never_runs += [never]
    last = last_task.submit(wait_for=[if_never_runs])
    runs = [if_never_runs, last]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return last.result()


if __name__ == "__main__":
    empty_loop_in_an_arm()
