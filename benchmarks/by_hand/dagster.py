import dagster as dg


class Params(dg.ConfigurableResource):
    day: str = "2026-01-01"


@dg.op
def ingest(params: Params):
    return [len(params.day) + n for n in range(50)]


@dg.op
def clean(rows):
    return [row for row in rows if row % 7]


@dg.op
def plain(rows):
    return [row / len("plain") for row in rows]


@dg.op
def scaled(rows):
    return [row / len("scaled_by_more") for row in rows]


@dg.op(out=dg.DynamicOut())
def depths():
    for depth in range(1, 9):
        yield dg.DynamicOutput(depth, mapping_key=str(depth - 1))


@dg.op
def train(first, second, depth):
    return {"depth": depth, "score": sum(first) / (sum(second) + depth)}


@dg.op
def best(models: list):
    return max(models, key=lambda model: model["score"])


@dg.op(out={"good": dg.Out(is_required=False), "bad": dg.Out(is_required=False)})
def choose(model):
    yield dg.Output(model, "good" if model["score"] > 0.5 else "bad")


@dg.op
def register(model):
    return f"model/{model['depth']}"


@dg.op(ins={"when": dg.In(dg.Nothing)})
def keep():
    return "model/old"


@dg.op
def version(versions: list):
    return versions[0]


@dg.op
def notify(version):
    return f"now {version}"


@dg.job(name="etl", resource_defs={"params": Params.configure_at_launch()})
def etl():
    rows = clean(ingest())
    first, second = plain(rows), scaled(rows)
    chosen = best(depths().map(lambda depth: train(first, second, depth)).collect())
    good, bad = choose(chosen)
    notify(version([register(good), keep(when=bad)]))


defs = dg.Definitions(jobs=[etl])
