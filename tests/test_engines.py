"""The engines' environments: where they lie, that none is half made, what is said when one does not do."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
from pathlib import Path

import pytest

from pipeglot import engines
from pipeglot.backends.base import dotted, release_of
from pipeglot.core.diagnostic import CODES, EngineError
from pipeglot.engines import environment
from tests.conftest import engines_required

RELEASES = [one.at(dotted(release)).name for one in engines.specs() for release in one.releases]
"""Every measured release of every engine, as users name them."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no package index: what needs one fails at once."""
    monkeypatch.setenv("PIPEGLOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return tmp_path / "home"


def only(error: pytest.ExceptionInfo[EngineError], code: str) -> str:
    """The message and help of the one diagnostic, which must have that (registered) code."""
    [found] = error.value.diagnostics
    assert (found.code, found.severity) == (code, "error")
    assert code in CODES
    return f"{found.message}\n{found.help}"


def installed(target: str) -> Path:
    """The engine's Python; without it the test is skipped, or fails where engines are required."""
    try:
        return engines.find(target).python
    except EngineError:
        if engines_required():
            raise
        pytest.skip(f"{target} is not installed: pipeglot engines install {target}")


def fake_python(folder: Path, script: str) -> Path:
    """A program that stands for an engine's Python."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "python"
    file.write_text(f"#!{sys.executable}\n{script}")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"PIPEGLOT_HOME": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/pipeglot"),
        ({"PIPEGLOT_HOME": "", "XDG_CACHE_HOME": "/b"}, "/b/pipeglot"),
    ],
)
def test_the_cache_folder_is_the_users_choice(environ: dict[str, str], expected: str) -> None:
    assert environment.home(environ) == Path(expected)


@pytest.mark.parametrize("name", RELEASES)
def test_constraints_are_plain_pinned_lines_of_the_release_that_they_are_called_by(name: str) -> None:
    spec = engines.spec(name)
    pinned = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+( ; [\w .'<>=!*()]+)?")
    lines = spec.pins.splitlines()
    assert len(lines) > 30
    assert [line for line in lines if not pinned.fullmatch(line)] == []
    assert release_of(spec.version) == spec.release


def test_prefect_is_pinned_below_what_breaks_its_server() -> None:
    pins = dict(line.split(" ;")[0].split("==") for line in engines.spec("prefect").pins.splitlines())
    assert release_of(pins["fastapi"]) < (0, 150)
    assert release_of(pins["sqlalchemy"]) < (2, 1)


def test_an_unknown_engine_is_named_with_the_known_ones() -> None:
    with pytest.raises(EngineError) as error:
        engines.spec("luigi")
    assert "airflow, dagster, kfp, prefect" in only(error, "PG300")


def test_an_engine_that_is_not_installed_says_how_to_install_it(home: Path) -> None:
    with pytest.raises(EngineError) as error:
        engines.find("airflow")
    assert "pipeglot engines install airflow" in only(error, "PG301")
    assert [each.python for each in engines.list_engines()] == [None] * len(RELEASES)
    assert [each.code for each in engines.doctor("prefect")] == ["PG301"]


def test_a_failed_install_leaves_nothing_that_could_be_used(home: Path) -> None:
    with pytest.raises(EngineError) as error:
        engines.install("prefect")
    assert error.value.diagnostics[0].code in ("PG305", "PG306")
    assert [path for path in (home / "engines").iterdir() if path.is_dir()] == []
    with pytest.raises(EngineError):
        engines.find("prefect")


def test_a_half_made_environment_is_never_used_and_is_made_again(home: Path) -> None:
    folder = home / "half"
    environment.make(folder, "", {"target": "x"})
    assert environment.marker(folder) == {"target": "x"}
    (folder / environment.MARKER).unlink()
    (folder / "left-over").touch()
    assert environment.marker(folder) is None
    environment.make(folder, "", {"target": "y"})
    assert environment.marker(folder) == {"target": "y"}
    assert not (folder / "left-over").exists()


def test_an_environment_whose_python_is_gone_counts_as_not_there(home: Path) -> None:
    folder = home / "old"
    environment.make(folder, "", {})
    environment.python_of(folder).unlink()
    assert environment.marker(folder) is None


def _make(folder: Path, number: int) -> str:
    environment.make(folder, "", {"maker": str(number)})
    found = environment.marker(folder)
    assert found is not None
    return found["maker"]


@pytest.mark.slow
def test_two_processes_that_install_at_once_make_one_environment(home: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        makers = pool.starmap(_make, [(home / "one", 1), (home / "one", 2)])
    assert len(set(makers)) == 1


def test_a_cache_that_cannot_be_written_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PIPEGLOT_HOME", str(tmp_path / "file"))
    with pytest.raises(EngineError) as error:
        engines.install("prefect")
    assert "PIPEGLOT_HOME" in only(error, "PG310")


def test_a_full_disk_is_told_as_such() -> None:
    said = "error: Failed to install: x.whl\n  Caused by: No space left on device (os error 28)\n"
    found = environment._explain(said)
    assert (found.code, "os error 28" in found.message) == ("PG310", True)


def test_a_conflict_names_the_pipelines_own_requirement() -> None:
    said = """  x No solution found when resolving dependencies:
  ╰─▶ Because you require pydantic==2.14.0 and you require pydantic<2, we can conclude that your
      requirements are unsatisfiable.
"""
    found = environment._explain(said)
    named = engines._blame_requirement(engines.spec("airflow"), found, ["pandas", "pydantic<2"])
    assert named.code == "PG306"
    assert named.message.startswith("pydantic<2 cannot be installed beside apache-airflow")
    assert "you require pydantic==2.14.0 and you require pydantic<2" in named.message


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("raise SystemExit(3)", "PG302"),
        ("print('no json')", "PG302"),
        ('print(\'{"python": [3, 11], "version": null}\')', "PG303"),
        ('print(\'{"python": [3, 11], "version": "1.10.15"}\')', "PG304"),
        (
            "import sys\nif 'airflow.sdk' in sys.argv[3]: sys.exit('ImportError: libfoo')\n"
            'print(\'{"python": [3, 11], "version": "3.3.2"}\')',
            "PG303",
        ),
    ],
)
def test_a_given_environment_that_does_not_do_is_refused(tmp_path: Path, script: str, code: str) -> None:
    python = fake_python(tmp_path, script)
    [found] = engines.doctor("airflow", python=python)
    assert (found.code, found.target) == (code, "airflow")
    assert "pipeglot engines install airflow" in found.help


def test_a_given_environment_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert [each.code for each in engines.doctor("prefect", python=tmp_path / "none")] == ["PG302"]


def test_a_given_environment_must_hold_the_packages(tmp_path: Path) -> None:
    script = (
        "import sys\nif len(sys.argv) > 3 and 'packaging' in sys.argv[3]: print('[\"lightgbm>=4\"]')\n"
        'else: print(\'{"python": [3, 11], "version": "3.8.8"}\')'
    )
    python = fake_python(tmp_path, script)
    with pytest.raises(EngineError) as error:
        engines.prepare("prefect", ["lightgbm>=4", "pydantic"], python=python)
    assert "lightgbm>=4" in only(error, "PG307")
    assert engines.prepare("prefect", [], python=python).managed is False


def test_an_engine_python_is_not_resolved_out_of_its_environment(tmp_path: Path) -> None:
    real = fake_python(tmp_path / "real", 'print(\'{"python": [3, 11], "version": "3.8.8"}\')')
    link = tmp_path / "bin" / "python"
    link.parent.mkdir()
    link.symlink_to(real)
    assert engines.find("prefect", python=link).python == link


def test_missing_packages_are_found_by_name_version_and_marker() -> None:
    wanted = ["pydantic>=1", "pydantic>=999", "no-such-thing-1", "no-such-thing-2; python_version < '3'"]
    missing = engines._missing(Path(sys.executable), wanted)
    assert [line.split(" ")[0] for line in missing] == ["pydantic>=999", "no-such-thing-1"]


def test_requirements_files_give_lines_and_refuse_options(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# all\nscikit-learn>=1.6  # models\n\npkg @ https://host/p.whl#sha256=0\n")
    assert engines.read_requirements(file) == ("scikit-learn>=1.6", "pkg @ https://host/p.whl#sha256=0")
    file.write_text("pandas\n-r other.txt\n")
    with pytest.raises(EngineError) as error:
        engines.read_requirements(file)
    assert "requirements.txt:2" in only(error, "PG309")


def test_what_pip_was_told_reaches_uv(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://a/simple\ncert = /ca.pem\n[install]\nfind-links = /w /x\n")
    told = environment.uv_environ({"PIP_CONFIG_FILE": str(config), "PIP_EXTRA_INDEX_URL": "https://b/simple"})
    assert told["UV_DEFAULT_INDEX"] == "https://a/simple"
    assert told["UV_INDEX"] == "https://b/simple"
    assert told["SSL_CERT_FILE"] == "/ca.pem"
    assert told["UV_FIND_LINKS"] == "/w,/x"
    assert told["UV_PYTHON_DOWNLOADS"] == "never"


def test_uvs_own_settings_win_over_pips(tmp_path: Path) -> None:
    told = environment.uv_environ(
        {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": "https://pip/simple",
            "UV_DEFAULT_INDEX": "https://uv/simple",
            "PIP_CERT": "/pip.pem",
            "SSL_CERT_FILE": "/own.pem",
            "VIRTUAL_ENV": "/somewhere",
        }
    )
    assert told["UV_DEFAULT_INDEX"] == "https://uv/simple"
    assert told["SSL_CERT_FILE"] == "/own.pem"
    assert "VIRTUAL_ENV" not in told


def test_engines_are_made_for_python_3_10_to_3_13_only(home: Path, tmp_path: Path) -> None:
    python = fake_python(tmp_path, "print(3, 9)")
    with pytest.raises(EngineError) as error:
        engines.install("airflow", python=python)
    assert "Python 3.10 to 3.13, not 3.9" in only(error, "PG311")


@pytest.mark.engine
@pytest.mark.parametrize("target", [one.target for one in engines.specs()])
def test_the_installed_engine_is_healthy(target: str) -> None:
    assert engines.doctor(target, python=installed(target)) == []


@pytest.mark.engine("prefect")
def test_packages_that_conflict_with_the_engine_are_reported_and_nothing_is_left() -> None:
    installed("prefect")
    before = set((environment.home() / "engines").iterdir())
    with pytest.raises(EngineError) as error:
        engines.prepare("prefect", ["tabulate", "sqlalchemy<2"])
    message = only(error, "PG306")
    assert message.startswith("sqlalchemy<2 cannot be installed beside prefect")
    left = set((environment.home() / "engines").iterdir()) - before
    assert [path for path in left if path.is_dir()] == []


@pytest.mark.engine("prefect")
def test_packages_beside_the_engine_are_installed_once() -> None:
    installed("prefect")
    first = engines.prepare("prefect", ["tabulate>=0.9", "iniconfig"])
    stamp = (first.python.parent.parent / environment.MARKER).stat().st_mtime_ns
    assert first.python != engines.find("prefect").python
    assert engines._missing(first.python, ["tabulate>=0.9", "iniconfig", "prefect==3.8.8"]) == []
    again = engines.prepare("prefect", ["iniconfig", "tabulate>=0.9", "iniconfig"])
    assert again == first
    assert (again.python.parent.parent / environment.MARKER).stat().st_mtime_ns == stamp
    assert json.loads((first.python.parent.parent / environment.MARKER).read_text())["version"] == "3.8.8"
