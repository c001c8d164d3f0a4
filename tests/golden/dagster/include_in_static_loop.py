"""The pipeline include_in_static_loop as a Dagster job."""

# Made by pipeglot from pipeline "include_in_static_loop", digest 38bcdd72ad07.

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


def total(xs: list[int]) -> int:
    return sum(xs)


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


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
@dg.op(name="include_in_static_loop__inner_numbers")
def inner_numbers_op(n):
    return json_io(numbers)(n=n)


@dg.op(name="include_in_static_loop__inner_each_x", out=dg.DynamicOut())
def inner_each_x_op(inner_numbers):
    for index, item in enumerate(inner_numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="include_in_static_loop__inner_double")
def inner_double_op(x):
    return json_io(double)(x=x)


@dg.op(name="include_in_static_loop__inner_total")
def inner_total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="include_in_static_loop__each_n", out=dg.DynamicOut())
def each_n_op():
    for index, item in enumerate([2, 3]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(
    name="include_in_static_loop__each_n_item", required_resource_keys={"io_manager"}
)
def each_n_item_op(context: dg.OpExecutionContext, n):
    return run_item(context, each_n_job, {"n": n})


@dg.op(
    name="include_in_static_loop__each_n_values",
    out={"inner_list": dg.Out(is_required=False)},
)
def each_n_values_op(runs: list):
    yield from gathered(runs, "inner_list")


@dg.op(name="include_in_static_loop__each_n_done", out=dg.Out(dg.Nothing))
def each_n_done_op(runs: list):
    all_succeeded(runs)


@dg.op(name="include_in_static_loop__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.graph(name="include_in_static_loop__each_n_body", out={"inner_list": dg.GraphOut()})
def each_n_body(n):
    inner_numbers = inner_numbers_op.alias("inner_numbers")(n=n)
    inner_each_x = inner_each_x_op.alias("inner_each_x")(inner_numbers=inner_numbers)

    def one_inner_each_x_item(inner_each_x_item):
        inner_double = inner_double_op.alias("inner_double")(x=inner_each_x_item)
        return inner_double

    inner_double = inner_each_x.map(one_inner_each_x_item)
    inner_total = inner_total_op.alias("inner_total")(xs=inner_double.collect())
    return {"inner_list": inner_total}


each_n_job = each_n_body.to_job(name="include_in_static_loop__each_n_job")


@dg.job
def include_in_static_loop():
    each_n = each_n_op.alias("each_n")()
    each_n_item = each_n.map(lambda n: each_n_item_op.alias("each_n_item")(n=n))
    each_n_values = each_n_values_op.alias("each_n_values")(runs=each_n_item.collect())
    each_n_done_op.alias("each_n_done")(runs=each_n_item.collect())
    total_op.alias("total")(xs=each_n_values)


defs = dg.Definitions(jobs=[include_in_static_loop, each_n_job])
