"""The pipeline branch_in_loop as a Dagster job."""

# Made by pipeglot from pipeline "branch_in_loop", digest 226da6ee4c79.

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


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


class BranchInLoopParams(dg.ConfigurableResource):
    n: int = 4


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
@dg.op(name="branch_in_loop__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(
    name="branch_in_loop__if_big",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "elif_1": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_big_op(double):
    if double > 3:
        yield dg.Output(None, "then")
    elif double == 0:
        yield dg.Output(None, "elif_1")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="branch_in_loop__big", ins={"when": dg.In(dg.Nothing)})
def big_op(double):
    return json_io(say)(text=f"big {double}")


@dg.op(name="branch_in_loop__zero", ins={"when": dg.In(dg.Nothing)})
def zero_op():
    return json_io(say)(text="zero")


@dg.op(name="branch_in_loop__small", ins={"when": dg.In(dg.Nothing)})
def small_op(x):
    return json_io(say)(text=f"small {x}")


@dg.op(name="branch_in_loop__word")
def word_op(values: list):
    return values[0]


@dg.op(name="branch_in_loop__loud")
def loud_op(word):
    return json_io(say)(text=f"{word}!")


@dg.op(name="branch_in_loop__numbers")
def numbers_op(params: BranchInLoopParams):
    return json_io(numbers)(n=params.n)


@dg.op(name="branch_in_loop__each_x", out=dg.DynamicOut())
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="branch_in_loop__each_x_item", required_resource_keys={"io_manager"})
def each_x_item_op(context: dg.OpExecutionContext, x):
    return run_item(context, each_x_job, {"x": x})


@dg.op(
    name="branch_in_loop__each_x_values", out={"loud_list": dg.Out(is_required=False)}
)
def each_x_values_op(runs: list):
    yield from gathered(runs, "loud_list")


@dg.op(name="branch_in_loop__each_x_done", out=dg.Out(dg.Nothing))
def each_x_done_op(runs: list):
    all_succeeded(runs)


@dg.op(name="branch_in_loop__join")
def join_op(texts):
    return json_io(join)(texts=texts)


@dg.graph(name="branch_in_loop__each_x_body", out={"loud_list": dg.GraphOut()})
def each_x_body(x):
    double = double_op.alias("double")(x=x)
    if_big = if_big_op.alias("if_big")(double=double)
    big = big_op.alias("big")(double=double, when=if_big.then)
    zero = zero_op.alias("zero")(when=if_big.elif_1)
    small = small_op.alias("small")(x=x, when=if_big.otherwise)
    word = word_op.alias("word")(values=[big, zero, small])
    loud = loud_op.alias("loud")(word=word)
    return {"loud_list": loud}


each_x_job = each_x_body.to_job(
    name="branch_in_loop__each_x_job",
    resource_defs={"params": BranchInLoopParams.configure_at_launch()},
)


@dg.job(resource_defs={"params": BranchInLoopParams.configure_at_launch()})
def branch_in_loop():
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers)
    each_x_item = each_x.map(lambda x: each_x_item_op.alias("each_x_item")(x=x))
    each_x_values = each_x_values_op.alias("each_x_values")(runs=each_x_item.collect())
    each_x_done_op.alias("each_x_done")(runs=each_x_item.collect())
    join_op.alias("join")(texts=each_x_values)


defs = dg.Definitions(jobs=[branch_in_loop, each_x_job])
