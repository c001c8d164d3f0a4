"""What all tests share: the `--golden` switch, engines that may be absent, and Hypothesis's settings."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from pipeglot import backends, engines

TARGETS = tuple(backends.TARGETS)

collect_ignore = ["golden", "data", "inspect", "served", "kfp_sdk.py", "plugin", "typing/wrong.py"]
collect_ignore += [f"distributed/{name}.py" for name in ("airflow_celery", "pod_schema", "prefect_workers")]
"""Code for engines that are not installed here, and code that is wrong on purpose."""


THOROUGH = os.environ.get("PIPEGLOT_THOROUGH") == "1"
"""Whether all is tried, as under `./dev check-all`; elsewhere samples do."""


def examples(count: int) -> int:
    """How many examples Hypothesis draws: all, or a quarter."""
    return count if THOROUGH else max(1, count // 4)


def some_of(
    name: str, values: Sequence[str], other: str, others: Sequence[str], one_in: int = 3
) -> pytest.MarkDecorator:
    """All combinations of two parameters; of every value and every other one some, the rest is slow."""
    return pytest.mark.parametrize(
        (name, other),
        [
            pytest.param(value, each, marks=pytest.mark.slow if (row + column) % one_in else ())
            for row, value in enumerate(values)
            for column, each in enumerate(others)
        ],
    )


def first(values: Iterable[Any], keep: int = 1) -> list[Any]:
    """The values of a parameter of which all but the first are slow: what tries one more of a kind and costs seconds."""
    told = [value if isinstance(value, tuple) else (value,) for value in values]
    return [pytest.param(*each, marks=pytest.mark.slow if number >= keep else ()) for number, each in enumerate(told)]


settings.register_profile(
    "pipeglot",
    deadline=None,
    print_blob=True,
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow],
)
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


def pytest_configure(config: pytest.Config) -> None:
    for target in TARGETS:
        config.addinivalue_line("markers", f"{target}: runs on {target}; `pytest -m {target}` needs no other engine")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test with the engines that it runs on, and as `slow` what needs more than engines. Tests of a file that share
    a batch of an engine stay in one process (`pytest -n 2 --dist loadgroup`)."""
    for target in engines_of(item):
        item.add_marker(target.partition("@")[0])
    if (
        item.get_closest_marker("browser")
        or item.get_closest_marker("distributed")
        or "server" in parameters(item).values()
    ):
        item.add_marker("slow")
    own = parameters(item).get("target")
    item.add_marker(pytest.mark.xdist_group(item.path.stem + (f"-{own}" if isinstance(own, str) else "")))


def pytest_collection_finish() -> None:
    """What is collected stays: nobody looks again and again for garbage in it."""
    gc.collect()
    gc.freeze()


def parameters(item: pytest.Item) -> dict[str, object]:
    """What a parametrized test is given."""
    params: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    return params


def engines_of(item: pytest.Item) -> tuple[str, ...]:
    """The engines that a test needs: those its marker names, else those among its parameters, else all."""
    marker = item.get_closest_marker("engine")
    if marker is None:
        return ()
    given = parameters(item)
    values = [given["target"]] if given.get("target") in TARGETS else given.values()
    found = [str(value).partition(":")[0] for value in values if isinstance(value, str)]
    return marker.args or tuple(target for target in TARGETS if target in found) or TARGETS


def engines_required() -> bool:
    """Under `./dev check` a missing engine is a failure, elsewhere a skipped test."""
    return os.environ.get("PIPEGLOT_REQUIRE_ENGINES") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    needed = engines_of(item)
    if not needed or engines_required():
        return
    missing = [status.name for status in engines.list_engines() if status.python is None and status.name in needed]
    if missing:
        pytest.skip(f"pipeglot engines install {' '.join(missing)}")
