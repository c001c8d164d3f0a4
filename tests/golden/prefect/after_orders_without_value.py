"""The pipeline after_orders_without_value as a Prefect flow."""

# Made by pipeglot from pipeline "after_orders_without_value", digest a4bb113a80ea.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


def nothing() -> None:
    return None


# golden: shared/json_io.py


# golden: shared/unfinished.py


nothing_task = task(json_io(nothing), name="nothing")


@task(name="one")
def one_task():
    return json_io(one)()


@task(name="add")
def add_task():
    return json_io(add)(a=3)


@flow(name="after_orders_without_value")
def after_orders_without_value():
    nothing = nothing_task.submit()
    one = one_task.submit(wait_for=[nothing])
    add = add_task.submit(wait_for=[one, nothing])
    runs = [nothing, one, add]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    after_orders_without_value()
