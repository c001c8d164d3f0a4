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
    "compare": '''
def compare(op, left, right):
    """Compare numbers with numbers or text with text; a bool equals only a bool."""
    kinds = [float if type(value) is int else type(value) for value in (left, right)]
    alike = kinds[0] is kinds[1]
    if not {bool, float, str}.issuperset(kinds):
        raise TypeError(f"cannot evaluate {left!r} {op} {right!r}")
    if op in ("==", "!="):
        return (alike and left == right) is (op == "==")
    if not alike or kinds[0] is bool:
        raise TypeError(f"{left!r} and {right!r} have no order ({op})")
    order = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
    return order[op](left, right)
''',
    "truth": '''
def truth(value):
    """A condition is a bool and nothing else."""
    if not isinstance(value, bool):
        raise TypeError(f"a condition is not a bool: {value!r}")
    return value
''',
}
"""By name; each starts and ends with a line end."""

NEEDS: dict[str, tuple[str, ...]] = {
    "unfinished": ("PrefectFuture",),
    "for_each": ("ThreadPoolExecutor", "copy_context"),
    "lane": ("allow_failure",),
    "compare": ("operator",),
}
"""The names of the engine that a helper uses."""
