def kept(value):
    """A value that XCom gives back as it is: it takes a dict with both keys for something else."""
    if isinstance(value, dict) and {"__type", "__var"} <= value.keys():
        raise ValueError("XCom keeps no dict with both '__type' and '__var'")
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            kept(each)
    return value