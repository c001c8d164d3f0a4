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
    return logical_date, found.astimezone(ZoneInfo(zone)).date().isoformat()