"""The pipeline runtime_in_runtime as a Dagster job."""

# Made by pipeglot from pipeline "runtime_in_runtime", digest 180506041db3.

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


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


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
@dg.op(name="runtime_in_runtime__inner_numbers")
def inner_numbers_op(n):
    return json_io(numbers)(n=n)


@dg.op(name="runtime_in_runtime__each_y", out=dg.DynamicOut())
def each_y_op(inner_numbers):
    for index, item in enumerate(inner_numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="runtime_in_runtime__double")
def double_op(x, plus):
    return json_io(double)(x=x, plus=plus)


@dg.op(name="runtime_in_runtime__twice")
def twice_op(x):
    return json_io(double)(x=x)


@dg.op(name="runtime_in_runtime__numbers")
def numbers_op():
    return json_io(numbers)(n=3)


@dg.op(name="runtime_in_runtime__each_n", out=dg.DynamicOut())
def each_n_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="runtime_in_runtime__each_n_item", required_resource_keys={"io_manager"})
def each_n_item_op(context: dg.OpExecutionContext, n):
    return run_item(context, each_n_job, {"n": n})


@dg.op(name="runtime_in_runtime__each_n_done", out=dg.Out(dg.Nothing))
def each_n_done_op(runs: list):
    all_succeeded(runs)


@dg.graph(name="runtime_in_runtime__each_n_body")
def each_n_body(n):
    inner_numbers = inner_numbers_op.alias("inner_numbers")(n=n)
    each_y = each_y_op.alias("each_y")(inner_numbers=inner_numbers)

    def one_y(y):
        double = double_op.alias("double")(x=y, plus=n)
        twice = twice_op.alias("twice")(x=double)
        return twice

    each_y.map(one_y)


each_n_job = each_n_body.to_job(name="runtime_in_runtime__each_n_job")


@dg.job
def runtime_in_runtime():
    numbers = numbers_op.alias("numbers")()
    each_n = each_n_op.alias("each_n")(numbers=numbers)
    each_n_item = each_n.map(lambda n: each_n_item_op.alias("each_n_item")(n=n))
    each_n_done_op.alias("each_n_done")(runs=each_n_item.collect())


defs = dg.Definitions(jobs=[runtime_in_runtime, each_n_job])
