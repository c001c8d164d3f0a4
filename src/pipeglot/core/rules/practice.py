"""Warnings and notes about what is valid and yet likely to hurt."""

from __future__ import annotations

import json
import re

from pipeglot.core.ir import Const, Container, Json, ParamRef, Text, parts
from pipeglot.core.rules.symbols import Findings, SymbolTable
from pipeglot.core.types import scalars

LARGE = 48 * 1024
"""Characters of JSON beyond which a constant should be a file: engines keep arguments in their database."""

_SECRET_NAME = re.compile(r"(?i)(^|_)(password|passwd|pwd|secret|token|api_?key|private_?key|access_?key)($|_)")
_SECRET_TEXT = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abeoprs]-[0-9A-Za-z-]{10,}|xapp-[0-9A-Za-z-]{10,}|sk-[A-Za-z0-9_-]{20,}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|hf_[A-Za-z0-9]{30,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|hvs\.[A-Za-z0-9_-]{20,}|dapi[0-9a-f]{32}|dop_v1_[0-9a-f]{64}"
    r"|AGE-SECRET-KEY-[0-9A-Z]{50,}|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?<![a-z0-9+.-])[0-9+.-]*[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@]+@"
)
"""Kinds of secrets that their issuers made easy to tell. What may be the scheme of an address is looked at once, from its
first character, and not again from each that follows: texts may be long."""
_RANDOM = re.compile(r"(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{24,}")
_HELP = "declare it (secrets=...) and read it inside the step, from the environment: generated files are not secret"


def secrets(symbols: SymbolTable) -> Findings:
    """Secrets written into the pipeline, which would be written into generated files."""
    for use in symbols.uses:
        for part in parts(use.value):
            if isinstance(part, Const) and _secret_inside(part.value):
                yield symbols.find("PG400", f"{use.what} looks like a secret", use.at, _HELP, "warning")
    for call in symbols.calls:
        for name, value in call.args.items():
            literal = isinstance(value, Const) and isinstance(value.value, str) and value.value
            if _SECRET_NAME.search(name) and (literal or isinstance(value, Text)):
                if isinstance(value, Const) and _secret_inside(value.value):
                    continue  # said above
                message = f"argument {name!r} of {call.id!r} is written out"
                yield symbols.find("PG400", message, call, _HELP, "warning")
    for param in symbols.pipeline.params:
        named = _SECRET_NAME.search(param.name) and isinstance(param.default, str) and param.default
        if named or _secret_inside(param.default):
            message = f"the default of parameter {param.name!r} looks like a secret"
            yield symbols.find("PG400", message, param, _HELP, "warning")


def has_secret(text: str) -> bool:
    """Whether a text holds something in the format of a well-known kind of secret.

    >>> has_secret("/home/Ana/Projects2/Documents/Model"), has_secret("ghp_" + "a1" * 16)
    (False, True)
    """
    return bool(_SECRET_TEXT.search(text))


def secret_parts(text: str) -> list[str]:
    """The tokens within a text that are in the format of a well-known kind of secret.

    >>> secret_parts("token " + "ghp_" + "a1" * 16 + " of ana")
    ['ghp_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1']
    """
    found = (match[0] for match in _SECRET_TEXT.finditer(text))
    return [one for one in found if "://" not in one and not one.startswith("-----")]


def looks_secret(text: str) -> bool:
    """Whether what should be a name looks like a secret itself.

    >>> looks_secret("warehouse-token"), looks_secret("aB3" * 9)
    (False, True)
    """
    return has_secret(text) or bool(_RANDOM.search(text))


def _secret_inside(value: Json) -> bool:
    return any(isinstance(inner, str) and has_secret(inner) for inner in scalars(value))


def large_constants(symbols: SymbolTable) -> Findings:
    """Data written into the pipeline, which every engine would copy into its database."""
    for use in symbols.uses:
        for part in parts(use.value):
            if isinstance(part, Const) and isinstance(part.value, str | list | dict):
                size = len(json.dumps(part.value))
                if size > LARGE:
                    message = f"a constant of {size} characters in {use.what}"
                    yield symbols.find("PG401", message, use.at, "keep it in a file, and pass its name", "warning")


def images(symbols: SymbolTable) -> Findings:
    """Container images that may be another one tomorrow."""
    for step in symbols.pipeline.steps:
        if isinstance(step.run, Container) and not _pinned(step.run.image):
            message = f"step {step.name!r} runs the image {step.run.image!r} without a fixed tag"
            yield symbols.find("PG402", message, step, "name a version or a digest", "warning")


def _pinned(image: str) -> bool:
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return "@" in image or tag not in ("", "latest")


def unused_params(symbols: SymbolTable) -> Findings:
    """Parameters that nothing takes."""
    used = {part.name for use in symbols.uses for part in parts(use.value) if isinstance(part, ParamRef)}
    for param in symbols.pipeline.params:
        if param.name not in used:
            yield symbols.find("PG403", f"parameter {param.name!r} is not used", param, severity="note")
