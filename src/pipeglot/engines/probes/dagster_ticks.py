"""Say when Dagster's daemon would start runs of a job: its schedules' own iterator, and every tick evaluated as the daemon
evaluates it. Where the file was compiled, its sensor is asked too, with the clock set ahead.

Runs under Dagster's own Python; needs no instance.
"""

import contextlib
from datetime import datetime, timedelta, timezone

import asked
import dagster_run

SECOND = asked.SECOND
AHEAD = [timedelta(minutes=5 * 2**n) for n in range(20)]
"""How far to set the clock ahead for a next tick, until there is one."""


def prepare():
    import dagster  # noqa: F401

    return look


def look(job, ask):
    from dagster._core.definitions.sensor_definition import SensorType

    repository, definition = dagster_run.loaded(job)
    schedules = [each for each in repository.schedule_defs if each.job_name == definition.name]
    sensors = [each for each in repository.sensor_defs if definition.name in {one.job_name for one in each.targets}]
    if job["compiled"]:
        # Those that look at runs start what comes after a run, no run of the job.
        sensors = [each for each in sensors if each.sensor_type == SensorType.STANDARD]
    if schedules:
        found = _scheduled(schedules, definition, repository, ask)
        if sensors and found["trigger"] == "clock":
            found["notes"].append("runs are also started by sensors: " + ", ".join(each.name for each in sensors))
        return found
    if sensors and job["compiled"]:
        return _sensed(sensors[0], repository, job, ask)
    if sensors:
        return asked.unscheduled("sensors: " + ", ".join(each.name for each in sensors), "event")
    if definition.partitions_def is not None:
        return asked.unscheduled("a partitioned job without a schedule")
    return asked.unscheduled("a job without a schedule")


def _scheduled(schedules, definition, repository, ask):
    from dagster import DefaultScheduleStatus

    notes = ["Dagster's schedules start nothing for the ticks from before they are switched on"]
    on = [each for each in schedules if each.default_status == DefaultScheduleStatus.RUNNING]
    if on and len(on) < len(schedules):
        notes.append(f"{len(schedules) - len(on)} of {len(schedules)} schedules are not on by default")
    used = on or schedules
    about = [f"{each.name}: {each.cron_schedule!r} in {each.execution_timezone or 'UTC'}" for each in used]
    evaluate = Evaluation(definition, repository)
    return asked.found(
        "clock",
        "; ".join(about),
        zones={each.execution_timezone or "UTC" for each in used},
        active=bool(on),
        next=_ticks(used, evaluate, ask.at + SECOND, None, ask.count),
        windows=[_ticks(used, evaluate, max(start, ask.at + SECOND), end, ask.limit) for start, end in ask.windows],
        notes=notes,
    )


def _times(schedule, start):
    """The ticks of a schedule, each asked for anew a second after the last one, as the daemon does."""
    from dagster._utils.schedules import schedule_execution_time_iterator

    while True:
        zone = schedule.execution_timezone or "UTC"
        time = next(iter(schedule_execution_time_iterator(start.timestamp(), schedule.cron_schedule, zone)))
        yield time
        start = asked.utc(time.timestamp()) + SECOND


def _ticks(schedules, evaluate, start, end, count):
    found = []
    for schedule in schedules:
        own, skipped = [], 0
        for time in _times(schedule, start):
            # A schedule may skip every tick for ever.
            if (end is not None and time >= end) or len(own) >= count or skipped > 10_000:
                break
            runs = evaluate(schedule, time)
            skipped = 0 if runs else skipped + 1
            own += runs
        found += own
    return sorted(found, key=lambda each: each[0])[:count]


class Evaluation:
    """What a schedule asks for at a tick: (fire, logical date) of each run."""

    def __init__(self, definition, repository):
        self.definition, self.repository = definition, repository

    def __call__(self, schedule, time):
        from dagster import build_schedule_context

        context = build_schedule_context(scheduled_execution_time=time, repository_def=self.repository)
        with context:
            requests = schedule.evaluate_tick(context).run_requests or []
        return [(time, self.logical_date(request, time)) for request in requests]

    def logical_date(self, request, time):
        from dagster import TimeWindowPartitionsDefinition

        with contextlib.suppress(KeyError, TypeError, ValueError):
            date = dagster_run.date_field(self.definition.resource_defs["params"])
            return _instant(request.run_config["resources"]["params"]["config"][date])
        partitions = self.definition.partitions_def
        if request.partition_key and isinstance(partitions, TimeWindowPartitionsDefinition):
            return partitions.time_window_for_partition_key(request.partition_key).start
        return time


def _instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


# ---------------------------------------------------------------- sensors that pipeglot wrote


def _sensed(sensor, repository, job, ask):
    from dagster import DefaultSensorStatus

    daemon = Daemon(sensor, repository)
    # The first look is at the moment it is switched on; what it asks for at once was missed.
    missed, cursor, more = [], None, False
    while runs := daemon.look(ask.at, cursor):
        missed += runs
        cursor = daemon.cursor
        if len(missed) >= ask.limit:
            missed, more = missed[: ask.limit], True
            cursor = ask.at.isoformat()
            break
    if not more:
        cursor = daemon.cursor
    coming = daemon.walk(ask.at, cursor, None, ask.count)
    windows = []
    for start, end in ask.windows:
        start = max(start, ask.at + SECOND)
        # A cursor from right before the window; the sensor keeps to its own beginning by itself.
        windows.append(daemon.walk(start - SECOND, (start - SECOND).isoformat(), end, ask.limit))
    return asked.found(
        "clock",
        f"sensor {sensor.name}: {(sensor.description or '').strip()}",
        active=sensor.default_status == DefaultSensorStatus.RUNNING,
        zones=["UTC"],
        missed=[(due, due) for due in missed],
        more=more,
        next=[(due, due) for due in coming],
        windows=[[(due, due) for due in window] for window in windows],
        notes=[f"a sensor that looks every {sensor.minimum_interval_seconds} seconds: a run starts so much later"],
    )


class Daemon:
    """Asks a sensor as the daemon does, at any moment. Its runs are named by the ticks they stand for."""

    def __init__(self, sensor, repository):
        self.sensor, self.repository = sensor, repository
        self.module = _module_of(sensor)
        self.cursor = None

    @contextlib.contextmanager
    def at(self, moment):
        from dagster._core.test_utils import freeze_time

        class Frozen(datetime):
            @classmethod
            def now(cls, tz=None):
                return moment.astimezone(tz or timezone.utc)

        known = {name: value for name, value in self.module.items() if value is datetime}
        self.module.update(dict.fromkeys(known, Frozen))
        try:
            with freeze_time(moment):
                yield
        finally:
            self.module.update(known)

    def look(self, moment, cursor):
        """The ticks of the runs it asks for; `self.cursor` is what it remembers then."""
        from dagster import build_sensor_context

        with self.at(moment), build_sensor_context(cursor=cursor, repository_def=self.repository) as context:
            told = self.sensor.evaluate_tick(context)
        self.cursor = told.cursor or cursor
        return [_instant(request.run_key).astimezone(timezone.utc) for request in told.run_requests or []]

    def walk(self, moment, cursor, end, count):
        """The ticks after a moment: the clock is set to every one of them, or to the end where the sensor makes up for what
        it has missed."""
        if end is not None and len(self.look(end - SECOND, cursor)) > 1:
            return self.caught_up(end - SECOND, cursor, count)
        found, step = [], None
        while len(found) < count:
            due = self._next(moment, cursor, step)
            if due is None or (end is not None and due >= end):
                break
            runs = self.look(due, cursor)
            step = due - moment if found else None
            moment, cursor = due, self.cursor
            found += runs
        return found[:count]

    def caught_up(self, moment, cursor, count):
        """What the sensor asks for at a moment, look by look."""
        found = []
        while len(found) < count and (runs := self.look(moment, cursor)):
            found += runs
            cursor = self.cursor
        return found[:count]

    def _next(self, moment, cursor, step):
        """The first second after the moment at which the sensor asks for a run."""
        if step is not None and not self.look(moment + step - SECOND, cursor) and self.look(moment + step, cursor):
            return moment + step
        for ahead in AHEAD:
            if self.look(moment + ahead, cursor):
                low, high = moment, moment + ahead
                while high - low > SECOND:
                    middle = low + (high - low) // 2
                    middle -= timedelta(microseconds=middle.microsecond)
                    low, high = (low, middle) if self.look(middle, cursor) else (middle, high)
                return high
        return None


def _module_of(sensor):
    function = sensor._raw_fn
    return getattr(function, "decorated_fn", function).__globals__


if __name__ == "__main__":
    asked.serve("dagster", prepare)
