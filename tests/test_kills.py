"""A dry-run that is killed or interrupted at any moment leaves no process, no half-written file and no false verdict."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.kills import TARGETS, VICTIMS, Round, rounds, struck
from tests.test_engines import installed


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize(
    "one",
    [
        Round(n, *pair, VICTIMS[n % len(VICTIMS)], 0.6)
        for n, pair in enumerate(zip(TARGETS, (*TARGETS[1:], TARGETS[0]), strict=True))
    ],
    ids=str,
)
def test_a_blow_in_the_middle_of_a_dry_run(one: Round, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("looks into /proc")
    for target in (one.old, one.new):
        installed(target)
    assert struck(one, tmp_path, {})


def test_rounds_are_drawn_by_seed_and_strike_all_that_can_be_struck() -> None:
    drawn = rounds(200, 3)
    assert drawn == rounds(200, 3) != rounds(200, 4)
    assert {one.victim for one in drawn} == set(VICTIMS)
    assert len({(one.old, one.new) for one in drawn}) == len(TARGETS) * (len(TARGETS) - 1)
