"""`abs` of the file's own (as `from pyspark.sql.functions import abs` gives) breaks json_io in every generated file."""

from pipeglot import pipeline, step


def abs(column: str) -> str:
    return f"ABS({column})"


@step
def expression(column: str) -> str:
    return abs(column)


@step
def rows() -> int:
    return 4


@pipeline
def columns() -> int:
    expression("price")
    return rows()
