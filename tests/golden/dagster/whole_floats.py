"""The pipeline whole_floats as a Dagster job."""

# Made by pipeglot from pipeline "whole_floats", digest aa2d9ca027fd.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


def number(n: float) -> float:
    return n


def known(n: float, text: str) -> str:
    return f"{n} {text}"


class WholeFloatsParams(dg.ConfigurableResource):
    n: float = 2.0


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
@dg.op(name="whole_floats__number")
def number_op(params: WholeFloatsParams):
    return json_io(number)(n=params.n)


@dg.op(name="whole_floats__known")
def known_op(n):
    return json_io(known)(n=n, text=f"{n}")


@dg.op(name="whole_floats__large")
def large_op():
    return json_io(number)(n=1e17)


@dg.op(name="whole_floats__inside")
def inside_op(number, large):
    return json_io(echo)(value=[number, large, {"a": number}])


@dg.job(resource_defs={"params": WholeFloatsParams.configure_at_launch()})
def whole_floats():
    number = number_op.alias("number")()
    known_op.alias("known")(n=number)
    large = large_op.alias("large")()
    inside_op.alias("inside")(number=number, large=large)


defs = dg.Definitions(jobs=[whole_floats])
