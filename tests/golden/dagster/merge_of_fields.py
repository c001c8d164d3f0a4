"""The pipeline merge_of_fields as a Dagster job."""

# Made by pipeglot from pipeline "merge_of_fields", digest 3c2d0b35f7e9.

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


class MergeOfFieldsParams(dg.ConfigurableResource):
    auc: float = 0.7


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="merge_of_fields__score")
def score_op(params: MergeOfFieldsParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="merge_of_fields__if_fresh",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_fresh_op(score):
    if score["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="merge_of_fields__fresh", ins={"when": dg.In(dg.Nothing)})
def fresh_op():
    return json_io(score)(auc=0.9, name="fresh")


@dg.op(name="merge_of_fields__say")
def say_op(text):
    return json_io(say)(text=text["name"])


@dg.op(name="merge_of_fields__fresh_merged_then")
def fresh_merged_then_op(fresh):
    return fresh["name"]


@dg.op(name="merge_of_fields__stale", ins={"when": dg.In(dg.Nothing)})
def stale_op():
    return json_io(say)(text="stale")


@dg.op(name="merge_of_fields__fresh_merged_otherwise", ins={"when": dg.In(dg.Nothing)})
def fresh_merged_otherwise_op(score):
    return f"was {score['name']}"


@dg.op(name="merge_of_fields__fresh_merged")
def fresh_merged_op(values: list):
    return values[0]


@dg.op(name="merge_of_fields__end")
def end_op(text):
    return json_io(say)(text=text)


@dg.job(resource_defs={"params": MergeOfFieldsParams.configure_at_launch()})
def merge_of_fields():
    score = score_op.alias("score")()
    if_fresh = if_fresh_op.alias("if_fresh")(score=score)
    fresh = fresh_op.alias("fresh")(when=if_fresh.then)
    say_op.alias("say")(text=fresh)
    fresh_merged_then = fresh_merged_then_op.alias("fresh_merged_then")(fresh=fresh)
    stale_op.alias("stale")(when=if_fresh.otherwise)
    fresh_merged_otherwise = fresh_merged_otherwise_op.alias("fresh_merged_otherwise")(
        score=score, when=if_fresh.otherwise
    )
    fresh_merged = fresh_merged_op.alias("fresh_merged")(
        values=[fresh_merged_then, fresh_merged_otherwise]
    )
    end_op.alias("end")(text=fresh_merged)


defs = dg.Definitions(jobs=[merge_of_fields])
