"""The pipeline taken_arm_fails as a Dagster job."""

# Made by pipeglot from pipeline "taken_arm_fails", digest a00e3893aa49.

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


def fails(text: str = "") -> str:
    raise ValueError("told to fail")


class TakenArmFailsParams(dg.ConfigurableResource):
    auc: float = 0.7


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="taken_arm_fails__score")
def score_op(params: TakenArmFailsParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="taken_arm_fails__if_bad",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_bad_op(score):
    if score["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="taken_arm_fails__bad", ins={"when": dg.In(dg.Nothing)})
def bad_op():
    return json_io(fails)()


@dg.op(name="taken_arm_fails__below")
def below_op(text):
    return json_io(say)(text=text)


@dg.op(name="taken_arm_fails__fine", ins={"when": dg.In(dg.Nothing)})
def fine_op():
    return json_io(say)(text="fine")


@dg.op(name="taken_arm_fails__other", ins={"when": dg.In(dg.Nothing)})
def other_op():
    return json_io(say)(text="y")


@dg.op(name="taken_arm_fails__other_below")
def other_below_op(text):
    return json_io(say)(text=text)


@dg.op(name="taken_arm_fails__v1")
def v1_op(values: list):
    return values[0]


@dg.op(name="taken_arm_fails__v2")
def v2_op(values: list):
    return values[0]


@dg.op(name="taken_arm_fails__blocked_end")
def blocked_end_op(text):
    return json_io(say)(text=text)


@dg.op(name="taken_arm_fails__good_end")
def good_end_op(text):
    return json_io(say)(text=text)


@dg.job(resource_defs={"params": TakenArmFailsParams.configure_at_launch()})
def taken_arm_fails():
    score = score_op.alias("score")()
    if_bad = if_bad_op.alias("if_bad")(score=score)
    bad = bad_op.alias("bad")(when=if_bad.then)
    below_op.alias("below")(text=bad)
    fine = fine_op.alias("fine")(when=if_bad.then)
    other = other_op.alias("other")(when=if_bad.otherwise)
    other_below = other_below_op.alias("other_below")(text=other)
    v1 = v1_op.alias("v1")(values=[bad, other])
    v2 = v2_op.alias("v2")(values=[fine, other_below])
    blocked_end_op.alias("blocked_end")(text=v1)
    good_end_op.alias("good_end")(text=v2)


defs = dg.Definitions(jobs=[taken_arm_fails])
