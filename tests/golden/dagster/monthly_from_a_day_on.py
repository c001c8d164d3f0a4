"""The pipeline monthly_from_a_day_on as a Dagster job."""

# Made by pipeglot from pipeline "monthly_from_a_day_on", digest 7a12c828747f.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


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


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="monthly_from_a_day_on__double")
def double_op():
    return json_io(double)(n=1)


@dg.job
def monthly_from_a_day_on():
    double_op.alias("double")()


@dg.schedule(
    job=monthly_from_a_day_on,
    cron_schedule="0 2 1 * *",
    execution_timezone="Europe/Berlin",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def monthly_from_a_day_on_schedule(context: dg.ScheduleEvaluationContext):
    moment = context.scheduled_execution_time
    start = datetime(2025, 12, 1, 0, 0, 0, tzinfo=timezone.utc)
    if moment < start:
        return dg.SkipReason(f"the schedule starts at {start}")
    return dg.RunRequest()


defs = dg.Definitions(
    jobs=[monthly_from_a_day_on], schedules=[monthly_from_a_day_on_schedule]
)
