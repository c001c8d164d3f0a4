"""The pipeline retries_wait."""

# Made by pipeglot from pipeline "retries_wait", digest e0236a89b96b.

import functools
import json
import os
import time
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def waited(key: str, seconds: list[float]) -> list[bool]:
    """Fails before each of the waits, and says of each whether it was long enough."""
    log = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    with log.open("a") as file:
        file.write(f"{time.time()}\n")
    attempts = [float(line) for line in log.read_text().split()]
    if len(attempts) <= len(seconds):
        raise RuntimeError(f"attempt {len(attempts)}")
    gaps = [attempts[n + 1] - attempts[n] for n in range(len(seconds))]
    return [gap >= least for gap, least in zip(gaps, seconds, strict=True)]


# golden: shared/json_io.py


with DAG(dag_id="retries_wait", schedule=None, catchup=False) as dag:

    @task(task_id="waited", retries=2, retry_delay=timedelta(seconds=1))
    def waited_task():
        return json_io(waited)(key="f", seconds=[1.0, 1.0])

    waited_task()


if __name__ == "__main__":
    dag.test()
