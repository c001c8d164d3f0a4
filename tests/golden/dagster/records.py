"""The pipeline records as a Dagster job."""

# Made by pipeglot from pipeline "records", digest 999b1e2e722b.

import functools
import json
import traceback
import typing
from collections.abc import Callable
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


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


def name_of(part: Part) -> str:
    return part["name"]


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


class RecordsParams(dg.ConfigurableResource):
    sizes: list[int] = [3, 0]


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="records__parts")
def parts_op(params: RecordsParams):
    return json_io(parts)(sizes=params.sizes)


@dg.op(name="records__each_part", out=dg.DynamicOut())
def each_part_op(parts):
    for index, item in enumerate(parts):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="records__name_of")
def name_of_op(part):
    return json_io(name_of)(part=part)


@dg.op(name="records__double")
def double_op(x):
    return json_io(double)(x=x["size"])


@dg.op(name="records__join")
def join_op(texts):
    return json_io(join)(texts=texts)


@dg.op(name="records__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="records__say")
def say_op(join, total):
    return json_io(say)(text=f"{join} {total}")


@dg.job(resource_defs={"params": RecordsParams.configure_at_launch()})
def records():
    parts = parts_op.alias("parts")()
    each_part = each_part_op.alias("each_part")(parts=parts)

    def one_part(part):
        name_of = name_of_op.alias("name_of")(part=part)
        double = double_op.alias("double")(x=part)
        return name_of, double

    name_of, double = each_part.map(one_part)
    join = join_op.alias("join")(texts=name_of.collect())
    total = total_op.alias("total")(xs=double.collect())
    say_op.alias("say")(join=join, total=total)


defs = dg.Definitions(jobs=[records])
