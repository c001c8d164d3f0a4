"""The pipeline after_a_failure_is_blocked as a Prefect flow."""

# Made by pipeglot from pipeline "after_a_failure_is_blocked", digest f887e510f963.

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


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="one")
def one_task():
    return json_io(one)()


@flow(name="after_a_failure_is_blocked")
def after_a_failure_is_blocked():
    fails = fails_task.submit()
    one = one_task.submit(wait_for=[fails])
    runs = [fails, one]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    after_a_failure_is_blocked()
