"""The pipeline if_without_else."""

# Made by pipeglot from pipeline "if_without_else", digest 66e912bae003.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Score(TypedDict):
    auc: float
    good: bool
    name: str


def score(auc: float, name: str = "m") -> Score:
    return {"auc": auc, "good": auc >= 0.5, "name": name}


def say(text: str) -> str:
    return text


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
    dag_id="if_without_else",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_say")
    def if_say_task(score_out):
        if score_out["auc"] > 0.6:
            return "say"
        return []

    @task(task_id="say")
    def say_task():
        return json_io(say)(text="yes")

    @task(task_id="always")
    def always_task():
        return json_io(say)(text="done")

    score_out = score_task()
    if_say = if_say_task(score_out)
    say_out = say_task()
    always = always_task()
    if_say >> say_out
    score_out >> always


if __name__ == "__main__":
    dag.test()
