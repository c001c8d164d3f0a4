def flatten(rows, parents=None):
    """The rows of all instances of a loop as one list, each with its place."""
    return [
        {
            "at": [*(parents[parent]["at"] if parents else [parent]), number],
            "parent": parent,
            "values": values,
        }
        for parent, inner in enumerate(rows)
        for number, values in enumerate(inner or [])
    ]