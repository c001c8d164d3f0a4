"""The pipeline conditions_of_all_kinds as a Prefect flow."""

# Made by pipeglot from pipeline "conditions_of_all_kinds", digest ce532871a377.

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
from pydantic import StrictFloat, StrictInt, StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


combined_task = task(json_io(say), name="combined", cache_policy=NO_CACHE)
not_in_task = task(json_io(say), name="not_in", cache_policy=NO_CACHE)
unequal_task = task(json_io(say), name="unequal", cache_policy=NO_CACHE)
bounds_task = task(json_io(say), name="bounds", cache_policy=NO_CACHE)


@flow(name="conditions_of_all_kinds")
def conditions_of_all_kinds(
    n: StrictInt = 3,
    name: StrictStr = "b",
    x: StrictFloat | StrictInt = 3.0,
):
    runs: list[Any] = []
    if n == x and name != "a" and (n > 5 or name in ("b", "c")):
        combined = combined_task.submit(text="combined")
        runs += [combined]
    if n in (1, 2):
        not_in = not_in_task.submit(text="no")
        runs += [not_in]
    if n != 3:
        unequal = unequal_task.submit(text="no")
        runs += [unequal]
    if n >= 3 and n <= 3 and x < 3.5:
        bounds = bounds_task.submit(text="bounds")
        runs += [bounds]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    conditions_of_all_kinds()
