"""What is declared about a pipeline and its steps: schedules, limits, owner, tags, texts, resources; and steps that
are imported or run in a container. One run shows that an engine takes it; the loaded object shows that it kept it."""

import calendar
import textwrap

from pipeglot import Cron, Every, Resources, container, pipeline, run, step
from pipeglot.conformance.corpus import Case

dedent = step(textwrap.dedent)
leap = step(calendar.isleap)
IMAGE = "busybox:1.36"
DOCKER = ("docker", "run", "--rm", IMAGE, "true")


@step
def say(text: str) -> str:
    """Give back what it is told."""
    return text


@step
def double(n: int) -> int:
    return 2 * n


@container(IMAGE, ["sh", "-c", 'echo "hello, $name"'])
def hello(name: str) -> None: ...


@container(IMAGE, ["sh", "-c", "exit 3"])
def exits() -> None: ...


@pipeline
def imported_text() -> str:
    return say(dedent("  indented"))


@pipeline
def imported_number(year: int = 2028) -> bool:
    return leap(year)


@pipeline
def container_step(name: str = 'o\'brien $HOME "q"') -> str:
    return say(hello(name))


@pipeline
def container_fails() -> str:
    return say(exits())


@pipeline(schedule=Cron("0 2 * * *"))
def nightly() -> str:
    return say(f"{run.logical_date} {run.day}")


@pipeline(schedule=Cron("30 0 * * 1-5", tz="America/New_York"))
def day_of_the_schedule() -> str:
    return say(f"{run.day}")


@pipeline(schedule=Every("6h"))
def every_six_hours() -> int:
    return double(3)


@pipeline(schedule=Every("1d"))
def every_day() -> str:
    return say(f"{run.day}")


@pipeline(schedule=Cron("0 2 * * *"), start="2026-01-01")
def from_a_day_on() -> int:
    return double(1)


@pipeline(schedule=Cron("0 2 1 * *", tz="Europe/Berlin"), start="2025-12-01T00:00:00Z")
def monthly_from_a_day_on() -> int:
    return double(1)


@pipeline(schedule=Cron("0 2 * * *"), start="2026-02-27", catch_up=True)
def catching_up() -> int:
    return double(1)


@pipeline(schedule=Every("1h"), start="2026-02-28T12:00:00Z", catch_up=True)
def catching_up_by_the_hour() -> int:
    return double(1)


@pipeline(max_active_runs=1)
def one_run_at_a_time() -> int:
    return double(1)


@pipeline(max_active_runs=3, run_timeout="1h")
def few_runs_and_not_for_long() -> int:
    return double(1)


@pipeline(run_timeout="2d")
def two_days_at_most(n: int = 2) -> int:
    return double.options(id="double")(double.options(id="first")(n))


@pipeline(owner="data-team", tags=["daily", "credit"], description="Doubles what it is given.")
def described(n: int = 2) -> int:
    return double(n)


@pipeline
def described_by_its_docstring() -> str:
    """One line.

    And more of it, with `code` and "quotes".
    """
    return say("done")


@pipeline
def placed() -> int:
    small = double.options(resources=Resources(cpu=0.1, memory="64Mi"))(1)
    return double.options(id="large", resources=Resources(gpus=2, gpu_type="amd.com/gpu"))(small)


CASES = [
    Case(imported_text, expect={"dedent": 'succeeded="indented"', "say": "succeeded"}, result="indented"),
    Case(imported_number, result=True),
    Case(imported_number, name="imported_number_given", params={"year": 1900}, result=False),
    Case(container_step, result='hello, o\'brien $HOME "q"', needs=DOCKER),
    Case(container_fails, "failed", {"exits": "failed*1", "say": "blocked"}, needs=DOCKER),
    Case(nightly, result="2026-03-01T02:00:00Z 2026-03-01"),
    Case(day_of_the_schedule, result="2026-02-28"),
    Case(every_six_hours, result=6),
    Case(every_day, result="2026-03-01"),
    Case(from_a_day_on, result=2),
    Case(monthly_from_a_day_on, result=2),
    Case(catching_up, result=2),
    Case(catching_up_by_the_hour, result=2),
    Case(one_run_at_a_time, result=2),
    Case(few_runs_and_not_for_long, result=2),
    Case(two_days_at_most, result=8),
    Case(described, result=4),
    Case(described_by_its_docstring, result="done"),
    Case(placed, result=4),
]
