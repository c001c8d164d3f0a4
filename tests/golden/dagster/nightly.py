"""The pipeline nightly as a Dagster job."""

# Made by pipeglot from pipeline "nightly", digest 3f78285f7e64.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field, TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


class NightlyParams(dg.ConfigurableResource):
    logical_date: str | None = Field(default=None, description="in ISO 8601")


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


def run_moment(context, params, zone):
    """The run's logical date; without one, the time it was asked for."""
    text = params.logical_date
    if not text:
        run = context.run.tags.get("pipeline/main_run", context.run_id)
        text = context.instance.get_run_record_by_id(run).create_timestamp.isoformat()
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(ZoneInfo(zone))


def logical_date(context, params):
    return run_moment(context, params, "UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def run_day(context, params):
    return run_moment(context, params, "UTC").strftime("%Y-%m-%d")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="nightly__say")
def say_op(context: dg.OpExecutionContext, params: NightlyParams):
    """Give back what it is told."""
    return json_io(say)(
        text=f"{logical_date(context, params)} {run_day(context, params)}"
    )


@dg.job(resource_defs={"params": NightlyParams.configure_at_launch()})
def nightly():
    say_op.alias("say")()


@dg.schedule(
    job=nightly,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def nightly_schedule(context: dg.ScheduleEvaluationContext):
    moment = context.scheduled_execution_time
    params = NightlyParams(logical_date=moment.isoformat())
    return dg.RunRequest(run_config=dg.RunConfig(resources={"params": params}))


defs = dg.Definitions(jobs=[nightly], schedules=[nightly_schedule])
