"""A hand-written job with one of each: branch, mapping, zero items, retry, failure, skip."""

from pathlib import Path

import dagster as dg


class Params(dg.ConfigurableResource):
    n: int = 3
    limit: int = 2
    logical_date: str | None = None


@dg.op
def load(params: Params):
    return {"items": list(range(params.n)), "date": params.logical_date}


@dg.op(out=dg.DynamicOut())
def items(loaded):
    for number, item in enumerate(loaded["items"]):
        yield dg.DynamicOutput(item, mapping_key=str(number))


@dg.op
def double(x):
    return {"x": x, "twice": 2 * x}


@dg.op
def total(rows: list):
    return sum(row["twice"] for row in rows)


@dg.op(out={"much": dg.Out(is_required=False), "little": dg.Out(is_required=False)})
def decide(params: Params, value):
    yield dg.Output(value, "much" if value > params.limit else "little")


@dg.op
def big(value):
    return "big"


@dg.op
def small(value):
    return "small"


@dg.op
def merged(values: list):
    return values[0]


@dg.op(retry_policy=dg.RetryPolicy(max_retries=2))
def flaky():
    tries = Path("tries.txt")
    tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
    if len(tries.read_text()) < 2:
        raise ValueError("not yet")
    return len(tries.read_text())


@dg.op(retry_policy=dg.RetryPolicy(max_retries=1))
def broken():
    raise KeyError("o'brien")


@dg.op
def after_broken(x):
    return x


@dg.job(resource_defs={"params": Params.configure_at_launch()})
def shapes():
    summed = total(items(load()).map(double).collect())
    decided = decide(summed)
    merged([big(decided.much), small(decided.little)])
    flaky()
    after_broken(broken())


defs = dg.Definitions(jobs=[shapes])
