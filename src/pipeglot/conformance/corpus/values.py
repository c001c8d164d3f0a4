"""What crosses between calls: dataclasses, dates, enums, text, lists and dicts built of values, awkward text."""

import enum
import os.path
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel

from pipeglot import Param, pipeline, shell, step
from pipeglot.conformance.corpus import Case


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Variant:
    name: str
    depth: int = 3
    tags: list[str] = field(default_factory=list)


class Model(BaseModel):
    uri: str
    made: date
    variant: Variant


SUFFIX = "-v1"


def helper(text: str) -> str:
    return os.path.join("models", text + SUFFIX)


@step
def train(day: date, variant: Variant, colour: Colour = Colour.RED) -> Model:
    return Model(uri=helper(variant.name), made=day, variant=variant)


@step
def describe(model: Model, when: datetime | None = None) -> str:
    return f"{model.uri} of {model.made} depth {model.variant.depth} {when.isoformat() if when else '-'}"


@step
def split(model: Model) -> tuple[str, int]:
    return model.uri, model.variant.depth


@step
def echo(value: Any) -> Any:
    return value


@step
def str_echo(value: str) -> str:
    return value


@step
def length(text: str) -> int:
    return len(text)


@step
def defaults(a: int, b: int = 2, *, c: str = "c") -> str:
    return f"{a}{b}{c}"


@shell('echo "first"; echo "$greeting, $name"; printf "%s" "$data"')
def greet(greeting: str, name: str, data: Any = None) -> None: ...


@shell("exit 3")
def exits() -> None: ...


AWKWARD = [
    "o'brien",
    'say "hi"',
    "trailing\\",
    "\\x41 \\n",
    "line\nbreak\r\n\ttab",
    "{{ ds }} {% raw %} {# c #}",
    "$HOME `ls` $(ls)",
    "ünï © 日本 \U0001f600",
    "{braces} %s %(x)s",
    "'''\"\"\"",
    "",
    " ",
    "\x00\x1b",
    "a.sh",
    "#{x}",
    "\u2028\ufeff",
    "None",
    "1e3",
    "x" * 10_000,
]


@pipeline
def typed_values(day: date = date(2026, 1, 2), colour: Colour = Colour.BLUE) -> str:
    model = train(day, Variant("small", tags=["a"]), colour)
    uri, depth = split(model)
    echo({"uri": uri, "list": [depth, model.variant.name, None], "const": {"k": [1, 2.5, True]}})
    length(f"{uri}:{depth}")
    return describe(model)


@pipeline
def dates_given(when: datetime = datetime.fromisoformat("2026-03-01T02:00:00+00:00")) -> str:
    return describe(train(date(2026, 1, 2), Variant("x", 5)), when)


@pipeline
def function_defaults() -> str:
    defaults(1)
    defaults.options(id="given")(1, 3)
    return defaults.options(id="named")(1, c="z")


@pipeline
def bounded_params(
    n: Annotated[int, Param(ge=1, le=9)] = 3, mode: Literal["a", "b"] = "a", x: float | None = None
) -> Any:
    return echo([n, mode, x])


@pipeline
def awkward_constants() -> Any:
    for number, text in enumerate(AWKWARD):
        length.options(id=f"length_{number}")(text)
        echo.options(id=f"echo_{number}")({"text": text, text: [text]})
    return echo.options(id="echo")(AWKWARD)


@pipeline
def awkward_params(text: str = '{{ ds }} o\'brien "x" \\', data: Any = {"{{ a }}": ["$x", None]}) -> Any:
    return echo([text, data, f"<{text}>"])


@pipeline
def nulls_in_params(
    given: dict[str, Any] = {"x": None, "y": [1, None]},
    rows: list[dict[str, Any]] = [{"a": None}],
    scores: dict[str, float] = {"a": 0.5},
) -> Any:
    return echo([given, rows, scores])


@pipeline(
    name='names: {{ ds }} o\'brien "q" \\ ünï',
    description='ends in a quote"',
    owner="o'neil \\",
    tags=['say "t" %s', "a'b"],
)
def awkward_names() -> Any:
    a = echo.options(id="class")(1)
    b = echo.options(id="Class")(a)
    c = echo.options(id="with space")(b)
    d = echo.options(id="with-space")(c)
    e = echo.options(id="with_space")(d)
    f = echo.options(id="{{ ds }}{x}")(e)
    g = echo.options(id="größe 日本")(f)
    return echo.options(id="x" * 200)(g)


@pipeline(tags=["{{ t }}"])
def template_like_tags() -> Any:
    return echo(1)


@pipeline
def shell_steps(name: str = 'o\'brien $HOME "q"') -> str:
    said = greet("{{ ds }}", name, {"a": [1, None]})
    return str_echo.options(id="after")(said)


@pipeline
def shell_fails() -> None:
    echo(exits())


@pipeline
def everything_json() -> Any:
    a = echo([0, -1, 2**53, -(2**53), 0.1, 1e300, 5e-324, True, False, None, "", [], {}, [[[]]], {"": {"": 0}}])
    return echo.options(id="again")(a)


@step
def number(n: float) -> float:
    return n


@step
def known(n: float, text: str) -> str:
    return f"{n} {text}"


@pipeline
def whole_floats(n: float = 2.0) -> float:
    a = number(n)
    known(a, f"{a}")
    large = number.options(id="large")(1e17)
    echo.options(id="inside")([a, large, {"a": a}])
    return a


CASES = [
    Case(typed_values, result="models/small-v1 of 2026-01-02 depth 3 -"),
    Case(dates_given, result="models/x-v1 of 2026-01-02 depth 5 2026-03-01T02:00:00+00:00"),
    Case(
        function_defaults,
        expect={"defaults": 'succeeded="12c"', "given": 'succeeded="13c"', "named": 'succeeded="12z"'},
    ),
    Case(bounded_params, result=[3, "a", None]),
    Case(bounded_params, name="bounded_params_given", params={"n": 9, "mode": "b", "x": 1.5}, result=[9, "b", 1.5]),
    Case(awkward_constants, result=AWKWARD),
    Case(awkward_params, result=['{{ ds }} o\'brien "x" \\', {"{{ a }}": ["$x", None]}, '<{{ ds }} o\'brien "x" \\>']),
    Case(
        awkward_params,
        name="awkward_params_given",
        params={"text": "'''{%x%}\n", "data": None},
        result=["'''{%x%}\n", None, "<'''{%x%}\n>"],
    ),
    Case(nulls_in_params, result=[{"x": None, "y": [1, None]}, [{"a": None}], {"a": 0.5}]),
    Case(
        nulls_in_params,
        name="nulls_in_params_given",
        params={"given": {"x": {"z": None}}, "rows": [], "scores": {"a": 1.5}},
        result=[{"x": {"z": None}}, [], {"a": 1.5}],
    ),
    Case(awkward_names, name="awkward_names", result=1),
    Case(template_like_tags, result=1),
    Case(shell_steps, expect={"greet": 'succeeded="{\\"a\\": [1, null]}"', "after": "succeeded"}),
    Case(shell_fails, "failed", {"exits": "failed*1", "echo": "blocked"}),
    Case(everything_json),
    Case(
        whole_floats,
        expect={
            "number": "succeeded=2.0",
            "known": 'succeeded="2.0 2.0"',
            "large": "succeeded=1e+17",
            "inside": 'succeeded=[2.0, 1e+17, {"a": 2.0}]',
        },
        result=2.0,
    ),
]
