"""A slice of the mutants: whatever is changed in an old side, a dry-run says so, or says that it could not show."""

from __future__ import annotations

from tests.mutants.draw import drawn
from tests.mutants.judging import judged


def wrong(engine: str, count: int, seed: int) -> tuple[list[str], list[str]]:
    """Those that were missed, and those that were found at another call."""
    found = list(judged(engine, drawn(engine, count, seed)))
    missed = [str(one) for one in found if one.outcome == "missed"]
    return missed, [str(one) for one in found if one.outcome == "elsewhere"]


def test_an_edited_record_is_found_and_named() -> None:
    missed, elsewhere = wrong("records", 120, 1)
    assert not missed and not elsewhere


def test_mutants_are_drawn_by_seed_and_of_every_area() -> None:
    names = [one.name for one in drawn("prefect", 45, 3)]
    assert names == [one.name for one in drawn("prefect", 45, 3)] != [one.name for one in drawn("prefect", 45, 4)]
    assert len({name.split()[0] for name in names}) >= 30
