"""The pipeline empty_else as a Prefect flow."""

# Made by pipeglot from pipeline "empty_else", digest e33c93ac1a8a.

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


new_task = task(json_io(say), name="new", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@flow(name="empty_else")
def empty_else(auc: StrictFloat | StrictInt = 0.1):
    runs: list[Any] = []
    score = score_task.submit(auc)
    if stopped := unfinished(score):
        new_merged = stopped
    elif score.result()["good"]:
        new = new_task.submit(text="new")
        new_merged = new
        runs += [new]
    else:
        new_merged = "none"
    end = end_task.submit(new_merged)
    runs += [score, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return end.result()


if __name__ == "__main__":
    empty_else()
