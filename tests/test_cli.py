"""The command line's contract: exit codes, which stream gets what, mistakes answered in a few clear lines."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeglot import backends
from pipeglot.cli import main
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from tests.conftest import first

AUTHORED = """
from pipeglot import pipeline, step

@step
def load(n: int) -> int:
    return n + 1

@step
def show(n: int, label: str = "x") -> str:
    return f"{label}{n}"

@pipeline
def counting(n: int = 1) -> str:
    loaded = load(n)
    return show(loaded)
"""

CALL: dict[str, Any] = {"kind": "call", "id": "a", "step": "s"}
STEP: dict[str, Any] = {"name": "s", "run": {"kind": "shell", "script": "echo hi"}}
PLAIN: dict[str, Any] = {"format": "pipeglot.pipeline/1", "name": "plain", "steps": [STEP], "body": [CALL]}


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with one good pipeline."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "counting.py").write_text(AUTHORED)
    return tmp_path


@pytest.fixture
def pipeglot(here: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def run(*argv: str) -> Said:
        capsys.readouterr()
        try:
            code = main(argv)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 2
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


Run = Callable[..., Said]


def listing(folder: Path) -> dict[str, bytes | None]:
    """All that is in a folder, save what the interpreter caches."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if "__pycache__" not in path.parts
    }


def nested(depth: int) -> str:
    node: Any = CALL
    for number in range(depth):
        node = {"kind": "group", "id": f"g{number}", "body": [node]}
    return json.dumps({**PLAIN, "body": [node]})


def authored(body: str, head: str = "") -> str:
    """The good file with another pipeline body."""
    start = AUTHORED.index("@pipeline")
    return AUTHORED[:start] + head + body


BAD: dict[str, tuple[str, bytes | str]] = {
    "not UTF-8": ("x.py", b"# \xff\xfe\nx = 1\n"),
    "no pipeline": ("x.py", "x = 1\n"),
    "two pipelines": (
        "x.py",
        AUTHORED + AUTHORED[AUTHORED.index("@pipeline") :].replace("counting", "other"),
    ),
    "syntax error": ("x.py", "def f(:\n"),
    "null bytes": ("x.py", b"x = 1\0\n"),
    "import error": ("x.py", "import there_is_no_such_module\n"),
    "exception at import": ("x.py", "x = 1 / 0\n"),
    "exception with many lines": ("x.py", "raise ValueError('one\\ntwo\\nthree')\n"),
    "exit at import": ("x.py", "import sys\nsys.exit(0)\n"),
    "exception while tracing": ("x.py", authored("@pipeline\ndef p() -> None:\n    load(1 // 0)\n")),
    "unknown step parameter": ("x.py", authored("@pipeline\ndef p() -> None:\n    load(1, nope=2)\n")),
    "missing step argument": ("x.py", authored("@pipeline\ndef p() -> None:\n    load()\n")),
    "wrong type": ("x.py", authored("@pipeline\ndef p() -> None:\n    load('text')\n")),
    "wrong type of an output": (
        "x.py",
        authored("@pipeline\ndef p() -> None:\n    a = show(1)\n    load(a)\n"),
    ),
    "bad cron": (
        "x.py",
        "from pipeglot import Cron\n"
        + authored("@pipeline(schedule=Cron('61 * * * *'))\ndef p() -> None:\n    load(1)\n"),
    ),
    "bad time zone": (
        "x.py",
        "from pipeglot import Cron\n"
        + authored("@pipeline(schedule=Cron('0 2 * * *', tz='Mars/One'))\ndef p() -> None:\n    load(1)\n"),
    ),
    "traced value in an if": (
        "x.py",
        authored("@pipeline\ndef p() -> None:\n    a = load(1)\n    if a > 2:\n        load(a)\n"),
    ),
    "cycle": (
        "x.json",
        json.dumps({**PLAIN, "body": [{**CALL, "after": ["b"]}, {**CALL, "id": "b", "after": ["a"]}]}),
    ),
    "unknown version": ("x.json", json.dumps({**PLAIN, "format": "pipeglot.pipeline/99"})),
    "no version": ("x.json", json.dumps({"name": "x"})),
    "nested too deep": ("x.json", nested(60)),
    "nested absurdly deep": ("x.json", nested(400)),
    "deeper than any parser": ("x.json", "[" * 200_000),
    "not JSON": ("x.json", "{'name': 1}"),
    "not an object": ("x.json", "[1, 2]"),
    "unknown field": ("x.json", json.dumps({**PLAIN, "colour": "red"})),
    "NaN": (
        "x.json",
        json.dumps(PLAIN).replace('"plain"', '"plain", "params": [{"name": "p", "default": NaN}]'),
    ),
    "JSON in another encoding": (
        "x.json",
        json.dumps({**PLAIN, "name": "ä"}, ensure_ascii=False).encode("latin-1"),
    ),
    "empty": ("x.json", ""),
    "unknown step": ("x.json", json.dumps({**PLAIN, "steps": []})),
    "unknown reference": (
        "x.json",
        json.dumps({**PLAIN, "body": [{**CALL, "args": {"x": {"kind": "out", "ref": "nope"}}}]}),
    ),
    "an unknown ending": ("x.yaml", "name: x\n"),
}


def assert_clear(said: Said, code: int = 2) -> None:
    """A few lines with a code, the right exit code, and nothing of our insides."""
    assert said.code == code, said
    assert said.out == ""
    assert re.search(r"\bPG\d{3} ", said.err), said.err
    assert "Traceback" not in said.err and 'File "' not in said.err
    assert 1 <= len(said.err.splitlines()) <= 8
    assert "PG349" not in said.err


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["compile", "check", "run", "graph", "ir"])
def test_bad_input_is_a_few_clear_lines(here: Path, pipeglot: Run, case: str, command: str) -> None:
    name, content = BAD[case]
    (here / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    before = listing(here)
    more = {"compile": ["-t", "airflow", "-t", "prefect"], "run": ["--record", "record.json"]}.get(command, [])
    assert_clear(pipeglot(command, name, *more))
    assert listing(here) == before


@pytest.mark.parametrize(
    "source", ["nowhere.py", "nowhere.json", ".", "no_module:x", "counting.py:nope", "counting.py:load"]
)
def test_a_source_that_is_not_there_is_named(here: Path, pipeglot: Run, source: str) -> None:
    said = pipeglot("compile", source, "-t", "airflow")
    assert_clear(said)
    assert source.split(":")[0] in said.err


def test_an_unreadable_file_is_named(here: Path, pipeglot: Run) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser reads everything")
    (here / "counting.py").chmod(0)
    assert_clear(pipeglot("check", "counting.py"))


def test_errors_of_the_authors_are_placed_at_the_authors_line(here: Path, pipeglot: Run) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "x.py").write_text(BAD["unknown step parameter"][1])  # type: ignore[arg-type]
    said = pipeglot("check", "sub/x.py")
    line = AUTHORED[: AUTHORED.index("@pipeline")].count("\n") + 3
    assert said.err.startswith(f"sub/x.py:{line}: error PG")


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_errors_come_in_the_form_that_was_asked_for(here: Path, pipeglot: Run, form: str) -> None:
    (here / "x.py").write_text(BAD["unknown step parameter"][1])  # type: ignore[arg-type]
    said = pipeglot("check", "x.py", "--format", form)
    data = json.loads(said.out)
    assert said.code == 2 and said.err == ""
    found = data["diagnostics"] if form == "json" else data["runs"][0]["results"]
    assert [one["severity"] if form == "json" else one["level"] for one in found].count("error") == 1


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nonsense"],
        ["compile", "counting.py"],
        ["compile", "counting.py", "-t", "airflow", "--allow", "everything"],
        ["run", "counting.py", "--max-workers", "0"],
        ["run", "counting.py", "--ma", "3"],
        ["run", "counting.py", "--on", "prefect", "--timeout", "soon"],
        ["migrate", "dry-run", "counting.py", "--old", "kfp", "--new", "local", "--timeout", "0s"],
        ["engines"],
    ],
)
def test_wrong_usage_exits_with_2(here: Path, pipeglot: Run, argv: list[str]) -> None:
    said = pipeglot(*argv)
    assert said.code == 2 and said.out == "" and "usage: pipeglot" in said.err


@pytest.mark.parametrize(
    "argv",
    [
        ["compile", "counting.py", "-t", "airlfow"],
        ["check", "counting.py", "-t", "airlfow"],
        ["run", "counting.py", "--on", "airlfow"],
        ["engines", "install", "airlfow"],
        ["compile", "counting.py", "-t", "airflow", "--stdout", "--check"],
        ["run", "counting.py", "-p", "m=1"],
        ["run", "counting.py", "-p", "n=x"],
        ["run", "counting.py", "-p", "n=1.5"],
        ["run", "counting.py", "--params", "nowhere.json"],
        ["run", "counting.py", "--logical-date", "yesterday"],
        ["run", "counting.py", "--logical-date", "2026-01-01T00:00:00"],
        ["run", "counting.py", "--record", "."],
        ["run", "counting.py", "--record", "counting.py/record.json"],
        ["run", "counting.py", "--mode", "server"],
        ["run", "counting.py", "--requirements", "counting.py"],
    ],
)
def test_wrong_arguments_are_named(here: Path, pipeglot: Run, argv: list[str]) -> None:
    before = listing(here)
    assert_clear(pipeglot(*argv))
    assert listing(here) == before


def test_a_missing_parameter_is_named(here: Path, pipeglot: Run) -> None:
    (here / "x.py").write_text(AUTHORED.replace("n: int = 1) -> str", "n: int) -> str"))
    said = pipeglot("run", "x.py", "--record", "record.json")
    assert_clear(said)
    assert "n" in said.err and not (here / "record.json").exists()


# ---------------------------------------------------------------- compile


@pytest.mark.parametrize("target", ["airflow", "prefect"])
def test_compile_writes_under_build_and_says_so(here: Path, pipeglot: Run, target: str) -> None:
    said = pipeglot("compile", "counting.py", "-t", target)
    assert said.code == 0, said.err
    written = sorted(path for path in Path("build", target).rglob("*") if path.is_file())
    assert written and said.out == "".join(f"wrote {path}\n" for path in sorted(written))
    assert not any(path.name.startswith(".") for path in written)


def test_several_targets_get_a_folder_each(here: Path, pipeglot: Run) -> None:
    assert pipeglot("compile", "counting.py", "-t", "airflow", "-t", "prefect", "--out", "o").code == 0
    assert sorted(path.name for path in Path("o").iterdir()) == ["airflow", "prefect"]


def test_stdout_prints_what_would_be_written_and_writes_nothing(here: Path, pipeglot: Run) -> None:
    pipeglot("compile", "counting.py", "-t", "airflow", "--out", "o")
    (file,) = (path for path in Path("o").rglob("*") if path.is_file())
    before = listing(here)
    said = pipeglot("compile", "counting.py", "-t", "airflow", "--stdout")
    assert (said.code, said.out) == (0, file.read_text())
    assert listing(here) == before


def test_check_finds_stale_output_shows_how_and_writes_nothing(here: Path, pipeglot: Run) -> None:
    stale = ("compile", "counting.py", "-t", "airflow", "--check")
    before = listing(here)
    assert pipeglot(*stale).code == 1 and listing(here) == before
    pipeglot("compile", "counting.py", "-t", "airflow")
    assert pipeglot(*stale) == Said(0, "", "")
    (here / "counting.py").write_text(AUTHORED.replace('"x"', '"y"'))
    before = listing(here)
    said = pipeglot(*stale)
    assert said.code == 1 and "PG343" in said.err
    assert "\n-" in said.out and "\n+" in said.out and "y" in said.out
    assert listing(here) == before


@pytest.mark.parametrize("out", ["counting.py", "counting.py/deeper", "/proc/pipeglot", "/dev/null/x"])
def test_a_folder_that_cannot_be_written_is_named(here: Path, pipeglot: Run, out: str) -> None:
    before = listing(here)
    said = pipeglot("compile", "counting.py", "-t", "airflow", "-t", "prefect", "--out", out)
    assert_clear(said)
    assert len(said.err.splitlines()) == 1 and "cannot write" in said.err
    assert listing(here) == before


def test_the_source_is_never_overwritten(here: Path, pipeglot: Run) -> None:
    pipeglot("compile", "counting.py", "-t", "airflow", "--out", "o")
    (name,) = (path.name for path in Path("o").rglob("*.py"))
    (here / name).write_text(AUTHORED)
    said = pipeglot("compile", name, "-t", "airflow", "--out", ".")
    assert_clear(said)
    assert (here / name).read_text() == AUTHORED


def test_what_somebody_wrote_by_hand_or_is_of_another_pipeline_is_not_overwritten(here: Path, pipeglot: Run) -> None:
    pipeglot("compile", "counting.py", "-t", "airflow", "--out", "o")
    (file,) = (path for path in Path("o").rglob("*.py"))
    ours = file.read_text()
    for other in ("# by hand\n", ours.replace("counting", "x")):
        file.write_text(other)
        assert_clear(pipeglot("compile", "counting.py", "-t", "airflow", "--out", "o"))
        assert file.read_text() == other
    file.write_text(ours + "# edited\n")
    assert pipeglot("compile", "counting.py", "-t", "airflow", "--out", "o").code == 0
    assert file.read_text() == ours


def test_one_refused_target_writes_none(here: Path, pipeglot: Run) -> None:
    before = listing(here)
    assert pipeglot("compile", "counting.py", "-t", "airflow", "-t", "nonsense").code == 2
    assert listing(here) == before


def test_what_the_authors_file_prints_is_not_our_output(here: Path, pipeglot: Run) -> None:
    (here / "counting.py").write_text("print('hello from the author')\n" + AUTHORED)
    said = pipeglot("ir", "counting.py")
    assert json.loads(said.out)["name"] == "counting" and "hello" in said.err


@pytest.mark.parametrize("command", [["compile", "-t", "airflow", "-t", "prefect"], ["check"], ["graph"], ["ir"]])
def test_no_code_of_a_json_pipeline_is_run(here: Path, pipeglot: Run, command: list[str]) -> None:
    (here / "trap.py").write_text("open('sprung', 'w').close()\ndef f() -> int: return 1\n")
    steps = [
        {"name": "s", "run": {"kind": "imported", "module": "trap", "attr": "f"}},
        {"name": "t", "run": {"kind": "inlined", "name": "g"}},
        {"name": "u", "run": {"kind": "shell", "script": "touch sprung"}},
    ]
    code = [
        {"kind": "value", "names": ["X"], "text": "X = open('sprung', 'w').close()"},
        {"kind": "function", "names": ["g"], "text": "def g() -> int:\n    return 1"},
    ]
    body = [CALL, {**CALL, "id": "b", "step": "t"}, {**CALL, "id": "c", "step": "u"}]
    (here / "trap.json").write_text(json.dumps({**PLAIN, "steps": steps, "code": code, "body": body}))
    said = pipeglot(command[0], "trap.json", *command[1:])
    assert said.code == 0, said.err
    assert not (here / "sprung").exists()


# ---------------------------------------------------------------- the others


def test_check_of_a_good_pipeline_is_clean(here: Path, pipeglot: Run) -> None:
    said = pipeglot("check", "counting.py", "-t", "airflow", "-t", "prefect")
    assert said.code == 0 and said.out.splitlines()[-1].startswith("counting: ")


def test_ir_prints_json_that_every_command_reads(here: Path, pipeglot: Run) -> None:
    text = pipeglot("ir", "counting.py").out
    (here / "counting.json").write_text(text)
    assert Pipeline.from_json(text).name == "counting"
    assert pipeglot("ir", "counting.json").out == text
    from_source, from_json = (
        pipeglot("compile", f"counting{e}", "-t", "airflow", "--stdout") for e in (".py", ".json")
    )
    assert from_source == from_json


def test_the_schema_admits_what_ir_prints_and_nothing_else(here: Path, pipeglot: Run) -> None:
    schema = json.loads(pipeglot("schema").out)
    data = json.loads(pipeglot("ir", "counting.py").out)
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    assert validator.is_valid(data)
    assert not validator.is_valid({**data, "format": "pipeglot.pipeline/2"})
    assert not validator.is_valid({**data, "colour": "red"})


def test_targets_tell_the_backends_tables(pipeglot: Run) -> None:
    data = json.loads(pipeglot("targets", "--json").out)
    assert set(data["targets"]) == set(backends.targets()) >= {"airflow", "prefect"}
    for support in data["targets"].values():
        assert set(support) == set(data["features"])
    table = pipeglot("targets").out.splitlines()
    assert len(table) == 3 + len(data["features"])
    assert {"airflow", "prefect"} <= set(table[0].split())


@pytest.mark.parametrize("form", ["text", "mermaid", "dot"])
def test_graph_draws(here: Path, pipeglot: Run, form: str) -> None:
    said = pipeglot("graph", "counting.py", "--format", form)
    assert said.code == 0 and "show" in said.out


# ---------------------------------------------------------------- run


def test_run_here_writes_a_record_and_a_summary(here: Path, pipeglot: Run) -> None:
    said = pipeglot("run", "counting.py", "-p", "n=4", "--record", "out/record.json")
    assert said.code == 0, said.err
    record = Record.from_json((here / "out" / "record.json").read_text())
    assert (record.state, record.result, record.params) == ("succeeded", "x5", {"n": 4})
    assert "counting: succeeded on local" in said.out and "\x1b" not in said.out


def test_the_record_can_be_the_only_output(here: Path, pipeglot: Run) -> None:
    (here / "x.py").write_text(AUTHORED.replace("    return n + 1", "    print('loading')\n    return n + 1"))
    said = pipeglot("run", "x.py", "--record", "-", "--logical-date", "2026-01-31T03:00:00+01:00")
    assert Record.from_json(said.out).logical_date == "2026-01-31T02:00:00Z"
    assert "loading" in said.err


def test_a_run_that_failed_exits_with_1_and_says_why(here: Path, pipeglot: Run) -> None:
    (here / "x.py").write_text(AUTHORED.replace("return n + 1", "raise ValueError('no data')"))
    said = pipeglot("run", "x.py", "--record", "record.json")
    assert said.code == 1 and "Traceback" not in said.out + said.err
    assert "load failed: ValueError: no data" in said.out
    assert Record.from_json((here / "record.json").read_text()).state == "failed"


def test_a_record_is_never_written_over_what_is_no_regular_file(here: Path, pipeglot: Run) -> None:
    os.mkfifo(here / "fifo")
    (here / "to_full").symlink_to("/dev/full")
    for target in ["fifo", "to_full", "/dev/null", "/dev/full", "."]:
        said = pipeglot("run", "counting.py", "--record", target)
        assert_clear(said)
        assert "PG340" in said.err and target in said.err and len(said.err.splitlines()) <= 2
    assert Path("/dev/null").is_char_device() and (here / "fifo").is_fifo()


def test_a_record_goes_through_a_symlink(here: Path, pipeglot: Run) -> None:
    (here / "far").mkdir()
    (here / "link.json").symlink_to("far/record.json")
    for _ in range(2):  # at first it points nowhere
        assert pipeglot("run", "counting.py", "--record", "link.json").code == 0
        assert (here / "link.json").is_symlink()
        assert Record.from_json((here / "far" / "record.json").read_text()).state == "succeeded"


@pytest.mark.parametrize("source", ["counting.py", "counting.py:counting", "counting:counting"])
def test_a_record_spares_what_the_run_reads(here: Path, pipeglot: Run, source: str) -> None:
    (here / "link").symlink_to("counting.py")
    (here / "params.json").write_text("{}")
    before = listing(here)
    for target in ["counting.py", "./counting.py", "link", "params.json"]:
        said = pipeglot("run", source, "--params", "params.json", "--record", target)
        assert_clear(said)
        assert "PG341" in said.err
    assert listing(here) == before


def test_a_record_needs_a_name(here: Path, pipeglot: Run) -> None:
    said = pipeglot("run", "counting.py", "--record", "")
    assert_clear(said)
    assert "PG342" in said.err


def test_a_record_goes_where_it_was_said_although_a_step_moves(here: Path, pipeglot: Run) -> None:
    (here / "sub").mkdir()
    (here / "x.py").write_text("import os\n" + AUTHORED.replace("return n + 1", "os.chdir('sub'); return n + 1"))
    assert pipeglot("run", "x.py", "--record", "record.json").code == 0
    assert (here / "record.json").exists() and not any((here / "sub").iterdir())


def test_a_pipe_is_no_source_and_no_file_of_parameters(here: Path, pipeglot: Callable[..., Said]) -> None:
    os.mkfifo(here / "pipe.py")
    os.mkfifo(here / "pipe.json")
    for argv in [["pipe.py"], ["pipe.json"], ["counting.py", "--params", "pipe.json"]]:
        said = pipeglot("run", *argv)
        assert_clear(said)
        assert "PG330" in said.err and "not a file" in said.err


@pytest.mark.parametrize("date", ["2024-01-01", "2024-01-01T02:00"])
def test_a_date_without_a_zone_is_answered_with_one_that_is_accepted(here: Path, pipeglot: Run, date: str) -> None:
    said = pipeglot("run", "counting.py", "--logical-date", date)
    assert_clear(said)
    better = re.search(r"write it as (\S+) for UTC", said.err)
    assert better and pipeglot("run", "counting.py", "--logical-date", better[1]).code == 0


@pytest.mark.parametrize("home", ["/proc/x", "/dev/null/x", "~no-such-user/x", "x" * 300])
def test_a_home_that_cannot_be_written_is_one_clear_line(
    here: Path, pipeglot: Run, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    (here / "~no-such-user").write_text("in the way")
    monkeypatch.setenv("PIPEGLOT_HOME", home)
    said = pipeglot("engines", "install", "prefect")
    assert_clear(said, 3)
    assert "PG310" in said.err and home in said.err and "Errno" not in said.err


# ---------------------------------------------------------------- as a program


def program(*argv: str, cwd: Path, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "import sys; from pipeglot.cli import main; sys.exit(main())", *argv]
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **more
    )


def test_an_interrupted_run_leaves_a_truthful_record(here: Path) -> None:
    (here / "x.py").write_text("import time\n" + AUTHORED.replace("return f", "time.sleep(60)\n    return f"))
    started = program("run", "x.py", "--record", "record.json", cwd=here)
    assert started.stdout
    for line in started.stdout:
        if "show running" in line:
            break
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert started.returncode == 130 and err == "", err
    record = Record.from_json((here / "record.json").read_text())
    assert record.state == "cancelled" and "counting: cancelled on local" in out
    assert {call.id: (call.state, call.attempts) for call in record.calls} == {
        "load": ("succeeded", 1),
        "show": ("cancelled", 1),
    }


def test_a_terminated_run_ends_as_an_interrupted_one(here: Path) -> None:
    (here / "x.py").write_text("import time\n" + AUTHORED.replace("return f", "time.sleep(60)\n    return f"))
    (here / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(here / "tmp")}
    started = program("run", "x.py", "--record", "record.json", cwd=here, env=environment)
    assert started.stdout
    for line in started.stdout:
        if "show running" in line:
            break
    started.terminate()
    _, err = started.communicate(timeout=30)
    assert started.returncode == 130 and err == "", err
    assert Record.from_json((here / "record.json").read_text()).state == "cancelled"
    assert not any((here / "tmp").iterdir())


@pytest.mark.parametrize("closed", first(["<&- >&- 2>&-", ">&-", "2>&-", ">&- 2>&-"]))
def test_closed_streams_are_no_error(here: Path, closed: str) -> None:
    code = "import sys; from pipeglot.cli import main; sys.exit(main())"
    line = f'exec "$0" -c "$1" run counting.py --record record.json {closed}'
    done = subprocess.run(["sh", "-c", line, sys.executable, code], capture_output=True, text=True, cwd=here)
    assert (done.returncode, done.stderr) == (0, "")
    assert Record.from_json((here / "record.json").read_text()).state == "succeeded"


def test_a_reader_that_leaves_is_no_error(here: Path) -> None:
    started = program("schema", cwd=here)
    assert started.stdout and started.stderr
    started.stdout.close()
    assert started.wait(30) == 141
    assert started.stderr.read() == ""
    started.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output_is_one_line(here: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from pipeglot.cli import main; sys.exit(main())", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=here,
        )
    assert done.returncode == 3
    assert done.stderr == "error PG340 cannot write the output: No space left on device\n"


def test_output_is_utf8_whatever_the_locale(here: Path) -> None:
    (here / "x.json").write_text(json.dumps({**PLAIN, "name": "Zürich"}))
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    out, err = program("ir", "x.json", cwd=here, env=environment).communicate(timeout=30)
    assert err == "" and json.loads(out)["name"] == "Zürich"


def test_a_bug_is_said_in_two_lines_and_shown_on_request(pipeglot: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Sequence[object]:
        raise RuntimeError("inside\nout")

    monkeypatch.setattr("pipeglot.core.check.check", broken)
    said = pipeglot("check", "counting.py")
    assert said.code == 70 and len(said.err.splitlines()) == 2 and "PG349" in said.err
    monkeypatch.setenv("PIPEGLOT_DEBUG", "1")
    assert "Traceback" in pipeglot("check", "counting.py").err
