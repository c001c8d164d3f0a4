"""The pipeline empty_else as a Dagster job."""

# Made by pipeglot from pipeline "empty_else", digest e33c93ac1a8a.

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


class EmptyElseParams(dg.ConfigurableResource):
    auc: float = 0.1


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="empty_else__score")
def score_op(params: EmptyElseParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="empty_else__if_new",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_new_op(score):
    if score["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="empty_else__new", ins={"when": dg.In(dg.Nothing)})
def new_op():
    return json_io(say)(text="new")


@dg.op(name="empty_else__new_merged_otherwise", ins={"when": dg.In(dg.Nothing)})
def new_merged_otherwise_op():
    return "none"


@dg.op(name="empty_else__new_merged")
def new_merged_op(values: list):
    return values[0]


@dg.op(name="empty_else__end")
def end_op(text):
    return json_io(say)(text=text)


@dg.job(resource_defs={"params": EmptyElseParams.configure_at_launch()})
def empty_else():
    score = score_op.alias("score")()
    if_new = if_new_op.alias("if_new")(score=score)
    new = new_op.alias("new")(when=if_new.then)
    new_merged_otherwise = new_merged_otherwise_op.alias("new_merged_otherwise")(
        when=if_new.otherwise
    )
    new_merged = new_merged_op.alias("new_merged")(values=[new, new_merged_otherwise])
    end_op.alias("end")(text=new_merged)


defs = dg.Definitions(jobs=[empty_else])
