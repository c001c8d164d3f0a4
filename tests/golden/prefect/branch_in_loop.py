"""The pipeline branch_in_loop as a Prefect flow."""

# Made by pipeglot from pipeline "branch_in_loop", digest 226da6ee4c79.

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
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


# golden: shared/for_each.py


numbers_task = task(json_io(numbers), name="numbers")
join_task = task(json_io(join), name="join")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="big", task_run_name="big[{index}]")
def big_task(double_2, index):
    return json_io(say)(text=f"big {double_2}")


@task(name="zero", task_run_name="zero[{index}]")
def zero_task(index):
    return json_io(say)(text="zero")


@task(name="small", task_run_name="small[{index}]")
def small_task(each_x_item, index):
    return json_io(say)(text=f"small {each_x_item}")


@task(name="loud", task_run_name="loud[{index}]")
def loud_task(word, index):
    return json_io(say)(text=f"{word}!")


@flow(name="branch_in_loop")
def branch_in_loop(n: StrictInt = 4):
    runs: list[Any] = []
    numbers = numbers_task.submit(n)
    if stopped := unfinished(numbers):
        loud_list = stopped
    else:
        each_x_items = numbers.result()

        def each_x_item(index, item):
            double = double_task.submit(item, index=index)
            if stopped := unfinished(double):
                word = stopped
            elif double.result() > 3:
                big = big_task.submit(double, index=index)
                word = big
                runs.extend([big])
            elif double.result() == 0:
                zero = zero_task.submit(index=index)
                word = zero
                runs.extend([zero])
            else:
                small = small_task.submit(item, index=index)
                word = small
                runs.extend([small])
            loud = loud_task.submit(word, index=index)
            runs.extend([double, loud])
            return loud

        loud_list = for_each(each_x_item, each_x_items)
    join = join_task.submit(loud_list)
    runs += [numbers, join]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return join.result()


if __name__ == "__main__":
    branch_in_loop()
