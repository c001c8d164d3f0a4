"""The pipelines that mutants are made of. Between them they have all that can be changed, and some of it happens."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

from typing_extensions import TypedDict

from pipeglot import Cron, collect, continue_, each, finally_, merge, otherwise, pipeline, run, step, when
from pipeglot.core.ir import Pipeline

WHEN = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)
"""The logical date of every run."""


class Row(TypedDict):
    id: int
    amount: float


@step(retries=1)
def load(day: date, n: int) -> list[Row]:
    return [{"id": i, "amount": i / 4 + day.day} for i in range(n)]


@step
def flaky(x: int) -> int:
    raise ValueError("no")


@step
def total(rows: list[Row]) -> float:
    return sum(row["amount"] for row in rows)


@step(timeout=600)
def score(total: float, weight: int) -> float:
    return total * weight - 1.5


@step
def best(scores: list[float], extra: int) -> float:
    return max(scores) + extra


@step
def publish(x: float, label: str) -> str:
    return f"published {x:.2f} as {label}"


@step
def keep() -> str:
    return "kept"


@step
def notify(text: str, state: str) -> None:
    print(text, state)


@pipeline
def scores(n: int = 5, least: float = 1.0) -> str:
    """A loop, a decision, a failure that is tolerated, a Final that is told how it went."""
    rows = load(run.day, n)
    sum_ = total(rows)
    spare = flaky.options(on_failure=continue_(default=7))(n)
    with each([1, 2, 3]) as weight:
        one = score(sum_, weight)
    top = best(collect(one), spare)
    with when(top >= least):
        new = publish(top, "best")
    with otherwise():
        old = keep()
    text = merge(new, old)
    with finally_() as outcome:
        notify("over", outcome.state)
    return text


@step(retries=2)
def settle(n: int) -> int:
    """Works the second time; each run has a working folder of its own."""
    marker = Path("settled")
    if not marker.exists():
        marker.touch()
        raise OSError("not yet")
    return n + 2


@step
def names(count: int) -> list[str]:
    return [f"part {number}" for number in range(count)]


@step
def tidy(name: str) -> str:
    return name.upper()


@step
def mark(text: str) -> None:
    print(text)


@step
def join(parts: list[str], sep: str) -> dict[str, str]:
    return {"text": sep.join(parts), "sep": sep}


@pipeline(schedule=Cron("0 6 * * 1-5", tz="Europe/Berlin"), tags=["a"], max_active_runs=1)
def parts(count: int = 2) -> dict[str, str]:
    """Retries that are used, a loop over what a step gives, an order that no value makes, no Final."""
    number = settle(count)
    begun = mark.options(id="begun")("begin")
    listed = names(number)
    with each(listed, max_parallel=2) as name:
        tidied = tidy(name)
    whole = join(collect(tidied), ", ")
    mark.options(id="ended", after=[begun])("end")
    return whole


@step
def check(n: int) -> int:
    if n > 2:
        raise ValueError(f"{n} is too much")
    return n * 10


@step
def after_all(n: int) -> int:
    return n + 1


@pipeline
def failing(limit: int = 3) -> int:
    """A run that fails in the middle: one instance of a loop fails, what waits for it is blocked, the rest goes on."""
    with each([1, 2, 3]) as n:
        checked = check(n)
    apart = after_all.options(id="apart")(limit)
    with when(apart > 100):
        large = after_all.options(id="large")(apart)
    with otherwise():
        usual = after_all.options(id="usual")(apart)
    merge(large, usual)
    best(collect(checked), 0)
    with finally_() as outcome:
        notify("failed?", outcome.state)
    return after_all.options(id="last")(limit)


BASES: dict[str, Pipeline] = {made.name: made for made in (scores.ir(), parts.ir(), failing.ir())}
"""By name."""
