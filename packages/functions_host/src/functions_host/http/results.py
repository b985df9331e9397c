"""Converts the results of functions to answers, as Azure's host does (docs/notes.md 4.1)."""

import json
from collections.abc import Mapping
from http.cookies import Morsel
from typing import Any
from urllib.parse import quote

from azure.functions import meta

from functions_host.http.answers import Answer

_TEXT = "text/plain; charset=utf-8"
_NAME_CHARACTERS = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_KNOWN = {
    name.lower(): name
    for name in (
        "Accept-Ranges", "Age", "Allow", "Alt-Svc", "Cache-Control", "Connection", "Content-Encoding",
        "Content-Language", "Content-Length", "Content-Location", "Content-MD5", "Content-Range", "Content-Type",
        "Date", "ETag", "Expires", "Keep-Alive", "Last-Modified", "Location", "Pragma", "Proxy-Authenticate",
        "Retry-After", "Server", "Set-Cookie", "Trailer", "Transfer-Encoding", "Upgrade", "Vary", "Via", "Warning",
        "WWW-Authenticate",
    )
}  # fmt: skip
"""The headers that Kestrel spells in its own way."""


class HeaderError(ValueError):
    """The host cannot send a header of the function: the answer is a 500 with *headers*."""

    def __init__(self, text: str, headers: Mapping[str, str]) -> None:
        super().__init__(text)
        self.headers = headers


def answer_of(datum: meta.Datum | None, method: str) -> Answer:
    """Convert a function's result. Raises: HeaderError, TypeError.

    Its body is sent in chunks, so that its length is the host's to state: a Content-Length of the function's own that
    is less than the body cannot be kept.
    """
    if datum is None:
        raise TypeError("the function has returned nothing")
    if datum.type != "http":
        return _raw_answer(str(datum.value))
    value = datum.value
    headers = {name: str(header.value) for name, header in value["headers"].items()}
    kind = next((text for name, text in headers.items() if name.lower() == "content-type"), "")
    for name, text in headers.items():
        _check_header(name, text, kind)
    body = value["body"].value
    body = body.encode() if isinstance(body, str) else body
    length = next((text for name, text in headers.items() if name.lower() == "content-length"), None)
    if length is not None and (method == "HEAD" or int(length) < len(body)):
        raise HeaderError(
            f"the function states {length} bytes, its body has {len(body)}",
            {"Connection": "close"} | ({"Content-Type": kind, "Content-Length": length} if method == "HEAD" else {}),
        )
    answer = Answer(_status(value["status_code"].value), body, streamed=True)
    for name, text in headers.items():
        if name.lower() != "content-type" or text:
            answer.headers[_KNOWN.get(name.lower(), name)] = text
    for jar in value["cookies"] or ():
        for morsel in jar.values():
            answer.headers.add("Set-Cookie", _cookie(morsel))
    return answer


def _status(text: object) -> int:
    """Read a status; a value that is no number is 200."""
    try:
        return int(str(text))
    except ValueError:
        return 200


def _check_header(name: str, text: str, kind: str) -> None:
    """Refuse headers that Kestrel cannot send: names with spaces, line breaks, and characters beyond ASCII."""
    if "\r" in text or "\n" in text or (not text.isascii() and name.lower() == "location"):
        raise HeaderError(f"the header {name} cannot be sent", {})
    if not text.isascii() or not set(name) <= _NAME_CHARACTERS:
        raise HeaderError(f"the header {name} cannot be sent: it is not ASCII", {"Content-Type": kind})


def _cookie(morsel: "Morsel[Any]") -> str:
    """Write a cookie as ASP.NET does: the value encoded, domain and path always there."""
    parts = [f"{morsel.key}={quote(morsel.value, safe='-._~')}"]
    parts += [f"{name}={morsel[name]}" for name in ("expires", "max-age") if morsel[name]]
    parts += [f"domain={morsel['domain']}", f"path={morsel['path']}"]
    if morsel["secure"]:
        parts.append("secure")
    if morsel["samesite"]:
        parts.append(f"samesite={str(morsel['samesite']).lower()}")
    if morsel["httponly"]:
        parts.append("httponly")
    return "; ".join(parts)


def _raw_answer(text: str) -> Answer:
    """Convert a plain return value; a JSON object with body or status describes a response."""
    try:
        described = json.loads(text)
    except ValueError:
        described = None
    if isinstance(described, dict) and {"body", "status", "headers"} & described.keys():
        body = described.get("body", "")
        content = body if isinstance(body, str) else json.dumps(body)
        headers = {"Content-Type": _TEXT} | (described.get("headers") or {})
        return Answer(_status(described.get("status", 200)), content.encode(), headers, streamed=True)
    if isinstance(described, dict | list):
        text = json.dumps(described, indent=2, ensure_ascii=False)
    return Answer(200, text.encode(), {"Content-Type": _TEXT}, streamed=True)
