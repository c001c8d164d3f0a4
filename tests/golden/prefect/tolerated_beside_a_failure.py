"""The pipeline tolerated_beside_a_failure as a Prefect flow."""

# Made by pipeglot from pipeline "tolerated_beside_a_failure", digest d0609dd1804b.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def show(value: int | None) -> str:
    return f"got {value}"


# golden: shared/json_io.py


# golden: shared/unfinished.py


show_task = task(json_io(show), name="show")


@task(name="tolerated")
def tolerated_task():
    return json_io(fails)()


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@task(name="hard")
def hard_task():
    return json_io(fails)()


@flow(name="tolerated_beside_a_failure")
def tolerated_beside_a_failure():
    tolerated = tolerated_task.submit()
    tolerated = or_default.submit(allow_failure(tolerated), 0)
    show = show_task.submit(tolerated)
    hard = hard_task.submit()
    runs = [tolerated, show, hard]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    tolerated_beside_a_failure()
