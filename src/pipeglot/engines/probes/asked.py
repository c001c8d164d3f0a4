"""What the probes share that say when an engine would start runs, without running any. Standard library only.

A job asks from an instant on: `at` is when the schedule is switched on, `count` how many ticks to tell after it, `windows`
the spans (start included, end not) whose ticks to tell, `limit` how many of any one kind are told at most. The answer is
`found(...)`; a tick is `[fire, logical date]`.
"""

from datetime import datetime, timedelta, timezone

import wire

SECOND = timedelta(seconds=1)


class Asked:
    """What a job asks, with aware datetimes."""

    def __init__(self, job):
        self.at = datetime.fromisoformat(job["at"])
        self.count = job["count"]
        self.windows = [tuple(map(datetime.fromisoformat, window)) for window in job["windows"]]
        self.limit = job["limit"]


def serve(engine, prepare):
    """Answer every job. `prepare()` imports the engine and gives the function that answers one: `look(job, asked)`."""

    def ready():
        look = prepare()
        return lambda job: look(job, Asked(job))

    wire.serve(engine, "schedule", ready, "say when runs start")


def unscheduled(about, trigger="none"):
    """No clock starts runs: nothing does, or (`trigger="event"`) what happens elsewhere."""
    return found(trigger, about)


def found(trigger, about, *, zones=(), active=True, missed=(), more=False, next=(), windows=(), notes=()):
    """An answer.

    `missed` are the runs that start at once when the schedule is switched on, by the instant they were due; `more` says
    that they are more than were counted.
    """
    return {
        "trigger": trigger,
        "about": about,
        "zones": sorted({str(zone) for zone in zones}),
        "active": active,
        "missed": [tick(*each) for each in missed],
        "more": more,
        "next": [tick(*each) for each in next],
        "windows": [[tick(*each) for each in window] for window in windows],
        "notes": list(notes),
    }


def tick(fire, logical_date):
    """Both as ISO 8601 in UTC; a run may have no logical date."""
    return [wire.iso(fire), wire.iso(logical_date)]


def utc(seconds):
    """A POSIX time as a datetime."""
    return datetime.fromtimestamp(seconds, timezone.utc)
