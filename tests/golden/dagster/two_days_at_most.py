"""The pipeline two_days_at_most as a Dagster job."""

# Made by pipeglot from pipeline "two_days_at_most", digest 274c0c2b22d7.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


class TwoDaysAtMostParams(dg.ConfigurableResource):
    n: int = 2


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
@dg.op(name="two_days_at_most__first")
def first_op(params: TwoDaysAtMostParams):
    return json_io(double)(n=params.n)


@dg.op(name="two_days_at_most__double")
def double_op(n):
    return json_io(double)(n=n)


@dg.job(
    resource_defs={"params": TwoDaysAtMostParams.configure_at_launch()},
    tags={"dagster/max_runtime": "172800"},
)
def two_days_at_most():
    first = first_op.alias("first")()
    double_op.alias("double")(n=first)


defs = dg.Definitions(jobs=[two_days_at_most])
