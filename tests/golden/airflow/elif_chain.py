"""The pipeline elif_chain."""

# Made by pipeglot from pipeline "elif_chain", digest 1cf2ce603436.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
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
    dag_id="elif_chain",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_great")
    def if_great_task(score_out):
        if score_out["auc"] > 0.9:
            return "great"
        if score_out["auc"] > 0.6:
            return "fine"
        if score_out["auc"] > 0.3:
            return "poor"
        return "bad"

    @task(task_id="great")
    def great_task():
        return json_io(say)(text="great")

    @task(task_id="fine")
    def fine_task():
        return json_io(say)(text="fine")

    @task(task_id="poor")
    def poor_task():
        return json_io(say)(text="poor")

    @task(task_id="bad")
    def bad_task():
        return json_io(say)(text="bad")

    @task(task_id="great_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def great_merged_task(great, fine, poor, bad):
        return next((v for v in [great, fine, poor, bad] if v is not None), None)

    score_out = score_task()
    if_great = if_great_task(score_out)
    great = great_task()
    fine = fine_task()
    poor = poor_task()
    bad = bad_task()
    great_merged_task(great, fine, poor, bad)
    if_great >> [great, fine, poor, bad]


if __name__ == "__main__":
    dag.test()
