from typing import NamedTuple

from kfp import compiler, dsl

component = dsl.component(base_image="python:3.12", install_kfp_package=False)


@component
def ingest(day: str) -> list:
    return [len(day) + n for n in range(50)]


@component
def clean(rows: list) -> list:
    return [row for row in rows if row % 7]


@component
def features(rows: list, kind: str) -> list:
    return [row / len(kind) for row in rows]


@component
def train(first: list, second: list, depth: int) -> dict:
    return {"depth": depth, "score": sum(first) / (sum(second) + depth)}


@component
def best(models: list) -> NamedTuple("Outputs", [("model", dict), ("score", float)]):
    chosen = max(models, key=lambda model: model["score"])
    return chosen, chosen["score"]


@component
def register(model: dict) -> str:
    return f"model/{int(model['depth'])}"


@component
def keep() -> str:
    return "model/old"


@component
def notify(version: str) -> str:
    return f"now {version}"


@dsl.pipeline
def models(plain: list, scaled: list) -> list:
    with dsl.ParallelFor([1, 2, 3, 4, 5, 6, 7, 8]) as depth:
        model = train(first=plain, second=scaled, depth=depth)
    return dsl.Collected(model.output)


@dsl.pipeline(name="etl")
def etl(day: str = "2026-01-01") -> str:
    rows = clean(rows=ingest(day=day).output)
    plain = features(rows=rows.output, kind="plain")
    scaled = features(rows=rows.output, kind="scaled_by_more")
    chosen = best(models=models(plain=plain.output, scaled=scaled.output).output)
    with dsl.If(chosen.outputs["score"] > 0.5):
        new = register(model=chosen.outputs["model"])
    with dsl.Else():
        old = keep()
    return notify(version=dsl.OneOf(new.output, old.output)).output


if __name__ == "__main__":
    compiler.Compiler().compile(etl, "etl.yaml")
