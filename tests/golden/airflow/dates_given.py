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


def json_io(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let `fn` take and give plain JSON, built and checked by its annotations."""

    def exact(digits: str) -> int:
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    @functools.wraps(fn)
    def call(**given: Any) -> Any:
        try:
            hints = typing.get_type_hints(fn, include_extras=True)
            types = {name: TypeAdapter(hint) for name, hint in hints.items()}
            built = {}
            for name, value in given.items():
                adapter = types.get(name, TypeAdapter(Any))
                built[name] = adapter.validate_json(json.dumps(value), strict=True)
            adapter = types.get("return", TypeAdapter(Any))
            result = adapter.validate_python(fn(**built), strict=True)
            plain = to_jsonable_python(result, inf_nan_mode="constants")
            text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # no engine could keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call


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
