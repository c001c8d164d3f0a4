"""The pipeline tolerant as a Dagster job."""

# Made by pipeglot from pipeline "tolerant", digest d40480b71733.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

FILES = {"letter.txt": "dear all", "poem.txt": "the sea, the sea", "scan.txt": "\ufffd"}


def find_files(suffix: str) -> list[str]:
    """What there is to measure is known only at run time."""
    return sorted(name for name in FILES if name.endswith(suffix))


def read(name: str) -> str:
    if "\ufffd" in FILES[name]:
        raise ValueError(f"{name} is not text")
    return FILES[name]


def count_words(text: str) -> int:
    return len(text.split())


def total(counts: list[int]) -> int:
    return sum(counts)


class TolerantParams(dg.ConfigurableResource):
    suffix: str = ".txt"


# golden: shared/json_io.py


def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="tolerant__find_files")
def find_files_op(params: TolerantParams):
    """What there is to measure is known only at run time."""
    return json_io(find_files)(suffix=params.suffix)


@dg.op(name="tolerant__each_name", out=dg.DynamicOut())
def each_name_op(find_files):
    for index, item in enumerate(find_files):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="tolerant__read", tags={"pipeline/max_parallel": "read"})
def read_op(context: dg.OpExecutionContext, name):
    try:
        return json_io(read)(name=name)
    except Exception as error:
        return tolerated(context, error, "")


@dg.op(name="tolerant__count_words", tags={"pipeline/max_parallel": "count_words"})
def count_words_op(text):
    return json_io(count_words)(text=text)


@dg.op(name="tolerant__total")
def total_op(counts):
    return json_io(total)(counts=counts)


@dg.job(
    resource_defs={"params": TolerantParams.configure_at_launch()},
    description="`read` of the bad file is still recorded as failed, but tolerated: its text is empty.",
    executor_def=dg.multiprocess_executor.configured(
        {
            "tag_concurrency_limits": [
                {"key": "pipeline/max_parallel", "value": "read", "limit": 2},
                {"key": "pipeline/max_parallel", "value": "count_words", "limit": 2},
            ],
        },
    ),
)
def tolerant():
    find_files = find_files_op.alias("find_files")()
    each_name = each_name_op.alias("each_name")(find_files=find_files)

    def one_name(name):
        read = read_op.alias("read")(name=name)
        count_words = count_words_op.alias("count_words")(text=read)
        return count_words

    count_words = each_name.map(one_name)
    total_op.alias("total")(counts=count_words.collect())


defs = dg.Definitions(jobs=[tolerant])
