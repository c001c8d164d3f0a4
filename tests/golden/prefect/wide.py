"""The pipeline wide as a Prefect flow."""

# Made by pipeglot from pipeline "wide", digest af1fd9b2ed5d.

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


def one(n: int = 1) -> int:
    return n


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


part_0_task = task(json_io(one), name="part_0", cache_policy=NO_CACHE)
part_1_task = task(json_io(one), name="part_1", cache_policy=NO_CACHE)
part_2_task = task(json_io(one), name="part_2", cache_policy=NO_CACHE)
part_3_task = task(json_io(one), name="part_3", cache_policy=NO_CACHE)
part_4_task = task(json_io(one), name="part_4", cache_policy=NO_CACHE)
part_5_task = task(json_io(one), name="part_5", cache_policy=NO_CACHE)
part_6_task = task(json_io(one), name="part_6", cache_policy=NO_CACHE)
part_7_task = task(json_io(one), name="part_7", cache_policy=NO_CACHE)
part_8_task = task(json_io(one), name="part_8", cache_policy=NO_CACHE)
part_9_task = task(json_io(one), name="part_9", cache_policy=NO_CACHE)
part_10_task = task(json_io(one), name="part_10", cache_policy=NO_CACHE)
part_11_task = task(json_io(one), name="part_11", cache_policy=NO_CACHE)
part_12_task = task(json_io(one), name="part_12", cache_policy=NO_CACHE)
part_13_task = task(json_io(one), name="part_13", cache_policy=NO_CACHE)
part_14_task = task(json_io(one), name="part_14", cache_policy=NO_CACHE)
part_15_task = task(json_io(one), name="part_15", cache_policy=NO_CACHE)
part_16_task = task(json_io(one), name="part_16", cache_policy=NO_CACHE)
part_17_task = task(json_io(one), name="part_17", cache_policy=NO_CACHE)
part_18_task = task(json_io(one), name="part_18", cache_policy=NO_CACHE)
part_19_task = task(json_io(one), name="part_19", cache_policy=NO_CACHE)


@task(name="total")
def total_task(
    part_0,
    part_1,
    part_2,
    part_3,
    part_4,
    part_5,
    part_6,
    part_7,
    part_8,
    part_9,
    part_10,
    part_11,
    part_12,
    part_13,
    part_14,
    part_15,
    part_16,
    part_17,
    part_18,
    part_19,
):
    return json_io(total)(
        xs=[
            part_0,
            part_1,
            part_2,
            part_3,
            part_4,
            part_5,
            part_6,
            part_7,
            part_8,
            part_9,
            part_10,
            part_11,
            part_12,
            part_13,
            part_14,
            part_15,
            part_16,
            part_17,
            part_18,
            part_19,
        ],
    )


@flow(name="wide")
def wide():
    part_0 = part_0_task.submit(n=0)
    part_1 = part_1_task.submit(n=1)
    part_2 = part_2_task.submit(n=2)
    part_3 = part_3_task.submit(n=3)
    part_4 = part_4_task.submit(n=4)
    part_5 = part_5_task.submit(n=5)
    part_6 = part_6_task.submit(n=6)
    part_7 = part_7_task.submit(n=7)
    part_8 = part_8_task.submit(n=8)
    part_9 = part_9_task.submit(n=9)
    part_10 = part_10_task.submit(n=10)
    part_11 = part_11_task.submit(n=11)
    part_12 = part_12_task.submit(n=12)
    part_13 = part_13_task.submit(n=13)
    part_14 = part_14_task.submit(n=14)
    part_15 = part_15_task.submit(n=15)
    part_16 = part_16_task.submit(n=16)
    part_17 = part_17_task.submit(n=17)
    part_18 = part_18_task.submit(n=18)
    part_19 = part_19_task.submit(n=19)
    total = total_task.submit(
        part_0,
        part_1,
        part_2,
        part_3,
        part_4,
        part_5,
        part_6,
        part_7,
        part_8,
        part_9,
        part_10,
        part_11,
        part_12,
        part_13,
        part_14,
        part_15,
        part_16,
        part_17,
        part_18,
        part_19,
    )
    runs = [
        part_0,
        part_1,
        part_2,
        part_3,
        part_4,
        part_5,
        part_6,
        part_7,
        part_8,
        part_9,
        part_10,
        part_11,
        part_12,
        part_13,
        part_14,
        part_15,
        part_16,
        part_17,
        part_18,
        part_19,
        total,
    ]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    wide()
