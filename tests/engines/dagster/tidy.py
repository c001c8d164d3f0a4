"""A hand-written job that reads a module beside it, a variable and a folder of the caller."""

import os

import dagster as dg
from beside import greeting
from elsewhere import NAME


class Params(dg.ConfigurableResource):
    times: int = 1


@dg.op
def greet(params: Params):
    return [f"{greeting()} {NAME} {os.environ['WHOM']}"] * params.times


@dg.job(resource_defs={"params": Params.configure_at_launch()})
def tidy():
    greet()


defs = dg.Definitions(jobs=[tidy])
