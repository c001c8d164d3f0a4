"""The pipeline bad_returns as a Dagster job."""

# Made by pipeglot from pipeline "bad_returns", digest d2e7a854f4b4.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def not_a_number() -> float:
    return float("nan")


def wrong_type() -> int:
    return "three"  # type: ignore[return-value]


def too_large() -> int:
    return 2**60


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


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="bad_returns__not_a_number")
def not_a_number_op():
    return json_io(not_a_number)()


@dg.op(name="bad_returns__wrong_type")
def wrong_type_op():
    return json_io(wrong_type)()


@dg.op(name="bad_returns__too_large", retry_policy=dg.RetryPolicy(max_retries=1))
def too_large_op():
    return json_io(too_large)()


@dg.op(name="bad_returns__number")
def number_op():
    return json_io(number)(n=1)


@dg.job
def bad_returns():
    not_a_number_op.alias("not_a_number")()
    wrong_type_op.alias("wrong_type")()
    too_large_op.alias("too_large")()
    number_op.alias("number")()


defs = dg.Definitions(jobs=[bad_returns])
