"""A file for a flow that Prefect cannot import."""

import there_is_no_such_module  # noqa: F401
