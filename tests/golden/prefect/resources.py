"""The pipeline resources as a Prefect flow."""

# Made by pipeglot from pipeline "resources", digest a215475e42f7.

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


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number", cache_policy=NO_CACHE)
b_task = task(json_io(number), name="b", cache_policy=NO_CACHE)
c_task = task(json_io(number), name="c", cache_policy=NO_CACHE)


@flow(name="resources")
def resources():
    number = number_task.submit(n=1)
    b = b_task.submit(number)
    c = c_task.submit(b)
    runs = [number, b, c]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return c.result()


if __name__ == "__main__":
    resources()
