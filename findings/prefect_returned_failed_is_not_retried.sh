#!/bin/sh
# A Prefect flow with retries that *returns* Failed(...) instead of raising: prefect 3.8.8 runs the body once and leaves the run in
# AwaitingRetry (type SCHEDULED), and on_failure is never called; prefect 3.9.1 runs the body again, as often as retries say, and
# ends in Failed. (fastapi is pinned: with newer ones the server of 3.8.8 does not start.) Fails when either version does otherwise.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/returned.py" <<'PYTHON'
import sys

import prefect
from prefect import flow
from prefect.states import Failed

tries, hooks = [], []


@flow(retries=2, retry_delay_seconds=0, on_failure=[lambda flow, run, state: hooks.append(1)])
def nightly():
    tries.append(1)
    return Failed(message="no data yet")


state = nightly(return_state=True)
seen = f"{state.type.value}/{state.name}, {len(tries)} tries, on_failure called {len(hooks)} times"
print("prefect", prefect.__version__, seen)
sys.exit(seen != sys.argv[1])
PYTHON
try() {
    python3 -m venv "$dir/$1"
    "$dir/$1/bin/pip" install --quiet --disable-pip-version-check $2 2>/dev/null
    HOME="$dir/home-$1" PREFECT_HOME="$dir/home-$1" PREFECT_LOGGING_LEVEL=CRITICAL "$dir/$1/bin/python" "$dir/returned.py" "$3" 2>/dev/null
}
try old "prefect==3.8.8 fastapi==0.149.0" "SCHEDULED/AwaitingRetry, 1 tries, on_failure called 0 times"
try new "prefect==3.9.1 fastapi==0.149.0" "FAILED/Failed, 3 tries, on_failure called 1 times"
