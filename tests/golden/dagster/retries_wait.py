"""The pipeline retries_wait as a Dagster job."""

# Made by pipeglot from pipeline "retries_wait", digest e0236a89b96b.

import functools
import json
import os
import time
import traceback
import typing
from collections.abc import Callable
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


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="retries_wait__waited", retry_policy=dg.RetryPolicy(max_retries=2, delay=1))
def waited_op():
    """Fails before each of the waits, and says of each whether it was long enough."""
    return json_io(waited)(key="f", seconds=[1.0, 1.0])


@dg.job
def retries_wait():
    waited_op.alias("waited")()


defs = dg.Definitions(jobs=[retries_wait])
