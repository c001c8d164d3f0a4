"""The pipeline everything_json as a Dagster job."""

# Made by pipeglot from pipeline "everything_json", digest 4468731bce40.

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
@dg.op(name="everything_json__echo")
def echo_op():
    return json_io(echo)(
        value=[
            0,
            -1,
            9007199254740992,
            -9007199254740992,
            0.1,
            1e300,
            5e-324,
            True,
            False,
            None,
            "",
            [],
            {},
            [[[]]],
            {"": {"": 0}},
        ],
    )


@dg.op(name="everything_json__again")
def again_op(value):
    return json_io(echo)(value=value)


@dg.job
def everything_json():
    echo = echo_op.alias("echo")()
    again_op.alias("again")(value=echo)


defs = dg.Definitions(jobs=[everything_json])
