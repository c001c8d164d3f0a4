"""A slice of the mutants: whatever is changed in an old side, a dry-run says so, or says that it could not show."""

from __future__ import annotations

import pytest

from pipeglot import backends
from tests.conftest import THOROUGH
from tests.mutants.draw import drawn, sources
from tests.mutants.judging import judged
from tests.test_engines import installed


def test_an_edited_record_is_found_and_named() -> None:
    found = list(judged("records", drawn("records", 120, 1)))
    assert [str(one) for one in found if one.outcome != "right"] == []


def test_a_change_is_found_in_what_it_does_here_or_said_not_to_show() -> None:
    found = list(judged("local", drawn("local", 60 if THOROUGH else 25, 1)))
    assert [str(one) for one in found if one.outcome not in ("right", "said")] == []


@pytest.mark.engine
@pytest.mark.parametrize(
    ("engine", "count", "harmless"), [("airflow", 3, 1), ("prefect", 6, 4), ("dagster", 6, 2), ("kfp", 6, 3)]
)
def test_a_change_of_compiled_code_is_found_or_said_not_to_show_and_a_harmless_one_is_not_reported(
    engine: str, count: int, harmless: int
) -> None:
    installed(engine)
    found = list(judged(engine, [*drawn(engine, count, 1), *drawn(engine, harmless, 1, harmless_ones=True)]))
    changed, unchanged = found[:count], found[count:]
    assert [str(one) for one in changed if one.outcome == "missed"] == []
    assert len([one for one in changed if one.outcome == "elsewhere"]) <= 1
    assert [str(one) for one in unchanged if one.outcome != "missed"] == []


def test_mutants_are_drawn_by_seed_and_of_every_area() -> None:
    names = [one.name for one in drawn("local", 12, 3)]
    assert names == [one.name for one in drawn("local", 12, 3)] != [one.name for one in drawn("local", 12, 4)]
    for engine in backends.TARGETS:
        assert len([name for name, made in sources(engine, False).items() if made]) >= 45
