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
def best(models: list) -> dict:
    return max(models, key=lambda model: model["score"])


@component
def is_good(model: dict) -> bool:
    return model["score"] > 0.5


@component
def register(model: dict) -> str:
    return f"model/{int(model['depth'])}"


@component
def keep() -> str:
    return "model/old"


@component
def notify(version: str) -> str:
    return f"now {version}"


@dsl.pipeline(name="etl")
def etl(day: str = "2026-01-01") -> str:
    rows = clean(rows=ingest(day=day).output)
    plain = features(rows=rows.output, kind="plain")
    scaled = features(rows=rows.output, kind="scaled_by_more")
    with dsl.ParallelFor([1, 2, 3, 4, 5, 6, 7, 8]) as depth:
        model = train(first=plain.output, second=scaled.output, depth=depth)
    chosen = best(models=dsl.Collected(model.output))
    with dsl.If(is_good(model=chosen.output).output == True):  # noqa: E712
        new = register(model=chosen.output)
    with dsl.Else():
        old = keep()
    return notify(version=dsl.OneOf(new.output, old.output)).output


if __name__ == "__main__":
    compiler.Compiler().compile(etl, "etl.yaml")
