"""When KFP's controller of recurring runs starts one: a model of it, for it is a Go program. Standard library only.

Cron is that of github.com/robfig/cron v1.2.0, which the controller uses, step by step: what it does when clocks change is
no rule but what its arithmetic comes to. `tests/data/robfig_cron.json` holds what the real library printed. The rules
around it are those of kubeflow/pipelines 2.x, backend/src/crd/controller/scheduledworkflow/util.

Instants are whole POSIX seconds.
"""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1)
MONTHS = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)
DAYS = dict(sun=0, mon=1, tue=2, wed=3, thu=4, fri=5, sat=6)
FIELDS = [(0, 59, {}), (0, 59, {}), (0, 23, {}), (1, 31, {}), (1, 12, MONTHS), (0, 6, DAYS)]
NAMED = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
UNITS = {"h": 3600, "m": 60, "s": 1}


class Clock:
    """Wall clocks of a time zone as Go's `time` reckons them."""

    def __init__(self, zone):
        self.zone = timezone.utc if zone == "UTC" else ZoneInfo(zone)
        self.known = {}

    def offset(self, at):
        # Clocks change on the quarter of an hour.
        quarter = at // 900
        if quarter not in self.known:
            self.known[quarter] = int(datetime.fromtimestamp(quarter * 900, self.zone).utcoffset().total_seconds())
        return self.known[quarter]

    def wall(self, at):
        return EPOCH + timedelta(seconds=at + self.offset(at))

    def date(self, wall):
        """`time.Date`: of a wall time that does not exist, or exists twice, the one Go happens to take."""
        at = (wall - EPOCH) // timedelta(seconds=1)
        offset = self.offset(at)
        if offset:
            offset = self.offset(at - offset)
        return at - offset


class Every:
    """`@every 1h30m`."""

    def __init__(self, text):
        self.delay = max(_duration(text), 1)

    def next(self, at, clock):
        return at + self.delay


class Cron:
    """Five or six fields, seconds first; the last, the weekday, may be left out."""

    def __init__(self, text):
        fields = text.split()
        if not 5 <= len(fields) <= 6:
            raise ValueError(f"KFP's cron has five to six fields, seconds first, not {len(fields)}: {text!r}")
        told = zip([*fields, "*"][:6], FIELDS, strict=True)
        parsed = [_field(field, *bounds) for field, bounds in told]
        self.second, self.minute, self.hour, self.day, self.month, self.weekday = (values for values, _ in parsed)
        # With a star in either, both must match; else one is enough.
        self.both = parsed[3][1] or parsed[5][1]

    def _is_day(self, wall):
        day, weekday = wall.day in self.day, wall.isoweekday() % 7 in self.weekday
        return day and weekday if self.both else day or weekday

    def next(self, at, clock):
        """The first instant after `at`; None when five years have none."""
        at += 1
        added = False
        limit = clock.wall(at).year + 5
        while True:
            wall = clock.wall(at)
            if wall.year > limit:
                return None
            found, at, added = self._date(at, added, clock)
            if found:
                found, at, added = self._time(at, added, clock)
            if found:
                return at

    def _date(self, at, added, clock):
        """A month and a day that fit: False when one began anew and those before it have to be looked at again."""
        wall = clock.wall(at)
        while wall.month not in self.month:
            if not added:
                added, wall = True, clock.wall(clock.date(wall.replace(day=1, hour=0, minute=0, second=0)))
            year, month = divmod(wall.year * 12 + wall.month, 12)
            # Go lets the 31st of a short month flow over into the next; here it is always the first.
            at = clock.date(wall.replace(year=year, month=month + 1))
            wall = clock.wall(at)
            if wall.month == 1:
                return False, at, added
        while not self._is_day(wall):
            if not added:
                added, wall = True, clock.wall(clock.date(wall.replace(hour=0, minute=0, second=0)))
            at = clock.date(wall + timedelta(days=1))
            wall = clock.wall(at)
            if wall.day == 1:
                return False, at, added
        return True, at, added

    def _time(self, at, added, clock):
        """An hour, a minute and a second that fit, in the same way."""
        if not added and clock.wall(at).hour not in self.hour:
            added, at = True, clock.date(clock.wall(at).replace(minute=0, second=0))
        for name, seconds in (("hour", 3600), ("minute", 60), ("second", 1)):
            while getattr(clock.wall(at), name) not in getattr(self, name):
                if not added:
                    added, at = True, at - at % seconds
                at += seconds
                if getattr(clock.wall(at), name) == 0:
                    return False, at, added
        return True, at, added


def parse(text):
    """A cron expression of KFP's. Raises ValueError where its API server refuses it."""
    if text.startswith("@every "):
        return Every(text.removeprefix("@every "))
    if text.startswith("@"):
        if text not in NAMED:
            raise ValueError(f"KFP knows no schedule {text!r}")
        text = NAMED[text]
    return Cron(text)


def _field(text, low, high, names):
    """The values of one field, and whether a star stands in it."""
    values, star = set(), False
    for part in filter(None, text.split(",")):
        span, *steps = part.split("/")
        ends = span.split("-")
        if len(steps) > 1 or len(ends) > 2:
            raise ValueError(f"KFP cannot read {part!r} in a cron expression")
        if ends[0] in ("*", "?"):
            first, last, star = low, high, True
        else:
            first = _number(ends[0], names)
            last = _number(ends[-1], names)
        step = _number(steps[0], {}) if steps else 1
        if steps and len(ends) == 1:
            last = high
        if not low <= first <= last <= high or step == 0:
            raise ValueError(f"KFP refuses {part!r} in a cron expression: {low} to {high}")
        values.update(range(first, last + 1, step))
    return values, star


def _number(text, names):
    known = names.get(text.lower())
    if known is None:
        if not text.isdecimal():
            raise ValueError(f"KFP cannot read {text!r} in a cron expression")
        known = int(text)
    return known


def _duration(text):
    seconds, number = 0, ""
    for letter in text:
        if letter.isdecimal():
            number += letter
        elif letter in UNITS and number:
            seconds, number = seconds + int(number) * UNITS[letter], ""
        else:
            raise ValueError(f"{text!r} is no duration, such as 1h30m")
    if number or not text:
        raise ValueError(f"{text!r} is no duration, such as 1h30m")
    return seconds


class Recurring:
    """A recurring run, made and enabled at `created`: `due(last, now)` is the controller's next scheduled time."""

    def __init__(self, created, zone, *, cron=None, interval=None, start=None, end=None, no_catchup=False):
        self.created, self.start, self.end, self.catchup = created, start, end, not no_catchup
        self.clock = Clock(zone)
        self.cron = None if cron is None else parse(cron)
        self.interval = interval

    def due(self, last, now):
        """When the next run is due, given the scheduled time of the last one (None: there was none) and the clock. It
        may be past: then the run starts at once. None when no more will come."""
        begin = last
        if begin is None:
            begin = self.created if self.start is None else self.start
        return self._cron(begin, now) if self.cron is not None else self._periodic(begin, now)

    def _cron(self, begin, now):
        # The start itself is no tick: the first is after it.
        due = self.cron.next(begin if self.start is None else max(begin, self.start), self.clock)
        if due is None or (self.end is not None and self.end < due):
            return None
        while not self.catchup:
            following = self.cron.next(due, self.clock)
            if following is None or following > now or (self.end is not None and following > self.end):
                break
            due = following
        return due

    def _periodic(self, begin, now):
        if self.start is not None and self.start > begin:
            due = self.start
        else:
            due = begin + (self.interval or 1)
            if self.end is not None and self.end < due:
                return None
        if not self.catchup and now >= due + (self.interval or 1):
            # What was missed is one run now, and the next ones count from here.
            return self.end if self.end is not None and self.end < now else now
        return due
