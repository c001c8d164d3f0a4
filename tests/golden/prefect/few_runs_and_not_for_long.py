"""The pipeline few_runs_and_not_for_long as a Prefect flow."""

# Made by pipeglot from pipeline "few_runs_and_not_for_long", digest f0b0a1f127a2.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


# golden: shared/unfinished.py


double_task = task(json_io(double), name="double")


@flow(name="few_runs_and_not_for_long", timeout_seconds=3600)
def few_runs_and_not_for_long():
    double = double_task.submit(n=1)
    runs = [double]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return double.result()


if __name__ == "__main__":
    few_runs_and_not_for_long()
