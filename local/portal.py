"""A small API client that the demo, the tests and later the command line tool share.

It gets tokens, sends JSON and waits for operations, over HTTP only: it imports nothing of the app.
"""

import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

_TIMEOUT_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 0.25
# A new token well before the old one expires: a request may wait in a queue.
_TOKEN_MARGIN_SECONDS = 300
_ENDED = frozenset({"succeeded", "failed", "canceled"})


class PortalError(Exception):
    """The API refused a request, or an operation failed; the message has its response."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. ``headers`` have lower-case names; ``body`` is parsed JSON or None."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Credentials:
    """An application that gets tokens by the client credentials grant of the token endpoint."""

    token_url: str
    client_id: str
    secret: str
    scope: str


class Portal:
    """Sends requests below ``<api>/api`` with a token of its application.

    ``pause`` is called between two looks at an operation, ``settle`` before each change.
    """

    def __init__(self, api: str, credentials: Credentials, trust: ssl.SSLContext) -> None:
        self._base = f"{api}/api"
        self._credentials = credentials
        self._trust = trust
        self._token = ""
        self._token_ends = 0.0
        self.pause: Callable[[], None] = lambda: time.sleep(_LOOK_EVERY_SECONDS)
        self.settle: Callable[[], None] = lambda: None

    def token(self) -> str:
        """Return an access token, a new one if the old one expires soon."""
        if time.time() > self._token_ends - _TOKEN_MARGIN_SECONDS:
            given = self._credentials
            form = {
                "grant_type": "client_credentials",
                "client_id": given.client_id,
                "client_secret": given.secret,
                "scope": given.scope,
            }
            request = urllib.request.Request(  # noqa: S310 - an address of this run
                given.token_url, data=urllib.parse.urlencode(form).encode(), method="POST"
            )
            answer = _send(request, self._trust)
            if answer.status != 200:  # noqa: PLR2004
                raise PortalError(f"no token: {answer.status} {json.dumps(answer.body)}")
            self._token = str(answer.body["access_token"])
            self._token_ends = time.time() + int(answer.body["expires_in"])
        return self._token

    def send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request and return its response, with any status. *path* may be an absolute address."""
        if method != "GET":
            self.settle()
        url = path if path.startswith(("http://", "https://")) else self._base + path
        request = urllib.request.Request(url, method=method)  # noqa: S310 - an address of this run
        request.add_header("Authorization", f"Bearer {self.token()}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        return _send(request, self._trust)

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request. Raises: PortalError unless it succeeds."""
        answer = self.send(method, path, body, headers)
        if answer.status >= 400:  # noqa: PLR2004
            said = json.dumps(answer.body) if answer.body is not None else "(no body)"
            raise PortalError(f"{method} {path}: {answer.status} {said}")
        return answer

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the items of a list, page by page."""
        following: str | None = path
        while following:
            page = self.ask("GET", following).body
            yield from page["value"]
            following = page.get("@odata.nextLink") or page.get("nextLink")

    def is_over(self, begun: Answer) -> bool:
        """Return whether the operation that an answer points to has ended; True if it points to none."""
        path = _operation_of(begun)
        return path is None or self.ask("GET", path).body["status"] in _ENDED

    def finish(self, begun: Answer, watch: Callable[[dict[str, Any]], None] = lambda _: None) -> dict[str, Any]:
        """Wait for the operation that an answer points to, and return it; without one, return the answer's body.

        ``watch`` is called with the operation after each read. Raises: PortalError if it does not succeed.
        """
        path = _operation_of(begun)
        if path is None:
            return dict(begun.body or {})
        while True:
            operation: dict[str, Any] = self.ask("GET", path).body
            watch(operation)
            if operation["status"] in _ENDED:
                break
            self.pause()
        if operation["status"] != "succeeded":
            raise PortalError(f"{operation.get('kind')} {operation['status']}: {json.dumps(operation.get('error'))}")
        return operation


def _operation_of(begun: Answer) -> str | None:
    """Return the path of the operation that an answer points to, below ``/api``."""
    where = begun.headers.get("operation-location") or begun.headers.get("location")
    if begun.status not in {202, 204} or where is None:
        return None
    return urllib.parse.urlsplit(where).path.removeprefix("/api")


def _send(request: urllib.request.Request, trust: ssl.SSLContext) -> Answer:
    context = trust if request.full_url.startswith("https:") else None
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS, context=context) as answer:  # noqa: S310 - ours
            return Answer(answer.status, _lowered(answer.headers), _parsed(answer.read()))
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, _lowered(refused.headers), _parsed(refused.read()))
    except OSError as error:
        raise PortalError(f"{request.get_method()} {request.full_url}: {error}") from error


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _parsed(content: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")
