#!/bin/sh
# CPython 3.10 to 3.13: `frame.f_lineno` goes through the line table of the whole function up to where the frame is, each time it is
# asked for. In a function of 100,000 lines one look costs 100 times and more what it costs in one of 100 lines: whoever asks at
# every call (a tracer of pipelines, a logger by `findCaller`) takes quadratic time. `co_lines()` read once
# and searched by `f_lasti` says the same line in constant time.
set -eu
python3 - <<'PYTHON'
import sys
import time


def made(lines):
    names = {}
    exec("def f(look):\n" + "    x = 1\n" * lines + "    return look()\n", names)
    return names["f"]


def look():
    frame = sys._getframe(1)
    assert frame.f_lineno > 100
    start = time.process_time()
    for _ in range(200):
        frame.f_lineno
    return (time.process_time() - start) / 200 * 1e6


short, long = made(100)(look), made(100_000)(look)
print(f"Python {sys.version.split()[0]}: {short:.2f} us in a function of 100 lines, {long:.0f} us in one of 100,000")
sys.exit(0 if long > 100 * short else 1)
PYTHON
