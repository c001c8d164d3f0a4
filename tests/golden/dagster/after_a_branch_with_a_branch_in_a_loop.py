"""The pipeline after_a_branch_with_a_branch_in_a_loop as a Dagster job."""

# Made by pipeglot from pipeline "after_a_branch_with_a_branch_in_a_loop", digest 99a51ebe9279.

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
@dg.op(
    name="after_a_branch_with_a_branch_in_a_loop__if_one_2",
    out={"then": dg.Out(dg.Nothing, is_required=False), "decided": dg.Out(dg.Nothing)},
)
def if_one_2_op(x):
    if x < 3:
        yield dg.Output(None, "then")
    yield dg.Output(None, "decided")


@dg.op(
    name="after_a_branch_with_a_branch_in_a_loop__if_one",
    ins={"when": dg.In(dg.Nothing)},
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
        "decided": dg.Out(dg.Nothing),
    },
)
def if_one_op(x):
    if x == 1:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")
    yield dg.Output(None, "decided")


@dg.op(
    name="after_a_branch_with_a_branch_in_a_loop__one", ins={"when": dg.In(dg.Nothing)}
)
def one_op():
    return json_io(say)(text="one")


@dg.op(
    name="after_a_branch_with_a_branch_in_a_loop__not_one",
    ins={"when": dg.In(dg.Nothing)},
)
def not_one_op():
    return json_io(say)(text="not one")


@dg.op(
    name="after_a_branch_with_a_branch_in_a_loop__after",
    ins={"after_if_one_2": dg.In(dg.Nothing)},
)
def after_op(x):
    return json_io(say)(text=f"after {x}")


@dg.op(name="after_a_branch_with_a_branch_in_a_loop__numbers")
def numbers_op():
    return json_io(numbers)(n=4)


@dg.op(name="after_a_branch_with_a_branch_in_a_loop__each_x", out=dg.DynamicOut())
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(
    name="after_a_branch_with_a_branch_in_a_loop__each_x_item",
    required_resource_keys={"io_manager"},
)
def each_x_item_op(context: dg.OpExecutionContext, x):
    return run_item(context, each_x_job, {"x": x})


@dg.op(
    name="after_a_branch_with_a_branch_in_a_loop__each_x_done", out=dg.Out(dg.Nothing)
)
def each_x_done_op(runs: list):
    all_succeeded(runs)


@dg.graph(name="after_a_branch_with_a_branch_in_a_loop__each_x_body")
def each_x_body(x):
    if_one_2 = if_one_2_op.alias("if_one_2")(x=x)
    if_one = if_one_op.alias("if_one")(x=x, when=if_one_2.then)
    one = one_op.alias("one")(when=if_one.then)
    not_one = not_one_op.alias("not_one")(when=if_one.otherwise)
    after_op.alias("after")(x=x, after_if_one_2=[if_one_2.decided, one, not_one])


each_x_job = each_x_body.to_job(
    name="after_a_branch_with_a_branch_in_a_loop__each_x_job"
)


@dg.job
def after_a_branch_with_a_branch_in_a_loop():
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers)
    each_x_item = each_x.map(lambda x: each_x_item_op.alias("each_x_item")(x=x))
    each_x_done_op.alias("each_x_done")(runs=each_x_item.collect())


defs = dg.Definitions(jobs=[after_a_branch_with_a_branch_in_a_loop, each_x_job])
