"""Constants that authors pass, and what is inside of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from typing import Any

from pipeglot.author.plain import copied
from pipeglot.author.trace import fail
from pipeglot.core.domain import BIGGEST
from pipeglot.core.ir import Const, Json
from pipeglot.core.types import scalars


def constant(given: Any) -> Const:
    """A JSON constant; stops the trace when there is none for it."""
    if type(given) is str and given.isascii():
        return Const(value=given)
    try:
        plain = copied(given)
    except (ValueError, RecursionError):
        plain = _by_pydantic(given)
    if any(isinstance(number, int) and abs(number) > BIGGEST for number in scalars(plain)):
        fail("PG113", "an int beyond 2**53 does not survive every JSON reader", "pass it as text")
    return Const(value=plain)


def _by_pydantic(given: Any) -> Json:
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        plain: Json = to_jsonable_python(given, inf_nan_mode="constants")
        json.dumps(plain, allow_nan=False, ensure_ascii=False).encode()
    except (PydanticSerializationError, ValueError, TypeError) as error:
        fail("PG113", f"a {type(given).__name__} cannot be passed as a constant: {error}", "make it inside a step")
    return plain


def fields_of(given: Any) -> Mapping[Any, Any] | None:
    """The fields of a dict or a dataclass; None for anything else."""
    if isinstance(given, dict):
        return given
    if hasattr(given, "__dataclass_fields__") and not isinstance(given, type):
        from dataclasses import fields

        return {field.name: getattr(given, field.name) for field in fields(given)}
    return None


def is_set(given: Any) -> bool:
    """Whether it is a set; the keys of a dict have an order."""
    return isinstance(given, Set) and not isinstance(given, type({}.keys()))
