"""A flow whose task takes the whole process with it, or hangs."""

import os
import subprocess
import time

from prefect import flow, task


@task
def end(how: str):
    print("last words", flush=True)
    if how == "exit":
        os._exit(7)
    subprocess.Popen(["sleep", "4321"], start_new_session=True)
    time.sleep(600)


@flow(name="dies")
def dies(how: str = "exit"):
    end.submit(how).wait()
