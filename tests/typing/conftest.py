"""These files are for type checkers: one of them is wrong on purpose."""

collect_ignore_glob = ["*.py"]
