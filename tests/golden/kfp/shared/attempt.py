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
        time.sleep(wait)