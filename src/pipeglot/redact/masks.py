"""Nothing secret in what is told: values of declared secrets and of credentials in the environment are redacted, in
whatever place and form they travelled.

Runs are compared as they are, and only what is told of them is masked: two secrets that differ stay a difference, both
of whose sides are shown as `***`.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel

from pipeglot import backends
from pipeglot.core import secrets
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import Diagnostic, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import json_text
from pipeglot.core.shape import Shape, inline
from pipeglot.redact import escapes
from pipeglot.redact.credentials import parts, secret_values, weak
from pipeglot.redact.numerals import number, written

MASK = "***"

SHORTEST = 4
"""Characters of a declared secret that is redacted within text; a shorter one only where it is all of a text."""

Model = TypeVar("Model", bound=BaseModel)
Error = TypeVar("Error", bound=PipeglotError)


def forms(value: str) -> set[str]:
    """A secret as it may be encoded: itself, as a shell or `repr` of bytes writes it, a number with its separators,
    hexadecimal, and base64, also of a longer text that it is a part of.

    Where characters of these stand as escapes (of a URL, JSON, Python, HTML) is for `escapes` to find.

    >>> {"pa/ss", "70612f7373", "cGEvc3M="} < forms("pa/ss")
    True
    """
    plain = {value}
    if (quoted := shlex.quote(value)) != value:
        plain.add(quoted[1:-1])
    data = value.encode("utf-8", "surrogatepass")
    plain |= {data.hex(), data.hex().upper(), repr(data)[2:-1]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(data).decode()
        plain |= {whole, whole.rstrip("=")}
        for before in range(3):
            # What all texts have in common that hold it `before` bytes behind a multiple of three.
            text = encode(b"\0" * before + data).decode()
            core = text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
            if len(core) >= SHORTEST:
                plain.add(core)
    return {one for one in plain | set(written(value)) if len(one) >= SHORTEST}


class Redactor:
    """What is redacted: the values of declared secrets and of credentials, in all their forms.

    `kept` are names that everybody knows, such as the ids of calls: they stay readable where they stand as names.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._short: set[str] = set()
        self._forms: set[str] = set()
        self._numbers: set[Decimal] = set()
        self.kept: set[str] = {"local", *backends.targets()}
        self._pattern: re.Pattern[str] | None = None
        self._guess(variables)

    @classmethod
    def of(cls, pipeline: Pipeline, env: Mapping[str, str] | None = None) -> Redactor:
        """The masks of a run of a pipeline: of this process's environment, and of `env` beside it."""
        masks = cls()
        masks.declare(pipeline, env)
        return masks

    def declare(self, pipeline: Pipeline, env: Mapping[str, str] | None = None) -> None:
        """Blot out the pipeline's secrets too, and the credentials in `env`."""
        given = {**os.environ, **(env or {})}
        own = [given.get(secret.env, "") for secret in secrets.declared(pipeline)]
        self._add([*own, *(inner for value in own for inner in parts(value))])
        self._guess(env or {})
        flat = inline(pipeline)
        self.kept |= {flat.name, *Shape(flat).nodes, *([flat.final.call.id] if flat.final else [])}

    def _guess(self, variables: Mapping[str, str] | None) -> None:
        values = secret_values(variables)
        self._short |= set(filter(weak, values))
        self._add(value for value in values if not weak(value))

    def _add(self, values: Iterable[str]) -> None:
        for value in filter(None, values):
            if len(value) < SHORTEST:
                self._short.add(value)
            else:
                self._forms |= forms(value)
            if (told := number(value)) is not None:
                self._numbers.add(told)
        self._pattern = _alternatives(self._forms)

    def begun(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a secret.

        >>> Redactor({"API_TOKEN": "abc123xyz"}).begun("it is abc1")
        4
        """
        most = escapes.begun(text, self._forms)
        for form in self._forms:
            at = text.find(form[0], max(0, len(text) - len(form) + 1))
            while at >= 0 and not form.startswith(text[at:]):
                at = text.find(form[0], at + 1)
            most = max(most, len(text) - at if at >= 0 else 0)
        return most

    def text(self, said: str) -> str:
        """A text without secrets.

        >>> Redactor({"API_TOKEN": "abc 123/xyz"}).text("https://example.com/?key=%61bc%20123%2Fxyz")
        'https://example.com/?key=***'
        """
        if said in self._short:
            return MASK
        if self._pattern is None:
            return said
        spans = sorted(
            [match.span() for match in self._pattern.finditer(said)]
            + [(start, end) for _, start, end in escapes.found(said, self._forms)]
        )
        if not spans:
            return said
        told: list[str] = []
        behind = 0
        for start, end in spans:
            if start >= behind or not told:
                told += [said[behind:start], MASK]
            behind = max(behind, end)
        return "".join((*told, said[behind:]))

    def name(self, said: str) -> str:
        """A name without secrets; one that everybody knows stays."""
        return said if said in self.kept else self.text(said)

    def json(self, value: Any) -> Any:
        """A JSON value without secrets in its texts, keys and numbers.

        >>> Redactor({"PIN_SECRET": "271828"}).json({"pin": [271828, "is 271828"], "271828": 1})
        {'pin': ['***', 'is ***'], '***': 1}
        """
        match value:
            case str():
                return self.text(value)
            case dict():
                found: dict[str, Any] = {}
                for key, inner in value.items():
                    found[_distinct(self.text(str(key)), found)] = self.json(inner)
                return found
            case list() | tuple():
                return type(value)(self.json(inner) for inner in value)
            case bool() | None:
                return value
            case int() | float():
                return MASK if self._numbers and number(json.dumps(value)) in self._numbers else value
        return value

    def model(self, model: Model) -> Model:
        """Data without secrets. What only programs read stays: names in `kept`, fixed words, counts and times."""
        if self.empty:
            return model
        found = self._found_in(json_text(model, indent=None))
        return model if found.empty else _Walk(found).model(model)

    def _found_in(self, plain: str) -> Redactor:
        """The masks that a JSON text calls for: most runs have no secret in any place."""
        less = Redactor({})
        for told, own in ((less._forms, self._forms), (less._short, self._short)):
            for form in own:
                escaped = json.dumps(form, ensure_ascii=False)[1:-1]
                if escaped in plain or (escaped != form and form in plain):
                    told.add(form)
        less._forms |= {form for form, _, _ in escapes.found(plain, self._forms - less._forms)}
        less._numbers = {told for told in self._numbers if f"{told:f}" in plain or f"{told:e}"[:6] in plain}
        less._pattern, less.kept = _alternatives(less._forms), self.kept
        return less

    @property
    def empty(self) -> bool:
        """Whether there is nothing to redact."""
        return not self._forms and not self._short and not self._numbers

    def diagnostic(self, found: Diagnostic) -> Diagnostic:
        """A finding without secrets."""
        return replace(found, message=self.text(found.message), help=self.text(found.help))

    @contextmanager
    def over_errors(self) -> Iterator[None]:
        """Errors that leave the block are without secrets."""
        try:
            yield
        except PipeglotError as error:
            told = [self.diagnostic(found) for found in error.diagnostics]
            if told == list(error.diagnostics):
                raise
            raise type(error)(told) from None


def _alternatives(found: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern that matches the longest of texts first."""
    words = sorted(found, key=lambda one: (-len(one), one))
    return re.compile("|".join(map(re.escape, words))) if words else None


def _distinct(key: str, taken: Mapping[str, Any]) -> str:
    """A key that is not there yet: two that are masked stay two."""
    number, wanted = 2, key
    while wanted in taken:
        wanted, number = f"{key} ({number})", number + 1
    return wanted


_NAMES = frozenset({"id", "call", "calls", "inside", "edges", "engine", "pipeline", "sources", "spec"})
"""Fields that hold names of the pipeline or of engines."""


class _Walk:
    """Masks a model in place of its fields, so that what comes out is one of its kind.

    Names that the pipeline does not have (native tasks may be called anything) stay distinct.
    """

    def __init__(self, masks: Redactor) -> None:
        self._masks = masks
        self._names: dict[str, str] = {}
        self._given: dict[str, None] = {}

    def model(self, model: Model) -> Model:
        changed: dict[str, Any] = {}
        for name, field in type(model).model_fields.items():
            value = getattr(model, name)
            if _closed(field.annotation):
                continue
            told = self.value(value, self.name if name in _NAMES else self._masks.text, _free(field.annotation))
            if told is not value and told != value:
                changed[name] = told
        return model.model_copy(update=changed) if changed else model

    def value(self, value: Any, text: Callable[[str], str], free: bool) -> Any:
        if isinstance(value, BaseModel):
            return self.model(value)
        if free and text == self._masks.text:
            return self._masks.json(value)
        if isinstance(value, str):
            return text(value)
        if isinstance(value, tuple | list):
            return type(value)(self.value(one, text, free) for one in value)
        if isinstance(value, dict):
            return {text(key): self.value(one, self._masks.text, free) for key, one in value.items()}
        return value

    def name(self, said: str) -> str:
        """A name, the same wherever it stands."""
        if said in self._masks.kept:
            return said
        if said not in self._names:
            self._names[said] = _distinct(self._masks.text(said), self._given)
            self._given[self._names[said]] = None
        return self._names[said]


def _closed(annotation: Any) -> bool:
    """Whether a field takes some fixed words only."""
    return get_origin(annotation) is Literal or (
        get_origin(annotation) in (typing.Union, type(int | str))
        and all(_closed(one) or one is type(None) for one in get_args(annotation))
    )


def _free(annotation: Any) -> bool:
    """Whether a field takes any JSON value."""
    return annotation is Any or any(_free(one) for one in get_args(annotation))
