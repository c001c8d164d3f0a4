"""The small functions that a DAG file has when it uses them, as they are printed there."""

from __future__ import annotations

import textwrap

from pipeglot.codegen.code import Code
from pipeglot.codegen.pysource import string

MOMENTS = {"logical_date": ("run_instant", '"%Y-%m-%dT%H:%M:%SZ"'), "day": ("run_day", '"%Y-%m-%d"')}


def moment_helper(name: str, function: str, zone_class: str, zone: str) -> Code:
    """The helper that gives a run's logical date or day."""
    what = "logical date" if name == "logical_date" else "day"
    return Code(
        textwrap.dedent(
            f'''\
            def {function}(dag_run):
                """The run's {what}; without a logical date, that of its start."""
                when = dag_run.logical_date or dag_run.run_after
                return when.astimezone({zone_class}({string(zone)})).strftime({MOMENTS[name][1]})'''
        )
    )


HELPERS = {
    "kept": '''\
def kept(value):
    """A value that XCom gives back as it is: it takes a dict with both keys for something else."""
    if isinstance(value, dict) and {"__type", "__var"} <= value.keys():
        raise ValueError("XCom keeps no dict with both '__type' and '__var'")
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            kept(each)
    return value''',
    "fates": '''\
def fates(ti, run_id, tasks, indexes):
    """The states that some instances of tasks have: trigger rules cannot tell."""
    asked = ti.get_task_states(dag_id=ti.dag_id, task_ids=tasks, run_ids=[run_id])
    states = asked[run_id]
    return {states.get(f"{t}_{n}", states.get(t)) for t in tasks for n in indexes}''',
    "flatten": '''\
def flatten(rows, parents=None):
    """The rows of all instances of a loop as one list, each with its place."""
    return [
        {
            "at": [*(parents[parent]["at"] if parents else [parent]), number],
            "parent": parent,
            "values": values,
        }
        for parent, inner in enumerate(rows)
        for number, values in enumerate(inner or [])
    ]''',
}
