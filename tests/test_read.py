"""What a source may be, and that everything wrong with it is said in one placed line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeglot.author.read import read
from pipeglot.core.diagnostic import CODES, AuthoringError, Diagnostic
from pipeglot.core.ir import MAX_DEPTH, Arm, Call, Const, If, Imported, Inlined, Pipeline

HEAD = "from pipeglot import pipeline, step\n@step\ndef f(n: int) -> int: return n\n"
GOOD = HEAD + "@pipeline\ndef one(n: int = 1) -> int: return f(n)\n"

Write = Callable[[str, "str | bytes"], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    monkeypatch.chdir(tmp_path)
    modules, path = set(sys.modules), list(sys.path)

    def write(name: str, content: str | bytes) -> str:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    yield write
    assert sys.path == path
    assert not {name for name in set(sys.modules) - modules if _stands_in(sys.modules[name], tmp_path)}


def _stands_in(module: Any, folder: Path) -> bool:
    return str(getattr(module, "__file__", "")).startswith(str(folder))


def refused(source: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(AuthoringError) as caught:
        read(source)
    for found in caught.value.diagnostics:
        assert found.code in CODES and found.severity == "error" and "\n" not in found.message
    return caught.value.diagnostics


# ---------------------------------------------------------------- what a source may be


def test_a_file_with_one_pipeline(write: Write, tmp_path: Path) -> None:
    loaded = read(write("sub/a-b.py", GOOD))
    assert (loaded.pipeline.name, loaded.base, loaded.diagnostics) == ("one", tmp_path / "sub", [])
    assert loaded.pipeline.steps[0].run == Inlined(name="f")


def test_a_name_in_a_file_chooses_by_variable_or_by_the_pipelines_own_name(write: Write) -> None:
    write("a.py", GOOD + "@pipeline(name='Second one')\ndef two(): f(1)\n")
    assert read("a.py:one").pipeline.name == "one"
    assert read("a.py:two").pipeline.name == read("a.py:Second one").pipeline.name == "Second one"


def test_a_name_in_a_module(write: Write, tmp_path: Path) -> None:
    write("pack/__init__.py", "")
    write("pack/deep/__init__.py", GOOD)
    write("pack/mod.py", GOOD)
    assert read("pack.mod:one").base == read("pack.deep:one").base == tmp_path


def test_imported_pipelines_count_only_when_named(write: Write) -> None:
    write("library.py", GOOD)
    write("a.py", "from library import one, f\nfrom pipeglot import pipeline\n@pipeline\ndef two(): one(n=2)\n")
    assert read("a.py").pipeline.name == "two"
    assert read("a.py:one").pipeline.name == "one"


def test_two_names_for_one_pipeline_are_one(write: Write) -> None:
    assert read(write("a.py", GOOD + "alias = one\n")).pipeline.name == "one"


def test_the_files_folder_comes_first_while_it_is_loaded_and_traced(write: Write) -> None:
    write("json.py", "raise SystemError('the wrong folder')\n")
    write("sub/helper.py", "def g(n: int) -> int: return n\n")
    body = "def two():\n    import helper2\n    f(helper2.N)\n    step(helper.g)(1)\n"
    write("sub/helper2.py", "N = 3\n")
    loaded = read(write("sub/a.py", HEAD + "import helper\n@pipeline\n" + body))
    assert [step.run for step in loaded.pipeline.steps][1] == Imported(module="helper", attr="g")


def test_equally_named_modules_beside_two_sources_do_not_mix(write: Write) -> None:
    for folder in "ab":
        write(f"{folder}/helper.py", f"NAME = {folder!r}\n")
        write(f"{folder}/p.py", HEAD + "import helper\n@pipeline(name=helper.NAME)\ndef one(): f(1)\n")
    assert [read(f"{folder}/p.py").pipeline.name for folder in "ab"] == ["a", "b"]


def test_a_changed_file_is_read_anew(write: Write) -> None:
    read(write("a.py", GOOD))
    text = read(write("a.py", "\n\n" + GOOD.replace("return n\n", "return n + 1\n"))).pipeline.code[-1].text
    assert text == "def f(n: int) -> int: return n + 1"


def test_the_module_is_a_real_one_but_not_main(write: Write) -> None:
    write(
        "a.py",
        f"""\
import pickle, sys
from dataclasses import dataclass
@dataclass
class Row:
    n: "int"
assert pickle.loads(pickle.dumps(Row(1))) == Row(1)
assert sys.modules[__name__].__file__ == __file__
assert __name__ != "__main__"
{GOOD}""",
    )
    assert read("a.py").pipeline.name == "one"


def test_what_the_author_prints_is_left_alone(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    read(write("a.py", "print('hello')\n" + GOOD))
    assert capsys.readouterr() == ("hello\n", "")


def test_ctrl_c_passes_through(write: Write) -> None:
    with pytest.raises(KeyboardInterrupt):
        read(write("a.py", "raise KeyboardInterrupt\n"))
    with pytest.raises(KeyboardInterrupt):
        read(write("b.py", HEAD + "@pipeline\ndef p(): raise KeyboardInterrupt\n"))


# ---------------------------------------------------------------- what it may not be

TWO = GOOD + "@pipeline\ndef two(): f(1)\n"
BAD: dict[str, tuple[str, str | bytes, str, str, int | None, str]] = {
    # case: file, content, source, code, line, part of the message or help
    "missing": ("a.py", "", "b.py", "PG330", None, "there is no file b.py"),
    "missing JSON": ("a.py", "", "b.json", "PG330", None, "there is no file b.json"),
    "missing, with a name": ("a.py", "", "b.py:x", "PG330", None, "there is no file b.py"),
    "folder": ("a/b", "", "a", "PG330", None, "a is a folder"),
    "folder called .py": ("a.py/b", "", "a.py", "PG330", None, "a.py is a folder"),
    "another ending": ("a.yaml", "", "a.yaml", "PG330", None, "neither Python nor JSON"),
    "no module": ("a.py", "", "nowhere.mod:x", "PG330", None, "there is no module nowhere"),
    "no module in a package": ("a/__init__.py", "", "a.mod:x", "PG330", None, "there is no module a.mod"),
    "not UTF-8": ("a.py", b"x = 1\n# \xff\n", "a.py", "PG330", 2, "byte 0xff"),
    "null byte": ("a.py", b"x = 1\0\n", "a.py", "PG331", 1, "null bytes"),
    "syntax": ("a.py", "x = 1\ndef f(:\n", "a.py", "PG331", 2, "a.py is not Python"),
    "import": ("a.py", "\nimport no_such\n", "a.py", "PG332", 2, "No module named 'no_such'"),
    "import of a module's": ("p/m.py", "\nimport no_such\n", "p.m:x", "PG332", 2, "No module named 'no_such'"),
    "exception": ("a.py", "def g():\n    1 / 0\nimport os\ng()\n", "a.py", "PG332", 2, "ZeroDivisionError"),
    "exception of a library's": ("a.py", "import json\njson.loads('{')\n", "a.py", "PG332", 2, "JSONDecodeError"),
    "many lines": ("a.py", "raise ValueError('one\\ntwo')\n", "a.py", "PG332", 1, "ValueError: one"),
    "unprintable": ("a.py", "class E(Exception):\n    __str__ = 1\nraise E\n", "a.py", "PG332", 3, ": E"),
    "exit": ("a.py", "import sys\nsys.exit(0)\n", "a.py", "PG332", 2, "__main__"),
    "exit while tracing": ("a.py", HEAD + "@pipeline\ndef p(): exit(3)\n", "a.py", "PG130", 5, "SystemExit"),
    "wrong use": ("a.py", "from pipeglot import step\n\nstep(1, 2)\n", "a.py", "PG332", 3, "positional"),
    "no pipeline": ("a.py", HEAD, "a.py", "PG333", None, "@pipeline"),
    "two pipelines": ("a.py", TWO, "a.py", "PG334", None, "one, two"),
    "how to choose": ("a.py", TWO, "a.py", "PG334", None, "a.py:one"),
    "no such name": ("a.py", TWO, "a.py:tow", "PG335", None, "did you mean a.py:two?"),
    "no name like it": ("a.py", TWO, "a.py:zzz", "PG335", None, "it has: one, two"),
    "a step": ("a.py", TWO, "a.py:f", "PG335", None, "not a pipeline but a Step"),
    "empty JSON": ("a.json", "", "a.json", "PG336", 1, "not JSON"),
    "no JSON": ("a.json", "{\n'a': 1}", "a.json", "PG336", 2, "not JSON"),
    "NaN": ("a.json", '{"a": NaN}', "a.json", "PG336", None, "NaN"),
    "huge number": ("a.json", "9" * 5000, "a.json", "PG336", None, "not"),
    "list": ("a.json", "[]", "a.json", "PG336", None, "not a JSON object"),
    "no version": ("a.json", "{}", "a.json", "PG337", None, "none"),
    "other version": ("a.json", '{"format": "pipeglot.pipeline/99"}', "a.json", "PG337", None, "pipeline/99"),
    "too deep": ("a.json", "[" * 300_000, "a.json", "PG172", None, "300000"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_sources_are_one_placed_line(write: Write, case: str) -> None:
    file, content, source, code, line, part = BAD[case]
    write(file, content)
    (found,) = refused(source)
    assert (found.code, found.at.line if found.at else None) == (code, line), found
    assert part in f"{found.message} {found.help}"
    assert found.at is None or found.at.file == Path(file).name


def test_an_exception_in_a_module_beside_is_placed_at_its_import_and_says_where(write: Write) -> None:
    write("helper.py", "\n\nraise ValueError('no')\n")
    (found,) = refused(write("a.py", "\nimport helper\n"))
    assert found.at and found.at.line == 2 and found.message.endswith("ValueError: no (in helper.py, line 3)")


def test_imported_pipelines_are_offered_by_name(write: Write) -> None:
    write("library.py", GOOD)
    (found,) = refused(write("a.py", "from library import one\n"))
    assert found.code == "PG333" and "a.py:one" in found.help


def test_what_tracing_finds_comes_through(write: Write) -> None:
    (found,) = refused(
        write("a.py", HEAD + "N = []\n@step\ndef g() -> int:\n    N.append(1)\n    return 1\n@pipeline\ndef p(): g()\n")
    )
    assert found.code == "PG154" and found.at and found.at.line == 7


# ---------------------------------------------------------------- JSON


def test_the_json_of_a_pipeline_gives_it_back(write: Write, tmp_path: Path) -> None:
    made = read(write("a.py", GOOD)).pipeline
    loaded = read(write("sub/a.json", made.to_json()))
    assert loaded.pipeline == made and loaded.pipeline.to_json() == made.to_json()
    assert loaded.base == tmp_path / "sub"


def test_no_code_of_a_json_pipeline_runs(write: Write, tmp_path: Path) -> None:
    text = read(write("a.py", GOOD)).pipeline.to_json().replace("return n", f"open({str(tmp_path / 'made')!r}, 'w')")
    read(write("a.json", text))
    assert not (tmp_path / "made").exists()


def test_pipelines_as_deep_as_allowed_are_read(write: Write) -> None:
    body: tuple[Call | If, ...] = (Call(id="a", step="s"),)
    for number in range(MAX_DEPTH):
        body = (If(id=f"i{number}", arms=(Arm(when=Const(value=True), body=body),)),)
    made = Pipeline(name="deep", body=body)
    assert read(write("a.json", made.to_json())).pipeline == made


def test_each_mistake_in_a_json_pipeline_is_one_short_line_at_its_path(write: Write) -> None:
    data: dict[str, Any] = json.loads(Pipeline(name="x").to_json())
    data |= {"nmae": "x" * 1000, "tags": 3, "body": [{"kind": "call", "id": 1, "step": "s"}]}
    found = refused(write("a.json", json.dumps(data)))
    assert len(found) == 3 and all(d.code == "PG336" and len(d.message) < 200 for d in found)
    assert "body.0.call.id: Input should be a valid string" in " ".join(d.message for d in found)


def test_many_mistakes_end_after_ten(write: Write) -> None:
    data: dict[str, Any] = json.loads(Pipeline(name="x").to_json())
    found = refused(write("a.json", json.dumps(data | {"tags": list(range(50))})))
    assert len(found) == 11 and "40 more" in found[-1].message


# ---------------------------------------------------------------- words of what is traced


def test_an_argument_of_no_parameter_is_named_before_a_missing_one(write: Write) -> None:
    (found,) = refused(write("a.py", HEAD + "@pipeline\ndef p(): f(m=1)\n"))
    assert found.code == "PG112" and "no parameter 'm'" in found.message


@pytest.mark.parametrize(
    ("given", "name"),
    [("retries=-1", "retries"), ("retries=1, retry_delay=-1", "retry_delay"), ("timeout=-1", "timeout")],
)
def test_a_policy_is_called_as_it_is_written(write: Write, given: str, name: str) -> None:
    (found,) = refused(write("a.py", HEAD + f"@pipeline\ndef p(): f.options({given})(1)\n"))
    assert found.code == "PG126" and f": {name}: " in found.message
