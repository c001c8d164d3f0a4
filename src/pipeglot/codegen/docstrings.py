"""An author's words as docstrings of generated code: only where they are one line that means itself there."""

from __future__ import annotations

from pipeglot.codegen.code import Code
from pipeglot.codegen.names import identifier
from pipeglot.core.ir import Pipeline

LONGEST = 78


def is_plain(text: str) -> bool:
    """Whether a text can be a line of a docstring and means itself there."""
    return bool(text) and text.isprintable() and text == text.strip() and not any(char in text for char in '\\"')


def fits_docstring(text: str) -> bool:
    """Whether a text can be all of a function's docstring."""
    return is_plain(text) and len(text) <= LONGEST


def docstring(text: str) -> list[Code]:
    """The line of a function's docstring, if the text can be one.

    >>> docstring("Load it."), docstring("Two" + chr(10) + "lines")
    (['    \"\"\"Load it.\"\"\"'], [])
    """
    return [Code(f'    """{text}"""')] if fits_docstring(text) else []


def title(pipeline: Pipeline, made: str) -> str:
    """What a file says of itself: the first line of the description, else a plain sentence about what is `made`."""
    first = pipeline.description.strip().partition("\n")[0].strip()
    return first if is_plain(first) and len(first) <= 80 else f"The pipeline {identifier(pipeline.name)} as {made}."
