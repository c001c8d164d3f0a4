"""The pipeline nested as a Prefect flow."""

# Made by pipeglot from pipeline "nested", digest 4160410091ac.

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
from pydantic import StrictBool, StrictFloat, StrictInt, TypeAdapter
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


strict_pass_task = task(json_io(say), name="strict_pass", cache_policy=NO_CACHE)
strict_fail_task = task(json_io(say), name="strict_fail", cache_policy=NO_CACHE)
loose_task = task(json_io(say), name="loose", cache_policy=NO_CACHE)
down_task = task(json_io(say), name="down", cache_policy=NO_CACHE)
tell_task = task(json_io(say), name="tell", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@flow(name="nested")
def nested(auc: StrictFloat | StrictInt = 0.7, strict: StrictBool = False):
    runs: list[Any] = []
    score = score_task.submit(auc)
    if stopped := unfinished(score):
        outcome = stopped
    elif score.result()["auc"] > 0.5:
        if strict:
            if score.result()["auc"] > 0.8:
                strict_pass = strict_pass_task.submit(text="strict pass")
                inner = strict_pass
                runs += [strict_pass]
            else:
                strict_fail = strict_fail_task.submit(text="strict fail")
                inner = strict_fail
                runs += [strict_fail]
            up = inner
        else:
            loose = loose_task.submit(text="loose")
            up = loose
            runs += [loose]
        outcome = up
    else:
        down = down_task.submit(text="down")
        outcome = down
        runs += [down]
    tell = tell_task.submit(outcome)
    runs += [score, tell]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return tell.result()


if __name__ == "__main__":
    nested()
