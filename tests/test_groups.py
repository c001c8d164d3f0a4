"""What `./dev check` counts on: the tests of a file run in one process, so that what they share is made once."""

from __future__ import annotations

import pytest


def test_xdist_knows_the_group_of_every_test(request: pytest.FixtureRequest) -> None:
    # xdist reads the group from the end of the id, and sends tests anywhere, without a word, when it is not there.
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("pytest -n 2 --dist loadgroup")
    assert request.node.nodeid.endswith("@test_groups")
