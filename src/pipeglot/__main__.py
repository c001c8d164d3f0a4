"""`python -m pipeglot` is the command line."""

from pipeglot.cli import script

if __name__ == "__main__":
    raise SystemExit(script())
