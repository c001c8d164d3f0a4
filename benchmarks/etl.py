"""The pipeline whose run is measured against the same one written by hand for each engine (`by_hand/`)."""

from typing_extensions import TypedDict

from pipeglot import collect, each, merge, otherwise, pipeline, step, when


class Model(TypedDict):
    depth: int
    score: float


@step
def ingest(day: str) -> list[int]:
    return [len(day) + n for n in range(50)]


@step
def clean(rows: list[int]) -> list[int]:
    return [row for row in rows if row % 7]


@step
def features(rows: list[int], kind: str) -> list[float]:
    return [row / len(kind) for row in rows]


@step
def train(first: list[float], second: list[float], depth: int) -> Model:
    return {"depth": depth, "score": sum(first) / (sum(second) + depth)}


@step
def best(models: list[Model]) -> Model:
    return max(models, key=lambda model: model["score"])


@step
def register(model: Model) -> str:
    return f"model/{model['depth']}"


@step
def keep() -> str:
    return "model/old"


@step
def notify(version: str) -> str:
    return f"now {version}"


@pipeline
def etl(day: str = "2026-01-01") -> str:
    rows = clean(ingest(day))
    plain = features.options(id="plain")(rows, "plain")
    scaled = features.options(id="scaled")(rows, "scaled_by_more")
    with each([1, 2, 3, 4, 5, 6, 7, 8]) as depth:
        model = train(plain, scaled, depth)
    chosen = best(collect(model))
    with when(chosen["score"] > 0.5):
        new = register(chosen)
    with otherwise():
        old = keep()
    version = merge(new, old)
    return notify(version)
