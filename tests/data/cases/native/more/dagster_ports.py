from typing_extensions import TypedDict

from pipeglot import each, pipeline, step


@step
def configured(name: str, depth: int, region: str) -> str:
    return f"{name} {depth} {region}"


@pipeline
def settings_job(name: str, region: str = "eu", depth: int = 3) -> str:
    return configured(name, depth, region)


class Trained(TypedDict):
    auc: float
    rows: int


@step
def train() -> Trained:
    return {"auc": 1.0, "rows": 7}


@step
def save(auc: float) -> str:
    return f"m{auc}"


@step
def nothing(rows: int) -> None:
    pass


@step
def use(model: str) -> str:
    return model


@pipeline
def fit() -> str:
    trained = train()
    nothing(trained["rows"])
    return save(trained["auc"])


@pipeline
def fitted() -> str:
    return use(fit())


@step
def tens() -> list[int]:
    return [30, 10, 20]


@step
def half(n: int) -> float:
    return n / 2


@pipeline
def mapped() -> None:
    with each(tens()) as n:
        half(n)


@step
def none() -> list[int]:
    return []


@pipeline
def empty() -> None:
    with each(none()) as n:
        half(n)


class Sides(TypedDict):
    left: int
    right: int


@step
def sides() -> Sides:
    return {"left": 1, "right": 2}


@step
def joined(left: int, right: int) -> int:
    return left + right


@pipeline
def assets_job() -> int:
    both = sides()
    return joined(both["left"], both["right"])
