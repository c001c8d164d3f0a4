"""The pipeline merged_none as a Prefect flow."""

# Made by pipeglot from pipeline "merged_none", digest eb8f10fc44cb.

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
from typing_extensions import TypedDict


class Score(TypedDict):
    auc: float
    good: bool
    name: str


def score(auc: float, name: str = "m") -> Score:
    return {"auc": auc, "good": auc >= 0.5, "name": name}


def say(text: str) -> str:
    return text


def maybe(text: str) -> None:
    return None


# golden: shared/json_io.py


# golden: shared/unfinished.py


maybe_task = task(json_io(maybe), name="maybe", cache_policy=NO_CACHE)
other_task = task(json_io(maybe), name="other", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end")


@task(name="score")
def score_task():
    return json_io(score)(auc=0.9)


@flow(name="merged_none")
def merged_none():
    score = score_task.submit()
    if_maybe_runs: list[Any] = []
    if stopped := unfinished(score):
        if_maybe_runs = stopped
    elif score.result()["good"]:
        maybe = maybe_task.submit(text="x")
        if_maybe_runs += [maybe]
    else:
        other = other_task.submit(text="y")
        if_maybe_runs += [other]
    end = end_task.submit(text="end", wait_for=[if_maybe_runs])
    runs = [score, if_maybe_runs, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    merged_none()
