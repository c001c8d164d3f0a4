"""Nothing secret in what is reported: values of environment variables that look like credentials are blotted out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

MASK = "***"

_CREDENTIAL = re.compile(
    r"(?i)(secret|token|passw|pwd|credential|api_?key|private_?key|access_?key|conn(ection)?_|_dsn$|auth)"
)
_SHORTEST = 6

Model = TypeVar("Model", bound=BaseModel)


def secret_values(variables: Mapping[str, str] | None = None) -> list[str]:
    """The values that must not be shown, longest first; very short ones would blot out everything.

    >>> secret_values({"API_TOKEN": "abc123xyz", "HOME": "/home/you", "DB_PASSWORD": "pw"})
    ['abc123xyz']
    """
    held = os.environ if variables is None else variables
    found = {value for name, value in held.items() if _CREDENTIAL.search(name) and len(value) >= _SHORTEST}
    return sorted(found, key=lambda value: (-len(value), value))


def mask(value: Any, secrets: Iterable[str]) -> Any:
    """A JSON value with every secret in its texts and keys blotted out.

    >>> mask({"said": ["token is abc123xyz"]}, ["abc123xyz"])
    {'said': ['token is ***']}
    """
    hidden = list(secrets)
    if not hidden:
        return value

    def text(said: str) -> str:
        for secret in hidden:
            said = said.replace(secret, MASK)
        return said

    def walk(one: Any) -> Any:
        match one:
            case str():
                return text(one)
            case dict():
                return {text(key): walk(inner) for key, inner in one.items()}
            case list():
                return [walk(inner) for inner in one]
        return one

    return walk(value)


def masked_secrets(model: Model, variables: Mapping[str, str] | None = None) -> Model:
    """The same data without the values of this process's credentials, in whatever place they travelled."""
    secrets = secret_values(variables)
    plain = model.model_dump_json(by_alias=True)
    if not any(json.dumps(secret, ensure_ascii=False)[1:-1] in plain or secret in plain for secret in secrets):
        return model
    return type(model).model_validate(mask(json.loads(plain), secrets))
