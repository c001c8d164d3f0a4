"""Small pipeline without engines' quirks."""

from datetime import date
from typing_extensions import TypedDict
from pipeglot import collect, continue_, each, finally_, merge, otherwise, pipeline, run, step, when


class Row(TypedDict):
    id: int
    amount: float


@step(retries=1)
def load(day: date, n: int) -> list[Row]:
    return [{"id": i, "amount": i / 4} for i in range(n)]


@step
def flaky(x: int) -> int:
    raise ValueError("no")


@step
def total(rows: list[Row]) -> float:
    return sum(r["amount"] for r in rows)


@step
def score(total: float, w: int) -> float:
    return total * w


@step
def best(scores: list[float]) -> float:
    return max(scores)


@step
def publish(x: float) -> str:
    return f"published {x:.2f}"


@step
def keep() -> str:
    return "kept"


@step
def notify(text: str) -> None:
    print(text)


@pipeline
def mini(n: int = 5, least: float = 1.0) -> str:
    rows = load(run.day, n)
    t = total(rows)
    opt = flaky.options(on_failure=continue_(default=7))(n)
    with each([1, 2, 3]) as w:
        s = score(t, w)
    b = best(collect(s))
    with when(b >= least):
        p = publish(b)
    with otherwise():
        k = keep()
    v = merge(p, k)
    with finally_() as outcome:
        notify(outcome.state)
    return v
