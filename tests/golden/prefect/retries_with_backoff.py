"""The pipeline retries_with_backoff as a Prefect flow."""

# Made by pipeglot from pipeline "retries_with_backoff", digest 6eae9e9a6bf0.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


# golden: shared/json_io.py


# golden: shared/unfinished.py


flaky_task = task(
    json_io(flaky),
    name="flaky",
    retries=3,
    retry_delay_seconds=[1, 2, 2],
)


@flow(name="retries_with_backoff")
def retries_with_backoff():
    flaky = flaky_task.submit(key="c", failures=2)
    runs = [flaky]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return flaky.result()


if __name__ == "__main__":
    retries_with_backoff()
