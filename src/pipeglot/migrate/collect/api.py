"""JSON over HTTP, as the public APIs of the engines speak it, and what is asked of them: one run."""

from __future__ import annotations

import base64
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError

RETRIED = frozenset({429, 502, 503, 504})
"""What a server or the proxy before it answers when the same question may be answered a little later."""

_PAUSES = (0.5, 1.0, 2.0)
_LONGEST_PAUSE = 60
"""Seconds that a server may wish for (`Retry-After`) before it is asked again."""
_SAID = 200


@dataclass(frozen=True)
class RunQuery:
    """Which run: its id, and the engine's name of the DAG, flow, job or pipeline where the id alone does not say. `date` is
    the parameter that a compiled one takes its logical date from."""

    run: str
    name: str | None = None
    date: str = "logical_date"


@dataclass(frozen=True)
class Api:
    """One server's API.

    Attributes:
        url: where the server is, without the path of its API: `https://airflow.example.org`.
        headers: sent with every request, credentials among them; they are in no message and no `repr`.
        timeout: seconds the server may take for an answer.
        pauses: seconds between the tries of what reads and the server cannot answer just now.

    Raises, from `get`, `search` and `post`:
        EngineError: PG370 when the server is not reached or fails, PG373 when its answer is no JSON.
        AuthoringError: PG371 when it wants other credentials, PG372 when it knows of no such thing or refuses the
            question.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 30.0
    pauses: tuple[float, ...] = _PAUSES

    def __post_init__(self) -> None:
        try:
            parts = urllib.parse.urlsplit(self.url)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.query or parts.fragment:
            _wrong("PG342", "--url is not the URL of a server", "as in https://airflow.example.org")
        if parts.username is not None or parts.password is not None:
            _wrong("PG342", "a URL must not contain a password", "name environment variables: --user, --password-env")

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON that the server has at a path, such as `/api/v2/version`."""
        return self._read("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path, None)

    def find(self, path: str, **query: str | int) -> Any | None:
        """As `get`, and None where the server has nothing (404)."""
        try:
            return self.get(path, **query)
        except NotFound:
            return None

    def post(self, path: str, body: Any) -> Any:
        """The JSON with which the server answers a JSON body; asked once."""
        try:
            return self._ask("POST", path, json.dumps(body).encode())
        except urllib.error.HTTPError as error:
            with error:
                self._refused(path, error, "")  # what a server says of a body may repeat it, and it may be a password

    def search(self, path: str, body: Any) -> Any:
        """The answer to a question that is posted, as in GraphQL: it changes nothing, and is asked again like a `get`."""
        return self._read("POST", path, json.dumps(body).encode())

    def _read(self, method: str, asked: str, body: bytes | None) -> Any:
        for pause in (*self.pauses, None):
            try:
                return self._ask(method, asked, body)
            except urllib.error.HTTPError as error:
                with error:
                    if error.code not in RETRIED or pause is None:
                        self._refused(asked.partition("?")[0], error, self._reason(error))
                    wished = error.headers.get("Retry-After", "")
            time.sleep(max(pause, min(int(wished), _LONGEST_PAUSE)) if wished.isdecimal() else pause)

    def allowed(self, **headers: str) -> Api:
        """The same server, asked with further headers (`_` in a name stands for `-`)."""
        return replace(self, headers={**self.headers, **{name.replace("_", "-"): headers[name] for name in headers}})

    def bearer(self, token: str) -> Api:
        """The same server, asked with a token.

        >>> Api("http://localhost:8080").bearer("x").headers
        {'Authorization': 'Bearer x'}
        """
        return self.allowed(Authorization=f"Bearer {token}")

    def basic(self, user: str, password: str) -> Api:
        """The same server, asked with a name and a password."""
        return self.allowed(Authorization="Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(self.url.rstrip("/") + path, data=body, method=method)
        request.add_header("Accept", "application/json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in self.headers.items():
            request.add_header(name, value)
        place = self._place(path.partition("?")[0])
        try:
            with urllib.request.build_opener(_SameServer).open(request, timeout=self.timeout) as answer:
                said = answer.read()
        except urllib.error.HTTPError:
            raise
        except http.client.IncompleteRead:
            raise EngineError([_odd(place, "ends in the middle")]) from None
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            message = f"{place} cannot be reached: {reason or type(error).__name__}"
            way_out = "is the server up, and is --url its address as seen from here?"
            raise EngineError([Diagnostic("PG370", "error", message, None, way_out)]) from None
        except ValueError:  # a header with a line break; its text may be a secret
            _wrong("PG342", "a credential has a character that no HTTP header can hold", "look for a line break in it")
        try:
            return json.loads(said)
        except (ValueError, RecursionError):
            start = said[:_SAID].lstrip().lower()
            what = "is a web page" if start.startswith((b"<!doctype", b"<html")) else "is not JSON"
            raise EngineError([_odd(place, what)]) from None

    def _place(self, path: str) -> str:
        """What was asked, as it may be shown."""
        return _origin(self.url) + urllib.parse.urlsplit(self.url).path.rstrip("/") + path

    def _refused(self, path: str, error: urllib.error.HTTPError, reason: str) -> NoReturn:
        place = self._place(path)
        said = f"{place} answers {error.code}{reason}"
        if error.code in (401, 403):
            message = f"{place} is not open to these credentials ({error.code})"
            _wrong(
                "PG371", message, "--token-env NAME, or --user NAME --password-env NAME, of someone who may read runs"
            )
        if 300 <= error.code < 400:
            where = _origin(urllib.parse.urljoin(self.url, error.headers.get("Location", "")))
            message = f"{place} leads to another server, {where}, where nothing is sent"
            _wrong("PG371", message, "give that server as --url, or the credentials that the first one wants")
        if error.code >= 500:
            raise EngineError([Diagnostic("PG370", "error", said, None, "the server's log says more")])
        unknown = Diagnostic("PG372", "error", said, None, "are --url, --run and the name those of this server?")
        raise NotFound([unknown]) if error.code == 404 else AuthoringError([unknown])

    def _reason(self, error: urllib.error.HTTPError) -> str:
        """What the server says of it, when it says so in JSON, without what was sent."""
        try:
            told = json.loads(error.read(65536))
        except (ValueError, OSError, http.client.HTTPException, RecursionError):
            return ""
        told = told if isinstance(told, dict) else {}
        said = next((told[key] for key in ("detail", "error", "message") if key in told), None)
        text = said if isinstance(said, str) else json.dumps(said) if said else ""
        for value in self.headers.values():
            for secret in (value, value.rpartition(" ")[2]):
                text = text.replace(secret, "***") if secret else text
        return f": {text[:_SAID]}" if text else ""


class NotFound(AuthoringError):
    """The server has no such thing (PG372)."""


class _SameServer(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to where the credentials were meant to go."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if _origin(newurl) != _origin(req.full_url):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def quoted(name: str) -> str:
    """A name as one part of a path.

    >>> quoted("manual__2026-03-01T02:00:00+00:00")
    'manual__2026-03-01T02%3A00%3A00%2B00%3A00'
    """
    return urllib.parse.quote(name, safe="")


def fields(answer: Any, *names: str) -> tuple[Any, ...]:
    """The fields of a JSON object that an API promises to be there.

    Raises:
        EngineError: PG373 when the answer is no object or lacks one.

    >>> fields({"id": "a", "state": None, "more": 1}, "id", "state")
    ('a', None)
    """
    if isinstance(answer, dict) and all(name in answer for name in names):
        return tuple(answer[name] for name in names)
    missing = [name for name in names if not isinstance(answer, dict) or name not in answer]
    what = f"an answer of the engine's API has no {missing[0]!r}" if missing else "an answer of the API is no object"
    way_out = "is --url that of this engine, and its version one that pipeglot knows?"
    raise EngineError([Diagnostic("PG373", "error", what, None, way_out)])


def _origin(url: str) -> str:
    """Scheme, host and port, without what may be secret before them; empty of what is no URL."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def _odd(place: str, what: str) -> Diagnostic:
    way_out = "is --url the server's own address, without the path of a page, and is nothing (a login) before it?"
    return Diagnostic("PG373", "error", f"the answer of {place} {what}", None, way_out)


def unknown(message: str, help: str) -> NoReturn:
    """Stop: there is no such run, or not one alone (PG372)."""
    _wrong("PG372", message, help)


def not_ended(what: str, state: object) -> NoReturn:
    """Stop: a run goes on (PG374)."""
    _wrong("PG374", f"{what} has not ended: it is {state}", "collect it when it has")


def _wrong(code: str, message: str, way_out: str) -> NoReturn:
    raise AuthoringError([Diagnostic(code, "error", message, None, way_out)])
