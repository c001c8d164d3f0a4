"""The pipeline failure_in_a_nested_loop as a Dagster job."""

# Made by pipeglot from pipeline "failure_in_a_nested_loop", digest d9359e9ba9e0.

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


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


def main_run(context):
    """The id of the run of the pipeline: loops and the final call have runs of their own."""
    return context.run.tags.get("pipeline/main_run", context.run_id)


# golden: shared/run_item.py


def all_succeeded(runs):
    """Fail when the run of an item failed."""
    failed = [run["run"] for run in runs if not run["success"]]
    if failed:
        raise dg.Failure(f"runs of items that failed: {', '.join(failed)}")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="failure_in_a_nested_loop__each_y", out=dg.DynamicOut())
def each_y_op():
    for index, item in enumerate([0, 1, 2]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="failure_in_a_nested_loop__fails_on")
def fails_on_op(x, bad):
    return json_io(fails_on)(x=x, bad=bad)


@dg.op(name="failure_in_a_nested_loop__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="failure_in_a_nested_loop__beside")
def beside_op(x):
    return json_io(say)(text=f"{x}")


@dg.op(name="failure_in_a_nested_loop__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([0, 1]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(
    name="failure_in_a_nested_loop__each_x_item", required_resource_keys={"io_manager"}
)
def each_x_item_op(context: dg.OpExecutionContext, x):
    return run_item(context, each_x_job, {"x": x})


@dg.op(name="failure_in_a_nested_loop__each_x_done", out=dg.Out(dg.Nothing))
def each_x_done_op(runs: list):
    all_succeeded(runs)


@dg.graph(name="failure_in_a_nested_loop__each_x_body")
def each_x_body(x):
    each_y = each_y_op.alias("each_y")()

    def one_y(y):
        fails_on = fails_on_op.alias("fails_on")(x=y, bad=x)
        double = double_op.alias("double")(x=fails_on)
        return double

    each_y.map(one_y)
    beside_op.alias("beside")(x=x)


each_x_job = each_x_body.to_job(name="failure_in_a_nested_loop__each_x_job")


@dg.job
def failure_in_a_nested_loop():
    each_x = each_x_op.alias("each_x")()
    each_x_item = each_x.map(lambda x: each_x_item_op.alias("each_x_item")(x=x))
    each_x_done_op.alias("each_x_done")(runs=each_x_item.collect())


defs = dg.Definitions(jobs=[failure_in_a_nested_loop, each_x_job])
