"""HTTP as the standard library does it, but without showing a token to other hosts, and with a time limit.

Redirects are not followed: ``urllib`` would send the token to whatever host an answer names. Addresses of this machine
are reached without a proxy. ``HTTPS_PROXY`` and ``NO_PROXY`` are respected for all others.
"""

import http.client
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TIMEOUT_SECONDS = 100.0
_LONGEST_SECONDS = 600.0
_MOST_BYTES = 256 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024

Received = tuple[int, dict[str, str], bytes]
"""Status, headers with lower-case names, and content."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is the answer."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - of the base class
        return None


def send(
    method: str, url: str, headers: Mapping[str, str], data: bytes | None = None, *, trust: ssl.SSLContext | None = None
) -> Received:
    """Send one request and return the answer, with any status. Raises: OSError, also for a truncated answer."""
    request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 - callers check the scheme
    for name, value in headers.items():
        request.add_header(name, value)
    handlers: list[Any] = [_NoRedirects()]
    if urllib.parse.urlsplit(url).hostname in LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    if trust is not None:
        handlers.append(urllib.request.HTTPSHandler(context=trust))
    try:
        try:
            answer = urllib.request.build_opener(*handlers).open(request, timeout=_TIMEOUT_SECONDS)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, headers, _content(answer)
    except http.client.HTTPException as error:
        raise ConnectionError(f"the answer is no whole HTTP: {type(error).__name__}") from error


def _content(answer: Any) -> bytes:  # noqa: ANN401 - an HTTPResponse, or an error that is one
    """Return all content. Raises: OSError when it does not end, or ends too soon."""
    said = "" if answer.headers.get("transfer-encoding") else answer.headers.get("content-length") or ""
    expected = int(said) if said.isdecimal() else None
    until = time.monotonic() + _LONGEST_SECONDS
    parts: list[bytes] = []
    size = 0
    while size != expected and (part := answer.read1(_CHUNK_BYTES)):
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise ConnectionError(f"the answer has more than {_MOST_BYTES // 2**20} MB")
        if time.monotonic() > until:
            raise TimeoutError
    if expected is not None and size < expected:
        raise ConnectionError("the answer was cut off")
    return b"".join(parts)
