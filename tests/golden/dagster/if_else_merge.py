"""The pipeline if_else_merge as a Dagster job."""

# Made by pipeglot from pipeline "if_else_merge", digest 7f85c78ba3fc.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Score(TypedDict):
    auc: float
    good: bool
    name: str


def score(auc: float, name: str = "m") -> Score:
    return {"auc": auc, "good": auc >= 0.5, "name": name}


def say(text: str) -> str:
    return text


class IfElseMergeParams(dg.ConfigurableResource):
    auc: float = 0.7


def json_io(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let `fn` take and give plain JSON, built and checked by its annotations."""

    def exact(digits: str) -> int:
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    @functools.wraps(fn)
    def call(**given: Any) -> Any:
        try:
            hints = typing.get_type_hints(fn, include_extras=True)
            types = {name: TypeAdapter(hint) for name, hint in hints.items()}
            built = {}
            for name, value in given.items():
                adapter = types.get(name, TypeAdapter(Any))
                built[name] = adapter.validate_json(json.dumps(value), strict=True)
            adapter = types.get("return", TypeAdapter(Any))
            result = adapter.validate_python(fn(**built), strict=True)
            plain = to_jsonable_python(result, inf_nan_mode="constants")
            text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # no engine could keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="if_else_merge__score")
def score_op(params: IfElseMergeParams):
    return json_io(score)(auc=params.auc)


@dg.op(
    name="if_else_merge__if_promote",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_promote_op(score):
    if score["good"]:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="if_else_merge__promote", ins={"when": dg.In(dg.Nothing)})
def promote_op():
    return json_io(say)(text="promoted")


@dg.op(name="if_else_merge__keep", ins={"when": dg.In(dg.Nothing)})
def keep_op():
    return json_io(say)(text="kept")


@dg.op(name="if_else_merge__version")
def version_op(values: list):
    return values[0]


@dg.op(name="if_else_merge__report")
def report_op(version):
    return json_io(say)(text=f"version: {version}")


@dg.job(resource_defs={"params": IfElseMergeParams.configure_at_launch()})
def if_else_merge():
    score = score_op.alias("score")()
    if_promote = if_promote_op.alias("if_promote")(score=score)
    promote = promote_op.alias("promote")(when=if_promote.then)
    keep = keep_op.alias("keep")(when=if_promote.otherwise)
    version = version_op.alias("version")(values=[promote, keep])
    report_op.alias("report")(version=version)


defs = dg.Definitions(jobs=[if_else_merge])
