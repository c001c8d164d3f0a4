"""The pipeline two_independent_branches as a Prefect flow."""

# Made by pipeglot from pipeline "two_independent_branches", digest 49a728403360.

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
from pydantic import StrictFloat, StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Score(TypedDict):
    auc: float
    good: bool
    name: str


def score(auc: float, name: str = "m") -> Score:
    return {"auc": auc, "good": auc >= 0.5, "name": name}


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


left_good_task = task(json_io(say), name="left_good", cache_policy=NO_CACHE)
left_bad_task = task(json_io(say), name="left_bad", cache_policy=NO_CACHE)
right_good_task = task(json_io(say), name="right_good", cache_policy=NO_CACHE)
right_bad_task = task(json_io(say), name="right_bad", cache_policy=NO_CACHE)


@task(name="left")
def left_task(auc):
    return json_io(score)(auc=auc)


@task(name="right")
def right_task(auc):
    return json_io(score)(auc=auc)


@flow(name="two_independent_branches")
def two_independent_branches(
    x: StrictFloat | StrictInt = 0.9,
    y: StrictFloat | StrictInt = 0.1,
):
    runs: list[Any] = []
    left = left_task.submit(x)
    right = right_task.submit(y)
    if not unfinished(left):
        if left.result()["good"]:
            left_good = left_good_task.submit(text="l")
            runs += [left_good]
        else:
            left_bad = left_bad_task.submit(text="l")
            runs += [left_bad]
    if not unfinished(right):
        if right.result()["good"]:
            right_good = right_good_task.submit(text="r")
            runs += [right_good]
        else:
            right_bad = right_bad_task.submit(text="r")
            runs += [right_bad]
    runs += [left, right]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    two_independent_branches()
