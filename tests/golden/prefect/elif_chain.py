"""The pipeline elif_chain as a Prefect flow."""

# Made by pipeglot from pipeline "elif_chain", digest 1cf2ce603436.

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


great_task = task(json_io(say), name="great", cache_policy=NO_CACHE)
fine_task = task(json_io(say), name="fine", cache_policy=NO_CACHE)
poor_task = task(json_io(say), name="poor", cache_policy=NO_CACHE)
bad_task = task(json_io(say), name="bad", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@flow(name="elif_chain")
def elif_chain(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    score = score_task.submit(auc)
    if stopped := unfinished(score):
        great_merged = stopped
    elif score.result()["auc"] > 0.9:
        great = great_task.submit(text="great")
        great_merged = great
        runs += [great]
    elif score.result()["auc"] > 0.6:
        fine = fine_task.submit(text="fine")
        great_merged = fine
        runs += [fine]
    elif score.result()["auc"] > 0.3:
        poor = poor_task.submit(text="poor")
        great_merged = poor
        runs += [poor]
    else:
        bad = bad_task.submit(text="bad")
        great_merged = bad
        runs += [bad]
    runs += [score]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return great_merged.result()


if __name__ == "__main__":
    elif_chain()
