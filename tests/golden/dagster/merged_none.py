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


# golden: shared/json_io.py


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
