"""The pipeline collect_of_a_merge_and_a_field as a Prefect flow."""

# Made by pipeglot from pipeline "collect_of_a_merge_and_a_field", digest cd4cc8255d68.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
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


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


# golden: shared/for_each.py


join_task = task(json_io(join), name="join")


@task(name="parts")
def parts_task():
    return json_io(parts)(sizes=[1, 2])


@task(name="large", task_run_name="large[{index}]")
def large_task(text, index):
    return json_io(say)(text=text["name"])


@task(name="little", task_run_name="little[{index}]")
def little_task(index):
    return json_io(say)(text="little")


@flow(name="collect_of_a_merge_and_a_field")
def collect_of_a_merge_and_a_field(n: StrictInt = 3):
    runs: list[Any] = []
    parts = parts_task.submit()
    if stopped := unfinished(parts):
        chosen_list = stopped
    else:
        each_part_items = parts.result()

        def each_part_item(index, item):
            if item["size"] > 1:
                large = large_task.submit(item, index=index)
                chosen = large
                runs.extend([large])
            else:
                little = little_task.submit(index=index)
                chosen = little
                runs.extend([little])
            return chosen

        chosen_list = for_each(each_part_item, each_part_items)
    join = join_task.submit(chosen_list)
    runs += [parts, join]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return join.result()


if __name__ == "__main__":
    collect_of_a_merge_and_a_field()
