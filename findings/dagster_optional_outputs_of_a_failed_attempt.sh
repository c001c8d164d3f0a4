#!/bin/sh
# dagster 1.13.27: an op with a RetryPolicy yields one optional output and fails; the second attempt yields the other one. What the
# failed attempt had yielded still counts: the ops behind both outputs run, in a run that ends as a success. A branch written in the
# documented way, with optional outputs, can so take both arms.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/env"
"$dir/env/bin/pip" install --quiet --disable-pip-version-check dagster==1.13.27 2>/dev/null
cat >"$dir/branch.py" <<'PYTHON'
import sys

import dagster as dg

ran = []


@dg.op(
    out={"yes": dg.Out(is_required=False), "no": dg.Out(is_required=False)},
    retry_policy=dg.RetryPolicy(max_retries=1),
)
def choose(context):
    if context.retry_number == 0:
        yield dg.Output(1, "yes")
        raise ValueError("the connection was lost")
    yield dg.Output(1, "no")


@dg.op
def publish(x):
    ran.append("publish")


@dg.op
def keep(x):
    ran.append("keep")


@dg.job
def gate():
    yes, no = choose()
    publish(yes)
    keep(no)


done = gate.execute_in_process(raise_on_error=False)
print("dagster", dg.__version__, "success:", done.success, "ran:", *sorted(ran))
sys.exit((done.success, sorted(ran)) != (True, ["keep", "publish"]))
PYTHON
cd "$dir"
DAGSTER_HOME="" env/bin/python branch.py 2>/dev/null
