"""The pipeline branch_without_merge_in_loop as a Dagster job."""

# Made by pipeglot from pipeline "branch_without_merge_in_loop", digest 2c5d026a960f.

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
@dg.op(name="branch_without_merge_in_loop__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(
    name="branch_without_merge_in_loop__if_only_two",
    out={"then": dg.Out(dg.Nothing, is_required=False)},
)
def if_only_two_op(double):
    if double == 2:
        yield dg.Output(None, "then")


@dg.op(name="branch_without_merge_in_loop__only_two", ins={"when": dg.In(dg.Nothing)})
def only_two_op(x):
    return json_io(fails_on)(x=x, bad=2)


@dg.op(name="branch_without_merge_in_loop__anyway")
def anyway_op(x):
    return json_io(double)(x=x)


@dg.op(name="branch_without_merge_in_loop__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([0, 1, 2]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(
    name="branch_without_merge_in_loop__each_x_item",
    required_resource_keys={"io_manager"},
)
def each_x_item_op(context: dg.OpExecutionContext, x):
    return run_item(context, each_x_job, {"x": x})


@dg.op(
    name="branch_without_merge_in_loop__each_x_values",
    out={"anyway_list": dg.Out(is_required=False)},
)
def each_x_values_op(runs: list):
    yield from gathered(runs, "anyway_list")


@dg.op(name="branch_without_merge_in_loop__each_x_done", out=dg.Out(dg.Nothing))
def each_x_done_op(runs: list):
    all_succeeded(runs)


@dg.op(name="branch_without_merge_in_loop__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.graph(
    name="branch_without_merge_in_loop__each_x_body", out={"anyway_list": dg.GraphOut()}
)
def each_x_body(x):
    double = double_op.alias("double")(x=x)
    if_only_two = if_only_two_op.alias("if_only_two")(double=double)
    only_two_op.alias("only_two")(x=double, when=if_only_two)
    anyway = anyway_op.alias("anyway")(x=x)
    return {"anyway_list": anyway}


each_x_job = each_x_body.to_job(name="branch_without_merge_in_loop__each_x_job")


@dg.job
def branch_without_merge_in_loop():
    each_x = each_x_op.alias("each_x")()
    each_x_item = each_x.map(lambda x: each_x_item_op.alias("each_x_item")(x=x))
    each_x_values = each_x_values_op.alias("each_x_values")(runs=each_x_item.collect())
    each_x_done_op.alias("each_x_done")(runs=each_x_item.collect())
    total_op.alias("total")(xs=each_x_values)


defs = dg.Definitions(jobs=[branch_without_merge_in_loop, each_x_job])
