"""What redaction knows: which variables hold credentials, a number in any dress, and characters written as escapes."""

from __future__ import annotations

import html
import json
import urllib.parse
from collections.abc import Callable
from html.entities import codepoint2name
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeglot.cli.migrate import _summary
from pipeglot.compare.model import Report
from pipeglot.core.record import Failure, Record
from pipeglot.migrate.history import remember
from pipeglot.migrate.report import html as page
from pipeglot.migrate.report import markdown
from pipeglot.redact.credentials import secret_values
from pipeglot.redact.masks import MASK, Redactor
from tests import dryruns
from tests.conftest import examples
from tests.test_secrets import carried

# ---------------------------------------------------------------- which variables

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhki7\nG9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----\n"
HELD: dict[str, tuple[str, list[str]]] = {
    "SESSION_COOKIE": ("sessionid=38afes7a8; csrftoken=hf83hfiw; Path=/; HttpOnly", ["38afes7a8", "hf83hfiw"]),
    "COOKIES": ("c00kie-v4lue", ["c00kie-v4lue"]),
    "SLACK_WEBHOOK_URL": ("https://hooks.slack.com/services/T0/B0/abcdefGHIJ12345678", ["abcdefGHIJ12345678"]),
    "NOTIFY": ("https://example.webhook.office.com/webhookb2/ab12cd34ef56", ["ab12cd34ef56"]),
    "SENTRY_DSN": ("https://0123456789abcdef@o1.ingest.sentry.io/1", ["0123456789abcdef"]),
    "WAREHOUSE_DSN": ("host=db user=ana password=hunter2x dbname=prod", ["hunter2x"]),
    "AIRFLOW_CONN_DB": ("postgres://ana:pa%2Fss1@db:5432/prod?sslmode=require", ["pa/ss1", "pa%2Fss1"]),
    "AIRFLOW_CONN_HOST": ('{"conn_type": "http", "password": "hunter2x", "extra": {"token": "t0kent0"}}', ["t0kent0"]),
    "AIRFLOW_CONN_GCP": (
        "google-cloud-platform://?key_path=x&__extra__=%7B%22private_key%22%3A%22k3yk3y%22%7D",
        ["k3yk3y"],
    ),
    "DATABASE": ("postgresql://ana:s3cr3t@db/prod", ["s3cr3t"]),
    "RESULT_BACKEND": ("db+postgresql://ana:p@ss/w0rd@db/prod", ["p@ss/w0rd"]),
    "JDBC": ("jdbc:postgresql://db/prod?user=ana&password=hunter2x", ["hunter2x"]),
    "ODBC": ("Driver={ODBC 18};Server=db;Uid=ana;Pwd={hunter;2x};", ["hunter;2x"]),
    "STORAGE": ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=Zm9vYmFyCg==;", ["Zm9vYmFyCg=="]),
    "BUS": ("Endpoint=sb://x.net/;SharedAccessKeyName=all;SharedAccessKey=Zm9vYmFyCg=", ["Zm9vYmFyCg="]),
    "REPOSITORY": ("https://x-access-token:abc123def@git.example.org/a.git", ["abc123def"]),
    "PIP_INDEX_URL": ("https://abcdefghijk@pypi.example.org/simple", ["abcdefghijk"]),
    "DOWNLOAD": ("https://x.example.org/f?sv=2024&sig=aB%2Fc%3D12&se=2027", ["aB/c=12", "aB%2Fc%3D12"]),
    "MAPS": ("https://maps.example.org/api?key=abcd1234&q=x", ["abcd1234"]),
    "CALLBACK": ("https://x.example.org/cb#access_token=abcd1234", ["abcd1234"]),
    "BROKERS": ("amqp://a:s3cr3t1@one:5672,amqp://a:s3cr3t2@two:5672", ["s3cr3t1", "s3cr3t2"]),
    "OTEL_EXPORTER_OTLP_HEADERS": ("authorization=Bearer%20abc123def,x=y", ["abc123def"]),
    "HEADER": ("Authorization: Bearer abc.123-def", ["abc.123-def"]),
    "HEADERS": ("x-api-key=abc123def,accept=*/*", ["abc123def"]),
    "CERTIFICATE": (PEM, ["MIIEvQIBADANBgkqhki7", "G9w0BAQEFAASCBKcwggSj"]),
    "CERTIFICATE_LINE": (PEM.replace("\n", "\\n"), ["MIIEvQIBADANBgkqhki7", "G9w0BAQEFAASCBKcwggSj"]),
    "SERVICE_ACCOUNT": (json.dumps({"type": "x", "private_key": PEM}), ["MIIEvQIBADANBgkqhki7"]),
    "ARGS": ("--index https://ana:s3cr3t@x.org -v", ["s3cr3t"]),
    "NOTES": ("use ghp_" + "a1" * 18 + " until May", ["ghp_" + "a1" * 18]),
    "SESSION_ID": ("38afes7a8", ["38afes7a8"]),
    "GITLAB_PAT": ("38afes7a8", ["38afes7a8"]),
    "MYSQL_PWD": ("38afes7a8", ["38afes7a8"]),
    "BASIC_AUTH": ("ana:hunter2x", ["hunter2x"]),
    "DOCKER_AUTH_CONFIG": (
        '{"auths": {"r.example.org": {"auth": "YW5hOmh1bnRlcjJ4"}}}',
        ["YW5hOmh1bnRlcjJ4", "hunter2x"],
    ),
    "PROXY_HEADER": ("Proxy-Authorization: Basic YW5hOmh1bnRlcjJ4", ["YW5hOmh1bnRlcjJ4", "hunter2x"]),
    "SIGNED": ("https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIDX1%2F2026&X-Amz-Signature=ab12cd34", ["ab12cd34"]),
    "DEPLOY_SECRET": ("correct_horse_battery", ["correct_horse_battery"]),
    "settings": ("[db]\npassword = hunter2x\n", ["hunter2x"]),
    "DB_CREDS": ("38afes7a8", ["38afes7a8"]),
}


@pytest.mark.parametrize("name", HELD)
def test_a_credential_is_known_by_its_variable_or_by_what_it_is(name: str) -> None:
    value, expected = HELD[name]
    assert set(expected) <= set(secret_values({name: value}))


HARMLESS = {
    "HOME": "/home/ana/Projects2/Model3",
    "PWD": "/srv/secret/place",
    "GOOGLE_APPLICATION_CREDENTIALS": "/etc/keys/google.json",
    "TOKEN_FILE": "/Run/Secrets/Token",
    "SSH_AUTH_SOCK": "/tmp/ssh-XXabcd12/agent.17",
    "SSL_KEY_PATH": "certs/Key.pem",
    "TOKENIZERS_PARALLELISM": "false_or_so",
    "MAX_TOKENS": "100000",
    "TOKEN_TTL": "3600000",
    "AUTH_TYPE": "kerberos-5",
    "AUTH_URL": "https://login.example.org/oauth/authorize",
    "TOKEN_URL": "https://login.example.org/oauth/token?tenant=common",
    "AIRFLOW_CONN_FILES": "fs:///var/data",
    "CONN_TIMEOUT": "1000000",
    "AUTH_ENABLED": "enabled",
    "SECRET_NAME": "warehouse-token-7",
    "COOKIE_NAME": "session_id_7",
    "PARTITION_KEY": "customer_id",
    "CONN_ID": "warehouse_main",
    "AUTH_SERVER": "login.example.org",
    "MODEL_TOKENS": "128000",
    "SETTINGS": '{"primary_key": "customer_id", "token_uri": "https://a.example.org/token", "key_file": "/etc/x.pem"}',
    "USE_TOKEN": "true",
    "PRIVATE_NETWORK": "10.11.12.13/24",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:////tmp/airflow.db",
    "GIT_SHA": "4f792f3c2a0b1d9e8f7a6b5c4d3e2f1a0b9c8d7e",
    "IMAGE": "registry.example.org/app@sha256:" + "ab12" * 16,
    "RUN_ID": "3f2b8c1e-9d4a-4e0b-8a7c-1b2c3d4e5f60",
    "DATA": "s3://bucket/Part2/Model3XyZ?versionId=17",
    "REPO": "https://git@example.org/team/repo.git",
    "AZURE": "https://contoso@dev.azure.com/contoso/project",
    "DB": "postgresql://analytics@db/prod",
    "SORTED": "https://x.example.org/list?key=customer_id",
    "JAVA_OPTS": "-Xmx2g -Dsort.key=customer_id",
    "COUNT": "1234567",
    "GREETING": "the password is required",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_secret_stays_readable(name: str) -> None:
    assert secret_values({name: HARMLESS[name]}) == []


def test_a_password_that_is_a_common_word_hides_itself_and_no_other_text() -> None:
    masks = Redactor({"DB_PASSWORD": "postgres", "OTHER_PASSWORD": "admin1"})
    assert masks.json(["postgres", "postgresql://db", "admin1@x"]) == [MASK, "postgresql://db", f"{MASK}@x"]


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    "said",
    [
        *("1234567.5", "1234567.50", "1,234,567.5", "1,234,567.50", "1.234.567,50", "1 234 567,5", "1_234_567.5"),
        *("1'234'567.50", "12,34,567.5", "1.2345675e6", "1.2345675E+06", "-1,234,567.5", "1\u202f234\u202f567,5"),
    ],
)
def test_a_number_is_redacted_however_it_is_written(said: str) -> None:
    told = Redactor({"A_PIN": "1234567.50"}).text(f"it is {said}!")
    assert MASK in told and "567" not in told and "2345" not in told


def test_a_number_is_the_same_number_as_a_value() -> None:
    masks = Redactor({"A_PIN": "1234567.50", "CARD_SECRET": "4111 1111 1111 1111"})
    assert masks.json([1234567.5, -1234567.5, 4111111111111111, 4111111111111111.0]) == [MASK] * 4
    assert masks.json([1234567, 1, 0.5, True, 41111111]) == [1234567, 1, 0.5, True, 41111111]
    assert masks.text("4111-1111-1111-1111, 4111111111111111") == f"{MASK}, {MASK}"


# ---------------------------------------------------------------- escapes


def percent(character: str, form: str = "%{:02X}") -> str:
    return "".join(form.format(byte) for byte in character.encode())


def units(character: str, form: str = "\\u{:04x}") -> str:
    data = character.encode("utf-16-be")
    return "".join(form.format(int.from_bytes(data[n : n + 2], "big")) for n in range(0, len(data), 2))


ESCAPED: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": percent,
    "small percent": lambda c: percent(c, "%{:02x}"),
    "percent twice": lambda c: percent(c, "%25{:02X}"),
    "unicode": units,
    "unicode in JSON": lambda c: units(c, "\\\\u{:04X}"),
    "unicode in a URL": lambda c: units(c, "%5Cu{:04x}"),
    "long unicode": lambda c: f"\\U{ord(c):08x}",
    "braced unicode": lambda c: f"\\u{{{ord(c):x}}}",
    "bytes": lambda c: percent(c, "\\x{:02x}"),
    "octal": lambda c: percent(c, "\\{:03o}"),
    "decimal entity": lambda c: f"&#{ord(c)};",
    "hexadecimal entity": lambda c: f"&#x{ord(c):X};",
    "entity twice": lambda c: f"&amp;#0{ord(c)};",
    "entity in JSON": lambda c: f"\\u0026#{ord(c)};",
    "named entity": lambda c: f"&{codepoint2name[ord(c)]};" if ord(c) in codepoint2name else c,
    "URL": lambda c: urllib.parse.quote(c, safe=""),
    "form": urllib.parse.quote_plus,
    "HTML": html.escape,
    "JSON": lambda c: json.dumps(c)[1:-1],
    "JSON twice": lambda c: json.dumps(json.dumps(c)[1:-1])[1:-1],
    "Python": lambda c: c.encode("unicode_escape").decode(),
}

SECRETS = st.text(st.sampled_from("abzAZ019 /+=&%\\\"'<>\n\té€😀"), min_size=6, max_size=16).filter(
    lambda s: len(set(s)) > 3
)
AROUND = st.one_of(st.text(max_size=8), st.text(alphabet="%\\&#u0x25;41", max_size=6))


@given(SECRETS, st.sampled_from(sorted(ESCAPED)), AROUND, AROUND)
@settings(max_examples=examples(300), deadline=None)
def test_a_secret_in_escapes_is_redacted_whatever_stands_around_it(
    secret: str, escape: str, before: str, behind: str
) -> None:
    masks = Redactor({})
    masks._add([secret])
    escaped = "".join(map(ESCAPED[escape], secret))
    said = masks.text(before + escaped + behind)
    assert MASK in said and escaped not in said.replace(MASK, "\0")


@given(SECRETS, st.data())
@settings(max_examples=examples(200), deadline=None)
def test_each_character_may_be_escaped_in_another_way(secret: str, data: st.DataObject) -> None:
    masks = Redactor({})
    masks._add([secret])
    ways = data.draw(st.lists(st.sampled_from(sorted(ESCAPED)), min_size=len(secret), max_size=len(secret)))
    escaped = "".join(ESCAPED[way](letter) for way, letter in zip(ways, secret, strict=True))
    assert masks.text(f"<{escaped}>").replace(MASK, "") == "<>"


@pytest.mark.parametrize("escape", sorted(ESCAPED))
def test_a_secret_in_escapes_is_not_shown_while_it_arrives(escape: str) -> None:
    secret = 'n4sty/"C4nary'
    masks, shown, rest = Redactor({"A_TOKEN": secret}), "", ""
    for letter in "said " + "".join(map(ESCAPED[escape], secret)) + " there":
        rest = masks.text(rest + letter)
        held = masks.begun(rest)
        shown, rest = shown + rest[: len(rest) - held], rest[len(rest) - held :]
    assert shown + rest == f"said {MASK} there"


@pytest.mark.parametrize(
    "said", ["100 %", "a&b", "C:\\new\\table", "x=%41", "&copy; 2026", "\\", "%", "&", "%5", "\\u00", "&#", "a+b"]
)
def test_escapes_that_hide_nothing_stay(said: str) -> None:
    masks = Redactor({"A_TOKEN": "abc123xyz"})
    assert masks.text(said) == said and masks.json({said: said}) == {said: said}


def holding(text: str) -> Report:
    """A dry-run with a text in the places that a step fills."""
    run = dryruns.credit()

    def record(of: Record) -> Record:
        first, second, *calls = of.calls
        first = first.model_copy(update={"output": {text: [text]}})
        second = second.model_copy(update={"state": "failed", "error": Failure(type="E", message=text)})
        return of.model_copy(update={"calls": (first, second, *calls), "notes": (text,), "result": text})

    def side(of: str) -> object:
        one = getattr(run, of)
        return one.model_copy(
            update={"records": tuple(map(record, one.records)), "notes": (text,), "problems": (text,)}
        )

    [first, *others] = run.differences
    first = first.model_copy(update={"old": text, "new": {text: 1}, "path": f"$.{text}"})
    update = {"old": side("old"), "new": side("new"), "why": text, "params": {"p": text}}
    return run.model_copy(update={**update, "differences": (first, *others)})


@given(st.text(st.sampled_from("abzAZ01éß/+-"), min_size=8, max_size=14), st.sampled_from(sorted(ESCAPED)), AROUND)
@settings(max_examples=examples(30), deadline=None)
def test_a_secret_in_escapes_is_in_no_report(
    tmp_path_factory: pytest.TempPathFactory, secret: str, escape: str, around: str
) -> None:
    if len(set(secret)) < 5:
        return
    masks = Redactor({})
    masks._add([secret])
    text = "".join(map(ESCAPED[escape], secret))
    found = masks.model(holding(f"{around}{text}{around}"))
    history: Path = tmp_path_factory.mktemp("history") / "history.sqlite"
    remember(history, found)
    told = [found.to_json(), markdown(found), page(found), carried(page(found)).decode(), *_summary(found)]
    told.append(history.read_bytes().decode("utf-8", "replace"))
    for one in told:
        for shown in (one, html.unescape(one), urllib.parse.unquote(one), one.replace("\\\\", "\\")):
            assert secret not in shown and text not in shown
    assert MASK in told[0] and MASK in html.unescape(told[1]).replace("\\", "") and MASK in told[2]
