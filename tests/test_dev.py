"""The task file: what documents name is a task, CI runs all that there is, and the extra `dev` is for every Python."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PYTHONS = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)]


def test_every_task_that_documents_name_is_listed() -> None:
    listed = subprocess.run(["./dev", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tasks = set(re.findall(r"^  ([a-z-]+)\b", listed, re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"\./dev ([a-z-]+)", (ROOT / page).read_text("utf-8")))
        assert named - tasks == {"help"} & named, page
    assert {"check", "check-all", "unit", "mutants", "wheel"} <= tasks


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "docs/house.md", "docs/glossary.md", "docs/decisions/0011-house.md"]
)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = re.findall(r"`([a-z_]+(?:/[\w.-]+)+(?:\.py|/))`", (ROOT / page).read_text("utf-8"))
    roots = (ROOT, ROOT / "src", ROOT / "src" / "pipeglot")
    assert named or page == "docs/glossary.md"
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


def test_ci_runs_all_tests_and_the_wheel() -> None:
    assert (ROOT / ".ci" / "run").read_text().split("\n")[-2].endswith('/../dev" check-all')
    [body] = re.findall(r"^check-all\)\n(.*?);;", (ROOT / "dev").read_text(), re.MULTILINE | re.DOTALL)
    assert [line.split("#")[0].strip() for line in body.strip().split("\n")] == [
        "setup",
        "static",
        "require_engines",
        "releases",
        "services",
        'PIPEGLOT_THOROUGH=1 parallel "$@"',
        "python -m tests.wheel",
    ]


@pytest.mark.parametrize("python", PYTHONS)
def test_what_needs_a_newer_python_than_ours_is_asked_for_only_there(python: str) -> None:
    assert PYTHONS == ["3.10", "3.11", "3.12", "3.13"]
    needed = map(Requirement, [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]])
    found = {each.name for each in needed if each.marker is None or each.marker.evaluate({"python_version": python})}
    assert ("import-linter" in found) == (python != "3.10")
    assert {"pydantic", "pytest", "pyarrow", "mypy"} <= found
