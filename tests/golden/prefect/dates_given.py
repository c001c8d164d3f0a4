"""The pipeline dates_given as a Prefect flow."""

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


# golden: shared/json_io.py


# golden: shared/unfinished.py


describe_task = task(json_io(describe), name="describe")


@task(name="train")
def train_task():
    return json_io(train)(
        day="2026-01-02",
        variant={"name": "x", "depth": 5, "tags": []},
    )


@flow(name="dates_given")
def dates_given(when: StrictStr = "2026-03-01T02:00:00Z"):
    train = train_task.submit()
    describe = describe_task.submit(train, when)
    runs = [train, describe]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return describe.result()


if __name__ == "__main__":
    dates_given()
