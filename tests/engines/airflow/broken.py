"""A file for a DAG that Airflow cannot import."""

import airflow  # noqa: F401
import there_is_no_such_module  # noqa: F401
