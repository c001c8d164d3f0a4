"""The pipeline none_keeps_its_place as a Dagster job."""

# Made by pipeglot from pipeline "none_keeps_its_place", digest eb6ea6f7009e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def odd_or_none(x: int) -> int | None:
    return x if x % 2 else None


def show(xs: list[int | None]) -> str:
    return ",".join(str(x) for x in xs)


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
@dg.op(name="none_keeps_its_place__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([1, 2, 3, 4]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="none_keeps_its_place__odd_or_none")
def odd_or_none_op(x):
    return json_io(odd_or_none)(x=x)


@dg.op(name="none_keeps_its_place__show")
def show_op(xs):
    return json_io(show)(xs=xs)


@dg.job
def none_keeps_its_place():
    each_x = each_x_op.alias("each_x")()
    odd_or_none = each_x.map(lambda x: odd_or_none_op.alias("odd_or_none")(x=x))
    show_op.alias("show")(xs=odd_or_none.collect())


defs = dg.Definitions(jobs=[none_keeps_its_place])
