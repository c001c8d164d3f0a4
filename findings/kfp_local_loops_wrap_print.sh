#!/bin/sh
# kfp 2.17.0, kfp.local: items of a ParallelFor run in threads, and each task swaps `builtins.print` for one of its own. The
# swaps overlap, so after a loop `print` is still a task's: all that the process prints later is told with a task's prefix, and the
# wrappers of further loops pile up. Seen: after one loop of eight items, `builtins.print` is not what it was before.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/env"
"$dir/env/bin/pip" install --quiet --disable-pip-version-check kfp==2.17.0
cat >"$dir/loops.py" <<'PYTHON'
import builtins
import time

import kfp
from kfp import dsl, local

local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root="root")


@dsl.component
def say(n: int) -> int:
    return n


@dsl.pipeline
def loops():
    with dsl.ParallelFor([1, 2, 3, 4, 5, 6, 7, 8]) as n:
        say(n=n)


plain = builtins.print
depths = []
for _ in range(3):
    loops()
    depth, now = 0, builtins.print
    while now is not plain and now is not None and depth < 100:
        cells = [cell.cell_contents for cell in now.__closure__ or ()]
        now = next((cell for cell in cells if callable(cell) and getattr(cell, "__name__", "") in ("print", "custom_print", now.__name__)), None)
        depth += 1
    depths.append(depth)
builtins.print = plain
print("kfp", kfp.__version__, "wrappers around print after 1, 2 and 3 loops of eight items:", *depths)
raise SystemExit(0 if depths[-1] > 0 else 1)
PYTHON
cd "$dir"
env/bin/python loops.py 2>/dev/null | tail -1
