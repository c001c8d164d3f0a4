"""The version of pipeglot."""

__version__ = "0.1.0"
