"""The YAML writer of the target kfp: what any reader gets back is what was written."""

from __future__ import annotations

from typing import Any

import pytest

from pipeglot.backends.kfp.yaml import dump

yaml = pytest.importorskip("yaml")

HARD = [
    *(
        "",
        " ",
        "no",
        "~",
        "null",
        "1",
        "1.0",
        "0x1f",
        "1e5",
        "-",
        "- a",
        "a: b",
        "#c",
        "a #c",
        "'",
        '"',
        "{{$}}",
        "---",
        "...",
    ),
    *(
        "line\nbreak",
        "line\n",
        "\nline",
        "  indented\nmore",
        "tail\n\n",
        "tab\tin\nlines",
        "\r\n",
        "trail \nx",
        "a\n  \nb\n",
    ),
    *(
        "\x00\x1b",
        "\x7f",
        "\x85x",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "ünï 日本 \U0001f600",
        "ünï\n日本\n",
        "x" * 10_000,
        "?",
        "=",
        "<<",
    ),
]


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_any_text_survives_yaml(text: str) -> None:
    key = text[:200]
    data = {"a": {key: text}, "b": [text, {"c": [text, [text]], key: {}}], "d": []}
    assert yaml.safe_load(dump(data)) == data


@pytest.mark.parametrize("value", [0, -1, 2**53, 0.1, 1e300, 5e-324, 1e17, -0.0, True, False, None, [], {}])
def test_any_scalar_survives_yaml(value: Any) -> None:
    read = yaml.safe_load(dump({"a": value, "b": [value]}))
    assert read == {"a": value, "b": [value]}
    assert type(read["a"]) is type(value)
