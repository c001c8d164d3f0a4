"""`python -m pipeglot` is the command line."""

from pipeglot.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
