"""The pipeline merge_of_constant_and_outside as a Dagster job."""

# Made by pipeglot from pipeline "merge_of_constant_and_outside", digest 554a28270720.

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


class MergeOfConstantAndOutsideParams(dg.ConfigurableResource):
    auc: float = 0.7


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="merge_of_constant_and_outside__before")
def before_op():
    return json_io(say)(text="outside value")


@dg.op(name="merge_of_constant_and_outside__score")
def score_op(params: MergeOfConstantAndOutsideParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="merge_of_constant_and_outside__if_first",
    ins={"after_before": dg.In(dg.Nothing)},
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "elif_1": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_first_op(score):
    if score["auc"] > 0.9:
        yield dg.Output(None, "then")
    elif score["auc"] > 0.6:
        yield dg.Output(None, "elif_1")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="merge_of_constant_and_outside__first", ins={"when": dg.In(dg.Nothing)})
def first_op():
    return json_io(say)(text="a")


@dg.op(name="merge_of_constant_and_outside__second")
def second_op(text):
    return json_io(say)(text=text)


@dg.op(
    name="merge_of_constant_and_outside__third", ins={"after_first": dg.In(dg.Nothing)}
)
def third_op():
    return json_io(say)(text="third")


@dg.op(name="merge_of_constant_and_outside__aside", ins={"when": dg.In(dg.Nothing)})
def aside_op():
    return json_io(say)(text="aside")


@dg.op(
    name="merge_of_constant_and_outside__third_merged_elif_1",
    ins={"when": dg.In(dg.Nothing)},
)
def third_merged_elif_1_op(before):
    return before


@dg.op(name="merge_of_constant_and_outside__other", ins={"when": dg.In(dg.Nothing)})
def other_op():
    return json_io(say)(text="other")


@dg.op(
    name="merge_of_constant_and_outside__third_merged_otherwise",
    ins={"when": dg.In(dg.Nothing)},
)
def third_merged_otherwise_op():
    return "constant"


@dg.op(name="merge_of_constant_and_outside__third_merged")
def third_merged_op(values: list):
    return values[0]


@dg.op(name="merge_of_constant_and_outside__end")
def end_op(text):
    return json_io(say)(text=text)


@dg.job(resource_defs={"params": MergeOfConstantAndOutsideParams.configure_at_launch()})
def merge_of_constant_and_outside():
    before = before_op.alias("before")()
    score = score_op.alias("score")()
    if_first = if_first_op.alias("if_first")(score=score, after_before=before)
    first = first_op.alias("first")(when=if_first.then)
    second_op.alias("second")(text=first)
    third = third_op.alias("third")(after_first=first)
    aside_op.alias("aside")(when=if_first.elif_1)
    third_merged_elif_1 = third_merged_elif_1_op.alias("third_merged_elif_1")(
        before=before, when=if_first.elif_1
    )
    other_op.alias("other")(when=if_first.otherwise)
    third_merged_otherwise = third_merged_otherwise_op.alias("third_merged_otherwise")(
        when=if_first.otherwise
    )
    third_merged = third_merged_op.alias("third_merged")(
        values=[third, third_merged_elif_1, third_merged_otherwise]
    )
    end_op.alias("end")(text=third_merged)


defs = dg.Definitions(jobs=[merge_of_constant_and_outside])
