"""Secrets are declared by reference, reach the code that reads them, and are shown nowhere: canaries planted in every
place a value can travel are looked for in every byte that is written or printed."""

from __future__ import annotations

import base64
import contextlib
import gzip
import html
import json
import os
import re
import shlex
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeglot import backends, collect, each, pipeline, step, when
from pipeglot.author.policies import Policies
from pipeglot.core.check import check
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError
from pipeglot.core.ir import Call, Const, Container, Parameter, Pipeline, Policy, Secret, Shell, Step, Value
from pipeglot.core.record import Failure, Record
from pipeglot.core.secrets import declared, values
from pipeglot.engines.process import Job, _groups
from pipeglot.meaning.run import execute
from pipeglot.migrate.dryrun import DryRunOptions, dry_run
from pipeglot.migrate.history import remember
from pipeglot.migrate.report import html as page
from pipeglot.migrate.report import markdown
from pipeglot.migrate.scenarios import replay
from pipeglot.migrate.sides import LocalSide, RecordedSide
from pipeglot.migrate.stub import with_stubs
from pipeglot.redact.credentials import secret_values
from pipeglot.redact.masks import MASK, Redactor
from tests.toys import in_python

TOKEN = "n4styC4nary/+\"'%&<é>=\nS3condL1neOfTheC4nary"
"""Everything that is written in another way somewhere."""
PIN = "8675309421"
PASSWORD = "D4t4b4seC4nary"
GUESSED = "Gu3ssedC4nary"
GIVEN = "G1venC4nary"
ENV = {
    "LEAK_TOKEN": TOKEN,
    "LEAK_PIN": PIN,
    "LEAK_DSN": f"postgresql://ana:{PASSWORD}@db.example.org/prod",
    "SOME_API_KEY": GUESSED,
}


def needles() -> dict[str, bytes]:
    """What must be found nowhere. The canaries' letters stay as they are in URLs, JSON, Python and HTML."""
    found = {name: name.encode() for name in ("n4styC4nary", "S3condL1neOfTheC4nary", PIN, PASSWORD, GUESSED, GIVEN)}
    for before in range(3):
        text = base64.b64encode(b"-" * before + b"n4styC4nary")
        found[f"base64 {before}"] = text[-(-before * 8 // 6) : (before + 11) * 8 // 6]
    return {**found, "hexadecimal": b"n4styC4nary".hex().encode()}


def clean(data: bytes, where: str) -> None:
    for name, needle in needles().items():
        at = data.find(needle)
        assert at < 0, f"{name} in {where}: {data[max(0, at - 80) : at + 80]!r}"


def carried(page: str) -> bytes:
    """The data that a report's page carries for its script, which is compressed."""
    [data] = re.findall(r'id="data">([^<]+)<', page)
    return gzip.decompress(base64.b64decode(data))


# ---------------------------------------------------------------- declared


@step(secrets={"WAREHOUSE_TOKEN": "warehouse/token", "WAREHOUSE_USER": None})
def load(n: int = 0) -> int:
    return len(os.environ["WAREHOUSE_TOKEN"]) + n


@pipeline
def loads() -> list[int]:
    first = load.options(id="first", secrets=["WAREHOUSE_USER"])()
    with each([1, 2]) as n:
        found = load(n)
    with when(first == 0):
        load.options(id="again")(first)
    return collect(found)


def calling(*secrets: Secret, run: Any = None, parameters: Sequence[str] = ()) -> Pipeline:
    given = tuple(Parameter(name=name) for name in parameters)
    steps = (Step(name="s", run=run or Shell(script="true"), parameters=given),)
    args: dict[str, Value] = {name: Const(value="x") for name in parameters}
    return Pipeline(name="p", steps=steps, body=(Call(id="a", step="s", args=args, policy=Policy(secrets=secrets)),))


def test_a_call_says_which_variables_it_reads_and_where_they_are_kept() -> None:
    told = {node.id: node.policy.secrets for node in loads.ir().body if isinstance(node, Call)}
    assert told["first"] == (Secret(env="WAREHOUSE_USER"),)
    assert declared(loads.ir()) == (
        Secret(env="WAREHOUSE_USER"),
        Secret(env="WAREHOUSE_TOKEN", name="warehouse", key="token"),
    )
    assert Pipeline.from_json(loads.ir().to_json()) == loads.ir()
    assert [found for found in check(loads.ir()) if found.severity == "error"] == []


def test_a_pipeline_without_secrets_keeps_its_digest() -> None:
    plain = Pipeline(name="p", steps=(Step(name="s", run=Shell(script="true")),), body=(Call(id="a", step="s"),))
    assert plain.digest() == "cb969c7227fa"
    assert calling(Secret(env="TOKEN")).digest() != plain.digest()


@pytest.mark.parametrize(
    "given",
    [
        "LEAK_TOKEN",
        7,
        [1],
        {"TOKEN": 1},
        {"TOKEN": TOKEN},
        {"TOKEN": PASSWORD},
        {"TOKEN": f"{PASSWORD}/x"},
        {"TOKEN": f"x/{TOKEN}"},
        {"TOKEN": "a/b/c"},
        {"TOKEN": "Upper/b"},
        {"TOKEN": "/b"},
        {"TOKEN": "a/"},
        {"": "a/b"},
        {"1A": "a/b"},
        {"A-B": "a/b"},
        [TOKEN],
    ],
    ids=str,
)
def test_what_is_no_reference_is_refused_and_never_shown(given: Any) -> None:
    with pytest.raises(AuthoringError) as error:
        Policies.read({"secrets": given})
    [found] = error.value.diagnostics
    assert found.code == "PG194"
    clean(f"{found.message} {found.help}".encode(), "the message")


LITERAL = "AKIA" + "Z7" * 8


@pytest.mark.parametrize(
    ("pipeline", "said"),
    [
        (calling(Secret(env="A"), Secret(env="A")), "'a' has two secrets A"),
        (calling(Secret(env=LITERAL)), "written out"),
        (calling(Secret(env="A", name="x", key=LITERAL)), "written out"),
        (calling(Secret(env="A", name="x", key="aB3" * 9)), "written out"),
        (calling(Secret(env="PATH")), "PATH is not a valid variable for a secret"),
        (calling(Secret(env="PREFECT_API_KEY")), "PREFECT_API_KEY is not a valid variable for a secret"),
        (calling(Secret(env="AIRFLOW__CORE__FERNET_KEY")), "the name is reserved"),
        (calling(Secret(env="A"), parameters=["A"]), "A is a secret of 'a' and an argument of its script"),
    ],
)
def test_secrets_that_cannot_be_are_refused(pipeline: Pipeline, said: str) -> None:
    [found] = [found for found in check(pipeline) if found.severity == "error"]
    assert found.code == "PG194" and said in found.message
    assert LITERAL not in f"{found.message}{found.help}"


def test_one_variable_is_one_secret_in_all_of_a_pipeline() -> None:
    base = calling(Secret(env="A", name="x", key="y"))
    other = Call(id="b", step="s", policy=Policy(secrets=(Secret(env="A", name="x", key="z"),)))
    [found] = check(replace(base, body=(*base.body, other)))
    assert found.code == "PG194" and "kept elsewhere" in found.message


# ---------------------------------------------------------------- read


def test_a_missing_secret_is_named_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAREHOUSE_TOKEN", raising=False)
    monkeypatch.setenv("WAREHOUSE_USER", "")
    with pytest.raises(AuthoringError) as error:
        execute(loads.ir(), listener=lambda event: pytest.fail("it ran"))
    assert {found.code for found in error.value.diagnostics} == {"PG357"}
    said = [found.message for found in error.value.diagnostics]
    assert len(said) == 2 and "WAREHOUSE_USER" in said[0] and "warehouse/token" in said[1]


def test_the_reference_takes_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_TOKEN", "12345")
    monkeypatch.setenv("WAREHOUSE_USER", "ana")
    assert execute(loads.ir()).result == [6, 7]
    assert values(loads.ir(), {"WAREHOUSE_USER": "eva"}) == {"WAREHOUSE_USER": "eva", "WAREHOUSE_TOKEN": "12345"}


def test_a_replayed_call_needs_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_TOKEN", "12345")
    monkeypatch.setenv("WAREHOUSE_USER", "ana")
    record = execute(loads.ir())
    monkeypatch.delenv("WAREHOUSE_TOKEN")
    monkeypatch.delenv("WAREHOUSE_USER")
    assert declared(with_stubs(loads.ir(), replay(loads.ir(), record))) == ()
    found = dry_run(loads.ir(), LocalSide(), RecordedSide("record:x", record), DryRunOptions(replay=record))
    assert found.verdict == "equivalent"


def test_secrets_go_to_the_engines_process_and_into_no_file() -> None:
    def job(**secrets: str) -> Job:
        return Job(Path(), "x.py", "x", secrets=secrets)

    jobs = [job(A="1"), job(A="1", B="2"), job(A="2"), job(B="2")]
    assert [[number for number, _ in group] for group in _groups(list(enumerate(jobs)))] == [[0, 1, 3], [2]]


# ---------------------------------------------------------------- lowered


def text_of(target: str, pipeline: Pipeline, **options: str) -> str:
    return "\n".join(backends.compile(pipeline, target, options=options).files.values())


def test_no_compiled_file_holds_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_TOKEN", TOKEN)
    for target in sorted(backends.TARGETS):
        clean(text_of(target, loads.ir()).encode(), target)


@pytest.mark.parametrize("target", backends.TARGETS)
def test_each_target_names_what_it_cannot_set(target: str) -> None:
    said = {found.code: found.message for found in backends.compile(loads.ir(), target).diagnostics}
    assert "WAREHOUSE_USER" in said["PG208"]


def test_the_run_of_a_body_within_an_op_has_the_secrets_of_all_its_calls() -> None:
    @pipeline
    def nested() -> None:
        with each([1, 2]) as n, when(n == 1):
            load(n)

    text = text_of("dagster", nested.ir())
    assert text.count('"secret_key_ref": {"name": "warehouse", "key": "token"}') == 2


def test_the_dsl_uses_secrets_as_its_sdk_does() -> None:
    text = text_of("kfp", loads.ir(), emit="dsl")
    assert 'secret_name="warehouse"' in text and 'secret_key_to_env={"token": "WAREHOUSE_TOKEN"}' in text
    assert "from kfp import compiler, dsl, kubernetes" in text


@pytest.mark.parametrize("target", in_python())
def test_docker_is_told_the_variables_and_not_their_values(target: str) -> None:
    made = calling(Secret(env="TOKEN"), run=Container(image="busybox:1.36", command=("true",)))
    assert '"-e", "TOKEN"' in " ".join(text_of(target, made).split())


# ---------------------------------------------------------------- masked: texts and data

WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "within a list": lambda text: str([text, {"a": text}]),
    "JSON": json.dumps,
    "JSON, not ASCII": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"a": text})),
    "JSON in repr": lambda text: repr(json.dumps(text)),
    "repr in JSON": lambda text: json.dumps(repr(text)),
    "URL": lambda text: "https://example.org/?token=" + urllib.parse.quote(text, safe=""),
    "path of a URL": urllib.parse.quote,
    "form": lambda text: urllib.parse.urlencode({"token": text}),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of user and password": lambda text: base64.b64encode(f"ana:{text}".encode()).decode(),
    "base64 within": lambda text: base64.urlsafe_b64encode(f"anab:{text}, and more".encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "HTML": html.escape,
    "shell": shlex.quote,
    "a long text": lambda text: "word " * 2000 + text + " word" * 2000,
    "only its second line": lambda text: text.splitlines()[1],
}


@pytest.mark.parametrize("written", sorted(WRITTEN))
def test_a_secret_is_redacted_however_it_is_written(written: str) -> None:
    said = Redactor({"A_TOKEN": TOKEN}).text(WRITTEN[written](TOKEN))
    assert MASK in said
    clean(said.encode(), written)


@given(st.text(min_size=4, max_size=30), st.sampled_from(sorted(set(WRITTEN) - {"only its second line"})))
def test_any_secret_is_redacted(secret: str, written: str) -> None:
    masks = Redactor({})
    masks._add([secret])
    try:
        text = WRITTEN[written](secret)
    except UnicodeEncodeError:
        return
    said = masks.text(text)
    assert MASK in said and (secret not in said or secret in MASK)


@given(st.lists(st.text(alphabet="abcdefg{}\"'\\%+/", max_size=20)))
def test_what_is_not_secret_stays_as_it_is(texts: list[str]) -> None:
    assert Redactor({"A_TOKEN": "ZZ#9-never-there"}).json(texts) == texts


def test_credentials_are_told_by_name_value_or_url() -> None:
    held = {
        "GITHUB_TOKEN": "abcdef1",
        "AWS_SECRET_ACCESS_KEY": "abcdef2",
        "PGPASSWORD": "abcdef3",
        "DB_PASS": "abcdef4",
        "AIRFLOW_CONN_WAREHOUSE": "abcdef5",
        "SLACK_WEBHOOK": "xoxb-abcdefghijk",
        "BROKER_URL": "redis://:abcdef6@host:6379/0",
        "GOOGLE_CREDENTIALS": '{"project": "open-project", "private_key": "abcdef7"}',
        "GIT_AUTHOR_NAME": "Ana Open",
        "HOME": "/home/open/Of/Ana/Projects/Python3/Model2",
        "POSTGRES_PASSWORD": "airflow",
        "AUTH_ENABLED": "enabled",
        "SHORT_TOKEN": "abc",
        "EMPTY_TOKEN": "",
    }
    found = secret_values(held)
    assert {f"abcdef{n}" for n in range(1, 8)} <= set(found) and "xoxb-abcdefghijk" in found
    assert not [value for value in found if "open" in value.lower() and "abcdef" not in value]
    assert {"abc", "", "enabled"}.isdisjoint(found)


def test_numbers_and_keys_are_values_too() -> None:
    masks = Redactor({"A_PIN_SECRET": PIN})
    told = {PIN: [int(PIN), float(PIN), 1, True, None], f"x{PIN}": PIN}
    assert masks.json(told) == {MASK: [MASK, MASK, 1, True, None], f"x{MASK}": MASK}
    two = Redactor({"A_TOKEN": "secret-one", "B_TOKEN": "secret-two"})
    assert two.json({"secret-one": 1, "secret-two": 2}) == {MASK: 1, f"{MASK} (2)": 2}


def test_a_declared_secret_of_few_characters_is_hidden_where_it_is_all() -> None:
    masks = Redactor({})
    masks.declare(loads.ir(), {"WAREHOUSE_TOKEN": "abc", "WAREHOUSE_USER": ""})
    assert masks.json(["abc", "abcd", ""]) == [MASK, "abcd", ""]


def test_a_record_stays_a_record_whatever_the_secret_is() -> None:
    """Fixed words, counts and the names that the pipeline has are no values."""
    record = Record.model_validate_json(execute(plain.ir(), params={"day": "succeeded"}).to_json())
    masks = Redactor(
        {"A_TOKEN": "succeeded", "B_TOKEN": "first_call", "C_TOKEN": "succeeded1", "POSTGRES_PASSWORD": "airflow"}
    )
    masks.declare(plain.ir())
    told = masks.model(record.model_copy(update={"engine": "airflow"}))
    assert (told.state, told.engine, told.params) == ("succeeded", "airflow", {"day": MASK})
    assert [(call.id, call.state, call.output) for call in told.calls] == [("first_call", "succeeded", f"on {MASK}")]
    assert "output" not in masks.model(record.calls[0].model_copy()).model_fields_set - record.calls[0].model_fields_set


def test_what_has_no_secret_is_left_alone() -> None:
    record = execute(plain.ir(), params={"day": "x"})
    assert Redactor({"A_TOKEN": "never-there"}).model(record) is record


# ---------------------------------------------------------------- masked: comparisons


@step
def first_call(day: str) -> str:
    return f"on {day}"


@pipeline
def plain(day: str = "x") -> str:
    return first_call(day)


def compared(old: str, new: str, **more: Any) -> Any:
    base = execute(plain.ir())

    def side(text: str) -> RecordedSide:
        calls = [call.model_copy(update={"output": {"said": text}}) for call in base.calls]
        return RecordedSide("record:x", base.model_copy(update={"calls": tuple(calls)}))

    return dry_run(plain.ir(), side(old), side(new), DryRunOptions(**more))


def test_two_secrets_that_differ_stay_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_TOKEN", "0ldC4nary")
    monkeypatch.setenv("NEW_TOKEN", "N3wC4nary")
    found = compared("0ldC4nary", "N3wC4nary")
    assert found.verdict == "diverged"
    [difference] = found.differences
    assert (difference.old, difference.new) == (MASK, MASK)
    assert compared("0ldC4nary", "0ldC4nary").verdict == "equivalent"


def test_a_masked_record_is_no_difference_and_the_report_says_what_was_not_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEW_TOKEN", "N3wC4nary")
    found = compared(MASK, "N3wC4nary")
    assert not found.differences and found.coverage.output.unknown == 1
    assert found.verdict == "inconclusive", "no other output was compared"
    [gap] = [gap for gap in found.not_compared if gap.what == "secrets in a record"]
    assert gap.calls == ("first_call",)
    assert compared(MASK, "something else").verdict == "diverged"


def test_errors_that_leave_a_dry_run_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW_TOKEN", GUESSED)

    class Broken(LocalSide):
        def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Any:
            raise EngineError([Diagnostic("PG320", "error", f"died of {GUESSED}", None, f"see {GUESSED}")])

    with pytest.raises(EngineError) as error:
        dry_run(plain.ir(), Broken(), LocalSide())
    clean(str([vars(found) for found in error.value.diagnostics]).encode(), "the error")


# ---------------------------------------------------------------- masked: every byte of a dry-run

SOURCE = """
import base64
import json
import logging
import os
import subprocess
import sys
import urllib.parse

from pipeglot import collect, continue_, each, finally_, pipeline, shell, step

HELD = {"LEAK_TOKEN": "store/token", "LEAK_PIN": "store/pin", "LEAK_DSN": "store/dsn"}


class Leak(Exception):
    pass


@step(secrets=HELD)
def told(given: str) -> dict[str, object]:
    token, pin = os.environ["LEAK_TOKEN"], os.environ["LEAK_PIN"]
    print("printed", token, repr(token))
    sys.stderr.write(f"said {token}" + chr(10))
    logging.getLogger("leaky").warning("logged %s", token)
    subprocess.run(["sh", "-c", 'echo "child $LEAK_TOKEN"; echo "child $LEAK_TOKEN $SOME_API_KEY" >&2'], check=True)
    return {
        "plain": token,
        "keys": {token: {pin: [token]}},
        "long": "x" * 3000 + token + "y" * 3000,
        "url": "https://example.org/?q=" + urllib.parse.quote(token, safe=""),
        "json": json.dumps({"a": json.dumps([token])}),
        "repr": repr([token]),
        "basic": base64.b64encode(f"ana:{token}".encode()).decode(),
        "hex": token.encode().hex(),
        "number": int(pin),
        "dsn": os.environ["LEAK_DSN"],
        "undeclared": os.environ["SOME_API_KEY"],
        "env": os.environ.get("EXTRA_TOKEN", ""),
        "given": given,
    }


@step(secrets=HELD)
def items() -> list[str]:
    return [os.environ["LEAK_TOKEN"], "harmless"]


@step
def one(item: str) -> str:
    return "seen " + item


@step(secrets=HELD)
def fails() -> int:
    raise type("Leak" + os.environ["LEAK_PIN"], (Exception,), {})(f"no access with {os.environ['LEAK_TOKEN']!r}")


@shell('echo "sh $LEAK_TOKEN" >&2; echo "$LEAK_PIN"', secrets=HELD)
def script() -> None: ...


@step(secrets=HELD)
def dies() -> int:
    print("before the end: " + os.environ["LEAK_TOKEN"], flush=True)
    sys.stdout.flush()
    os._exit(3)


@pipeline
def leaky(given: str = "nothing") -> dict[str, object]:
    found = told(given)
    with each(items()) as item:
        one(item)
    fails.options(on_failure=continue_(default=0))()
    script()
    return found


@pipeline
def deadly() -> int:
    return dies()
"""

IGNORE = f"""
[[ignore]]
call = "told"
path = "$.plain"
reason = "it was {GUESSED} before"
until = 2999-12-31
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "leaky.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(IGNORE, encoding="utf-8")
    (tmp_path / "out").mkdir()
    return tmp_path


def told_by(place: Path, *words: str, env: Mapping[str, str] = ENV) -> tuple[int, str]:
    """Run a command in `place`/out; nothing that it prints or leaves there has a canary in it."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeglot", *words],
        cwd=place / "out",
        env={**os.environ, **env, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    clean(done.stdout, f"what {words} prints")
    for path in (place / "out").rglob("*"):
        clean(str(path.relative_to(place / "out")).encode(), "a file's name")
        if path.is_file():
            clean(path.read_bytes(), path.name)
        if path.suffix == ".html":
            clean(carried(path.read_text("utf-8")), f"the data of {path.name}")
    return done.returncode, done.stdout.decode()


def test_a_run_shows_and_records_no_secret(place: Path) -> None:
    code, said = told_by(place, "run", "../leaky.py:leaky", "--record", "record.json", "-p", f"given={GUESSED}")
    assert code == 0
    for printed in ("printed ***", "said ***", "logged ***", "child ***", "sh ***", "no access with"):
        assert printed in said
    record = Record.from_json((place / "out" / "record.json").read_text("utf-8"))
    told = next(call for call in record.calls if call.id == "told")
    assert {"plain": MASK, "keys": {MASK: {MASK: [MASK]}}, "number": MASK}.items() <= told.output.items()
    failed = next(call for call in record.calls if call.id == "fails")
    assert failed.error == Failure(type=f"Leak{MASK}", message=f"no access with '{MASK}'")
    assert next(call for call in record.calls if call.id == "script").output == MASK
    code, said = told_by(place, "run", "../leaky.py:leaky", "--record", "-")
    assert code == 0 and '"told"' in said


def test_a_missing_secret_is_invalid_input(place: Path) -> None:
    code, said = told_by(place, "run", "../leaky.py:leaky", env={**ENV, "LEAK_TOKEN": ""})
    assert code == 2 and "PG357" in said and "LEAK_TOKEN" in said and "running" not in said
    code, said = told_by(place, "run", "../leaky.py:leaky", "--on", "prefect", env={**ENV, "LEAK_TOKEN": ""})
    assert code == 2 and "PG357" in said
    sides = ("--old", "local", "--new", "local")
    code, said = told_by(place, "migrate", "dry-run", "../leaky.py:leaky", *sides, env={**ENV, "LEAK_TOKEN": ""})
    assert code == 2 and "PG357" in said


def recorded(place: Path, name: str) -> str:
    """A record with canaries in every place that a record has, as somebody else may have written it."""
    found = subprocess.run(
        [sys.executable, "-m", "pipeglot", "run", "leaky.py:leaky", "--record", name],
        cwd=place,
        env={**os.environ, **dict.fromkeys(ENV, "12345678"), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    record = Record.from_json((place / name).read_text("utf-8"))
    everything = {TOKEN: [f"with {PIN} and {PASSWORD}", int(PIN)], "plain": PASSWORD}
    calls = [
        call.model_copy(update={"output": everything, "error": Failure(type=TOKEN, message=f"{TOKEN!r} at {PIN}")})
        for call in record.calls
    ]
    extra = [calls[0].model_copy(update={"id": f"task {TOKEN}"}), calls[0].model_copy(update={"id": f"task {PIN}"})]
    changed = {"calls": (*calls, *extra), "notes": (f"note of {TOKEN}",), "result": TOKEN, "run_id": TOKEN}
    params = {"params": {"given": TOKEN}, "engine_version": PIN}
    (place / name).write_text(record.model_copy(update={**changed, **params}).to_json(), encoding="utf-8")
    return f"../{name}"


DRY_RUNS: dict[str, Sequence[str]] = {
    "twice": ("--old", "local", "--new", "local", "--repeat", "2"),
    "params": ("--old", "local", "--new", "local", "-p", f"given={GUESSED}", "--env", f"EXTRA_TOKEN={GIVEN}"),
    "injected": ("--old", "local", "--new", "local", "--inject", "one"),
    "recorded": ("--old", "record:RECORD", "--new", "local", "--rules", "../rules.toml"),
    "replayed": ("--old", "record:RECORD", "--new", "local", "--replay", "RECORD"),
}


@pytest.mark.parametrize(
    "made",
    [pytest.param(made, marks=() if made == "recorded" else pytest.mark.slow) for made in sorted(DRY_RUNS)],
)
def test_no_byte_of_a_dry_run_has_a_secret(place: Path, made: str) -> None:
    record = recorded(place, "theirs.json")
    words = [word.replace("RECORD", record) for word in DRY_RUNS[made]]
    code, said = told_by(place, "migrate", "dry-run", "../leaky.py:leaky", *words, "--out", "report")
    assert code == (1 if made in ("recorded", "replayed") else 0), said
    files = {path.name for path in (place / "out").rglob("*") if path.is_file()}
    assert {"dryrun.json", "report.md", "report.html", "history.sqlite"} <= files
    report = (place / "out" / "report" / "dryrun.json").read_text("utf-8")
    assert MASK in report
    assert (f"it was {MASK} before" in report and f"task {MASK} (2)" in report) == (made == "recorded")
    code, said = told_by(place, "migrate", "history", "--json")
    assert '"verdict"' in said


def test_a_side_that_fails_tells_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Engine failures, native file names and gaps, in all reports, the history and what is told while it happens."""
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    heard: list[str] = []

    class Broken(LocalSide):
        def run(self, tasks: Any, on_event: Any, stop: Any) -> list[Record]:
            on_event({"job": 0, "task": f"task {GUESSED}", "index": (), "state": "running", "attempt": 1})
            raise EngineError([Diagnostic("PG320", "error", f"died\n{GUESSED!r}\n{PASSWORD}")])

    native = Broken(spec=f"airflow:/dags/{GUESSED}.py:{PASSWORD}", engine="airflow")
    found = dry_run(plain.ir(), native, LocalSide(), on_event=lambda side, event: heard.append(str(event)))
    assert found.verdict == "inconclusive" and "PG320" in found.why
    remember(tmp_path / "history.sqlite", found)
    whole = [found.to_json(), markdown(found), page(found), carried(page(found)).decode(), *heard]
    for text in [*whole, *(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir())]:
        clean(text.encode(), "the report")
    assert heard and "running" in heard[0]


def test_what_bytes_are_printed_in_pieces_is_masked_as_a_whole(place: Path) -> None:
    """A program's output arrives here in pieces, which may end within a secret."""
    code = (
        "from pipeglot.cli.redacted_output import hidden\n"
        "import os, sys, time\n"
        "with hidden() as shown:\n"
        "    shown.declare(__import__('leaky').leaky.ir())\n"
        "    token = os.environ['LEAK_PIN'].encode()\n"
        "    for piece in (token[:4], token[4:], b' and ', token[:3]):\n"
        "        os.write(1, piece)\n"
        "        time.sleep(0.02)\n"
        "print('over')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=place,
        env={**os.environ, **ENV, "PYTHONPATH": os.pathsep.join([str(place), *sys.path])},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == f"{MASK} and {PIN[:3]}over\n"


def test_a_live_display_shows_no_secret(place: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    words = ["migrate", "dry-run", "../leaky.py:leaky", "--old", "local", "--new", "local"]
    with subprocess.Popen(
        [sys.executable, "-m", "pipeglot", *words],
        cwd=place / "out",
        env={**os.environ, **ENV, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # a terminal that nobody holds any more
            while data := os.read(ours, 65536):
                shown += data
    os.close(ours)
    assert process.returncode == 0 and b"\x1b[" in shown and MASK.encode() in shown, shown
    clean(shown, "the terminal")


# ---------------------------------------------------------------- on engines


@pytest.mark.engine("airflow", "prefect")
def test_engines_get_the_secrets_and_nothing_shows_them(place: Path) -> None:
    sides = ("--old", "airflow", "--new", "prefect", "--env", f"EXTRA_TOKEN={GIVEN}")
    code, said = told_by(place, "migrate", "dry-run", "../leaky.py:leaky", *sides, "--out", "report")
    assert code == 0, said
    shown = json.loads((place / "out" / "report" / "dryrun.json").read_text("utf-8"))
    for side in ("old", "new"):
        outputs = {
            call["id"]: call["output"] for call in shown[side]["records"][0]["calls"] if call["state"] == "succeeded"
        }
        assert outputs["told"]["plain"] == MASK and outputs["told"]["env"] == MASK and outputs["script"] == MASK
    # What an engine said before it died is in the error.
    code, said = told_by(place, "run", "../leaky.py:deadly", "--on", "prefect")
    assert code == 3 and "PG320" in said and f"before the end: {MASK}" in said
