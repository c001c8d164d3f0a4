"""The pipeline strict as a Prefect flow."""

# Made by pipeglot from pipeline "strict", digest edb8acb80aaf.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python

FILES = {"letter.txt": "dear all", "poem.txt": "the sea, the sea", "scan.txt": "\ufffd"}


def find_files(suffix: str) -> list[str]:
    """What there is to measure is known only at run time."""
    return sorted(name for name in FILES if name.endswith(suffix))


def read(name: str) -> str:
    if "\ufffd" in FILES[name]:
        raise ValueError(f"{name} is not text")
    return FILES[name]


def count_words(text: str) -> int:
    return len(text.split())


def total(counts: list[int]) -> int:
    return sum(counts)


# golden: shared/json_io.py


# golden: shared/unfinished.py


find_files_task = task(json_io(find_files), name="find_files")
total_task = task(json_io(total), name="total")


@task(name="read", task_run_name="read[{index}]")
def read_task(name, index):
    return json_io(read)(name=name)


@task(name="count_words", task_run_name="count_words[{index}]")
def count_words_task(text, index):
    return json_io(count_words)(text=text)


@flow(
    name="strict",
    description="`count_words` of the bad file is blocked, its siblings run, and `total` is blocked.",
)
def strict(suffix: StrictStr = ".txt"):
    runs: list[Any] = []
    find_files = find_files_task.submit(suffix)
    if stopped := unfinished(find_files):
        count_words = stopped
    else:
        each_name_items = find_files.result()
        read = read_task.map(each_name_items, index=range(len(each_name_items)))
        count_words = count_words_task.map(read, index=range(len(each_name_items)))
        runs += [read, count_words]
    total = total_task.submit(count_words)
    runs += [find_files, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    strict()
