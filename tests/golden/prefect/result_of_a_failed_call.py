"""The pipeline result_of_a_failed_call as a Prefect flow."""

# Made by pipeglot from pipeline "result_of_a_failed_call", digest ac3f053d505a.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="one")
def one_task():
    return json_io(one)()


@task(name="fails")
def fails_task():
    return json_io(fails)()


@flow(name="result_of_a_failed_call")
def result_of_a_failed_call():
    one = one_task.submit()
    fails = fails_task.submit()
    runs = [one, fails]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return fails.result()


if __name__ == "__main__":
    result_of_a_failed_call()
