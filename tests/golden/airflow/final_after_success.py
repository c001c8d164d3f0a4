"""The pipeline final_after_success."""

# Made by pipeglot from pipeline "final_after_success", digest 2f31ed6dfab5.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def notify(text: str) -> str:
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
    dag_id="final_after_success",
    schedule=None,
    catchup=False,
    params={"n": Param(2, type="integer")},
) as dag:

    @task(task_id="number")
    def number_task(params=None):
        return json_io(number)(n=params["n"])

    @task(task_id="notify")
    def notify_task(ti=None, run_id=None, params=None):
        leaves = ["number"]
        states = ti.get_task_states(ti.dag_id, task_ids=leaves, run_ids=[run_id])
        failed = {"failed", "upstream_failed"}.intersection(states[run_id].values())
        state = "failed" if failed else "succeeded"
        return json_io(notify)(text=f"run of {params['n']}: {state}")

    number_out = number_task()
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    number_out >> end
    # It runs whatever happened; `end`, beside it, keeps the state of the run.
    notify_out = notify_task().as_teardown(on_failure_fail_dagrun=True)
    number_out >> notify_out


if __name__ == "__main__":
    dag.test()
