"""The pipeline retries_wait_longer as a Dagster job."""

# Made by pipeglot from pipeline "retries_wait_longer", digest ffce7dc06626.

import functools
import json
import os
import time
import traceback
import typing
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
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


@contextmanager
def retried(context, waits):
    """Try again after each of the waits, in seconds, one after the other."""
    try:
        yield
    except Exception as error:
        if context.retry_number == len(waits):
            raise
        raise dg.RetryRequested(len(waits), waits[context.retry_number]) from error


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="retries_wait_longer__waited")
def waited_op(context: dg.OpExecutionContext):
    """Fails before each of the waits, and says of each whether it was long enough."""
    with retried(context, [1, 2, 2]):
        return json_io(waited)(key="g", seconds=[1.0, 2.0, 2.0])


@dg.job
def retries_wait_longer():
    waited_op.alias("waited")()


defs = dg.Definitions(jobs=[retries_wait_longer])
