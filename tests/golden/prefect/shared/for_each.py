def for_each(function, items):
    """`function(index, item)` for all items at once, in threads of the flow run."""
    with ThreadPoolExecutor(len(items) or 1) as pool:
        futures = [
            pool.submit(copy_context().run, function, index, item)
            for index, item in enumerate(items)
        ]
    return [future.result() for future in futures]