"""Say when Airflow's scheduler would start runs of a DAG: its own timetable, as the scheduler reads it, is asked for one run
after the other, with the clock it looks at set to the moment the scheduler would ask.

Runs under Airflow's own Python; needs no database.
"""

from datetime import timedelta
from unittest import mock

import airflow_test
import asked
import wire

CLOCKS = [
    "airflow._shared.timezones.timezone.utcnow",
    "airflow.timetables.interval.utcnow",
    "airflow.timetables.trigger.utcnow",
]
"""Where timetables look at the clock."""

EVENTS = ("AssetTriggeredTimetable", "PartitionedAssetTimetable")

FAR = 2000
"""Ticks it is worth to walk through until a window begins; beyond, the timetable is asked from shortly before."""


class Clock:
    """What timetables take for now."""

    now = None


def prepare():
    import airflow.sdk  # noqa: F401, here, so that no job pays for it or hears its warnings

    for place in CLOCKS:
        mock.patch(place, lambda: Clock.now).start()
    return look


def look(job, ask):
    from airflow.serialization.serialized_objects import DagSerialization

    dag = DagSerialization.from_dict(DagSerialization.to_dict(airflow_test.dag_of(job)))
    table = dag.timetable
    about = f"{type(table).__name__} ({table.summary}), catchup={dag.catchup}"
    if dag.start_date is not None:
        about += f", start_date={dag.start_date.isoformat()}"
    if not table.can_be_scheduled:
        return asked.unscheduled(about)
    if type(table).__name__ in EVENTS:
        return asked.unscheduled(about, "event")
    if type(table).__name__ == "ContinuousTimetable":
        raise wire.CannotTell(f"{about} starts a run as soon as the last one ended: no clock says when")
    restriction = dag._time_restriction
    walk = Walk(table, restriction, ask.at)
    missed, more = [], False
    while (info := walk.peek()) is not None and info.run_after <= ask.at:
        if len(missed) == ask.limit:
            more = True
            # What comes after is the same however many were missed: the walk goes on right before the moment asked for.
            walk = _near(walk, restriction, ask.at)
            while (info := walk.peek()) is not None and info.run_after <= ask.at:
                walk.take()
            break
        missed.append(walk.take())
    coming = []
    while len(coming) < ask.count and (info := walk.peek()) is not None:
        coming.append(walk.take())
    return asked.found(
        "clock",
        about,
        zones=[zone.name for zone in [getattr(table, "_timezone", None)] if hasattr(zone, "name")],
        active=not dag.is_paused_upon_creation,
        missed=map(_tick, missed),
        more=more,
        next=map(_tick, coming),
        windows=[list(map(_tick, _within(window, walk, missed + coming, restriction, ask))) for window in ask.windows],
        notes=["runs also start when assets change"] if type(table).__name__ == "AssetOrTimeSchedule" else [],
    )


def _tick(info):
    # A run of a partition has no logical date but the date of its partition.
    return info.run_after, info.logical_date or info.partition_date


class Walk:
    """One run after the other. Without catching up the timetable looks at the clock, at the moment the last run was
    made."""

    def __init__(self, table, restriction, now, last=None):
        self.table, self.restriction, self.now, self.last = table, restriction, now, last
        self._next, self._known = None, False

    def peek(self):
        if not self._known:
            from pendulum import instance

            # The scheduler makes a run, and asks for the next, a moment after it is due.
            now = self.now if self.last is None else max(self.now, self.last.run_after + asked.SECOND)
            Clock.now = instance(now)
            self._next = self.table.next_dagrun_info_v2(last_dagrun_info=self.last, restriction=self.restriction)
            if self._next is not None and self.last is not None and self._next.run_after <= self.last.run_after:
                raise wire.CannotTell(f"{type(self.table).__name__} does not go on after {self.last.run_after}")
            self._known = True
        return self._next

    def take(self):
        self.last, self._known = self.peek(), False
        return self.last


def _within(window, walk, known, restriction, ask):
    """The ticks of a window after the moment asked for."""
    start, end = window
    if start <= ask.at:
        start = ask.at + asked.SECOND
    if walk.last is not None and len(known) > 1:
        apart = (known[-1].run_after - known[0].run_after) / (len(known) - 1)
        if start - walk.last.run_after > FAR * min(apart, timedelta(days=366)):
            walk = _near(walk, restriction, start)
        elif walk.last.run_after >= start:
            walk = Walk(walk.table, restriction, ask.at, _last_before(known, start))
        else:
            walk = Walk(walk.table, restriction, ask.at, walk.last)
    else:
        walk = Walk(walk.table, restriction, ask.at)
    found = []
    while (info := walk.peek()) is not None and info.run_after < end and len(found) < ask.limit:
        walk.take()
        if info.run_after >= start:
            found.append(info)
    return found


def _last_before(known, moment):
    return next((info for info in reversed(known) if info.run_after < moment), None)


def _near(walk, restriction, moment):
    """A walk that has come to shortly before the moment."""
    from airflow.timetables.base import DagRunInfo, TimeRestriction

    last, delta = walk.last, getattr(walk.table, "_delta", None)
    if isinstance(delta, timedelta):
        # Its ticks count from the first: whole steps are left out.
        steps = (moment - last.run_after).total_seconds() // delta.total_seconds()
        jump = max(int(steps) - 2, 0) * delta
        interval = last.data_interval
        last = DagRunInfo.interval(interval.start + jump, interval.end + jump)
        return Walk(walk.table, restriction, walk.now, last)
    from pendulum import instance

    free = TimeRestriction(earliest=instance(moment - timedelta(days=3)), latest=restriction.latest, catchup=True)
    there = Walk(walk.table, free, walk.now)
    first = there.peek()
    # Nothing shortly before: what comes first is not to be passed over.
    return there if first is None or first.run_after >= moment else Walk(walk.table, restriction, walk.now, first)


if __name__ == "__main__":
    asked.serve("airflow", prepare)
