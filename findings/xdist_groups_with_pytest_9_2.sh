#!/bin/sh
# pytest 9.2.0 with pytest-xdist 3.8.0, both the newest on 2026-12-01: `--dist loadgroup` sends the tests of one `xdist_group` to
# several workers, without a word, so what they share (a server, a module's fixture) is made once for each. With pytest 9.1.1 they stay
# together. Known to its maintainers as pytest-xdist issue 1386; no release has the repair yet.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/test_group.py" <<'PYTHON'
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(12))
def test_one(number, worker_id):
    time.sleep(0.05)
    with open("workers.txt", "a") as workers:
        workers.write(worker_id + "\n")
PYTHON
cd "$dir"
for version in 9.1.1 9.2.0; do
    python3 -m venv "env-$version"
    "env-$version/bin/pip" install --quiet --disable-pip-version-check "pytest==$version" pytest-xdist==3.8.0 2>/dev/null
    rm -f workers.txt
    "env-$version/bin/python" -m pytest -q -n 2 --dist loadgroup test_group.py >/dev/null
    echo "pytest $version, pytest-xdist 3.8.0: one group ran on $(sort -u workers.txt | wc -l) worker(s)"
    sort -u workers.txt | wc -l >"$version.txt"
done
[ "$(cat 9.1.1.txt)" -eq 1 ] && [ "$(cat 9.2.0.txt)" -eq 2 ]
