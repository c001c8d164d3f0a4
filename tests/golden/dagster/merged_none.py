"""The pipeline merged_none as a Dagster job."""

# Made by pipeglot from pipeline "merged_none", digest eb8f10fc44cb.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Score(TypedDict):
    auc: float
    good: bool
    name: str


def score(auc: float, name: str = "m") -> Score:
    return {"auc": auc, "good": auc >= 0.5, "name": name}


def say(text: str) -> str:
    return text


def maybe(text: str) -> None:
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
@dg.op(name="merged_none__score")
def score_op():
    return json_io(score)(auc=0.9)


@dg.op(
    name="merged_none__if_maybe",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
        "decided": dg.Out(dg.Nothing),
    },
)
def if_maybe_op(score):
    if score["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")
    yield dg.Output(None, "decided")


@dg.op(name="merged_none__maybe", ins={"when": dg.In(dg.Nothing)})
def maybe_op():
    return json_io(maybe)(text="x")


@dg.op(name="merged_none__other", ins={"when": dg.In(dg.Nothing)})
def other_op():
    return json_io(maybe)(text="y")


@dg.op(name="merged_none__end", ins={"after_if_maybe": dg.In(dg.Nothing)})
def end_op():
    return json_io(say)(text="end")


@dg.job
def merged_none():
    score = score_op.alias("score")()
    if_maybe = if_maybe_op.alias("if_maybe")(score=score)
    maybe = maybe_op.alias("maybe")(when=if_maybe.then)
    other = other_op.alias("other")(when=if_maybe.otherwise)
    end_op.alias("end")(after_if_maybe=[if_maybe.decided, maybe, other])


defs = dg.Definitions(jobs=[merged_none])
