"""A job whose op takes the whole process with it, or hangs."""

import os
import subprocess
import time

import dagster as dg


class Params(dg.ConfigurableResource):
    how: str = "exit"


@dg.op
def end(params: Params):
    print("last words", flush=True)
    if params.how == "exit":
        os._exit(7)
    subprocess.Popen(["sleep", "4321"], start_new_session=True)
    time.sleep(600)


@dg.job(resource_defs={"params": Params.configure_at_launch()})
def dies():
    end()


defs = dg.Definitions(jobs=[dies])
