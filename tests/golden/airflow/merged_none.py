"""The pipeline merged_none."""

# Made by pipeglot from pipeline "merged_none", digest eb8f10fc44cb.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
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


def maybe(text: str) -> None:
    return None


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


with DAG(dag_id="merged_none", schedule=None, catchup=False) as dag:

    @task(task_id="score")
    def score_task():
        return json_io(score)(auc=0.9)

    @task.branch(task_id="if_maybe")
    def if_maybe_task(score_out):
        if score_out["good"]:
            return "maybe"
        return "other"

    @task(task_id="maybe")
    def maybe_task():
        return json_io(maybe)(text="x")

    @task(task_id="other")
    def other_task():
        return json_io(maybe)(text="y")

    @task(task_id="value", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def value_task(maybe_out, other):
        return next((v for v in [maybe_out, other] if v is not None), None)

    @task(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    def end_task():
        return json_io(say)(text="end")

    score_out = score_task()
    if_maybe = if_maybe_task(score_out)
    maybe_out = maybe_task()
    other = other_task()
    value = value_task(maybe_out, other)
    end = end_task()
    if_maybe >> [maybe_out, other]
    value >> end


if __name__ == "__main__":
    dag.test()
