"""The pipeline empty_loop_in_an_arm as a Dagster job."""

# Made by pipeglot from pipeline "empty_loop_in_an_arm", digest 46ecc8a0fa41.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


class EmptyLoopInAnArmParams(dg.ConfigurableResource):
    go: bool = True


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(
    name="empty_loop_in_an_arm__if_never",
    out={"then": dg.Out(dg.Nothing, is_required=False), "decided": dg.Out(dg.Nothing)},
)
def if_never_op(params: EmptyLoopInAnArmParams):
    if params.go:
        yield dg.Output(None, "then")
    yield dg.Output(None, "decided")


@dg.op(
    name="empty_loop_in_an_arm__each_n",
    ins={"when": dg.In(dg.Nothing)},
    out=dg.DynamicOut(),
)
def each_n_op():
    yield from ()


@dg.op(name="empty_loop_in_an_arm__never")
def never_op(x):
    return json_io(double)(x=x)


@dg.op(
    name="empty_loop_in_an_arm__each_n_done",
    ins={"after_never": dg.In(dg.Nothing)},
    out=dg.Out(dg.Nothing),
)
def each_n_done_op():
    pass


@dg.op(name="empty_loop_in_an_arm__last", ins={"after_if_never": dg.In(dg.Nothing)})
def last_op():
    return json_io(double)(x=2)


@dg.job(resource_defs={"params": EmptyLoopInAnArmParams.configure_at_launch()})
def empty_loop_in_an_arm():
    if_never = if_never_op.alias("if_never")()
    each_n = each_n_op.alias("each_n")(when=if_never.then)
    never = each_n.map(lambda n: never_op.alias("never")(x=n))
    each_n_done = each_n_done_op.alias("each_n_done")(after_never=never.collect())
    last_op.alias("last")(after_if_never=[if_never.decided, each_n_done])


defs = dg.Definitions(jobs=[empty_loop_in_an_arm])
