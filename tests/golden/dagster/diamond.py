"""The pipeline diamond as a Dagster job."""

# Made by pipeglot from pipeline "diamond", digest 66d067152382.

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
@dg.op(name="diamond__one")
def one_op():
    return json_io(one)()


@dg.op(name="diamond__add")
def add_op(a):
    return json_io(add)(a=a, b=1)


@dg.op(name="diamond__right")
def right_op(a):
    return json_io(add)(a=a, b=2)


@dg.op(name="diamond__total")
def total_op(add, right, one):
    return json_io(total)(xs=[add, right, one])


@dg.job
def diamond():
    one = one_op.alias("one")()
    add = add_op.alias("add")(a=one)
    right = right_op.alias("right")(a=one)
    total_op.alias("total")(add=add, right=right, one=one)


defs = dg.Definitions(jobs=[diamond])
