"""Parameters called like facts of the run: each keeps its value beside them."""

from typing import Annotated

from pipeglot import Cron, Param, pipeline, run, step

Text = Annotated[str, Param(description="Logical date of the report")]


@step
def show(parts: list[str]) -> str:
    return " ".join(parts)


@pipeline(schedule=Cron("0 6 * * *"))
def dates(
    logical_date: Text = "never",
    day: Annotated[str, Param(description="JSON, or not")] = "none",
    run_id: str = "r",
    description: str = "d",
    logical_date_2: str = "two",
) -> str:
    return show([logical_date, day, run_id, description, run.logical_date, run.day])


@pipeline
def undated(logical_date: str = "never", run_id: str = "r") -> str:
    return show([logical_date, run_id])
