"""The pipeline merge_of_fields as a Prefect flow."""

# Made by pipeglot from pipeline "merge_of_fields", digest 3c2d0b35f7e9.

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


fresh_task = task(json_io(score), name="fresh", cache_policy=NO_CACHE)
stale_task = task(json_io(say), name="stale", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@task(name="say")
def say_task(text):
    return json_io(say)(text=text["name"])


@task(name="fresh_merged")
def fresh_merged_value(fresh):
    return fresh["name"]


@task(name="fresh_merged")
def fresh_merged_value_2(score_2):
    return f"was {score_2['name']}"


@flow(name="merge_of_fields")
def merge_of_fields(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    score = score_task.submit(auc)
    if stopped := unfinished(score):
        fresh_merged = stopped
    elif score.result()["good"]:
        fresh = fresh_task.submit(auc=0.9, name="fresh")
        say = say_task.submit(fresh)
        fresh_merged = fresh_merged_value.submit(fresh)
        runs += [fresh, say, fresh_merged]
    else:
        stale = stale_task.submit(text="stale")
        fresh_merged = fresh_merged_value_2.submit(score)
        runs += [stale, fresh_merged]
    end = end_task.submit(fresh_merged)
    runs += [score, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return end.result()


if __name__ == "__main__":
    merge_of_fields()
