"""The pipeline chain as a Dagster job."""

# Made by pipeglot from pipeline "chain", digest f99d95fd59ee.

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


def add(a: int, b: int = 10) -> int:
    return a + b


class ChainParams(dg.ConfigurableResource):
    start: int = 1


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="chain__one")
def one_op(params: ChainParams):
    return json_io(one)(n=params.start)


@dg.op(name="chain__add")
def add_op(a):
    return json_io(add)(a=a, b=2)


@dg.op(name="chain__last")
def last_op(a):
    return json_io(add)(a=a)


@dg.job(resource_defs={"params": ChainParams.configure_at_launch()})
def chain():
    one = one_op.alias("one")()
    add = add_op.alias("add")(a=one)
    last_op.alias("last")(a=add)


defs = dg.Definitions(jobs=[chain])
