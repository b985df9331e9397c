"""Requests to the API: with a token, repeated while that is safe, page by page."""

import json
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deskwright import __version__
from deskwright.errors import CommandError, RefusedError, SignInError, UsageError

Json = dict[str, Any]

_TRIES = 5
_LOST_TRIES = 3
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_BUSY = frozenset({429, 502, 503, 504})
_CONFLICT = 409
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_REDIRECTS_BEGIN, _ERRORS_BEGIN = 300, 400
_WRONG_PLACE = "Is it the address of the service, and is the command line of its version?"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})  # as of transport, which is imported later


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. ``headers`` have lower-case names; ``body`` is parsed JSON, text, or None."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def operation(self) -> str | None:
        """The address of the operation that it has begun, below ``/api``; None without one."""
        where = self.headers.get("operation-location")
        if where is None and self.status == 202:  # noqa: PLR2004
            where = self.headers.get("location")
        return urllib.parse.urlsplit(where).path.removeprefix("/api") if where else None


class Client:
    """Sends requests below ``<address>/api``. *token* gives an access token; None for an address that needs none.

    *bundle*: a file of certificates to trust, for a service that has none of a public authority.
    """

    def __init__(self, address: str, token: Callable[[], str] | None, *, bundle: str | None = None) -> None:
        self._base = f"{_checked(address)}/api"
        self._token = token
        self._bundle = bundle
        self._trust: Any = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        text: bool = False,
    ) -> Answer:
        """Send one request and return its response; repeat it only if that is safe. Raises: CommandError.

        *text*: an answer that is no JSON is one, too.
        """
        url = self._url(path, query or {})
        sent = {"Accept": "application/json", **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        again = method != "POST" or "Idempotency-Key" in sent
        lost = False
        for number in range(_TRIES):
            try:
                answer = self._send(method, url, data, sent)
            except OSError as error:
                if not again or number + 1 == _LOST_TRIES:
                    raise _unreachable(method, self._base, error, sent) from error
                lost = True
                time.sleep(_pause(number, {}))
                continue
            if lost and method == "DELETE" and answer.status == _NOT_FOUND:
                return Answer(204, answer.headers, None)  # the request whose answer was lost has removed it
            if number + 1 < _TRIES and _comes_later(answer, again=again):
                time.sleep(_pause(number, answer.headers))
                continue
            break
        if answer.status >= _ERRORS_BEGIN:
            raise RefusedError(answer.status, answer.body if isinstance(answer.body, dict) else {}, answer.headers)
        if answer.status >= _REDIRECTS_BEGIN:
            raise _moved(self._base, answer)
        if isinstance(answer.body, str) and not text:
            kind = answer.headers.get("content-type", "text").partition(";")[0]
            raise CommandError(f"{self._base} answers with {kind}, not JSON", advice=_WRONG_PLACE)
        return answer

    def items(self, path: str, query: Mapping[str, str], limit: int | None = None) -> Iterator[Json]:
        """Yield the items of a list, page by page; at most *limit*."""
        given = 0
        following: str | None = path
        seen = set[str]()
        while following:
            if following in seen:
                raise CommandError(f"the list {path} does not end: its pages lead in a circle")
            seen.add(following)
            page = self.ask("GET", following, query=query if following == path else None).body
            if not _is_page(page):
                raise CommandError(f"{self._base}{path} answers with something that is no list", advice=_WRONG_PLACE)
            for item in page["value"]:
                yield item
                given += 1
                if given == limit:
                    return
            following = page.get("@odata.nextLink") or page.get("nextLink")

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        """Return an absolute address; the host of a link is replaced by our own address."""
        parts = urllib.parse.urlsplit(path)
        pairs = urllib.parse.urlencode({**query}, quote_via=urllib.parse.quote, safe="$,'()/@")
        joined = "&".join(part for part in (parts.query, pairs) if part)
        return f"{self._base}{parts.path.removeprefix('/api')}" + (f"?{joined}" if joined else "")

    def _send(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> Answer:
        from deskwright import transport

        sent = {"User-Agent": f"deskwright/{__version__}", **headers}
        if data is not None:
            sent["Content-Type"] = "application/json"
        if self._token is not None:
            sent["Authorization"] = f"Bearer {_sendable(self._token())}"
        status, received, content = transport.send(method, url, sent, data, trust=self._context(url))
        return Answer(status, received, _parsed(content))

    def _context(self, url: str) -> Any:  # noqa: ANN401 - ssl is imported only when needed
        if url.startswith("https:") and self._trust is None:
            import ssl

            self._trust = ssl.create_default_context(cafile=self._bundle)
        return self._trust


def _is_page(body: object) -> bool:
    value = body.get("value") if isinstance(body, dict) else None
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _checked(address: str) -> str:
    """Return the address of a service without its end. Raises: UsageError if a token could be read on its way."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise UsageError(f"{address!r} is no address of a service: write https://<host>")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageError(f"{address} is not encrypted: write https:// (http only for this machine)")
    return f"{parts.scheme}://{parts.netloc}"


def _comes_later(answer: Answer, *, again: bool) -> bool:
    """Whether to send the request again: the service is busy, or still works on the first request of the key."""
    if answer.status == _CONFLICT:
        return again and "retry-after" in answer.headers
    return answer.status == 429 or (answer.status in _BUSY and again)  # noqa: PLR2004


def _pause(number: int, headers: Mapping[str, str]) -> float:
    said = headers.get("retry-after", "")
    seconds = float(said) if said.isdecimal() else _FIRST_PAUSE_SECONDS * 2**number
    return min(seconds, _LONGEST_PAUSE_SECONDS)


def _unreachable(method: str, base: str, error: OSError, sent: Mapping[str, str]) -> CommandError:
    reason = getattr(error, "reason", error)
    text = "no answer in time" if isinstance(reason, TimeoutError) else str(reason)
    key = sent.get("Idempotency-Key")
    advice = "Is the service running, and the address right?"
    if type(reason).__name__ == "SSLCertVerificationError":  # the module is imported when a request is sent
        advice = "deskwright login --ca-bundle names the certificates of a service that has none of a public authority."
    if key and method == "POST":
        advice = f"Whether it was done is not known: --idempotency-key {key} sends the same request again."
    return CommandError(f"{base} cannot be reached: {text}", advice=advice)


def _moved(base: str, answer: Answer) -> CommandError:
    """Return the error for a redirect, which is not followed: the token is for one host."""
    where = urllib.parse.urlsplit(answer.headers.get("location", ""))
    to = f"{where.scheme}://{where.netloc}" if where.netloc else "elsewhere"
    return CommandError(
        f"{base} redirects to {to}, and is not followed there", advice="Sign in to that: deskwright login."
    )


def _sendable(token: str) -> str:
    """Return a token that can stand in a header. Raises: SignInError, which does not show it."""
    found = token.strip()
    if not found or not found.isascii() or not found.isprintable() or " " in found:
        raise SignInError("the access token is none: it has spaces, line breaks or other characters")
    return found


def _parsed(content: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return content.decode(errors="replace")
