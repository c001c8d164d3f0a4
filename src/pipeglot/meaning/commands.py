"""How commands are run as steps. Backends print `run_command` into the files they generate (`meaning/printed.py`)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any


def run_command(words: list[str], given: dict[str, Any]) -> str:
    """Run a command with `given` as environment; the last line of its output."""
    text = {}
    for name, value in given.items():
        text[name] = value if isinstance(value, str) else json.dumps(value)
    env = {**os.environ, **text}
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return (done.stdout.splitlines() or [""])[-1]


def shell_words(script: str) -> list[str]:
    """The command that runs a shell step's script."""
    return ["bash", "-c", script]


def container_words(image: str, command: Sequence[str], variables: Iterable[str]) -> list[str]:
    """The command that runs a container step; the variables' values come from the command's own environment."""
    passed = [word for name in variables for word in ("-e", name)]
    return ["docker", "run", "--rm", *passed, image, *command]
