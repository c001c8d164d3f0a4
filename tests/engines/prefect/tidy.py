"""A hand-written flow that reads a module beside it, a variable and a folder of the caller."""

import os

from beside import greeting
from elsewhere import NAME
from prefect import flow, task


@task(task_run_name="greet")
def greet(times: int):
    return [f"{greeting()} {NAME} {os.environ['WHOM']}"] * times


@flow(name="tidy")
def main(times: int = 1):
    return greet(times)


@flow(name="tidy-async")
async def later(times: int = 1):
    return greet(times)
