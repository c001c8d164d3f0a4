"""The pipeline too_slow as a Dagster job."""

# Made by pipeglot from pipeline "too_slow", digest f00c72c3cc2c.

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


def notify(text: str) -> str:
    return text


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
@dg.op(name="too_slow__slow")
def slow_op():
    with time_limit(1):
        return json_io(slow)(seconds=2.5)


@dg.op(name="too_slow__notify")
def notify_op(text):
    return json_io(notify)(text=text)


@dg.job
def too_slow():
    slow = slow_op.alias("slow")()
    notify_op.alias("notify")(text=slow)


defs = dg.Definitions(jobs=[too_slow])
