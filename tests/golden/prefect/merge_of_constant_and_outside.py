"""The pipeline merge_of_constant_and_outside as a Prefect flow."""

# Made by pipeglot from pipeline "merge_of_constant_and_outside", digest 554a28270720.

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


before_task = task(json_io(say), name="before", cache_policy=NO_CACHE)
first_task = task(json_io(say), name="first", cache_policy=NO_CACHE)
second_task = task(json_io(say), name="second", cache_policy=NO_CACHE)
third_task = task(json_io(say), name="third", cache_policy=NO_CACHE)
aside_task = task(json_io(say), name="aside", cache_policy=NO_CACHE)
other_task = task(json_io(say), name="other", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@flow(name="merge_of_constant_and_outside")
def merge_of_constant_and_outside(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    before = before_task.submit(text="outside value")
    score = score_task.submit(auc)
    if stopped := unfinished(score, before):
        third_merged = stopped
    elif score.result()["auc"] > 0.9:
        first = first_task.submit(text="a")
        second = second_task.submit(first)
        third = third_task.submit(text="third", wait_for=[first])
        third_merged = third
        runs += [first, second, third]
    elif score.result()["auc"] > 0.6:
        aside = aside_task.submit(text="aside")
        third_merged = before
        runs += [aside]
    else:
        other = other_task.submit(text="other")
        third_merged = "constant"
        runs += [other]
    end = end_task.submit(third_merged)
    runs += [before, score, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return end.result()


if __name__ == "__main__":
    merge_of_constant_and_outside()
