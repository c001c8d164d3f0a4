"""The pipeline if_else_merge as a Dagster job."""

# Made by pipeglot from pipeline "if_else_merge", digest 7f85c78ba3fc.

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


class IfElseMergeParams(dg.ConfigurableResource):
    auc: float = 0.7


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="if_else_merge__score")
def score_op(params: IfElseMergeParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="if_else_merge__if_promote",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_promote_op(score):
    if score["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="if_else_merge__promote", ins={"when": dg.In(dg.Nothing)})
def promote_op():
    return json_io(say)(text="promoted")


@dg.op(name="if_else_merge__keep", ins={"when": dg.In(dg.Nothing)})
def keep_op():
    return json_io(say)(text="kept")


@dg.op(name="if_else_merge__version")
def version_op(values: list):
    return values[0]


@dg.op(name="if_else_merge__report")
def report_op(version):
    return json_io(say)(text=f"version: {version}")


@dg.job(resource_defs={"params": IfElseMergeParams.configure_at_launch()})
def if_else_merge():
    score = score_op.alias("score")()
    if_promote = if_promote_op.alias("if_promote")(score=score)
    promote = promote_op.alias("promote")(when=if_promote.then)
    keep = keep_op.alias("keep")(when=if_promote.otherwise)
    version = version_op.alias("version")(values=[promote, keep])
    report_op.alias("report")(version=version)


defs = dg.Definitions(jobs=[if_else_merge])
