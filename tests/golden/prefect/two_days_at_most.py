"""The pipeline two_days_at_most as a Prefect flow."""

# Made by pipeglot from pipeline "two_days_at_most", digest 274c0c2b22d7.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


# golden: shared/unfinished.py


first_task = task(json_io(double), name="first", cache_policy=NO_CACHE)
double_task = task(json_io(double), name="double", cache_policy=NO_CACHE)


@flow(name="two_days_at_most", timeout_seconds=172800)
def two_days_at_most(n: StrictInt = 2):
    first = first_task.submit(n)
    double = double_task.submit(first)
    runs = [first, double]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return double.result()


if __name__ == "__main__":
    two_days_at_most()
