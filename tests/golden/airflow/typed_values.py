"""The pipeline typed_values."""

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
from typing import Any

from airflow.sdk import DAG, Param, task
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


# golden: shared/json_io.py


# golden: shared/kept.py


with DAG(
    dag_id="typed_values",
    schedule=None,
    catchup=False,
    params={
        "day": Param("2026-01-02", type="string", format="date"),
        "colour": Param("blue", type="string", enum=["red", "blue"]),
    },
) as dag:

    @task(task_id="train")
    def train_task(params=None):
        return json_io(train)(
            day=params["day"],
            variant={"name": "small", "depth": 3, "tags": ["a"]},
            colour=params["colour"],
        )

    @task(task_id="split")
    def split_task(train_out):
        return json_io(split)(model=train_out)

    @task(task_id="echo")
    def echo_task(split_out, train_out):
        return kept(
            json_io(echo)(
                value={
                    "uri": split_out[0],
                    "list": [split_out[1], train_out["variant"]["name"], None],
                    "const": {"k": [1, 2.5, True]},
                },
            ),
        )

    @task(task_id="length")
    def length_task(split_out):
        return json_io(length)(text=f"{split_out[0]}:{split_out[1]}")

    @task(task_id="describe")
    def describe_task(train_out):
        return json_io(describe)(model=train_out)

    train_out = train_task()
    split_out = split_task(train_out)
    echo_task(split_out, train_out)
    length_task(split_out)
    describe_task(train_out)


if __name__ == "__main__":
    dag.test()
