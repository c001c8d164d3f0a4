from pipeglot import pipeline, shell, step, when


@step
def ingest(ds: str) -> dict[str, object]:
    return {"day": ds, "rows": 3}


@step
def score(rows: int) -> float:
    return rows * 0.5


@step
def gate() -> str:
    return "day"


@step
def shaky() -> str:
    return "done"


print_day = shell("echo $ds", parameters={"ds": str})


@pipeline
def releases(ds: str = "2026-03-01") -> str:
    one = ingest(ds)
    two = score(one["rows"])
    print_day.options(id="day", after=two)(ds=ds)
    return shaky.options(after="day")()
