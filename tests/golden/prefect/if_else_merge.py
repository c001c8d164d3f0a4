"""The pipeline if_else_merge as a Prefect flow."""

# Made by pipeglot from pipeline "if_else_merge", digest 7f85c78ba3fc.

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


promote_task = task(json_io(say), name="promote", cache_policy=NO_CACHE)
keep_task = task(json_io(say), name="keep", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@task(name="report")
def report_task(version):
    return json_io(say)(text=f"version: {version}")


@flow(name="if_else_merge")
def if_else_merge(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    score = score_task.submit(auc)
    if stopped := unfinished(score):
        version = stopped
    elif score.result()["good"]:
        promote = promote_task.submit(text="promoted")
        version = promote
        runs += [promote]
    else:
        keep = keep_task.submit(text="kept")
        version = keep
        runs += [keep]
    report = report_task.submit(version)
    runs += [score, report]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return report.result()


if __name__ == "__main__":
    if_else_merge()
