"""The pipeline condition_cannot_be_evaluated as a Prefect flow."""

# Made by pipeglot from pipeline "condition_cannot_be_evaluated", digest 98863822e30f.

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
from pydantic import StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


def lookup(known: dict[str, int]) -> dict[str, int]:
    return known


# golden: shared/json_io.py


# golden: shared/unfinished.py


beside_task = task(json_io(say), name="beside", cache_policy=NO_CACHE)
yes_task = task(json_io(say), name="yes", cache_policy=NO_CACHE)
no_task = task(json_io(say), name="no", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end", cache_policy=NO_CACHE)


@task(name="lookup")
def lookup_task():
    return json_io(lookup)(known={"present": 1})


@task(name="if_yes")
def if_yes_arm(lookup_2):
    if lookup_2["absent"] > 0:
        return 0
    return 1


@flow(name="condition_cannot_be_evaluated")
def condition_cannot_be_evaluated(key: StrictStr = "present"):
    runs: list[Any] = []
    lookup = lookup_task.submit()
    beside = beside_task.submit(text="beside")
    if_yes = if_yes_arm.submit(lookup)
    if stopped := unfinished(if_yes):
        yes_merged = stopped
    elif if_yes.result() == 0:
        yes = yes_task.submit(text="yes")
        yes_merged = yes
        runs += [yes]
    else:
        no = no_task.submit(text="no")
        yes_merged = no
        runs += [no]
    end = end_task.submit(yes_merged)
    runs += [lookup, beside, if_yes, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return beside.result()


if __name__ == "__main__":
    condition_cannot_be_evaluated()
