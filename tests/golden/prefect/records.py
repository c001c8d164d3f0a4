"""The pipeline records as a Prefect flow."""

# Made by pipeglot from pipeline "records", digest 999b1e2e722b.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Part(TypedDict):
    name: str
    size: int


def parts(sizes: list[int]) -> list[Part]:
    return [{"name": f"part-{i}", "size": size} for i, size in enumerate(sizes)]


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


def name_of(part: Part) -> str:
    return part["name"]


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


DEFAULT_SIZES: list[Any] = [3, 0]


# golden: shared/json_io.py


# golden: shared/unfinished.py


parts_task = task(json_io(parts), name="parts")
join_task = task(json_io(join), name="join")
total_task = task(json_io(total), name="total")


@task(name="name_of", task_run_name="name_of[{index}]")
def name_of_task(part, index):
    return json_io(name_of)(part=part)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x["size"])


@task(name="say")
def say_task(join_2, total_2):
    return json_io(say)(text=f"{join_2} {total_2}")


@flow(name="records")
def records(sizes: list[StrictInt] = DEFAULT_SIZES):
    runs: list[Any] = []
    parts = parts_task.submit(sizes)
    if stopped := unfinished(parts):
        name_of = stopped
        double = stopped
    else:
        each_part_items = parts.result()
        name_of = name_of_task.map(each_part_items, index=range(len(each_part_items)))
        double = double_task.map(each_part_items, index=range(len(each_part_items)))
        runs += [name_of, double]
    join = join_task.submit(name_of)
    total = total_task.submit(double)
    say = say_task.submit(join, total)
    runs += [parts, join, total, say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    records()
