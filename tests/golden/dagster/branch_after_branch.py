"""The pipeline branch_after_branch as a Dagster job."""

# Made by pipeglot from pipeline "branch_after_branch", digest c24afcb8ca1e.

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


class BranchAfterBranchParams(dg.ConfigurableResource):
    auc: float = 0.7


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="branch_after_branch__score")
def score_op(params: BranchAfterBranchParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="branch_after_branch__if_a",
    out={"then": dg.Out(dg.Nothing, is_required=False), "decided": dg.Out(dg.Nothing)},
)
def if_a_op(score):
    if score["auc"] > 0.9:
        yield dg.Output(None, "then")
    yield dg.Output(None, "decided")


@dg.op(name="branch_after_branch__a", ins={"when": dg.In(dg.Nothing)})
def a_op():
    return json_io(say)(text="a")


@dg.op(
    name="branch_after_branch__if_b",
    ins={"after_if_a": dg.In(dg.Nothing)},
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_b_op(score):
    if score["auc"] > 0.5:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="branch_after_branch__b", ins={"when": dg.In(dg.Nothing)})
def b_op():
    return json_io(say)(text="b")


@dg.op(name="branch_after_branch__c", ins={"when": dg.In(dg.Nothing)})
def c_op():
    return json_io(say)(text="c")


@dg.op(name="branch_after_branch__b_merged")
def b_merged_op(values: list):
    return values[0]


@dg.op(name="branch_after_branch__end")
def end_op(text):
    return json_io(say)(text=text)


@dg.job(resource_defs={"params": BranchAfterBranchParams.configure_at_launch()})
def branch_after_branch():
    score = score_op.alias("score")()
    if_a = if_a_op.alias("if_a")(score=score)
    a = a_op.alias("a")(when=if_a.then)
    if_b = if_b_op.alias("if_b")(score=score, after_if_a=[if_a.decided, a])
    b = b_op.alias("b")(when=if_b.then)
    c = c_op.alias("c")(when=if_b.otherwise)
    b_merged = b_merged_op.alias("b_merged")(values=[b, c])
    end_op.alias("end")(text=b_merged)


defs = dg.Definitions(jobs=[branch_after_branch])
