"""The pipeline typed_values as a Dagster job."""

# Made by pipeglot from pipeline "typed_values", digest 7352e48c3a7b.

import enum
import functools
import json
import os.path
import traceback
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import dagster as dg
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_jsonable_python


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Variant:
    name: str
    depth: int = 3
    tags: list[str] = field(default_factory=list)


class Model(BaseModel):
    uri: str
    made: date
    variant: Variant


SUFFIX = "-v1"


def helper(text: str) -> str:
    return os.path.join("models", text + SUFFIX)


def train(day: date, variant: Variant, colour: Colour = Colour.RED) -> Model:
    return Model(uri=helper(variant.name), made=day, variant=variant)


def describe(model: Model, when: datetime | None = None) -> str:
    return f"{model.uri} of {model.made} depth {model.variant.depth} {when.isoformat() if when else '-'}"


def split(model: Model) -> tuple[str, int]:
    return model.uri, model.variant.depth


def echo(value: Any) -> Any:
    return value


def length(text: str) -> int:
    return len(text)


class TypedValuesParams(dg.ConfigurableResource):
    day: str = "2026-01-02"
    colour: Literal["red", "blue"] = "blue"


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="typed_values__train")
def train_op(params: TypedValuesParams):
    return json_io(train)(
        day=params.day,
        variant={"name": "small", "depth": 3, "tags": ["a"]},
        colour=params.colour,
    )


@dg.op(name="typed_values__split")
def split_op(model):
    return json_io(split)(model=model)


@dg.op(name="typed_values__echo")
def echo_op(split, train):
    return json_io(echo)(
        value={
            "uri": split[0],
            "list": [split[1], train["variant"]["name"], None],
            "const": {"k": [1, 2.5, True]},
        },
    )


@dg.op(name="typed_values__length")
def length_op(split):
    return json_io(length)(text=f"{split[0]}:{split[1]}")


@dg.op(name="typed_values__describe")
def describe_op(model):
    return json_io(describe)(model=model)


@dg.job(resource_defs={"params": TypedValuesParams.configure_at_launch()})
def typed_values():
    train = train_op.alias("train")()
    split = split_op.alias("split")(model=train)
    echo_op.alias("echo")(split=split, train=train)
    length_op.alias("length")(split=split)
    describe_op.alias("describe")(model=train)


defs = dg.Definitions(jobs=[typed_values])
