"""The pipeline two_independent_branches as a Dagster job."""

# Made by pipeglot from pipeline "two_independent_branches", digest 49a728403360.

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


class TwoIndependentBranchesParams(dg.ConfigurableResource):
    x: float = 0.9
    y: float = 0.1


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="two_independent_branches__left")
def left_op(params: TwoIndependentBranchesParams):
    return json_io(score)(auc=params.x)


@dg.op(name="two_independent_branches__right")
def right_op(params: TwoIndependentBranchesParams):
    return json_io(score)(auc=params.y)


@dg.op(
    name="two_independent_branches__if_left_good",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_left_good_op(left):
    if left["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="two_independent_branches__left_good", ins={"when": dg.In(dg.Nothing)})
def left_good_op():
    return json_io(say)(text="l")


@dg.op(name="two_independent_branches__left_bad", ins={"when": dg.In(dg.Nothing)})
def left_bad_op():
    return json_io(say)(text="l")


@dg.op(
    name="two_independent_branches__if_right_good",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_right_good_op(right):
    if right["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="two_independent_branches__right_good", ins={"when": dg.In(dg.Nothing)})
def right_good_op():
    return json_io(say)(text="r")


@dg.op(name="two_independent_branches__right_bad", ins={"when": dg.In(dg.Nothing)})
def right_bad_op():
    return json_io(say)(text="r")


@dg.job(resource_defs={"params": TwoIndependentBranchesParams.configure_at_launch()})
def two_independent_branches():
    left = left_op.alias("left")()
    right = right_op.alias("right")()
    if_left_good = if_left_good_op.alias("if_left_good")(left=left)
    left_good_op.alias("left_good")(when=if_left_good.then)
    left_bad_op.alias("left_bad")(when=if_left_good.otherwise)
    if_right_good = if_right_good_op.alias("if_right_good")(right=right)
    right_good_op.alias("right_good")(when=if_right_good.then)
    right_bad_op.alias("right_bad")(when=if_right_good.otherwise)


defs = dg.Definitions(jobs=[two_independent_branches])
