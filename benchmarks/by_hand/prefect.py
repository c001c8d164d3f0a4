from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE


@task(cache_policy=NO_CACHE)
def ingest(day):
    return [len(day) + n for n in range(50)]


@task(cache_policy=NO_CACHE)
def clean(rows):
    return [row for row in rows if row % 7]


@task(cache_policy=NO_CACHE)
def features(rows, kind):
    return [row / len(kind) for row in rows]


@task(cache_policy=NO_CACHE)
def train(first, second, depth):
    return {"depth": depth, "score": sum(first) / (sum(second) + depth)}


@task(cache_policy=NO_CACHE)
def best(models):
    return max(models, key=lambda model: model["score"])


@task(cache_policy=NO_CACHE)
def register(model):
    return f"model/{model['depth']}"


@task(cache_policy=NO_CACHE)
def keep():
    return "model/old"


@task(cache_policy=NO_CACHE)
def notify(version):
    return f"now {version}"


@flow
def etl(day: str = "2026-01-01"):
    rows = clean.submit(ingest.submit(day))
    plain = features.submit(rows, "plain")
    scaled = features.submit(rows, "scaled_by_more")
    models = train.map(unmapped(plain), unmapped(scaled), [1, 2, 3, 4, 5, 6, 7, 8])
    chosen = best.submit(models)
    version = register.submit(chosen) if chosen.result()["score"] > 0.5 else keep.submit()
    return notify.submit(version).result()
