"""The pipeline names_ds_o_brien_q_n as a Dagster job."""

# Made by pipeglot from pipeline 'names: {{ ds }} o\'brien "q" \\ ünï', digest 7769a76debd6.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="names_____ds____o_brien__q_____n___class_2")
def class_2_op():
    return json_io(echo)(value=1)


@dg.op(name="names_____ds____o_brien__q_____n___Class")
def class_op(value):
    return json_io(echo)(value=value)


@dg.op(name="names_____ds____o_brien__q_____n___with_space")
def with_space_op(value):
    return json_io(echo)(value=value)


@dg.op(name="names_____ds____o_brien__q_____n___with_space_2")
def with_space_2_op(value):
    return json_io(echo)(value=value)


@dg.op(name="names_____ds____o_brien__q_____n___with_space_3")
def with_space_3_op(value):
    return json_io(echo)(value=value)


@dg.op(name="names_____ds____o_brien__q_____n______ds____x_")
def ds_x_op(value):
    return json_io(echo)(value=value)


@dg.op(name="names_____ds____o_brien__q_____n___gr__e___")
def gr_e_op(value):
    return json_io(echo)(value=value)


@dg.op(
    name="names_____ds____o_brien__q_____n___xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
)
def xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_op(value):
    return json_io(echo)(value=value)


@dg.job(
    name="names_____ds____o_brien__q_____n_",
    description='ends in a quote"',
    metadata={
        "owner": "o'neil \\",
        "tags": ['say "t" %s', "a'b"],
        "pipeline": 'names: {{ ds }} o\'brien "q" \\ ünï',
    },
)
def names_ds_o_brien_q_n():
    class_2 = class_2_op.alias("class_2")()
    class_3 = class_op.alias("Class")(value=class_2)
    with_space = with_space_op.alias("with_space")(value=class_3)
    with_space_2 = with_space_2_op.alias("with_space_2")(value=with_space)
    with_space_3 = with_space_3_op.alias("with_space_3")(value=with_space_2)
    ds_x = ds_x_op.alias("___ds____x_")(value=with_space_3)
    gr_e = gr_e_op.alias("gr__e___")(value=ds_x)
    node = xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_op.alias(
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    )
    node(value=gr_e)


defs = dg.Definitions(jobs=[names_ds_o_brien_q_n])
