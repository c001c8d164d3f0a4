"""The pipeline dates_given as a Dagster job."""

# Made by pipeglot from pipeline "dates_given", digest d18e2be2400a.

import enum
import functools
import json
import os.path
import traceback
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

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


class DatesGivenParams(dg.ConfigurableResource):
    when: str = "2026-03-01T02:00:00Z"


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="dates_given__train")
def train_op():
    return json_io(train)(
        day="2026-01-02", variant={"name": "x", "depth": 5, "tags": []}
    )


@dg.op(name="dates_given__describe")
def describe_op(params: DatesGivenParams, model):
    return json_io(describe)(model=model, when=params.when)


@dg.job(resource_defs={"params": DatesGivenParams.configure_at_launch()})
def dates_given():
    train = train_op.alias("train")()
    describe_op.alias("describe")(model=train)


defs = dg.Definitions(jobs=[dates_given])
