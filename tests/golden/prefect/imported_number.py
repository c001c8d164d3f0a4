"""The pipeline imported_number as a Prefect flow."""

# Made by pipeglot from pipeline "imported_number", digest d6681afbdfc1.

import calendar
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


# golden: shared/json_io.py


# golden: shared/unfinished.py


isleap_task = task(json_io(calendar.isleap), name="isleap")


@flow(name="imported_number")
def imported_number(year: StrictInt = 2028):
    isleap = isleap_task.submit(year)
    runs = [isleap]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return isleap.result()


if __name__ == "__main__":
    imported_number()
