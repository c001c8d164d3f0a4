def run_moment(context, params, zone):
    """The run's logical date; without one, the time it was asked for."""
    text = params.logical_date
    if not text:
        run = context.run.tags.get("pipeline/main_run", context.run_id)
        text = context.instance.get_run_record_by_id(run).create_timestamp.isoformat()
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(ZoneInfo(zone))