from typing_extensions import TypedDict

from pipeglot import each, pipeline, step, when


@step
def sizes() -> list[int]:
    return [1, 2, 3]


@step
def double(n: int) -> int:
    return 2 * n


@step
def show(n: int) -> str:
    return f"got {n}"


@pipeline
def groups() -> None:
    with each(sizes()) as n:
        show(double(n))


class Split(TypedDict):
    left: float
    right: float


@step
def split() -> Split:
    return {"left": 1.0, "right": 2.5}


@step
def said() -> str:
    return "hello"


@step
def quiet() -> int:
    return 3


@step
def measure() -> dict[str, float]:
    return {"auc": 1.0}


class Measured(TypedDict):
    auc: float


@step
def measured() -> Measured:
    return {"auc": 1.0}


@pipeline
def handed() -> None:
    split()
    first = measured.options(id="measure")()
    second = said.options(after=first)()
    quiet.options(after=second)()


@step
def score(w: int) -> float:
    return 1.0 * w


@pipeline
def made() -> None:
    with each([1, 2, 3], max_parallel=1) as w:
        score(w)


@step
def check(table: str) -> str:
    return f"{table} is fine"


@pipeline
def again() -> None:
    a = check.options(id="first")("a")
    b = check.options(id="second", after=a)("b")
    check.options(id="third", after=b)("c")


@step
def go() -> bool:
    return False


@step
def rest() -> int:
    return 1


@step
def inner() -> str:
    return "in"


@pipeline
def short() -> None:
    with when(go.options(id="go_on")()):
        rest()
    inner()


@step
def greet(name: str, times: int) -> str:
    return name * times


@pipeline
def required(name: str = "ann", times: int = 3) -> str:
    return greet(name, times)
