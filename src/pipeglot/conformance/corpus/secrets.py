"""Secrets that calls read from their environment: what a case returns of one is never the secret itself."""

import hashlib
import os

from pipeglot import collect, continue_, each, finally_, pipeline, shell, step
from pipeglot.conformance.corpus import Case


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@step(secrets={"CORPUS_TOKEN": "corpus/token"})
def fetch(rows: int) -> str:
    return f"{rows} rows with {_digest(os.environ['CORPUS_TOKEN'])}"


@step(secrets=["CORPUS_USER"])
def who() -> int:
    return len(os.environ["CORPUS_USER"])


@step
def flaky_login(user: int) -> int:
    token = os.environ["CORPUS_TOKEN"]
    raise PermissionError(f"user of {user} letters, key of {len(token)}")


@shell('test -n "$CORPUS_TOKEN" && test -n "$CORPUS_KEY" && echo "${#CORPUS_KEY}"')
def sign() -> None: ...


@pipeline
def secrets_read() -> str:
    return fetch(who())


@pipeline
def secrets_in_scripts() -> str:
    user = who()
    login = flaky_login.options(
        on_failure=continue_(default=0), secrets={"CORPUS_TOKEN": "corpus/token", "CORPUS_KEY": "corpus/key.pem"}
    )(user)
    signed = sign.options(secrets={"CORPUS_KEY": "corpus/key.pem", "CORPUS_TOKEN": "corpus/token"}, after=[login])()
    return f"{user} {login} {signed}"


@pipeline
def secrets_in_loops() -> list[str]:
    with each([1, 2]) as n:
        rows = fetch(n)
    with finally_():
        fetch.options(id="audit")(0)
    return collect(rows)


ENV = {"CORPUS_TOKEN": "tok%3D&\"q'uote", "CORPUS_USER": "ana", "CORPUS_KEY": "-----\nline two\n-----"}
"""No values of anything: they only have to arrive as they are."""

_SEEN = _digest(ENV["CORPUS_TOKEN"])

CASES = [
    Case(secrets_read, result=f"3 rows with {_SEEN}", env=ENV),
    Case(
        secrets_in_scripts,
        expect={"who": "succeeded=3", "flaky_login": "failed~", "sign": "succeeded"},
        result="3 0 20",
        env=ENV,
    ),
    Case(
        secrets_in_loops,
        expect={
            "fetch[0]": "succeeded",
            "fetch[1]": "succeeded",
            "audit": f'succeeded="0 rows with {_SEEN}"',
        },
        result=[f"1 rows with {_SEEN}", f"2 rows with {_SEEN}"],
        env=ENV,
    ),
]
