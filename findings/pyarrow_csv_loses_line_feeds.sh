#!/bin/sh
# pyarrow.csv loses the line feed of a CR LF inside a quoted cell, where a block of the file ends between the two.
#
# Here the first block ends in the carriage return. Python's csv reads "1\r\n2"; pyarrow reads that or "1\r2", and says
# nothing: which cells are changed depends on `block_size` (1 MiB by default).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q pyarrow==26.0.1
cd "$folder"
cat >look.py <<'PY'
import csv
import io

from pyarrow import csv as arrow

DATA = b'a,b\r\nx,"1\r\n2"\r\n'
BLOCK = DATA.index(b"1\r") + 2
(_, row) = csv.reader(io.StringIO(DATA.decode(), newline=""))
print("python ", row)
found = {}
for size in (1 << 20, BLOCK):
    options = arrow.ReadOptions(block_size=size, use_threads=False), arrow.ParseOptions(newlines_in_values=True)
    reader = arrow.open_csv(io.BytesIO(DATA), *options)
    found[size] = [cell for batch in reader for cell in batch.to_pylist()[0].values()]
    print(f"pyarrow, blocks of {size}: {found[size]}")
assert row == found[1 << 20] == ["x", "1\r\n2"]
assert found[BLOCK] == ["x", "1\r2"], "the line feed is kept now"
PY
env/bin/python look.py
