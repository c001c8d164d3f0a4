"""Large tables in files, compared by an engine for columns: what it is sure of it counts, the rest is compared as ever."""
