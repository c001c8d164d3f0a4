"""The pipeline retries_wait_longer as a Prefect flow."""

# Made by pipeglot from pipeline "retries_wait_longer", digest ffce7dc06626.

import functools
import json
import os
import time
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


def waited(key: str, seconds: list[float]) -> list[bool]:
    """Fails before each of the waits, and says of each whether it was long enough."""
    log = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    with log.open("a") as file:
        file.write(f"{time.time()}\n")
    attempts = [float(line) for line in log.read_text().split()]
    if len(attempts) <= len(seconds):
        raise RuntimeError(f"attempt {len(attempts)}")
    gaps = [attempts[n + 1] - attempts[n] for n in range(len(seconds))]
    return [gap >= least for gap, least in zip(gaps, seconds, strict=True)]


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="waited", retries=3, retry_delay_seconds=[1, 2, 2])
def waited_task():
    """Fails before each of the waits, and says of each whether it was long enough."""
    return json_io(waited)(key="g", seconds=[1.0, 2.0, 2.0])


@flow(name="retries_wait_longer")
def retries_wait_longer():
    waited = waited_task.submit()
    runs = [waited]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return waited.result()


if __name__ == "__main__":
    retries_wait_longer()
