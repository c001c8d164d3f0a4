"""The pipeline after_a_skipped_call_means_after_its_branch as a Prefect flow."""

# Made by pipeglot from pipeline "after_a_skipped_call_means_after_its_branch", digest 3b29e34da3f4.

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
end_task = task(json_io(say), name="end", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@flow(name="after_a_skipped_call_means_after_its_branch")
def after_a_skipped_call_means_after_its_branch(auc: StrictFloat | StrictInt = 0.1):
    score = score_task.submit(auc)
    if_a_runs: list[Any] = []
    if stopped := unfinished(score):
        if_a_runs = stopped
    elif score.result()["good"]:
        a = a_task.submit(text="a")
        if_a_runs += [a]
    end = end_task.submit(text="end", wait_for=[if_a_runs])
    runs = [score, if_a_runs, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    after_a_skipped_call_means_after_its_branch()
