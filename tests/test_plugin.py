"""A backend from another package is a target like ours: found, shown, compiled, installed, run and measured.

The package in `plugin/` is built and installed into an environment of its own, without a network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

import pipeglot
from pipeglot.conformance import corpus
from pipeglot.conformance.report import ConformanceReport
from pipeglot.core.features import FEATURES
from pipeglot.engines.environment import python_of

pytestmark = pytest.mark.slow

PLUGIN = Path(__file__).parent / "plugin"

SHELL = """
from pipeglot import pipeline, shell

@shell('echo "hello, $name"')
def hello(name: str) -> None: ...

@pipeline
def greeting(name: str = "you") -> str:
    return hello(name)
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def uv(*arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uv", *map(str, arguments)], capture_output=True, text=True, cwd=PLUGIN, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plug-in and its engine as wheels."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in (PLUGIN, PLUGIN / "engine"):
        uv("build", "--quiet", "--offline", "--wheel", "--out-dir", folder, project)
    return folder


@pytest.fixture(scope="module")
def python(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the plug-in and its engine, that sees pipeglot and what it depends on."""
    folder = tmp_path_factory.mktemp("plugin") / "env"
    uv("venv", "--quiet", "--no-project", "--offline", "--python", sys.executable, folder)
    made = python_of(folder)
    uv("pip", "install", "--quiet", "--offline", "--no-deps", "--python", made, *wheels.glob("*.whl"))
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([made, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    ours = [Path(pipeglot.__file__).parents[1], sysconfig.get_path("purelib")]
    Path(site, "ours.pth").write_text("".join(f"{path}\n" for path in ours))
    return made


@pytest.fixture
def run(python: Path, wheels: Path, tmp_path: Path) -> Run:
    """`pipeglot` in that environment, in an empty folder, with a cache of its own and no package index."""
    home = {"PIPEGLOT_HOME": str(tmp_path / "home"), "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(wheels)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "pipeglot", *arguments],
            cwd=tmp_path,
            env={**os.environ, **home},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_suite_runs_on_it_and_finds_it_as_good_as_its_table(run: Run, python: Path, tmp_path: Path) -> None:
    done = run("conformance", "--target", "pyscript", "--engine-python", str(python), "--json", "report.json")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith(tuple(FEATURES.values()))]
    assert len(rows) >= len(FEATURES)
    assert (
        "notimpl" in done.stdout
        and "PG217 pyscript does not support retries with a delay: a task has one attempt" in done.stdout
    )
    report = ConformanceReport.from_json((tmp_path / "report.json").read_text("utf-8"))
    assert (report.engine, report.engine_version) == ("scriptrunner", "1.0.0")
    assert [case.id for case in report.cases] == [case.id for case in corpus.cases()]
    executed = {case.id for case in report.cases if case.evidence == "executed"}
    assert {"chain", "if_without_else", "after_orders_without_value", "imported_text", "includes"} <= executed
    assert {case.id for case in report.cases if case.outcome == "refused"} > {"runtime", "retries_that_help", "nightly"}


def test_the_suite_finds_the_mistake_of_a_wrong_backend(run: Run, python: Path) -> None:
    done = run("conformance", "--target", "pyscript-wrong", "--engine-python", str(python), "-k", "call")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "diverged independent_roots: " in done.stdout
    assert "r2: 'failed' -> 'succeeded'" in done.stdout


def test_it_stands_beside_our_targets_as_not_measured(run: Run) -> None:
    table = run("targets").stdout.splitlines()
    assert "pyscript" in table[0].split() and "native ?" in table[1]
    data = json.loads(run("targets", "--json").stdout)
    assert data["targets"]["pyscript"]["merge"]["ability"] == "notimpl"


def test_it_compiles(run: Run, tmp_path: Path) -> None:
    (tmp_path / "greeting.py").write_text(SHELL)
    done = run("compile", "greeting.py", "--target", "pyscript", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert 'Script("greeting"' in (tmp_path / "out" / "script.py").read_text("utf-8")
    refused = run("check", "greeting.py", "--target", "pyscripts")
    assert refused.returncode == 2 and "did you mean 'pyscript'" in refused.stderr


def test_its_engine_is_installed_and_runs_a_pipeline(run: Run, tmp_path: Path) -> None:
    (tmp_path / "greeting.py").write_text(SHELL)
    without = run("run", "greeting.py", "--on", "pyscript")
    assert without.returncode == 3 and "pipeglot engines install pyscript" in without.stderr
    installed = run("engines", "install", "pyscript")
    assert installed.returncode == 0, installed.stderr
    assert "pyscript 1.0.0: ready" in installed.stdout
    assert "pyscript: ok" in run("engines", "doctor", "pyscript").stdout
    assert "pyscript" in run("engines", "list").stdout
    done = run("run", "greeting.py", "--on", "pyscript", "-p", "name=all", "--record", "record.json")
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "record.json").read_text("utf-8"))
    assert (record["engine"], record["result"]) == ("scriptrunner", "hello, all")
    served = run("run", "greeting.py", "--on", "pyscript", "--mode", "server")
    assert served.returncode == 3 and "pyscript has no mode 'server' here" in served.stderr
