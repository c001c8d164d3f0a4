"""The pipeline static_in_static as a Dagster job."""

# Made by pipeglot from pipeline "static_in_static", digest 37f8648f94bf.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


def main_run(context):
    """The id of the run of the pipeline: loops and the final call have runs of their own."""
    return context.run.tags.get("pipeline/main_run", context.run_id)


# golden: shared/run_item.py


def gathered(runs, *names):
    """Yield each output that the runs of all items have, in the order of the items."""
    for name in names:
        if all(name in run["outputs"] for run in runs):
            yield dg.Output([run["outputs"][name] for run in runs], name)


def all_succeeded(runs):
    """Fail when the run of an item failed."""
    failed = [run["run"] for run in runs if not run["success"]]
    if failed:
        raise dg.Failure(f"runs of items that failed: {', '.join(failed)}")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="static_in_static__each_y", out=dg.DynamicOut())
def each_y_op():
    for index, item in enumerate([10, 20]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="static_in_static__double")
def double_op(x, plus):
    return json_io(double)(x=x, plus=plus)


@dg.op(name="static_in_static__inner")
def inner_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="static_in_static__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([1, 2]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="static_in_static__each_x_item", required_resource_keys={"io_manager"})
def each_x_item_op(context: dg.OpExecutionContext, x):
    return run_item(context, each_x_job, {"x": x})


@dg.op(
    name="static_in_static__each_x_values",
    out={"inner_list": dg.Out(is_required=False)},
)
def each_x_values_op(runs: list):
    yield from gathered(runs, "inner_list")


@dg.op(name="static_in_static__each_x_done", out=dg.Out(dg.Nothing))
def each_x_done_op(runs: list):
    all_succeeded(runs)


@dg.op(name="static_in_static__outer")
def outer_op(xs):
    return json_io(total)(xs=xs)


@dg.graph(name="static_in_static__each_x_body", out={"inner_list": dg.GraphOut()})
def each_x_body(x):
    each_y = each_y_op.alias("each_y")()
    double = each_y.map(lambda y: double_op.alias("double")(x=x, plus=y))
    inner = inner_op.alias("inner")(xs=double.collect())
    return {"inner_list": inner}


each_x_job = each_x_body.to_job(name="static_in_static__each_x_job")


@dg.job
def static_in_static():
    each_x = each_x_op.alias("each_x")()
    each_x_item = each_x.map(lambda x: each_x_item_op.alias("each_x_item")(x=x))
    each_x_values = each_x_values_op.alias("each_x_values")(runs=each_x_item.collect())
    each_x_done_op.alias("each_x_done")(runs=each_x_item.collect())
    outer_op.alias("outer")(xs=each_x_values)


defs = dg.Definitions(jobs=[static_in_static, each_x_job])
