"""The pipeline placed as a Prefect flow."""

# Made by pipeglot from pipeline "placed", digest 81cae4df4122.

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
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


# golden: shared/unfinished.py


double_task = task(json_io(double), name="double", cache_policy=NO_CACHE)
large_task = task(json_io(double), name="large", cache_policy=NO_CACHE)


@flow(name="placed")
def placed():
    double = double_task.submit(n=1)
    large = large_task.submit(double)
    runs = [double, large]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return large.result()


if __name__ == "__main__":
    placed()
