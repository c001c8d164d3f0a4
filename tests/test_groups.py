"""What `./dev check` and a developer with one engine count on: the tests of a file run in one process, so that what they share
is made once; and a test is marked with the engines that it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeglot import engines
from pipeglot.engines import EngineStatus
from tests import conftest
from tests.conftest import TARGETS, engines_of


def test_xdist_knows_the_group_of_every_test(request: pytest.FixtureRequest) -> None:
    # xdist reads the group from the end of the id, and sends tests anywhere, without a word, when it is not there.
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("pytest -n 2 --dist loadgroup")
    assert request.node.nodeid.endswith("@test_groups")


@dataclass
class Item:
    """A test with an `engine` marker and parameters."""

    arguments: tuple[str, ...] | None = ()
    params: dict[str, object] = field(default_factory=dict)

    @property
    def callspec(self) -> SimpleNamespace:
        return SimpleNamespace(params=self.params)

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return None if self.arguments is None else pytest.Mark(name, self.arguments, {}, _ispytest=True)


@pytest.mark.parametrize(
    ("item", "needed"),
    [
        (Item(None, {"target": "kfp"}), ()),
        (Item(), TARGETS),
        (Item(("dagster",)), ("dagster",)),
        (Item(params={"name": "kfp", "target": "airflow"}), ("airflow",)),
        (Item(params={"old": "prefect:flows.py:night", "new": "airflow"}), ("airflow", "prefect")),
    ],
)
def test_a_test_needs_the_engines_that_its_marker_or_its_parameters_name(item: Any, needed: tuple[str, ...]) -> None:
    assert engines_of(item) == needed


def test_tests_of_one_engine_run_where_no_other_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_kfp() -> list[EngineStatus]:
        return [EngineStatus(one, "1", "", Path("python") if one == "kfp" else None, Path()) for one in TARGETS]

    monkeypatch.setattr(engines, "list_engines", only_kfp)
    monkeypatch.delenv("PIPEGLOT_REQUIRE_ENGINES", raising=False)
    runs: Any = Item(params={"target": "kfp"})
    conftest.pytest_runtest_setup(runs)
    two: Any = Item(params={"old": "kfp", "new": "dagster"})
    with pytest.raises(pytest.skip.Exception, match="install dagster"):
        conftest.pytest_runtest_setup(two)
    monkeypatch.setenv("PIPEGLOT_REQUIRE_ENGINES", "1")
    conftest.pytest_runtest_setup(two)
