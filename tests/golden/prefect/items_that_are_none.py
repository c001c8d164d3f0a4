"""The pipeline items_that_are_none as a Prefect flow."""

# Made by pipeglot from pipeline "items_that_are_none", digest c2138ce46f82.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture, resolve_futures_to_results
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def odd_or_none(x: int) -> int | None:
    return x if x % 2 else None


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


join_task = task(json_io(join), name="join")


@task(name="odd_or_none", task_run_name="odd_or_none[{index}]")
def odd_or_none_task(x, index):
    return json_io(odd_or_none)(x=x)


@task(name="say", task_run_name="say[{index}]")
def say_task(each_maybe_item, index):
    return json_io(say)(text=f"item {each_maybe_item}")


@flow(name="items_that_are_none")
def items_that_are_none():
    runs: list[Any] = []
    each_x_items = [1, 2, 3]
    odd_or_none = odd_or_none_task.map(each_x_items, index=range(len(each_x_items)))
    if stopped := unfinished(odd_or_none):
        say = stopped
    else:
        each_maybe_items = resolve_futures_to_results(odd_or_none)
        say = say_task.map(each_maybe_items, index=range(len(each_maybe_items)))
        runs += [say]
    join = join_task.submit(say)
    runs += [odd_or_none, join]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return join.result()


if __name__ == "__main__":
    items_that_are_none()
