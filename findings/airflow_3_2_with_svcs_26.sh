#!/bin/sh
# Airflow 3.2.2 asks for svcs>=25.1.0, without an upper bound, and the newest on 2026-12-01 is 26.2.0. With it every task of `dag.test()`
# fails: the execution API in the same process answers 500, since `request.app.state` has no `svcs_registry`. With svcs 25.1.0, and
# nothing else changed, the same DAG succeeds.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/dag.py" <<'PYTHON'
from datetime import datetime, timezone

from airflow.sdk import DAG, task

with DAG("one", schedule=None) as dag:

    @task
    def hello():
        return 1

    hello()

if __name__ == "__main__":
    print("run:", dag.test(logical_date=datetime(2026, 3, 1, tzinfo=timezone.utc)).state)
PYTHON
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check uv 2>/dev/null
env/bin/uv pip install --quiet --python env/bin/python apache-airflow==3.2.2 fastapi==0.136.3 svcs==26.2.0 2>/dev/null
export AIRFLOW_HOME="$dir/home" AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__CORE__DAGS_FOLDER="$dir/dags"
mkdir dags
cp dag.py dags/one.py
env/bin/python -m airflow db migrate >/dev/null 2>&1
for version in 26.2.0 25.1.0; do
    env/bin/uv pip install --quiet --python env/bin/python "svcs==$version" 2>/dev/null
    env/bin/python dags/one.py >log 2>&1 || true
    echo "Airflow 3.2.2, svcs $version: $(grep '^run:' log)"
    grep -c svcs_registry log >"$version.txt" || true
done
[ "$(cat 26.2.0.txt)" -gt 0 ] && [ "$(cat 25.1.0.txt)" -eq 0 ]
