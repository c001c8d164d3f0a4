"""The pipeline branch_after_branch as a Prefect flow."""

# Made by pipeglot from pipeline "branch_after_branch", digest c24afcb8ca1e.

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


a_task = task(json_io(say), name="a", cache_policy=NO_CACHE)
b_task = task(json_io(say), name="b", cache_policy=NO_CACHE)
c_task = task(json_io(say), name="c", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@flow(name="branch_after_branch")
def branch_after_branch(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    score = score_task.submit(auc)
    if_a_runs: list[Any] = []
    if stopped := unfinished(score):
        if_a_runs = stopped
    elif score.result()["auc"] > 0.9:
        a = a_task.submit(text="a")
        if_a_runs += [a]
    if stopped := unfinished(score, if_a_runs):
        b_merged = stopped
    elif score.result()["auc"] > 0.5:
        b = b_task.submit(text="b")
        b_merged = b
        runs += [b]
    else:
        c = c_task.submit(text="c")
        b_merged = c
        runs += [c]
    end = end_task.submit(b_merged)
    runs += [score, if_a_runs, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return end.result()


if __name__ == "__main__":
    branch_after_branch()
