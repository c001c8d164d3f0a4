"""What all tests share: the `--golden` switch, engines that may be absent, and Hypothesis's settings."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

collect_ignore = ["golden", "data", "inspect", "served", "kfp_sdk.py", "plugin", "typing/wrong.py"]
collect_ignore += [f"distributed/{name}.py" for name in ("airflow_celery", "pod_schema", "prefect_workers")]
"""Code for engines that are not installed here, and code that is wrong on purpose."""

settings.register_profile("pipeglot", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pipeglot")


# What a shell starts in the background ignores interrupts, and so would all that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--golden"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the project."""
    return Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's own terminal says must not change what tests see."""
    for name in ("NO_COLOR", "FORCE_COLOR", "PIPEGLOT_DEBUG"):
        monkeypatch.delenv(name, raising=False)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What shares a batch of an engine stays in one process (`pytest -n 2 --dist loadgroup`): the tests of a file, of the
    conformance suite those of a target."""
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    target = f"-{params['target']}" if item.path.stem == "test_conformance" and "target" in params else ""
    item.add_marker(pytest.mark.xdist_group(item.path.stem + target))


def engines_required() -> bool:
    """Under `./dev check` a missing engine is a failure, elsewhere a skipped test."""
    return os.environ.get("PIPEGLOT_REQUIRE_ENGINES") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("engine") is None or engines_required():
        return
    from pipeglot.engines import list_engines

    missing = [status.target for status in list_engines() if status.python is None]
    if missing:
        pytest.skip(f"pipeglot engines install {' '.join(missing)}")
