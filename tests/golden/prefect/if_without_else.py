"""The pipeline if_without_else as a Prefect flow."""

# Made by pipeglot from pipeline "if_without_else", digest 66e912bae003.

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


always_task = task(json_io(say), name="always", cache_policy=NO_CACHE)
say_task = task(json_io(say), name="say", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@flow(name="if_without_else")
def if_without_else(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    score = score_task.submit(auc)
    always = always_task.submit(text="done", wait_for=[score])
    if not unfinished(score) and score.result()["auc"] > 0.6:
        say = say_task.submit(text="yes")
        runs += [say]
    runs += [score, always]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    if_without_else()
