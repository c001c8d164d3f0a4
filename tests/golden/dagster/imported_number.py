"""The pipeline imported_number as a Dagster job."""

# Made by pipeglot from pipeline "imported_number", digest d6681afbdfc1.

import calendar
import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


class ImportedNumberParams(dg.ConfigurableResource):
    year: int = 2028


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="imported_number__isleap")
def isleap_op(params: ImportedNumberParams):
    """Return True for leap years, False for non-leap years."""
    return json_io(calendar.isleap)(year=params.year)


@dg.job(resource_defs={"params": ImportedNumberParams.configure_at_launch()})
def imported_number():
    isleap_op.alias("isleap")()


defs = dg.Definitions(jobs=[imported_number])
