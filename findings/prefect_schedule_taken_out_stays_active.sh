#!/usr/bin/env bash
# Prefect: a schedule that is taken out of prefect.yaml, or replaced by an empty list, stays active on the server.
# `prefect deploy` sends schedules only where there are some, and the server keeps what it is not told of.
# (fastapi is pinned: with newer ones the server of 3.8.8 does not start.) Exits 0 while it is so, 1 once the schedule goes.
set -euo pipefail

folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check prefect==3.8.8 fastapi==0.149.0
export HOME=$folder PREFECT_HOME=$folder/home PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
port=$(env/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PREFECT_API_URL=http://127.0.0.1:$port/api PATH=$folder/env/bin:$PATH

cat > nightly.py <<'PY'
from prefect import flow


@flow
def nightly():
    pass
PY
deployment() {
    printf 'deployments:\n  - name: nightly\n    entrypoint: nightly.py:nightly\n    work_pool:\n      name: local\n%s' "$1" > prefect.yaml
    prefect --no-prompt deploy --all > deploy.log 2>&1 || { cat deploy.log; exit 2; }
}
active() {
    python - <<'PY'
import json, os, urllib.request

request = urllib.request.Request(
    os.environ["PREFECT_API_URL"] + "/deployments/filter", b"{}", {"content-type": "application/json"}
)
(found,) = json.load(urllib.request.urlopen(request))
print(sum(each["active"] for each in found["schedules"]))
PY
}

prefect server start --host 127.0.0.1 --port "$port" > server.log 2>&1 &
server=$!
for _ in $(seq 120); do
    python -c "import os, urllib.request as u; u.urlopen(os.environ['PREFECT_API_URL'] + '/health')" 2>/dev/null && break
    sleep 1
done
prefect work-pool create --type process local > /dev/null

echo "prefect $(prefect version 2>/dev/null | sed -n 's/^Version: *//p')"
deployment $'    schedules:\n      - cron: "0 6 * * *"\n'
echo "deployed with a schedule:     $(active) active"
deployment ''
taken_out=$(active)
echo "deployed without 'schedules': $taken_out active"
deployment $'    schedules: []\n'
emptied=$(active)
echo "deployed with 'schedules: []': $emptied active"
deployment $'    schedules:\n      - cron: "0 0 1 1 *"\n        active: false\n'
echo "deployed with one that is off: $(active) active"
[ "$taken_out" = 1 ] && [ "$emptied" = 1 ]
