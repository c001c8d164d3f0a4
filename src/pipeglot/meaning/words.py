"""The words of the commands that steps of shells and containers are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def shell_words(script: str) -> list[str]:
    """The command that runs a shell step's script."""
    return ["bash", "-c", script]


def container_words(image: str, command: Sequence[str], variables: Iterable[str]) -> list[str]:
    """The command that runs a container step; the variables' values come from the command's own environment."""
    passed = [word for name in variables for word in ("-e", name)]
    return ["docker", "run", "--rm", *passed, image, *command]
