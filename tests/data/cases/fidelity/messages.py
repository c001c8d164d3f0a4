"""Errors whose message cannot be written: half a character of a file read with errors="surrogateescape", in the message
or in that of a cause, and a `__str__` that raises."""

from typing import Any

from pydantic import BaseModel, field_validator

from pipeglot import continue_, pipeline, step

LINE = b"caf\xe9;3"


class ApiError(Exception):
    def __str__(self) -> str:
        return f"{self.code}: {self.args}"  # type: ignore[attr-defined]


class Row(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def known(cls, name: str) -> str:
        raise ValueError("no name: " + LINE.decode("utf-8", "surrogateescape"))


@step
def parse(n: int) -> int:
    raise ValueError(f"cannot parse {LINE.decode('utf-8', 'surrogateescape')}")


@step
def caused(n: int) -> int:
    try:
        raise OSError(LINE.decode("utf-8", "surrogateescape"))
    except OSError as error:
        raise RuntimeError("cannot read the file") from error


@step
def answered(n: int) -> int:
    try:
        raise ApiError("down")
    except ApiError:
        raise ValueError("the server was down")  # noqa: B904


@step(retries=1)
def call_api(n: int) -> int:
    raise ApiError("down")


@step
def row() -> dict[str, str]:
    return {"name": "x"}


@step
def validated(row: Row) -> str:
    return row.name


@step
def half(n: int) -> Any:
    return LINE.decode("utf-8", "surrogateescape")


@step
def then(n: int) -> int:
    return n + 1


@pipeline
def tolerated_messages() -> int:
    zero = continue_(default=0)
    parse.options(on_failure=zero)(1)
    b = caused.options(on_failure=zero)(1)
    answered.options(on_failure=zero)(1)
    c = call_api.options(on_failure=zero)(1)
    validated.options(on_failure=continue_(default=""))(row())
    half.options(on_failure=zero)(1)
    then(c)
    then.options(id="beside")(5)
    return then.options(id="last")(b)


@pipeline
def failing_messages() -> int:
    then(parse(1))
    then.options(id="after_caused")(caused(1))
    then.options(id="after_call")(call_api(1))
    half(1)
    return then.options(id="beside")(5)
