"""The pipeline tolerated_default_none as a Dagster job."""

# Made by pipeglot from pipeline "tolerated_default_none", digest 6fa4d2c6a999.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
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


def show(value: int | None) -> str:
    return f"got {value}"


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


def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="tolerated_default_none__flaky", retry_policy=dg.RetryPolicy(max_retries=1))
def flaky_op(context: dg.OpExecutionContext):
    """Fails its first attempts, counted in a folder that outlives them."""
    try:
        return json_io(flaky)(key="d", failures=9)
    except Exception as error:
        if context.retry_number < 1:
            raise
        return tolerated(context, error, 3)


@dg.op(name="tolerated_default_none__show")
def show_op(value):
    return json_io(show)(value=value)


@dg.job
def tolerated_default_none():
    flaky = flaky_op.alias("flaky")()
    show_op.alias("show")(value=flaky)


defs = dg.Definitions(jobs=[tolerated_default_none])
