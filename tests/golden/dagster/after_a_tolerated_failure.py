"""The pipeline after_a_tolerated_failure as a Dagster job."""

# Made by pipeglot from pipeline "after_a_tolerated_failure", digest e0a29552da9c.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def number(n: int) -> int:
    return n


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
@dg.op(name="after_a_tolerated_failure__fails")
def fails_op(context: dg.OpExecutionContext):
    try:
        return json_io(fails)()
    except Exception as error:
        return tolerated(context, error, 0)


@dg.op(name="after_a_tolerated_failure__number", ins={"after_fails": dg.In(dg.Nothing)})
def number_op():
    return json_io(number)(n=1)


@dg.job
def after_a_tolerated_failure():
    fails = fails_op.alias("fails")()
    number_op.alias("number")(after_fails=fails)


defs = dg.Definitions(jobs=[after_a_tolerated_failure])
