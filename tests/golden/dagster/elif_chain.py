"""The pipeline elif_chain as a Dagster job."""

# Made by pipeglot from pipeline "elif_chain", digest 1cf2ce603436.

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


class ElifChainParams(dg.ConfigurableResource):
    auc: float = 0.7


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="elif_chain__score")
def score_op(params: ElifChainParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="elif_chain__if_great",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "elif_1": dg.Out(dg.Nothing, is_required=False),
        "elif_2": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_great_op(score):
    if score["auc"] > 0.9:
        yield dg.Output(None, "then")
    elif score["auc"] > 0.6:
        yield dg.Output(None, "elif_1")
    elif score["auc"] > 0.3:
        yield dg.Output(None, "elif_2")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="elif_chain__great", ins={"when": dg.In(dg.Nothing)})
def great_op():
    return json_io(say)(text="great")


@dg.op(name="elif_chain__fine", ins={"when": dg.In(dg.Nothing)})
def fine_op():
    return json_io(say)(text="fine")


@dg.op(name="elif_chain__poor", ins={"when": dg.In(dg.Nothing)})
def poor_op():
    return json_io(say)(text="poor")


@dg.op(name="elif_chain__bad", ins={"when": dg.In(dg.Nothing)})
def bad_op():
    return json_io(say)(text="bad")


@dg.job(resource_defs={"params": ElifChainParams.configure_at_launch()})
def elif_chain():
    score = score_op.alias("score")()
    if_great = if_great_op.alias("if_great")(score=score)
    great_op.alias("great")(when=if_great.then)
    fine_op.alias("fine")(when=if_great.elif_1)
    poor_op.alias("poor")(when=if_great.elif_2)
    bad_op.alias("bad")(when=if_great.otherwise)


defs = dg.Definitions(jobs=[elif_chain])
