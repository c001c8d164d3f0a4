"""Files the command line writes: whole or not at all, and a clear word when it cannot."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pipeglot.cli import files
from pipeglot.core.diagnostic import EngineError


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_folders_are_made_and_text_arrives_as_it_is(tmp_path: Path) -> None:
    files.write({tmp_path / "a" / "b" / "x.py": "ä\r\n\n", tmp_path / "y": ""})
    assert (tmp_path / "a" / "b" / "x.py").read_bytes() == "ä\r\n\n".encode()
    assert everything(tmp_path) == ["a", "a/b", "a/b/x.py", "y"]


def test_a_file_that_is_right_already_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("same")
    os.utime(path, (1, 1))
    files.write({path: "same"})
    assert path.stat().st_mtime == 1


def test_modes_are_kept_and_new_files_get_the_usual_one(tmp_path: Path) -> None:
    old, new, plain = tmp_path / "old", tmp_path / "new", tmp_path / "plain"
    old.write_text("")
    old.chmod(0o751)
    plain.write_text("")
    files.write({old: "1", new: "2"})
    assert stat.S_IMODE(old.stat().st_mode) == 0o751
    assert stat.S_IMODE(new.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize("blocked", ["file/x.py", "folder"])
def test_nothing_is_left_when_one_file_cannot_be_written(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    before = everything(tmp_path)
    with pytest.raises(files.InputError) as caught:
        files.write({tmp_path / "new" / "fine.py": "x", tmp_path / blocked: "y"})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "PG340" and str(tmp_path / blocked.split("/")[0]) in diagnostic.message
    assert everything(tmp_path) == before


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "old.py"
    old.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.chmod", full)
    with pytest.raises(EngineError, match="no space left on device"):
        files.write({tmp_path / "new.py": "x", old: "new"})
    assert everything(tmp_path) == ["old.py"] and old.read_text() == "old"


def test_writable_leaves_no_trace_and_says_what_is_in_the_way(tmp_path: Path) -> None:
    files.writable(tmp_path / "a" / "b" / "record.json")
    assert everything(tmp_path) == []
    with pytest.raises(files.InputError, match="is a directory"):
        files.writable(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(files.InputError, match="cannot write"):
        files.writable(tmp_path / "file" / "record.json")


def test_stale_gives_a_diff_for_what_changed_alone(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("1\n")
    (tmp_path / "old").write_text("1\n2")
    wanted = {tmp_path / "same": "1\n", tmp_path / "old": "1\n3\n", tmp_path / "none": "x\n"}
    found = dict(files.stale(wanted))
    assert list(found) == [tmp_path / "old", tmp_path / "none"]
    assert "\n-2\n" in found[tmp_path / "old"] and "\n+3\n" in found[tmp_path / "old"]
    assert found[tmp_path / "none"].startswith("--- /dev/null\n")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xe9")
    for name, words in [("none", "no such file"), ("latin", "not UTF-8"), (".", "is a directory")]:
        with pytest.raises(files.InputError, match=words):
            files.read(str(tmp_path / name))
