"""The pipeline taken_arm_fails as a Prefect flow."""

# Made by pipeglot from pipeline "taken_arm_fails", digest a00e3893aa49.

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


def fails(text: str = "") -> str:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# golden: shared/unfinished.py


below_task = task(json_io(say), name="below", cache_policy=NO_CACHE)
fine_task = task(json_io(say), name="fine", cache_policy=NO_CACHE)
other_task = task(json_io(say), name="other", cache_policy=NO_CACHE)
other_below_task = task(json_io(say), name="other_below", cache_policy=NO_CACHE)
blocked_end_task = task(json_io(say), name="blocked_end", cache_policy=NO_CACHE)
good_end_task = task(json_io(say), name="good_end", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@task(name="bad")
def bad_task():
    return json_io(fails)()


@flow(name="taken_arm_fails")
def taken_arm_fails(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    score = score_task.submit(auc)
    if stopped := unfinished(score):
        v1 = stopped
        v2 = stopped
    elif score.result()["good"]:
        bad = bad_task.submit()
        below = below_task.submit(bad)
        fine = fine_task.submit(text="fine")
        v1 = bad
        v2 = fine
        runs += [bad, below, fine]
    else:
        other = other_task.submit(text="y")
        other_below = other_below_task.submit(other)
        v1 = other
        v2 = other_below
        runs += [other, other_below]
    blocked_end = blocked_end_task.submit(v1)
    good_end = good_end_task.submit(v2)
    runs += [score, blocked_end, good_end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return good_end.result()


if __name__ == "__main__":
    taken_arm_fails()
