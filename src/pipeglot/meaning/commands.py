"""How commands (`meaning/words.py`) are run as steps. Backends print `run_command` into the files they generate
(`meaning/printed.py`)."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any


def run_command(words: list[str], given: dict[str, Any]) -> str:
    """Run a command with `given` as environment; the last line of its output."""
    text = {}
    for name, value in given.items():
        text[name] = value if isinstance(value, str) else json.dumps(value)
    env = {**os.environ, **text}
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return (done.stdout.splitlines() or [""])[-1]
