"""A file for a job that Dagster cannot import."""

import there_is_no_such_module  # noqa: F401
