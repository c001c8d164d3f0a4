"""The boundary every value crosses between calls, in one implementation.

The reference run calls `json_io`, and backends print its very source into the files they generate (`meaning/printed.py`), so
that what a step is given, and what counts as a bad return value, is the same everywhere.
"""

from __future__ import annotations

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def json_io(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let `fn` take and give plain JSON, built and checked by its annotations."""
    types = vars(json_io).setdefault("types", {}).setdefault(fn, {})  # slow to make

    def exact(digits: str) -> int:
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    @functools.wraps(fn)
    def call(**given: Any) -> Any:
        try:
            if not types.keys() >= {*given, "return"}:
                hints = dict.fromkeys([*given, "return"], Any)
                hints |= typing.get_type_hints(fn, include_extras=True)
                types.update({name: TypeAdapter(hint) for name, hint in hints.items()})
            built = {}
            for name, value in given.items():
                built[name] = types[name].validate_json(json.dumps(value), strict=True)
            result = types["return"].validate_python(fn(**built), strict=True)
            plain = to_jsonable_python(result, inf_nan_mode="constants")
            text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # no engine could keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call
