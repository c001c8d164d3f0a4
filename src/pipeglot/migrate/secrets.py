"""Nothing secret in what is told: values of declared secrets and of credentials in the environment are blotted out, in
whatever place and form they travelled.

Runs are compared as they are, and only what is told of them is masked: two secrets that differ stay a difference, both
of whose sides are shown as `***`.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shlex
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, TypeVar, get_args, get_origin
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import BaseModel

from pipeglot import backends
from pipeglot.core import secrets
from pipeglot.core.diagnostic import Diagnostic, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.rules.practice import has_secret
from pipeglot.core.shape import Shape, inline
from pipeglot.migrate.model import Difference

MASK = "***"

SHORTEST = 4
"""Characters of a declared secret that is blotted out within text; a shorter one only where it is all of a text."""

SHORTEST_GUESSED = 6
"""Characters of what is taken for a credential by the name of its variable."""

_CREDENTIAL = re.compile(
    r"(?i)secret|token|passw|passphrase|pwd|credential|private|signature|auth(?!or)|conn(ection)?_|_dsn$|(^|_)dsn$"
    r"|(^|_)pass($|_)|(api|access|account|encryption|fernet|master|session|signing|ssh)_?key|_key$"
)
_FOLDERS = ("PWD", "OLDPWD")
"""Variables of every shell that only sound like a password."""
_HARMLESS = re.compile(r"(?i)true|false|none|null|(en|dis)abled|required|optional|default|localhost|development")
_KEYED = re.compile(r"(?i)secret|token|passw|pwd|credential|key|auth(?!or)")

Model = TypeVar("Model", bound=BaseModel)
Error = TypeVar("Error", bound=PipeglotError)


def secret_values(variables: Mapping[str, str] | None = None) -> list[str]:
    """What of environment variables must not be shown, longest first: values of those that have a credential's name, of
    those that look like one whatever their name, and passwords within URLs. Very short ones would blot out everything.

    >>> secret_values({"API_TOKEN": "abc123xyz", "HOME": "/home/you", "BROKER": "redis://:s3cret!!@db/0", "DB_PASS": "pw"})
    ['abc123xyz', 's3cret!!']
    """
    found: list[str] = []
    for name, value in (os.environ if variables is None else variables).items():
        if (_CREDENTIAL.search(name) and name not in _FOLDERS) or has_secret(value):
            found.append(value)
            found += _inside(value)
        elif "://" in value:
            found += _password(value)
    common = backends.targets().keys()  # the name of an engine, which many passwords are, would be missed everywhere
    kept = {one for one in found if len(one) >= SHORTEST_GUESSED and one not in common and not _HARMLESS.fullmatch(one)}
    return sorted(kept, key=lambda value: (-len(value), value))


def _inside(value: str) -> Iterator[str]:
    """What is secret by itself within a credential: the password of a URL, a long line, an entry of a JSON object."""
    yield from _password(value)
    lines = value.splitlines()
    yield from (line.strip() for line in lines if len(lines) > 1 and len(line) >= 16 and not line.startswith("-----"))
    yield value.strip()
    try:
        told = json.loads(value)
    except ValueError:
        return
    for key, inner in told.items() if isinstance(told, dict) else ():
        if isinstance(inner, str) and _KEYED.search(key):
            yield inner


def _password(value: str) -> Iterator[str]:
    try:
        password = urlsplit(value).password
    except ValueError:
        return
    if password:
        yield password


def forms(value: str) -> set[str]:
    """A secret as it may be written: itself, as JSON and Python write it (also one within the other), in a URL, HTML, a
    shell's command, hexadecimal, and base64, also of a longer text that it is a part of.

    >>> {"pa%2Fss", "70612f7373", "cGEvc3M="} < forms("pa/ss")
    True
    """
    plain = {value}
    for _ in range(2):
        plain |= {json.dumps(one, ensure_ascii=escaped)[1:-1] for one in plain for escaped in (True, False)}
        plain |= {
            quoted for one in plain for quoted in (repr(one)[1:-1], repr(one + "'\"")[1:-4], repr(one + "'")[1:-2])
        }
    for one in (quote(value), quote(value, safe=""), quote_plus(value)):
        plain |= {one, re.sub(r"%..", lambda found: found[0].lower(), one)}
    plain |= {html.escape(value), shlex.quote(value)[1:-1] if shlex.quote(value) != value else value}
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
    return {one for one in plain if len(one) >= SHORTEST}


class Masks:
    """What is blotted out: the values of declared secrets and of credentials, in all their forms.

    `kept` are names that everybody knows, such as the ids of calls: they stay readable where they stand as names.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._short: set[str] = set()
        self._forms: set[str] = set()
        self.kept: set[str] = {"local", *backends.targets()}
        self._pattern: re.Pattern[str] | None = None
        self._add(secret_values(variables))

    @classmethod
    def of(cls, pipeline: Pipeline, env: Mapping[str, str] | None = None) -> Masks:
        """The masks of a run of a pipeline: of this process's environment, and of `env` beside it."""
        masks = cls()
        masks.declare(pipeline, env)
        return masks

    def declare(self, pipeline: Pipeline, env: Mapping[str, str] | None = None) -> None:
        """Blot out the pipeline's secrets too, and the credentials in `env`."""
        given = {**os.environ, **(env or {})}
        own = [given.get(secret.env, "") for secret in secrets.declared(pipeline)]
        self._add([*own, *(inner for value in own for inner in _inside(value)), *secret_values(env or {})])
        flat = inline(pipeline)
        self.kept |= {flat.name, *Shape(flat).nodes, *([flat.final.call.id] if flat.final else [])}

    def _add(self, values: Iterable[str]) -> None:
        for value in filter(None, values):
            if len(value) < SHORTEST:
                self._short.add(value)
            else:
                self._forms |= forms(value)
        self._pattern = _alternatives(self._forms)

    def begun(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a secret.

        >>> Masks({"API_TOKEN": "abc123xyz"}).begun("it is abc1")
        4
        """
        most = 0
        for form in self._forms:
            at = text.find(form[0], max(0, len(text) - len(form) + 1))
            while at >= 0 and not form.startswith(text[at:]):
                at = text.find(form[0], at + 1)
            most = max(most, len(text) - at if at >= 0 else 0)
        return most

    def text(self, said: str) -> str:
        """A text without secrets.

        >>> Masks({"API_TOKEN": "abc 123/xyz"}).text("https://example.com/?key=abc%20123%2Fxyz")
        'https://example.com/?key=***'
        """
        if said in self._short:
            return MASK
        return said if self._pattern is None else self._pattern.sub(MASK, said)

    def name(self, said: str) -> str:
        """A name without secrets; one that everybody knows stays."""
        return said if said in self.kept else self.text(said)

    def json(self, value: Any) -> Any:
        """A JSON value without secrets in its texts, keys and numbers.

        >>> Masks({"PIN_SECRET": "271828"}).json({"pin": [271828, "is 271828"], "271828": 1})
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
                return MASK if json.dumps(value) in self._forms | self._short else value
        return value

    def model(self, model: Model) -> Model:
        """Data without secrets. What only programs read stays: names in `kept`, fixed words, counts and times."""
        found = self._found_in(model.model_dump_json(by_alias=True))
        return model if found.empty else _Walk(found).model(model)

    def _found_in(self, plain: str) -> Masks:
        """The masks that a JSON text calls for: most runs have no secret in any place."""
        less = Masks({})
        for told, own in ((less._forms, self._forms), (less._short, self._short)):
            for form in own:
                escaped = json.dumps(form, ensure_ascii=False)[1:-1]
                if escaped in plain or (escaped != form and form in plain):
                    told.add(form)
        less._pattern, less.kept = _alternatives(less._forms), self.kept
        return less

    @property
    def empty(self) -> bool:
        """Whether there is nothing to blot out."""
        return not self._forms and not self._short

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

    def __init__(self, masks: Masks) -> None:
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


def told_apart(found: Iterable[Difference], masks: Masks) -> tuple[list[Difference], list[Difference]]:
    """Differences, and what may be none: where one side is a record that was masked when it was written, and the other
    has a secret in that place.
    """
    real: list[Difference] = []
    open_: list[Difference] = []
    for one in found:
        hidden = MASK in json.dumps([one.old, one.new]) and one.absent is None
        (open_ if hidden and masks.json(one.old) == masks.json(one.new) else real).append(one)
    return real, open_


def masked_secrets(model: Model, variables: Mapping[str, str] | None = None) -> Model:
    """The same data without the values of credentials among `variables`, by default those of this process."""
    return Masks(variables).model(model)
