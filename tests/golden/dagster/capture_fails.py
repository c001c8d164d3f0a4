"""The pipeline capture_fails as a Dagster job."""

# Made by pipeglot from pipeline "capture_fails", digest a15c7b7be83b.

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


class CaptureFailsParams(dg.ConfigurableResource):
    auc: float = 0.7


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="capture_fails__score")
def score_op(params: CaptureFailsParams):
    return json_io(score)(auc=params.auc)


@dg.op(name="capture_fails__fails")
def fails_op():
    return json_io(fails)()


@dg.op(
    name="capture_fails__if_uses",
    ins={"after_fails": dg.In(dg.Nothing)},
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_uses_op(score):
    if score["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="capture_fails__uses", ins={"when": dg.In(dg.Nothing)})
def uses_op(text):
    return json_io(say)(text=text)


@dg.op(name="capture_fails__does_not_use", ins={"when": dg.In(dg.Nothing)})
def does_not_use_op():
    return json_io(say)(text="x")


@dg.op(name="capture_fails__other", ins={"when": dg.In(dg.Nothing)})
def other_op():
    return json_io(say)(text="y")


@dg.op(name="capture_fails__version")
def version_op(values: list):
    return values[0]


@dg.op(name="capture_fails__beside", ins={"after_score": dg.In(dg.Nothing)})
def beside_op():
    return json_io(say)(text="independent")


@dg.op(name="capture_fails__end")
def end_op(text):
    return json_io(say)(text=text)


@dg.job(resource_defs={"params": CaptureFailsParams.configure_at_launch()})
def capture_fails():
    score = score_op.alias("score")()
    fails = fails_op.alias("fails")()
    if_uses = if_uses_op.alias("if_uses")(score=score, after_fails=fails)
    uses_op.alias("uses")(text=fails, when=if_uses.then)
    does_not_use = does_not_use_op.alias("does_not_use")(when=if_uses.then)
    other = other_op.alias("other")(when=if_uses.otherwise)
    version = version_op.alias("version")(values=[does_not_use, other])
    beside_op.alias("beside")(after_score=score)
    end_op.alias("end")(text=version)


defs = dg.Definitions(jobs=[capture_fails])
