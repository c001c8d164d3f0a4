"""The helper functions of generated components, each printed where it is used."""

from __future__ import annotations

HELPERS: dict[str, str] = {
    "dump": '''\
def dump(value):
    """A value as JSON text in which KFP finds no placeholder of its own."""
    return json.dumps(value).replace("{{", "{\\\\u007b")''',
    "handed": '''\
def handed(value):
    """A value for another task, which KFP gives all it takes as one argument of a program."""
    if len(json.dumps(value)) > 130_000:
        raise ValueError("longer than the 128 KiB that KFP gives a task: write it to a file and pass its path")
    return value''',
    "plain_io": '''\
def plain_io(fn):
    """Let `fn` take and give plain JSON, checked by its annotations."""
    import traceback
    from types import UnionType
    from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

    records = {}

    def exact(digits):
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    def checked(value, hint):
        kind, inside = get_origin(hint) or hint or type(None), get_args(hint)
        if kind is Any:
            return value
        if kind in (Union, UnionType):
            for each in sorted(inside, key=lambda each: type(value) is not each):
                try:
                    return checked(value, each)
                except TypeError:
                    continue
        elif kind is Literal:
            if value in inside:
                return inside[inside.index(value)]
        elif hasattr(kind, "__required_keys__"):
            fields = records[kind] = records.get(kind) or get_type_hints(kind)
            if isinstance(value, dict) and fields.keys() <= value.keys():
                return {name: checked(value[name], field) for name, field in fields.items()}
        elif kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        elif isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
            if kind is list and inside and not {type(each) for each in value} <= {*inside}:
                return [checked(each, *inside) for each in value]
            if kind is dict and inside:
                return {checked(key, str): checked(each, inside[1]) for key, each in value.items()}
            return value
        raise TypeError(f"{value!r} is not {hint}")

    def call(**given):
        hints = get_type_hints(fn)
        try:
            built = {name: checked(value, hints.get(name, Any)) for name, value in given.items()}
            result = checked(fn(**built), hints["return"])
            text = json.dumps(result, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # KFP could not keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call''',
    "limited": '''\
def limited(seconds, work):
    """Give up on work that takes too long; it ends with the process."""
    import queue
    import threading

    found = queue.SimpleQueue()

    def run():
        try:
            found.put((work(), None))
        except BaseException as error:
            found.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = found.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"took longer than {seconds} s") from None
    if error is not None:
        raise error
    return value''',
    "attempt": '''\
def attempt(work, waits=(), upstream=(), **otherwise):
    """Try, again after each wait; what came of it. There is a value unless it failed
    without a default, or something it needs has none."""
    import time

    if not all("value" in json.loads(outcome) for outcome in upstream):
        return {"blocked": True}
    for number, wait in enumerate([*waits, None], 1):
        try:
            return {"value": work(), "attempts": number}
        except Exception as error:
            failure = {"type": type(error).__name__, "message": str(error)}
        if wait is None:
            return {"error": failure, "attempts": number, **otherwise}
        time.sleep(wait)''',
    "opened": '''\
def opened(outcome):
    """The value of an outcome."""
    found = json.loads(outcome)
    if "value" not in found:
        raise RuntimeError(found.get("error", "blocked"))
    return found["value"]''',
    "ended": '''\
def ended(outcomes):
    """What came of several together."""
    good = all("value" in json.loads(outcome) for outcome in outcomes)
    return {"value": None} if good else {"blocked": True}''',
    "gathered": '''\
def gathered(outcomes):
    """The outcomes of a loop's instances as the outcome of their list."""
    found = [json.loads(outcome) for outcome in outcomes]
    if not all("value" in each for each in found):
        return {"blocked": True}
    return {"value": [each["value"] for each in found]}''',
    "now": '''\
def now():
    """The time, for servers that do not tell when a run was made."""
    from datetime import datetime, timezone

    return datetime.now(timezone.utc).isoformat()''',
    "context_of": '''\
def context_of(times, zone):
    """The first time that was told, and the day of it in a time zone."""
    from datetime import datetime, timezone
    from zoneinfo import ZoneInfo

    for text in times:
        if text.startswith("[["):
            print("KFP does not tell the tick (kubeflow/pipelines#12494): the logical date is when the run was made")
        try:
            found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        except ValueError:
            continue
        if found.year > 1970:
            break
    else:
        raise ValueError("KFP before 2.17 does not tell when a run was made: give the run its logical date")
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone.utc)
    logical_date = found.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return logical_date, found.astimezone(ZoneInfo(zone)).date().isoformat()''',
}
USES_JSON = frozenset({"dump", "handed", "plain_io", "attempt", "opened", "ended", "gathered"})
"""The helpers that read or write JSON."""

ENGINE_NAMES = {"NamedTuple": "typing", "PipelineTaskFinalStatus": "kfp.dsl"}
"""What generated functions are annotated with, and where it is from."""
