"""The pipeline capture_fails as a Prefect flow."""

# Made by pipeglot from pipeline "capture_fails", digest a15c7b7be83b.

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


beside_task = task(json_io(say), name="beside", cache_policy=NO_CACHE)
uses_task = task(json_io(say), name="uses", cache_policy=NO_CACHE)
does_not_use_task = task(json_io(say), name="does_not_use", cache_policy=NO_CACHE)
other_task = task(json_io(say), name="other", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@task(name="fails")
def fails_task():
    return json_io(fails)()


@flow(name="capture_fails")
def capture_fails(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    score = score_task.submit(auc)
    fails = fails_task.submit()
    beside = beside_task.submit(text="independent", wait_for=[score])
    if stopped := unfinished(score, fails):
        version = stopped
    elif score.result()["good"]:
        uses = uses_task.submit(fails)
        does_not_use = does_not_use_task.submit(text="x")
        version = does_not_use
        runs += [uses, does_not_use]
    else:
        other = other_task.submit(text="y")
        version = other
        runs += [other]
    end = end_task.submit(version)
    runs += [score, fails, beside, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return end.result()


if __name__ == "__main__":
    capture_fails()
