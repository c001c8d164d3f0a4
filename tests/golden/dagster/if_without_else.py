"""The pipeline if_without_else as a Dagster job."""

# Made by pipeglot from pipeline "if_without_else", digest 66e912bae003.

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


class IfWithoutElseParams(dg.ConfigurableResource):
    auc: float = 0.7


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="if_without_else__score")
def score_op(params: IfWithoutElseParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="if_without_else__if_say", out={"then": dg.Out(dg.Nothing, is_required=False)}
)
def if_say_op(score):
    if score["auc"] > 0.6:
        yield dg.Output(None, "then")


@dg.op(name="if_without_else__say", ins={"when": dg.In(dg.Nothing)})
def say_op():
    return json_io(say)(text="yes")


@dg.op(name="if_without_else__always", ins={"after_score": dg.In(dg.Nothing)})
def always_op():
    return json_io(say)(text="done")


@dg.job(resource_defs={"params": IfWithoutElseParams.configure_at_launch()})
def if_without_else():
    score = score_op.alias("score")()
    if_say = if_say_op.alias("if_say")(score=score)
    say_op.alias("say")(when=if_say)
    always_op.alias("always")(after_score=score)


defs = dg.Definitions(jobs=[if_without_else])
