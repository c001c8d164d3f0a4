"""What type checkers infer through steps, blocks and pipelines; checked by mypy and pyright, never run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from typing_extensions import TypedDict, assert_type

from pipeglot import (
    Cron,
    Every,
    Param,
    Pipeline,
    Step,
    all_,
    any_,
    collect,
    container,
    continue_,
    each,
    elsewhen,
    finally_,
    group,
    is_in,
    merge,
    not_,
    otherwise,
    pipeline,
    run,
    shell,
    step,
    when,
)


class Verdict(TypedDict):
    auc: float
    better: bool


@dataclass
class Variant:
    name: str
    depth: int = 3


@dataclass
class Model:
    uri: str
    auc: float


@step(retries=2, retry_delay="5m", timeout="1h", on_failure=continue_(default="none"))
def ingest(day: date) -> str:
    return f"{day}"


@step
def validate(data: str) -> None:
    assert data


@step
def train(data: str, variant: Variant, *, seed: int = 0) -> Model:
    return Model(data, seed + variant.depth)


@step
def best_of(models: list[Model], margin: float) -> tuple[Model, Verdict]:
    return models[0], {"auc": margin, "better": True}


@step
def keep() -> str:
    return "v0"


@step
def count() -> int:
    return 1


def plain(text: str, times: int = 1) -> str:
    return text * times


foreign = step(plain, retries=1)


@shell('curl -sf "$url" | wc -l', timeout="1m")
def lines(url: str) -> None: ...


@container("image:tag", command=["python", "train.py"], retries=1)
def trained(data: str, rate: float = 0.1) -> None: ...


@pipeline(
    schedule=Cron("0 2 * * *", tz="Europe/Berlin"),
    start=datetime(2026, 1, 1),
    owner="risk",
    tags=["ml"],
    run_timeout="2h",
    max_active_runs=1,
    packages=["x"],
)
def credit(
    margin: Annotated[float, Param(ge=0)] = 0.005,
    variants: list[Variant] = [Variant("a")],  # noqa: B006, B008
) -> str:
    assert_type(run.day, date)
    assert_type(run.logical_date, datetime)
    data = ingest(run.day)
    assert_type(data, str)
    checked = validate(data)
    with each(variants, max_parallel=3) as variant:
        assert_type(variant, Variant)
        model = train.options(after=[checked], retries=3, id="t")(data, variant, seed=1)
    assert_type(model, Model)
    models = collect(model)
    assert_type(models, list[Model])
    best, verdict = best_of(models, margin)
    assert_type(best, Model)
    assert_type(verdict["auc"], float)
    with when(all_(verdict["better"], any_(verdict["auc"] > 0.7, not_(is_in(data, ["a"]))))) as gate:
        new = keep()
    with elsewhen(best.auc > margin):
        other = count()
    with otherwise():
        old = foreign("a", times=2)
    assert_type(merge(new, other, old), str | int)
    with group("tail", description="the rest"):
        version = merge(new, f"{other}", old)
    assert_type(version, str)
    assert_type(each(variants, lambda v: train(data, v)), list[Model])
    assert_type(each(["a"], ingest_text, max_parallel=2), list[str])
    assert_type(lines("u"), str)
    assert_type(trained(data, rate=0.5), str)
    keep.options(after=[gate, models])()
    with finally_() as outcome:
        assert_type(outcome.state, Literal["succeeded", "failed"])
        validate(f"credit {run.run_id}: {outcome.state}")
    return version


@step
def ingest_text(text: str) -> str:
    return text


@pipeline
def outer(eu: bool = True) -> str:
    assert_type(eu, bool)
    return credit.options(id="inner")(0.01)


@pipeline(schedule=Every("1h"), name="hourly")
def hourly() -> None:
    outer()


assert_type(keep(), str)
bound: Step[[], str] = keep
included: Pipeline[[], None] = hourly
