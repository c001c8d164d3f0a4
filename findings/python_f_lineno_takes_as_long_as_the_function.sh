#!/bin/sh
# CPython 3.10 to 3.13: `frame.f_lineno` goes through the line table of the whole function up to where the frame is, each time it is
# asked for. Whoever asks at every call pays for the length of the caller: a message of loguru 0.7.3 that is written from a long
# function (generated code, a schema's migration, a pipeline written out) costs many times what it costs from a short one.
# `co_lines()` read once and searched by `f_lasti` says the same line in constant time.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check loguru==0.7.3 2>/dev/null
cat >look.py <<'PYTHON'
import sys
import time

from loguru import logger

logger.remove()
seen = []
logger.add(lambda message: seen.append(message.record["line"]), format="")


def made(lines):
    names = {"logger": logger}
    exec("def f():\n" + "    x = 1\n" * lines + "    for _ in range(300):\n        logger.info('said')\n", names)
    return names["f"]


def cost(lines):
    function = made(lines)
    begun = time.process_time()
    function()
    return (time.process_time() - begun) / 300 * 1e6


cost(10)
short, long = cost(100), cost(50_000)
assert seen[-1] == 50_003
print(f"Python {sys.version.split()[0]}, loguru 0.7.3: {short:.0f} us a message in a function of 100 lines, {long:.0f} us in 50,000")
sys.exit(0 if long > 3 * short else 1)
PYTHON
env/bin/python look.py
