"""The pipeline tolerant as a Prefect flow."""

# Made by pipeglot from pipeline "tolerant", digest d40480b71733.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import allow_failure, flow, task
from prefect.cache_policies import NO_CACHE
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


def lane(runs, width):
    """The run `width` places back, however it ended: at most `width` run at once."""
    return [allow_failure(run) for run in runs[-width:][:1] if len(runs) >= width]


find_files_task = task(json_io(find_files), name="find_files")
total_task = task(json_io(total), name="total")


@task(name="read", task_run_name="read[{index}]")
def read_task(name, index):
    return json_io(read)(name=name)


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@task(name="count_words", task_run_name="count_words[{index}]")
def count_words_task(text, index):
    return json_io(count_words)(text=text)


@flow(
    name="tolerant",
    description="`read` of the bad file is still recorded as failed, but tolerated: its text is empty.",
)
def tolerant(suffix: StrictStr = ".txt"):
    runs: list[Any] = []
    find_files = find_files_task.submit(suffix)
    if stopped := unfinished(find_files):
        count_words_list = stopped
    else:
        each_name_items = find_files.result()
        read_runs: list[Any] = []
        count_words_runs: list[Any] = []
        count_words_list = []
        for index, item in enumerate(each_name_items):
            read = read_task.submit(item, index=index, wait_for=lane(read_runs, 2))
            read_runs.append(read)
            read = or_default.submit(allow_failure(read), "")
            count_words = count_words_task.submit(
                read,
                index=index,
                wait_for=lane(count_words_runs, 2),
            )
            count_words_runs.append(count_words)
            count_words_list.append(count_words)
            runs += [read, count_words]
    total = total_task.submit(count_words_list)
    runs += [find_files, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    tolerant()
