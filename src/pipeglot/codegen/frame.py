"""Frames of generated files: Jinja2 templates that give a file its shape and print finished code only."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jinja2

from pipeglot.codegen.code import Code, joined


def _only_code(value: Any) -> str:
    """Quoting inside a template fails on ordinary input (`o'brien`), so a template may print nothing but Code."""
    if isinstance(value, Code):
        return value
    raise TypeError(f"a template printed a bare {type(value).__name__}: {value!r}")


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("pipeglot", "templates"),
        finalize=_only_code,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render_frame(template: str, **parts: Any) -> Code:
    """The text of `templates/<template>` with finished parts; TypeError when it would print anything but Code."""
    return joined(_environment().get_template(template).generate(**parts), "")
