"""The pipeline failure_blocks_below_not_beside as a Dagster job."""

# Made by pipeglot from pipeline "failure_blocks_below_not_beside", digest f8b7178e3ef8.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


def total(xs: list[int]) -> int:
    return sum(xs)


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


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
@dg.op(name="failure_blocks_below_not_beside__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="failure_blocks_below_not_beside__add")
def add_op(a):
    return json_io(add)(a=a)


@dg.op(name="failure_blocks_below_not_beside__total")
def total_op(add):
    return json_io(total)(xs=[add])


@dg.op(name="failure_blocks_below_not_beside__one")
def one_op():
    return json_io(one)(n=5)


@dg.op(name="failure_blocks_below_not_beside__beside_too")
def beside_too_op(a):
    return json_io(add)(a=a)


@dg.job
def failure_blocks_below_not_beside():
    fails = fails_op.alias("fails")()
    add = add_op.alias("add")(a=fails)
    total_op.alias("total")(add=add)
    one = one_op.alias("one")()
    beside_too_op.alias("beside_too")(a=one)


defs = dg.Definitions(jobs=[failure_blocks_below_not_beside])
