"""The pipeline after_a_branch_with_a_branch_in_a_loop as a Prefect flow."""

# Made by pipeglot from pipeline "after_a_branch_with_a_branch_in_a_loop", digest 99a51ebe9279.

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


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


# golden: shared/for_each.py


numbers_task = task(json_io(numbers), name="numbers")


@task(name="one", task_run_name="one[{index}]")
def one_task(index):
    return json_io(say)(text="one")


@task(name="not_one", task_run_name="not_one[{index}]")
def not_one_task(index):
    return json_io(say)(text="not one")


@task(name="after", task_run_name="after[{index}]")
def after_task(each_x_item, index):
    return json_io(say)(text=f"after {each_x_item}")


@flow(name="after_a_branch_with_a_branch_in_a_loop")
def after_a_branch_with_a_branch_in_a_loop():
    runs: list[Any] = []
    numbers = numbers_task.submit(n=4)
    if not unfinished(numbers):
        each_x_items = numbers.result()

        def each_x_item(index, item):
            if_one_2_runs: list[Any] = []
            if item < 3:
                if item == 1:
                    one = one_task.submit(index=index)
                    if_one_2_runs += [one]
                else:
                    not_one = not_one_task.submit(index=index)
                    if_one_2_runs += [not_one]
            after = after_task.submit(item, index=index, wait_for=[if_one_2_runs])
            runs.extend([if_one_2_runs, after])

        for_each(each_x_item, each_x_items)
    runs += [numbers]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    after_a_branch_with_a_branch_in_a_loop()
