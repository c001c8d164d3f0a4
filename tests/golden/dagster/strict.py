"""The pipeline strict as a Dagster job."""

# Made by pipeglot from pipeline "strict", digest edb8acb80aaf.

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


class StrictParams(dg.ConfigurableResource):
    suffix: str = ".txt"


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="strict__find_files")
def find_files_op(params: StrictParams):
    """What there is to measure is known only at run time."""
    return json_io(find_files)(suffix=params.suffix)


@dg.op(name="strict__each_name", out=dg.DynamicOut())
def each_name_op(find_files):
    for index, item in enumerate(find_files):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="strict__read")
def read_op(name):
    return json_io(read)(name=name)


@dg.op(name="strict__count_words")
def count_words_op(text):
    return json_io(count_words)(text=text)


@dg.op(name="strict__total")
def total_op(counts):
    return json_io(total)(counts=counts)


@dg.job(
    resource_defs={"params": StrictParams.configure_at_launch()},
    description="`count_words` of the bad file is blocked, its siblings run, and `total` is blocked.",
)
def strict():
    find_files = find_files_op.alias("find_files")()
    each_name = each_name_op.alias("each_name")(find_files=find_files)

    def one_name(name):
        read = read_op.alias("read")(name=name)
        count_words = count_words_op.alias("count_words")(text=read)
        return count_words

    count_words = each_name.map(one_name)
    total_op.alias("total")(counts=count_words.collect())


defs = dg.Definitions(jobs=[strict])
