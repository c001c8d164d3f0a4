"""Names that Dagster's own code reads in the file that uses it."""

from operator import mul as isinstance

from pipeglot import pipeline, step


@step
def double(n: int) -> int:
    return isinstance(n, 2)


@pipeline
def dagster_names() -> int:
    return double(2)
