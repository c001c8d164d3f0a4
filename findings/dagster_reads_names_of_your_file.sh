#!/bin/sh
# dagster 1.13.27: the first file of a process that makes a dg.In lends Dagster its names. The constructor is compiled there
# (dagster_shared.record.JitCheckedNew), so a function of the file that is called `set` (or `isinstance`, `AssetKey`, `Executor` ...)
# takes the place of what Dagster means, and the file does not load: isinstance() arg 2 must be a type. The same file loads when
# another one has made a dg.In before it.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/env"
"$dir/env/bin/pip" install --quiet --disable-pip-version-check dagster==1.13.27 2>/dev/null
cat >"$dir/mine.py" <<'PYTHON'
import dagster as dg


def set(name, value):
    return {name: value}


@dg.op(ins={"start": dg.In(dg.Nothing)})
def configure():
    return set("colour", "red")
PYTHON
cat >"$dir/load.py" <<'PYTHON'
import sys

import dagster as dg

if "another" in sys.argv:
    dg.In(dg.Nothing)
try:
    import mine  # noqa: F401

    print("dagster", dg.__version__, *sys.argv[1:], "loads")
except TypeError as error:
    print("dagster", dg.__version__, *sys.argv[1:], "TypeError:", error)
    sys.exit(3)
PYTHON
cd "$dir"
status=0
env/bin/python load.py || status=$?
[ "$status" = 3 ]
env/bin/python load.py after another
