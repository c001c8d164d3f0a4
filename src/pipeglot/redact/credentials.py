"""What of the environment is a credential: by the name of its variable, by the form of its value, or as a part of it."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeglot import backends
from pipeglot.core.rules.practice import secret_parts

SHORTEST = 6
"""Characters of what is taken for a credential: shorter ones would redact everything."""

_CREDENTIAL = re.compile(
    r"(?i)secret|token(?!iz)|passw|passphrase|passcode|pwd|credential|private|signature|cookie|webhook|bearer|jwt|csrf|xsrf"
    r"|connstr|dsn($|_)|hmac|mnemonic|kubeconfig|netrc|(^|_)(pass|creds?|pat|sas|pin|otp|totp|session_?id)($|_)"
    r"|(api|access|account|encryption|fernet|master|session|signing|ssh|license)_?key"
)
_LIKELY = re.compile(r"(?i)auth(?!or)|conn(ection)?_|_conn$|_key$")
"""Names of credentials, and of settings about them: what looks like a name or a host is none."""
_ABOUT = re.compile(
    r"(?i)^(?!AIRFLOW_CONN_)(?:(OLD)?PWD$|XDG_|GPG_KEY$"
    r"|.*_(type|mode|backend|provider|algorithm|user|username|host|hostname|port|ttl|timeout|expiry|expires(_in)?|expiration"
    r"|length|size|limit|count|enabled|disabled|names?|arn|region|scopes?|issuer|audience|domain|version|columns?|class|format"
    r"|prefix|policy|days|hours|minutes|seconds|ms)$)"
)
"""Variables that only sound like one: of every shell, or about a credential."""
_PLAIN = re.compile(r"[a-z]+([_.-][a-z0-9]+)*")
_HARMLESS = re.compile(
    r"(?i)true|false|none|null|(en|dis)abled|required|optional|default|localhost|development|production|oauth2?|bearer"
    r"|\d{1,3}(\.\d{1,3}){3}(:\d+)?(/\d+)?"
)
_PATH = re.compile(r"(~|\.{1,2})?(/[\w.@+-]+)+/?|[A-Za-z]:\\[\w.\\ -]+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_KEYED = re.compile(
    r"(?i)secret|token|passw|pwd|credential|key|auth(?!or)|sig(nature)?$|bearer|jwt|session|(^|[_-])(pass|pw|code|sas)($|[_-])"
)
_PAIR = re.compile(
    r"(?i)(?<![\w.])([\w. -]*(?:secret|token|passw\w*|pwd|(?:account|access|api|private|shared\w*)[_ -]?key|credential)[\w -]*?)"
    r"\s*[=:]\s*(\"[^\"]+\"|'[^']+'|\{[^}]+\}|[^\s;&,\"']+)"
)
"""`password=...` of a connection string, `api-key=...` of a list of headers."""
_BEARER = re.compile(r"(?i)\b(?:bearer|basic|negotiate|apikey)(?:\s|%20)+([A-Za-z0-9._~+/=%-]{6,})")
_IDENTIFIER = re.compile(r"[a-z]+(_[a-z]+)+")
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w.~+/=-]{8,}|[\w.~+/=-]{20,}")
_WEAK = re.compile(r"[a-z]{1,7}|postgres(ql)?|changeme|password|minioadmin|superset")


def secret_values(variables: Mapping[str, str] | None = None) -> list[str]:
    """What of environment variables must not be shown, longest first: values of those that have a credential's name, and
    what is secret in any other: well-known kinds of tokens, private keys, the user and token parts of URLs, passwords of
    connection strings. Very short ones would redact everything.

    >>> secret_values({"API_TOKEN": "abc123xyz", "HOME": "/home/you", "BROKER": "redis://:s3cret!!@db/0", "DB_PASS": "pw"})
    ['abc123xyz', 's3cret!!']
    """
    found: list[str] = []
    for name, value in (os.environ if variables is None else variables).items():
        if _is_credential(name, value):
            found += [part for whole in _whole(name, value) for part in (whole, *parts(whole))]
        found += inside(value)
    common = backends.targets().keys()  # the name of an engine, which many passwords are, would be missed everywhere
    kept = {one for one in found if len(one) >= SHORTEST and one not in common and not _HARMLESS.fullmatch(one)}
    return sorted(kept, key=lambda value: (-len(value), value))


def _is_credential(name: str, value: str) -> bool:
    if _ABOUT.search(name) or (re.search(r"(?i)tokens", name) and value.isdecimal()):  # so many of them
        return False
    return bool(_CREDENTIAL.search(name) or (_LIKELY.search(name) and not _PLAIN.fullmatch(value)))


def weak(value: str) -> bool:
    """Whether a credential is a word that stands in texts for other reasons, and hides nothing there.

    >>> weak("postgres"), weak("hunter2")
    (True, False)
    """
    return bool(_WEAK.fullmatch(value))


def _whole(name: str, value: str) -> Iterator[str]:
    """The value of a variable with a credential's name, unless it only says where one is."""
    if "webhook" in name.lower():
        yield value
        yield from _path_of(value)
    elif "cookie" in name.lower():
        yield value
        for pair in re.split(r";\s*", value):
            key, _, told = pair.partition("=")
            if key.lower() not in ("path", "domain", "expires", "samesite", "max-age"):
                yield told
    elif _URL.fullmatch(value):
        if any(True for _ in inside(value)):
            yield value
    elif not _is_path(name, value):
        yield value


def _is_path(name: str, value: str) -> bool:
    """Whether a value says where a credential is; keys in base64 may begin with a slash, too."""
    if not _PATH.fullmatch(value):
        return False
    named = re.search(r"(?i)_(file|path|dir|sock)$", name)
    return bool(named) or os.path.exists(value) or (value.count("/") > 1 and value == value.lower())


def parts(credential: str) -> Iterator[str]:
    """What is secret of a credential by itself: its long lines, which may be shown alone, and what is `inside` it."""
    user, _, password = credential.partition(":")
    if password and not re.search(r"[\s:/@{]", user + password):
        yield password
    lines = credential.splitlines()
    yield from (line.strip() for line in lines if len(lines) > 1 and len(line) >= 16 and not line.startswith("-----"))
    yield from inside(credential)


def inside(value: str) -> Iterator[str]:
    """What is secret by itself within a text, which may be a credential or hold one.

    >>> sorted(set(inside('{"host": "db", "password": "hunter2"}')))
    ['hunter2']
    >>> sorted(set(inside("postgresql://ana:pa%2Fss1@db/prod?sslkey=ab12cd")))
    ['ab12cd', 'pa%2Fss1', 'pa/ss1']
    """
    if value.strip() != value:
        yield value.strip()
    yield from secret_parts(value)
    if "PRIVATE KEY" in value:
        lines = value.replace("\\n", "\n").splitlines()
        yield from (line.strip() for line in lines if len(line) >= 16 and not line.startswith("-----"))
    for match in _URL.finditer(value):
        for url in re.split(r",(?=[a-z][a-z0-9+.-]*://)", match[0]):
            yield from _of_url(url)
    for match in _BEARER.finditer(value):
        token = unquote(match[1])
        if _RANDOM.fullmatch(token):
            yield from _told(token)
    yield from (match[2].strip("\"'{}") for match in _PAIR.finditer(value) if not _IDENTIFIER.fullmatch(match[2]))
    yield from _of_json(value)


def _of_json(value: str) -> Iterator[str]:
    try:
        waiting = [("", json.loads(value))] if value.lstrip().startswith(("{", "[")) else []
    except (ValueError, RecursionError):
        return
    while waiting:
        key, told = waiting.pop()
        if isinstance(told, dict):
            waiting += told.items()
        elif isinstance(told, list):
            waiting += [(key, one) for one in told]
        elif isinstance(told, str) and told != value:
            if _KEYED.search(key) and not _says_where(told):
                yield from _told(told)
            yield from inside(told)


def _says_where(value: str) -> bool:
    """Whether what stands under a credential's name is a name, a place or a fixed word."""
    known = (_IDENTIFIER, _PATH, _URL, _HARMLESS)
    return any(pattern.fullmatch(value) for pattern in known)


def _told(token: str) -> Iterator[str]:
    """A token, and the password in it, if it is that of a user in base64."""
    yield token
    try:
        user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except ValueError:
        return
    if password and user.isprintable():
        yield password


def _of_url(url: str) -> Iterator[str]:
    """The password of a URL, a user that is a token, and values of its query that are, as written and as meant."""
    try:
        found = urlsplit(url)
        user, password, host = found.username or "", found.password or "", found.hostname or ""
    except ValueError:
        found, user, password, host = urlsplit(""), "", "", ""
    if odd := re.match(r"[^:]+://[^\s:/@]*:(.+)@", url):  # with signs that should have been escaped
        yield from _both(odd[1])
    yield from _both(password)
    alone = user and not password and user.lower() not in f"{host}{found.path}".lower()
    if alone and (_RANDOM.fullmatch(user) or url.startswith("http")):
        yield from _both(user)
    if host.startswith("hooks.") or "webhook" in f"{host}{found.path}".lower():
        yield from _path_of(url)
    for query in (found.query, found.fragment):
        for key, told in parse_qsl(query):
            if _KEYED.search(key) and not _says_where(told):
                yield told
            elif told.startswith("{"):
                yield from _of_json(told)
        for pair in query.split("&"):
            key, _, raw = pair.partition("=")
            if _KEYED.search(unquote(key)) and not _IDENTIFIER.fullmatch(raw):
                yield raw


def _both(written: str) -> Iterator[str]:
    yield from (one for one in dict.fromkeys((written, unquote(written))) if one)


def _path_of(url: str) -> Iterator[str]:
    """What is secret of a webhook: its path, and any part of it that nobody would guess."""
    path = urlsplit(url).path if "://" in url else ""
    yield from (part for part in (path.strip("/"), *path.split("/")) if _RANDOM.fullmatch(part))
