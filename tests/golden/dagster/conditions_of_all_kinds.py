"""The pipeline conditions_of_all_kinds as a Dagster job."""

# Made by pipeglot from pipeline "conditions_of_all_kinds", digest ce532871a377.

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


class ConditionsOfAllKindsParams(dg.ConfigurableResource):
    n: int = 3
    name: str = "b"
    x: float = 3.0


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(
    name="conditions_of_all_kinds__if_combined",
    out={"then": dg.Out(dg.Nothing, is_required=False)},
)
def if_combined_op(params: ConditionsOfAllKindsParams):
    if (
        params.n == params.x
        and params.name != "a"
        and (params.n > 5 or params.name in ("b", "c"))
    ):
        yield dg.Output(None, "then")


@dg.op(name="conditions_of_all_kinds__combined", ins={"when": dg.In(dg.Nothing)})
def combined_op():
    return json_io(say)(text="combined")


@dg.op(
    name="conditions_of_all_kinds__if_not_in",
    out={"then": dg.Out(dg.Nothing, is_required=False)},
)
def if_not_in_op(params: ConditionsOfAllKindsParams):
    if params.n in (1, 2):
        yield dg.Output(None, "then")


@dg.op(name="conditions_of_all_kinds__not_in", ins={"when": dg.In(dg.Nothing)})
def not_in_op():
    return json_io(say)(text="no")


@dg.op(
    name="conditions_of_all_kinds__if_unequal",
    out={"then": dg.Out(dg.Nothing, is_required=False)},
)
def if_unequal_op(params: ConditionsOfAllKindsParams):
    if params.n != 3:
        yield dg.Output(None, "then")


@dg.op(name="conditions_of_all_kinds__unequal", ins={"when": dg.In(dg.Nothing)})
def unequal_op():
    return json_io(say)(text="no")


@dg.op(
    name="conditions_of_all_kinds__if_bounds",
    out={"then": dg.Out(dg.Nothing, is_required=False)},
)
def if_bounds_op(params: ConditionsOfAllKindsParams):
    if params.n >= 3 and params.n <= 3 and params.x < 3.5:
        yield dg.Output(None, "then")


@dg.op(name="conditions_of_all_kinds__bounds", ins={"when": dg.In(dg.Nothing)})
def bounds_op():
    return json_io(say)(text="bounds")


@dg.job(resource_defs={"params": ConditionsOfAllKindsParams.configure_at_launch()})
def conditions_of_all_kinds():
    if_combined = if_combined_op.alias("if_combined")()
    combined_op.alias("combined")(when=if_combined)
    if_not_in = if_not_in_op.alias("if_not_in")()
    not_in_op.alias("not_in")(when=if_not_in)
    if_unequal = if_unequal_op.alias("if_unequal")()
    unequal_op.alias("unequal")(when=if_unequal)
    if_bounds = if_bounds_op.alias("if_bounds")()
    bounds_op.alias("bounds")(when=if_bounds)


defs = dg.Definitions(jobs=[conditions_of_all_kinds])
