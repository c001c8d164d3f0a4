"""The pipeline collect_of_a_merge_and_a_field as a Dagster job."""

# Made by pipeglot from pipeline "collect_of_a_merge_and_a_field", digest cd4cc8255d68.

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
from typing_extensions import TypedDict


class Part(TypedDict):
    name: str
    size: int


def parts(sizes: list[int]) -> list[Part]:
    return [{"name": f"part-{i}", "size": size} for i, size in enumerate(sizes)]


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


class CollectOfAMergeAndAFieldParams(dg.ConfigurableResource):
    n: int = 3


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
@dg.op(
    name="collect_of_a_merge_and_a_field__if_large",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_large_op(part):
    if part["size"] > 1:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="collect_of_a_merge_and_a_field__large", ins={"when": dg.In(dg.Nothing)})
def large_op(text):
    return json_io(say)(text=text["name"])


@dg.op(name="collect_of_a_merge_and_a_field__little", ins={"when": dg.In(dg.Nothing)})
def little_op():
    return json_io(say)(text="little")


@dg.op(name="collect_of_a_merge_and_a_field__chosen")
def chosen_op(values: list):
    return values[0]


@dg.op(name="collect_of_a_merge_and_a_field__parts")
def parts_op():
    return json_io(parts)(sizes=[1, 2])


@dg.op(name="collect_of_a_merge_and_a_field__each_part", out=dg.DynamicOut())
def each_part_op(parts):
    for index, item in enumerate(parts):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(
    name="collect_of_a_merge_and_a_field__each_part_item",
    required_resource_keys={"io_manager"},
)
def each_part_item_op(context: dg.OpExecutionContext, part):
    return run_item(context, each_part_job, {"part": part})


@dg.op(
    name="collect_of_a_merge_and_a_field__each_part_values",
    out={"chosen_list": dg.Out(is_required=False)},
)
def each_part_values_op(runs: list):
    yield from gathered(runs, "chosen_list")


@dg.op(name="collect_of_a_merge_and_a_field__each_part_done", out=dg.Out(dg.Nothing))
def each_part_done_op(runs: list):
    all_succeeded(runs)


@dg.op(name="collect_of_a_merge_and_a_field__join")
def join_op(texts):
    return json_io(join)(texts=texts)


@dg.graph(
    name="collect_of_a_merge_and_a_field__each_part_body",
    out={"chosen_list": dg.GraphOut()},
)
def each_part_body(part):
    if_large = if_large_op.alias("if_large")(part=part)
    large = large_op.alias("large")(text=part, when=if_large.then)
    little = little_op.alias("little")(when=if_large.otherwise)
    chosen = chosen_op.alias("chosen")(values=[large, little])
    return {"chosen_list": chosen}


each_part_job = each_part_body.to_job(
    name="collect_of_a_merge_and_a_field__each_part_job",
    resource_defs={"params": CollectOfAMergeAndAFieldParams.configure_at_launch()},
)


@dg.job(resource_defs={"params": CollectOfAMergeAndAFieldParams.configure_at_launch()})
def collect_of_a_merge_and_a_field():
    parts = parts_op.alias("parts")()
    each_part = each_part_op.alias("each_part")(parts=parts)
    each_part_item = each_part.map(
        lambda part: each_part_item_op.alias("each_part_item")(part=part)
    )
    each_part_values = each_part_values_op.alias("each_part_values")(
        runs=each_part_item.collect()
    )
    each_part_done_op.alias("each_part_done")(runs=each_part_item.collect())
    join_op.alias("join")(texts=each_part_values)


defs = dg.Definitions(jobs=[collect_of_a_merge_and_a_field, each_part_job])
