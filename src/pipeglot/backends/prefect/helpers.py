"""The small functions that a generated file has when it uses them, as they are printed there."""

from __future__ import annotations

HELPERS: dict[str, str] = {
    "unfinished": '''
def unfinished(*values):
    """Wait for the futures in `values`; give those that did not complete."""
    found = []
    for value in values:
        if isinstance(value, list):
            found += unfinished(*value)
        elif isinstance(value, PrefectFuture):
            value.wait()
            if not value.state.is_completed():
                found.append(value)
    return found
''',
    "for_each": '''
def for_each(function, items):
    """`function(index, item)` for all items at once, in threads of the flow run."""
    with ThreadPoolExecutor(len(items) or 1) as pool:
        futures = [
            pool.submit(copy_context().run, function, index, item)
            for index, item in enumerate(items)
        ]
    return [future.result() for future in futures]
''',
    "lane": '''
def lane(runs, width):
    """The run `width` places back, however it ended: at most `width` run at once."""
    return [allow_failure(run) for run in runs[-width:][:1] if len(runs) >= width]
''',
}
"""By name; each starts and ends with a line end."""

NEEDS: dict[str, tuple[str, ...]] = {
    "unfinished": ("PrefectFuture",),
    "for_each": ("ThreadPoolExecutor", "copy_context"),
    "lane": ("allow_failure",),
}
"""The names of the engine that a helper uses."""
