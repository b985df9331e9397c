"""Requests to Graph, Azure Resource Manager and the app's deployment site, with the standard library alone."""

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Token = Callable[[], str]
_NOT_DONE = frozenset({429, 503})
_REPEATED = _NOT_DONE | {500, 502, 504}
"""Statuses for which requests other than POST are repeated: a POST may have been done; the next run looks for its
result.
"""
_THERE_TRIES, _THERE_WAIT_S = 12, 5.0
_TRIES = 6
_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 60.0
_TIMEOUT_S = 120


class DeploymentError(Exception):
    """An error that an administrator has to correct; the message names the place and the correction."""


class RefusedError(DeploymentError):
    """An answer that is no success: `status`, and the service's own `code`, `message` and `details`."""

    def __init__(self, asked: str, status: int, code: str, message: str, details: object = None) -> None:
        self.status, self.code, self.message, self.details = status, code, message, details
        super().__init__(f"{asked} was answered {f'{status} {code}'.strip()}: {message}".rstrip(": "))


@dataclass(frozen=True)
class Reply:
    """An answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body; None when there is none.

        Raises:
            DeploymentError: it is no JSON: somebody else has answered.
        """
        try:
            return json.loads(self.body) if self.body else None
        except ValueError as problem:
            begins = self.body[:80].decode("utf-8", "replace")
            raise DeploymentError(f"An answer is no JSON (a proxy's page?): {begins!r}") from problem


Transport = Callable[[str, str, Mapping[str, str], bytes | None], Reply]


class _SameAddress(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a token goes to the address that it was got for."""

    def redirect_request(self, *_: object) -> None:
        """Return no further request, so that the redirect itself is the answer."""


def over_https(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
    """Send one request over a verified connection.

    Raises:
        DeploymentError: nobody could be reached.
    """
    request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310 - checked by the client
    https = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(https, _SameAddress)
    try:
        with opener.open(request, timeout=_TIMEOUT_S) as answer:
            return Reply(answer.status, _lower(answer.headers.items()), answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Reply(refused.code, _lower(refused.headers.items()), refused.read())
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise DeploymentError(f"{method} {url.partition('?')[0]}: {problem}") from problem


def _lower(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


@dataclass(frozen=True)
class Client:
    """Requests to one service below `base`, with its token (none where that is empty); waits where it is asked to."""

    base: str
    token: Token
    transport: Transport = over_https
    wait: Callable[[float], None] = time.sleep
    version: str = ""
    """The api-version of a request that names none; empty where the service has none."""
    tries: int = _TRIES

    def send(
        self, method: str, path: str, body: object = None, *, media: str = "application/json", again: bool = False
    ) -> Reply:
        """Send a request, again while the service is busy.

        Args:
            method: of HTTP.
            path: where to, or a whole address below `base`.
            body: JSON, or bytes.
            media: the type of the bytes.
            again: two of them do what one does, although it is a POST.

        Raises:
            RefusedError: an answer of 300 or more.
        """
        url = self._url(path)
        sent = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        reply, wait_s = Reply(0, {}, b""), _FIRST_WAIT_S
        repeated = _NOT_DONE if method == "POST" and not again else _REPEATED
        for number in range(self.tries):
            token = self.token()
            headers = {"accept": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
            if sent is not None:
                headers["content-type"] = media
            reply = self.transport(method, url, headers, sent)
            if reply.status not in repeated or number == self.tries - 1:
                break
            self.wait(_asked_to_wait(reply) or wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        if reply.status >= 300:  # noqa: PLR2004 - HTTP's; a redirection is not followed with a token
            raise refusal(f"{method} {url.partition('?')[0]}", reply)
        return reply

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return the resource of a path."""
        return self.send("GET", path).json()

    def find(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return the resource of a path, None if it does not exist."""
        try:
            return self.get(path)
        except RefusedError as refused:
            if refused.status == 404:  # noqa: PLR2004 - HTTP's
                return None
            raise

    def awaited(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return a resource that was created just now: a directory may take a minute until every part of it has it.

        Raises:
            RefusedError: it is not there after that minute either.
        """
        for _ in range(_THERE_TRIES):
            found = self.find(path)
            if found is not None:
                return found
            self.wait(_THERE_WAIT_S)
        return self.get(path)

    def rows(self, path: str) -> Iterator[Json]:
        """Yield every row of a list, page by page."""
        page = self.get(path)
        while True:
            yield from page["value"]
            following = page.get("@odata.nextLink") or page.get("nextLink")
            if not following:
                return
            page = self.get(following)

    def until_done(self, reply: Reply) -> Reply:
        """Ask for the result that a 202 points to until it is there."""
        while reply.status == 202:  # noqa: PLR2004 - HTTP's
            where = reply.headers.get("location", "")
            if not where:
                raise DeploymentError("An accepted request says nowhere how it goes.")
            self.wait(_asked_to_wait(reply) or _FIRST_WAIT_S)
            following = self.send("GET", where)
            kept = following.headers if "location" in following.headers else {**following.headers, "location": where}
            reply = Reply(following.status, kept, following.body)
        return reply

    def _url(self, path: str) -> str:
        url = path if "://" in path else self.base + path
        if not url.startswith(f"{self.base}/") or not self.base.startswith("https://"):
            raise DeploymentError(f"{url} is not below {self.base}: no token is sent there.")
        if self.version and "api-version=" not in url:
            url += f"{'&' if '?' in url else '?'}api-version={self.version}"
        return url.replace(" ", "%20")


def _asked_to_wait(reply: Reply) -> float:
    value = reply.headers.get("retry-after", "")
    return min(float(value), _LONGEST_WAIT_S) if value.isdecimal() else 0.0


def refusal(asked: str, reply: Reply) -> RefusedError:
    """Read the error of an answer in any of its formats."""
    try:
        body = reply.json() or {}
    except DeploymentError:
        body = {}
    error = body.get("error", body) if isinstance(body, dict) else {}
    if not isinstance(error, dict):  # the token endpoint's
        error = {"code": error, "message": body.get("error_description", "")}
    text = str(error.get("message") or reply.body[:300].decode("utf-8", "replace"))
    details = body.get("details", error.get("details")) if isinstance(body, dict) else None  # our own API's, or Azure's
    for detail in error.get("details") or () if isinstance(error.get("details"), list) else ():
        text += f"\n  {detail.get('code', '')}: {detail.get('message', '')}"
    return RefusedError(asked, reply.status, str(error.get("code", "")), text, details)
