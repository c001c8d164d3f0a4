"""The pipeline tolerated_that_succeeds as a Prefect flow."""

# Made by pipeglot from pipeline "tolerated_that_succeeds", digest cb016329fbba.

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


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number", cache_policy=NO_CACHE)
then_task = task(json_io(number), name="then", cache_policy=NO_CACHE)


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@flow(name="tolerated_that_succeeds")
def tolerated_that_succeeds():
    number = number_task.submit(n=4)
    number = or_default.submit(allow_failure(number), 9)
    then = then_task.submit(number)
    runs = [number, then]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return then.result()


if __name__ == "__main__":
    tolerated_that_succeeds()
