"""The pipeline slow_but_in_time as a Dagster job."""

# Made by pipeglot from pipeline "slow_but_in_time", digest 060b1848db2c.

import functools
import json
import signal
import time
import traceback
import typing
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def slow(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


# golden: shared/json_io.py


@contextmanager
def time_limit(seconds):
    """Interrupt what runs longer by a signal, which reaches the main thread alone."""
    late = []

    def expire(*_):
        late.append(f"it took longer than {seconds} s")
        raise KeyboardInterrupt  # no step takes it for a failure of its own

    before = signal.signal(signal.SIGALRM, expire)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except BaseException:
        if not late:
            raise
    finally:
        signal.signal(signal.SIGALRM, before)
    if late:
        raise TimeoutError(*late)


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="slow_but_in_time__slow")
def slow_op():
    with time_limit(30):
        return json_io(slow)(seconds=0.1)


@dg.job
def slow_but_in_time():
    slow_op.alias("slow")()


defs = dg.Definitions(jobs=[slow_but_in_time])
