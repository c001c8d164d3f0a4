"""The pipeline condition_cannot_be_evaluated as a Dagster job."""

# Made by pipeglot from pipeline "condition_cannot_be_evaluated", digest 98863822e30f.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


def lookup(known: dict[str, int]) -> dict[str, int]:
    return known


class ConditionCannotBeEvaluatedParams(dg.ConfigurableResource):
    key: str = "present"


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="condition_cannot_be_evaluated__lookup")
def lookup_op():
    return json_io(lookup)(known={"present": 1})


@dg.op(
    name="condition_cannot_be_evaluated__if_yes",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_yes_op(lookup):
    if lookup["absent"] > 0:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="condition_cannot_be_evaluated__yes", ins={"when": dg.In(dg.Nothing)})
def yes_op():
    return json_io(say)(text="yes")


@dg.op(name="condition_cannot_be_evaluated__no", ins={"when": dg.In(dg.Nothing)})
def no_op():
    return json_io(say)(text="no")


@dg.op(name="condition_cannot_be_evaluated__yes_merged")
def yes_merged_op(values: list):
    return values[0]


@dg.op(name="condition_cannot_be_evaluated__end")
def end_op(text):
    return json_io(say)(text=text)


@dg.op(name="condition_cannot_be_evaluated__beside")
def beside_op():
    return json_io(say)(text="beside")


@dg.job(
    resource_defs={"params": ConditionCannotBeEvaluatedParams.configure_at_launch()}
)
def condition_cannot_be_evaluated():
    lookup = lookup_op.alias("lookup")()
    if_yes = if_yes_op.alias("if_yes")(lookup=lookup)
    yes = yes_op.alias("yes")(when=if_yes.then)
    no = no_op.alias("no")(when=if_yes.otherwise)
    yes_merged = yes_merged_op.alias("yes_merged")(values=[yes, no])
    end_op.alias("end")(text=yes_merged)
    beside_op.alias("beside")()


defs = dg.Definitions(jobs=[condition_cannot_be_evaluated])
