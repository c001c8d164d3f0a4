"""The pipeline after_a_skipped_call_means_after_its_branch as a Dagster job."""

# Made by pipeglot from pipeline "after_a_skipped_call_means_after_its_branch", digest 3b29e34da3f4.

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


class AfterASkippedCallMeansAfterItsBranchParams(dg.ConfigurableResource):
    auc: float = 0.1


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="after_a_skipped_call_means_after_its_branch__score")
def score_op(params: AfterASkippedCallMeansAfterItsBranchParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="after_a_skipped_call_means_after_its_branch__if_a",
    out={"then": dg.Out(dg.Nothing, is_required=False), "decided": dg.Out(dg.Nothing)},
)
def if_a_op(score):
    if score["good"]:
        yield dg.Output(None, "then")
    yield dg.Output(None, "decided")


@dg.op(
    name="after_a_skipped_call_means_after_its_branch__a",
    ins={"when": dg.In(dg.Nothing)},
)
def a_op():
    return json_io(say)(text="a")


@dg.op(
    name="after_a_skipped_call_means_after_its_branch__end",
    ins={"after_if_a": dg.In(dg.Nothing)},
)
def end_op():
    return json_io(say)(text="end")


@dg.job(
    resource_defs={
        "params": AfterASkippedCallMeansAfterItsBranchParams.configure_at_launch(),
    },
)
def after_a_skipped_call_means_after_its_branch():
    score = score_op.alias("score")()
    if_a = if_a_op.alias("if_a")(score=score)
    a = a_op.alias("a")(when=if_a.then)
    end_op.alias("end")(after_if_a=[if_a.decided, a])


defs = dg.Definitions(jobs=[after_a_skipped_call_means_after_its_branch])
