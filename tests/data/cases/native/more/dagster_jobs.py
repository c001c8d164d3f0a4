"""Jobs of many kinds."""

import dagster as dg


class Settings(dg.Config):
    depth: int = 3
    name: str


class Store(dg.ConfigurableResource):
    region: str


@dg.op
def configured(config: Settings, store: Store) -> str:
    return f"{config.name} {config.depth} {store.region}"


@dg.job
def settings_job():
    configured()


@dg.op(out={"auc": dg.Out(float), "rows": dg.Out(int)})
def train():
    yield dg.Output(1.0, "auc")
    yield dg.Output(7, "rows")


@dg.op(out={"model": dg.Out(str)})
def save(auc):
    return f"m{auc}"


@dg.op
def nothing(rows) -> None:
    pass


@dg.graph
def fit():
    auc, rows = train()
    nothing(rows)
    return save(auc)


@dg.op
def use(model):
    return model


@dg.graph
def whole():
    use(fit())


fitted = whole.to_job(name="fitted_job")


@dg.op(out=dg.DynamicOut(int))
def tens():
    for n in (30, 10, 20):
        yield dg.DynamicOutput(n, mapping_key=str(n))


@dg.op(out=dg.DynamicOut(int))
def none():
    yield from ()


@dg.op
def half(n):
    return n / 2


@dg.job
def mapped():
    tens().map(half)


@dg.job
def empty():
    none().map(half)


@dg.multi_asset(outs={"left": dg.AssetOut(), "right": dg.AssetOut()})
def sides():
    return 1, 2


@dg.asset(key_prefix=["mart", "daily"])
def joined(left, right):
    return left + right


assets_job = dg.define_asset_job("assets_job", [sides, joined])


defs = dg.Definitions(
    jobs=[settings_job, fitted, mapped, empty, assets_job],
    assets=[sides, joined],
    resources={"store": Store.configure_at_launch()},
)
