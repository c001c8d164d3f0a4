"""The pipeline after_orders_without_value as a Dagster job."""

# Made by pipeglot from pipeline "after_orders_without_value", digest a4bb113a80ea.

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


def nothing() -> None:
    return None


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
@dg.op(name="after_orders_without_value__nothing")
def nothing_op():
    return json_io(nothing)()


@dg.op(name="after_orders_without_value__one", ins={"after_nothing": dg.In(dg.Nothing)})
def one_op():
    return json_io(one)()


@dg.op(
    name="after_orders_without_value__add",
    ins={"after_one": dg.In(dg.Nothing), "after_nothing": dg.In(dg.Nothing)},
)
def add_op():
    return json_io(add)(a=3)


@dg.job
def after_orders_without_value():
    nothing = nothing_op.alias("nothing")()
    one = one_op.alias("one")(after_nothing=nothing)
    add_op.alias("add")(after_one=one, after_nothing=nothing)


defs = dg.Definitions(jobs=[after_orders_without_value])
