"""The pipeline nested as a Dagster job."""

# Made by pipeglot from pipeline "nested", digest 4160410091ac.

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


class NestedParams(dg.ConfigurableResource):
    auc: float = 0.7
    strict: bool = False


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="nested__score")
def score_op(params: NestedParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="nested__if_strict_pass_3",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_strict_pass_3_op(score):
    if score["auc"] > 0.5:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(
    name="nested__if_strict_pass_2",
    ins={"when": dg.In(dg.Nothing)},
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_strict_pass_2_op(params: NestedParams):
    if params.strict:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(
    name="nested__if_strict_pass",
    ins={"when": dg.In(dg.Nothing)},
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_strict_pass_op(score):
    if score["auc"] > 0.8:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="nested__strict_pass", ins={"when": dg.In(dg.Nothing)})
def strict_pass_op():
    return json_io(say)(text="strict pass")


@dg.op(name="nested__strict_fail", ins={"when": dg.In(dg.Nothing)})
def strict_fail_op():
    return json_io(say)(text="strict fail")


@dg.op(name="nested__inner")
def inner_op(values: list):
    return values[0]


@dg.op(name="nested__loose", ins={"when": dg.In(dg.Nothing)})
def loose_op():
    return json_io(say)(text="loose")


@dg.op(name="nested__up")
def up_op(values: list):
    return values[0]


@dg.op(name="nested__down", ins={"when": dg.In(dg.Nothing)})
def down_op():
    return json_io(say)(text="down")


@dg.op(name="nested__outcome")
def outcome_op(values: list):
    return values[0]


@dg.op(name="nested__tell")
def tell_op(text):
    return json_io(say)(text=text)


@dg.job(resource_defs={"params": NestedParams.configure_at_launch()})
def nested():
    score = score_op.alias("score")()
    if_strict_pass_3 = if_strict_pass_3_op.alias("if_strict_pass_3")(score=score)
    if_strict_pass_2 = if_strict_pass_2_op.alias("if_strict_pass_2")(
        when=if_strict_pass_3.then
    )
    if_strict_pass = if_strict_pass_op.alias("if_strict_pass")(
        score=score, when=if_strict_pass_2.then
    )
    strict_pass = strict_pass_op.alias("strict_pass")(when=if_strict_pass.then)
    strict_fail = strict_fail_op.alias("strict_fail")(when=if_strict_pass.otherwise)
    inner = inner_op.alias("inner")(values=[strict_pass, strict_fail])
    loose = loose_op.alias("loose")(when=if_strict_pass_2.otherwise)
    up = up_op.alias("up")(values=[inner, loose])
    down = down_op.alias("down")(when=if_strict_pass_3.otherwise)
    outcome = outcome_op.alias("outcome")(values=[up, down])
    tell_op.alias("tell")(text=outcome)


defs = dg.Definitions(jobs=[nested])
