"""All benchmarks, or those named, as one table and as JSON (`build/bench.json`).

./dev bench [NAME ...] [--only TEXT] [--small]
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import measure

HERE = Path(__file__).parent
NAMES = [
    path.stem
    for path in sorted(HERE.glob("*.py"))
    if not path.stem.startswith("_") and "\ndef rows(" in path.read_text("utf-8")
]


def rows(name: str, options: measure.Options) -> Iterator[measure.Row]:
    """Of a benchmark, which is imported only then: what it needs may be missing here."""
    yield from importlib.import_module(f"benchmarks.{name}").rows(options)


def main() -> int:
    parser = measure.parser(__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.set_defaults(json=measure.ROOT / "build" / "bench.json")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return measure.collect({name: partial(rows, name) for name in given.names or NAMES}, given)


if __name__ == "__main__":
    sys.exit(main())
