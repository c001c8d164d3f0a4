"""The pipeline typed_values as a Prefect flow."""

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

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import BaseModel, StrictStr, TypeAdapter
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


# golden: shared/json_io.py


# golden: shared/unfinished.py


split_task = task(json_io(split), name="split")


@task(name="train")
def train_task(day, colour):
    return json_io(train)(
        day=day,
        variant={"name": "small", "depth": 3, "tags": ["a"]},
        colour=colour,
    )


@task(name="echo")
def echo_task(split_2, train_2):
    return json_io(echo)(
        value={
            "uri": split_2[0],
            "list": [split_2[1], train_2["variant"]["name"], None],
            "const": {"k": [1, 2.5, True]},
        },
    )


@task(name="length")
def length_task(split_2):
    return json_io(length)(text=f"{split_2[0]}:{split_2[1]}")


@task(name="describe")
def describe_task(model):
    return json_io(describe)(model=model)


@flow(name="typed_values")
def typed_values(
    day: StrictStr = "2026-01-02",
    colour: Literal["red", "blue"] = "blue",
):
    train = train_task.submit(day, colour)
    split = split_task.submit(train)
    echo = echo_task.submit(split, train)
    length = length_task.submit(split)
    describe = describe_task.submit(train)
    runs = [train, split, echo, length, describe]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return describe.result()


if __name__ == "__main__":
    typed_values()
