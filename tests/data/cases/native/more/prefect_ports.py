from typing_extensions import TypedDict

from pipeglot import collect, each, merge, otherwise, pipeline, step, when


@step
def sizes(n: int) -> list[int]:
    return list(range(n))


@step
def double(n: int) -> float:
    return 2.0 * n


@step
def odd(n: int) -> str:
    return f"odd {n}"


@step
def total(values: list[float]) -> float:
    return sum(values)


@step
def both(a: list[float], b: list[float]) -> list[float]:
    return [*a, *b]


@step
def is_odd(n: int) -> bool:
    return n % 2 == 1


@pipeline
def loops(n: int = 4) -> float:
    with each(sizes(n)) as a:
        first = double.options(id="first")(a)
    with each([10, 20]) as b:
        second = double.options(id="second")(b)
    with each([1, 2, 3, 5]) as k:
        with when(k != 2):
            odd(k)
    return total(both(collect(first), collect(second)))


@step
def cell(a: int, b: int) -> int:
    return 10 * a + b


@pipeline
def table() -> None:
    with each([1, 2]) as a, each([1, 2, 3]) as b:
        cell(a, b)


@step
def fetch(n: int) -> int:
    return n


@step
def gather(values: list[int]) -> list[int]:
    return values


@pipeline
def gathered() -> list[int]:
    with each([0, 1, 2]) as n:
        one = fetch(n)
    return collect(one)


class Model(TypedDict):
    name: str
    auc: float


@step
def train(part: str) -> Model:
    return {"name": part, "auc": 1.0}


@step
def rate(model: Model) -> float:
    return model["auc"]


@pipeline
def one_part(part: str) -> float:
    return rate(train(part))


@pipeline
def parts() -> list[float]:
    with each(["a", "b"]) as part:
        one = one_part(part)
    return collect(one)


@step
def pick(n: int) -> str:
    return f"picked {n}"


@pipeline
def either(high: bool = True) -> str:
    with when(high):
        big = pick.options(id="big")(2)
    with otherwise():
        small = pick.options(id="small")(1)
    return merge(big, small)


@step
def broken() -> int:
    raise ValueError("no")


@step
def after(n: int) -> int:
    return n


@pipeline
def failing() -> int:
    return after(broken())


@step
def greet(name: str, times: int) -> str:
    return name * times


@pipeline
def required(name: str = "ann", times: int = 3) -> str:
    return greet(name, times)
