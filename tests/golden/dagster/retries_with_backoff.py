"""The pipeline retries_with_backoff as a Dagster job."""

# Made by pipeglot from pipeline "retries_with_backoff", digest 6eae9e9a6bf0.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def flaky(key: str, failures: int) -> int:
    """Fails its first attempts, counted in a folder that outlives them."""
    counter = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    if count < failures:
        raise RuntimeError(f"attempt {count + 1}")
    return count


def json_io(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let `fn` take and give plain JSON, built and checked by its annotations."""

    def exact(digits: str) -> int:
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    @functools.wraps(fn)
    def call(**given: Any) -> Any:
        try:
            hints = typing.get_type_hints(fn, include_extras=True)
            types = {name: TypeAdapter(hint) for name, hint in hints.items()}
            built = {}
            for name, value in given.items():
                adapter = types.get(name, TypeAdapter(Any))
                built[name] = adapter.validate_json(json.dumps(value), strict=True)
            adapter = types.get("return", TypeAdapter(Any))
            result = adapter.validate_python(fn(**built), strict=True)
            plain = to_jsonable_python(result, inf_nan_mode="constants")
            text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # no engine could keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call


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
@dg.op(name="retries_with_backoff__flaky")
def flaky_op(context: dg.OpExecutionContext):
    """Fails its first attempts, counted in a folder that outlives them."""
    with retried(context, [1, 2, 2]):
        return json_io(flaky)(key="c", failures=2)


@dg.job
def retries_with_backoff():
    flaky_op.alias("flaky")()


defs = dg.Definitions(jobs=[retries_with_backoff])
