"""What a script does with each feature of the language. What it does not do, pipeglot refuses by this table; the
conformance suite holds every row to it."""

from __future__ import annotations

from pipeglot.backends.base import Support

_LOOPS = Support("notyet", "scriptrunner has no loops")
_SCHEDULES = Support("never", "a script starts when somebody starts it")

SUPPORT: dict[str, Support] = {
    "call": Support("native", "a task"),
    "after": Support("native", "`needs` and `ends`"),
    "imported": Support("native", "imported by the script"),
    "inlined": Support("native", "printed into the script; pydantic must be there"),
    "shell": Support("native", "`bash -c` inside a task"),
    "container": Support("native", "`docker run` inside a task"),
    "values": Support("native", "Python expressions inside the task that takes them"),
    "params": Support("lowered", "a dict of defaults, which scriptrunner does not check"),
    "context": Support("notyet", "scriptrunner gives a task nothing but values"),
    "if": Support("native", "a choice, and tasks in its arms"),
    "merge": Support("notimpl", "a task that takes the value of the arm taken could be one"),
    "each.static": _LOOPS,
    "each.runtime": _LOOPS,
    "each.body": _LOOPS,
    "each.if": _LOOPS,
    "each.nested": _LOOPS,
    "each.max_parallel": _LOOPS,
    "collect": _LOOPS,
    "group": Support("lowered", "nothing is left of it"),
    "include": Support("lowered", "inlined, its calls named `include.call`"),
    "final": Support("notimpl", "a task after all others could be one"),
    "retry": Support("notyet", "a task has one attempt"),
    "retry.backoff": Support("notyet", "a task has one attempt"),
    "timeout": Support("notyet", "a task takes as long as it takes"),
    "continue": Support("notimpl", "a task that catches its own exception could do it"),
    "resources": Support("never", "a script is one process"),
    "secrets": Support("native", "the environment of the script"),
    "schedule.cron": _SCHEDULES,
    "schedule.interval": _SCHEDULES,
    "schedule.start": _SCHEDULES,
    "schedule.catch_up": _SCHEDULES,
    "max_active_runs": Support("never", "a script does not know of its other runs"),
    "run_timeout": Support("notyet", "a script takes as long as it takes"),
    "owner": Support("notyet", "a script has a name and a description"),
    "tags": Support("notyet", "a script has a name and a description"),
    "description": Support("native", "`description`, and comments"),
}
"""Total over `pipeglot.core.features.FEATURES`."""
