"""Files that outputs name are compared by what is in them, wherever they are."""

from __future__ import annotations

import gzip
import importlib
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeglot import pipeline, step
from pipeglot.cli import main
from pipeglot.compare.artifacts import MOST, not_compared
from pipeglot.compare.folders import Folders, neutral
from pipeglot.compare.ignore import ArtifactRule, Rule, Rules, TableRule
from pipeglot.compare.model import Difference
from pipeglot.compare.records import compare
from pipeglot.core.dataclass import replace
from pipeglot.core.record import CallRecord, Failure, Record
from pipeglot.migrate.dryrun import DryRunOptions, dry_run
from pipeglot.migrate.sides import LocalSide, RecordedSide, side
from tests.test_engines import installed

CSV = "id,amount,name\n" + "".join(f"{n},{n / 8},n{n}\n" for n in range(5))
BY_ID = Rules(table=(TableRule(call="a", key=("id",)),))


class Sides:
    """Two runs that wrote files; each names one of them."""

    def __init__(self, base: Path) -> None:
        self.roots = (base / "one" / "files", base / "the other one" / "files")
        for root in self.roots:
            root.mkdir(parents=True)
        self.gaps: dict[tuple[str, str], list[str]] = {}

    def write(self, old: str | bytes | None, new: str | bytes | None, name: str = "data.csv") -> None:
        for root, content in zip(self.roots, (old, new), strict=True):
            if content is not None:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def compare(self, name: str = "data.csv", rules: Rules | None = None) -> list[Difference]:
        return self.outputs(str(self.roots[0] / name), str(self.roots[1] / name), rules)

    def outputs(self, old: Any, new: Any, rules: Rules | None = None) -> list[Difference]:
        one, other = (Folders({"ARTIFACT_ROOT": root}) for root in self.roots)
        before, after = neutral(record(old), one), neutral(record(new), other)
        return compare(before, after, rules=rules, folders=(one, other), gaps=self.gaps)


def record(output: Any) -> Record:
    call = CallRecord(id="a", state="succeeded", output=output)
    return Record(pipeline="p", engine="e", engine_version="1", state="succeeded", calls=(call,), result=None)


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    return Sides(tmp_path)


# ---------------------------------------------------------------- names


def test_folders_of_a_run_are_written_as_their_variables() -> None:
    mine = Folders({"ARTIFACT_ROOT": Path("/t/x/artifacts"), "HOME": Path("/t/x"), "PWD": Path("/t/x/work")})
    told = {
        "at": ["/t/x/artifacts/a.csv", "wrote /t/x/work/b, read /t/x/.c", "/t/x2/d", "/t/x/work2"],
        "file:///t/x/artifacts/e": 1,
    }
    assert mine.neutral(told) == {
        "at": ["$ARTIFACT_ROOT/a.csv", "wrote $PWD/b, read $HOME/.c", "/t/x2/d", "$HOME/work2"],
        "file://$ARTIFACT_ROOT/e": 1,
    }
    assert mine.neutral(other := {"a": [1, "b"]}) is other


def test_a_neutral_record_is_the_same_where_nothing_is_named() -> None:
    mine = Folders({"HOME": Path("/t/x")})
    plain = record({"a": "/elsewhere"})
    assert neutral(plain, mine) is plain
    silent = plain.model_copy(update={"calls": (CallRecord(id="a", state="succeeded"),)})
    assert not neutral(silent, mine).calls[0].output_known
    error = Failure(type="E", message="no /t/x/f")
    failed = plain.model_copy(update={"calls": (CallRecord(id="a", state="failed", error=error),), "result": "/t/x"})
    told = neutral(failed, mine)
    assert told.calls[0].error == Failure(type="E", message="no $HOME/f") and told.result == "$HOME"


@pytest.mark.parametrize("form", ["{root}/a b/data.csv", "file://{root}/a%20b/data.csv", "a b/data.csv"])
def test_a_file_is_found_by_path_uri_or_relative_name(sides: Sides, form: str) -> None:
    sides.write(CSV, CSV.replace("n3", "x"), "a b/data.csv")
    names = [form.format(root=root) for root in sides.roots]
    (one,) = sides.outputs({"report": names[0]}, {"report": names[1]})
    assert (one.kind, one.call, one.path) == ("artifact", "a", "$.report")
    assert str(one) == "artifact a at $.report: 1 of 5 rows differ; name at row 3: n3 -> x"


def test_other_folders_are_no_difference_and_other_names_are(sides: Sides) -> None:
    sides.write(CSV, CSV)
    assert sides.compare() == []
    sides.write(None, CSV, "other.csv")
    (one,) = sides.outputs(f"{sides.roots[0]}/data.csv", f"{sides.roots[1]}/other.csv")
    assert (one.kind, one.old, one.new) == ("output", "$ARTIFACT_ROOT/data.csv", "$ARTIFACT_ROOT/other.csv")


def test_a_file_that_one_side_lacks_is_a_difference(sides: Sides) -> None:
    sides.write(CSV, None)
    (one,) = sides.compare()
    assert (one.kind, one.absent, one.path, one.old) == ("artifact", "new", "$", f"a file of {len(CSV)} bytes")
    assert [one.absent for one in sides.outputs("data.csv", "data.csv")] == ["new"]


def test_a_file_that_is_nowhere_is_said(sides: Sides) -> None:
    assert sides.compare("nothing.csv") == []
    (gap,) = not_compared(sides.gaps)
    assert gap.why == "they are there on neither side" and gap.calls == ("a $",)


def test_a_recorded_run_has_no_files_and_that_is_said(sides: Sides) -> None:
    sides.write(CSV, CSV)
    mine = Folders({"ARTIFACT_ROOT": sides.roots[1]})
    now = neutral(record(str(sides.roots[1] / "data.csv")), mine)
    assert compare(now, now, folders=(None, mine), gaps=sides.gaps) == []
    assert "recorded" in not_compared(sides.gaps)[0].why


# ---------------------------------------------------------------- contents


def packed(text: str, when: int) -> bytes:
    return gzip.compress(text.encode(), mtime=when)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("data.csv", CSV, CSV.replace("\n", "\r\n")),
        ("data.csv", CSV, CSV.rstrip("\n")),
        ("data.csv", CSV, "\ufeff" + CSV),
        ("data.csv", CSV, CSV.replace("n3", '"n3"')),
        ("data.csv", "id,x\n1,2\n", "x,id\n2,1\n"),
        ("data.csv", "id,x\n1,nan\n2,\n", "id,x\n1,NaN\n2,\n"),
        ("data.csv", "id,x\n1,0.3\n", "id,x\n1,0.30000000000000004\n"),
        ("data.tsv", "id\tx\n1\ta,b\n", "id\tx\r\n1\ta,b\r\n"),
        ("data.csv.gz", packed(CSV, 1), packed(CSV, 2)),
        ("model.pkl.gz", packed("model", 1), packed("model", 2)),
        ("data.json", '{"a": 1, "b": [0.3]}', '{"b": [0.30000000000000004],\n "a": 1}'),
        ("data.json", '{"a": NaN}', '{"a":NaN}'),
        ("data.jsonl", '{"a": 1}\n{"a": 2}\n', '{"a":1}\n\n{"a":2}'),
        ("model.pkl", b"\x80\x04", b"\x80\x04"),
    ],
)
def test_the_same_content_written_otherwise_is_no_difference(
    sides: Sides, name: str, old: str | bytes, new: str | bytes
) -> None:
    sides.write(old, new, name)
    os.utime(sides.roots[1] / name, (1, 1))
    assert sides.compare(name) == []
    assert sides.gaps == {}


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("data.csv", CSV, CSV.replace("0.25", "0.26"), "1 of 5 rows differ; amount at row 2: 0.25 -> 0.26"),
        ("data.csv", CSV, CSV.replace("4,0.5,n4\n", ""), "1 lost row (row 4)"),
        ("data.csv", CSV, CSV.replace("amount", "total"), "lost column amount; new column total"),
        ("data.csv", "id\n1\n2\n", "id\n1.0\n2.0\n", "id was int, is float"),
        ("data.csv", "id\n01\n", "id\n1\n", "id was text, is int; 1 of 1 rows differ; id at row 0: 01 -> 1"),
        ("data.csv", "id,x\n", "id,y\n", "lost column x; new column y"),
        ("data.csv", "id\n", "", "lost column id"),
        ("data.csv", "id\n1\n", "id\n1,2\n", "new column column 2"),
        (
            "data.csv.gz",
            packed(CSV, 1),
            packed(CSV.replace("n3", "x"), 1),
            "1 of 5 rows differ; name at row 3: n3 -> x",
        ),
        ("data.jsonl", '{"a": 1}', '{"a": 1.0}', "a was int, is float; 1 of 1 rows differ; a at row 0: 1 -> 1.0"),
        ("data.jsonl", "1\n2\n", "1\n3\n", "1 of 2 rows differ; value at row 1: 2 -> 3"),
    ],
)
def test_what_differs_in_a_table_is_said(
    sides: Sides, name: str, old: str | bytes, new: str | bytes, said: str
) -> None:
    sides.write(old, new, name)
    (one,) = sides.compare(name)
    assert str(one) == f"artifact a at $: {said}"
    assert one.old["rows"] == (0 if old == "id\n" or old[-2:] == "x\n" else one.old["rows"])


def test_rows_of_a_file_in_another_order_with_a_key(sides: Sides) -> None:
    head, *rows = CSV.splitlines(keepends=True)
    sides.write(CSV, head + "".join(rows[::-1]))
    assert sides.compare(rules=BY_ID) == []
    assert len(sides.compare()) == 1
    sides.write(None, head + "".join([*rows[::-1], rows[1]]))
    (one,) = sides.compare(rules=BY_ID)
    assert str(one) == "artifact a at $: 1 new row (id=1); id=1 1 times, now 2"


def test_json_is_compared_deeply_through_the_name_of_the_file(sides: Sides) -> None:
    sides.write('{"auc": 0.5, "rows": [{"id": 1, "x": 2}]}', '{"auc": 0.6, "rows": [{"id": 1, "x": 3}]}', "m.json")
    told = [str(one) for one in sides.compare("m.json")]
    assert told == ["artifact a at $.auc: 0.5 -> 0.6", "artifact a at $.rows[0].x: 2 -> 3"]
    rules = Rules(table=(TableRule(call="a", path="$.rows", key=("id",)),))
    assert [one.table is not None for one in sides.compare("m.json", rules)] == [False, True]


def test_an_object_is_shown_as_it_is(sides: Sides) -> None:
    sides.write('{"x": {"a": [1]}, "y": 1}', '{"x": 5, "y": 1}', "a.json")
    (found,) = sides.compare("a.json")
    assert (found.path, found.old, found.new) == ("$.x", {"a": [1]}, 5)


def test_what_a_report_cannot_hold_is_written_otherwise(sides: Sides) -> None:
    old = '{"nan": NaN, "half": "\\ud800", "\\ud801": 1}'
    sides.write(old, json.dumps({"nan": 1.0, "long": ["x" * 100_000]}), "a.json")
    found = {one.path: one for one in sides.compare("a.json")}
    assert (found["$.nan"].old, found["$.half"].old) == ("nan", "\\ud800")
    assert "$.\\ud801" in found and len(found["$.long"].new) < 3_000
    sides.write('{"\\ud800": "\\ud800"}', '{"a": 1}', "a.jsonl")
    table = sides.compare("a.jsonl")
    assert table and all(one.model_dump_json() for one in [*found.values(), *table])


@pytest.mark.parametrize(
    ("name", "content"), [("a.json", "{"), ("a.jsonl", "{"), ("a.csv.gz", "no gzip"), ("a.bin", "x")]
)
def test_what_cannot_be_read_is_compared_by_bytes(sides: Sides, name: str, content: str) -> None:
    sides.write(content, content + "y", name)
    (one,) = sides.compare(name)
    if name != "a.csv.gz":
        assert (one.old["bytes"], one.new["bytes"]) == (len(content), len(content) + 1)
        assert one.old["sha256"] != one.new["sha256"] and (name == "a.bin" or sides.gaps)
    sides.write(content, content, name)
    assert sides.compare(name) == []


def test_another_model_is_found_and_its_metrics_are_values(sides: Sides) -> None:
    sides.write(b"one", b"two!", "models/m.pkl")
    (one,) = sides.compare("models/m.pkl")
    assert (one.kind, one.old["bytes"], one.new["bytes"]) == ("artifact", 3, 4)
    sides.write('{"auc": 0.5}', '{"auc": 0.6}', "models/metrics.json")
    told = [(one.path, one.old, one.new) for one in sides.compare("models/m.pkl")]
    assert told[1:] == [("$:metrics.auc", 0.5, 0.6)]
    sides.write('{"auc": 0.5}', None, "models/m.metrics.json")
    (sides.roots[1] / "models/metrics.json").unlink()
    assert [one.absent for one in sides.compare("models/m.pkl")] == [None, "new"]


def by(how: Any, path: str = "$") -> Rules:
    return Rules(artifact=(ArtifactRule(call="a", path=path, compare=how, reason="told"),))


def test_a_model_may_be_compared_by_its_metrics_alone(sides: Sides) -> None:
    sides.write(b"one", b"two", "m.pkl")
    (one,) = sides.compare("m.pkl", by("metrics"))
    assert (one.old["bytes"], one.new["bytes"]) == (3, 3), "without metrics nothing may pass unseen"
    sides.write('{"auc": 0.5}', '{"auc": 0.5000000000001}', "m_metrics.json")
    assert sides.compare("m.pkl", by("metrics")) == []
    sides.write(None, '{"auc": 0.6}', "m_metrics.json")
    assert [one.path for one in sides.compare("m.pkl", by("metrics"))] == ["$:metrics.auc"]
    (sides.roots[0] / "m_metrics.json").unlink()
    assert [(one.absent, one.old, one.new) for one in sides.compare("m.pkl", by("metrics"))] == [
        ("old", None, "m_metrics.json")
    ]


def test_a_model_that_is_gone_is_a_difference_where_metrics_decide(sides: Sides) -> None:
    sides.write("old", None, "m.pkl")
    (one,) = sides.compare("m.pkl", by("metrics"))
    assert (one.path, one.old, one.new) == ("$", "a file of 3 bytes", "absent")


def test_a_folder_of_a_model_without_metrics_is_a_difference(sides: Sides) -> None:
    for root in sides.roots:
        (root / "m").mkdir()
    (one,) = sides.compare("m", by("metrics"))
    assert "without metrics" in one.old and "without metrics" in one.new
    sides.write('{"auc": 0.5}', '{"auc": 0.5}', "m/metrics.json")
    assert sides.compare("m", by("metrics")) == []


@pytest.mark.parametrize(("new", "same"), [(b"no gzip", True), (b"no gzap", False)])
def test_what_says_that_it_is_packed_and_is_not_is_compared_as_it_is(sides: Sides, new: bytes, same: bool) -> None:
    sides.write(b"no gzip", new, "a.bin.gz")
    assert (sides.compare("a.bin.gz") == []) == same


def test_rules_say_how_a_file_is_compared(sides: Sides) -> None:
    sides.write(CSV, CSV.replace("\n", "\r\n"))
    (one,) = sides.compare(rules=by("bytes"))
    assert one.old["bytes"] < one.new["bytes"]
    sides.write(CSV, CSV.replace("n3", "x"), "data.txt")
    assert [one.table for one in sides.compare("data.txt")] == [None]
    assert [one.table is not None for one in sides.compare("data.txt", by("table"))] == [True]
    assert sides.compare("data.txt", by("none")) == []
    assert [gap.why for gap in not_compared(sides.gaps)] == ["told"]


def test_a_folder_is_compared_file_by_file(sides: Sides) -> None:
    for name, content in {"a.csv": CSV, "deep/b.json": '{"x": 1}', "deep/same.bin": "s"}.items():
        sides.write(content, content.replace("n3", "x").replace("1}", "2}"), f"out/{name}")
    sides.write("old", None, "out/only.txt")
    told = {(one.path, one.absent) for one in sides.compare("out")}
    assert told == {("$/a.csv", None), ("$/deep/b.json.x", None), ("$/only.txt", "new")}
    assert {one.path for one in sides.compare("out", by("bytes", "$/deep/*"))} >= {"$/deep/b.json.x"}
    assert {one.path for one in sides.compare("out", by("none", "$/deep/b.json"))} == {"$/a.csv", "$/only.txt"}
    assert sides.compare("out", by("none")) == []


def test_a_report_of_a_folder_stays_small(sides: Sides) -> None:
    for number in range(MOST + 20):
        sides.write("a", "b", f"out/{number}.txt")
    found = sides.compare("out")
    assert len(found) == MOST + 1 and (found[-1].path, found[-1].new) == ("$[...]", "20 more differences")


def test_names_of_the_folders_within_files_are_no_difference(sides: Sides) -> None:
    old, new = (json.dumps({"model": f"{root}/m.pkl", "n": 1}) for root in sides.roots)
    sides.write(old, new, "m.json")
    sides.write(old, new, "m.jsonl")
    old, new = (f"id,at\n1,{root}/m.pkl\n" for root in sides.roots)
    sides.write(old, new, "m.csv")
    assert [sides.compare(f"m.{ending}") for ending in ("json", "jsonl", "csv")] == [[], [], []]


def test_files_that_name_themselves_are_read_once(sides: Sides) -> None:
    sides.write('{"me": "m.json", "n": 1}', '{"me": "m.json", "n": 2}', "m.json")
    assert [one.path for one in sides.compare("m.json")] == ["$.n"]


def test_files_named_in_a_long_list_are_compared_too(sides: Sides) -> None:
    for number in range(150):
        sides.write("a", "b" if number % 2 else "a", f"{number}.txt")
    names = [[f"{root}/{number}.txt" for number in range(150)] for root in sides.roots]
    found = sides.outputs(names[0], names[1])
    assert [(one.kind, one.path) for one in found] == [("artifact", f"$[{number}]") for number in range(1, 150, 2)]
    other = [{"n": 0 if one else 1, "file": name} for one in range(2) for name in names[one]]
    found = sides.outputs(other[:150], other[150:])
    assert [one.kind for one in found] == ["table", *["artifact"] * 75]
    assert sides.gaps == {}
    keyed = Rules(table=(TableRule(call="a", key=("file",)),))
    assert [one.kind for one in sides.outputs(other[:150], other[150:], keyed)] == ["table"]
    assert [gap.what for gap in not_compared(sides.gaps)] == ["files that cells name"]


def test_links_that_lead_out_are_not_followed(sides: Sides, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for root in sides.roots:
        (root / "out").mkdir()
        (root / "out" / "link").symlink_to(secret)
        (root / "out" / "folder").symlink_to(tmp_path)
        for name in ("loop", "loop too"):
            (root / "out" / name).symlink_to(root / "out")
        (root / "latest").symlink_to("out")
        (root / "data.csv").write_text(CSV)
        (root / "inside.csv").symlink_to(root / "data.csv")
        os.mkfifo(root / "pipe")
    assert sides.compare("out") == [] == sides.compare("out/link") == sides.compare("inside.csv")
    assert sides.compare("latest") == []
    assert sides.compare("pipe") == [] == sides.compare("../../secret.txt")
    assert any("not followed" in gap.why and len(gap.calls) >= 4 for gap in not_compared(sides.gaps))
    (sides.roots[1] / "out" / "link").unlink()
    (sides.roots[1] / "out" / "link").write_text("secret")
    (one,) = sides.compare("out/link")
    assert "not followed" in one.old and one.new == "a file of 6 bytes" and "secret" not in str(one)


def test_parquet_without_pyarrow_is_compared_by_bytes_and_that_is_said(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    sides.write(b"PAR1a", b"PAR1b", "t.parquet")
    monkeypatch.setattr(importlib, "import_module", missing)
    (one,) = sides.compare("t.parquet")
    assert "sha256" in one.old and any("pyarrow" in gap.why for gap in not_compared(sides.gaps))


def test_parquet_is_a_table(sides: Sides) -> None:
    arrow: Any = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    for root, wrong in zip(sides.roots, (0.5, 0.75), strict=True):
        rows = arrow.table({"id": [1, 2], "x": [float("nan"), wrong]})
        parquet.write_table(rows, root / "t.parquet", compression="none" if wrong == 0.5 else "snappy")
    (one,) = sides.compare("t.parquet", BY_ID)
    assert str(one) == "artifact a at $: 1 of 2 rows differ; x at id=2: 0.5 -> 0.75"


def test_a_large_file_is_compared_by_key_in_parts(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeglot.compare.contents.PART", 100_000)
    lines = [f"{n},{n / 8},n{n}\n" for n in range(20_000)]
    other = [line.replace("2000.0,", "2000.5,") for line in reversed(lines)]
    sides.write("id,amount,name\n" + "".join(lines), "id,amount,name\n" + "".join(other))
    (one,) = sides.compare(rules=BY_ID)
    assert str(one) == "artifact a at $: 1 of 20,000 rows differ; amount at id=16000: 2000.0 -> 2000.5"


# ---------------------------------------------------------------- a dry-run


@step
def write(day: str) -> dict[str, str]:
    import os
    from pathlib import Path

    root = Path(os.environ["ARTIFACT_ROOT"])
    count = len(list(root.parent.parent.glob("*/artifacts/*.csv")))
    (root / "a.csv").write_text(f"id,x,run\n1,{day},{count if os.environ.get('NOISY') else 0}\n")
    return {"file": str(root / "a.csv"), "said": f"wrote {root}"}


@step
def read(made: dict[str, str]) -> int:
    from pathlib import Path

    return len(Path(made["file"]).read_text())


@pipeline
def writes(day: str = "2026") -> int:
    return read(write(day))


def test_each_run_has_a_root_of_its_own_and_the_files_are_compared() -> None:
    found = dry_run(writes.ir(), LocalSide(), LocalSide(), DryRunOptions(repeat=2))
    assert found.verdict == "equivalent", found.differences
    assert found.old.record is not None
    assert found.old.record.calls[0].output == {"file": "$ARTIFACT_ROOT/a.csv", "said": "wrote $ARTIFACT_ROOT"}


def test_a_root_that_both_sides_share_is_not_compared_and_that_is_said(tmp_path: Path) -> None:
    found = dry_run(writes.ir(), LocalSide(), LocalSide(), DryRunOptions(env={"ARTIFACT_ROOT": str(tmp_path)}))
    assert found.verdict == "equivalent", found.differences
    assert "files under ARTIFACT_ROOT" in [gap.what for gap in found.not_compared]
    assert found.old.record is not None and found.old.record.calls[0].output["file"] == str(tmp_path / "a.csv")


def test_no_secret_of_a_file_is_told_whole_or_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "c4n4ry-" + "s3cr3t" * 5
    monkeypatch.setenv("STORE_TOKEN", canary)
    for before in (10, 180, 1990):
        text = "x" * before + canary + "y" * 3000
        found = dry_run(secretive.ir(), LocalSide(), LocalSide(), params={"text": text})
        kinds = {one.path.partition("[")[0]: one.table is not None for one in found.differences}
        assert kinds == {"$/a.csv": True, "$/a.jsonl": True, "$/a.json": False}
        for length in range(8, len(canary) + 1):
            assert canary[:length] not in found.to_json()


@step
def spill(text: str) -> str:
    import json
    import os
    import uuid
    from pathlib import Path

    root = Path(os.environ["ARTIFACT_ROOT"])
    again = f"{text} {uuid.uuid4()}"
    (root / "a.csv").write_text(f"id,x\n1,{again}\n")
    (root / "a.jsonl").write_text(json.dumps({"id": again, again: again}))
    (root / "a.json").write_text(json.dumps([again, {again: again}]))
    return str(root)


@pipeline
def secretive(text: str) -> str:
    return spill(text)


SOURCE = """
from pipeglot import pipeline, step


@step
def rows(first: int, wrong: int) -> list[dict[str, int]]:
    found = [{"id": n, "x": n + wrong if n == 2 else n} for n in range(4)]
    return found[first:] + found[:first]


@pipeline
def turned(first: int = 0, wrong: int = 0) -> int:
    rows(first, wrong)
    return 1
"""


def test_the_command_line_takes_rules_and_shows_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "turned.py").write_text(SOURCE)
    source, rules, kept = (str(tmp_path / name) for name in ("turned.py", "rules.toml", "record.json"))
    other = '[[ignore]]\nkind = "record"\npath = "params"\nreason = "another order"\nuntil = 2999-01-01\n'
    Path(rules).write_text('[[table]]\ncall = "rows"\nkey = ["id"]\n' + other)
    assert main(["run", source, "--record", kept]) == 0
    ask = ["migrate", "dry-run", source, "--old", f"record:{kept}", "--new", "local", "-p", "first=1"]
    ask += ["--out", str(tmp_path / "out"), "--history", str(tmp_path / "history.sqlite")]
    assert main(ask) == 1
    assert main([*ask, "--rules", rules]) == 0
    capsys.readouterr()
    assert main([*ask, "--rules", rules, "-p", "wrong=7"]) == 1
    assert "table rows at $: 1 of 4 rows differ; x at id=2: 2 -> 9" in capsys.readouterr().out
    Path(rules).write_text('[[table]]\ncall = "rows"\n')
    assert main([*ask, "--rules", rules]) == 2
    assert "PG379" in capsys.readouterr().err


def test_noise_in_a_file_is_masked_by_column() -> None:
    choices = DryRunOptions(repeat=2, env={"NOISY": "1"})
    found = dry_run(writes.ir(), LocalSide(), LocalSide(), choices)
    assert found.verdict == "equivalent", found.differences
    assert {one.difference.kind for one in found.masked} == {"artifact"}


def test_a_wrong_file_is_found_and_a_rule_may_cover_it() -> None:
    wrong = writes.ir()
    code = tuple(
        replace(one, text=one.text.replace("1,{day}", "1,x{day[1:]}")) if one.kind == "function" else one
        for one in wrong.code
    )

    class Wrong(LocalSide):
        def _run(self, number: int, task: Any, *rest: Any) -> Record:
            import dataclasses

            return super()._run(number, dataclasses.replace(task, pipeline=replace(wrong, code=code)), *rest)

    found = dry_run(writes.ir(), LocalSide(), Wrong())
    (one,) = found.differences
    assert (one.kind, one.call, one.path) == ("artifact", "write", "$.file")
    assert one.table is not None and [cell.column for cell in one.table.cells] == ["x"]
    rule = Rule(call="write", path="$.file", reason="known", until=date(2999, 1, 1))
    covered = dry_run(writes.ir(), LocalSide(), Wrong(), DryRunOptions(rules=Rules(ignore=(rule,))))
    assert covered.verdict == "equivalent" and covered.masked[0].difference.kind == "artifact"
    assert found.old.record is not None
    recorded = dry_run(writes.ir(), RecordedSide("record:x", found.old.record), LocalSide())
    assert recorded.verdict == "equivalent"
    assert any("recorded" in gap.why for gap in recorded.not_compared)


@step
def scores(rows: int, planted: bool) -> dict[str, str]:
    import json
    import os
    from pathlib import Path

    wrong = planted and "PREFECT_HOME" in os.environ
    table = Path(os.environ["ARTIFACT_ROOT"], "scores.csv")
    lines = (f"{n},{0.0 if wrong and n == 612 else n / 8}\n" for n in range(rows))
    table.write_text("id,score\n" + "".join(lines if "AIRFLOW_HOME" in os.environ else reversed(list(lines))))
    Path("here.json").write_text(json.dumps({"table": str(table)}, indent=2 if wrong else None))
    Path.home().joinpath("notes.txt").write_text("done")
    return {
        "table": str(table),
        "uri": table.as_uri(),
        "here": os.path.abspath("here.json"),
        "relative": "here.json",
        "home": str(Path.home() / "notes.txt"),
    }


@pipeline
def scored(planted: bool, rows: int = 1000) -> dict[str, str]:
    return scores(rows, planted)


@pytest.mark.engine("airflow", "prefect")
@pytest.mark.parametrize("planted", [False, True])
def test_two_engines_leave_the_same_files_or_the_wrong_cell_is_named(planted: bool) -> None:
    installed("airflow")
    installed("prefect")
    rules = Rules(
        table=tuple(
            TableRule(call=call, path=path, key=("id",)) for call in ("scores", None) for path in ("$.table", "$.uri")
        )
    )
    found = dry_run(
        scored.ir(), side("airflow"), side("prefect"), DryRunOptions(rules=rules), params={"planted": planted}
    )
    assert found.old.record is not None and found.old.record.result == {
        "table": "$ARTIFACT_ROOT/scores.csv",
        "uri": "file://$ARTIFACT_ROOT/scores.csv",
        "here": "$PWD/here.json",
        "relative": "here.json",
        "home": "$HOME/notes.txt",
    }
    assert not [gap for gap in found.not_compared if gap.calls], found.not_compared
    told = [(one.kind, one.call, one.path, str(one.table)) for one in found.differences]
    cell = "1 of 1,000 rows differ; score at id=612: 76.5 -> 0.0"
    places = [(call, path) for call in (None, "scores") for path in ("$.table", "$.uri")]
    assert told == [("artifact", *place, cell) for place in places if planted]
    assert found.verdict == ("diverged" if planted else "equivalent"), found.why
