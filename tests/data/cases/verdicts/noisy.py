import os, random, time, uuid
from datetime import datetime
from pathlib import Path
from typing import Any
from pipeglot import collect, continue_, each, pipeline, run, step


@step
def stamp() -> dict[str, Any]:
    return {
        "at": datetime.now().isoformat(),
        "id": str(uuid.uuid4()),
        "x": random.random(),
        "v": 3,
        "rows": [{"k": i, "at": time.time_ns() % 10**9, "v": i} for i in range(5)],
    }


@step
def tags() -> list[str]:
    t = ["a", "b", "c", "d", "e", "f"]
    random.shuffle(t)
    return t


@step
def length() -> list[int]:
    return list(range(random.randint(3, 9)))


@step
def use(s: dict[str, Any]) -> int:
    return s["v"] * 2


@pipeline
def noisy() -> int:
    s = stamp()
    tags()
    length()
    return use(s)
