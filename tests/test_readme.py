"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIPEGLOT = [sys.executable, "-m", "pipeglot"]


def block(title: str) -> str:
    """The code block under the comment `<!-- title -->`."""
    found = re.search(
        rf"<!-- {re.escape(title)} -->\n```\w*\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert found, title
    return found[1]


def pipeglot(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PIPEGLOT, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_the_first_example_is_whole(tmp_path: Path) -> None:
    (tmp_path / "nightly.py").write_text(block("nightly.py"))
    ran = pipeglot("run", "nightly.py", "-p", "least=0.99", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert 'result: "the model there was"' in ran.stdout
    for target in ("airflow", "prefect"):
        assert pipeglot("compile", "nightly.py", "--target", target, cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_the_first_example_passes_the_type_checker(tmp_path: Path) -> None:
    (tmp_path / "nightly.py").write_text(block("nightly.py"))
    typed = subprocess.run([sys.executable, "-m", "mypy", "--strict", "nightly.py"], cwd=tmp_path, check=False)
    assert typed.returncode == 0


def test_the_mistake_is_answered_as_shown(tmp_path: Path) -> None:
    right = block("nightly.py")
    wrong = right.replace("with when(best >= least):", "if best >= least:").replace("with otherwise():", "else:")
    (tmp_path / "nightly.py").write_text(wrong)
    checked = pipeglot("check", "nightly.py", cwd=tmp_path)
    assert checked.returncode == 2
    assert block("the mistake") in checked.stdout + checked.stderr


def test_the_compiled_flow_is_as_shown() -> None:
    title = "pipeglot compile examples/nested_branching.py --target prefect --stdout"
    assert block(title) in pipeglot(*title.split()[1:]).stdout


@pytest.mark.engine("prefect")
def test_the_run_ends_as_shown() -> None:
    title = "pipeglot run examples/nested_branching.py --on prefect"

    def masked(text: str) -> str:
        return re.sub(r"\d+\.\d s", "N s", text)

    assert masked(pipeglot(*title.split()[1:]).stdout).endswith(masked(block(title)))


@pytest.mark.engine("airflow", "prefect")
def test_the_dry_run_ends_as_shown(tmp_path: Path) -> None:
    title = "pipeglot migrate dry-run examples/nested_branching.py --old airflow --new prefect"
    ran = pipeglot(*title.split()[1:], "--out", str(tmp_path), "--history", str(tmp_path / "history.sqlite"))
    assert ran.returncode == 0, ran.stderr
    assert re.sub(r"\d+\.\d s", "N s", block(title)) in re.sub(r"\d+\.\d s", "N s", ran.stdout)
    assert (tmp_path / "report.html").exists()
