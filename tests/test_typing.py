"""Type checkers see through steps and pipelines: what is right passes, and each wrong line is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "typing"
IGNORE = "# mypy: ignore-errors\n"


@pytest.mark.slow
def test_mypy_finds_what_is_wrong_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("mypy.api")
    monkeypatch.chdir(HERE.parent.parent)
    wrong = (HERE / "wrong.py").read_text(encoding="utf-8")
    assert wrong.startswith(IGNORE)
    copy = tmp_path / "wrong_uses.py"
    copy.write_text("\n" + wrong.removeprefix(IGNORE), encoding="utf-8")
    said, trouble, _ = api.run([str(HERE / "right.py"), str(copy)])
    assert trouble == ""
    found = [re.search(r"(\w+)\.py:(\d+): error: .*\[([\w-]+)\]$", line) for line in said.splitlines()]
    errors = sorted((one[1], int(one[2]), one[3]) for one in found if one)
    marked = [
        ("wrong_uses", number, code)
        for number, line in enumerate(wrong.splitlines(), start=1)
        for code in line.partition("# <- ")[2].split()
    ]
    assert errors == sorted(marked)
