from pipeglot import pipeline, shell, step


@step
def ingest(ds: str) -> dict[str, object]:
    return {"day": ds, "rows": 3}


@step
def score(rows: int) -> float:
    return rows * 0.5


@shell("echo $ds")
def day(ds: str) -> None: ...


@step
def shaky() -> str:
    return "done"


@pipeline
def releases(ds: str = "2026-03-01") -> str:
    one = ingest(ds)
    two = score(one["rows"])
    printed = day.options(after=two)(ds)
    return shaky.options(after=printed)()
