"""Pipelines that were written for KFP's SDK, as an old side: equivalent to their ports, or inconclusive with the reason."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from pipeglot.author.read import read
from pipeglot.backends import compile as compile_for
from pipeglot.backends.base import EngineRun
from pipeglot.compare.records import compare
from pipeglot.core.diagnostic import EngineError
from pipeglot.core.ir import Pipeline
from pipeglot.core.params import resolve_params
from pipeglot.core.record import Record
from pipeglot.engines import process as engine
from pipeglot.meaning.run import execute
from pipeglot.migrate.dryrun import DryRunOptions, dry_run
from pipeglot.migrate.native import as_record
from pipeglot.migrate.sides import LocalSide, side
from tests.test_engines import installed

HERE = Path(__file__).parent / "data" / "cases" / "native" / "kfp"
SPECS = ("single", "gate", "files", "loop", "boxes", "extras")
MODULES = ("named", "paths", "items", "ends")


def port(name: str) -> Pipeline:
    return read(f"{HERE / ('new_more.py' if name in MODULES else 'new.py')}:{name}").pipeline


@lru_cache
def outcomes(folder: Path) -> dict[str, EngineRun | EngineError]:
    """All of them in one process of the engine: specifications that the SDK made, and files of the SDK."""
    python = installed("kfp")
    subprocess.run([str(python), str(HERE / "defs.py")], cwd=folder, check=True, capture_output=True, timeout=120)
    jobs = [engine.Job(folder, f"{name}.yaml", name) for name in SPECS]
    jobs += [engine.Job(HERE, "more.py", name, defaults=resolve_params(port(name), {})) for name in MODULES]
    root = {"ARTIFACT_ROOT": str(folder)}
    jobs = [replace(job, env=root) for job in jobs]
    found = engine.execute("kfp", jobs, python=python, timeout=120)
    return dict(zip((*SPECS, *MODULES), found, strict=True))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, EngineRun | EngineError]:
    return outcomes(tmp_path_factory.mktemp("kfp"))


def local(pipeline: Pipeline, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    monkeypatch.setenv("ARTIFACT_ROOT", str(folder))
    return execute(pipeline)


@pytest.mark.engine("kfp")
@pytest.mark.parametrize(
    ("name", "outputs"),
    [("single", 2), ("gate", 1), ("files", 1), ("loop", 3), ("named", 3), ("paths", 2), ("items", 2), ("ends", 0)],
)
def test_a_pipeline_of_the_sdk_agrees_with_its_port(
    name: str,
    outputs: int,
    ran: dict[str, EngineRun | EngineError],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = ran[name]
    assert isinstance(run, EngineRun), run
    record = as_record(port(name), run, {}, None).record
    assert compare(record, local(port(name), tmp_path, monkeypatch)) == []
    known = [
        call for call in record.calls if call.state == "succeeded" and call.output_known and call.output is not None
    ]
    assert len(known) == outputs, "what the engine kept is compared, and nothing else is"


@pytest.mark.engine("kfp")
def test_values_that_differ_are_found(ran: dict[str, EngineRun | EngineError]) -> None:
    made = port("named")
    (code,) = (chunk for chunk in made.code if chunk.names == ("rows",))
    other = replace(code, text=code.text.replace("range(n)", "range(n + 1)"))
    changed = replace(made, code=tuple(other if each is code else each for each in made.code))
    run = ran["named"]
    assert isinstance(run, EngineRun)
    found = compare(as_record(changed, run, {}, None).record, execute(changed))
    assert {difference.call for difference in found} >= {"rows", "total"}


@pytest.mark.engine("kfp")
@pytest.mark.parametrize(("name", "code", "told"), [("boxes", "PG324", "alpine"), ("extras", "PG307", "cowsay==6.1")])
def test_what_cannot_be_run_here_says_why(
    name: str, code: str, told: str, ran: dict[str, EngineRun | EngineError]
) -> None:
    error = ran[name]
    assert isinstance(error, EngineError)
    assert [each.code for each in error.diagnostics] == [code]
    assert told in error.diagnostics[0].message and error.diagnostics[0].help


@pytest.mark.engine("kfp")
def test_a_dry_run_with_what_cannot_be_run_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    installed("kfp")
    monkeypatch.chdir(HERE)
    found = dry_run(port("boxes"), side(f"kfp:{HERE / 'defs.py'}:boxes"), LocalSide(), DryRunOptions())
    assert found.verdict == "inconclusive"
    assert "alpine" in found.why
    assert os.listdir(HERE).count("boxes.yaml") == 0, "what the file does when it is loaded, it does in the sandbox"


@pytest.mark.engine("kfp")
def test_what_compiled_code_gives_is_compared_as_a_specification_and_as_a_file_of_the_sdk(tmp_path: Path) -> None:
    """Not only no difference: all outputs are known."""
    python = installed("kfp")
    made = read(str(Path(__file__).parents[1] / "examples" / "nested_branching.py")).pipeline
    compiled = compile_for(made, "kfp", options={"emit": "dsl"})
    for name, text in compiled.files.items():
        (tmp_path / name).write_text(text)
    jobs = [engine.Job(tmp_path, entry, compiled.name) for entry in (compiled.entry, "nested_branching_pipeline.py")]
    for run in engine.execute("kfp", jobs, python=python, timeout=60):
        assert isinstance(run, EngineRun), run
        record = as_record(made, run, {}, None).record
        assert compare(record, execute(made)) == []
        assert [call.id for call in record.calls if call.state == "succeeded" and call.output] == [
            "read_ticket",
            "page_engineer",
            "close",
        ]
