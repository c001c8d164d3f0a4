"""The pipeline wide as a Dagster job."""

# Made by pipeglot from pipeline "wide", digest af1fd9b2ed5d.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="wide__part_0")
def part_0_op():
    return json_io(one)(n=0)


@dg.op(name="wide__part_1")
def part_1_op():
    return json_io(one)(n=1)


@dg.op(name="wide__part_2")
def part_2_op():
    return json_io(one)(n=2)


@dg.op(name="wide__part_3")
def part_3_op():
    return json_io(one)(n=3)


@dg.op(name="wide__part_4")
def part_4_op():
    return json_io(one)(n=4)


@dg.op(name="wide__part_5")
def part_5_op():
    return json_io(one)(n=5)


@dg.op(name="wide__part_6")
def part_6_op():
    return json_io(one)(n=6)


@dg.op(name="wide__part_7")
def part_7_op():
    return json_io(one)(n=7)


@dg.op(name="wide__part_8")
def part_8_op():
    return json_io(one)(n=8)


@dg.op(name="wide__part_9")
def part_9_op():
    return json_io(one)(n=9)


@dg.op(name="wide__part_10")
def part_10_op():
    return json_io(one)(n=10)


@dg.op(name="wide__part_11")
def part_11_op():
    return json_io(one)(n=11)


@dg.op(name="wide__part_12")
def part_12_op():
    return json_io(one)(n=12)


@dg.op(name="wide__part_13")
def part_13_op():
    return json_io(one)(n=13)


@dg.op(name="wide__part_14")
def part_14_op():
    return json_io(one)(n=14)


@dg.op(name="wide__part_15")
def part_15_op():
    return json_io(one)(n=15)


@dg.op(name="wide__part_16")
def part_16_op():
    return json_io(one)(n=16)


@dg.op(name="wide__part_17")
def part_17_op():
    return json_io(one)(n=17)


@dg.op(name="wide__part_18")
def part_18_op():
    return json_io(one)(n=18)


@dg.op(name="wide__part_19")
def part_19_op():
    return json_io(one)(n=19)


@dg.op(name="wide__total")
def total_op(
    part_0,
    part_1,
    part_2,
    part_3,
    part_4,
    part_5,
    part_6,
    part_7,
    part_8,
    part_9,
    part_10,
    part_11,
    part_12,
    part_13,
    part_14,
    part_15,
    part_16,
    part_17,
    part_18,
    part_19,
):
    return json_io(total)(
        xs=[
            part_0,
            part_1,
            part_2,
            part_3,
            part_4,
            part_5,
            part_6,
            part_7,
            part_8,
            part_9,
            part_10,
            part_11,
            part_12,
            part_13,
            part_14,
            part_15,
            part_16,
            part_17,
            part_18,
            part_19,
        ],
    )


@dg.job
def wide():
    part_0 = part_0_op.alias("part_0")()
    part_1 = part_1_op.alias("part_1")()
    part_2 = part_2_op.alias("part_2")()
    part_3 = part_3_op.alias("part_3")()
    part_4 = part_4_op.alias("part_4")()
    part_5 = part_5_op.alias("part_5")()
    part_6 = part_6_op.alias("part_6")()
    part_7 = part_7_op.alias("part_7")()
    part_8 = part_8_op.alias("part_8")()
    part_9 = part_9_op.alias("part_9")()
    part_10 = part_10_op.alias("part_10")()
    part_11 = part_11_op.alias("part_11")()
    part_12 = part_12_op.alias("part_12")()
    part_13 = part_13_op.alias("part_13")()
    part_14 = part_14_op.alias("part_14")()
    part_15 = part_15_op.alias("part_15")()
    part_16 = part_16_op.alias("part_16")()
    part_17 = part_17_op.alias("part_17")()
    part_18 = part_18_op.alias("part_18")()
    part_19 = part_19_op.alias("part_19")()
    total_op.alias("total")(
        part_0=part_0,
        part_1=part_1,
        part_2=part_2,
        part_3=part_3,
        part_4=part_4,
        part_5=part_5,
        part_6=part_6,
        part_7=part_7,
        part_8=part_8,
        part_9=part_9,
        part_10=part_10,
        part_11=part_11,
        part_12=part_12,
        part_13=part_13,
        part_14=part_14,
        part_15=part_15,
        part_16=part_16,
        part_17=part_17,
        part_18=part_18,
        part_19=part_19,
    )


defs = dg.Definitions(jobs=[wide])
