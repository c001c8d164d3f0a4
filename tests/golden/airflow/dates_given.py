"""The pipeline dates_given."""

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


# golden: shared/json_io.py


with DAG(
    dag_id="dates_given",
    schedule=None,
    catchup=False,
    params={"when": Param("2026-03-01T02:00:00Z", type="string", format="date-time")},
) as dag:

    @task(task_id="train")
    def train_task():
        return json_io(train)(
            day="2026-01-02",
            variant={"name": "x", "depth": 5, "tags": []},
        )

    @task(task_id="describe")
    def describe_task(train_out, params=None):
        return json_io(describe)(model=train_out, when=params["when"])

    train_out = train_task()
    describe_task(train_out)


if __name__ == "__main__":
    dag.test()
